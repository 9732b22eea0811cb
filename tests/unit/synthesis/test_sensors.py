from __future__ import annotations

import dataclasses

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.errors import FeedError
from tocsin.geo.earth import ecef_from_geodetic, geodetic_from_ecef, polar_from_ecef
from tocsin.records.warning import Position
from tocsin.synthesis import METHOD
from tocsin.synthesis.sensors import (
    CLOUD_TOP_M,
    REQUIRED_COLUMNS,
    _direction,
    is_in_line_of_sight,
    load_sensors,
    observe,
)

OVERFLIGHT, LOFTED = "NK-20170828-01", "NK-20171128-01"
HEADER = ",".join(REQUIRED_COLUMNS) + "\n"
RADAR = "KOR-x,KOR,radar,36.5,127.5,500,120,3,2,50,0.15\n"
SATELLITE = "USA-y,USA,infrared_satellite,0,120,,360,,10,,0.002\n"
SENSORS = load_sensors()


def read(tmp_path, text):
    path = tmp_path / "sensors.csv"
    path.write_text(text, encoding="utf-8")
    return load_sensors(path)


def sensor(sensor_id, **changes):
    return msgspec.structs.replace(next(each for each in SENSORS if each.sensor_id == sensor_id), **changes)


def truth(flight, plot):
    place = plot.body.sensor
    return polar_from_ecef(flight.state_at(plot.time_s)[:3], place.lat_deg, place.lon_deg, place.altitude_m)


def test_packaged_sensors():
    assert [each.sensor_id for each in SENSORS if each.member == "JPN"] == ["JPN-radar-a", "JPN-radar-b"]
    assert len(SENSORS) == 9
    satellite = sensor("USA-ir-a")
    assert satellite.position == Position(lat_deg=0, lon_deg=120, altitude_m=35_786_000)
    assert satellite.range_sigma_m is None
    assert sensor("KOR-radar-a").bias_sigma_deg == 0.03


def test_plots_are_detections_in_order_with_their_figures(flight_of):
    flight = flight_of(OVERFLIGHT)
    plots = observe(flight, SENSORS, 1)
    assert [plot.time_s for plot in plots] == sorted(plot.time_s for plot in plots)
    assert {plot.sensor_id for plot in plots} == {each.sensor_id for each in SENSORS}
    for plot in plots:
        source = sensor(plot.sensor_id)
        assert 0 <= plot.time_s <= flight.duration_s
        assert plot.time_s == round(plot.time_s, 3)
        assert plot.member == source.member
        assert plot.body.sensor == source.position
        assert plot.body.sensor_id == source.sensor_id
        assert plot.body.bias_sigma_deg == source.bias_sigma_deg > 0
        assert plot.body.angle_sigma_deg == source.angle_sigma_deg
        assert plot.body.range_sigma_m == source.range_sigma_m
        assert (plot.body.range_m is None) == (source.kind == "infrared_satellite")


def test_radars_see_only_what_is_within_their_coverage(flight_of):
    flight = flight_of(OVERFLIGHT)
    for plot in observe(flight, SENSORS, 1):
        source = sensor(plot.sensor_id)
        range_m, azimuth_deg, elevation_deg = truth(flight, plot)
        if source.kind == "radar":
            assert range_m <= source.nominal_range_m
            assert elevation_deg >= source.min_elevation_deg
            boresight_deg = polar_from_ecef(
                ecef_from_geodetic(40, 127, 0), source.position.lat_deg, source.position.lon_deg, 0
            )[1]
            off_deg = abs((azimuth_deg - boresight_deg + 180) % 360 - 180)
            assert off_deg <= source.azimuth_coverage_deg / 2 + 0.05


def test_satellites_see_the_burning_engine_above_the_clouds_and_nothing_else(flight_of):
    flight = flight_of(LOFTED)
    plots = observe(flight, [sensor("USA-ir-a", update_interval_s=0.5)], 5)
    altitudes = [geodetic_from_ecef(flight.state_at(plot.time_s)[:3])[2] for plot in plots]
    assert min(altitudes) >= CLOUD_TOP_M
    assert plots[0].time_s > 20
    assert flight.burnout_s - 3 < plots[-1].time_s <= flight.burnout_s


def test_a_satellite_on_the_other_side_of_the_earth_sees_nothing(flight_of):
    flight = flight_of(LOFTED)
    far = sensor("USA-ir-a", position=Position(lat_deg=0, lon_deg=-60, altitude_m=35_786_000), update_interval_s=1.0)
    assert observe(flight, [far], 5) == ()


def test_noise_is_as_stated_and_the_bias_constant(flight_of):
    flight = flight_of(LOFTED)
    source = sensor("JPN-radar-b", update_interval_s=0.1, nominal_range_m=6e6)
    plots = observe(flight, [source], 3)
    seen = [truth(flight, plot) for plot in plots]
    assert max(true[2] for true in seen) < 89  # the elevation's noise turns over nowhere
    assert len(plots) > 10_000
    range_error = np.array([plot.body.range_m - true[0] for plot, true in zip(plots, seen, strict=True)])
    azimuth_error = np.array(
        [(plot.body.azimuth_deg - true[1] + 180) % 360 - 180 for plot, true in zip(plots, seen, strict=True)]
    )
    elevation_error = np.array([plot.body.elevation_deg - true[2] for plot, true in zip(plots, seen, strict=True)])
    assert np.std(range_error) == pytest.approx(50, rel=0.05)
    assert np.mean(range_error) == pytest.approx(0, abs=4 * 50 / len(plots) ** 0.5)
    for error in (azimuth_error, elevation_error):
        assert np.std(error) == pytest.approx(0.1, rel=0.05)
        first, second = np.array_split(error, 2)
        assert np.mean(first) == pytest.approx(np.mean(second), abs=6 * 0.1 / len(first) ** 0.5)


def test_bias_is_drawn_anew_from_its_prior(flight_of):
    flight = flight_of(LOFTED)
    source = sensor("USA-radar-b", update_interval_s=20.0, angle_sigma_deg=1e-6, bias_sigma_deg=0.5)
    biases = []
    for seed in range(150):
        plot = observe(flight, [source], seed)[0]
        biases.append(plot.body.elevation_deg - truth(flight, plot)[2])
    assert np.std(biases) == pytest.approx(0.5, rel=0.2)
    assert np.mean(biases) == pytest.approx(0, abs=4 * 0.5 / 150**0.5)


def test_nine_of_ten_looks_find_it(flight_of):
    flight = flight_of(LOFTED)
    source = sensor("KOR-radar-c", update_interval_s=0.05, nominal_range_m=1e8, min_elevation_deg=-90)
    start_s, end_s = 200, 2800  # above every horizon
    found = sum(start_s <= plot.time_s < end_s for plot in observe(flight, [source], 1))
    assert found / ((end_s - start_s) / 0.05) == pytest.approx(0.9, abs=0.01)


@given(st.sets(st.sampled_from([each.sensor_id for each in SENSORS])), st.integers(-(2**70), 2**70))
@settings(max_examples=25)
def test_what_a_sensor_sees_does_not_depend_on_the_others(flight_of, removed, seed):
    flight = flight_of(OVERFLIGHT)
    everything = observe(flight, SENSORS, seed)
    rest = [each for each in reversed(SENSORS) if each.sensor_id not in removed]
    assert observe(flight, rest, seed) == tuple(plot for plot in everything if plot.sensor_id not in removed)


def test_seed_and_launch_change_the_plots(flight_of):
    flight = flight_of(OVERFLIGHT)
    assert observe(flight, SENSORS, 1) == observe(flight, SENSORS, 1)
    assert observe(flight, SENSORS, 1) != observe(flight, SENSORS, 2)
    renamed = dataclasses.replace(flight, launch=msgspec.structs.replace(flight.launch, launch_id="other"))
    assert observe(renamed, SENSORS, 1) != observe(flight, SENSORS, 1)


@given(st.floats(-3600, 3600), st.floats(-270, 270))
def test_noisy_angles_come_back_into_their_ranges_and_mean_the_same_direction(azimuth_deg, elevation_deg):
    azimuth, elevation = _direction(azimuth_deg, elevation_deg)
    assert 0 <= azimuth < 360
    assert -90 <= elevation <= 90

    def vector(azimuth, elevation):
        a, e = np.radians([azimuth, elevation])
        return np.array([np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e)])

    assert vector(azimuth, elevation) == pytest.approx(vector(azimuth_deg, elevation_deg), abs=1e-9)


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(1e3, 4e7))
def test_line_of_sight(lat, lon, altitude_m):
    ground = ecef_from_geodetic(lat, lon, 0.0)
    above = ecef_from_geodetic(lat, lon, altitude_m)
    assert is_in_line_of_sight(ground, above)
    assert not is_in_line_of_sight(-ground, above)


def test_line_of_sight_ends_at_the_horizon():
    high = ecef_from_geodetic(0, 0, 10_000.0)  # its horizon is acos(a / (a + h)) = 3.2 degrees away
    assert is_in_line_of_sight(high, ecef_from_geodetic(0, 3.1, 0.0))
    assert not is_in_line_of_sight(high, ecef_from_geodetic(0, 3.3, 0.0))


def test_operators_table(tmp_path):
    radar, satellite = read(tmp_path, HEADER + RADAR + SATELLITE)
    assert radar.position.altitude_m == 0
    assert radar.nominal_range_m == 500_000
    assert satellite.position.altitude_m == 35_786_000
    text = HEADER.rstrip() + ",altitude_m,bias_sigma_deg\n" + RADAR.rstrip() + ",800,0.1\n"
    (radar,) = read(tmp_path, text)
    assert radar.position.altitude_m == 800
    assert radar.bias_sigma_deg == 0.1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (RADAR, "was there before"),
        (RADAR.replace("KOR-x", "K r"), "sensor_id"),
        (RADAR.replace("KOR-x,KOR", "z,kor"), "member 'kor' is not three capital letters"),
        (RADAR.replace("KOR-x", "z").replace("radar", "lidar"), "neither radar nor infrared"),
        (RADAR.replace("KOR-x", "z").replace("500,", ","), "a radar has nominal_range_km"),
        (RADAR.replace("KOR-x", "z").replace("36.5", ""), "lat_deg is empty"),
        (RADAR.replace("KOR-x", "z").replace("36.5", "inf"), "lat_deg inf"),
        (RADAR.replace("KOR-x", "z").replace("0.15", "0"), "angle_noise_deg 0"),
        (RADAR.replace("KOR-x", "z").replace("0.15", "0.15,7"), "more cells"),
        (SATELLITE.replace(",,0.002", ",5,0.002"), "measures no range"),
    ],
)
def test_bad_sensor_rows_are_refused_with_their_line(tmp_path, line, reason):
    with pytest.raises(FeedError, match=reason) as caught:
        read(tmp_path, HEADER + RADAR + line)
    assert caught.value.line == 3


def test_method_says_that_it_is_synthetic():
    assert METHOD.startswith("Synthetic.")
    assert "CNS" in METHOD
    assert "invented" in METHOD
