"""Sensors on the map: what plots tell of them, what the configuration adds, and who may see it."""

from __future__ import annotations

import itertools
from datetime import timedelta

import msgspec
import pytest
from tests.sealed import START, make_record
from tests.unit.web.conftest import Desk, agreed

from tocsin.markings import marking_for
from tocsin.records import Detection, Position, WatchFloor
from tocsin.web import Coverage, DeclaredSensor
from tocsin.web.gateway import Gateway
from tocsin.web.picture import SILENT_STAYS, PictureBook
from tocsin.web.sensors import SECTORS, ground_range_km
from tocsin.web.shown import show

_count = itertools.count(1)
EVERYBODY = marking_for("JPN", "KOR", "USA")


def plot(sensor_id="a", *, originator="JPN", azimuth_deg=275.0, range_m: float | None = 500e3, **fields):
    body = Detection(
        sensor_id=sensor_id, sensor=Position(lat_deg=38.0, lon_deg=138.5), azimuth_deg=azimuth_deg, elevation_deg=10.0,
        angle_sigma_deg=0.1, range_m=range_m, range_sigma_m=None if range_m is None else 50.0,
    )  # fmt: skip
    return make_record(
        f"D-{next(_count)}", originator=originator, kind="warning.detection", body=msgspec.to_builtins(body),
        observed_at=START, **fields,
    )  # fmt: skip


def declared(sensor_id: str, *audience: str) -> DeclaredSensor:
    covers = Coverage(range_km=1000.0, from_deg=240.0, to_deg=360.0)
    return DeclaredSensor(
        sensor_id=sensor_id, lat_deg=36.5, lon_deg=127.5, altitude_m=0.0, coverage=covers, audience=audience or ("KOR",)
    )


def book_of(desk: Desk, *records) -> PictureBook:
    book = PictureBook("KOR")
    for status in {record.status for record in records if record.status.startswith("exercise:")}:
        book.hear(stored.admitted for stored in desk.admit(*agreed(status)))
    for shown in show(desk.admit(*records), WatchFloor("KOR")):
        book.take(shown)
    return book


def test_plots_tell_how_far_a_sensor_saw_and_where(desk: Desk) -> None:
    book = book_of(desk, plot(azimuth_deg=10.0), plot(azimuth_deg=14.0, range_m=700e3), plot("ir", range_m=None))
    seen, infrared = book.sensors.items()
    assert (seen.member, seen.sensor_id, seen.plots, seen.coverage, seen.world) == ("JPN", "a", 2, None, "test")
    assert len(seen.reach_km) == SECTORS
    assert seen.reach_km[0] == pytest.approx(
        ground_range_km(msgspec.json.decode(plot(range_m=700e3).body, type=Detection)), abs=0.1
    )
    assert set(seen.reach_km[1:]) == {0.0}
    assert set(infrared.reach_km) == {0.0}


def test_ground_range_is_less_than_the_range_by_the_height() -> None:
    body = msgspec.json.decode(plot(range_m=1000e3).body, type=Detection)
    assert 900.0 < (ground_range_km(body) or 0.0) < 1000.0 * 0.985


def test_an_exercise_says_nothing_of_a_real_sensor_and_the_narrowest_marking_holds(desk: Desk) -> None:
    items = book_of(
        desk, plot(), plot(marking=marking_for("JPN", "KOR")), plot(status="exercise:bell-1"),
    ).sensors.items()  # fmt: skip
    assert [(item.world, item.audience, item.plots) for item in items] == [
        ("exercise", ("JPN", "KOR", "USA"), 1), ("test", ("JPN", "KOR"), 2),
    ]  # fmt: skip


def test_a_coarsened_plot_tells_of_no_sensor(desk: Desk) -> None:
    body = Detection(position=Position(lat_deg=39.0, lon_deg=130.0, altitude_m=1e5), position_sigma_m=500.0)
    record = make_record("C-1", kind="warning.detection", body=msgspec.to_builtins(body), observed_at=START)
    assert book_of(desk, record).sensors.items() == ()


def test_own_sensors_come_with_what_they_cover_plots_or_not(desk: Desk) -> None:
    book = book_of(desk, plot("own", originator="KOR"), plot("own", originator="JPN"))
    items = {
        (item.member, item.sensor_id): item
        for item in book.sensors.items([declared("own"), declared("silent", "JPN", "KOR")], member="KOR")
    }
    assert items["JPN", "own"].coverage is None
    assert items["KOR", "own"].coverage is not None
    assert (items["KOR", "own"].audience, items["KOR", "own"].plots) == (("KOR",), 1)
    silent = items["KOR", "silent"]
    assert (silent.world, silent.plots, silent.audience) == (None, 0, ("JPN", "KOR"))


def test_what_is_silent_for_hours_is_forgotten_but_not_what_is_declared(desk: Desk) -> None:
    book = book_of(desk, plot())
    book.forget(START + SILENT_STAYS + timedelta(minutes=1))
    assert [item.sensor_id for item in book.sensors.items([declared("own")], member="KOR")] == ["own"]


def test_the_page_asks_for_them(officer, desk: Desk, gateway: Gateway) -> None:
    gateway.take(desk.admit(plot()))
    (item,) = officer.get("/api/v1/sensors").json()
    assert (item["sensor_id"], item["first_admitted_at"] is not None) == ("a", True)
    assert officer.get("/api/v1/session").json()["naming"] == {}
