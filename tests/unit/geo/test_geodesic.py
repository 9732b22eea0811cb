from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.geo import geodesic


def test_geodesic_of_the_literature():
    # Karney (2013), tables 2 and 3: from 40 N along azimuth 30 for 10,000 km
    there = geodesic.destination(40.0, 0.0, 30.0, 10_000_000.0)
    assert there == pytest.approx((41.79331020506, 137.84490004377), abs=1e-10)
    assert geodesic.distance_m(40.0, 0.0, *there) == pytest.approx(10_000_000.0, abs=1e-6)
    assert geodesic.initial_bearing_deg(40.0, 0.0, *there) == pytest.approx(30.0, abs=1e-9)


@given(st.floats(-80, 80), st.floats(-180, 180), st.floats(0, 360, exclude_max=True), st.floats(1000, 1.5e7))
def test_destination_lies_at_its_distance_and_bearing(lat, lon, bearing, distance):
    there = geodesic.destination(lat, lon, bearing, distance)
    assert geodesic.distance_m(lat, lon, *there) == pytest.approx(distance, abs=1e-5)
    found = geodesic.initial_bearing_deg(lat, lon, *there)
    assert 0 <= found < 360
    assert abs((found - bearing + 180) % 360 - 180) < 1e-6
