"""Two events that turn out to be one launch: the public has one alert, and one end that reaches all who were told."""

from __future__ import annotations

import pytest
from tests.alert_room import OFFICER, WATCH, Room, codes_of

from tocsin.alerts import see_thread
from tocsin.cap import broken_rules
from tocsin.records import SameEvent


def join(room, *, originator="JPN", **fields):
    body = SameEvent(event_id="E-1", alias="E-2", gate="near")
    return room.put(room.record("warning.same_event", body, originator=originator, **fields))


def alert(room, event_id, areas):
    room.see(event_id=event_id, areas=areas)
    message = room.waiting("alert", event_id=event_id)
    room.approve(message, OFFICER, WATCH)
    assert room.send(message) == []
    return message


def go(room, what):
    message = room.waiting(what)
    room.approve(message, OFFICER, WATCH)
    assert room.send(message) == []
    return message


def test_what_was_told_of_both_is_replaced_by_one_update_and_ended_once():
    room = Room()
    first, second = alert(room, "E-1", ("JP-01", "JP-02")), alert(room, "E-2", ("JP-03",))
    room.wait(5)
    join(room)
    (thread,) = room.desk.threads
    assert [each.record.id for each in thread.told().messages] == [first, second]
    assert room.thread("E-2") is thread
    # what was ready before would leave somebody without it, and is held; the new ones name all that was told
    stale = next(each for each in thread.drafts if each.body.message == "cancel" and each.body.changes == (first,))
    room.approve(stale.record.id, OFFICER)
    assert {"order", "reach"} <= set(room.held(stale.record.id))
    cancel = thread.find(room.waiting("cancel"))
    seen = see_thread(thread, room.desk, room.now)
    assert {each.place for each in seen.messages} == {"sent", "next", "ready", "end", "old"}
    assert [each.body.changes for each in thread.drafts if each.body.message == "update"] == [(first, second)]
    assert set(cancel.body.changes) >= {first, second}

    # by the newest record the danger is where the second was: the first's people are told that theirs is over
    update = thread.find(go(room, "update"))
    assert [area.area for area in update.body.areas] == ["JP-03"]
    room.see(event_id="E-1", areas=("JP-02", "JP-03"))
    go(room, "update")
    room.see(event_id="E-1", stage="closed", outcome="impact", areas=())
    go(room, "all_clear")
    (thread,) = room.desk.threads
    assert thread.is_over
    told = [cap for channel, cap in room.carried if channel == "feed"]
    assert [cap.msg_type for cap in told] == ["Alert", "Alert", "Update", "Update", "Update"]
    assert [len(cap.references) for cap in told] == [0, 0, 2, 3, 4]
    assert codes_of(told[-1]) == ("JP-01", "JP-02", "JP-03")
    assert [finding for cap in told for finding in broken_rules(cap)] == []


def test_the_correction_of_both_is_one():
    room = Room()
    alert(room, "E-1", ("JP-01", "JP-02"))
    alert(room, "E-2", ("JP-03",))
    room.wait(5)
    made = join(room)
    cancel = next(each for each in made if room.find(each.id).body.message == "cancel")
    room.approve(cancel.id, OFFICER)
    assert room.send(cancel.id) == []
    assert room.told("feed")[-1] == ("Cancel", "Actual", ("JP-01", "JP-02", "JP-03"))
    assert room.thread().is_over


@pytest.mark.parametrize("sent", ["E-1", "E-2"])
def test_what_waits_of_the_other_goes_no_more(sent):
    room = Room()
    other = "E-2" if sent == "E-1" else "E-1"
    alert(room, sent, ("JP-01", "JP-02"))
    room.see(event_id=other, areas=("JP-01", "JP-03"))
    waits = room.waiting("alert", event_id=other)
    room.approve(waits, OFFICER, WATCH)
    join(room)
    assert "order" in room.held(waits)
    (thread,) = room.desk.threads
    room.see(event_id="E-1", areas=("JP-01", "JP-03"))
    update = go(room, "update")
    assert thread.find(update).body.changes == (next(iter(thread.sent)),)
    assert len(room.told("feed")) == 2


def test_two_drafts_become_one_alert():
    room = Room()
    room.see(event_id="E-1", areas=("JP-01",))
    room.see(event_id="E-2", areas=("JP-01", "JP-02"))
    join(room)
    (thread,) = room.desk.threads
    go(room, "alert")
    assert room.told("feed") == [("Alert", "Actual", ("JP-01", "JP-02"))]
    others = [
        each.record.id for each in thread.drafts if each.body.message == "alert" and each.record.id not in thread.sent
    ]
    room.approve(*others, OFFICER, WATCH)
    assert "order" in room.held(*others)
    assert "update" not in [each.body.message for each in thread.drafts]


def test_a_track_that_goes_on_under_another_id_keeps_its_alert():
    room = Room()
    alert(room, "E-2", ("JP-01", "JP-02"))
    before = next(reversed(room.thread("E-2").launches))
    room.see(event_id="E-1", areas=("JP-01",), record={"supersedes": before})
    (thread,) = room.desk.threads
    assert room.thread("E-1") is thread
    go(room, "update")
    room.see(event_id="E-1", stage="closed", outcome="impact", areas=())
    go(room, "all_clear")
    assert [kind for kind, _, _ in room.told("feed")] == ["Alert", "Update", "Update"]


def test_an_alert_that_is_over_stays_so_and_the_other_goes_on():
    room = Room()
    alert(room, "E-1", ("JP-01", "JP-02"))
    room.see(event_id="E-1", stage="closed", outcome="impact", areas=())
    go(room, "all_clear")
    alert(room, "E-2", ("JP-03",))
    join(room)
    assert len(list(room.desk.threads)) == 2
    assert not room.thread("E-1").is_over
    room.see(event_id="E-1", stage="closed", outcome="impact", areas=())
    go(room, "all_clear")
    assert room.told("feed")[-1] == ("Update", "Actual", ("JP-03",))


def test_on_a_peers_word_alone_two_alerts_stay_two():
    room = Room()
    alert(room, "E-1", ("JP-01", "JP-02"))
    alert(room, "E-2", ("JP-03",))
    join(room, originator="KOR")
    assert len(list(room.desk.threads)) == 2


def test_an_exercise_joins_nothing_that_is_real():
    room = Room()
    alert(room, "E-1", ("JP-01", "JP-02"))
    alert(room, "E-2", ("JP-03",))
    join(room, status="exercise:bell-1")
    assert len(list(room.desk.threads)) == 2


def test_after_a_start_they_are_one_and_they_are_forgotten_together():
    room = Room()
    history, door = [], room.federation.admitted

    def noting(record, **options):
        frame = door(record, **options)
        history.extend(frame.records)
        return frame

    room.federation.admitted = noting
    alert(room, "E-1", ("JP-01", "JP-02"))
    alert(room, "E-2", ("JP-03",))
    room.wait(5)
    join(room)
    go(room, "update")
    again = Room()
    again.federation = room.federation
    again.desk.resume(history, history[0].record.issued_at, room.now)
    assert again.desk.catch_up(room.now) == []
    assert seen(again) == seen(room)

    room.see(event_id="E-1", stage="closed", outcome="impact", areas=())
    go(room, "all_clear")
    room.wait(25 * 3600)
    room.desk.tick(room.now)
    assert list(room.desk.threads) == []
    assert room.desk.threads.name_of("E-2") == "E-2"


def seen(room):
    return [see_thread(thread, room.desk, room.now) for thread in room.desk.threads]


def test_the_alerts_of_an_exercise_that_is_over_are_forgotten_and_no_others():
    room = Room()
    real = alert(room, "E-1", ("JP-01",))
    drill = {"status": "exercise:bell-1"}
    room.see(event_id="D-1", areas=("JP-02",), record=drill)
    room.see(event_id="D-2", areas=("JP-02",), record={"status": "exercise:bell-2"})
    assert len(list(room.desk.threads)) == 3
    message = room.waiting("alert", event_id="D-1")
    room.desk.drop("exercise:bell-1")
    assert room.thread("D-1") is None
    assert room.desk.case(message, OFFICER, room.now) is None
    assert [thread.drafts[0].record.status for thread in room.desk.threads] == ["actual", "exercise:bell-2"]
    assert {each.body.event_id for each in room.desk.threads.newest_launches()} == {"E-1", "D-2"}
    assert room.thread("E-1").is_sent
    assert room.find(real)


def test_a_real_alert_in_which_a_drill_got_mixed_outlives_the_drill():
    room = Room()
    alert(room, "E-1", ("JP-01",))
    body = room.thread().drafts[0].body
    room.put(room.record("alerts.alert", body, status="exercise:bell-1"))
    assert len({each.record.status for each in room.thread().drafts}) == 2
    room.desk.drop("exercise:bell-1")
    assert room.thread().is_sent
