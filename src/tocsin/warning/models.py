"""The two motion models of the filter: under thrust (boost) and in free flight (ballistic).

Both share one state of ``STATES`` numbers: position and velocity (ECEF, m and m/s), total acceleration as the earth
sees it (m/s², used under thrust alone), the logarithm of CdA/m, then two angle biases (radians: azimuth, elevation)
for each of up to ``SENSOR_SLOTS`` sensors. Those of sensors that have not seen the object yet are zero, and no work is
done on them.
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
def predict_boost(state: Vector, covariance: Vector, dt_s: float, jerk_psd: float, used: int = STATES) -> None:
    """Move a state and its covariance, in place: Wiener-process acceleration.

    Args:
        state: Shape (STATES,).
        covariance: Shape (STATES, STATES).
        dt_s: Zero or more.
        jerk_psd: Power spectral density of the jerk, (m/s³)² s.
        used: How many of the states are in use; the others are zero and stay so.

    Source:
        Bar-Shalom, Li, Kirubarajan, Estimation with Applications to Tracking and Navigation, 6.2.3.
    """
    t = dt_s
    t2 = t * t
    half = 0.5 * t2
    moved = np.empty((KINEMATIC, used))
    for axis in range(3):
        p, v, a = axis, 3 + axis, 6 + axis
        state[p] += t * state[v] + half * state[a]
        state[v] += t * state[a]
        for j in range(used):
            moved[p, j] = covariance[p, j] + t * covariance[v, j] + half * covariance[a, j]
            moved[v, j] = covariance[v, j] + t * covariance[a, j]
            moved[a, j] = covariance[a, j]
    for j in range(used):
        moved[LOG_DRAG, j] = covariance[LOG_DRAG, j]
    for i in range(KINEMATIC):
        for axis in range(3):
            p, v, a = axis, 3 + axis, 6 + axis
            covariance[i, p] = moved[i, p] + t * moved[i, v] + half * moved[i, a]
            covariance[i, v] = moved[i, v] + t * moved[i, a]
            covariance[i, a] = moved[i, a]
        for j in range(LOG_DRAG, used):
            covariance[i, j] = moved[i, j]
    _mirror(covariance, KINEMATIC, used)
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
def _mirror(covariance: Vector, rows: int, used: int) -> None:
    """Copy what is above the diagonal in the first rows to below it."""
    for i in range(rows):
        for j in range(i + 1, used):
            covariance[j, i] = covariance[i, j]


@njit
def _slope_of_acceleration(state: Vector, slope: Vector) -> float:
    """Fill in the derivative of the acceleration in free flight, shape (3, 7), and return the drag, m/s².

    Its columns are place, speed and ln CdA/m.
    """
    slope[:] = 0.0
    x, y, z = state[0], state[1], state[2]
    radius = math.sqrt(x * x + y * y + z * z)
    mu3 = MU_M3_S2 / (radius * radius * radius)
    for i in range(3):
        for j in range(3):
            slope[i, j] = 3.0 * mu3 * state[i] * state[j] / (radius * radius)
        slope[i, i] -= mu3
    slope[0, 0] += OMEGA_RAD_S * OMEGA_RAD_S
    slope[1, 1] += OMEGA_RAD_S * OMEGA_RAD_S
    slope[0, 4] += 2.0 * OMEGA_RAD_S
    slope[1, 3] -= 2.0 * OMEGA_RAD_S
    altitude_m = altitude_at(x, y, z)
    density = density_kg_m3(altitude_m)
    vx, vy, vz = state[3], state[4], state[5]
    speed = math.sqrt(vx * vx + vy * vy + vz * vz)
    cda_m = math.exp(state[LOG_DRAG])
    drag = 0.5 * density * cda_m * speed * speed
    if drag > 0.0:
        steepness = (density_kg_m3(altitude_m + 10.0) / density - 1.0) / 10.0
        half = 0.5 * density * cda_m
        for i in range(3):
            v = state[VELOCITY + i]
            slope[i, 3 + i] -= half * speed
            slope[i, 6] = -half * speed * v
            for j in range(3):
                slope[i, 3 + j] -= half * v * state[VELOCITY + j] / speed
                slope[i, j] -= half * steepness * speed * v * state[j] / radius
    return drag


@njit
def _transition(slope: Vector, dt_s: float, transition: Vector) -> None:
    """Fill in the second-order transition of place and speed, shape (6, 7), from the slope of the acceleration."""
    t = dt_s
    half_t2 = 0.5 * t * t
    for i in range(3):
        for j in range(7):
            transition[i, j] = half_t2 * slope[i, j]
            transition[3 + i, j] = 0.0
        transition[i, i] = 1.0 + transition[i, i]
        transition[i, 3 + i] = t + transition[i, 3 + i]
        transition[3 + i, 3 + i] = 1.0
        for k in range(3):
            transition[3 + i, k] += slope[i, k] * t
            transition[3 + i, 3 + k] += half_t2 * slope[i, k]
        for k in range(3):
            transition[3 + i, 3 + k] += slope[i, 3 + k] * t
            for j in range(7):
                transition[3 + i, j] += half_t2 * slope[i, 3 + k] * slope[k, j]
        transition[3 + i, 6] += slope[i, 6] * t


@njit
def _carry(covariance: Vector, transition: Vector, moved: Vector, used: int) -> None:
    """Carry a covariance through a transition of place and speed, in place; ``moved``, shape (6, used), is used up."""
    for i in range(6):
        for j in range(used):
            moved[i, j] = transition[i, 0] * covariance[0, j]
        for k in range(1, 6):
            for j in range(used):
                moved[i, j] += transition[i, k] * covariance[k, j]
        for j in range(used):
            moved[i, j] += transition[i, 6] * covariance[LOG_DRAG, j]
    for i in range(6):
        for j in range(6):
            total = 0.0
            for k in range(6):
                total += moved[i, k] * transition[j, k]
            covariance[i, j] = total + moved[i, LOG_DRAG] * transition[j, 6]
        for j in range(6, used):
            covariance[i, j] = moved[i, j]
    _mirror(covariance, KINEMATIC, used)


@njit
def predict_ballistic(  # noqa: PLR0917 - compiled code takes its arguments by position
    state: Vector, covariance: Vector, dt_s: float, noise_mps2: float, drag_noise: float, used: int = STATES
) -> None:
    """Move a state and its covariance, in place: gravity with J2, rotation and drag, in steps of at most 1 s.

    The acceleration block is the other model's and is left at zero. The oblateness is in the motion but not in the
    derivative, where it is a thousandth.

    Args:
        state: Shape (STATES,).
        covariance: Shape (STATES, STATES).
        dt_s: Zero or more.
        noise_mps2: Square root of the power spectral density of the acceleration noise, (m/s²) √s.
        drag_noise: Part of the drag that is added to it.
        used: How many of the states are in use; the others are zero and stay so.
    """
    count = math.ceil(dt_s / _LONGEST_STEP_S)
    slope, transition, moved = np.empty((3, 7)), np.empty((6, 7)), np.empty((6, used))
    for _ in range(count):
        t = dt_s / count
        drag = _slope_of_acceleration(state, slope)
        _transition(slope, t, transition)
        after = step(state[:6], math.exp(state[LOG_DRAG]), t)
        for i in range(6):
            state[i] = after[i]
        _carry(covariance, transition, moved, used)
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
