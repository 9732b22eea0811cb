"""What people of a member have before them in an exercise: where it stands, messages, decisions, and the plan of it.

Made of the records that the member holds, and told the same at the command line and on the page.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Literal

import msgspec

from tocsin.errors import DomainError, ScenarioError
from tocsin.exercise.injects import scenario_of
from tocsin.exercise.reading import kind_of, read_given
from tocsin.exercise.scenario import AnyInject, DecisionInject, Expected, MessageInject, Objective, Scenario
from tocsin.exercise.scoring import in_words
from tocsin.exercise.state import Exercises, ExerciseState
from tocsin.exercise.timeline import Due, skipped, whole_plan
from tocsin.records import Admitted, Exercise, ExerciseDecision, ExerciseMessage, Inject, Person, Reaction


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where an exercise stands."""

    id: str
    status: str
    """Of all its records: ``exercise:<id>``."""
    name: str
    state: Literal["proposed", "running", "paused", "over"]
    director: str
    """The member that proposed it, and works clock and plan."""
    members: tuple[str, ...]
    consents: dict[str, Literal["consent", "decline", "withdraw"]]
    """What each member said last; who said nothing is not there."""
    is_agreed: bool
    """Whether all members have consented to this text."""
    digest: str
    """SHA-256 of the scenario's text: what is consented to."""
    starts_at: datetime
    at_s: float
    """Where the scenario's clock stood at ``as_of``, seconds after its start."""
    as_of: datetime
    speed: float
    """Seconds of the scenario in a second; 0: as fast as it goes."""
    ends_s: float | None
    """When it ends by itself; None: the scenario is not at hand."""
    ended_by: str = ""
    ended_at: datetime | None = None


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A message within an exercise."""

    at: datetime
    originator: str
    record: str
    """Id of its record."""
    sender: str
    to: tuple[str, ...]
    """Members; none: all that take part."""
    role: str
    """For whom among their people; empty: everyone."""
    text: str
    by: Person | None
    """Who wrote it; None: the scenario."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as people took it."""

    at: datetime
    member: str
    choice: str
    text: str
    by: Person


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that is asked of people, and their answers."""

    inject: str
    at: datetime
    to: tuple[str, ...]
    role: str
    question: str
    options: tuple[str, ...]
    until_s: float | None
    """By when on the scenario's clock; None: there is no limit."""
    taken: tuple[Taken, ...]
    """The latest of each member; players are told their own member's."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What a person who observes said of a reaction."""

    member: str
    is_met: bool
    by: Person
    text: str


class Awaited(msgspec.Struct, frozen=True, kw_only=True):
    """A reaction that is expected of players."""

    id: str
    text: str
    by: tuple[str, ...]
    """Members of whom it is expected."""
    within_s: float
    needs_judge: bool
    """Whether a person has to say if it came; else records tell."""
    judged: tuple[Judged, ...]
    """The latest of each member."""


class InjectRow(msgspec.Struct, frozen=True, kw_only=True):
    """An inject on the timeline."""

    inject: str
    kind: str
    title: str
    text: str
    """With a message or a decision, what people get to read; of one that could not be made, why."""
    state: Literal["due", "played", "lasting", "skipped", "not_reached"]
    """``lasting``: it was played, and what it does goes on; ``not_reached``: the exercise was over before."""
    due_s: float
    at_s: float | None
    """When it was played, on the scenario's clock."""
    until_s: float | None
    """When what lasts is over."""
    is_by_hand: bool
    """Whether a person added, moved or skipped it."""
    objectives: tuple[str, ...]
    awaited: tuple[Awaited, ...]


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """What is before people in an exercise."""

    exercise: Standing
    messages: tuple[Said, ...]
    decisions: tuple[Asked, ...]
    summary: str = ""
    objectives: tuple[Objective, ...] = ()
    injects: tuple[InjectRow, ...] | None = None
    """In the order in which they are due; None: not for those who play."""


def standing_of(state: ExerciseState, exercise: Exercise, now: datetime) -> Standing:
    """Return where an exercise stands.

    Args:
        state: As it follows from records.
        exercise: Its proposal.
        now: UTC.
    """
    scenario = scenario_of(exercise)
    return Standing(
        id=state.id, status=state.status, name=exercise.name, state=_word_of(state), director=state.director,
        members=exercise.members,
        consents={code: each.act for code, each in sorted(state.consents.items()) if code in exercise.members},
        is_agreed=state.is_agreed, digest=exercise.digest, starts_at=exercise.starts_at, at_s=state.at_s(now),
        as_of=now, speed=exercise.speed, ends_s=None if scenario is None else float(scenario.clock.ends),
        ended_by=state.ended_by, ended_at=state.ended_at,
    )  # fmt: skip


def standings(heard: Iterable[Admitted], now: datetime) -> tuple[Standing, ...]:
    """Return where every exercise stands that a member has heard of: those that go on first, then the newest."""
    states = Exercises(heard)
    found = [standing_of(state, state.exercise, now) for state in states if state.exercise is not None]
    by_age = sorted(found, key=lambda each: (each.starts_at, each.id), reverse=True)
    return tuple(sorted(by_age, key=lambda each: _ORDER[each.state]))


def board_of(
    exercise_id: str, heard: Iterable[Admitted], member: str, now: datetime,
    *, is_controller: bool, roles: Collection[str] | None = None,
) -> Board:  # fmt: skip
    """Return what is before people of a member in an exercise.

    Args:
        exercise_id: Its id.
        heard: What the member holds of the room ``exercise`` with the status of the exercise.
        member: Whose people.
        now: UTC.
        is_controller: Whether they are told what is to come, and what others are told and decide.
        roles: Of people who play: what is for others is left out; None: all roles.

    Raises:
        DomainError: No such exercise was proposed.
    """
    entries = list(heard)
    state = Exercises(entries).get(f"exercise:{exercise_id}")
    if state is None or state.exercise is None:
        raise DomainError(f"no exercise {exercise_id[:80]} was proposed here", advice="See: tocsin exercise status")
    exercise = state.exercise
    viewer = _Viewer(member, is_controller=is_controller, roles=roles, takes_part=state.has_consent(member))
    scenario = scenario_of(exercise) if is_controller else None
    return Board(
        exercise=standing_of(state, exercise, now), messages=_messages(entries, viewer),
        decisions=_decisions(entries, viewer, state), summary="" if scenario is None else scenario.summary.strip(),
        objectives=() if scenario is None else scenario.objective,
        injects=_rows(entries, state, scenario) if is_controller else None,
    )  # fmt: skip


_ORDER = {"running": 0, "paused": 0, "proposed": 1, "over": 2}


class _Viewer:
    """Who looks, and what of messages and decisions is for them."""

    def __init__(
        self, member: str, *, is_controller: bool, roles: Collection[str] | None, takes_part: bool
    ) -> None:  # fmt: skip
        self.member = member
        self.is_controller = is_controller
        self._roles = roles
        self._takes_part = takes_part

    def gets(self, to: Sequence[str], role: str) -> bool:
        if self.is_controller:
            return True
        return (
            self._takes_part
            and (not to or self.member in to)
            and (not role or self._roles is None or role in self._roles)
        )


def _word_of(state: ExerciseState) -> Literal["proposed", "running", "paused", "over"]:
    if state.is_over:
        return "over"
    if state.started_at is None:
        return "proposed"
    return "paused" if state.is_paused else "running"


def _messages(entries: Sequence[Admitted], viewer: _Viewer) -> tuple[Said, ...]:
    found = [
        Said(
            at=each.record.issued_at, originator=each.record.originator, record=each.record.id,
            sender=each.body.sender, to=each.body.to, role=each.body.role, text=each.body.text, by=each.body.by,
        )
        for each in entries
        if isinstance(each.body, ExerciseMessage)
    ]  # fmt: skip
    mine = [
        each
        for each in found
        if viewer.gets(each.to, each.role) or (each.by is not None and each.originator == viewer.member)
    ]
    return tuple(sorted(mine, key=lambda each: (each.at, each.originator)))


def _decisions(entries: Sequence[Admitted], viewer: _Viewer, state: ExerciseState) -> tuple[Asked, ...]:
    said = sorted(
        (each for each in entries if isinstance(each.body, ExerciseDecision)), key=lambda each: each.record.issued_at
    )
    taken: dict[str, dict[str, Taken]] = {}
    for each in said:
        body, member = each.body, each.record.originator
        if body.act == "taken" and (viewer.is_controller or member == viewer.member):
            taken.setdefault(body.inject, {})[member] = Taken(
                at=each.record.issued_at, member=member, choice=body.choice, text=body.text, by=body.by
            )
    asked = {
        each.body.inject: Asked(
            inject=each.body.inject, at=each.record.issued_at, to=each.body.to, role=each.body.role,
            question=each.body.question, options=each.body.options,
            until_s=_until_s(state, each.body.inject, each.body.within_s),
            taken=tuple(taken.get(each.body.inject, {}).values()),
        )
        for each in said
        if each.body.act == "asked" and viewer.gets(each.body.to, each.body.role)
    }  # fmt: skip
    return tuple(asked.values())


def _until_s(state: ExerciseState, inject: str, within_s: float | None) -> float | None:
    made = state.made.get(inject)
    return None if within_s is None or made is None else made[0].at_s + within_s


def _rows(entries: Sequence[Admitted], state: ExerciseState, scenario: Scenario | None) -> tuple[InjectRow, ...]:
    judged: dict[tuple[str, str], dict[str, Judged]] = {}
    for each in sorted(entries, key=lambda each: each.record.issued_at):
        if isinstance(each.body, Reaction):
            body = each.body
            judged.setdefault((body.inject, body.reaction), {})[body.member] = Judged(
                member=body.member, is_met=body.is_met, by=body.by, text=body.text
            )
    # without the text, which the controllers may have kept, what was made is known, and no more
    plan = list(_made(state)) if scenario is None else whole_plan(scenario, state)
    left_out = skipped(state)
    return tuple(_row(due, state, left_out.get(due.inject.id), judged) for due in plan)


def _made(state: ExerciseState) -> Iterator[Due]:
    for made, _ in state.made.values():
        with suppress(ScenarioError):  # of a director that sends nonsense nothing is shown
            yield Due(read_given(made.given), made.due_s)


def _row(
    due: Due, state: ExerciseState, left_out: Inject | None, judged: dict[tuple[str, str], dict[str, Judged]]
) -> InjectRow:  # fmt: skip
    inject = due.inject
    made, _ = state.made.get(inject.id, (None, None))
    until_s = made.at_s + float(getattr(inject, "lasting", 0.0)) if made is not None and inject.lasts else None
    word: Literal["due", "played", "lasting", "skipped", "not_reached"]
    if made is not None:
        word = "lasting" if inject.lasts and inject.id not in state.over and not state.is_over else "played"
    elif left_out is not None:
        word = "skipped"
    else:
        word = "not_reached" if state.is_over else "due"
    return InjectRow(
        inject=inject.id, kind=kind_of(inject), title=inject.title, due_s=due.due_s, until_s=until_s,
        text=_text_of(inject) if left_out is None or left_out.by is not None else left_out.title,
        state=word, at_s=None if made is None else made.at_s, objectives=inject.objectives,
        is_by_hand=any(change.inject == inject.id and change.by is not None for change in state.changes),
        awaited=tuple(
            _awaited(each, state.members, judged.get((inject.id, each.id), {}))
            for each in inject.expect
        ),
    )  # fmt: skip


def _awaited(expected: Expected, members: tuple[str, ...], judged: dict[str, Judged]) -> Awaited:
    return Awaited(
        id=expected.id, text=expected.text or in_words(expected), by=expected.by or members,
        within_s=float(expected.within), needs_judge=expected.what == "judged", judged=tuple(judged.values()),
    )  # fmt: skip


def _text_of(inject: AnyInject) -> str:
    if isinstance(inject, MessageInject):
        return f"{inject.sender}: {inject.text}"
    return inject.question if isinstance(inject, DecisionInject) else ""
