"""Each guard alone holds what it is there for: with all others content, taking it out would let the message go."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from tests.alert_room import OFFICER, WATCH, Room, changed, launch

from tocsin.alerts import DUTIES, GUARDS, Confirmations, guards, may
from tocsin.markings import PublicWarning, marking_for
from tocsin.records import Person, Precedence, body_of, with_body


def ready(**options):
    """A room with a message that may go."""
    room = Room(**options)
    room.see()
    message = room.waiting("alert")
    room.approve(message, OFFICER, WATCH)
    assert room.held(message) == []
    return room, message


def forged(room, message, *, record=None, **body):
    """The same message with something changed, approved by two: a desk gone wrong, or somebody who is in it."""
    good = room.find(message)
    new = changed(good.body, number=good.body.number + 10, **body)
    fields = {
        name: getattr(good.record, name) for name in good.record.__struct_fields__ if name not in ("kind", "body")
    }
    made = with_body("alerts.alert", new, **fields | {"id": room.new_id(), **(record or {})})
    room.put(made)
    room.approve(made.id, OFFICER, WATCH)
    return made.id


def own():
    room, message = ready()
    assert room.send(message) == []
    message = room.waiting("cancel")
    room.approve(message, OFFICER)
    office = room.desk._office
    room.desk._office = replace(office, territory=replace(office.territory, member="KOR"))
    return room, message


def form():
    room, message = ready()
    open_ring = changed(room.find(message).body.areas[0], rings=(((141.0, 43.0), (142.0, 43.0), (142.0, 44.0)),))
    return room, forged(room, message, areas=(open_ring, *room.find(message).body.areas[1:]))


def form_freed():
    room, message = ready()
    return room, forged(room, message, freed_texts=room.find(message).body.texts)


def world():
    """What rests on an exercise, and says actual."""
    room, message = ready(status="exercise:bell-1")
    return room, forged(room, message, record={"status": "actual"})


def world_synthetic():
    room = Room()
    room.see(record={"synthetic": True})
    return room, forged(room, room.waiting("alert"), record={"synthetic": False})


def world_unknown():
    room, message = ready()
    grounds = changed(room.find(message).body.grounds, launch="JPN-unknown")
    return room, forged(room, message, grounds=grounds)


def channels():
    """An exercise that would go by a channel of the real."""
    room, message = ready(status="exercise:bell-1", channels=("feed", "sirens"), exercise_channels=("feed",))
    return room, forged(room, message, channels=("feed", "sirens"))


def marking():
    room, message = ready()
    return room, forged(room, message, record={"marking": marking_for("JPN", "KOR", public_warning=PublicWarning.NO)})


def territory():
    room, message = ready()
    foreign = changed(room.find(message).body.areas[0], area="KR-11", code="KR-11")
    room.put(room.record("warning.launch", launch(areas=("JP-01", "JP-02", "KR-11"), revision=3)))
    grounds = changed(room.find(message).body.grounds, launch=room.thread().launch.record.id)
    return room, forged(room, message, areas=(*room.find(message).body.areas, foreign), grounds=grounds)


def areas_of_event():
    """Islands that an old drill had left in a list."""
    room, message = ready()
    return room, forged(room, message, areas=room.desk._office.territory.described(["JP-01", "JP-13/island-4"]))


def grade():
    room, message = ready()
    room.put(room.record("warning.launch", launch(grade="member", grade_basis="few", revision=3)))
    weak = room.thread().launch.record.id
    room.put(room.record("warning.launch", launch(revision=4)))
    return room, forged(room, message, grounds=changed(room.find(message).body.grounds, launch=weak))


def late():
    room, message = ready()
    room.wait(60 * 9)
    return room, message


def order():
    room, message = ready()
    assert room.send(message) == []
    return room, message


def current():
    room, message = ready()
    room.see(stage="closed", outcome="no_threat")
    return room, message


def reach():
    """A change that fewer channels would carry than carried the alert."""
    room, _ = ready()
    assert room.send(room.waiting("alert")) == []
    room.see(areas=("JP-01",))
    update = room.waiting("update")
    return room, forged(room, update, channels=("feed",))


def reach_areas():
    room, _ = ready()
    assert room.send(room.waiting("alert")) == []
    room.see(areas=("JP-01",))
    update = room.waiting("update")
    return room, forged(room, update, freed=(), freed_texts=())


def correction():
    room, message = ready()
    room.thread().drafts[:] = [each for each in room.thread().drafts if each.body.message != "cancel"]
    return room, message


def text():
    room, message = ready()
    return room, forged(room, message, texts=room.find(message).body.texts[:1])


def text_empty():
    room, message = ready()
    first, *others = room.find(message).body.texts
    return room, forged(room, message, texts=(changed(first, instruction=""), *others))


def sender():
    room, message = ready()
    return room, message, WATCH


def approvals():
    room = Room()
    room.see()
    message = room.waiting("alert")
    room.approve(message, OFFICER)
    return room, message


def is_open():
    room, message = ready()
    room.is_open = False
    return room, message


CASES = {
    "own": own, "form": form, "world": world, "channels": channels, "marking": marking, "territory": territory,
    "areas_of_event": areas_of_event,
    "grade": grade, "late": late, "order": order, "current": current, "reach": reach, "correction": correction,
    "text": text, "sender": sender, "approvals": approvals, "open": is_open,
}  # fmt: skip
MORE = {"form": [form_freed], "text": [text_empty], "world": [world_synthetic, world_unknown], "reach": [reach_areas]}
ALL = list(CASES.items()) + [(name, case) for name, more in MORE.items() for case in more]


def test_every_guard_has_its_case():
    assert list(CASES) == list(GUARDS)


@pytest.mark.parametrize(("name", "case"), ALL, ids=[case.__name__ for _, case in ALL])
def test_it_alone_holds_the_message(name, case, monkeypatch):
    room, message, *by = case()
    held = set(room.held(message, *by))
    assert name in held
    if case is not world_unknown:  # who does not know the launch does not know its areas either
        assert held == {name}
        monkeypatch.setattr(guards, "GUARDS", {key: guard for key, guard in GUARDS.items() if key != name})
        assert room.held(message, *by) == []  # without it nothing would


def test_who_may_do_what_is_one_table():
    assert may("alert_officer", "send")
    assert may("watch_officer", "cancel")
    assert not may("watch_officer", "send")
    assert not any(may(role, step) for step in DUTIES for role in ("analyst", "administrator", "exercise_controller"))


def confirmed(*people, act="approve", **options):
    room = Room(**options)
    room.see()
    message = room.waiting("alert")
    room.approve(message, *people, act=act)
    return room, message


ANOTHER = Person(role="alert_officer", pseudonym="AO-2")


@pytest.mark.parametrize(
    "people",
    [
        (),
        (OFFICER,),
        (OFFICER, OFFICER),
        (OFFICER, ANOTHER),  # two people of one role
        (OFFICER, Person(role="watch_officer", pseudonym="AO-1")),  # one person in two roles
        (OFFICER, Person(role="analyst", pseudonym="AN-1")),
        (Person(role="administrator", pseudonym="AD-1"), Person(role="analyst", pseudonym="AN-1")),
    ],
)
def test_two_people_of_two_roles_that_may_have_to_confirm(people):
    room, message = confirmed(*people)
    assert room.held(message) == ["approvals"]


def test_one_is_enough_where_policy_says_so():
    room, message = confirmed(WATCH, confirmations=Confirmations(alert=1))
    assert room.held(message) == []


def test_an_approval_is_of_this_message_to_the_byte():
    room, message = confirmed(WATCH)
    room.approve(message, OFFICER, digest="0" * 64)
    assert room.held(message) == ["approvals"]


def test_an_approval_counts_only_with_the_persons_own_signature():
    room, message = confirmed(OFFICER, WATCH)
    room.verified = False
    assert room.held(message) == ["approvals"]
    room, message = confirmed(OFFICER, WATCH, passkeys=False)
    room.verified = False
    assert room.held(message) == []


def test_who_refuses_stops_it():
    room, message = confirmed(OFFICER, WATCH)
    room.approve(message, ANOTHER, act="refuse")
    (refusal,) = room.desk.why_held(message, OFFICER, room.now)
    assert refusal.reason == "AO-2 (alert_officer) refused it: no reason given"


def test_people_of_another_member_confirm_nothing_here():
    room, message = confirmed(OFFICER)
    room.approve(message, WATCH, originator="KOR")
    assert room.held(message) == ["approvals"]


def test_every_reason_is_told_at_once():
    room, message = confirmed()
    room.is_open = False
    room.wait(3600)
    assert room.held(message, WATCH) == ["late", "sender", "approvals", "open"]
    assert room.held("nothing") == ["own"]
    assert room.send("nothing") == ["own"]


def test_precedence_is_flash():
    room, message = confirmed(OFFICER, WATCH)
    assert room.find(message).record.precedence is Precedence.FLASH
    assert msgspec.to_builtins(room.find(message).body)["message"] == "alert"


def test_the_last_approval_that_is_wanted_lets_it_go():
    room = Room()
    room.see()
    message = room.waiting("alert")
    room.approve(message, OFFICER)
    first = room.desk.on_approval(room.thread().consents[message][-1].approval, room.now)
    assert [refusal.guard for refusal in first.refusals] == ["approvals"]
    room.approve(message, WATCH)
    sent = room.desk.on_approval(room.thread().consents[message][-1].approval, room.now)
    assert sent.kind == "alerts.sent"
    assert body_of(sent).by == OFFICER  # a watch officer was the last, and may not send


def test_a_no_sends_nothing():
    room, message = confirmed(OFFICER, act="refuse")
    assert room.desk.on_approval(room.thread().consents[message][-1].approval, room.now) is None


def test_a_yes_to_a_correction_before_there_is_anything_to_correct_is_none_later():
    room = Room()
    room.see()
    message, correction = room.waiting("alert"), room.waiting("cancel")
    room.approve(correction, OFFICER)
    assert room.held(correction) == ["order"]
    room.wait(5)
    room.approve(message, OFFICER, WATCH)
    assert room.send(message) == []
    assert room.held(correction) == ["approvals"]
    room.approve(correction, OFFICER)
    assert room.send(correction) == []
