"""The after-action report of a small exercise: every part of it against what really happened."""

from __future__ import annotations

from datetime import timedelta

import pytest

from exercise_play import SCENARIO, SEA, SITE, STATUS, Play, small_play
from sealed import START
from tocsin.errors import DomainError
from tocsin.exercise.after_action import after_action, widest
from tocsin.exercise.comparing import compare
from tocsin.exercise.voices import Discretion
from tocsin.records import Flown, Inject, Position, SameEvent
from tocsin.warning import WarningSettings

OWN, SHARED = Discretion(), Discretion(is_shared=True, names={("KOR", "WO-7"): "Kim"})


@pytest.fixture(scope="module")
def play():
    return small_play()


def report_of(play, *codes, discretion=OWN, **options):
    return after_action(
        play.holdings(*codes), status=STATUS, discretion=discretion, settings=WarningSettings(), **options
    )


@pytest.fixture(scope="module")
def report(play):
    return report_of(play)


def standings(report):
    return {
        (inject.inject, each.reaction, each.member): (each.standing, each.after_s)
        for inject in report.injects
        for each in inject.reactions
    }


def test_reactions_are_held_against_their_injects_and_limits(report):
    assert standings(report) == {
        ("launch-1", "detected", "JPN"): ("met", 30.0),
        ("launch-1", "detected", "KOR"): ("met", 35.0),
        ("launch-1", "detected", "USA"): ("late", 90.0),
        ("launch-1", "predicted", "JPN"): ("met", 120.0),
        ("launch-1", "concur", "KOR"): ("late", 340.0),
        ("launch-1", "judged", "USA"): ("unwatched", None),
        ("ask", "yes", "JPN"): ("met", 20.0),
        ("ask", "yes", "KOR"): ("missed", 30.0),
        ("quiet", "nothing", "JPN"): ("met", None),
        ("quiet", "nothing", "KOR"): ("met", None),
        ("quiet", "nothing", "USA"): ("met", None),
        ("never", "answer", "JPN"): ("not_due", None),
        ("never", "answer", "KOR"): ("not_due", None),
        ("never", "answer", "USA"): ("not_due", None),
    }
    warn, decide = report.objectives
    assert (warn.met, warn.late, warn.missed, warn.open, warn.score) == (6, 2, 0, 1, 0.75)
    assert (decide.met, decide.late, decide.missed, decide.open, decide.score) == (1, 0, 1, 3, 0.5)
    acts = {inject.inject: (inject.act, inject.events) for inject in report.injects}
    assert acts == {
        "launch-1": ("made", ("E-1",)), "ask": ("made", ()), "quiet": ("made", ()), "never": ("not_reached", ())
    }  # fmt: skip


def test_the_chain_of_times_is_that_of_records_and_journals(play, report):
    (event,) = report.events
    assert (event.event_id, event.inject, event.sensor_at) == ("E-1", "launch-1", None)
    japan, korea, _ = event.members
    assert [stage.stage for stage in japan.stages] == ["detected", "assessed", "predicted", "closed"]
    assessed = japan.stages[1]
    assert assessed.shared_at is assessed.released_at is None
    assert assessed.admitted_at == {}
    assert japan.stages[0].admitted_at == dict.fromkeys(("KOR", "USA"), START + timedelta(seconds=90))
    assert korea.shown_at == START + timedelta(seconds=110)
    assert (japan.outcome, korea.outcome) == ("impact", None)
    links = {(each.link, each.of): each for each in report.intervals}
    assert links["told to seen by a person", "KOR"].p50_s == 15.0
    assert links["released to admitted", "JPN to KOR"].count == 3


def test_late_copies_aliases_and_lost_records_are_told():
    play = Play()
    play.propose()
    play.launch("E-2", "detected", at_s=70)
    play.put("warning.same_event", SameEvent(event_id="E-1", alias="E-2", gate="near"), at_s=90)
    play.launch("E-1", "detected", at_s=80, by="KOR")
    record = play.launch("E-1", "predicted", at_s=100, by="KOR")
    lost = play.remark(record, "acknowledge", at_s=101, by="KOR", lost_at=("USA",))
    report = report_of(play)
    (event,) = report.events
    assert (event.event_id, event.aliases) == ("E-1", ("E-2",))
    assert [chain.member for chain in event.members] == ["JPN", "KOR"]
    words = {(each.what, each.member, each.words) for each in report.missed}
    assert ("peer", "USA", f"1 of 1 {lost.kind} of KOR never came") in words
    assert ("false_event", "JPN, KOR", "told of, and nothing of it flew") in words


def test_what_was_withheld_missed_and_said_is_there(report):
    (group,) = report.withheld
    assert (group.member, group.destination, group.reason, group.count) == ("JPN", "KOR", "policy", 1)
    about = [(each.what, each.member) for each in report.missed]
    assert ("prediction", "KOR") in about
    assert ("reaction", "USA") in about
    assert [(each.member, each.role, each.messages, each.decisions, each.seen) for each in report.roles] == [
        ("JPN", "watch_officer", 0, 1, 0), ("KOR", "watch_officer", 1, 1, 1)
    ]  # fmt: skip
    assert report.comments[0].voice.pseudonym == "WO-7"
    lanes = [each.lane for each in report.happenings]
    assert lanes.count("stage") == 6
    assert {"control", "inject", "message", "decision"} <= set(lanes)
    assert (report.began_at, report.ended_at) == (START, START + timedelta(seconds=800))
    assert widest(report.releasable_to) == "RELEASABLE TO JPN"


def test_one_members_copy_says_how_far_it_goes(play):
    report = report_of(play, "USA")
    assert report.withheld == ()
    assert report.events[0].members[0].stages[0].admitted_at.keys() == {"USA"}
    assert "what JPN, KOR kept to themselves" in report.notes[0]
    assert widest(report.releasable_to) == "RELEASABLE TO JPN, KOR, USA"
    assert widest(()) == "CONTROL STAFF ONLY"


def test_a_shared_copy_has_roles_and_no_names(play):
    report = report_of(play, "USA", discretion=SHARED)
    assert report.copy == "shared"
    assert report.comments[0].text == "Ask <script>alert(1)</script> sooner, says Mr. […] ([…])"
    assert all(each.voice is None or not (each.voice.pseudonym or each.voice.name) for each in report.happenings)
    assert {each.people for each in report.roles} == {0}
    named = report_of(play, "KOR", discretion=Discretion(shows_names=True, names=SHARED.names))
    assert named.comments[0].voice.name == "Kim"


def test_injects_added_moved_and_skipped_by_hand_are_told():
    play = Play()
    play.propose()
    given = '{"id": "more", "at": 20, "kind": "message", "sender": "press", "text": "?", "expect": [{"id": "a", "what": "remark", "within": 30, "by": ["KOR"]}]}'  # fmt: skip # noqa: E501
    play.put(
        "exercise.inject", Inject(inject="more", kind="message", act="added", due_s=20, at_s=5, given=given), at_s=5
    )
    play.inject("launch-1", at_s=10, act="moved", to_s=500.0)
    play.inject("ask", at_s=11, kind="decision", act="skipped")
    play.inject("more", at_s=20, kind="message")
    record = play.launch("E-9", "detected", at_s=30)
    play.remark(record, "query", at_s=40, by="KOR", event="E-9", text="what?")
    report = report_of(play)
    acts = {each.inject: each for each in report.injects}
    assert acts["launch-1"].due_at == START + timedelta(seconds=500)
    assert (acts["launch-1"].act, acts["ask"].act, acts["more"].act) == ("not_reached", "skipped", "made")
    assert standings(report)["more", "a", "KOR"] == ("met", 20.0)


def test_a_salvo_is_matched_flight_by_flight():
    play = Play()
    play.propose()
    flights = tuple(
        Flown(name=f"f{n}", launched_at=START + timedelta(seconds=60 + 300 * n), site=SITE) for n in range(2)
    )
    play.inject("launch-1", at_s=60, flown=flights)
    play.launch("E-1", "detected", at_s=90)
    report = report_of(play)
    assert [flight.event for flight in report.flights] == ["E-1", ""]
    assert ("event", "JPN", "told of 1 of 2 flights; not of f1") in {(m.what, m.member, m.words) for m in report.missed}


def test_of_a_salvo_from_one_place_the_impacts_decide():
    """By launch points and times alone the two would be taken for each other, as estimates of these are coarse."""
    play = Play()
    play.propose()
    flights = tuple(
        Flown(
            name=f"f{n}", launched_at=START + timedelta(seconds=60 + 5 * n), site=SITE,
            impact=Position(lat_deg=SEA.lat_deg + off, lon_deg=SEA.lon_deg), impact_at=START + timedelta(seconds=600),
        )
        for n, off in enumerate((1.0, 0.0))
    )  # fmt: skip
    play.inject("launch-1", at_s=60, flown=flights)
    play.launch("E-1", "predicted", at_s=180)
    play.launch("E-2", "predicted", at_s=190, off_deg=1.0)
    report = report_of(play)
    assert [(flight.name, flight.event) for flight in report.flights] == [("f0", "E-2"), ("f1", "E-1")]
    assert not [each for each in report.missed if each.what in ("event", "false_event") and each.member == "JPN"]


def test_without_a_scenario_it_still_tells_what_happened():
    play = Play()
    play.propose(scenario="")
    play.inject("launch-1", at_s=60)
    report = report_of(play)
    assert report.injects[0].reactions == ()
    assert any("scenario is not at hand" in note for note in report.notes)
    broken = Play()
    broken.propose(scenario=SCENARIO[:100])
    assert report_of(broken).injects == ()


def test_a_store_that_has_nothing_of_it_says_so(play):
    with pytest.raises(DomainError, match="nothing of exercise:other"):
        after_action(play.holdings(), status="exercise:other", discretion=OWN, settings=WarningSettings())


def test_two_runs_are_compared_figure_by_figure(play, report):
    again = small_play()
    assert compare(report, report_of(again)).is_equal
    again.comment("one more")
    again.decide("ask", "yes", at_s=250, by="KOR")
    differences = {each.what for each in compare(report, report_of(again)).differences if not each.is_equal}
    assert "ask: yes, KOR" in differences
    assert "reactions met" in differences
    assert "injects made" not in differences
