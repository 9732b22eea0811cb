"""Routes of exercises: where they stand, what is before people in one, what people do about it, and the plans."""

from __future__ import annotations

import asyncio
from typing import get_args

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from tocsin.exercise.board import Board, Standing, board_of, standings
from tocsin.exercise.catalogue import one_of
from tocsin.exercise.orders import Cell, ExerciseOrder, record_of
from tocsin.exercise.plans import KINDS as PLANS
from tocsin.exercise.plans import PlanStanding, calendar
from tocsin.exercise.plans import standings as plan_standings
from tocsin.records import Admitted, ExerciseDecision, Person, Record
from tocsin.store import RecordQuery
from tocsin.web.acting_shapes import EXERCISE_ROLES, Accepted, ExerciseRequest, InjectChoices
from tocsin.web.floor import account_of, floor_of, from_our_page, person_of
from tocsin.web.gateway import Gateway
from tocsin.web.shapes import Role
from tocsin.web.shown import show

AnyRequest = Request[None, None, State]
CONTROLLER: Role = "exercise_controller"
_CALENDAR = "text/calendar"


@get("/exercises", summary="Exercises, and where each stands")
async def exercises(request: AnyRequest) -> tuple[Standing, ...]:
    """Return the exercises that this member has heard of: those that go on first, then the newest."""
    gateway = floor_of(request).gateway
    heard = await asyncio.to_thread(_heard, gateway, RecordQuery(kinds=("exercise.*",)))
    return standings(heard, gateway.now())


@get("/exercises/{exercise_id:str}", summary="What is before people in one exercise")
async def exercise(request: AnyRequest, exercise_id: FromPath[str]) -> Board:
    """Return the clock, messages and decisions for whoever asks; controllers get all of them, and the timeline."""
    gateway, account = floor_of(request).gateway, account_of(request)
    heard = await asyncio.to_thread(_heard_of, gateway, exercise_id)
    return await asyncio.to_thread(
        board_of, exercise_id, heard, gateway.member.code, gateway.now(),
        is_controller=CONTROLLER in account.roles, roles=account.roles,
    )  # fmt: skip


@get("/exercise-choices", summary="What an inject that is added may name")
async def choices(request: AnyRequest) -> InjectChoices:
    """Return launches and sensors; for controllers."""
    person_of(request, (CONTROLLER,))
    known = await asyncio.to_thread(floor_of(request).known)
    launches = tuple(sorted((name for name, lacks in known.launches.items() if not lacks), reverse=True))
    return InjectChoices(launches=launches, sensors=dict(known.sensors))


@post(
    "/exercises/{exercise_id:str}/orders", summary="Do something about an exercise", guards=[from_our_page],
    status_code=202,
)  # fmt: skip
async def order(request: AnyRequest, exercise_id: FromPath[str], data: JSONBody[ExerciseRequest]) -> Accepted:
    """Make the record of what a person does: clock and plan are for controllers of the member that directs."""
    floor = floor_of(request)
    heard = await asyncio.to_thread(_heard_of, floor.gateway, exercise_id)
    person = person_of(request, _roles_for(data, heard))
    gateway = floor.gateway
    cell = Cell(member=gateway.member.code, now=gateway.now(), new_id=gateway.new_id, known=floor.known)
    made = await asyncio.to_thread(_record, exercise_id, data, person, heard, cell)
    gateway.member.issue([made])
    return Accepted(record_id=made.id)


@get("/exercise-plans", summary="Plans of exercises over years, and who has signed them")
async def plans(request: AnyRequest) -> tuple[PlanStanding, ...]:
    """Return the newest version of each plan."""
    return plan_standings(await asyncio.to_thread(_heard, floor_of(request).gateway, RecordQuery(kinds=PLANS)))


@get("/export/exercise-plans.ics", summary="The plans, as iCalendar", media_type=_CALENDAR)
async def plans_calendar(request: AnyRequest) -> Response[bytes]:
    """Return a day or days for each exercise: confirmed once all who take part have signed, and tentative before."""
    heard = await asyncio.to_thread(_heard, floor_of(request).gateway, RecordQuery(kinds=PLANS))
    headers = {"Content-Disposition": 'attachment; filename="EXERCISE-plans.ics"'}
    return Response(calendar(plan_standings(heard)), media_type=_CALENDAR, headers=headers)


def _heard(gateway: Gateway, query: RecordQuery) -> list[Admitted]:
    return [shown.admitted for shown in show(gateway.member.store.records(query), gateway.floor)]


def _heard_of(gateway: Gateway, exercise_id: str) -> list[Admitted]:
    return _heard(gateway, RecordQuery(kinds=("exercise.*",), status=f"exercise:{exercise_id}"))


def _roles_for(data: ExerciseRequest, heard: list[Admitted]) -> tuple[Role, ...]:
    roles = EXERCISE_ROLES[data.act]
    if data.act != "decide":
        return roles
    asked = {each.body.inject: each.body for each in heard if isinstance(each.body, ExerciseDecision)}
    wanted = asked[data.what].role if data.what in asked else ""
    return tuple(role for role in get_args(Role) if role == wanted) or roles


def _record(exercise_id: str, data: ExerciseRequest, person: Person, heard: list[Admitted], cell: Cell) -> Record:
    wanted = ExerciseOrder(
        act=data.act, exercise=exercise_id, pseudonym=person.pseudonym, role=person.role, what=data.what,
        about=data.about, to_s=data.to_s, given=one_of(data.inject, "the inject") if data.act == "inject" else "",
        choice=data.choice, is_met=data.is_met, text=data.text, to=data.to, for_role=data.for_role,
    )  # fmt: skip
    return record_of(wanted, heard, cell)
