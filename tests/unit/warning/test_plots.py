"""Figures that no sensor gives, well-formed as they are, go into no filter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.launch_feed import ALL, START, admit, detection, detections, flight_of, launches, make_desk, run

from tocsin.codec import encode
from tocsin.records import Detection, Position

EXTREMES = (
    {"range_m": 1e308}, {"range_m": 5e-324}, {"range_sigma_m": 1e160}, {"range_sigma_m": 5e-324},
    {"angle_sigma_deg": 1e308}, {"angle_sigma_deg": 5e-324}, {"bias_sigma_deg": 1e160}, {"bias_sigma_deg": -1.0},
    {"sensor": Position(lat_deg=90.0, lon_deg=180.0, altitude_m=1e308)},
    {"sensor": Position(lat_deg=-90.0, lon_deg=0.0, altitude_m=-1e308)},
)  # fmt: skip


def polar(number, **change):
    fields = {
        "sensor_id": "radar-x", "sensor": Position(lat_deg=38.0, lon_deg=138.5), "range_m": 700_000.0,
        "range_sigma_m": 50.0, "azimuth_deg": 301.0, "elevation_deg": 12.0, "angle_sigma_deg": 0.1,
    }  # fmt: skip
    at = START + timedelta(seconds=number)
    return detection(Detection(**{**fields, **change}), id_=f"extreme-{number}", at=at, member="JPN")


@pytest.mark.parametrize("change", EXTREMES, ids=str)
def test_extreme_figures_begin_no_track_and_break_nothing(change):
    desk = make_desk("KOR")
    assert run(desk, [polar(number, **change) for number in range(6)], until_s=8) == []
    assert all(not picture.fusion.tracks for picture in desk.pictures)


@pytest.mark.parametrize("sigma_m", [1e308, 5e-324])
def test_extreme_copies_begin_no_track(sigma_m):
    body = Detection(position=Position(lat_deg=40.0, lon_deg=128.0, altitude_m=1e5), position_sigma_m=sigma_m)
    desk = make_desk("KOR")
    desk.take([admit(detection(body, id_="copy", at=START), START)], START)
    assert all(not picture.fusion.tracks for picture in desk.pictures)


def test_what_comes_with_extremes_is_fused_as_if_they_were_not_there():
    honest = detections(flight_of("NK-20170828-01"), members=("KOR", "USA"))[:120]
    extremes = [polar(60 + number, **change) for number, change in enumerate(EXTREMES)]
    plain = run(make_desk("KOR"), honest, until_s=150)
    assert launches(plain, ALL)
    mixed = run(make_desk("KOR"), [*honest, *extremes], until_s=150)
    assert [(second, encode(record)) for second, record in mixed] == [
        (second, encode(record)) for second, record in plain
    ]


def test_the_end_of_time_is_no_time_of_measurement():
    last = datetime.max.replace(tzinfo=UTC)
    body = Detection(position=Position(lat_deg=40.0, lon_deg=128.0, altitude_m=1e5), position_sigma_m=1e3)
    desk = make_desk("KOR")
    desk.take([admit(detection(body, id_="late", at=last), START)], START)
    assert all(not picture.fusion.tracks for picture in desk.pictures)
