"""The desk of exercises of one member: follows every exercise that the member consented to, and plays its part in it.

Whoever proposed an exercise directs it: its desk starts the clock when all have consented, makes what is due, and ends
it. Every member's desk, the director's too, lets its own sensors see what was made. All of it is known from records, so
a desk that begins anew goes on where the one before was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from tocsin.errors import DomainError, FlightError, ScenarioError
from tocsin.exercise.naming import Known
from tocsin.exercise.reading import given_of, kind_of, read_given, read_scenario
from tocsin.exercise.scenario import AnyInject, DecisionInject, MessageInject, NoticeInject, Scenario
from tocsin.exercise.stage import Seen, Stage, flown
from tocsin.exercise.state import Exercises, ExerciseState
from tocsin.exercise.timeline import lasting, plan_of
from tocsin.markings import PublicWarning, marking_for
from tocsin.records import (
    Admitted,
    ExerciseClock,
    ExerciseDecision,
    ExerciseEnd,
    ExerciseMessage,
    Inject,
    LaunchNotice,
    Person,
    Position,
    Precedence,
    Record,
    Source,
    with_body,
)
from tocsin.synthesis import METHOD
from tocsin.synthesis.launches import LaunchRow
from tocsin.synthesis.sensors import Sensor

CONTROL = Person(role="exercise_controller", pseudonym="clock")
"""Who works the clock when no person does."""


Tables = tuple[Sequence[Sensor], Mapping[str, LaunchRow]]


@dataclass
class _Play:
    """A running exercise as one desk plays it."""

    stage: Stage
    scenario: Scenario | None
    """None: the text stayed with the controllers, and this member does not direct it."""
    staged: set[str] = field(default_factory=set)


class ExerciseDesk:
    """Plays a member's part in exercises.

    Args:
        member: Whose desk it is.
        new_id: Makes ids that are unique for ever.
        tables: Returns the simulated sensors of all members, and the launch table by id; asked when first needed.
    """

    resumes = ("exercise.*",)
    stands = ("exercise.*",)

    def __init__(
        self,
        member: str,
        *,
        new_id: Callable[[], str],
        tables: Callable[[], Tables],
    ) -> None:
        self._member = member
        self._new_id = new_id
        self._tables = tables
        self._said: set[tuple[str, str]] = set()
        """What was made and has not come back through the door yet: it is made once."""
        self.exercises = Exercises()
        self._plays: dict[str, _Play] = {}

    def take(self, admitted: Sequence[Admitted], now: datetime) -> list[Record]:
        """Take in what is told of exercises, and return what this member has to say to that."""
        made: list[Record] = []
        for state, entry in self.exercises.take(admitted):
            made += self._act_on(state, entry, now)
        return made

    def tick(self, now: datetime) -> list[Record]:
        """Let time pass: what is due is made, and sensors hand over."""
        made: list[Record] = []
        for state in self.exercises:
            if not state.is_open_for(self._member):
                self._plays.pop(state.status, None)
                continue
            if state.director == self._member:
                made += self._direct(state, now)
            play = self._plays.get(state.status)
            if play is not None:
                made += [self._detection(state, seen, now) for seen in play.stage.hand_over(now)]
        return made

    def resume(self, history: Sequence[Admitted], begin: datetime, now: datetime) -> None:  # noqa: ARG002 - as desks do
        """Go on with exercises that are under way; what sensors handed over before now is on record already."""
        for state, entry in self.exercises.take(sorted(history, key=lambda each: each.record.issued_at)):
            with suppress(DomainError):  # told when it came; what else is under way goes on without it
                self._act_on(state, entry, now)
        for play in self._plays.values():
            play.stage.hand_over(now)

    def next_at(self) -> datetime | None:
        """Return when the next plot is handed over, or none if nothing is under way."""
        due = [play.stage.next_at for play in self._plays.values()]
        return min((at for at in due if at is not None), default=None)

    # -- what records bring about -----------------------------------------------------------------------------------

    def _act_on(self, state: ExerciseState, entry: Admitted, now: datetime) -> list[Record]:
        body = entry.body
        if not isinstance(body, Inject) or body.act != "made" or not state.is_open_for(self._member):
            return []
        play = self._play(state)
        if body.inject in play.staged or not body.given:
            return []
        play.staged.add(body.inject)
        try:
            inject = read_given(body.given)
        except ScenarioError:
            return []  # a director that sends nonsense lets nothing happen
        play.stage.make(inject, entry.record.issued_at)
        if isinstance(inject, NoticeInject) and inject.member == self._member:
            return [self._notice(state, inject, entry.record.issued_at, now)]
        return []

    def _play(self, state: ExerciseState) -> _Play:
        if state.status not in self._plays:
            exercise = state.exercise
            if exercise is None:
                raise DomainError(f"{state.status} was not proposed")
            sensors, launches = self._tables()
            mine = [sensor for sensor in sensors if sensor.member == self._member]
            stage = Stage(state.id, mine, launches, exercise.seed)
            self._plays[state.status] = _Play(stage, self._scenario(state))
        return self._plays[state.status]

    def _scenario(self, state: ExerciseState) -> Scenario | None:
        exercise = state.exercise
        if exercise is None or state.director != self._member:
            return None
        try:
            return read_scenario(exercise.scenario, name=state.id, form=exercise.form, known=known_of(*self._tables()))
        except ScenarioError:
            return None  # it was read before it was proposed; a table has changed since

    # -- what the director does -------------------------------------------------------------------------------------

    def _direct(self, state: ExerciseState, now: datetime) -> list[Record]:
        exercise = state.exercise
        if exercise is None or not state.is_agreed:
            return []
        if state.started_at is None:
            if now < exercise.starts_at or not self._is_new(state, "start"):
                return []
            clock = ExerciseClock(act="start", at_s=0.0, by=CONTROL)
            return [self._told(state, "exercise.clock", clock, now)]
        play = self._play(state)
        if play.scenario is None or state.is_paused:
            return []
        return self._advance(state, play, play.scenario, now)

    def _advance(self, state: ExerciseState, play: _Play, scenario: Scenario, now: datetime) -> list[Record]:
        at_s = state.at_s(now)
        made: list[Record] = []
        for due in plan_of(scenario, state):
            if due.due_s <= at_s and self._is_new(state, f"made {due.inject.id}"):
                made += self._make(state, play, due.inject, due.due_s, now)
        given = [read_given(each.given) for each, _ in state.made.values() if each.given]
        for inject, until_s in lasting(state, given):
            if until_s <= at_s and self._is_new(state, f"ended {inject.id}"):
                over = Inject(inject=inject.id, kind=kind_of(inject), act="ended", due_s=until_s, at_s=at_s)
                made.append(self._told(state, "exercise.inject", over, now))
        if at_s >= scenario.clock.ends and self._is_new(state, "end"):
            end = ExerciseEnd(at_s=at_s, is_complete=True)
            made.append(self._told(state, "exercise.end", end, now, precedence=Precedence.FLASH))
        return made

    def _make(self, state: ExerciseState, play: _Play, inject: AnyInject, due_s: float, now: datetime) -> list[Record]:
        at_s = state.at_s(now)
        try:
            flying = tuple(map(flown, play.stage.bodies_of(inject, now)))
        except (FlightError, DomainError) as error:  # the plan goes on, and the report shows why one is missing
            skipped = Inject(
                inject=inject.id, kind=kind_of(inject), act="skipped", due_s=due_s, at_s=at_s, title=str(error)[:200]
            )  # fmt: skip
            return [self._told(state, "exercise.inject", skipped, now)]
        told = Inject(
            inject=inject.id, kind=kind_of(inject), act="made", due_s=due_s, at_s=at_s, title=inject.title,
            to=getattr(inject, "to", ()), objectives=inject.objectives, flown=flying, given=given_of(inject),
        )  # fmt: skip
        made = [self._told(state, "exercise.inject", told, now)]
        if isinstance(inject, MessageInject):
            message = ExerciseMessage(
                inject=inject.id, sender=inject.sender, to=inject.to, role=inject.role or "", text=inject.text
            )  # fmt: skip
            made.append(self._told(state, "exercise.message", message, now))
        elif isinstance(inject, DecisionInject):
            asked = ExerciseDecision(
                act="asked", inject=inject.id, question=inject.question, options=inject.options, to=inject.to,
                role=inject.role or "", within_s=None if inject.within is None else float(inject.within),
            )  # fmt: skip
            made.append(self._told(state, "exercise.decision", asked, now))
        return made

    def _is_new(self, state: ExerciseState, what: str) -> bool:
        if (state.status, what) in self._said:
            return False
        self._said.add((state.status, what))
        return True

    # -- records ----------------------------------------------------------------------------------------------------

    def _told(
        self, state: ExerciseState, kind: str, body: msgspec.Struct, now: datetime,
        *, precedence: Precedence = Precedence.IMMEDIATE,
    ) -> Record:  # fmt: skip
        return with_body(
            kind, body, id=self._new_id(), originator=self._member, marking=marking_for(*state.members),
            status=state.status, precedence=precedence, issued_at=now, synthetic=True,
        )  # fmt: skip

    def _detection(self, state: ExerciseState, seen: Seen, now: datetime) -> Record:
        sources = (METHOD, seen.assumptions) if seen.assumptions else (METHOD,)
        body = msgspec.structs.replace(seen.plot.body, independence_group=self._new_id())
        return with_body(
            "warning.detection", body, id=self._new_id(), originator=self._member,
            marking=marking_for(*state.members, public_warning=PublicWarning.ASK), status=state.status,
            precedence=Precedence.FLASH, issued_at=now, observed_at=seen.measured_at, synthetic=True,
            sources=tuple(Source(cites=cited) for cited in sources),
        )  # fmt: skip

    def _notice(self, state: ExerciseState, inject: NoticeInject, at: datetime, now: datetime) -> Record:
        notice = LaunchNotice(
            authority=inject.announced_by, opens_at=at + timedelta(seconds=inject.opens or 0.0),
            closes_at=at + timedelta(seconds=inject.closes), azimuth_deg=inject.azimuth_deg,
            site=Position(lat_deg=inject.site_lat_deg, lon_deg=inject.site_lon_deg),
        )  # fmt: skip
        return with_body(
            "orbit.launch_notice", notice, id=self._new_id(), originator=self._member,
            marking=marking_for(*state.members, public_warning=PublicWarning.YES), status=state.status,
            precedence=Precedence.ROUTINE, issued_at=now, synthetic=True, sources=(Source(cites=METHOD),),
        )  # fmt: skip


def known_of(sensors: Sequence[Sensor], launches: Mapping[str, LaunchRow]) -> Known:
    """Return what scenarios may name."""
    return Known(
        launches={name: row.lacks() for name, row in launches.items()},
        sensors={sensor.sensor_id: sensor.member for sensor in sensors},
    )
