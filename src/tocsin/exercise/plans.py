"""Plans of exercises: where each stands, who has signed it, and as a calendar."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

import icalendar
import msgspec

from tocsin.records import Admitted, ExercisePlan, PlanConsent, PlannedExercise

KINDS = ("exercise.plan", "exercise.plan_consent")


class PlanStanding(msgspec.Struct, frozen=True, kw_only=True):
    """The newest version of a plan, and who has signed it."""

    id: str
    """Of the plan."""
    record: str
    """Id of its record."""
    originator: str
    title: str
    digest: str
    """SHA-256 of the record's bytes: what is signed."""
    issued_at: datetime
    signed: tuple[str, ...]
    """Members that signed this version; who proposed it among them, unless it withdrew."""
    declined: tuple[str, ...]
    missing: tuple[str, ...]
    """Members that take part in something of it and have not said anything of this version."""
    exercises: tuple[PlannedExercise, ...]

    def is_agreed(self, exercise: PlannedExercise) -> bool:
        """Tell whether all who take part in an exercise of it have signed."""
        return set(exercise.members) <= set(self.signed)


def digest_of_plan(plan: Admitted) -> str:
    """Return what members sign: the SHA-256 of the record's bytes, hexadecimal."""
    return hashlib.sha256(plan.raw).hexdigest()


def standings(admitted: Iterable[Admitted]) -> tuple[PlanStanding, ...]:
    """Return how every plan stands, in the order in which they were issued; the order of records does not matter.

    A signature counts for the bytes that it names, so none is carried over to the next version. Of each member the
    latest word counts. A version counts if it is of the member that proposed the plan first.
    """
    entries = {(entry.record.originator, entry.record.id): entry for entry in admitted}.values()
    plans: dict[str, list[Admitted]] = {}
    said: dict[tuple[str, str, str], dict[str, Admitted]] = {}
    for entry in sorted(entries, key=lambda each: (each.record.issued_at, each.record.originator, each.record.id)):
        if entry.record.kind == "exercise.plan":
            plans.setdefault(entry.record.status, []).append(entry)
        elif entry.record.kind == "exercise.plan_consent":
            body: PlanConsent = entry.body
            key = (body.originator, body.plan, body.digest)
            said.setdefault(key, {})[entry.record.originator] = entry
    found = []
    for status, versions in plans.items():
        own = [each for each in versions if each.record.originator == versions[0].record.originator]
        newest = own[-1]
        digest = digest_of_plan(newest)
        found.append(
            _standing(status, newest, digest, said.get((newest.record.originator, newest.record.id, digest), {}))
        )
    return tuple(sorted(found, key=lambda each: (each.issued_at, each.id)))


def _standing(status: str, newest: Admitted, digest: str, said: dict[str, Admitted]) -> PlanStanding:
    plan: ExercisePlan = newest.body
    acts = {newest.record.originator: "cosign", **{member: entry.body.act for member, entry in said.items()}}
    return PlanStanding(
        id=status.partition(":")[2], record=newest.record.id, originator=newest.record.originator, title=plan.title,
        digest=digest, issued_at=newest.record.issued_at, exercises=plan.exercises,
        signed=tuple(sorted(member for member, act in acts.items() if act == "cosign")),
        declined=tuple(sorted(member for member, act in acts.items() if act != "cosign")),
        missing=tuple(sorted(set(plan.members) - set(acts))),
    )  # fmt: skip


def calendar(plans: Iterable[PlanStanding]) -> bytes:
    """Return plans as iCalendar (RFC 5545): a day or days for each exercise, confirmed once all of its members signed.

    Args:
        plans: From ``standings``.
    """
    made = icalendar.Calendar()
    made.add("prodid", "-//Tocsin//exercise plan//EN")
    made.add("version", "2.0")
    for plan in plans:
        for exercise in sorted(plan.exercises, key=lambda each: (each.begins_on, each.id)):
            event = icalendar.Event()
            event.add("uid", f"{exercise.id}.{plan.id}.{plan.originator.lower()}@tocsin")
            event.add("dtstamp", plan.issued_at)
            event.add("dtstart", exercise.begins_on)
            event.add("dtend", exercise.ends_on + timedelta(days=1))  # the first day on which it is over
            event.add("summary", f"EXERCISE: {exercise.name}")
            event.add("description", _described(plan, exercise))
            event.add("status", "CONFIRMED" if plan.is_agreed(exercise) else "TENTATIVE")
            event.add("categories", ["EXERCISE", *exercise.domains])
            event.add("transp", "TRANSPARENT")
            made.add_component(event)
    return bytes(made.to_ical())


def _described(plan: PlanStanding, exercise: PlannedExercise) -> str:
    lines = [exercise.aim, *(f"- {each}" for each in exercise.objectives)]
    lines.append(f"Members: {', '.join(exercise.members)}")
    unsigned = sorted(set(exercise.members) - set(plan.signed))
    if unsigned:
        lines.append(f"Not signed by: {', '.join(unsigned)}")
    return "\n".join(line for line in [*lines, f"Plan: {plan.title}"] if line)
