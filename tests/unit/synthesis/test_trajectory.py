from __future__ import annotations

import msgspec
import numpy as np
import pytest

from tocsin.errors import DomainError
from tocsin.geo.ballistics import coast
from tocsin.geo.earth import altitude_at, ecef_from_geodetic, enu_basis, geodetic_from_ecef
from tocsin.synthesis.trajectory import SAMPLE_STEP_S, Burn, fly

BURN = Burn(
    site_lat_deg=39.2, site_lon_deg=125.7, bearing_deg=72.0, burn_s=70.1, tilt_along_rad=0.32, tilt_across_rad=-0.005
)


@pytest.fixture(scope="module")
def trajectory():
    return fly(BURN)


def test_samples_are_even_with_burnout_and_impact_between(trajectory):
    times_s = trajectory.times_s
    assert times_s[0] == 0
    assert (np.diff(times_s) > 0).all()
    on_grid = np.abs(times_s / SAMPLE_STEP_S - np.round(times_s / SAMPLE_STEP_S)) < 1e-6
    assert list(times_s[~on_grid]) == [BURN.burn_s, trajectory.duration_s]
    assert on_grid.sum() == int(trajectory.duration_s / SAMPLE_STEP_S) + 1
    assert trajectory.states.shape == (times_s.size, 6)


def test_it_starts_at_rest_on_its_site_and_ends_on_the_ellipsoid(trajectory):
    assert trajectory.states[0] == pytest.approx(np.concatenate([ecef_from_geodetic(39.2, 125.7, 0), np.zeros(3)]))
    assert geodetic_from_ecef(trajectory.states[-1, :3])[2] == pytest.approx(0, abs=1e-3)


def test_it_rises_straight_up_first_and_then_leans_towards_its_bearing(trajectory):
    basis = enu_basis(39.2, 125.7)
    east, north, up = basis @ (trajectory.state_at(4.9)[:3] - trajectory.states[0, :3])
    assert up > 100
    assert max(abs(east), abs(north)) < 0.1
    east, north, _ = basis @ trajectory.state_at(30)[3:]
    assert np.degrees(np.arctan2(east, north)) == pytest.approx(72, abs=2)


def test_apogee_is_the_highest_altitude(trajectory):
    highest = max(altitude_at(*state[:3]) for state in trajectory.states)
    assert highest <= trajectory.apogee_m <= highest + 0.5 * 10 * (0.5 * SAMPLE_STEP_S) ** 2


def test_impulse_is_the_integral_of_thrust_less_gravity_and_drag():
    # without drag and gravity's turning: straight up, the burnout speed is thrust minus gravity times time
    upright = fly(msgspec.structs.replace(BURN, tilt_along_rad=0.0, tilt_across_rad=0.0, burn_s=30.0, cda_m=0.0))
    speed = np.linalg.norm(upright.state_at(30.0)[3:])
    assert speed == pytest.approx((22 + 60) / 2 * 30 - 9.79 * 30, rel=2e-3)


def test_state_between_samples_is_that_of_the_integration(trajectory):
    for time_s in (100.03, 200.111, 350.17):
        row = int(np.searchsorted(trajectory.times_s, time_s)) - 1
        exact = coast(trajectory.states[row], BURN.cda_m, time_s - trajectory.times_s[row], 0.05)
        assert trajectory.state_at(time_s)[:3] == pytest.approx(exact[:3], abs=1e-3)
        assert trajectory.state_at(time_s)[3:] == pytest.approx(exact[3:], abs=1e-2)


def test_state_at_samples_is_the_sample(trajectory):
    for row in (0, 1, 351, 352, -1):
        assert trajectory.state_at(trajectory.times_s[row]) == pytest.approx(trajectory.states[row], abs=1e-6)


def test_acceleration_ends_at_burnout_and_not_before(trajectory):
    before = (trajectory.state_at(BURN.burn_s) - trajectory.state_at(BURN.burn_s - 0.01))[3:] / 0.01
    after = (trajectory.state_at(BURN.burn_s + 0.01) - trajectory.state_at(BURN.burn_s))[3:] / 0.01
    assert np.linalg.norm(before) > 45
    assert np.linalg.norm(after) < 11


@pytest.mark.parametrize("time_s", [-0.001, 1e6, float("nan")])
def test_no_state_outside_the_flight(trajectory, time_s):
    with pytest.raises(DomainError, match="the flight lasts from 0 to"):
        trajectory.state_at(time_s)


def test_burnout_on_the_grid_is_one_sample_and_not_two():
    flown = fly(msgspec.structs.replace(BURN, burn_s=70.2))
    assert (np.diff(flown.times_s) > 0.5 * SAMPLE_STEP_S).sum() >= flown.times_s.size - 2
    assert np.isfinite([flown.state_at(t) for t in np.arange(69.9, 70.6, 0.01)]).all()


@pytest.mark.parametrize(
    "change",
    [
        {"thrust_start_m_s2": 5.0},  # never leaves the pad
        {"tilt_along_rad": 1.55, "burn_s": 120.0},  # turns into the ground
        {"thrust_end_m_s2": 150.0, "burn_s": 150.0, "tilt_along_rad": 0.1},  # escapes
    ],
)
def test_what_does_not_rise_burn_out_and_come_down_is_refused(change):
    with pytest.raises(DomainError, match="rise, burn out and come down"):
        fly(msgspec.structs.replace(BURN, **change))


def test_another_control_step_is_another_flight(trajectory):
    other = fly(msgspec.structs.replace(BURN, control_step_s=0.1))
    assert np.linalg.norm(other.states[-1, :3] - trajectory.states[-1, :3]) > 1.0
