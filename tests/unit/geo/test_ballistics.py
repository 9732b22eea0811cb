from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.geo import ballistics, earth

CDA_M = 1 / 7000


def launched(*, lat=39.0, lon=126.0, altitude_m=60_000.0, east=1200.0, north=300.0, up=1500.0):
    velocity = np.array([east, north, up]) @ earth.enu_basis(lat, lon)
    return np.concatenate([earth.ecef_from_geodetic(lat, lon, altitude_m), velocity])


def specific_energy(state):
    """The constant of motion of the rotating frame (Jacobi), with J2 in the potential."""
    x, y, z = state[:3]
    r = math.sqrt(x * x + y * y + z * z)
    potential = -earth.MU_M3_S2 / r * (
        1 - earth.J2 * (earth.WGS84_A_M / r) ** 2 * (1.5 * (z / r) ** 2 - 0.5)
    )  # fmt: skip
    return 0.5 * state[3:] @ state[3:] + potential - 0.5 * earth.OMEGA_RAD_S**2 * (x * x + y * y)


@given(st.floats(-85, 85), st.floats(-180, 180), st.floats(-3000, 3000), st.floats(-3000, 3000), st.floats(0, 4000))
@settings(max_examples=30)
def test_energy_in_the_rotating_frame_is_kept_without_drag(lat, lon, east, north, up):
    before = launched(lat=lat, lon=lon, altitude_m=200_000, east=east, north=north, up=up)
    after = ballistics.coast(before, 0.0, 100.0, 0.5)
    assert specific_energy(after) == pytest.approx(specific_energy(before), abs=1e-2)


def test_gravity_at_rest_is_normal_gravity():
    # WGS 84 normal gravity at equator and pole (NIMA TR8350.2, table 3.4); J2 alone leaves about 1e-5 of it
    still = np.zeros(3)
    equator = ballistics.acceleration(earth.ecef_from_geodetic(0, 50, 0), still, 0.0)
    pole = ballistics.acceleration(earth.ecef_from_geodetic(90, 0, 0), still, 0.0)
    assert np.linalg.norm(equator) == pytest.approx(9.7803253359, rel=2e-5)
    assert np.linalg.norm(pole) == pytest.approx(9.8321849378, rel=2e-5)


def test_drag_is_against_the_velocity_with_the_square_of_the_speed():
    place = earth.ecef_from_geodetic(40, 127, 0)
    fast, slow = np.array([0.0, 0.0, 600.0]), np.array([0.0, 0.0, 300.0])

    def drag(velocity):
        return ballistics.acceleration(place, velocity, CDA_M) - ballistics.acceleration(place, velocity, 0.0)

    assert drag(fast) == pytest.approx(np.array([0, 0, -0.5 * 1.225 * 600**2 * CDA_M]), abs=1e-6)
    assert drag(fast) == pytest.approx(4 * drag(slow))


def test_a_circular_orbit_comes_round():
    # inertial circular orbit in the equator's plane, where J2 only adds to the pull
    radius_m = 7_000_000.0
    pull = earth.MU_M3_S2 / radius_m**2 * (1 + 1.5 * earth.J2 * (earth.WGS84_A_M / radius_m) ** 2)
    speed = math.sqrt(pull * radius_m)
    period_s = 2 * math.pi / (speed / radius_m - earth.OMEGA_RAD_S)  # until it is over the same place again
    start = np.array([radius_m, 0, 0, 0, speed - earth.OMEGA_RAD_S * radius_m, 0])
    assert ballistics.coast(start, 0.0, period_s, 1.0) == pytest.approx(start, abs=0.01)


def test_coasting_back_undoes_coasting():
    start = launched()
    there = ballistics.coast(start, CDA_M, 80.0, 0.25)
    assert ballistics.coast(there, CDA_M, -80.0, 0.25) == pytest.approx(start, abs=1e-3)
    assert ballistics.coast(start, CDA_M, 0.0, 0.25) == pytest.approx(start)


def test_state_given_is_left_alone():
    start = launched()
    copy = start.copy()
    ballistics.coast(start, CDA_M, 10.0, 0.5)
    ballistics.fall(start, CDA_M, 0.5, 2000.0)
    assert (start == copy).all()


@given(st.floats(-500, 3000), st.floats(-1000, 1000), st.floats(100, 4000))
@settings(max_examples=30)
def test_step_refined_fall_differs_by_less_than_a_metre(east, north, up):
    start = launched(east=east, north=north, up=up)
    state, time_s = ballistics.fall(start, CDA_M, 0.5, 4000.0)
    fine, fine_time_s = ballistics.fall(start, CDA_M, 0.5 / 8, 4000.0)
    assert abs(earth.altitude_at(*state[:3])) < 1e-3
    assert np.linalg.norm(state[:3] - fine[:3]) < 1.0
    assert time_s == pytest.approx(fine_time_s, abs=0.01)


def test_fall_in_vacuum_agrees_with_coasting_to_the_same_time():
    start = launched()
    state, time_s = ballistics.fall(start, 0.0, 0.5, 2000.0)
    assert ballistics.coast(start, 0.0, time_s, 0.1) == pytest.approx(state, abs=0.01)


def test_what_never_comes_down_has_no_time():
    start = launched(altitude_m=300_000, east=7600, up=0)
    state, time_s = ballistics.fall(start, 0.0, 1.0, 500.5)
    assert time_s == math.inf
    assert state == pytest.approx(ballistics.coast(start, 0.0, 500.5, 0.5), abs=0.01)


def test_what_is_down_and_not_rising_is_down_at_once():
    start = launched(altitude_m=0, east=0, north=0, up=-100)
    state, time_s = ballistics.fall(start, CDA_M, 0.5, 100.0)
    assert time_s == 0
    assert (state == start).all()


def test_what_rises_from_the_ground_comes_down_later():
    start = launched(altitude_m=-5, east=0, north=0, up=400)
    _, time_s = ballistics.fall(start, 0.0, 0.5, 200.0)
    assert time_s == pytest.approx(2 * 400 / 9.79, rel=0.02)


def test_a_push_that_holds_a_body_up_keeps_it_there():
    place = earth.ecef_from_geodetic(39, 126, 100)
    still = np.concatenate([place, np.zeros(3)])
    push = -ballistics.acceleration(place, np.zeros(3), CDA_M)
    assert ballistics.step_powered(still, CDA_M, push, 1.0) == pytest.approx(still, abs=1e-9)


def test_no_push_is_no_power():
    start = launched()
    assert (ballistics.step_powered(start, CDA_M, np.zeros(3), 0.5) == ballistics.step(start, CDA_M, 0.5)).all()
