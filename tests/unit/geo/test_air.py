from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.geo.air import density_kg_m3


# US Standard Atmosphere 1976, which the exponential layers stand for
@pytest.mark.parametrize(
    ("altitude_m", "density"),
    [(0, 1.2250), (11_000, 0.36480), (20_000, 0.088910), (40_000, 3.9957e-3), (60_000, 3.0968e-4), (80_000, 1.8458e-5)],
)
def test_density_is_near_the_standard_atmosphere(altitude_m, density):
    assert density_kg_m3(altitude_m) == pytest.approx(density, rel=0.27)


def test_density_at_the_base_of_layers_is_the_table():
    assert density_kg_m3(0) == 1.225
    assert density_kg_m3(100_000) == pytest.approx(5.297e-7)
    assert density_kg_m3(900_000) == pytest.approx(5.245e-15)
    assert density_kg_m3(1_000_000) == 0


@given(st.floats(-1000, 1_100_000), st.floats(1000, 100_000))
def test_density_falls_with_altitude(altitude_m, rise_m):
    assert density_kg_m3(altitude_m + rise_m) <= density_kg_m3(altitude_m)
