"""From a launch to what waits for people: for whom, with what beside it, and what makes no message."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.alert_room import OFFICER, WATCH, Room, codes_of, impact, launch, track

from tocsin.alerts import NotDrafted, cap_status, why_not
from tocsin.markings import PublicWarning, marking_for


def kinds(made):
    return [each.kind for each in made]


@pytest.fixture
def room():
    return Room()


def areas(message):
    return [area.area for area in message.areas]


def test_a_prediction_makes_a_message_and_its_correction(room):
    made = room.see(areas=("JP-01", "JP-02", "KR-11", "JP-13/island-4"))
    assert kinds(made) == ["alerts.alert", "alerts.alert"]
    alert, correction = (room.find(each.id).body for each in made)
    assert (alert.message, correction.message) == ("alert", "cancel")
    assert areas(alert) == areas(correction) == ["JP-01", "JP-02", "JP-13/island-4"]  # our own alone
    assert correction.changes == (made[0].id,)
    assert (alert.confirmations, correction.confirmations) == (2, 1)
    assert [text.language for text in alert.texts] == ["ja-JP", "en-US"]
    assert alert.grounds.grade_basis == "sensors of JPN and KOR agree"
    assert alert.latest_at == impact().latest_at
    record = made[0]
    assert record.status == "actual"
    assert record.marking == marking_for("JPN", "KOR", "USA", public_warning=PublicWarning.YES)
    assert room.thread().launch.record.id in record.parents


@pytest.mark.parametrize(
    ("body", "fields", "why"),
    [
        ({"stage": "assessed"}, {}, "tells of no impact"),
        ({"grade": "member", "grade_basis": "too few plots"}, {}, "not confirmed well enough: too few plots"),
        ({"areas": ("KR-11", "US-HI")}, {}, "no area of JPN is at risk"),
        ({"areas": ()}, {}, "no area of JPN is at risk"),
        ({}, {"marking": marking_for("JPN", "KOR")}, "marking does not allow"),
        ({}, {"originator": "KOR"}, "an assessment of KOR"),
    ],
)
def test_what_makes_no_message_says_why(room, body, fields, why):
    record = room.record("warning.launch", launch(**body), **fields)
    assert room.put(record) == []
    (admitted,) = room.federation.admitted(room.record("warning.launch", launch(**body), **fields)).records
    assert why in why_not(admitted, room.desk._office)


def test_the_first_draft_is_coarse_and_the_next_is_narrower(room):
    room.see(areas=("JP-01", "JP-02", "JP-03", "JP-05"))
    first = room.waiting("alert")
    room.see(areas=("JP-01",))
    second = room.waiting("alert")
    assert second != first
    assert areas(room.find(second).body) == ["JP-01"]
    assert room.find(second).body.number > room.find(first).body.number
    room.approve(first, OFFICER, WATCH)
    assert room.held(second) == ["approvals"]  # who approved the first has not approved the second
    assert room.send(first) == []  # the coarse one may go, or nobody would ever be done confirming
    update = room.find(room.waiting("update")).body
    assert areas(update) == ["JP-01"]
    assert [area.area for area in update.freed] == ["JP-02", "JP-03", "JP-05"]
    assert "order" in room.held(second)


def test_a_draft_is_held_when_a_newer_one_names_more(room):
    room.see(areas=("JP-01",))
    first = room.waiting("alert")
    room.see(areas=("JP-01", "JP-02"))
    room.approve(first, OFFICER, WATCH)
    assert room.held(first) == ["order"]


def test_the_same_again_is_no_news(room):
    room.see()
    assert room.see(revision=3) == []
    assert room.see(impact=impact(minutes=8.5)) == []
    assert len(room.see(impact=impact(minutes=10.0))) == 2  # later by more than a minute


def test_what_was_told_is_updated_and_areas_at_risk_no_longer_are_told_so(room):
    first = room.alert(areas=("JP-01", "JP-02"))
    room.see(areas=("JP-01", "JP-03"))
    update = room.find(room.waiting("update")).body
    assert areas(update) == ["JP-01", "JP-03"]
    assert [area.area for area in update.freed] == ["JP-02"]
    assert "NO MORE" in update.freed_texts[1].headline
    assert update.changes == (first,)


def test_an_impact_elsewhere_calls_for_an_all_clear(room):
    room.alert()
    room.see(areas=("KR-11",))
    end = room.find(room.waiting("all_clear")).body
    assert areas(end) == ["JP-01", "JP-02"]
    assert end.urgency == "Past"


@pytest.mark.parametrize("outcome", ["impact", "no_threat"])
def test_an_event_that_ends_calls_for_an_all_clear(room, outcome):
    room.alert()
    made = room.see(stage="closed", outcome=outcome)
    assert room.find(made[0].id).body.message == "all_clear"
    assert kinds(made) == ["alerts.alert"]  # of an end there is no correction


def test_an_event_that_ends_before_anybody_was_told_ends_in_silence(room):
    room.see()
    assert room.see(stage="closed", outcome="impact") == []
    message = room.waiting("alert")
    room.approve(message, OFFICER, WATCH)
    assert room.held(message) == ["current"]


def test_a_lost_track_is_told_with_its_age_and_the_area_grows(room):
    room.alert(areas=("JP-01",))
    room.wait(300)
    made = room.see(stage="closed", outcome="lost", lost_at=track(at=(42.0, 139.0)), lost_age_s=120.0, areas=("JP-01",))
    body = room.find(made[0].id).body
    assert body.message == "update"
    assert body.certainty == "Possible"
    assert set(areas(body)) > {"JP-01", "JP-02", "JP-05"}  # two minutes at 3 km/s and one more
    assert body.grounds.lost_age_s == 120.0
    assert "120 seconds before this message" in body.texts[1].description
    later = Room()
    later.alert(areas=("JP-01",))
    later.wait(200)
    made = later.see(stage="closed", outcome="lost", lost_at=track(at=(42.0, 139.0), speed_mps=100.0), areas=())
    assert areas(later.find(made[0].id).body) == ["JP-01"]  # it grows by what it may have flown, not by more


def test_no_alert_of_anothers_world_is_actual():
    for status in ("test", "exercise:bell-1"):
        room = Room(status=status)
        room.see()
        assert room.statuses() == {"Test" if status == "test" else "Exercise"}
        mark = "TEST" if status == "test" else "EXERCISE"
        assert room.find(room.waiting("alert")).body.texts[1].headline.startswith(mark)
    room = Room()
    room.see(record={"synthetic": True})
    assert room.statuses() == {"Test"}
    assert room.find(room.waiting("alert")).record.synthetic
    assert room.find(room.waiting("alert")).body.texts[1].headline.startswith("TEST")


def test_what_is_not_real_goes_by_channels_of_its_own_or_by_none():
    room = Room(status="exercise:bell-1", channels=("feed", "sirens"), exercise_channels=("training",))
    room.see()
    assert room.find(room.waiting("alert")).body.channels == ("training",)
    room = Room(status="exercise:bell-1", exercise_channels=())
    assert room.see() == []


def test_what_more_partners_can_check_is_what_is_told(room):
    own = {"marking": marking_for("JPN", public_warning=PublicWarning.YES)}
    room.see(record=own)
    room.see()
    assert room.find(room.waiting("alert")).record.marking.audience == "JPN-KOR-USA"
    assert room.see(areas=("JP-05",), record=own) == []


def test_a_desk_that_starts_anew_goes_on(room):
    message = room.alert()
    history = [*room.thread().launches.values(), *room.thread().drafts, *room.thread().sent.values()]
    approvals = [each.approval for each in room.thread().consents[message]]
    fresh = Room()
    fresh.federation = room.federation
    fresh.desk.resume([*history, *approvals], room.now, room.now)
    assert fresh.thread().told().messages[0].record.id == message
    assert fresh.see() == []  # nothing is drafted anew
    assert fresh.desk.take(history, room.now) == []


def test_a_desk_that_was_away_catches_up_with_what_happened_meanwhile(room):
    room.see(stage="detected", grade="member", areas=())
    (missed,) = room.federation.admitted(room.record("warning.launch", launch())).records
    room.desk.resume([missed], room.now, room.now)
    made = room.desk.catch_up(room.now)
    assert kinds(made) == ["alerts.alert"]
    room.put(made[0])
    assert room.desk.catch_up(room.now) == []  # the correction came as the draft was admitted
    room.thread().drafts[:] = room.thread().drafts[:1]
    assert kinds(room.desk.catch_up(room.now)) == ["alerts.alert"]
    late = Room()
    (missed,) = late.federation.admitted(late.record("warning.launch", launch())).records
    late.wait(3600)
    late.desk.resume([missed], late.now, late.now)
    assert late.desk.catch_up(late.now) == []  # it has come down


def test_an_end_is_drafted_for_all_that_was_told(room):
    room.alert(areas=("JP-01", "JP-02"))
    room.see(areas=("JP-01", "JP-03"))
    update = room.waiting("update")
    room.approve(update, OFFICER)
    assert room.send(update) == []
    assert room.end("cancel", reason="no_launch") == []
    assert room.told("feed")[-1] == ("Cancel", "Actual", ("JP-01", "JP-02", "JP-03"))
    assert "there was no launch" in room.carried[-1][1].infos[1].description
    assert isinstance(room.desk.end(room.thread().alert_id, "cancel", room.now), NotDrafted)
    assert isinstance(room.desk.end("nothing", "cancel", room.now), NotDrafted)
    assert room.see(areas=("JP-05",)) == []  # it has ended


def test_what_is_long_over_is_forgotten(room):
    room.alert()
    room.end("all_clear")
    room.desk.tick(room.now)
    assert room.thread() is not None
    room.desk.tick(room.now + timedelta(days=2))
    assert room.thread() is None


def test_an_alert_that_was_sent_is_never_forgotten_before_it_ends(room):
    room.alert()
    room.desk.tick(room.now + timedelta(days=2))
    assert room.thread() is not None


def test_cap_has_the_same_areas_in_both_languages(room):
    room.alert(areas=("JP-01", "JP-13/island-4"))
    (_, alert), _ = room.carried
    assert codes_of(alert) == ("JP-01", "JP-13/island-4")
    assert [info.language for info in alert.infos] == ["ja-JP", "en-US"]
    assert alert.infos[0].areas[0].area_desc == "北海道"
    assert cap_status(room.find(room.thread().told().messages[0].record.id)) == alert.status == "Actual"
