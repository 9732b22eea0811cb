"""A plan of exercises over years, and the members' signatures under it.

These are of status ``exercise:<plan>``, where ``<plan>`` is the id of the plan: no exercise of that id is ever run.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

import msgspec

from tocsin.records.control import Person
from tocsin.records.record import require_member
from tocsin.records.watch import require_text

_DIGEST = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
MOST_PLANNED = 500


class PlannedExercise(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One exercise that is planned."""

    id: str
    """Within the plan."""
    name: str
    begins_on: date
    ends_on: date
    """The last day."""
    members: tuple[str, ...]
    """Who takes part, sorted."""
    aim: str = ""
    objectives: tuple[str, ...] = ()
    """What is trained."""
    domains: tuple[str, ...] = ()
    """Such as ``warning``, ``cyber``, ``cargo``."""

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError(f"{self.id[:80]!r} is no id: small letters, digits and hyphens, 64 at most")
        if self.ends_on < self.begins_on:
            raise ValueError(f"{self.id} ends before it begins")
        if not self.members or list(self.members) != sorted(set(self.members)):
            raise ValueError("members are sorted, none twice, and somebody takes part")
        for member in self.members:
            require_member(member)
        for text in (self.name, self.aim, *self.objectives, *self.domains):
            require_text(text)
        if not self.name.strip():
            raise ValueError("an exercise has a name")


class ExercisePlan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Exercises of some years (``exercise.plan``); a later version supersedes the one before."""

    title: str
    exercises: tuple[PlannedExercise, ...]

    def __post_init__(self) -> None:
        require_text(self.title)
        if not 0 < len(self.exercises) <= MOST_PLANNED:
            raise ValueError(f"a plan has 1 to {MOST_PLANNED} exercises, not {len(self.exercises)}")
        ids = [each.id for each in self.exercises]
        if len(set(ids)) < len(ids):
            raise ValueError("an exercise of a plan stands in it once")

    @property
    def members(self) -> tuple[str, ...]:
        """All who take part in any of them, sorted."""
        return tuple(sorted({member for each in self.exercises for member in each.members}))


class PlanConsent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether the originator signs a plan (``exercise.plan_consent``); the plan stands among its sources as well."""

    act: Literal["cosign", "decline", "withdraw"]
    originator: str
    """Of the plan's record."""
    plan: str
    """Id of that record."""
    digest: str
    """SHA-256 of that record's bytes as they stand in its frame, hexadecimal."""
    by: Person
    text: str = ""
    """Why."""

    def __post_init__(self) -> None:
        require_member(self.originator)
        if not _DIGEST.fullmatch(self.digest):
            raise ValueError("digest is 64 hexadecimal digits")
        require_text(self.text)
