from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from tocsin.geo import earth

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)
altitudes = st.one_of(st.floats(-5e6, 0), st.floats(0, 1e6), st.floats(1e6, 4e7))
PROJ = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)


def angle_between_deg(first: float, second: float) -> float:
    return abs((first - second + 180) % 360 - 180)


@given(latitudes, longitudes, altitudes)
def test_geodetic_and_ecef_are_inverse(lat, lon, altitude):
    back = earth.geodetic_from_ecef(earth.ecef_from_geodetic(lat, lon, altitude))
    assert back[0] == pytest.approx(lat, abs=1e-12)
    assert angle_between_deg(back[1], lon) * math.cos(math.radians(lat)) < 1e-12
    assert back[2] == pytest.approx(altitude, abs=1e-7)


@given(latitudes, longitudes, altitudes)
def test_ecef_is_that_of_proj(lat, lon, altitude):
    assert earth.ecef_from_geodetic(lat, lon, altitude) == pytest.approx(
        np.array(PROJ.transform(lon, lat, altitude)), abs=1e-7
    )


@given(latitudes, longitudes, st.floats(-1e4, 1e6))
def test_quick_altitude_is_the_altitude(lat, lon, altitude):
    assert earth.altitude_at(*earth.ecef_from_geodetic(lat, lon, altitude)) == pytest.approx(altitude, abs=1e-6)


def test_poles_and_equator():
    semi_minor = earth.WGS84_A_M * (1 - earth.WGS84_F)
    assert earth.geodetic_from_ecef(np.array([0.0, 0.0, semi_minor])) == pytest.approx((90, 0, 0), abs=1e-8)
    assert earth.geodetic_from_ecef(np.array([0.0, 0.0, -semi_minor - 5])) == pytest.approx((-90, 0, 5), abs=1e-8)
    assert earth.geodetic_from_ecef(np.array([0.0, earth.WGS84_A_M, 0.0])) == pytest.approx((0, 90, 0), abs=1e-8)


@given(latitudes, longitudes)
def test_basis_is_orthonormal_and_right_handed_with_up_along_rising_altitude(lat, lon):
    basis = earth.enu_basis(lat, lon)
    assert basis @ basis.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(basis) == pytest.approx(1)
    rise = earth.ecef_from_geodetic(lat, lon, 1000) - earth.ecef_from_geodetic(lat, lon, 0)
    assert basis @ rise == pytest.approx(np.array([0, 0, 1000]), abs=1e-6)


@given(
    st.floats(1, 4e7), st.floats(0, 360, exclude_max=True), st.floats(-89.9, 89.9), latitudes, longitudes,
    st.floats(0, 3.6e7),
)  # fmt: skip
def test_polar_and_ecef_are_inverse(range_m, azimuth, elevation, lat, lon, altitude):
    target = earth.ecef_from_polar(range_m, azimuth, elevation, lat, lon, altitude)
    back = earth.polar_from_ecef(target, lat, lon, altitude)
    tolerance_deg = 1e-9 + math.degrees(1e-7 / range_m / math.cos(math.radians(elevation)))
    assert back[0] == pytest.approx(range_m, abs=1e-6)
    assert angle_between_deg(back[1], azimuth) < tolerance_deg
    assert back[2] == pytest.approx(elevation, abs=tolerance_deg)


@given(latitudes, longitudes, latitudes, longitudes, st.floats(0, 1e7))
def test_azimuth_stays_in_its_range(lat, lon, target_lat, target_lon, altitude):
    seen = earth.polar_from_ecef(earth.ecef_from_geodetic(target_lat, target_lon, altitude), lat, lon, 0)
    assert 0 <= seen[1] < 360
    assert -90 <= seen[2] <= 90


def test_directions_have_their_usual_names():
    north = earth.polar_from_ecef(earth.ecef_from_geodetic(40.5, 127, 0), 40, 127, 0)
    east = earth.polar_from_ecef(earth.ecef_from_geodetic(40, 127.5, 0), 40, 127, 0)
    above = earth.polar_from_ecef(earth.ecef_from_geodetic(40, 127, 9000), 40, 127, 0)
    assert north[1] == pytest.approx(0, abs=1e-9)
    assert east[1] == pytest.approx(90, abs=0.5)
    assert above[0] == pytest.approx(9000, abs=1e-6)
    assert above[2] == pytest.approx(90, abs=1e-4)


def test_a_hair_west_of_north_is_azimuth_zero_and_not_360():
    target = earth.ecef_from_geodetic(0, 0, 0) + np.array([0.0, -1e-300, 1000.0])
    assert earth.polar_from_ecef(target, 0, 0, 0)[1] == 0
