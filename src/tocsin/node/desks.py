"""The rooms that a node's records go through, ours and other people's (entry-point group ``tocsin.desks``).

What a desk makes of a record is its own affair, and so are its mistakes: a desk that fails costs the record that it
failed on, which goes into the quarantine, and never the node.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from importlib.metadata import entry_points
from typing import Protocol, runtime_checkable

import structlog

from tocsin.consult import ConsultDesk
from tocsin.errors import ConfigError
from tocsin.exchange import Reason, Rejected
from tocsin.exercise import Known
from tocsin.exercise.desk import ExerciseDesk, Tables, known_of
from tocsin.exercise.gate import GatedDesk
from tocsin.node.config import MemberConfig
from tocsin.records import Admitted, Record
from tocsin.synthesis.launches import load_launches
from tocsin.synthesis.sensor_table import load_sensors
from tocsin.warning import WarningDesk

GROUP = "tocsin.desks"
WARNING = "warning"
EXERCISE = "exercise"
CONSULT = "consult"

log = structlog.get_logger()


class Desk(Protocol):
    """A room as a node sees it: a function from records to records, with a state of its own.

    A desk that raised is offered the same records again, one by one: it knows by their ids what it has taken.
    """

    def take(self, admitted: Sequence[Admitted], now: datetime) -> list[Record]:
        """Take records in, ours and the peers', and return what comes of them."""
        ...

    def tick(self, now: datetime) -> list[Record]:
        """Let time pass, and return what comes of that."""
        ...


@runtime_checkable
class ResumingDesk(Protocol):
    """A desk that can go on with what was under way before it began."""

    resumes: tuple[str, ...]
    """Kinds of the records that it needs for that, such as ``warning.*``."""

    def resume(self, history: Sequence[Admitted], begin: datetime, now: datetime) -> None:
        """Take records in that were admitted since ``begin``, in that order; nothing is issued of what comes of them.

        Our own are among them: what they say is not to be said again.
        """
        ...


@runtime_checkable
class StandingDesk(ResumingDesk, Protocol):
    """A desk that also needs what was said long ago and still holds."""

    stands: tuple[str, ...]
    """Kinds of the records that are handed to ``resume``, too, however old, unless superseded or cancelled."""


@dataclass(frozen=True)
class DeskContext:
    """What a desk is made from."""

    member: str
    config: MemberConfig
    new_id: Callable[[], str]


@dataclass
class OpenDesk:
    """One desk at work."""

    name: str
    desk: Desk
    problem: str = ""
    """The last failure, in words; it stays until the node is started anew."""
    failures: int = 0
    _refused: list[Rejected] = field(default_factory=list)

    def work(self, admitted: Sequence[Admitted], now: datetime) -> Iterator[list[Record]]:
        """Yield what the desk makes of records and of time, each list to be issued as one.

        Args:
            admitted: What came in.
            now: UTC.
        """
        if self.failures:  # a record that broke it once may come again, and must not take others with it
            for entry in admitted:
                yield self._take_one(entry, now)
        elif (made := self._try(lambda: self.desk.take(admitted, now))) is not None:
            yield made
        else:
            for entry in admitted:
                yield self._take_one(entry, now)
        yield self._try(lambda: self.desk.tick(now)) or []

    async def work_beside(self, admitted: Sequence[Admitted], now: datetime) -> list[list[Record]]:
        """Do ``work`` in a thread: a warning that comes in while the desk computes does not wait for it."""
        return await asyncio.to_thread(lambda: list(self.work(admitted, now)))

    def resume(self, history: Sequence[Admitted], begin: datetime, now: datetime) -> None:
        """Let the desk go on with what was under way, if it can; one that fails begins with nothing."""
        desk = self.desk
        if not isinstance(desk, ResumingDesk):
            return

        def go_on() -> list[Record]:
            desk.resume(history, begin, now)
            return []

        self._try(go_on)

    def refused(self) -> list[Rejected]:
        """Return the records that the desk could not take since this was last asked, for the quarantine."""
        refused, self._refused = self._refused, []
        return refused

    def _take_one(self, entry: Admitted, now: datetime) -> list[Record]:
        made = self._try(lambda: self.desk.take([entry], now))
        if made is None:
            self._refused.append(
                Rejected(
                    Reason.DESK, f"{entry.record.kind} {entry.record.id}: {self.name} failed: {self.problem}",
                    hashlib.sha256(entry.raw).hexdigest(), entry.via, "desk", now, entry.raw, entry.frame,
                )
            )  # fmt: skip
        return made or []

    def _try(self, work: Callable[[], list[Record]]) -> list[Record] | None:
        try:
            return _records(work())
        except Exception as error:  # anybody's code: whatever it raises is its own affair
            self.failures += 1
            self.problem = f"{type(error).__name__}: {error}"[:300]
            log.exception("a desk failed", desk=self.name, error=self.problem, exc_info=self.failures == 1)
            return None


def _records(made: Iterable[object]) -> list[Record]:
    records = []
    for each in made:
        if not isinstance(each, Record):
            raise TypeError(f"a desk returns records, not {type(each).__name__}")
        records.append(each)
    return records


def open_desks(context: DeskContext) -> list[OpenDesk]:
    """Make the desks of a node: warning, exercises, consultations, then what third parties installed, by name.

    Raises:
        ConfigError: A third party's desk cannot be opened.
    """
    exercises = ExerciseDesk(context.member, new_id=context.new_id, tables=exercise_tables)
    consulting = GatedDesk(context.member, ConsultDesk(context.member, new_id=context.new_id))
    desks = [open_warning(context), OpenDesk(EXERCISE, exercises), OpenDesk(CONSULT, consulting)]
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            desks.append(OpenDesk(entry.name, entry.load()(context)))
        except Exception as error:
            raise ConfigError(
                f"the desk {entry.name} ({entry.value}) cannot be opened: {type(error).__name__}: {error}",
                advice="Correct or remove the distribution that it comes with",
            ) from error
        log.info("desk opened", desk=entry.name)
    return desks


def open_warning(context: DeskContext) -> OpenDesk:
    """Make the desk of warning.

    Raises:
        ConfigError: An audience lacks the member.
    """
    table = context.config.warning
    desk = WarningDesk(
        context.member, audiences=table.audiences, settings=table.settings, new_id=context.new_id, tracks=table.tracks
    )  # fmt: skip
    return OpenDesk(WARNING, GatedDesk(context.member, desk))


@lru_cache(maxsize=1)
def exercise_tables() -> Tables:
    """Return the simulated sensors and the launches that exercises are made of: those that come with the program."""
    return load_sensors(None), {row.launch_id: row for row in load_launches(None).rows}


def known_here() -> Known:
    """Return what scenarios may name."""
    return known_of(*exercise_tables())
