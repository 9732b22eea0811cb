"""Tests of channels: when they are due, what they show of each channel, and that nobody can take one for an alert."""

from __future__ import annotations

from datetime import timedelta

from tests.alert_room import Room

from tocsin.alerts import Liveness
from tocsin.cap import check_cap, read_cap, render_test, write_cap
from tocsin.exchange import release_to_public
from tocsin.records import AlertDelivery, PublicChannel, Released, Source, body_of

HOUR = timedelta(hours=1)


class Schedule:
    """A member whose channels are tested each hour."""

    def __init__(self, every=HOUR):
        self.room = Room()
        self.liveness = Liveness(self.room.desk._office, every=every)

    def let_in(self, record):
        (admitted,) = self.room.federation.admitted(record).records
        self.liveness.take(admitted)
        assert self.room.desk.take([admitted], self.room.now) == []
        return admitted

    def test(self):
        return self.let_in(self.liveness.due(self.room.now))

    def hear(self, test, channel, state, detail=""):
        body = AlertDelivery(
            alert=test.record.id, channel=channel, state=state, attempts=1, at=self.room.now, detail=detail
        )
        source = Source(record=test.record.id, originator="JPN")
        self.let_in(self.room.record("alerts.delivery", body, sources=(source,), marking=test.record.marking))

    def health(self):
        return [(each.channel, each.good_at, each.problem) for each in self.liveness.health(self.room.now)]


def test_channels_are_tested_on_schedule_and_what_fails_is_told():
    tested = Schedule()
    assert tested.health() == [("feed", None, ""), ("file", None, "")]
    first = tested.test()
    began_at = tested.room.now
    assert tested.liveness.due(tested.room.now) is None
    tested.hear(first, "feed", "delivered")
    tested.hear(first, "file", "failed", "disk full")
    assert tested.health() == [("feed", began_at, ""), ("file", None, "disk full")]
    tested.hear(first, "file", "delivered")
    assert tested.health() == [("feed", began_at, ""), ("file", began_at, "")]

    tested.room.wait(3600)
    second = tested.test()
    tested.hear(second, "feed", "delivered")
    assert tested.health()[1] == ("file", began_at, "")  # under way
    tested.room.wait(180)
    assert tested.health()[1] == ("file", began_at, "nothing was heard of the last test")
    tested.hear(first, "file", "overtaken")  # of an older test, which counts no more
    assert tested.health()[1][2] == "nothing was heard of the last test"


def test_without_a_schedule_there_is_no_test_and_one_that_is_on_its_way_is_not_asked_for_again():
    assert Schedule(every=None).liveness.due(Room().now) is None
    tested = Schedule()
    assert tested.liveness.due(tested.room.now) is not None
    tested.room.wait(5)
    assert tested.liveness.due(tested.room.now) is None
    tested.room.wait(3600)
    assert tested.liveness.due(tested.room.now) is not None


def test_a_test_is_of_status_test_in_every_part_and_names_no_area():
    tested = Schedule()
    test = tested.test()
    assert test.record.marking.releasable_to == ("JPN",)
    assert isinstance(release_to_public(test, PublicChannel("feed")), Released)
    cap = render_test(body_of(test.record))
    assert (cap.status, cap.note) == ("Test", "TEST: no real threat")
    assert check_cap(write_cap(cap)).findings == ()
    assert read_cap(write_cap(cap)) == cap
    assert {info.language for info in cap.infos} == {"ja-JP", "en-US"}
    for info in cap.infos:
        assert info.areas == ()
        assert info.response_types == ("None",)
        for part in (info.event, info.headline, info.description, info.instruction):
            assert any(word in part for word in ("TEST", "Test", "test", "試験"))
    # the desk takes it for nothing, and no thread comes of it
    assert list(tested.room.desk.threads) == []


def test_korean_has_the_words_too():
    room = Room("KOR")
    test = Liveness(room.desk._office, every=HOUR).due(room.now)
    korean = next(text for text in body_of(test).texts if text.language == "ko-KR")
    assert korean.headline.startswith("시험")
    assert "Civil Protection" in korean.description
