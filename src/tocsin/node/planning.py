"""What people of a member do about a plan of exercises at the running node: propose it, sign it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from tocsin.errors import ConfigError, DomainError
from tocsin.exercise.plans import KINDS, PlanStanding, standings
from tocsin.markings import marking_for, status_class
from tocsin.node.node import Node
from tocsin.records import ExercisePlan, Person, PlanConsent, PlannedExercise, Precedence, Record, Source, with_body
from tocsin.store import RecordQuery, Store

_MOST_BYTES = 500_000


class ProposePlan(msgspec.Struct, frozen=True, kw_only=True, tag="plan_propose", tag_field="do"):
    """Propose a plan, or the next version of one of ours."""

    id: str
    plan: ExercisePlan


class SignPlan(msgspec.Struct, frozen=True, kw_only=True, tag="plan_sign", tag_field="do"):
    """Sign a plan as it now stands, or decline it, or withdraw."""

    id: str
    act: Literal["cosign", "decline", "withdraw"]
    pseudonym: str
    role: str = "exercise_controller"
    text: str = ""


def plans_in(store: Store) -> tuple[PlanStanding, ...]:
    """Return how the plans that a store holds stand.

    Raises:
        StoreError: It cannot be read.
    """
    return standings(stored.admitted for stored in store.records(RecordQuery(kinds=KINDS)))


def plan_record(node: Node, order: ProposePlan | SignPlan) -> Record:
    """Return the record that an order about a plan asks for.

    Raises:
        DomainError: There is no such plan, it is another member's, or this member has no part in it.
        MarkingError: The id is none.
    """
    status = f"exercise:{order.id}"
    status_class(status)
    held = next((plan for plan in plans_in(node.store) if plan.id == order.id), None)
    if isinstance(order, ProposePlan):
        return _proposal(node, order, status, held)
    if held is None:
        raise DomainError(f"there is no plan {order.id[:80]}", advice="See: tocsin exercise plan list")
    members = tuple(sorted({held.originator, *(member for each in held.exercises for member in each.members)}))
    if node.member not in members:
        raise DomainError(f"{node.member} takes part in nothing of {held.id}")
    body = PlanConsent(
        act=order.act, originator=held.originator, plan=held.record, digest=held.digest, text=order.text,
        by=Person(role=order.role, pseudonym=order.pseudonym),
    )  # fmt: skip
    source = Source(record=held.record, originator=held.originator)
    return _record(node, "exercise.plan_consent", body, members, status=status, sources=(source,))


def _proposal(node: Node, order: ProposePlan, status: str, held: PlanStanding | None) -> Record:
    if held is not None and held.originator != node.member:
        raise DomainError(f"{held.originator} proposed {held.id}", advice="Whoever proposed it makes the next version")
    if next(node.store.records(RecordQuery(kinds=("exercise.exercise",), status=status)), None):
        raise DomainError(f"{order.id} is the id of an exercise", advice="Give the plan an id of its own")
    members = order.plan.members
    node.exchange.trust.roster.require(members)
    supersedes = held.record if held is not None else None
    return _record(node, "exercise.plan", order.plan, members, status=status, supersedes=supersedes)


def _record(
    node: Node, kind: str, body: msgspec.Struct, members: tuple[str, ...], *, status: str,
    sources: tuple[Source, ...] = (), supersedes: str | None = None,
) -> Record:  # fmt: skip
    return with_body(
        kind, body, id=node.new_id(), originator=node.member, marking=marking_for(node.member, *members),
        status=status, precedence=Precedence.ROUTINE, issued_at=node.clock.now(), sources=sources,
        supersedes=supersedes,
    )  # fmt: skip


def read_plan(file: Path) -> ExercisePlan:
    """Read a plan from a TOML file with the fields of ``exercise.plan``.

    Raises:
        ConfigError: It cannot be read, or is no plan; the field is named.
    """
    advice = "See docs/how-to/plan-exercises.md"
    try:
        with file.open("rb") as opened:
            text = opened.read(_MOST_BYTES + 1)  # one more is enough to refuse it
        if len(text) > _MOST_BYTES:
            raise ConfigError(f"has more than {_MOST_BYTES} bytes", path=str(file), advice="Split it")
        data = tomllib.loads(text.decode("utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path=str(file), advice=advice) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"is no TOML: {error}", path=str(file), advice=advice) from error
    listed = data.get("exercises")
    tables = [(data, ExercisePlan), *((each, PlannedExercise) for each in (listed if isinstance(listed, list) else ()))]
    for table, shape in tables:  # a misspelt field would be passed over
        unknown = [name for name in table if name not in shape.__struct_fields__] if isinstance(table, dict) else []
        if unknown:
            there = ", ".join(shape.__struct_fields__)
            raise ConfigError(f"unknown field {unknown[0][:80]}", path=str(file), advice=f"There are: {there}")
    try:
        return msgspec.convert(data, ExercisePlan)
    except msgspec.ValidationError as error:
        raise ConfigError(str(error), path=str(file), advice=advice) from error
