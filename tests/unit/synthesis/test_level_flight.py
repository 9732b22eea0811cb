from __future__ import annotations

import numpy as np
import pytest

from tocsin.errors import DomainError
from tocsin.geo.earth import geodetic_from_ecef
from tocsin.synthesis.launches import load_launches
from tocsin.synthesis.level_flight import LevelFlight
from tocsin.synthesis.sensor_table import load_sensors
from tocsin.synthesis.sensors import observe


def flight(**changes):
    figures = {
        "launch": load_launches().rows[0], "lat_deg": 38.0, "lon_deg": 128.0, "bearing_deg": 150.0,
        "altitude_m": 9000.0, "speed_mps": 250.0, "duration_s": 120.0,
    }  # fmt: skip
    return LevelFlight(**figures | changes)


def test_it_keeps_height_and_speed():
    for time_s in (0.0, 60.0, 120.0):
        state = flight().state_at(time_s)
        assert geodetic_from_ecef(state[:3])[2] == pytest.approx(9000.0, abs=1e-3)
        assert np.linalg.norm(state[3:]) == pytest.approx(250.0 * (1 + 9000.0 / 6.37e6), rel=1e-4)


def test_no_satellite_sees_it_and_radars_above_their_horizon_do():
    seen = {plot.body.range_m is not None for plot in observe(flight(), load_sensors(), 1)}
    assert seen == {True}
    assert observe(flight(altitude_m=50.0, lat_deg=45.0), load_sensors(), 1) == ()


def test_where_it_is_not_it_is_not():
    with pytest.raises(DomainError, match="there from"):
        flight().state_at(121.0)
    with pytest.raises(ValueError, match="speed"):
        flight(speed_mps=0.0)
