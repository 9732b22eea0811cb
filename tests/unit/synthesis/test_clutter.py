from __future__ import annotations

import msgspec
import numpy as np
import pytest

from tocsin.geo.earth import ecef_from_polar, geodetic_from_ecef
from tocsin.synthesis.clutter import BLOCK_S, false_figures, false_plots
from tocsin.synthesis.sensor_table import load_sensors

SENSORS = {sensor.sensor_id: sensor for sensor in load_sensors()}


def noisy(sensor_id, per_scan, **changes):
    return msgspec.structs.replace(SENSORS[sensor_id], clutter_per_scan=per_scan, **changes)


def test_the_rate_is_as_stated_and_the_count_is_poisson():
    radar = noisy("KOR-radar-a", 3.0)
    counts = np.array([false_figures(radar, block, 1).times_s.size for block in range(60)])
    mean = 3.0 * BLOCK_S / radar.update_interval_s
    assert counts.mean() == pytest.approx(mean, abs=4 * (mean / 60) ** 0.5)
    assert counts.var() == pytest.approx(mean, rel=0.8)


def test_they_lie_in_the_coverage_at_the_scans():
    radar = noisy("KOR-radar-a", 20.0, range_rate_sigma_mps=3.0, boresight_deg=20.0)
    plots = false_plots([radar], from_s=0.0, to_s=600.0, seed=4)
    assert len(plots) > 5000
    phases = np.array([plot.time_s for plot in plots]) % radar.update_interval_s
    assert phases.std() < 1e-3
    for plot in plots[::50]:
        assert plot.is_false
        assert 0 < plot.body.range_m <= radar.nominal_range_m
        assert abs((plot.body.azimuth_deg - 20.0 + 180) % 360 - 180) <= radar.azimuth_coverage_deg / 2
        assert plot.body.elevation_deg >= radar.min_elevation_deg
        assert abs(plot.body.range_rate_mps) <= 3000


def test_any_window_is_a_part_of_the_whole():
    radars = [noisy("KOR-radar-a", 0.5, latency_s=0.5), noisy("USA-radar-a", 0.1), SENSORS["JPN-radar-a"]]
    whole = false_plots(radars, from_s=-600.0, to_s=8000.0, seed=9)
    part = false_plots(radars, from_s=3500.0, to_s=3700.0, seed=9)
    assert part == tuple(plot for plot in whole if 3500 <= plot.time_s < 3700)
    assert {plot.sensor_id for plot in whole} == {"KOR-radar-a", "USA-radar-a"}
    assert all(plot.arrives_s > plot.time_s for plot in whole if plot.sensor_id == "KOR-radar-a")
    assert whole != false_plots(radars, from_s=-600.0, to_s=8000.0, seed=10)


def test_a_satellites_lie_on_the_half_of_the_earth_that_it_sees():
    satellite = noisy("USA-ir-a", 2.0)
    place = satellite.position
    plots = false_plots([satellite], from_s=0.0, to_s=600.0, seed=1)
    assert len(plots) > 60
    for plot in plots:
        assert plot.body.range_m is None
        along = ecef_from_polar(
            36.5e6, plot.body.azimuth_deg, plot.body.elevation_deg, place.lat_deg, place.lon_deg, place.altitude_m
        )
        assert geodetic_from_ecef(along)[2] < 6e6


def test_a_silent_sensor_makes_none():
    plots = false_plots([noisy("KOR-radar-a", 5.0, outages_s=((100.0, 200.0),))], from_s=0.0, to_s=300.0, seed=1)
    assert plots
    assert not [plot for plot in plots if 100 <= plot.time_s < 200]
