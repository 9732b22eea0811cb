"""What people of a member do about an exercise: each act becomes a record, or is refused in words.

The command line and the page both come here, so that the same holds whichever a person uses.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from tocsin.errors import DomainError, TocsinError
from tocsin.exercise.injects import scenario_of
from tocsin.exercise.naming import Known, named
from tocsin.exercise.reading import given_of, kind_of, read_inject, read_scenario
from tocsin.exercise.seconds import clock_words
from tocsin.exercise.state import Exercises, ExerciseState
from tocsin.exercise.timeline import plan_of
from tocsin.markings import marking_for
from tocsin.records import (
    Admitted,
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

Act = Literal[
    "consent", "decline", "withdraw", "pause", "resume", "jump", "inject", "skip", "move", "stop", "comment", "lesson",
    "decide", "message", "react",
]  # fmt: skip
AFTERWARDS: tuple[Act, ...] = ("comment", "lesson", "react")
"""What may be done when it is over, too."""

_CLOCK_ACTS: dict[str, Literal["pause", "resume", "jump"]] = {"pause": "pause", "resume": "resume", "jump": "jump"}


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
    for_role: str = ""
    """With ``message``: for whom among their people; empty: everyone."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The member whose people act, and what it has at hand."""

    member: str
    now: datetime
    """UTC."""
    new_id: Callable[[], str]
    known: Callable[[], Known]
    """Returns what scenarios may name; asked when an inject is changed."""


def record_of(order: ExerciseOrder, heard: Iterable[Admitted], cell: Cell) -> Record:
    """Return the record that an order asks for.

    Args:
        order: What is to be done.
        heard: What the member holds of the room ``exercise`` with the status of the exercise.
        cell: Whose people act.

    Raises:
        ScenarioError: Something is wrong with an inject given by hand.
        DomainError: There is no such exercise, it is over, or this member may not do that.
    """
    entries = list(heard)
    state = Exercises(entries).get(f"exercise:{order.exercise}")
    if state is None or state.exercise is None:
        raise DomainError(f"no exercise {order.exercise[:80]} was proposed here", advice="See: tocsin exercise status")
    if cell.member not in state.members:
        raise DomainError(f"{cell.member} takes no part in {state.id}")
    if state.is_over and order.act not in AFTERWARDS:
        raise DomainError(f"{state.id} is over: {state.ended_by} ended it", advice="Comments may still be made")
    try:
        kind, body = _Acting(state, state.exercise, entries, order, cell).body()
    except TocsinError:
        raise
    except ValueError as error:  # a field that the record does not take
        raise DomainError(str(error)) from error
    precedence = Precedence.FLASH if order.act == "stop" else Precedence.IMMEDIATE
    return exercise_record(state.status, state.members, kind, body, cell, precedence=precedence)


def exercise_record(
    status: str, members: tuple[str, ...], kind: str, body: msgspec.Struct, cell: Cell,
    *, precedence: Precedence = Precedence.IMMEDIATE,
) -> Record:  # fmt: skip
    """Return a record of a member about an exercise, for all who take part in it."""
    return with_body(
        kind, body, id=cell.new_id(), originator=cell.member, marking=marking_for(*members), status=status,
        precedence=precedence, issued_at=cell.now, synthetic=True,
    )  # fmt: skip


@dataclass(frozen=True)
class _Acting:
    """One order at one exercise."""

    state: ExerciseState
    exercise: Exercise
    heard: Sequence[Admitted]
    order: ExerciseOrder
    cell: Cell

    @property
    def by(self) -> Person:
        return Person(role=self.order.role, pseudonym=self.order.pseudonym)

    @property
    def at_s(self) -> float:
        return self.state.at_s(self.cell.now)

    def body(self) -> tuple[str, msgspec.Struct]:
        order = self.order
        match order.act:
            case "consent" | "decline" | "withdraw":
                consent = Consent(act=order.act, digest=self.exercise.digest, by=self.by, text=order.text)
                return "exercise.consent", consent
            case "stop":
                return "exercise.end", ExerciseEnd(at_s=self.at_s, is_complete=False, by=self.by, text=order.text)
            case "comment" | "lesson":
                return "exercise.comment", ExerciseComment(
                    form=order.act, about=order.about, what=order.what, text=order.text, by=self.by
                )
            case "decide":
                return "exercise.decision", self._decision()
            case "message":
                self._require_members(order.to)
                sender = f"{self.cell.member} {order.role.replace('_', ' ')}"
                return "exercise.message", ExerciseMessage(
                    sender=sender, to=order.to, role=order.for_role, text=order.text, by=self.by
                )
            case "react":
                return "exercise.reaction", self._reaction()
            case _:
                return self._directed()

    def _decision(self) -> ExerciseDecision:
        order, member = self.order, self.cell.member
        bodies = [each.body for each in self.heard if isinstance(each.body, ExerciseDecision)]
        asked = {each.inject: each for each in bodies if each.act == "asked" and (not each.to or member in each.to)}
        question = asked.get(order.what)
        if question is None:
            there = ", ".join(asked) or "none"
            raise DomainError(f"no decision {order.what[:80]} is asked of {member}", advice=f"There are {there}")
        if order.choice not in question.options:
            raise DomainError(f"{order.choice[:80]!r} is no option", advice=f"There are {', '.join(question.options)}")
        if question.role and question.role != order.role:
            raise DomainError(
                f"{order.what} is asked of the {question.role.replace('_', ' ')}", advice="Decide in that role"
            )
        return ExerciseDecision(act="taken", inject=order.what, choice=order.choice, text=order.text, by=self.by)

    def _reaction(self) -> Reaction:
        order = self.order
        member = order.to[0] if order.to else self.cell.member
        self._require_members((member,))
        scenario = scenario_of(self.exercise)
        if scenario is not None:
            expected = {each.id: [one.id for one in each.expect] for each in scenario.inject}
            for wrong in named((order.what,), expected, "inject", ()):
                raise DomainError(wrong.message, advice=wrong.advice)
            for wrong in named((order.choice,), expected[order.what], "expected reaction", ()):
                raise DomainError(wrong.message, advice=wrong.advice)
        return Reaction(
            inject=order.what, reaction=order.choice, member=member, is_met=order.is_met, seen_at=self.cell.now,
            by=self.by, text=order.text,
        )  # fmt: skip

    def _require_members(self, codes: Iterable[str]) -> None:
        for code in codes:
            if code not in self.exercise.members:
                raise DomainError(f"{code} takes no part", advice=f"Members: {', '.join(self.exercise.members)}")

    def _directed(self) -> tuple[str, msgspec.Struct]:
        """Return what only the member that directs the exercise may do."""
        state, order, at_s = self.state, self.order, self.at_s
        if state.director != self.cell.member:
            raise DomainError(f"{state.director} directs {state.id}", advice="Every member may stop it, or withdraw")
        if order.act in ("inject", "skip", "move"):
            return "exercise.inject", self._change()
        if state.started_at is None:
            missing = ", ".join(code for code in state.members if not state.has_consent(code))
            advice = f"It waits for the consent of {missing}" if missing else ""
            raise DomainError(f"{state.id} has not begun", advice=advice)
        if order.act == "jump" and (order.to_s is None or order.to_s <= at_s):
            raise DomainError(f"the clock stands at {clock_words(at_s)}", advice="Jump to a later time")
        to_s = order.to_s if order.act == "jump" else None
        return "exercise.clock", ExerciseClock(act=_CLOCK_ACTS[order.act], at_s=at_s, to_s=to_s, by=self.by)

    def _change(self) -> Inject:
        state, order, at_s, known = self.state, self.order, self.at_s, self.cell.known()
        scenario = read_scenario(self.exercise.scenario, name=state.id, form=self.exercise.form, known=known)
        plan = {due.inject.id: due for due in plan_of(scenario, state)}
        if order.act == "inject":
            inject = read_inject(json.loads(order.given), scenario=scenario, known=known)
            if inject.id in plan or inject.id in state.made:
                raise DomainError(f"an inject {inject.id} is there already", advice="Give it another id")
            return Inject(
                inject=inject.id, kind=kind_of(inject), act="added", due_s=max(at_s, float(inject.at)), at_s=at_s,
                title=inject.title, objectives=inject.objectives, given=given_of(inject), by=self.by,
            )  # fmt: skip
        due = plan.get(order.what)
        if due is None:
            there = ", ".join(plan) or "none"
            raise DomainError(f"no inject {order.what[:80]} is still to come", advice=f"There are {there}")
        is_moved = order.act == "move"
        if is_moved and (order.to_s is None or order.to_s < at_s):
            raise DomainError(f"the clock stands at {clock_words(at_s)}", advice="Move it to a later time")
        return Inject(
            inject=due.inject.id, kind=kind_of(due.inject), act="moved" if is_moved else "skipped", due_s=due.due_s,
            at_s=at_s, to_s=order.to_s if is_moved else None, title=due.inject.title, by=self.by,
        )  # fmt: skip
