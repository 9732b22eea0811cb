"""An exercise on three running members: proposed, agreed, worked by hand, ended by another; what is real goes on."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from datetime import date
from pathlib import Path

import msgspec
import pytest
from tests.nodes import CODES, House, Local, numbered, running
from tests.servers import eventually, on_loop

from tocsin.exercise.orders import ExerciseOrder
from tocsin.exercise.state import Exercises
from tocsin.node import ControlSocket
from tocsin.node.control import ask
from tocsin.node.exercising import Propose
from tocsin.node.planning import ProposePlan, SignPlan, plans_in
from tocsin.records import ExercisePlan, Inject, PlannedExercise
from tocsin.signing import KeyRole
from tocsin.store import RecordQuery

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]

SCENARIO = """
format: tocsin.exercise/1
id: bell
name: Bell
members: [JPN, KOR, USA]
clock: {ends: "1:00:00"}
inject:
  - {id: hello, at: 0, kind: message, sender: control, text: Good morning}
  - {id: noise, at: 600, kind: false_detections, sensors: [KOR-radar-b], per_scan: 5.0, lasting: 600}
  - {id: never, at: 1200, kind: message, sender: control, text: Not this}
  - id: later
    at: 1800
    kind: decision
    question: "Go?"
    options: ["yes", "no"]
    to: [USA]
    expect: [{id: answer, what: judged, within: 60}]
"""


def order(act: str, **fields) -> ExerciseOrder:
    return ExerciseOrder(act=act, exercise="bell-1", pseudonym="EC-1", **fields)


def found(member: Local, *kinds: str) -> list:
    query = RecordQuery(kinds=kinds, status="exercise:bell-1")
    return [stored.admitted for stored in member.node.store.records(query)]


def made(member: Local) -> set[str]:
    bodies = [entry.body for entry in found(member, "exercise.inject")]
    return {body.inject for body in bodies if isinstance(body, Inject) and body.act == "made"}


async def is_planned(member: Local, *signed: str) -> bool:
    await member.node.keeper.flush()
    return any(set(signed) <= set(plan.signed) for plan in plans_in(member.node.store))


def test_an_exercise_on_running_members(tmp_path: Path) -> None:
    @on_loop
    async def scenario() -> None:
        house = House(tmp_path)
        async with running(house) as nodes, AsyncExitStack() as stack:
            for each in nodes.values():
                await stack.enter_async_context(ControlSocket(each.node))
            jpn, kor, usa = (nodes[code] for code in CODES)

            async def do(member: Local, wanted: ExerciseOrder | Propose | ProposePlan | SignPlan) -> str:
                return (await ask(member.home, wanted)).error

            async def here(member: Local, kind: str, count: int = 1) -> bool:
                await member.node.keeper.flush()
                return len(found(member, kind)) >= count

            async def was_made(member: Local, inject: str) -> bool:
                await member.node.keeper.flush()
                return inject in made(member)

            propose = Propose(scenario=SCENARIO, form="yaml", pseudonym="EC-1", id="bell-1")
            assert "no TOML" in await do(jpn, Propose(scenario=SCENARIO, form="toml", pseudonym="EC-1"))
            assert "no exercise" in await do(kor, order("consent"))
            assert await do(jpn, propose) == ""
            assert "was there before" in await do(jpn, propose)
            for each in nodes.values():
                await eventually(lambda each=each: here(each, "exercise.exercise"))
            assert "waits for the consent of" in await do(jpn, order("pause"))
            for each in nodes.values():
                assert made(jpn) == set()
                assert await do(each, order("consent")) == ""
            await eventually(lambda: was_made(usa, "hello"))

            assert "JPN directs" in await do(kor, order("jump", to_s=900.0))
            assert await do(jpn, order("skip", what="never")) == ""
            assert "no inject nothing" in await do(jpn, order("skip", what="nothing"))
            assert await do(jpn, order("move", what="later", to_s=610.0)) == ""
            given = {"id": "more", "at": 605, "kind": "message", "sender": "press", "text": "What is it?"}
            assert await do(jpn, order("inject", given=json.dumps(given))) == ""
            assert "no kind" in await do(jpn, order("inject", given="{}"))
            assert await do(jpn, order("jump", to_s=620.0)) == ""
            await eventually(lambda: was_made(kor, "later"))
            assert made(kor) == {"hello", "noise", "more", "later"}
            await eventually(lambda: here(usa, "warning.detection"))
            await eventually(lambda: here(usa, "exercise.decision"))
            assert "no option" in await do(usa, order("decide", what="later", choice="maybe"))
            assert "no decision later is asked of KOR" in await do(kor, order("decide", what="later", choice="yes"))
            assert await do(usa, order("decide", what="later", choice="yes", role="watch_officer")) == ""
            told = order("message", text="We see it, too.", to=("KOR",), role="watch_officer")
            messages = len(found(kor, "exercise.message"))
            assert await do(usa, told) == ""
            await eventually(lambda: here(kor, "exercise.message", messages + 1))

            real = numbered("USA", 1, CODES)
            usa.node.issue([real])
            await eventually(lambda: kept(kor, real.id))

            assert await do(kor, order("stop", text="enough")) == ""
            for each in nodes.values():
                await eventually(lambda each=each: here(each, "exercise.end"))
                assert Exercises(found(each, "exercise.*")).get("exercise:bell-1").ended_by == "KOR"
            assert "is over" in await do(jpn, order("resume"))
            assert await do(usa, order("lesson", text="Ask earlier.")) == ""
            assert "takes no part" in await do(usa, order("react", what="later", choice="answer", to=("AUS",)))
            assert "no expected reaction" in await do(usa, order("react", what="later", choice="answers", to=("JPN",)))
            assert await do(usa, order("react", what="later", choice="answer", to=("JPN",))) == ""
            await eventually(lambda: here(jpn, "exercise.reaction"))
            await eventually(lambda: here(jpn, "exercise.comment"))

            next_one = PlannedExercise(
                id="two", name="Two", begins_on=date(2027, 3, 15), ends_on=date(2027, 3, 15), members=("KOR", "USA")
            )
            proposed = ProposePlan(id="plan-27", plan=ExercisePlan(title="2027", exercises=(next_one,)))
            assert await do(usa, proposed) == ""
            assert "is the id of an exercise" in await do(usa, msgspec.structs.replace(proposed, id="bell-1"))
            await eventually(lambda: is_planned(kor))
            assert "USA proposed plan-27" in await do(kor, proposed)
            sign = SignPlan(id="plan-27", act="cosign", pseudonym="EC-2")
            assert "there is no plan" in await do(jpn, sign)  # it takes part in nothing of it
            assert await do(kor, sign) == ""
            await eventually(lambda: is_planned(usa, "KOR"))
            assert plans_in(usa.node.store)[0].is_agreed(next_one)

            count = len(found(kor, "warning.detection"))
            await eventually(lambda: was_quiet(kor))
            assert len(found(kor, "warning.detection")) - count <= 10  # what was on its way as it ended
            for each in nodes.values():
                assert_signed_apart(each)

    scenario()


async def kept(member: Local, record_id: str) -> bool:
    await member.node.keeper.flush()
    return member.node.store.find(record_id) is not None


async def was_quiet(member: Local) -> bool:
    """Tell whether the desk of exercises has nothing under way any more."""
    (desk,) = (each.desk for each in member.node.desks.desks if each.name == "exercise")
    await member.node.keeper.flush()
    return desk.next_at() is None


def assert_signed_apart(member: Local) -> None:
    """Every frame of the exercise is signed by a key for exercises, on subjects of its own."""
    roster = member.node.exchange.trust.roster
    keys = {key.keyid: key.role for each in roster.members for key in each.keys}
    for entry in found(member, "exercise.*", "warning.detection"):
        stored = member.node.store.chains.frame(entry.frame.hash)
        assert stored is not None
        assert keys[json.loads(stored.data)["keyid"]] is KeyRole.EXERCISE
