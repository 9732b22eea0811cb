"""What people of a member do about an exercise at the running node; what it knows of the exercise is in its store."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from tocsin.errors import DomainError
from tocsin.exercise import read_scenario
from tocsin.exercise.naming import require_id
from tocsin.exercise.orders import Cell, ExerciseOrder, exercise_record, record_of
from tocsin.exercise.reading import digest_of
from tocsin.node.desks import known_here
from tocsin.node.node import Node
from tocsin.records import Exercise, Record
from tocsin.store import RecordQuery


class Propose(msgspec.Struct, frozen=True, kw_only=True, tag="exercise_propose", tag_field="do"):
    """Propose an exercise to running members, and direct it."""

    scenario: str
    """Its text."""
    form: Literal["toml", "yaml"]
    pseudonym: str
    id: str = ""
    """Of the exercise; empty: the scenario's with the present minute."""
    starts_at: datetime | None = None
    """None: as soon as all have consented."""


def record_for(node: Node, order: Propose | ExerciseOrder) -> Record:
    """Return the record that an order about an exercise asks for.

    Raises:
        ScenarioError: Something is wrong with the scenario or with an inject given by hand.
        DomainError: There is no such exercise, it is over, or this member may not do that.
    """
    cell = Cell(member=node.member, now=node.clock.now(), new_id=node.new_id, known=known_here)
    if isinstance(order, Propose):
        return _proposal(node, order, cell)
    query = RecordQuery(kinds=("exercise.*",), status=f"exercise:{order.exercise}")
    return record_of(order, (stored.admitted for stored in node.store.records(query)), cell)


def _proposal(node: Node, order: Propose, cell: Cell) -> Record:
    scenario = read_scenario(order.scenario, name="the scenario", form=order.form, known=cell.known())
    exercise_id = order.id or f"{scenario.id[:50]}-{cell.now:%Y%m%d-%H%M}"
    for wrong in require_id(exercise_id, ()):
        raise DomainError(wrong.message, advice=wrong.advice)
    members = tuple(sorted(scenario.members))
    node.exchange.trust.roster.require(members)
    if node.member not in members:
        raise DomainError(f"{node.member} takes no part in it", advice="Whoever directs an exercise takes part")
    status = f"exercise:{exercise_id}"
    if next(node.store.records(RecordQuery(kinds=("exercise.*",), status=status, limit=1)), None) is not None:
        raise DomainError(f"an exercise {exercise_id} was there before", advice="Give it another id with --as")
    try:
        body = Exercise(
            name=scenario.name, digest=digest_of(order.scenario), members=members,
            starts_at=order.starts_at or cell.now, seed=scenario.seed, scenario=order.scenario, form=order.form,
        )  # fmt: skip
    except ValueError as error:  # a field that the record does not take
        raise DomainError(str(error)) from error
    return exercise_record(status, members, "exercise.exercise", body, cell)
