"""Members at one table: each with its desks of exercises and of warning, and everything that one says comes to all."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from launch_feed import admit
from tocsin.exercise.catalogue import Script
from tocsin.exercise.desk import ExerciseDesk
from tocsin.exercise.gate import GatedDesk
from tocsin.markings import marking_for
from tocsin.node.desks import exercise_tables
from tocsin.records import Consent, Exercise, ExerciseEnd, Person, Precedence, Record, with_body
from tocsin.warning import WarningDesk
from tocsin.warning.settings import WarningSettings

PERSON = Person(role="exercise_controller", pseudonym="EC-1")


class Table:
    """Members that hear each other at once."""

    def __init__(self, members: tuple[str, ...], start: datetime) -> None:
        self.members = members
        self.now = start
        self._count = itertools.count()
        self.records: list[Record] = []
        self._fresh: list[Record] = []
        self.exercises = {code: self.exercise_desk(code) for code in members}
        self.inner = {
            code: WarningDesk(code, [members], WarningSettings(), partial(self.new_id, code)) for code in members
        }
        self.warning = {code: GatedDesk(code, desk) for code, desk in self.inner.items()}

    def exercise_desk(self, code: str) -> ExerciseDesk:
        return ExerciseDesk(code, new_id=partial(self.new_id, code), tables=exercise_tables)

    def new_id(self, code: str) -> str:
        return f"{code}-{next(self._count):06}"

    def say(self, *records: Record) -> None:
        self._fresh += records

    def tell(self, code: str, status: str, kind: str, body: object) -> None:
        self.say(
            with_body(
                kind, body, id=self.new_id(code), originator=code, status=status,
                marking=marking_for(code, *self.members), precedence=Precedence.IMMEDIATE, issued_at=self.now,
                synthetic=True,
            )
        )  # fmt: skip

    def propose(self, script: Script, status: str, *, director: str = "JPN") -> None:
        body = Exercise(
            name="x", digest=script.digest, members=self.members, starts_at=self.now, seed=script.scenario.seed,
            scenario=script.text, form=script.form,
        )  # fmt: skip
        self.tell(director, status, "exercise.exercise", body)

    def consent(self, script: Script, status: str, codes: Iterable[str] | None = None, act: str = "consent") -> None:
        for code in codes or self.members:
            self.tell(code, status, "exercise.consent", Consent(act=act, digest=script.digest, by=PERSON))

    def end(self, code: str, status: str) -> None:
        self.tell(code, status, "exercise.end", ExerciseEnd(at_s=0.0, is_complete=False, by=PERSON))

    def step(self, seconds: float = 1.0) -> list[Record]:
        """Let time pass; what was said before comes to everyone, and what comes of it is returned."""
        self.now += timedelta(seconds=seconds)
        batch = [admit(record, self.now) for record in self._fresh]
        self.records += self._fresh
        self._fresh = []
        for code in self.members:
            for desk in (self.warning[code], self.exercises[code]):
                self.say(*desk.take(batch, self.now), *desk.tick(self.now))
        return list(self._fresh)

    def until(self, seconds: float, step_s: float = 1.0) -> None:
        end = self.now + timedelta(seconds=seconds)
        while self.now < end:
            self.step(step_s)
