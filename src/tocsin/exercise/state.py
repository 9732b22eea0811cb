"""Where an exercise stands, made of its records one after the other: whoever has the same records says the same.

What counts: the proposal, the consent of each member about itself, the clock and the plan as the director works them,
and the end, whichever of those who take part says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.markings import status_class
from tocsin.records import Admitted, Consent, Exercise, ExerciseClock, ExerciseEnd, Inject, Record

MOST_EXERCISES = 256
"""That are remembered at once. Those that ended are forgotten first, then those that never began; what is forgotten
is part of no picture."""


@dataclass
class ExerciseState:
    """One exercise."""

    status: str
    exercise: Exercise | None = None
    director: str = ""
    proposed_at: datetime | None = None
    consents: dict[str, Consent] = field(default_factory=dict)
    """The latest of each member."""
    ended_by: str = ""
    """Empty: it has not ended."""
    ended_at: datetime | None = None
    started_at: datetime | None = None
    changes: list[Inject] = field(default_factory=list)
    """What was added, moved or skipped by hand, in order."""
    made: dict[str, tuple[Inject, datetime]] = field(default_factory=dict)
    """By id of the inject, that it was made, and when."""
    over: set[str] = field(default_factory=set)
    """Ids of injects that lasted and are over."""
    is_paused: bool = False
    _early: list[Record] = field(default_factory=list)
    _mark_s: float = 0.0
    _mark_at: datetime | None = None
    _spoken: set[tuple[str, str]] = field(default_factory=set)

    def take(self, record: Record, body: object) -> bool:
        """Take in a record of the exercise; tell whether it changed anything."""
        if (record.originator, record.id) in self._spoken:
            return False
        self._spoken.add((record.originator, record.id))
        match body:
            case Exercise():
                return self._propose(record, body)
            case Consent():
                self.consents[record.originator] = body
                return True
            case ExerciseEnd():
                return self._end(record)
            case ExerciseClock() if record.originator == self.director:
                return self._work_clock(record, body)
            case Inject() if record.originator == self.director:
                return self._note(record, body)
        return False

    @property
    def id(self) -> str:
        """Return what stands behind the colon of the status."""
        return self.status.partition(":")[2]

    @property
    def members(self) -> tuple[str, ...]:
        """Return who is to take part."""
        return self.exercise.members if self.exercise is not None else ()

    @property
    def is_over(self) -> bool:
        """Tell whether somebody ended it."""
        return bool(self.ended_by)

    @property
    def is_agreed(self) -> bool:
        """Tell whether everyone who is to take part has consented."""
        return self.exercise is not None and all(self.has_consent(code) for code in self.members)

    def has_consent(self, member: str) -> bool:
        """Tell whether a member takes part: it consented, to this very scenario, and did not take it back."""
        consent = self.consents.get(member)
        return (
            self.exercise is not None
            and consent is not None
            and consent.act == "consent"
            and consent.digest == self.exercise.digest
        )

    def is_open_for(self, member: str) -> bool:
        """Tell whether what is of this exercise belongs into a member's picture now."""
        return not self.is_over and member in self.members and self.has_consent(member)

    def at_s(self, now: datetime) -> float:
        """Return where the scenario's clock stands, seconds after its start; 0 before it; it stops with ENDEX."""
        if self._mark_at is None or self.is_paused:
            return self._mark_s
        until = now if self.ended_at is None else min(now, self.ended_at)
        return self._mark_s + max(0.0, (until - self._mark_at).total_seconds())

    def _propose(self, record: Record, body: Exercise) -> bool:
        if self.exercise is not None and (self.proposed_at, self.director) <= (record.issued_at, record.originator):
            return False
        if record.originator not in body.members or self.started_at is not None:
            return False
        self.exercise, self.director, self.proposed_at = body, record.originator, record.issued_at
        for early in self._early:
            self._end(early)
        return True

    def _end(self, record: Record) -> bool:
        if self.exercise is None:  # chains of several members arrive in any order
            self._early.append(record)
            return False
        if self.is_over or record.originator not in self.members:
            return False
        self.ended_by, self.ended_at = record.originator, record.issued_at
        return True

    def _work_clock(self, record: Record, body: ExerciseClock) -> bool:
        if body.act == "start":
            self.started_at = self.started_at or record.issued_at
        if self.started_at is None:
            return False
        self._mark_s = body.to_s if body.to_s is not None else body.at_s
        self._mark_at = record.issued_at
        if body.act in ("pause", "resume"):
            self.is_paused = body.act == "pause"
        return True

    def _note(self, record: Record, body: Inject) -> bool:
        if body.act == "made":
            self.made.setdefault(body.inject, (body, record.issued_at))
        elif body.act == "ended":
            self.over.add(body.inject)
        else:
            self.changes.append(body)
        return True


class Exercises:
    """All exercises that a member has heard of.

    Args:
        heard: What was admitted of them by now.
    """

    def __init__(self, heard: Iterable[Admitted] = ()) -> None:
        self._states: dict[str, ExerciseState] = {}
        self.take(heard)

    def __iter__(self) -> Iterator[ExerciseState]:
        """Go through them by status."""
        return iter([self._states[status] for status in sorted(self._states)])

    def take(self, admitted: Iterable[Admitted]) -> list[tuple[ExerciseState, Admitted]]:
        """Take in records of the room ``exercise``; others are passed over.

        Returns:
            Those that changed something, each with its exercise.
        """
        changed = []
        for entry in admitted:
            record = entry.record
            if record.room != "exercise" or status_class(record.status) != "exercise":
                continue
            state = self._states.setdefault(record.status, ExerciseState(record.status))
            if state.take(record, entry.body):
                changed.append((state, entry))
        self._forget()
        return changed

    def get(self, status: str) -> ExerciseState | None:
        """Return an exercise by its status, or none."""
        return self._states.get(status)

    def is_open(self, status: str, member: str) -> bool:
        """Tell whether what has this status belongs into a member's picture; what is no exercise always does."""
        if status_class(status) != "exercise":
            return True
        state = self._states.get(status)
        return state is not None and state.is_open_for(member)

    def _forget(self) -> None:
        while len(self._states) > MOST_EXERCISES:
            oldest = sorted(self._states.values(), key=lambda state: (not state.is_over, state.started_at is not None))
            del self._states[oldest[0].status]
