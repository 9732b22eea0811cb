from __future__ import annotations

import dataclasses

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.geo.earth import ecef_from_geodetic, geodetic_from_ecef, polar_from_ecef
from tocsin.records.warning import Position
from tocsin.synthesis import METHOD
from tocsin.synthesis.sensor_table import load_sensors
from tocsin.synthesis.sensors import CLOUD_TOP_M, constant_errors, direction, is_in_line_of_sight, observe

OVERFLIGHT, LOFTED = "NK-20170828-01", "NK-20171128-01"
SENSORS = load_sensors()


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


def test_a_salvo_shares_the_constant_errors_and_no_other_event_does(flight_of):
    source = sensor("USA-radar-b", update_interval_s=5.0, angle_sigma_deg=1e-6, bias_sigma_deg=0.5)

    def error_deg(launch_id):
        flight = flight_of(launch_id)
        plot = observe(flight, [source], 1)[5]
        return plot.body.elevation_deg - truth(flight, plot)[2]

    first, second, other = (error_deg(each) for each in ("NK-20170305-01", "NK-20170305-02", "NK-20171128-01"))
    assert first == pytest.approx(second, abs=1e-4)
    assert first != pytest.approx(other, abs=1e-2)


def test_range_rate_is_the_slope_of_the_range_with_its_noise(flight_of):
    flight = flight_of(LOFTED)
    source = sensor("JPN-radar-b", update_interval_s=1.0, nominal_range_m=6e6, range_rate_sigma_mps=5.0)
    plots = observe(flight, [source], 3)
    place = source.position

    def range_m(time_s):
        return polar_from_ecef(flight.state_at(time_s)[:3], place.lat_deg, place.lon_deg, place.altitude_m)[0]

    errors = [
        plot.body.range_rate_mps - (range_m(plot.time_s + 0.05) - range_m(plot.time_s - 0.05)) / 0.1
        for plot in plots if 250 < plot.time_s < 2500
    ]  # fmt: skip
    assert len(errors) > 1000
    assert np.std(errors) == pytest.approx(5.0, rel=0.1)
    assert np.mean(errors) == pytest.approx(0.0, abs=4 * 5.0 / len(errors) ** 0.5)
    assert {plot.body.range_rate_sigma_mps for plot in plots} == {5.0}
    assert observe(flight, [sensor("JPN-radar-b")], 3)[0].body.range_rate_mps is None


def test_plots_arrive_after_their_time_by_a_spread_latency(flight_of):
    flight = flight_of(LOFTED)
    plots = observe(flight, [sensor("JPN-radar-b", latency_s=0.8, nominal_range_m=6e6)], 3)
    late_s = np.array([plot.arrives_s - plot.time_s for plot in plots])
    assert late_s.min() > 0
    assert np.median(late_s) == pytest.approx(0.8, rel=0.1)
    assert np.std(np.log(late_s)) == pytest.approx(0.5, rel=0.1)
    at_once = observe(flight, [sensor("JPN-radar-b", nominal_range_m=6e6)], 3)
    assert all(plot.arrives_s == plot.time_s for plot in at_once)
    assert [plot.body for plot in at_once] == [plot.body for plot in plots]


def test_a_silent_sensor_sees_nothing_and_the_rest_stays_as_it_was(flight_of):
    flight = flight_of(LOFTED)
    whole = observe(flight, [sensor("JPN-radar-b")], 3)
    broken = observe(flight, [sensor("JPN-radar-b", outages_s=((100.0, 160.0), (300.0, 301.0)))], 3)
    assert broken == tuple(plot for plot in whole if not (100 <= plot.time_s < 160 or 300 <= plot.time_s < 301))
    assert len(broken) < len(whole)


def test_coverage_follows_the_boresight_and_ends_at_the_highest_elevation(flight_of):
    flight = flight_of(LOFTED)
    wide = sensor("JPN-radar-b", nominal_range_m=6e6, detection_probability=1.0)
    seen = [truth(flight, plot) for plot in observe(flight, [wide], 3)]
    azimuths, highest = [each[1] for each in seen], max(each[2] for each in seen)
    narrow = msgspec.structs.replace(
        wide, azimuth_coverage_deg=60.0, boresight_deg=azimuths[0], max_elevation_deg=highest / 2
    )
    found = [truth(flight, plot) for plot in observe(flight, [narrow], 3)]
    assert 0 < len(found) < len(seen)
    assert max(each[2] for each in found) <= highest / 2
    assert max(abs((each[1] - azimuths[0] + 180) % 360 - 180) for each in found) <= 30.0
    away = msgspec.structs.replace(wide, azimuth_coverage_deg=10.0, boresight_deg=(azimuths[0] + 180) % 360)
    assert observe(flight, [away], 3) == ()


def test_fixed_errors_come_on_top_of_the_drawn_ones():
    source = sensor("JPN-radar-b", azimuth_bias_deg=0.2, elevation_bias_deg=-0.1, range_bias_m=80.0)
    plain = sensor("JPN-radar-b")
    moved = np.array(constant_errors(source, event_id="E", seed=1)) - constant_errors(plain, event_id="E", seed=1)
    assert moved == pytest.approx([80.0, 0.2, -0.1])
    spread = sensor("JPN-radar-b", range_bias_sigma_m=30.0)
    drawn = [constant_errors(spread, event_id="E", seed=seed)[0] for seed in range(300)]
    assert np.std(drawn) == pytest.approx(30.0, rel=0.15)


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
def test_noisy_angles_come_back_into_their_ranges_and_mean_the_samedirection(azimuth_deg, elevation_deg):
    azimuth, elevation = direction(azimuth_deg, elevation_deg)
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


def test_method_says_that_it_is_synthetic():
    assert METHOD.startswith("Synthetic.")
    assert "CNS" in METHOD
    assert "invented" in METHOD
