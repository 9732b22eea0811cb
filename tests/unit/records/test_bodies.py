from __future__ import annotations

import msgspec
import pytest

from tocsin.markings import marking_for
from tocsin.records import (
    GEOCENTRIC,
    MAX_NUMBER,
    ChainId,
    Detection,
    Downgrade,
    Head,
    Heads,
    Impact,
    Launch,
    MemberTrack,
    Overflight,
    Person,
    Position,
    Precedence,
    Request,
    SameEvent,
    TrackPoint,
)
from tocsin.testing.federation import START

NAIVE = START.replace(tzinfo=None)
HERE = Position(lat_deg=38, lon_deg=138)
POLAR = {"sensor": HERE, "azimuth_deg": 10.0, "elevation_deg": 5.0, "angle_sigma_deg": 0.1}
RANGE = {"range_m": 1.0, "range_sigma_m": 1.0}
IMPACT = {
    "lat_deg": 40, "lon_deg": 140, "ellipse_95_km": (9, 4), "ellipse_bearing_deg": 90, "at": START, "at_sigma_s": 2,
}  # fmt: skip


@pytest.mark.parametrize(
    "place", [{"lat_deg": 91, "lon_deg": 0}, {"lat_deg": 0, "lon_deg": 181}, {"lat_deg": float("nan"), "lon_deg": 0},
              {"lat_deg": 0, "lon_deg": 0, "altitude_m": float("inf")}]
)  # fmt: skip
def test_no_place_on_earth(place):
    with pytest.raises(ValueError, match="is no place"):
        Position(**place)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "a detection has sensor"),
        ({"sensor": HERE}, "a detection has sensor"),
        (POLAR | {"position": HERE, "position_sigma_m": 10.0}, "a detection has sensor"),
        ({"position": HERE}, "a detection has sensor"),
        (POLAR | {"range_m": 1.0}, "come together"),
        (POLAR | {"range_m": -1.0, "range_sigma_m": 1.0}, "range_m is greater"),
        (POLAR | {"range_m": 1.0, "range_sigma_m": 0.0}, "a sigma is greater"),
        (POLAR | RANGE | {"range_rate_mps": 1.0}, "range_rate_mps and range_rate_sigma_mps come together"),
        (POLAR | RANGE | {"range_rate_sigma_mps": 1.0}, "range_rate_mps and range_rate_sigma_mps come together"),
        (POLAR | {"range_rate_mps": 1.0, "range_rate_sigma_mps": 1.0}, "needs a range_m"),
        (POLAR | RANGE | {"range_rate_mps": 1.0, "range_rate_sigma_mps": 0.0}, "a sigma is greater"),
        (POLAR | RANGE | {"range_rate_mps": float("inf"), "range_rate_sigma_mps": 1.0}, "needs a range_m"),
        (POLAR | {"angle_sigma_deg": -1.0}, "a sigma is greater"),
        (POLAR | {"azimuth_deg": 360.0}, "azimuth_deg"),
        (POLAR | {"elevation_deg": 91.0}, "elevation_deg"),
    ],
)
def test_a_detection_that_says_too_little_or_too_much(fields, says):
    with pytest.raises(ValueError, match=says):
        Detection(**fields)


def test_detections_that_stand():
    assert Detection(**POLAR).range_m is None
    assert Detection(**POLAR, range_m=1.0, range_sigma_m=1.0).range_m == 1.0
    assert Detection(**POLAR, **RANGE, range_rate_mps=-700.0, range_rate_sigma_mps=2.0).range_rate_mps == -700.0
    assert Detection(position=HERE, position_sigma_m=1.0).sensor is None


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"stage": "closed"}, "an outcome stands with stage closed"),
        ({"stage": "detected", "outcome": "lost"}, "an outcome stands with stage closed"),
        ({"stage": "predicted"}, "needs an impact"),
        ({"stage": "detected", "launched_at": NAIVE}, "UTC"),
        ({"stage": "detected", "last_detection_at": NAIVE}, "UTC"),
    ],
)
def test_stages_that_contradict_themselves(fields, says):
    with pytest.raises(ValueError, match=says):
        Launch(event_id="e", revision=1, **fields)


def test_stages_that_stand():
    assert Launch(event_id="e", revision=2, stage="predicted", impact=Impact(**IMPACT)).impact.manoeuvre_km == 0
    assert Launch(event_id="e", revision=3, stage="closed", outcome="impact").outcome == "impact"


def test_times_are_utc_everywhere():
    with pytest.raises(ValueError, match="UTC"):
        Impact(**IMPACT | {"at": NAIVE})
    with pytest.raises(ValueError, match="UTC"):
        Overflight(area="JP-01", passes_at=NAIVE, altitude_m=1)
    with pytest.raises(ValueError, match="UTC"):
        TrackPoint(at=NAIVE, lat_deg=0, lon_deg=0, altitude_m=0, speed_mps=0, heading_deg=0, climb_deg=0, sigma_m=1)
    with pytest.raises(ValueError, match="UTC"):
        Heads(clock_at=NAIVE, heads=())


def test_the_lower_event_goes_on():
    assert SameEvent(event_id="a", alias="b", gate="1 km").alias == "b"
    for pair in ({"event_id": "b", "alias": "a"}, {"event_id": "a", "alias": "a"}):
        with pytest.raises(ValueError, match="lower"):
            SameEvent(**pair, gate="1 km")


TRACK = {
    "track_id": "t", "event_id": "e", "at": START, "frame": GEOCENTRIC, "position_m": (-3e6, 4e6, 4e6),
    "velocity_mps": (0.0, 0.0, 1e3), "log_drag": -8.5, "highest_m": 9e4, "free_probability": 0.5, "sensors": 2,
    "covariance": tuple(float(column == row) for row in range(7) for column in range(row, 7)), "detections": 8,
    "own_sensors": 1, "own_detections": 4, "first_detection_at": START, "last_detection_at": START,
}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"at": NAIVE}, "UTC"),
        ({"last_detection_at": NAIVE}, "UTC"),
        ({"first_detection_at": NAIVE}, "UTC"),
    ],
)
def test_times_of_a_track_are_utc(fields, says):
    assert MemberTrack(**TRACK).detections == 8
    with pytest.raises(ValueError, match=says):
        MemberTrack(**TRACK | fields)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"covariance": [1.0] * 27}, "length >= 28"),
        ({"free_probability": 1.5}, "<= 1"),
        ({"sensors": 0}, ">= 1"),
        ({"own_detections": -1}, ">= 0"),
    ],
)
def test_a_track_keeps_to_its_bounds(fields, says):
    with pytest.raises(msgspec.ValidationError, match=says):
        msgspec.convert(TRACK | fields, MemberTrack)


@pytest.mark.parametrize("number", [-1, MAX_NUMBER + 1])
def test_numbers_are_what_every_reader_takes(number):
    with pytest.raises(ValueError, match="from 0"):
        Head(originator="KOR", precedence=Precedence.FLASH, epoch="E", number=number)
    with pytest.raises(ValueError, match="from 0"):
        Head(originator="KOR", precedence=Precedence.FLASH, epoch="E", number=1, resumes=("D", number, "h"))
    with pytest.raises(ValueError, match="from 0"):
        Heads(clock_at=START, heads=(), count=number)


@pytest.mark.parametrize(("after", "up_to"), [(-1, 3), (3, 3), (4, 3), (0, MAX_NUMBER + 1)])
def test_a_request_is_for_something(after, up_to):
    with pytest.raises(ValueError, match="a request is for"):
        Request(originator="KOR", precedence=Precedence.FLASH, epoch="E", after=after, up_to=up_to)


def test_what_a_releaser_signs_is_all_but_the_signature():
    order = Downgrade(
        source_ids=("a",), fields=("b",), marking=marking_for("JPN"), reason="r", keyid="k", signature="one",
        releaser=Person(role="releaser", pseudonym="R-7"),
    )  # fmt: skip
    assert b'"signature":""' in order.statement()
    assert order.statement().index(b'"fields"') < order.statement().index(b'"keyid"')


def test_a_chain_knows_its_members():
    assert ChainId("KOR", "JPN-KOR", "test", Precedence.FLASH).members == ("JPN", "KOR")
