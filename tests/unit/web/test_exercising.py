"""Exercises over the API: what each sees of one, what each may do about it, and what is refused in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import msgspec
import pytest
from litestar.testing import TestClient
from tests.sealed import CODES, START, make_record
from tests.unit.web.conftest import CONTROLLER, EVERYBODY, PASSWORD, Desk, endex

from tocsin.exercise import Known
from tocsin.exercise.reading import digest_of
from tocsin.records import (
    Consent,
    Exercise,
    ExerciseClock,
    ExerciseDecision,
    ExerciseMessage,
    ExercisePlan,
    Inject,
    PlannedExercise,
    Record,
    body_of,
)
from tocsin.web import Gateway, People
from tocsin.web.app import make_app
from tocsin.web.floor import Floor

SCENARIO = """
format: tocsin.exercise/1
id: bell
name: Bell
summary: Ring it.
members: [JPN, KOR, USA]
clock: {ends: "1:00:00"}
objective: [{id: ring, name: Ring in time}]
inject:
  - {id: hello, at: 0, kind: message, sender: control, text: Good morning}
  - id: go
    at: 10
    kind: decision
    question: Ring it?
    options: ["yes", "no"]
    role: watch_officer
    to: [KOR]
    within: "2:00"
    objectives: [ring]
    expect: [{id: rung, what: judged, within: 60, text: Somebody rings., by: [KOR]}]
  - {id: noise, at: 600, kind: false_detections, sensors: [KOR-radar-b], per_scan: 5.0, lasting: 600}
  - {id: later, at: 1800, kind: message, sender: control, text: Still here}
"""
STATUS = "exercise:bell-1"
SENSORS = {"JPN-radar-a": "JPN", "KOR-radar-b": "KOR", "USA-ir-a": "USA"}


def told(kind: str, body: msgspec.Struct, *, by: str = "KOR", record_id: str, **fields) -> Record:
    fields = {"status": STATUS, "marking": EVERYBODY, "synthetic": True, **fields}
    return make_record(record_id, originator=by, kind=kind, body=msgspec.to_builtins(body), **fields)


def running(director: str = "KOR", consents: tuple[str, ...] = CODES) -> Iterator[Record]:
    """An exercise that runs: two injects were made, a minute has gone by."""
    exercise = Exercise(
        name="Bell", digest=digest_of(SCENARIO), members=CODES, starts_at=START, scenario=SCENARIO, form="yaml"
    )
    yield told("exercise.exercise", exercise, by=director, record_id="X-0")
    for code in consents:
        consent = Consent(act="consent", digest=exercise.digest, by=CONTROLLER)
        yield told("exercise.consent", consent, by=code, record_id=f"C-{code}")
    if consents == CODES:
        yield told("exercise.clock", ExerciseClock(act="start", at_s=0.0, by=CONTROLLER), by=director, record_id="K-0")
        for name, kind in (("hello", "message"), ("go", "decision")):
            made = Inject(inject=name, kind=kind, act="made", due_s=0.0, at_s=10.0)
            yield told("exercise.inject", made, by=director, record_id=f"I-{name}")
        asked = ExerciseDecision(
            act="asked", inject="go", question="Ring it?", options=("yes", "no"), to=("KOR",), role="watch_officer",
            within_s=120.0,
        )  # fmt: skip
        yield told("exercise.decision", asked, by=director, record_id="D-go")
        for number, fields in enumerate(({}, {"to": ("USA",)}, {"role": "analyst"}, {"to": ("KOR",)})):
            message = ExerciseMessage(sender="control", text=f"message {number}", **fields)
            yield told("exercise.message", message, by=director, record_id=f"M-{number}")


SignIn = Callable[[str], TestClient]


@pytest.fixture
def sign_in(gateway: Gateway, sessions, people: People, tmp_path) -> Iterator[SignIn]:
    """Sign people in, each in a browser of their own."""
    people.add("Ari", PASSWORD, pseudonym="EC-4", roles=("exercise_controller",))
    known = Known(launches={"NK-1": "", "NK-2": "no apogee"}, sensors=SENSORS)
    floor = Floor(gateway, sessions, "0", is_secure=False, known=lambda: known)
    clients: list[TestClient] = []

    def enter(name: str) -> TestClient:
        app = make_app(floor, page=tmp_path / "no page")
        client = TestClient(app, base_url="http://127.0.0.1:8823", raise_server_exceptions=False)
        clients.append(client.__enter__())
        answer = client.post("/api/v1/sign-in", json={"name": name, "password": PASSWORD})
        client.headers["X-Tocsin-CSRF"] = answer.json()["csrf"]
        return client

    yield enter
    for client in clients:
        client.__exit__()


def do(client: TestClient, act: str, **fields):
    return client.post("/api/v1/exercises/bell-1/orders", json={"act": act, **fields})


def made(desk: Desk) -> tuple[Record, object]:
    record = desk.issued[-1]
    return record, body_of(record)


def test_what_each_sees_of_an_exercise(desk: Desk, sign_in: SignIn) -> None:
    desk.admit(*running())
    officer, controller = sign_in("Hana"), sign_in("Ari")
    (standing,) = officer.get("/api/v1/exercises").json()
    assert (standing["state"], standing["director"], standing["is_agreed"]) == ("running", "KOR", True)
    assert (standing["speed"], standing["ends_s"]) == (1.0, 3600.0)

    board = officer.get("/api/v1/exercises/bell-1").json()
    assert [each["text"] for each in board["messages"]] == ["message 0", "message 3"]
    assert (board["injects"], board["summary"], board["objectives"]) == (
        None,
        "",
        [],
    )  # what is to come is not for players
    (asked,) = board["decisions"]
    assert (asked["until_s"], asked["taken"]) == (130.0, [])

    board = controller.get("/api/v1/exercises/bell-1").json()
    assert len(board["messages"]) == 4
    assert [(each["inject"], each["state"]) for each in board["injects"]] == [
        ("hello", "played"), ("go", "played"), ("noise", "due"), ("later", "due"),
    ]  # fmt: skip
    (awaited,) = board["injects"][1]["awaited"]
    assert (awaited["text"], awaited["by"], awaited["needs_judge"]) == ("Somebody rings.", ["KOR"], True)
    assert controller.get("/api/v1/exercise-choices").json() == {"launches": ["NK-1"], "sensors": SENSORS}
    assert officer.get("/api/v1/exercise-choices").status_code == 403
    assert officer.get("/api/v1/exercises/other").json()["error"] == "no exercise other was proposed here"


def test_a_player_without_the_consent_of_the_member_is_told_nothing(desk: Desk, sign_in: SignIn) -> None:
    desk.admit(*running("JPN", consents=("JPN", "USA")))
    desk.admit(told("exercise.message", ExerciseMessage(sender="control", text="Soon"), by="JPN", record_id="M-9"))
    assert sign_in("Hana").get("/api/v1/exercises/bell-1").json()["messages"] == []
    controller = sign_in("Ari")
    assert controller.get("/api/v1/exercises/bell-1").json()["injects"][0]["text"] == "control: Good morning"
    assert do(controller, "consent").status_code == 202
    record, body = made(desk)
    assert (record.kind, body.act, body.digest) == ("exercise.consent", "consent", digest_of(SCENARIO))


def test_a_controller_works_clock_and_plan(desk: Desk, sign_in: SignIn) -> None:
    desk.admit(*running())
    controller = sign_in("Ari")
    assert do(controller, "pause").status_code == 202
    record, body = made(desk)
    assert (record.kind, record.status, record.marking) == ("exercise.clock", STATUS, EVERYBODY)
    assert (body.act, body.by.role, body.by.pseudonym) == ("pause", "exercise_controller", "EC-4")
    assert do(controller, "jump", to_s=900.0).status_code == 202
    assert made(desk)[1].to_s == 900.0
    assert do(controller, "move", what="later", to_s=1000.0).status_code == 202
    assert (made(desk)[1].act, made(desk)[1].to_s) == ("moved", 1000.0)
    assert do(controller, "skip", what="noise").status_code == 202
    more = 'id = "more"\nkind = "message"\nat = "20:00"\nsender = "press"\ntext = "What is it?"\n'
    assert do(controller, "inject", inject=more).status_code == 202
    assert (made(desk)[1].act, made(desk)[1].due_s) == ("added", 1200.0)
    assert do(controller, "message", text="Stand by", to=["USA"], for_role="analyst").status_code == 202
    assert (made(desk)[1].sender, made(desk)[1].role) == ("KOR exercise controller", "analyst")

    desk.admit(*(replaced(record, f"Z-{i}") for i, record in enumerate(desk.issued)))  # as the exchange issues them
    board = controller.get("/api/v1/exercises/bell-1").json()
    assert board["exercise"]["at_s"] >= 900.0
    assert [(each["inject"], each["state"], each["due_s"]) for each in board["injects"][2:]] == [
        ("noise", "skipped", 600.0), ("later", "due", 1000.0), ("more", "due", 1200.0),
    ]  # fmt: skip


def replaced(record: Record, record_id: str) -> Record:
    return msgspec.structs.replace(record, id=record_id, issued_at=START + timedelta(seconds=60))


WRONG = [
    ({"act": "jump", "to_s": 0.0}, 409, "the clock stands at 0:"),
    ({"act": "move", "what": "later", "to_s": -1.0}, 409, "Move it to a later time"),
    ({"act": "skip", "what": "hello"}, 409, "There are noise, later"),
    ({"act": "inject", "inject": "id = "}, 422, "the inject, line 1"),
    ({"act": "inject", "inject": 'id = "x"\nkind = "mesage"\nat = 1'}, 422, "Did you mean message?"),
    ({"act": "inject", "inject": 'id = "x"\nkind = "message"\nat = 1\nsender = "a"'}, 422, "no text"),
    ({"act": "inject", "inject": 'id = "later"\nkind = "message"\nat = 1\nsender = ""\ntext = "b"'}, 409, "another id"),
    ({"act": "inject", "inject": "id = 2026-01-01\n"}, 422, "no kind"),
    ({"act": "message", "text": " "}, 409, "a message has a text"),
    ({"act": "message", "text": "x", "to": ["AUS"]}, 409, "AUS takes no part"),
    ({"act": "react", "what": "go", "choice": "sung", "to": ["KOR"]}, 409, "Did you mean rung?"),
    ({"act": "lesson", "text": "x", "about": "inject"}, 409, "what names what a comment is about"),
    ({"act": "explode"}, 400, "explode"),
]  # fmt: skip


@pytest.mark.parametrize(("order", "code", "words"), WRONG)
def test_what_cannot_be_done_is_refused_in_words(desk: Desk, sign_in: SignIn, order, code: int, words: str) -> None:
    desk.admit(*running())
    answer = do(sign_in("Ari"), **order)
    assert answer.status_code == code, answer.text
    assert words in " ".join(answer.json().values())
    assert desk.issued == []


def test_a_decision_is_taken_by_the_role_that_it_is_asked_of(desk: Desk, sign_in: SignIn) -> None:
    desk.admit(*running())
    refused = do(sign_in("Ari"), "decide", what="go", choice="yes")
    assert (refused.status_code, "watch_officer" in refused.json()["error"]) == (403, True)
    officer = sign_in("Hana")
    assert "There are yes, no" in do(officer, "decide", what="go", choice="perhaps").json()["advice"]
    assert do(officer, "decide", what="go", choice="yes", text="It is time").status_code == 202
    record, body = made(desk)
    assert (record.kind, body.choice, body.by.role, body.by.pseudonym) == (
        "exercise.decision", "yes", "watch_officer", "WO-1",
    )  # fmt: skip
    desk.admit(replaced(record, "Z-1"))
    ((taken,),) = (each["taken"] for each in officer.get("/api/v1/exercises/bell-1").json()["decisions"])
    assert (taken["member"], taken["choice"], taken["by"]["pseudonym"]) == ("KOR", "yes", "WO-1")


def test_players_speak_and_end_and_nothing_else(desk: Desk, sign_in: SignIn) -> None:
    desk.admit(*running())
    officer, nobody = sign_in("Hana"), sign_in("Min")
    for act in ("consent", "withdraw", "pause", "resume", "jump", "inject", "skip", "move", "react"):
        assert do(officer, act).status_code == 403
    for act in ("message", "comment", "lesson", "stop"):
        assert do(nobody, act, text="x").status_code == 403
    assert desk.issued == []
    assert do(officer, "stop", text="real event").status_code == 202  # one step
    record, body = made(desk)
    assert (record.kind, record.precedence.value, body.by.role, body.text) == (
        "exercise.end", "flash", "watch_officer", "real event",
    )  # fmt: skip
    without = officer.post(
        "/api/v1/exercises/bell-1/orders", json={"act": "stop"}, headers={"X-Tocsin-CSRF": "guessed"}
    )
    assert without.status_code == 403


def test_when_it_is_over_people_may_still_comment_and_judge(desk: Desk, sign_in: SignIn) -> None:
    desk.admit(*running())
    desk.admit(endex(STATUS))
    controller = sign_in("Ari")
    standing = controller.get("/api/v1/exercises").json()[0]
    assert (standing["state"], standing["ended_by"]) == ("over", "USA")
    for act in ("pause", "message", "stop"):
        refused = do(controller, act, text="x")
        assert (refused.status_code, "USA ended it" in refused.json()["error"]) == (409, True)
    assert do(controller, "react", what="go", choice="rung", to=["KOR"], is_met=False).status_code == 202
    assert made(desk)[1].is_met is False
    assert do(controller, "lesson", text="Ring louder", about="inject", what="go").status_code == 202
    assert made(desk)[1].form == "lesson"
    states = {each["inject"]: each["state"] for each in controller.get("/api/v1/exercises/bell-1").json()["injects"]}
    assert states == {"hello": "played", "go": "played", "noise": "not_reached", "later": "not_reached"}


def test_only_the_member_that_directs_works_the_clock(desk: Desk, sign_in: SignIn) -> None:
    desk.admit(*running("JPN"))
    refused = do(sign_in("Ari"), "pause")
    assert (refused.status_code, refused.json()["error"]) == (409, "JPN directs bell-1")


def test_plans_are_read_and_saved_as_a_calendar(desk: Desk, sign_in: SignIn) -> None:
    day = PlannedExercise(
        id="two", name="Two", begins_on=date(2027, 3, 15), ends_on=date(2027, 3, 16), members=("KOR", "USA")
    )
    plan = ExercisePlan(title="2027", exercises=(day,))
    desk.admit(told("exercise.plan", plan, by="USA", record_id="P-1", status="exercise:plan-27", synthetic=False))
    officer = sign_in("Hana")
    (found,) = officer.get("/api/v1/exercise-plans").json()
    assert (found["id"], found["signed"], found["missing"]) == ("plan-27", ["USA"], ["KOR"])
    answer = officer.get("/api/v1/export/exercise-plans.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert b"SUMMARY:EXERCISE: Two" in answer.content
    assert officer.get("/api/v1/exercises").json() == []  # a plan is no exercise
