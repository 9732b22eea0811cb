from __future__ import annotations

import math

import pytest

from launch_feed import ALL, START, admit, detections, flight_of, launches, make_desk, run
from tocsin.synthesis.launches import load_launches
from tocsin.synthesis.level_flight import LevelFlight
from tocsin.warning import WarningSettings
from tocsin.warning.classification import AIRCRAFT, BALLISTIC_FLIGHT, CLASSES, CLUTTER, Finding, classify
from tocsin.warning.grading import grade_of
from tocsin.warning.plots import plot_of
from tocsin.warning.stages import LOW_AND_LEVEL
from tocsin.warning.track import begin

SETTINGS = WarningSettings()
LONG = "NK-20170828-01"


def cruise(**changes):
    figures = {
        "launch": load_launches().rows[0], "lat_deg": 38.0, "lon_deg": 128.0, "bearing_deg": 150.0,
        "altitude_m": 9000.0, "speed_mps": 250.0, "duration_s": 120.0,
    }  # fmt: skip
    return LevelFlight(**figures | changes)


def track_of(target, count, members=("KOR",)):
    plots = [plot_of(admit(record, START)) for record in detections(target, members=members)[:count]]
    track = begin(plots[0], SETTINGS)
    for plot in plots[1:]:
        track.add(plot)
    return track


@pytest.fixture(scope="module")
def said_of_long():
    return launches(run(make_desk("JPN", audiences=()), detections(flight_of(LONG)), until_s=200.0))


def test_every_record_says_what_it_may_be_and_why(said_of_long):
    for _, body in said_of_long:
        assert tuple(entry.name for entry in body.classes) == CLASSES
        assert math.isclose(sum(entry.probability for entry in body.classes), 1.0, abs_tol=1e-9)
        assert body.ballistic_probability == pytest.approx(body.classes[0].probability, abs=1e-4)
        assert all(entry.times >= 3.0 and entry.speaks_for in CLASSES for entry in body.evidence)
        assert [entry.times for entry in body.evidence] == sorted((e.times for e in body.evidence), reverse=True)
    told = {entry.what: entry for entry in said_of_long[-1][1].evidence}
    assert told["falls freely, for"].unit == "s"
    assert told["falls freely, for"].speaks_for == BALLISTIC_FLIGHT
    assert told["speed beyond aircraft"].speaks_against == AIRCRAFT


def test_nothing_is_foretold_before_the_class_is_ballistic(said_of_long):
    stages = [(body.stage, body.ballistic_probability) for _, body in said_of_long]
    assert ("predicted", True) in [(stage, p >= 0.9) for stage, p in stages]
    assert all(p >= 0.9 for stage, p in stages if stage == "predicted")
    assert stages[0][1] < 0.9


def test_what_flies_low_and_level_is_said_to_and_gets_no_impact():
    said = launches(run(make_desk("KOR", audiences=()), detections(cruise(), members=("KOR",)), until_s=110.0))
    assert [body.stage for _, body in said] == ["detected", "assessed"]
    assert said[-1][1].label == LOW_AND_LEVEL
    assert said[-1][1].grade == "member"
    assert {entry.name: entry.probability for entry in said[-1][1].classes}[AIRCRAFT] >= 0.9


@pytest.mark.parametrize(("starts", "is_clutter"), [(1.0, False), (1e7, True)])
def test_how_much_clutter_there_is_decides_what_three_plots_are(starts, is_clutter):
    settings = WarningSettings(clutter_starts=starts)
    assert (classify(track_of(flight_of(LONG), 3), settings)[CLUTTER] > 0.5) is is_clutter
    assert classify(track_of(flight_of(LONG), 12), settings)[CLUTTER] < 0.01


def test_a_finding_speaks_for_the_likelier_of_the_classes_it_hardly_tells_apart():
    finding = Finding("speed beyond aircraft", 2.34567, "km/s", (0.75, 0.8, 0.001, 0.5))
    told = finding.evidence((0.7, 0.2, 0.1, 0.0))
    assert (told.speaks_for, told.speaks_against, told.value, told.times) == ("ballistic", "aircraft", 2.346, 750.0)
    assert finding.evidence((0.2, 0.7, 0.1, 0.0)).speaks_for == "space_launch"
    assert Finding("x", 1.0, "", (1.0, 0.0, 0.0, 0.0)).evidence((1.0, 0.0, 0.0, 0.0)).times == 1e6


def test_sensors_of_two_members_or_the_longer_rule_make_the_grade_for_the_public():
    flight = flight_of(LONG)
    alone = track_of(flight, 24)
    by_one = grade_of(alone, classify(alone, SETTINGS), SETTINGS)
    assert by_one.grade == "member"  # it burns still, and no one else has seen it
    assert "P(ballistic) 0.9" in by_one.basis
    free = track_of(flight, 140)
    by_rule = grade_of(free, classify(free, SETTINGS), SETTINGS)
    assert (by_rule.grade, by_rule.basis.split(":")[0]) == ("public", "confirmed by the longer rule")
    shared = track_of(flight, 40, members=ALL)
    by_two = grade_of(shared, classify(shared, SETTINGS), SETTINGS)
    assert by_two.grade == "public"
    assert "agree" in by_two.basis
    few = track_of(flight, 5)
    assert "6 plots, has 5" in grade_of(few, classify(few, SETTINGS), SETTINGS).basis


def test_two_members_that_see_an_aircraft_make_no_grade():
    track = track_of(cruise(), 60, members=("KOR", "JPN"))
    graded = grade_of(track, classify(track, SETTINGS), SETTINGS)
    assert graded.grade == "member"
    assert "motion like a launch's" in graded.basis


def test_the_grade_once_given_stays(said_of_long):
    grades = [body.grade for _, body in said_of_long]
    assert grades[0] == "member"
    assert grades[-1] == "public"
    assert grades == sorted(grades)
