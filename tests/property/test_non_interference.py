"""What two members share between them changes nothing, not a bit, in what a third one gets (spec 8.7).

A flight is seen by the sensors of three members; Hypothesis marks each plot for everyone, for two, or for its own
member. Whole members (exchange and warning desk) are run twice in memory: once with all plots, once without those
that the third member may not have. What everyone is told, and all that the third member holds, must be the same
bytes in both runs.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Sequence
from datetime import timedelta

import msgspec
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from tests.launch_feed import ALL, START, detections, flight_of

from tocsin.markings import marking_for
from tocsin.records import Record
from tocsin.testing import MemoryFederation, make_federation
from tocsin.warning import WarningDesk, WarningSettings

FLIGHT = "NK-20170828-01"
UNTIL_S = 160
STEP_S = 5
EVERY = 7
"""One plot in so many of each member's is taken."""
AUDIENCES = {"USA": (ALL, ("JPN", "USA"), ("KOR", "USA")), "JPN": (ALL, ("JPN", "USA")), "KOR": (ALL, ("KOR", "USA"))}


class Members:
    """Three members in memory: what their desks say is exchanged, and comes back to the desks a second later."""

    def __init__(self, links: str) -> None:
        self.memory = MemoryFederation(make_federation(ALL, links))
        self.memory.federation.clock.step_to(START)
        self.desks = {code: self._desk(code) for code in ALL}
        self.said: list[Record] = []
        self._given = dict.fromkeys(ALL, 0)

    def _desk(self, code: str) -> WarningDesk:
        numbers = itertools.count()
        return WarningDesk(
            code, AUDIENCES[code], WarningSettings(),
            lambda: hashlib.sha256(f"{code} {next(numbers)}".encode()).hexdigest()[:32],
        )  # fmt: skip

    def run(self, plots: Iterable[Record]) -> None:
        """Play the flight, some seconds at a time."""
        waiting = sorted(plots, key=lambda record: (record.observed_at, record.id))
        for second in range(0, UNTIL_S, STEP_S):
            now = START + timedelta(seconds=second)
            for member in self.memory.members.values():
                member.clock.step_to(now)
            due = [record for record in waiting if record.observed_at <= now]
            waiting = waiting[len(due) :]
            for code in ALL:
                for record in due:
                    if record.originator == code:
                        self.memory.submit(code, [record])
            self.memory.deliver_all()
            for code in ALL:
                self._work(code, now)
            self.memory.deliver_all()

    def _work(self, code, now):
        kept = list(self.memory.members[code].kept.values())
        fresh = [entry for frame in kept[self._given[code] :] for entry in frame.records]
        self._given[code] = len(kept)
        for records in (self.desks[code].take(fresh, now), self.desks[code].tick(now)):
            if records:
                self.memory.submit(code, records)
                self.said += records

    def to(self, audience: Sequence[str]) -> list[tuple[str, bytes]]:
        """Return what was said to an audience: originator and the record's bytes."""
        found = [
            (entry.record.originator, entry.raw)
            for member in self.memory.members.values()
            for frame in member.kept.values()
            for entry in frame.records
            if frame.ref.chain.members == tuple(audience) and frame.ref.chain.originator == member.code
        ]
        return sorted(found)

    def held_by(self, code: str) -> list[bytes]:
        """Return all records that a member holds, in the order in which they came."""
        return [entry.raw for frame in self.memory.members[code].kept.values() for entry in frame.records]


def plots(marks: Sequence[tuple[str, ...]]) -> list[Record]:
    """Return a thinned flight's plots, each marked by the next of the marks, its own member always among them."""
    taken = [
        record
        for code in ALL
        for record in detections(flight_of(FLIGHT), members=(code,))[::EVERY]
        if record.observed_at <= START + timedelta(seconds=UNTIL_S - STEP_S)
    ]
    taken.sort(key=lambda record: (record.observed_at, record.id))
    marked = []
    for record, mark in zip(taken, itertools.cycle(marks), strict=False):
        audience = mark if record.originator in mark else (record.originator,)
        marked.append(msgspec.structs.replace(record, marking=marking_for(*audience)))
    return marked


MARKS = (ALL, ("JPN", "USA"), ("KOR", "USA"), ("JPN", "KOR"), ("JPN",), ("KOR",), ("USA",))


@pytest.mark.parametrize("links", ["mesh", "hub"])
@settings(max_examples=6)
@given(
    marks=st.lists(st.sampled_from([*MARKS, ALL, ALL, ALL]), min_size=1, max_size=40),
    third=st.sampled_from(ALL),
)
def test_what_two_share_changes_no_bit_of_what_a_third_gets(links, marks, third):
    everything = plots(marks)
    for_third = [record for record in everything if record.marking.allows([third])]
    event(f"{third} may have {10 * len(for_third) // len(everything)} tenths")
    full, less = Members(links), Members(links)
    full.run(everything)
    less.run(for_third)
    assert full.held_by(third) == less.held_by(third)
    for audience in {(*ALL,)} | {mark for mark in MARKS if third in mark}:
        if audience != (third,):
            assert full.to(audience) == less.to(audience), audience
