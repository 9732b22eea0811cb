"""The filter of plots that no track expects: position, velocity and acceleration, and how well the next plot fits.

It is linear, knows neither gravity nor air, and lives for a handful of plots: long enough to tell which of them can be
one object. Many such filters are asked in one call.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

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
    t = dt_s
    transition = np.eye(STATES)
    for axis in range(3):
        transition[axis, 3 + axis] = t
        transition[axis, 6 + axis] = 0.5 * t * t
        transition[3 + axis, 6 + axis] = t
    spread = transition @ covariance @ transition.T
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
    return transition @ state, spread


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
def extended(  # noqa: PLR0917 - compiled code takes its arguments by position
    states: Vector,
    covariances: Vector,
    times_s: Vector,
    asked: NDArray[np.int64],
    time_s: float,
    place: Vector,
    spread: Vector,
) -> tuple[NDArray[np.int64], Vector, Vector, Vector]:
    """Try a plot on chains, and return those that it fits, each with the plot taken in.

    Args:
        states: Shape (n, 9).
        covariances: Shape (n, 9, 9).
        times_s: Of the last plot of each, shape (n,).
        asked: Rows that may take the plot.
        time_s: Of the plot, not before any of theirs.
        place: Of the plot, ECEF, shape (3,), metres.
        spread: Its covariance, shape (3, 3).

    Returns:
        Rows, shape (k,); states, shape (k, 9); covariances, shape (k, 9, 9); and what the plot adds to the logarithm
        of the likelihood that it belongs there, against that it is of something else, shape (k,).
    """
    count = asked.shape[0]
    rows = np.empty(count, np.int64)
    new_states, new_covariances = np.empty((count, STATES)), np.empty((count, STATES, STATES))
    gains = np.empty(count)
    found = 0
    largest = max(spread[0, 0], spread[1, 1], spread[2, 2])
    for row in asked:
        dt_s = time_s - times_s[row]
        apart2, size2 = 0.0, 3.0 * largest
        for axis in range(3):
            step = states[row, 3 + axis] * dt_s + 0.5 * states[row, 6 + axis] * dt_s * dt_s
            apart = place[axis] - states[row, axis] - step
            apart2 += apart * apart
            size2 += covariances[row, axis, axis] + 2.0 * dt_s * abs(covariances[row, axis, 3 + axis])
            size2 += dt_s * dt_s * covariances[row, 3 + axis, 3 + axis]
            size2 += dt_s**4 * covariances[row, 6 + axis, 6 + axis]
        if apart2 > 2.0 * GATE * size2:
            continue
        state, covariance = moved(states[row], covariances[row], dt_s)
        whole = covariance[:3, :3] + spread
        determinant = np.linalg.det(whole)
        if not determinant > 0.0:
            continue
        inverse = np.linalg.inv(whole)
        difference = place - state[:3]
        distance2 = float(difference @ inverse @ difference)
        if not distance2 <= GATE:
            continue
        gain = np.ascontiguousarray(covariance[:, :3]) @ inverse
        rows[found] = row
        new_states[found] = state + gain @ difference
        new_covariances[found] = covariance - gain @ np.ascontiguousarray(covariance[:3, :])
        gains[found] = math.log(_DETECTED * CROWD_M3) - 0.5 * (
            distance2 + math.log(determinant) + 3.0 * math.log(2.0 * math.pi)
        )
        found += 1
    return rows[:found], new_states[:found], new_covariances[:found], gains[:found]
