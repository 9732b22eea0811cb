from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import resources

import msgspec
import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from tocsin.geo.geodesic import destination, distance_m
from tocsin.records import Impact
from tocsin.warning import Region, region_of, warning_areas
from tocsin.warning.areas import ellipse_ring, on_earth


def region(lat_deg, lon_deg, *, semi_axes_km=(10.0, 4.0), bearing_deg=90.0, margin_km=5.0):
    return Region(lat_deg, lon_deg, ellipse_ring(semi_axes_km, bearing_deg), margin_km)


def test_every_area_is_valid_and_named():
    areas = warning_areas()
    assert len({area.id for area in areas.areas}) == len(areas.areas) == 108
    assert all(outline.is_valid and not outline.is_empty for outline in areas.outlines)
    assert {area.member for area in areas.areas} == {"JPN", "KOR", "USA"}
    for area in areas.areas:
        assert area.name_en
        assert area.name_local
        assert "outer islands" not in area.name_en
        if area.part_of is not None:
            whole = areas.by_id(area.part_of)
            assert area.id.startswith(f"{whole.id}/island-")
            assert area.member == whole.member
            assert area.name_en != whole.name_en
            assert area.name_local != whole.name_local


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg", "area"),
    [
        (43.06, 141.35, "JP-01"),  # Sapporo
        (35.68, 139.70, "JP-13"),  # Tokyo
        (35.04, 139.168, "JP-22"),  # Hatsushima belongs to Shizuoka
        (27.07, 142.215, "JP-13/island-4"),  # Chichijima
        (24.78, 141.32, "JP-13/island-6"),  # Iwo To
        (38.03, 138.40, "JP-15/island-1"),  # Sado
        (34.21, 129.24, "JP-42/island-1"),  # Tsushima
        (28.30, 129.40, "JP-46/island-6"),  # Amami belongs to Kagoshima
        (27.04, 128.43, "JP-46/island-8"),  # so does Yoron
        (26.50, 127.96, "JP-47"),  # Okinawa
        (37.55, 127.00, "KR-11"),  # Seoul
        (37.95, 124.67, "KR-28/island-1"),  # Baengnyeongdo
        (37.50, 130.86, "KR-47/island-1"),  # Ulleungdo
        (33.38, 126.55, "KR-49"),  # Jeju
        (13.45, 144.78, "US-GU"),  # Guam
        (21.47, -157.97, "US-HI"),  # Oahu
    ],
)
def test_places_lie_in_their_areas(lat_deg, lon_deg, area):
    assert warning_areas().touched(shapely.Point(lon_deg, lat_deg)) == (area,)


def test_centroids_in_the_file_are_those_of_the_outlines():
    text = resources.files("tocsin.warning").joinpath("data", "warning_areas.geojson").read_text(encoding="utf-8")
    for feature in json.loads(text)["features"]:
        centre = shape(feature["geometry"]).centroid
        assert feature["properties"]["centroid"] == pytest.approx([centre.x, centre.y], abs=0.01)


def test_a_region_is_as_large_as_it_says_in_every_direction():
    whole = region(40.0, 135.0, semi_axes_km=(30.0, 10.0), bearing_deg=70.0)
    outline = whole.outline()
    for bearing_deg, reach_km in [(70.0, 35.0), (250.0, 35.0), (160.0, 15.0), (340.0, 15.0)]:
        inside = destination(40.0, 135.0, bearing_deg, (reach_km - 0.7) * 1e3)
        outside = destination(40.0, 135.0, bearing_deg, (reach_km + 0.7) * 1e3)
        assert outline.contains(shapely.Point(inside[1], inside[0]))
        assert not outline.contains(shapely.Point(outside[1], outside[0]))
    assert whole.box().contains(outline)


@pytest.mark.parametrize("lon_deg", [135.0, 179.9, -179.9])
def test_a_region_comes_back_from_the_record_that_tells_it(lon_deg):
    ring = ellipse_ring((60.0, 9.0), 60.0) + np.array([30.0, 10.0])
    corners = on_earth(40.0, lon_deg, ring)
    impact = Impact(
        lat_deg=40.0, lon_deg=lon_deg, ellipse_95_km=(5.0, 2.0), ellipse_bearing_deg=60.0,
        at=datetime(2026, 3, 1, tzinfo=UTC), at_sigma_s=1.0, region=tuple(map(tuple, corners.tolist())),
    )  # fmt: skip
    assert np.allclose(region_of(impact).ring_km, ring, atol=1e-3)
    bare = region_of(msgspec.structs.replace(impact, region=()))
    assert np.allclose(bare.ring_km, ellipse_ring((5.0, 2.0), 60.0))


def test_shares_of_places_are_those_that_a_point_by_point_look_gives():
    areas = warning_areas()
    random = np.random.default_rng(5)
    places = np.column_stack([random.uniform(138.0, 142.0, 400), random.uniform(38.0, 42.0, 400)])
    shares = areas.shares(places)
    for area, outline in zip(areas.areas, areas.outlines, strict=True):
        expected = np.array([outline.contains(shapely.Point(place)) for place in places])
        assert np.array_equal(shares.get(area.id, np.zeros(400, bool)), expected), area.id
    over = np.array([[181.0, 52.0], [-179.0, 52.0], [181.0, 66.0]])
    assert areas.shares(over[:1]).keys() == areas.shares(over[1:2]).keys()


def test_areas_at_risk_are_those_within_the_margin():
    areas = warning_areas()
    assert areas.at_risk(region(40.0, 135.0)) == ()
    assert "JP-05" in areas.at_risk(region(39.72, 140.0, semi_axes_km=(1.0, 1.0)))
    assert areas.at_risk(region(27.1, 142.2, semi_axes_km=(1.0, 1.0))) == ("JP-13/island-4",)


def test_regions_and_paths_reach_across_the_date_line():
    areas = warning_areas()
    assert areas.at_risk(region(51.9, 179.9, semi_axes_km=(400.0, 200.0))) == ("US-AK",)
    path = np.column_stack([
        np.linspace(0.0, 60.0, 60), np.full(60, 51.88), ((np.linspace(178.0, 184.5, 60) + 180) % 360) - 180,
        np.full(60, 90_000.0),
    ])  # fmt: skip
    ((area, time_s, altitude_m),) = areas.passed(path)
    assert area == "US-AK"
    assert 0.0 < time_s < 60.0
    assert altitude_m == pytest.approx(90_000.0)


def test_passing_time_is_when_the_path_first_comes_over_the_area():
    path = np.column_stack([
        np.linspace(0.0, 100.0, 101), np.full(101, 43.0), np.linspace(138.0, 148.0, 101), np.linspace(0.0, 1e5, 101),
    ])  # fmt: skip
    ((area, time_s, altitude_m),) = warning_areas().passed(path)
    assert area == "JP-01"
    west_coast_deg = 138.0 + 0.1 * time_s
    assert distance_m(43.0, west_coast_deg, 43.0, 140.5) < 10_000.0
    assert altitude_m == pytest.approx(1e3 * time_s)


def test_a_path_of_one_point_passes_nothing():
    assert warning_areas().passed(np.array([[0.0, 43.0, 142.0, 1e5]])) == ()


def test_an_unknown_area_is_refused():
    with pytest.raises(KeyError):
        warning_areas().by_id("XX-01")
