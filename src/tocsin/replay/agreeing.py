"""How members made for an exercise agree to it: one proposes, all consent, each by a record of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from tocsin.markings import marking_for
from tocsin.records import Consent, Exercise, Person, Precedence, Record, with_body

CONTROLLER = Person(role="exercise_controller", pseudonym="EC-1")
"""Who controls it, as far as anybody does."""


def proposal(
    exercise: Exercise, status: str, *, director: str, new_id: Callable[[str], str], now: datetime
) -> dict[str, list[Record]]:  # fmt: skip
    """Return the record by which one member proposes an exercise, by that member."""
    return {director: [_record("exercise.exercise", exercise, exercise, status, director, new_id, now)]}


def consents(
    exercise: Exercise, status: str, *, new_id: Callable[[str], str], now: datetime
) -> dict[str, list[Record]]:  # fmt: skip
    """Return the records by which all members consent, by member."""
    body = Consent(act="consent", digest=exercise.digest, by=CONTROLLER)
    return {
        code: [_record("exercise.consent", body, exercise, status, code, new_id, now)] for code in exercise.members
    }  # fmt: skip


def _record(  # noqa: PLR0917 - all of it is one record
    kind: str, body: msgspec.Struct, exercise: Exercise, status: str, code: str, new_id: Callable[[str], str],
    now: datetime,
) -> Record:  # fmt: skip
    return with_body(
        kind, body, id=new_id(f"{code} control"), originator=code, marking=marking_for(*exercise.members),
        status=status, precedence=Precedence.IMMEDIATE, issued_at=now, synthetic=True,
    )  # fmt: skip
