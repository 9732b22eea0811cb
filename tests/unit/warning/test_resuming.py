"""A desk that begins in the middle of a launch goes on with what the one before it has said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from launch_feed import ALL, START, admit, detections, flight_of, make_desk
from tocsin.markings import marking_for
from tocsin.records import body_of

FLIGHT = "NK-20170828-01"
PAIR = ("JPN", "USA")


class Play:
    """A desk fed second by second, and what it said comes back to it a second later, as a node does it."""

    def __init__(self, records, *, audiences=(ALL,), step_s=0.5):
        self.desk = make_desk("JPN", audiences=audiences, prefix="first")
        self.audiences = audiences
        self.waiting = sorted(records, key=lambda record: (record.observed_at, record.id))
        self.step = timedelta(seconds=step_s)
        self.now = START
        self.history = []
        self.said = []
        self._back = []

    def until(self, second):
        """Go on to a second of flight."""
        while self.now < START + timedelta(seconds=second):
            self.now += self.step
            due = [record for record in self.waiting if record.observed_at <= self.now]
            self.waiting = self.waiting[len(due) :]
            batch = [admit(record, self.now) for record in (*due, *self._back)]
            self.history += batch
            self._back = self.desk.take(batch, self.now) + self.desk.tick(self.now)
            self.said += self._back

    def restart(self, *, without=lambda _record: False, span_s=1200):
        """Put a new desk in place of the one at work."""
        self.history += [admit(record, self.now) for record in self._back]
        self._back = []
        self.desk = make_desk("JPN", audiences=self.audiences, prefix="second")
        begin = self.now - timedelta(seconds=span_s)
        self.desk.resume([entry for entry in self.history if not without(entry.record)], begin, self.now)
        before, self.said = self.said, []
        return before


def to(said, audience):
    """What was said of launches to an audience: records and their bodies."""
    return [
        (record, body_of(record))
        for record in said
        if record.kind == "warning.launch" and record.marking.releasable_to == audience
    ]


@pytest.mark.parametrize("second", [52.0, 58.5, 80.0, 145.0])
@pytest.mark.parametrize("audience", [ALL, ("JPN",)])
def test_an_event_goes_on_under_its_id_and_nothing_is_said_twice(second, audience):
    play = Play(detections(flight_of(FLIGHT)))
    play.until(second)
    before = to(play.restart(), audience)
    assert before
    play.until(second + 30)
    after = to(play.said, audience)
    assert after
    assert {body.event_id for _, body in before + after} == {before[0][1].event_id}
    assert [record.supersedes for record, _ in after] == [before[-1][0].id, *(record.id for record, _ in after[:-1])]
    assert [body.revision for _, body in before + after] == list(range(1, len(before + after) + 1))
    assert sum(body.stage == "detected" for _, body in before + after) == 1


def test_it_says_the_same_as_one_that_was_never_stopped():
    flight = detections(flight_of(FLIGHT))
    whole, cut = Play(flight, step_s=1.0), Play(flight, step_s=1.0)
    whole.until(140)
    cut.until(110)
    before = cut.restart()
    cut.until(140)
    expected = [(record.issued_at, body.stage, body.impact) for record, body in to(whole.said, ALL)]
    assert [(record.issued_at, body.stage, body.impact) for record, body in to(before + cut.said, ALL)] == expected


def test_what_was_closed_stays_closed():
    play = Play(
        [record for record in detections(flight_of(FLIGHT)) if record.observed_at < START + timedelta(seconds=70)]
    )
    play.until(160)
    before = play.restart()
    assert to(before, ALL)[-1][1].stage == "closed"
    play.until(200)
    assert to(play.said, ALL) == []


def test_an_event_of_which_nothing_was_issued_is_told():
    play = Play(detections(flight_of(FLIGHT)))
    play.until(55)
    play.restart(without=lambda record: record.kind == "warning.launch")
    play.until(57)
    assert next(body.stage for _, body in to(play.said, ALL)) == "detected"


def test_an_empty_past_is_none():
    play = Play([])
    play.restart()
    play.until(10)
    assert play.said == []


def test_what_two_share_changes_nothing_in_what_all_are_told_after_a_restart():
    def marking(member, number):
        return marking_for(*PAIR) if number % 3 == 0 and member in PAIR else marking_for(*ALL)

    flight = detections(flight_of(FLIGHT), marking_of=marking)
    public = [record for record in flight if record.marking.releasable_to == ALL]
    told = []
    for records in (flight, public):
        play = Play(records, audiences=(ALL, PAIR), step_s=1.0)
        play.until(110)
        before = to(play.restart(), ALL)
        play.until(130)
        told.append([(record.id, body) for record, body in before + to(play.said, ALL)])
    assert told[0] == told[1]
    assert len(told[0]) > 5
