"""The two motion models of the filter: under thrust (boost) and in free flight (ballistic).

Both share one state of ``STATES`` numbers: position and velocity (ECEF, m and m/s), total acceleration as the earth
sees it (m/s², used under thrust alone), the logarithm of CdA/m, then two angle biases (radians: azimuth, elevation)
for each of up to ``SENSOR_SLOTS`` sensors.
"""

from __future__ import annotations

import math

import numpy as np

from tocsin.geo.air import density_kg_m3
from tocsin.geo.ballistics import acceleration, step
from tocsin.geo.compiled import njit
from tocsin.geo.earth import MU_M3_S2, OMEGA_RAD_S, Vector, altitude_at

POSITION = 0
VELOCITY = 3
ACCELERATION = 6
LOG_DRAG = 9
KINEMATIC = 10
SENSOR_SLOTS = 8
STATES = KINEMATIC + 2 * SENSOR_SLOTS
LEAST_LOG_DRAG, MOST_LOG_DRAG = -math.log(100_000.0), -math.log(500.0)
"""No missile is heavier or lighter for its drag, kg/m²; beyond, the motion cannot be reckoned in steps of a second."""

_LONGEST_STEP_S = 1.0


@njit
def _spread(covariance: Vector, transition: Vector) -> None:
    """Carry a covariance through a transition that moves the kinematic part alone, in place."""
    moved = np.zeros((KINEMATIC, STATES))
    for i in range(KINEMATIC):
        for k in range(KINEMATIC):
            factor = transition[i, k]
            if factor != 0.0:  # most are
                for j in range(STATES):
                    moved[i, j] += factor * covariance[k, j]
    for i in range(KINEMATIC):
        for j in range(KINEMATIC, STATES):
            covariance[i, j] = moved[i, j]
            covariance[j, i] = moved[i, j]
        for j in range(i, KINEMATIC):
            total = 0.0
            for k in range(KINEMATIC):
                total += moved[i, k] * transition[j, k]
            covariance[i, j] = total
            covariance[j, i] = total


@njit
def _unit() -> Vector:
    """The unit matrix of the kinematic part."""
    unit = np.zeros((KINEMATIC, KINEMATIC))
    for i in range(KINEMATIC):
        unit[i, i] = 1.0
    return unit


@njit
def predict_boost(state: Vector, covariance: Vector, dt_s: float, jerk_psd: float) -> None:
    """Move a state and its covariance, in place: Wiener-process acceleration.

    Args:
        state: Shape (STATES,).
        covariance: Shape (STATES, STATES).
        dt_s: Zero or more.
        jerk_psd: Power spectral density of the jerk, (m/s³)² s.

    Source:
        Bar-Shalom, Li, Kirubarajan, Estimation with Applications to Tracking and Navigation, 6.2.3.
    """
    t = dt_s
    t2 = t * t
    transition = _unit()
    for axis in range(3):
        p, v, a = axis, 3 + axis, 6 + axis
        transition[p, v] = t
        transition[p, a] = 0.5 * t2
        transition[v, a] = t
        state[p] += t * state[v] + 0.5 * t2 * state[a]
        state[v] += t * state[a]
    _spread(covariance, transition)
    for axis in range(3):
        p, v, a = axis, 3 + axis, 6 + axis
        covariance[p, p] += jerk_psd * t2 * t2 * t / 20.0
        covariance[v, v] += jerk_psd * t2 * t / 3.0
        covariance[a, a] += jerk_psd * t
        covariance[p, v] += jerk_psd * t2 * t2 / 8.0
        covariance[v, p] += jerk_psd * t2 * t2 / 8.0
        covariance[p, a] += jerk_psd * t2 * t / 6.0
        covariance[a, p] += jerk_psd * t2 * t / 6.0
        covariance[v, a] += jerk_psd * t2 / 2.0
        covariance[a, v] += jerk_psd * t2 / 2.0


@njit
def _ballistic_jacobian(state: Vector) -> tuple[Vector, float]:
    """Derivative of the ballistic motion by the state, shape (10, 10), and the drag, m/s²."""
    jacobian = np.zeros((KINEMATIC, KINEMATIC))
    r, v = np.empty(3), np.empty(3)
    for axis in range(3):
        r[axis], v[axis] = state[axis], state[VELOCITY + axis]
    radius = math.sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2])
    mu3 = MU_M3_S2 / (radius * radius * radius)
    for i in range(3):
        jacobian[i, 3 + i] = 1.0
        for j in range(3):
            jacobian[3 + i, j] = 3.0 * mu3 * r[i] * r[j] / (radius * radius)
        jacobian[3 + i, i] -= mu3
    jacobian[3, 0] += OMEGA_RAD_S * OMEGA_RAD_S
    jacobian[4, 1] += OMEGA_RAD_S * OMEGA_RAD_S
    jacobian[3, 4] += 2.0 * OMEGA_RAD_S
    jacobian[4, 3] -= 2.0 * OMEGA_RAD_S
    altitude_m = altitude_at(r[0], r[1], r[2])
    density = density_kg_m3(altitude_m)
    speed = math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
    cda_m = math.exp(state[LOG_DRAG])
    drag = 0.5 * density * cda_m * speed * speed
    if drag > 0.0:
        slope = (density_kg_m3(altitude_m + 10.0) / density - 1.0) / 10.0
        half = 0.5 * density * cda_m
        for i in range(3):
            jacobian[3 + i, 3 + i] -= half * speed
            jacobian[3 + i, LOG_DRAG] = -half * speed * v[i]
            for j in range(3):
                jacobian[3 + i, 3 + j] -= half * v[i] * v[j] / speed
                jacobian[3 + i, j] -= half * slope * speed * v[i] * r[j] / radius
    return jacobian, drag


@njit
def predict_ballistic(state: Vector, covariance: Vector, dt_s: float, noise_mps2: float, drag_noise: float) -> None:
    """Move a state and its covariance, in place: gravity with J2, rotation and drag, in steps of at most 1 s.

    The acceleration block is the other model's and is left at zero. The oblateness is in the motion but not in the
    derivative, where it is a thousandth.

    Args:
        state: Shape (STATES,).
        covariance: Shape (STATES, STATES).
        dt_s: Zero or more.
        noise_mps2: Square root of the power spectral density of the acceleration noise, (m/s²) √s.
        drag_noise: Part of the drag that is added to it.
    """
    count = math.ceil(dt_s / _LONGEST_STEP_S)
    for _ in range(count):
        t = dt_s / count
        jacobian, drag = _ballistic_jacobian(state)
        transition = _unit()
        for i in range(6):  # the rest does not move
            for k in range(KINEMATIC):
                factor = jacobian[i, k]
                if factor != 0.0:
                    transition[i, k] += factor * t
                    for j in range(KINEMATIC):
                        transition[i, j] += 0.5 * t * t * factor * jacobian[k, j]
        moved = step(state[:6], math.exp(state[LOG_DRAG]), t)
        for i in range(6):
            state[i] = moved[i]
        _spread(covariance, transition)
        density = (noise_mps2 + drag_noise * drag) * (noise_mps2 + drag_noise * drag)
        for axis in range(3):
            p, v = axis, 3 + axis
            covariance[p, p] += density * t * t * t / 3.0
            covariance[v, v] += density * t
            covariance[p, v] += density * t * t / 2.0
            covariance[v, p] += density * t * t / 2.0


@njit
def ballistic_acceleration(state: Vector) -> Vector:
    """Return what the ballistic model makes of a state's acceleration, shape (3,), m/s²."""
    return acceleration(state[:3], state[3:6], math.exp(state[LOG_DRAG]))
