"""A message of ours becomes CAP that nobody can find anything wrong with."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.alert_room import OFFICER, Room

from tocsin.cap import check_cap, known_messages, read_cap, render_cap, sign_cap, write_cap
from tocsin.node.home import home_of


def all_of(member):
    return tuple(home_of(member).areas)


@pytest.mark.parametrize("member", ["JPN", "KOR", "USA"])
def test_an_alert_for_every_area_of_a_member_breaks_no_rule(member):
    room = Room(member)
    room.alert(areas=all_of(member))
    data = write_cap(room.carried[0][1])
    checked = check_cap(data, known={}, territory=home_of(member))
    assert checked.findings == ()
    assert read_cap(data) == checked.alert == room.carried[0][1]
    assert len(data) < 400_000


def whole_story(**options):
    """Alert, update with areas freed, all-clear; as XML."""
    room = Room(**options)
    room.alert(areas=("JP-01", "JP-02"))
    room.wait(60)
    room.see(areas=("JP-01",))
    update = room.waiting("update")
    room.approve(update, OFFICER)
    assert room.send(update) == []
    room.wait(300)
    room.see(stage="closed", outcome="impact")
    end = room.waiting("all_clear")
    room.approve(end, OFFICER)
    assert room.send(end) == []
    return [write_cap(alert) for channel, alert in room.carried if channel == "feed"]


def test_a_whole_story_holds_together():
    told = []
    for data in whole_story():
        checked = check_cap(data, known=known_messages(told), territory=home_of("JPN"))
        assert checked.findings == ()
        told.append(checked.alert)
    first, update, end = told
    assert [alert.msg_type for alert in told] == ["Alert", "Update", "Update"]
    assert update.references == (first.reference,)
    assert end.references == (first.reference, update.reference)
    assert {alert.incidents for alert in told} == {first.incidents}
    at_risk, _, freed, _ = update.infos
    assert (at_risk.response_types, freed.response_types) == (("Shelter",), ("AllClear",))
    assert (freed.urgency, freed.areas[0].area_desc) == ("Past", "青森県")
    assert end.infos[0].response_types == ("AllClear",)
    assert {code.value for info in end.infos for area in info.areas for code in area.geocodes} == {"JP-01", "JP-02"}


@pytest.mark.parametrize(("status", "shown"), [("exercise:bell-1", "Exercise"), ("test", "Test")])
def test_what_is_not_real_is_told_in_status_note_and_text(status, shown):
    for data in whole_story(status=status):
        alert = read_cap(data)
        assert alert.status == shown
        assert alert.note.startswith(shown.upper())
        assert "bell-1" in alert.note or status == "test"
        assert all(shown.upper() in info.headline for info in alert.infos if info.language == "en-US")


def test_a_cancel_says_that_it_was_wrong_and_what():
    room = Room()
    room.alert()
    room.end("cancel", reason="no_launch")
    end = room.carried[-1][1]
    assert (end.msg_type, end.note) == ("Cancel", "cancelled: no launch")
    assert end.infos[1].headline.startswith("FALSE ALARM")


def test_it_is_signed_as_a_whole(signer):
    key, certificate = signer
    for data in whole_story():
        signed = sign_cap(data, key=key, certificate=certificate)
        assert check_cap(signed, certificates=[certificate], at=datetime.now(UTC)).findings == ()


def test_sent_records_of_other_messages_are_refused():
    room = Room()
    first = room.alert()
    room.end("cancel")
    thread = room.thread()
    sent = [each.body for each in thread.sent.values()]
    with pytest.raises(ValueError, match="not the sent records"):
        render_cap(thread.find(first), sent[1])
    with pytest.raises(ValueError, match="not the sent records"):
        render_cap(thread.find(sent[1].alert), sent[1])
