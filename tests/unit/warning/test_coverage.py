from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from launch_feed import START, admit, detections, flight_of, launches, make_desk, run
from tocsin.warning.coverage import Coverage
from tocsin.warning.plots import plot_of
from tocsin.warning.settings import WarningSettings
from tocsin.warning.track import begin

LONG = "NK-20170828-01"


def until(records, end_s):
    return [record for record in records if (record.observed_at - START).total_seconds() <= end_s]


@pytest.fixture(scope="module")
def seen_of_long():
    return detections(flight_of(LONG), members=("KOR",))


def last_of(records, until_s):
    return launches(run(make_desk("KOR", audiences=()), records, until_s=until_s))[-1]


def test_what_is_lost_under_thrust_says_where_and_how_old_that_is(seen_of_long):
    records = until(seen_of_long, 100.0)
    second, body = last_of(records, 200.0)
    assert (body.stage, body.outcome) == ("closed", "lost")
    assert body.lost_at == body.track
    assert body.lost_at.at <= records[-1].observed_at
    assert body.lost_age_s == pytest.approx(second - (body.last_detection_at - START).total_seconds(), abs=1e-3)
    assert body.lost_age_s >= 60.0
    assert body.impact is None


def plots_of(records):
    return [plot_of(admit(record, START)) for record in records]


@pytest.fixture(scope="module")
def lost(seen_of_long):
    """A track whose plots cease under thrust."""
    first, *others = plots_of(until(seen_of_long, 100.0))
    track = begin(first, WarningSettings())
    for plot in others:
        track.add(plot)
    return track


@pytest.mark.parametrize(
    ("seen_until_s", "heard_until_s", "words"),
    [
        (100.0, 100.0, "left what the sensors that followed it are known to see"),
        (160.0, 160.0, "should have seen more of it and saw other things since"),
        (160.0, 99.0, "should have seen more of it, but told of nothing since"),
    ],
)
def test_whether_a_sensor_should_have_seen_more_goes_by_what_it_saw(lost, seen_until_s, heard_until_s, words):
    coverage = Coverage()
    like_it = detections(flight_of(LONG), members=("KOR",), seed=2)
    for record in until(like_it, seen_until_s):
        early_s = max(0.0, (record.observed_at - START).total_seconds() - heard_until_s)
        at = record.observed_at - timedelta(seconds=early_s)
        coverage.note(plots_of([msgspec.structs.replace(record, observed_at=at)]))
    assert words in coverage.why_lost(lost, lost.time_s + 60.0)


def test_copies_of_coverage_go_their_own_ways(lost, seen_of_long):
    coverage = Coverage()
    coverage.note(plots_of(until(seen_of_long, 100.0)))
    copy = coverage.copy()
    copy.note(plots_of(until(seen_of_long, 200.0)))
    assert "left" in coverage.why_lost(lost, lost.time_s + 60.0)
    assert "should" in copy.why_lost(lost, lost.time_s + 60.0)
