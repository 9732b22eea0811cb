"""Laws of fusion: what one audience is told depends on nothing that it may not have, nor on the order of arrival."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import event, given, settings
from hypothesis import strategies as st

from launch_feed import ALL, START, admit, detections, federate, flight_of, make_desk, run
from tocsin.codec import encode
from tocsin.markings import marking_for
from tocsin.records import body_of
from tocsin.warning.twin import Twin

FLIGHT = "NK-20170528-01"
UNTIL_S = 110.0
BILATERAL = ("JPN", "KOR")


def told(said, audience):
    return [(second, encode(record)) for second, record in said if record.marking.releasable_to == audience]


@settings(max_examples=12)
@given(st.lists(st.booleans(), min_size=40, max_size=40), st.integers(0, 3))
def test_removing_bilateral_detections_changes_no_bit_of_the_trilateral_picture(pattern, seed):
    def marking_of(member, number):
        is_bilateral = member == "KOR" and pattern[number % len(pattern)]
        return marking_for(*BILATERAL) if is_bilateral else marking_for(*ALL)

    records = detections(flight_of(FLIGHT), seed=seed, marking_of=marking_of)
    open_to_all = [record for record in records if record.marking.releasable_to == ALL]
    audiences = (ALL, BILATERAL)
    with_all = run(make_desk("JPN", audiences=audiences), records, until_s=UNTIL_S)
    without = run(make_desk("JPN", audiences=audiences), open_to_all, until_s=UNTIL_S)
    assert told(with_all, ALL) == told(without, ALL)


@settings(max_examples=8)
@given(st.randoms(use_true_random=False))
def test_order_within_a_batch_changes_no_bit(random):
    records = sorted(detections(flight_of(FLIGHT)), key=lambda record: record.observed_at)
    said = []
    for shuffles in (False, True):
        desk, told_here, position = make_desk("JPN"), [], 0
        for second in range(int(UNTIL_S)):
            now = START + timedelta(seconds=second)
            batch = []
            while position < len(records) and records[position].observed_at <= now:
                batch.append(admit(records[position], now))
                position += 1
            if shuffles:
                random.shuffle(batch)
            told_here += [encode(record) for record in desk.take(batch, now) + desk.tick(now)]
        said.append(told_here)
    assert said[0] == said[1]
    assert said[0]


@settings(max_examples=8)
@given(st.integers(0, 1000), st.floats(0.0, 2.0))
def test_no_impact_is_told_before_burnout_and_every_radius_is_two_kilometres_at_least(seed, delay_s):
    flight = flight_of(FLIGHT)
    records = detections(flight, seed=seed, start=START + timedelta(seconds=delay_s))
    for second, record in run(make_desk("JPN", audiences=()), records, until_s=UNTIL_S):
        body = body_of(record)
        if body.impact is not None:
            assert second > flight.burnout_s + delay_s
            assert body.impact.ellipse_95_km[0] >= body.impact.ellipse_95_km[1] > 0
            assert body.stage in ("predicted", "closed")
        if body.launch_point is not None:
            assert body.launch_point.radius_km >= 2.0


MARKS = (ALL, BILATERAL, ("JPN",), ("KOR",), ("USA",))


@settings(max_examples=10)
@given(
    st.lists(st.sampled_from([ALL, ALL, ALL, *MARKS]), min_size=1, max_size=40),
    st.sampled_from([0, 60, 150, 300, 10_000]),
    st.integers(0, 3),
    st.sampled_from([(ALL,), (ALL, BILATERAL), (BILATERAL,)]),
)
def test_a_twin_says_to_the_bit_what_a_picture_fused_twice_says(marks, first, seed, audiences):
    """Up to plot ``first`` everything is for all members, from there on by ``marks``."""

    def marking_of(member, number):
        mark = marks[number % len(marks)] if number >= first else ALL
        return marking_for(*(mark if member in mark else (member,)))

    records = detections(flight_of(FLIGHT), seed=seed, marking_of=marking_of)
    said = []
    for has_twins in (True, False):
        desks = {member: make_desk(member, audiences=audiences) for member in BILATERAL}
        for desk in desks.values():
            desk._has_twins = has_twins
        told_here = federate(desks, records, until_s=UNTIL_S)
        said.append({member: [(at_s, encode(record)) for at_s, record in told_here[member]] for member in BILATERAL})
        if has_twins:
            kept = sum(isinstance(picture, Twin) for desk in desks.values() for picture in desk._pictures.values())
            event(f"{kept} twins in the end")
    assert said[0] == said[1]
