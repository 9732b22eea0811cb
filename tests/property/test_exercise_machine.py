"""Live traffic and two exercises at once: whatever is proposed, consented to or ended, nothing of one is in another.

Beside the members stand others to whom nothing of an exercise is ever told: what is real must come out of both the
same, to the bit and to the id.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from exercise_table import Table
from launch_feed import admit, detections, flight_of
from tocsin.exchange import release_record
from tocsin.exercise.catalogue import load_script
from tocsin.exercise.desk import known_of
from tocsin.node.desks import exercise_tables
from tocsin.records import Record, WatchFloor
from tocsin.web.formats.features import features_of
from tocsin.web.picture import PictureBook
from tocsin.web.shown import Shown

START = datetime(2026, 9, 1, tzinfo=UTC)
MEMBERS = ("JPN", "KOR", "USA")
DRILLS = ("exercise:alpha", "exercise:bravo")
LAUNCH = "NK-20170828-01"
BEGIN_S = 55.0
"""Of the flight: shortly before it is first seen."""
PORTION_S = 6
"""Seconds that pass in one go."""

drills = st.sampled_from(DRILLS)
members = st.sampled_from(MEMBERS)


class ExerciseMachine(RuleBasedStateMachine):
    """Members that hear everything, and members that hear what is real alone."""

    @initialize()
    def begin(self) -> None:
        self.table, self.quiet = Table(MEMBERS, START), Table(MEMBERS, START)
        self.script = load_script("overflight", known=known_of(*exercise_tables()))
        self.books = {code: PictureBook(code) for code in MEMBERS}
        self.seen = 0
        self.open: dict[str, set[str]] = {status: set() for status in DRILLS}
        self.proposed: set[str] = set()
        self.ended: set[str] = set()
        zero = START - timedelta(seconds=BEGIN_S)
        self.plots = {
            status: detections(flight_of(LAUNCH), seed=seed, start=zero, status=status, tag=status[-1])
            for seed, status in enumerate(("actual", *DRILLS), start=1)
        }

    @rule(status=drills)
    def propose(self, status: str) -> None:
        self.table.propose(self.script, status)
        self.proposed.add(status)

    @rule(status=drills, code=members, act=st.sampled_from(["consent", "consent", "consent", "decline", "withdraw"]))
    def consent(self, status: str, code: str, act: str) -> None:
        self.table.consent(self.script, status, [code], act=act)

    @rule(status=drills)
    def all_consent(self, status: str) -> None:
        self.propose(status)
        self.table.consent(self.script, status)

    @rule(status=drills, code=members)
    def end(self, status: str, code: str) -> None:
        self.table.end(code, status)

    @rule(status=drills, worlds=st.sampled_from([("actual",), DRILLS, ("actual", *DRILLS), ("actual", DRILLS[0])]))
    def fly(self, status: str, worlds: tuple[str, ...]) -> None:
        for _ in range(PORTION_S):
            for world in worlds:
                due = [each for each in self.plots[world] if each.observed_at <= self.table.now]
                self.plots[world] = self.plots[world][len(due) :]
                self.table.say(*due)
                if world == "actual":
                    self.quiet.say(*due)
            self.table.step()
            self.quiet.step()
            self._look()

    @rule(code=members)
    def begin_anew(self, code: str) -> None:
        """The member's node is started again, and goes on from its records."""
        history = [admit(record, record.issued_at) for record in self.table.records if record.room == "exercise"]
        fresh = self.table.exercise_desk(code)
        fresh.resume(history, START, self.table.now)
        self.table.exercises[code] = fresh

    def _look(self) -> None:
        fresh, self.seen = self.table.records[self.seen :], len(self.table.records)
        admitted = [admit(record, self.table.now) for record in fresh]
        for code, book in self.books.items():
            book.hear(admitted)
            for order, entry in enumerate(admitted):
                released = release_record(entry, WatchFloor(code))
                book.take(Shown(released, entry, order))  # type: ignore[arg-type]

    @invariant()
    def what_is_real_is_as_if_there_were_no_exercise(self) -> None:
        if hasattr(self, "table"):
            assert _said(self.table, "actual") == _said(self.quiet, "actual")

    @invariant()
    def nothing_of_one_world_rests_on_another(self) -> None:
        if not hasattr(self, "table"):
            return
        worlds = {(record.originator, record.id): record.status for record in self.table.records}
        for record in self.table.records:
            for source in record.sources:
                if source.record is not None:
                    assert worlds[source.originator or record.originator, source.record] == record.status

    @invariant()
    def what_is_closed_is_nowhere(self) -> None:
        if not hasattr(self, "table"):
            return
        for code in MEMBERS:
            gate = self.table.warning[code].gate
            shut = [status for status in DRILLS if not gate.is_open(status)]
            held = {status for status, _ in self.table.inner[code]._pictures}
            assert not held & set(shut)
            events = self.books[code].events()
            told = {event.status for event in events} | {item.status for item in self.books[code].sensors.items()}
            assert not told & set(shut)
            assert not set(self.books[code].marking().statuses) & set(shut)
            assert not {each["properties"]["status"] for each in features_of(events)} & set(shut)


def _said(table: Table, status: str) -> list[Record]:
    return [record for record in table.records if record.status == status]


ExerciseMachine.TestCase.settings = settings(
    max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
ExerciseMachine.TestCase.pytestmark = [pytest.mark.timeout(300)]  # what is found has to be made small
test_exercises_and_live_traffic_stay_apart = ExerciseMachine.TestCase
