"""Cut and slow links of an exercise: what of it comes by a link is kept back here, and the link itself is not touched.

So nothing that is real can be cut or delayed by an exercise, and what was kept back comes when the cut is over, as it
would. Records about the exercise itself, its end among them, are never kept back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.clock import Clock
from tocsin.errors import ScenarioError
from tocsin.exercise.reading import read_given
from tocsin.exercise.scenario import CutInject, DelayInject
from tocsin.exercise.state import Exercises, ExerciseState
from tocsin.markings import status_class
from tocsin.records import Admitted, AdmittedFrame, Inject

MOST_KEPT_BACK = 10_000
"""Frames: beyond them the oldest goes on."""


@dataclass(frozen=True)
class _Spell:
    status: str
    peer: str
    since: datetime
    until: datetime
    delay: timedelta | None
    """None: nothing crosses."""

    def due(self, now: datetime) -> datetime:
        return self.until if self.delay is None else now + self.delay


class Valve:
    """Keeps back frames of exercises at one member.

    Args:
        member: Whose it is.
        clock: The time of records.
        pass_on: Takes a frame when it is due.
    """

    def __init__(self, member: str, clock: Clock, pass_on: Callable[[AdmittedFrame], None]) -> None:
        self._member = member
        self._clock = clock
        self._pass_on = pass_on
        self._exercises = Exercises()
        self._spells: list[_Spell] = []
        self._waiting: list[tuple[datetime, AdmittedFrame]] = []

    def keeps_back(self, frame: AdmittedFrame) -> bool:
        """Hear what a frame says of exercises, and keep it back if it came by a link that one has cut or slowed."""
        status = frame.ref.chain.status
        if status_class(status) != "exercise":
            return False
        self._hear(frame)
        if frame.via == self._member or any(entry.record.room == "exercise" for entry in frame.records):
            return False
        now = self._clock.now()
        due = [
            spell.due(now)
            for spell in self._spells
            if spell.status == status and spell.peer == frame.via and spell.since <= now < spell.until
        ]
        if not due:
            return False
        self._waiting.append((max(due), frame))
        if len(self._waiting) > MOST_KEPT_BACK:
            _, oldest = self._waiting.pop(0)
            self._pass_on(oldest)
        return True

    def open(self) -> None:
        """Pass on what is due, and all of exercises that are over."""
        if not self._waiting:
            return
        now = self._clock.now()
        due = [(at, frame) for at, frame in self._waiting if at <= now or self._is_over(frame.ref.chain.status)]
        self._waiting = [(at, frame) for at, frame in self._waiting if all(frame is not each for _, each in due)]
        for _, frame in sorted(due, key=lambda each: each[0]):
            self._pass_on(frame)

    def _hear(self, frame: AdmittedFrame) -> None:
        for state, entry in self._exercises.take(frame.records):
            self._note(state, entry)

    def _note(self, state: ExerciseState, entry: Admitted) -> None:
        body = entry.body
        if not isinstance(body, Inject) or body.act != "made" or body.kind not in ("link_cut", "link_delay"):
            return
        try:
            inject = read_given(body.given)
        except ScenarioError:
            return  # a director that sends nonsense cuts nothing
        if not isinstance(inject, CutInject | DelayInject) or self._member not in inject.between:
            return
        peer = next(code for code in inject.between if code != self._member)
        since = entry.record.issued_at
        delay = timedelta(seconds=inject.delay) if isinstance(inject, DelayInject) else None
        self._spells.append(_Spell(state.status, peer, since, since + timedelta(seconds=inject.lasting), delay))

    def _is_over(self, status: str) -> bool:
        state = self._exercises.get(status)
        return state is None or state.is_over
