"""Keeps exercises apart: what a desk is handed of one begins with the member's consent and ends with ENDEX."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from tocsin.exercise.state import Exercises
from tocsin.records import Admitted, Record


class EndingDesk(Protocol):
    """A desk that works by status and can forget one."""

    @property
    def resumes(self) -> tuple[str, ...]:
        """Kinds of the records that it needs to go on."""

    @property
    def stands(self) -> tuple[str, ...]:
        """Kinds of which it needs what still holds, however old."""

    def take(self, admitted: Sequence[Admitted], now: datetime) -> list[Record]:
        """Take records in."""

    def tick(self, now: datetime) -> list[Record]:
        """Let time pass."""

    def resume(self, history: Sequence[Admitted], begin: datetime, now: datetime) -> None:
        """Go on with what was under way."""

    def end(self, status: str) -> None:
        """Forget all that is of a status."""


class Gate:
    """Lets through what is no exercise, and what is of one that a member takes part in while it runs.

    Args:
        member: Whose gate it is.
    """

    def __init__(self, member: str) -> None:
        self._member = member
        self.exercises = Exercises()
        self._open: set[str] = set()

    def pass_on(self, admitted: Iterable[Admitted]) -> list[Admitted]:
        """Return those that may go on, after all that they themselves say of exercises was heard."""
        entries = list(admitted)
        self.exercises.take(entries)
        return [entry for entry in entries if self.is_open(entry.record.status)]

    def is_open(self, status: str) -> bool:
        """Tell whether what has this status may go on."""
        return self.exercises.is_open(status, self._member)

    def closed(self) -> list[str]:
        """Return the statuses of exercises that were open when this was last asked, and are no longer."""
        now_open = {state.status for state in self.exercises if state.is_open_for(self._member)}
        closed, self._open = sorted(self._open - now_open), now_open
        return closed


class GatedDesk:
    """A desk behind the gate.

    Args:
        member: Whose desk it is.
        desk: Which.
    """

    def __init__(self, member: str, desk: EndingDesk) -> None:
        self.desk = desk
        self.gate = Gate(member)
        self.resumes = (*desk.resumes, "exercise.*")
        self.stands = (*desk.stands, "exercise.*")

    def take(self, admitted: Sequence[Admitted], now: datetime) -> list[Record]:
        """Hand over what may go on; what is over is forgotten first."""
        passed = self.gate.pass_on(admitted)
        for status in self.gate.closed():
            self.desk.end(status)
        return self.desk.take(passed, now)

    def tick(self, now: datetime) -> list[Record]:
        """Let time pass."""
        return self.desk.tick(now)

    def resume(self, history: Sequence[Admitted], begin: datetime, now: datetime) -> None:
        """Go on with what was under way, but for exercises that are over."""
        self.desk.resume(self.gate.pass_on(history), begin, now)
        self.gate.closed()
