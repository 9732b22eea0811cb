"""The desk of exercises: what consent, clock, injects and ENDEX bring about, at three members at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from exercise_table import PERSON, Table
from launch_feed import admit
from tocsin.errors import FlightError
from tocsin.exercise.catalogue import Script, load_script, shipped
from tocsin.exercise.desk import known_of
from tocsin.exercise.state import MOST_EXERCISES, Exercises
from tocsin.markings import marking_for
from tocsin.node.desks import exercise_tables
from tocsin.records import ExerciseClock, Inject, Precedence, body_of, with_body

NOW = datetime(2026, 9, 1, tzinfo=UTC)
MEMBERS = ("JPN", "KOR", "USA")
STATUS = "exercise:x"
QUIET = """
format: tocsin.exercise/1
id: x
name: X
members: [JPN, KOR, USA]
clock: {ends: 100}
inject:
  - {id: hello, at: 5, kind: message, sender: control, text: Good morning}
  - {id: ask, at: 20, kind: decision, question: "Go?", options: ["yes", "no"], within: 9}
  - {id: noise, at: 30, kind: false_detections, sensors: [KOR-radar-b], per_scan: 2.0, lasting: 10}
  - {id: sky, at: 40, kind: notice, member: KOR, announced_by: KARI, site_lat_deg: 34.4, site_lon_deg: 127.5,
     azimuth_deg: 170.0, closes: 600}
"""
SHIPPED_KNOWN = known_of(*exercise_tables())


@pytest.fixture
def script(tmp_path) -> Script:
    path = tmp_path / "x.yaml"
    path.write_text(QUIET)
    return load_script(str(path), known=SHIPPED_KNOWN)


@pytest.fixture
def table() -> Table:
    return Table(MEMBERS, NOW)


def kinds(table: Table) -> list[str]:
    return [record.kind for record in table.records]


def injects(table: Table) -> list[tuple[str, str, float]]:
    bodies = [body_of(record) for record in table.records if record.kind == "exercise.inject"]
    return [(body.inject, body.act, round(body.at_s)) for body in bodies]


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_scenario_is_right(name: str) -> None:
    scenario = load_script(name, known=SHIPPED_KNOWN).scenario
    assert scenario.id == name
    expected = [each for inject in scenario.inject for each in inject.expect]
    assert expected
    assert all(each.text for each in expected)
    served = {name for inject in scenario.inject for name in inject.objectives}
    assert served == {each.id for each in scenario.objective}


def test_nothing_begins_before_all_have_consented(table: Table, script: Script) -> None:
    table.propose(script, STATUS)
    table.consent(script, STATUS, ["JPN", "KOR"])
    table.until(10)
    assert "exercise.clock" not in kinds(table)
    table.consent(script, STATUS, ["USA"])
    table.until(4)
    assert kinds(table).count("exercise.clock") == 1
    table.until(105)
    assert injects(table) == [
        ("hello", "made", 5), ("ask", "made", 20), ("noise", "made", 30), ("sky", "made", 40), ("noise", "ended", 40),
    ]  # fmt: skip
    assert kinds(table).count("exercise.end") == 1
    assert [record.originator for record in table.records if record.kind == "orbit.launch_notice"] == ["KOR"]
    assert {record.originator for record in table.records if record.kind == "warning.detection"} == {"KOR"}
    assert all(record.status == STATUS and record.synthetic for record in table.records)


def test_the_clock_and_the_plan_are_worked_by_the_director_alone(table: Table, script: Script) -> None:
    table.propose(script, STATUS)
    table.consent(script, STATUS)
    table.until(3)
    table.tell("KOR", STATUS, "exercise.clock", ExerciseClock(act="jump", at_s=1.0, to_s=90.0, by=PERSON))
    table.tell("JPN", STATUS, "exercise.clock", ExerciseClock(act="pause", at_s=2.0, by=PERSON))
    skipped = Inject(inject="noise", kind="false_detections", act="skipped", due_s=30.0, at_s=2.0, by=PERSON)
    moved = Inject(inject="sky", kind="notice", act="moved", due_s=40.0, at_s=2.0, to_s=12.0, by=PERSON)
    given = '{"id": "more", "at": 15, "kind": "message", "sender": "press", "text": "What is it?"}'
    added = Inject(inject="more", kind="message", act="added", due_s=15.0, at_s=2.0, given=given, by=PERSON)
    for change in (skipped, moved, added):
        table.tell("JPN", STATUS, "exercise.inject", change)
    table.until(30)
    assert [act for _, act, _ in injects(table)] == ["skipped", "moved", "added"]
    table.tell("JPN", STATUS, "exercise.clock", ExerciseClock(act="resume", at_s=2.0, by=PERSON))
    table.until(10)
    table.tell("JPN", STATUS, "exercise.clock", ExerciseClock(act="jump", at_s=10.0, to_s=19.0, by=PERSON))
    table.until(3)
    made = [name for name, act, _ in injects(table) if act == "made"]
    assert made == ["hello", "sky", "more", "ask"]


def test_any_member_ends_it_at_once_and_nobody_else_does(table: Table, script: Script) -> None:
    table.propose(script, STATUS)
    table.consent(script, STATUS)
    table.until(4)
    stranger = table.records[0].status
    table.end("PHL", stranger)
    table.until(5)
    assert injects(table)
    table.end("KOR", STATUS)
    table.until(100)
    assert len(injects(table)) == 1
    assert kinds(table).count("exercise.end") == 2  # the stranger's and the member's; the clock ended nothing more


def test_a_member_that_withdraws_is_out_and_the_others_go_on(table: Table, script: Script) -> None:
    table.propose(script, STATUS)
    table.consent(script, STATUS)
    table.until(4)
    table.consent(script, STATUS, ["KOR"], act="withdraw")
    table.until(60)
    assert not table.exercises["KOR"].exercises.is_open(STATUS, "KOR")
    assert "warning.detection" not in kinds(table)  # the noisy sensor is KOR's


def test_consent_to_another_text_is_none(table: Table, script: Script) -> None:
    table.propose(script, STATUS)
    table.consent(Script(script.scenario, script.text + "\n# and a launch"), STATUS)
    table.until(10)
    assert "exercise.clock" not in kinds(table)


def test_what_comes_in_another_order_says_the_same(table: Table, script: Script) -> None:
    table.propose(script, STATUS)
    table.consent(script, STATUS)
    table.until(4)
    table.end("USA", STATUS)
    table.until(3)
    entries = [admit(record, table.now) for record in table.records]
    for order in (entries, entries[::-1]):
        found = Exercises()
        found.take(order)
        assert not found.is_open(STATUS, "JPN")
        assert found.get(STATUS).director == "JPN"


def test_a_desk_that_begins_anew_goes_on(table: Table, script: Script) -> None:
    table.propose(script, STATUS)
    table.consent(script, STATUS)
    table.until(25)
    fresh = table.exercise_desk("JPN")
    fresh.resume([admit(record, table.now) for record in table.records], NOW, table.now)
    table.exercises["JPN"] = fresh
    table.until(90)
    assert [name for name, act, _ in injects(table) if act == "made"] == ["hello", "ask", "noise", "sky"]
    assert kinds(table).count("exercise.end") == 1


def test_what_cannot_be_flown_here_keeps_nothing_else_from_going_on(table: Table, script: Script) -> None:
    table.propose(script, STATUS)
    table.consent(script, STATUS)
    table.until(25)
    odd = Inject(
        inject="odd", kind="launch", act="made", due_s=6.0, at_s=6.0,
        given='{"id": "odd", "at": 6, "kind": "launch", "launch": "NK-19990101-01"}',
    )  # fmt: skip
    unknown = with_body(
        "exercise.inject", odd, id="JPN-odd", originator="JPN", status=STATUS, marking=marking_for(*MEMBERS),
        precedence=Precedence.IMMEDIATE, issued_at=NOW + timedelta(seconds=6), synthetic=True,
    )  # fmt: skip
    history = [admit(record, table.now) for record in (*table.records, unknown)]
    with pytest.raises(FlightError, match="no launch NK-19990101-01"):
        table.exercise_desk("KOR").take(history, table.now)
    fresh = table.exercise_desk("KOR")
    fresh.resume(history, NOW, table.now)
    table.exercises["KOR"] = fresh
    table.until(60)
    plots = [record for record in table.records if record.kind == "warning.detection"]
    assert {record.originator for record in plots} == {"KOR"}


def test_the_same_seed_gives_the_same_plots(script: Script) -> None:
    told = []
    for _ in range(2):
        table = Table(MEMBERS, NOW)
        table.propose(script, STATUS)
        table.consent(script, STATUS)
        table.until(60)
        told.append([(r.observed_at, bytes(r.body)) for r in table.records if r.kind == "warning.detection"])
    assert told[0] == told[1] != []


def test_late_data_and_outages_hold_for_their_time_alone(table: Table, tmp_path) -> None:
    path = tmp_path / "late.yaml"
    more = """
  - {id: late, at: 40, kind: late_data, member: KOR, delay: 20, lasting: 10}
  - {id: dark, at: 60, kind: sensor_outage, sensors: [KOR-radar-b], lasting: 10}
"""
    path.write_text(QUIET.replace("lasting: 10}", "lasting: 60}") + more)
    script = load_script(str(path), known=SHIPPED_KNOWN)
    table.propose(script, STATUS)
    table.consent(script, STATUS)
    table.until(99)
    told = [(body_of(r), r.issued_at) for r in table.records if r.kind == "exercise.inject"]
    made = {body.inject: at for body, at in told if body.act == "made"}
    plots = [record for record in table.records if record.kind == "warning.detection"]

    def delays(since: datetime) -> list[float]:
        until = since + timedelta(seconds=9)
        return [(r.issued_at - r.observed_at).total_seconds() for r in plots if since <= r.observed_at < until]

    assert min(delays(made["late"])) >= 20
    assert delays(made["dark"]) == []
    assert max(delays(made["noise"])) < 5 < max(delays(made["late"]))
    assert max(delays(made["dark"] + timedelta(seconds=10))) < 5


def test_proposals_without_end_take_no_running_exercise_out(table: Table, script: Script) -> None:
    table.propose(script, STATUS)
    table.consent(script, STATUS)
    table.until(4)
    for number in range(MOST_EXERCISES + 20):
        table.propose(script, f"exercise:flood-{number}", director="USA")
    table.until(3)
    desk = table.exercises["JPN"]
    assert desk.exercises.is_open(STATUS, "JPN")
    assert len(list(desk.exercises)) == MOST_EXERCISES
