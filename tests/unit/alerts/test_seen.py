"""What people see of an alert: where each message stands, who is still wanted, and what holds it."""

from __future__ import annotations

from tests.alert_room import OFFICER, WATCH, Room

from tocsin.alerts import see_thread
from tocsin.records import Person


def seen(room):
    return see_thread(room.thread(), room.desk, room.now)


def by_place(room):
    found = {}
    for message in seen(room).messages:
        found.setdefault(message.place, []).append(message)
    return found


def test_each_message_stands_where_people_need_it_and_missing_roles_are_named():
    room = Room()
    room.see()
    places = by_place(room)
    assert set(places) == {"next", "ready"}
    (due,) = places["next"]
    assert due.wanted == (("alert_officer",), ("watch_officer",))
    assert [refusal.guard for refusal in due.held] == ["approvals"]
    assert [(area.area, area.probability) for area in due.areas] == [("JP-01", None), ("JP-02", None)]
    room.approve(due.id, WATCH, Person(role="analyst", pseudonym="AN-1"))
    (due,) = by_place(room)["next"]
    assert due.wanted == (("alert_officer",),)
    assert [(each.person.pseudonym, each.counts) for each in due.confirmed] == [("WO-1", True), ("AN-1", False)]

    # a narrower draft comes: the one that people have begun with may still go
    room.see(areas=("JP-01",))
    places = by_place(room)
    assert [each.id for each in places["begun"]] == [due.id]
    assert places["next"][0].id != due.id
    room.approve(due.id, OFFICER)
    assert room.send(due.id) == []
    places = by_place(room)
    assert [(each.id, each.sent_at is not None) for each in places["sent"]] == [(due.id, True)]
    assert {channel.state for channel in places["sent"][0].channels} == {"delivered"}
    assert [each.person.pseudonym for each in places["sent"][0].confirmed if each.counts] == ["WO-1", "AO-1"]
    assert [each.message for each in places["next"]] == ["update"]
    assert {each.message for each in places["end"]} == {"cancel"}
    assert places["end"][0].wanted == (("alert_officer", "watch_officer"),)

    # past its time an update is held, and says so; the end closes all
    room.wait(3600)
    assert "late" in [refusal.guard for refusal in by_place(room)["next"][0].held]
    assert room.end("all_clear") == []
    assert set(by_place(room)) == {"sent", "old"}
    assert seen(room).is_over


def test_of_a_person_who_confirms_in_two_roles_one_counts_and_the_other_is_still_wanted():
    room = Room()
    room.see()
    message = room.waiting("alert")
    room.approve(message, OFFICER, Person(role="watch_officer", pseudonym=OFFICER.pseudonym))
    (due,) = by_place(room)["next"]
    assert due.wanted == (("watch_officer",),)
    assert [refusal.guard for refusal in due.held] == ["approvals"]
    room.approve(message, WATCH)
    (due,) = by_place(room)["next"]
    assert (due.wanted, due.held) == ((), ())


def test_channels_that_failed_and_another_members_alert():
    room = Room()
    room.see()
    message = room.waiting("alert")
    room.approve(message, OFFICER, WATCH)
    assert room.send(message, channels=["feed"]) == []
    (sent,) = by_place(room)["sent"]
    assert [(each.channel, each.state, each.attempts) for each in sent.channels] == [
        ("feed", "delivered", 1),
        ("file", "failed", 1),
    ]
    other = see_thread(room.thread(), None, room.now)
    assert all(each.held == () and each.wanted == () for each in other.messages)
    assert {each.counts for each in other.messages[0].confirmed} == {True}
    room.see(areas=("JP-01",))
    room.approve(room.waiting("update"), WATCH)
    other = see_thread(room.thread(), None, room.now)
    assert {each.counts for each in other.messages[-2].confirmed} == {None}
    assert (other.originator, other.cap_status, other.stage) == ("JPN", "Actual", "predicted")


def test_what_is_simulated_is_seen_as_a_test():
    room = Room()
    room.see(record={"synthetic": True})
    assert (seen(room).cap_status, seen(room).synthetic) == ("Test", True)
