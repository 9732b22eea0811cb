from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from tocsin.geo import ballistics, earth
from tocsin.geo.lift import lifted_acceleration, step_lifted

CDA_M = 1 / 5000
PLACE = earth.ecef_from_geodetic(39.0, 127.0, 30_000.0)
BASIS = earth.enu_basis(39.0, 127.0)


def lift(local_velocity, lift_to_drag):
    velocity = np.array(local_velocity) @ BASIS
    added = lifted_acceleration(PLACE, velocity, CDA_M, lift_to_drag) - ballistics.acceleration(PLACE, velocity, CDA_M)
    drag = ballistics.acceleration(PLACE, velocity, CDA_M) - ballistics.acceleration(PLACE, velocity, 0.0)
    return added, drag, velocity


@pytest.mark.parametrize("velocity", [(1500.0, 200.0, -900.0), (300.0, -50.0, 10.0), (-2000.0, 0.0, 700.0)])
def test_lift_is_across_the_velocity_upwards_and_a_multiple_of_the_drag(velocity):
    added, drag, v = lift(velocity, 0.7)
    assert np.linalg.norm(added) == pytest.approx(0.7 * np.linalg.norm(drag), rel=1e-9)
    assert added @ v == pytest.approx(0.0, abs=1e-7 * np.linalg.norm(added) * np.linalg.norm(v))
    assert added @ PLACE > 0
    assert np.cross(PLACE, v) @ added == pytest.approx(0.0, abs=1e-7 * np.linalg.norm(np.cross(PLACE, v)))


def test_no_lift_at_rest_or_straight_down():
    assert (lift((0.0, 0.0, 0.0), 1.0)[0] == 0).all()
    straight_down = -800.0 * PLACE / np.linalg.norm(PLACE)
    assert lifted_acceleration(PLACE, straight_down, CDA_M, 1.0) == pytest.approx(
        ballistics.acceleration(PLACE, straight_down, CDA_M)
    )


def test_steps_follow_an_integrator_of_someone_elses():
    state = np.concatenate([PLACE, np.array([1700.0, 300.0, -600.0]) @ BASIS])
    whole = solve_ivp(
        lambda _, y: np.concatenate([y[3:], lifted_acceleration(y[:3], y[3:], CDA_M, 0.8)]),
        (0, 60), state, method="DOP853", rtol=1e-11, atol=1e-6,
    ).y[:, -1]  # fmt: skip
    for _ in range(1200):
        state = step_lifted(state, CDA_M, 0.8, 0.05)
    # the density has a kink at every layer, which costs any method its order
    assert np.linalg.norm(state[:3] - whole[:3]) < 1.0


def test_without_lift_it_is_the_ballistic_step():
    state = np.concatenate([PLACE, np.array([1700.0, 300.0, -600.0]) @ BASIS])
    assert step_lifted(state, CDA_M, 0.0, 0.1) == pytest.approx(ballistics.step(state, CDA_M, 0.1), rel=1e-13)
