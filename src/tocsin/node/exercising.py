"""What people of a member do about an exercise at the running node: propose, consent, work clock and plan, end, speak.

All of it is a record; what these do not know of the exercise they ask the member's own store.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Literal

import msgspec

from tocsin.errors import DomainError, TocsinError
from tocsin.exercise import read_scenario
from tocsin.exercise.desk import known_of
from tocsin.exercise.naming import require_id
from tocsin.exercise.reading import digest_of, given_of, kind_of, read_inject
from tocsin.exercise.state import Exercises, ExerciseState
from tocsin.exercise.timeline import plan_of
from tocsin.markings import marking_for
from tocsin.node.desks import exercise_tables
from tocsin.node.node import Node
from tocsin.records import (
    Consent,
    Exercise,
    ExerciseClock,
    ExerciseComment,
    ExerciseDecision,
    ExerciseEnd,
    ExerciseMessage,
    Inject,
    Person,
    Precedence,
    Reaction,
    Record,
    with_body,
)
from tocsin.store import RecordQuery

Act = Literal[
    "consent", "decline", "withdraw", "pause", "resume", "jump", "inject", "skip", "move", "stop", "comment", "lesson",
    "decide", "message", "react",
]  # fmt: skip


_CLOCK_ACTS: dict[str, Literal["pause", "resume", "jump"]] = {"pause": "pause", "resume": "resume", "jump": "jump"}


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


class ExerciseOrder(msgspec.Struct, frozen=True, kw_only=True, tag="exercise", tag_field="do"):
    """Do something about an exercise."""

    act: Act
    exercise: str
    """Its id."""
    pseudonym: str
    role: str = "exercise_controller"
    what: str = ""
    """Id of an inject (``skip``, ``move``, ``decide``, ``react``), or of what a comment is about."""
    about: Literal["exercise", "inject", "objective", "event", "member"] = "exercise"
    """With ``comment`` and ``lesson``."""
    to_s: float | None = None
    """With ``jump`` and ``move``: a time on the scenario's clock."""
    given: str = ""
    """With ``inject``: the inject as JSON."""
    choice: str = ""
    """With ``decide``; with ``react``, id of the expected reaction."""
    is_met: bool = True
    """With ``react``."""
    text: str = ""
    to: tuple[str, ...] = ()
    """With ``message``: members; with ``react``, the one that reacted."""


def exercise_record(node: Node, order: Propose | ExerciseOrder) -> Record:
    """Return the record that an order about an exercise asks for.

    Raises:
        ScenarioError: Something is wrong with the scenario or with an inject given by hand.
        DomainError: There is no such exercise, it is over, or this member may not do that.
    """
    try:
        return _proposal(node, order) if isinstance(order, Propose) else _answer(node, order)
    except TocsinError:
        raise
    except ValueError as error:  # a field that the record does not take
        raise DomainError(str(error)) from error


def _proposal(node: Node, order: Propose) -> Record:
    scenario = read_scenario(order.scenario, name="the scenario", form=order.form, known=known_of(*exercise_tables()))
    now = node.clock.now()
    exercise_id = order.id or f"{scenario.id[:50]}-{now:%Y%m%d-%H%M}"
    for wrong in require_id(exercise_id, ()):
        raise DomainError(wrong.message, advice=wrong.advice)
    members = tuple(sorted(scenario.members))
    node.exchange.trust.roster.require(members)
    if node.member not in members:
        raise DomainError(f"{node.member} takes no part in it", advice="Whoever directs an exercise takes part")
    if _state(node, exercise_id) is not None:
        raise DomainError(f"an exercise {exercise_id} was there before", advice="Give it another id with --as")
    body = Exercise(
        name=scenario.name, digest=digest_of(order.scenario), members=members, starts_at=order.starts_at or now,
        seed=scenario.seed, scenario=order.scenario, form=order.form,
    )  # fmt: skip
    return _record(node, f"exercise:{exercise_id}", members, "exercise.exercise", body)


def _answer(node: Node, order: ExerciseOrder) -> Record:
    state = _state(node, order.exercise)
    if state is None or state.exercise is None:
        raise DomainError(f"no exercise {order.exercise[:80]} was proposed here", advice="See: tocsin exercise status")
    if node.member not in state.members:
        raise DomainError(f"{node.member} takes no part in {state.id}")
    if state.is_over and order.act not in ("comment", "lesson", "react"):
        raise DomainError(f"{state.id} is over: {state.ended_by} ended it", advice="Comments may still be made")
    kind, body = _body(node, state, order)
    precedence = Precedence.FLASH if order.act == "stop" else Precedence.IMMEDIATE
    return _record(node, state.status, state.members, kind, body, precedence=precedence)


def _body(node: Node, state: ExerciseState, order: ExerciseOrder) -> tuple[str, msgspec.Struct]:
    by = Person(role=order.role, pseudonym=order.pseudonym)
    at_s = state.at_s(node.clock.now())
    exercise = state.exercise
    if exercise is None:
        raise AssertionError("asked before")
    match order.act:
        case "consent" | "decline" | "withdraw":
            return "exercise.consent", Consent(act=order.act, digest=exercise.digest, by=by, text=order.text)
        case "stop":
            return "exercise.end", ExerciseEnd(at_s=at_s, is_complete=False, by=by, text=order.text)
        case "comment" | "lesson":
            comment = ExerciseComment(form=order.act, about=order.about, what=order.what, text=order.text, by=by)
            return "exercise.comment", comment
        case "decide":
            taken = ExerciseDecision(act="taken", inject=order.what, choice=order.choice, text=order.text, by=by)
            return "exercise.decision", taken
        case "message":
            sender = f"{node.member} {order.role}"
            return "exercise.message", ExerciseMessage(sender=sender, to=order.to, text=order.text, by=by)
        case "react":
            if order.to and order.to[0] not in exercise.members:
                raise DomainError(f"{order.to[0]} takes no part", advice=f"Members: {', '.join(exercise.members)}")
            return "exercise.reaction", Reaction(
                inject=order.what, reaction=order.choice, member=order.to[0] if order.to else node.member,
                is_met=order.is_met, seen_at=node.clock.now(), by=by, text=order.text,
            )  # fmt: skip
        case _:
            return _directed(node, state, order, by)


def _directed(node: Node, state: ExerciseState, order: ExerciseOrder, by: Person) -> tuple[str, msgspec.Struct]:
    """Return what only the member that directs the exercise may do."""
    at_s = state.at_s(node.clock.now())
    if state.director != node.member:
        raise DomainError(f"{state.director} directs {state.id}", advice="Every member may stop it, or withdraw")
    if order.act in ("inject", "skip", "move"):
        return "exercise.inject", _change(state, order, at_s, by)
    _require_running(state)
    if order.act == "jump" and (order.to_s is None or order.to_s <= at_s):
        raise DomainError(f"the clock stands at {at_s:.0f} s", advice="Jump to a later time")
    to_s = order.to_s if order.act == "jump" else None
    act = _CLOCK_ACTS[order.act]
    return "exercise.clock", ExerciseClock(act=act, at_s=at_s, to_s=to_s, by=by)


def _change(state: ExerciseState, order: ExerciseOrder, at_s: float, by: Person) -> Inject:
    exercise = state.exercise
    if exercise is None:
        raise AssertionError("asked before")
    known = known_of(*exercise_tables())
    scenario = read_scenario(exercise.scenario, name=state.id, form=exercise.form, known=known)
    plan = {due.inject.id: due for due in plan_of(scenario, state)}
    if order.act == "inject":
        inject = read_inject(json.loads(order.given), scenario=scenario, known=known)
        if inject.id in plan or inject.id in state.made:
            raise DomainError(f"an inject {inject.id} is there already", advice="Give it another id")
        return Inject(
            inject=inject.id, kind=kind_of(inject), act="added", due_s=max(at_s, float(inject.at)), at_s=at_s,
            title=inject.title, objectives=inject.objectives, given=given_of(inject), by=by,
        )  # fmt: skip
    due = plan.get(order.what)
    if due is None:
        there = ", ".join(plan) or "none"
        raise DomainError(f"no inject {order.what[:80]} is still to come", advice=f"There are {there}")
    if order.act == "move" and (order.to_s is None or order.to_s < at_s):
        raise DomainError(f"the clock stands at {at_s:.0f} s", advice="Move it to a later time")
    return Inject(
        inject=due.inject.id, kind=kind_of(due.inject), act="moved" if order.act == "move" else "skipped",
        due_s=due.due_s, at_s=at_s, to_s=order.to_s if order.act == "move" else None, title=due.inject.title, by=by,
    )  # fmt: skip


def _require_running(state: ExerciseState) -> None:
    if state.started_at is None:
        missing = ", ".join(code for code in state.members if not state.has_consent(code))
        raise DomainError(
            f"{state.id} has not begun", advice=f"It waits for the consent of {missing}" if missing else ""
        )


def states(node: Node) -> Exercises:
    """Return the exercises that a member has heard of, from its store."""
    found = Exercises()
    found.take(stored.admitted for stored in node.store.records(RecordQuery(kinds=("exercise.*",))))
    return found


def _state(node: Node, exercise_id: str) -> ExerciseState | None:
    return states(node).get(f"exercise:{exercise_id}")


def _record(
    node: Node, status: str, members: tuple[str, ...], kind: str, body: msgspec.Struct,
    *, precedence: Precedence = Precedence.IMMEDIATE,
) -> Record:  # fmt: skip
    return with_body(
        kind, body, id=node.new_id(), originator=node.member, marking=marking_for(*members), status=status,
        precedence=precedence, issued_at=node.clock.now(), synthetic=True,
    )  # fmt: skip
