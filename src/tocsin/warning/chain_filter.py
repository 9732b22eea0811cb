"""The filter of plots that no track expects: position, velocity and acceleration, and how well the next plot fits.

It is linear, knows neither gravity nor air, and lives for a handful of plots: long enough to tell which of them can be
one object. Many such filters are asked in one call (``chain_rows``).
"""

from __future__ import annotations

import math

import numpy as np

from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector

STATES = 9
SPEED_SIGMA_MPS = 2500.0
"""Of each axis before there is a second plot."""
ACCELERATION_SIGMA_MPS2 = 25.0
JERK_PSD = 1.0
GATE = 16.3
"""Squared normalised distance of three figures that one plot in a thousand is beyond."""
CROWD_M3 = 1e15
"""The space in which one other plot is to be expected: a cube of a hundred kilometres."""
_DETECTED = 0.9


@njit
def moved(state: Vector, covariance: Vector, dt_s: float) -> tuple[Vector, Vector]:
    """Return a state, shape (9,), and its covariance, shape (9, 9), moved on, or back without noise.

    Source:
        White jerk: Bar-Shalom, Li, Kirubarajan, Estimation with Applications to Tracking and Navigation, 6.2.3.
    """
    t, half = dt_s, 0.5 * dt_s * dt_s
    after, moving, spread = np.empty(STATES), np.empty((STATES, STATES)), np.empty((STATES, STATES))
    for axis in range(3):
        p, v, a = axis, 3 + axis, 6 + axis
        after[p] = state[p] + t * state[v] + half * state[a]
        after[v] = state[v] + t * state[a]
        after[a] = state[a]
        for j in range(STATES):
            moving[p, j] = covariance[p, j] + t * covariance[v, j] + half * covariance[a, j]
            moving[v, j] = covariance[v, j] + t * covariance[a, j]
            moving[a, j] = covariance[a, j]
    for i in range(STATES):
        for axis in range(3):
            p, v, a = axis, 3 + axis, 6 + axis
            spread[i, p] = moving[i, p] + t * moving[i, v] + half * moving[i, a]
            spread[i, v] = moving[i, v] + t * moving[i, a]
            spread[i, a] = moving[i, a]
    noise = JERK_PSD if t > 0.0 else 0.0
    for axis in range(3):
        p, v, a = axis, 3 + axis, 6 + axis
        spread[p, p] += noise * t**5 / 20.0
        spread[v, v] += noise * t**3 / 3.0
        spread[a, a] += noise * t
        spread[p, v] += noise * t**4 / 8.0
        spread[v, p] += noise * t**4 / 8.0
        spread[p, a] += noise * t**3 / 6.0
        spread[a, p] += noise * t**3 / 6.0
        spread[v, a] += noise * t**2 / 2.0
        spread[a, v] += noise * t**2 / 2.0
    return after, spread


@njit
def begun(place: Vector, spread: Vector) -> tuple[Vector, Vector]:
    """Return state, shape (9,), and covariance, shape (9, 9), after a first plot.

    Args:
        place: ECEF, shape (3,), metres.
        spread: Its covariance, shape (3, 3).
    """
    state, covariance = np.zeros(STATES), np.zeros((STATES, STATES))
    for axis in range(3):
        state[axis] = place[axis]
        covariance[3 + axis, 3 + axis] = SPEED_SIGMA_MPS * SPEED_SIGMA_MPS
        covariance[6 + axis, 6 + axis] = ACCELERATION_SIGMA_MPS2 * ACCELERATION_SIGMA_MPS2
        for other in range(3):
            covariance[axis, other] = spread[axis, other]
    return state, covariance


@njit
def squared_distance(covariance: Vector, difference: Vector) -> tuple[float, float]:
    """Return the squared normalised length of a difference, shape (n,), and the logarithm of the determinant.

    Elimination without exchange of rows, as good as a Cholesky root where the covariance is one; where it is not,
    the distance is infinite. Neither argument is changed.
    """
    count = difference.shape[0]
    rest, left = difference.copy(), covariance.copy()
    distance2, log_determinant = 0.0, 0.0
    for i in range(count):
        pivot = left[i, i]
        if not pivot > 0.0:
            return math.inf, 0.0
        distance2 += rest[i] * rest[i] / pivot
        log_determinant += math.log(pivot)
        for k in range(i + 1, count):
            factor = left[k, i] / pivot
            rest[k] -= factor * rest[i]
            for j in range(i + 1, count):
                left[k, j] -= factor * left[i, j]
    return distance2, log_determinant


@njit
def expected_place(state: Vector, covariance: Vector, dt_s: float) -> tuple[Vector, Vector]:
    """Return the place alone of what ``moved`` gives, shape (3,), and its covariance, shape (3, 3)."""
    t, half = dt_s, 0.5 * dt_s * dt_s
    place, spread = np.empty(3), np.empty((3, 3))
    for i in range(3):
        place[i] = state[i] + t * state[3 + i] + half * state[6 + i]
        for j in range(3):
            p = covariance[i, j] + t * covariance[3 + i, j] + half * covariance[6 + i, j]
            v = covariance[i, 3 + j] + t * covariance[3 + i, 3 + j] + half * covariance[6 + i, 3 + j]
            a = covariance[i, 6 + j] + t * covariance[3 + i, 6 + j] + half * covariance[6 + i, 6 + j]
            spread[i, j] = p + t * v + half * a
    for axis in range(3):
        spread[axis, axis] += (JERK_PSD if t > 0.0 else 0.0) * t**5 / 20.0
    return place, spread


@njit
def gain_in_likelihood(distance2: float, log_determinant: float) -> float:
    """Return what a plot adds to the logarithm of the likelihood that it belongs to a chain, against anything else."""
    return math.log(_DETECTED * CROWD_M3) - 0.5 * (distance2 + log_determinant + 3.0 * math.log(2.0 * math.pi))


@njit
def extended(state: Vector, covariance: Vector, dt_s: float, place: Vector, spread: Vector) -> tuple[Vector, Vector]:
    """Return a state, shape (9,), and its covariance, shape (9, 9), moved on to a plot and with that taken in.

    Args:
        state: Shape (9,).
        covariance: Shape (9, 9).
        dt_s: To the plot, zero or more.
        place: Of the plot, ECEF, shape (3,), metres.
        spread: Its covariance, shape (3, 3).
    """
    state, covariance = moved(state, covariance, dt_s)
    whole = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            whole[i, j] = covariance[i, j] + spread[i, j]
    root, innovation = _root(whole), np.empty(3)
    for axis in range(3):
        innovation[axis] = place[axis] - state[axis]
    _solve(root, innovation)
    gain = np.empty((STATES, 3))  # not yet divided by the root once more
    for i in range(STATES):
        for axis in range(3):
            gain[i, axis] = covariance[i, axis]
        _solve(root, gain[i])
    for i in range(STATES):
        for axis in range(3):
            state[i] += gain[i, axis] * innovation[axis]
        for j in range(STATES):
            for axis in range(3):
                covariance[i, j] -= gain[i, axis] * gain[j, axis]
    return state, covariance


@njit
def _solve(root: Vector, vector: Vector) -> None:
    """Divide a vector, shape (3,), by a lower triangular root, in place."""
    for j in range(3):
        for k in range(j):
            vector[j] -= root[j, k] * vector[k]
        vector[j] /= root[j, j]


@njit
def _root(covariance: Vector) -> Vector:
    """Lower triangular root of a covariance, shape (3, 3) (Cholesky)."""
    root = np.zeros((3, 3))
    for i in range(3):
        for j in range(i + 1):
            total = covariance[i, j]
            for k in range(j):
                total -= root[i, k] * root[j, k]
            root[i, j] = math.sqrt(total) if i == j else total / root[j, j]
    return root
