"""How a sensor sees a state, and what one plot does to it: the measurement side of the filter.

A plot's figures are taken one after the other against one linearisation, which equals the joint update of an
extended Kalman filter without inverting a matrix. Range and range rate come after the angles and with the second order
of how the line of sight turns.
"""

from __future__ import annotations

import math

import numpy as np

from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector
from tocsin.warning.models import (
    ACCELERATION,
    LEAST_LOG_DRAG,
    LOG_DRAG,
    MOST_LOG_DRAG,
    POSITION,
    STATES,
    VELOCITY,
)

RANGED = 0
"""Range, azimuth, elevation."""
ANGLES = 1
"""Azimuth, elevation."""
PLACED = 2
"""Three earth-fixed coordinates."""
RATED = 3
"""Range, azimuth, elevation, and how fast the range grows."""
TURN_S = 5.0
"""How long a turn that plots have not shown yet has lasted at most."""
FIGURES = 4
"""Length of the array that figures are in, whatever the form; those that it has not are zero."""


@njit
def first_row(form: int) -> int:
    """Return the index of the first figure that a form has."""
    return 1 if form == ANGLES else 0


@njit
def end_row(form: int) -> int:
    """Return one more than the index of the last."""
    return FIGURES if form == RATED else 3


def figures_of(form: int) -> int:
    """Return how many figures a form has."""
    return int(end_row(form) - first_row(form))


@njit
def predicted_figures(state: Vector, form: int, site: Vector, basis: Vector, slot: int) -> tuple[Vector, Vector]:
    """Return what would be measured and its derivative by the state.

    Args:
        state: Shape (STATES,).
        form: ``RANGED``, ``ANGLES``, ``PLACED`` or ``RATED``.
        site: Of the sensor, ECEF, shape (3,), metres.
        basis: East, north, up at the sensor as rows, shape (3, 3).
        slot: Index of the sensor's azimuth bias in the state, or -1.

    Returns:
        Figures, shape (FIGURES,): range (m), azimuth, elevation (rad), range rate (m/s), or coordinates (m); and
        shape (FIGURES, STATES). Rows that the form has not are zero.
    """
    figures, moving = _seen(state, form, site, basis, slot)
    slope = np.zeros((FIGURES, STATES))
    slope[:, :ACCELERATION] = moving
    if slot >= 0 and form != PLACED:
        slope[1, slot] = 1.0
        slope[2, slot + 1] = 1.0
    return figures, slope


@njit
def _seen(state: Vector, form: int, site: Vector, basis: Vector, slot: int) -> tuple[Vector, Vector]:
    """As ``predicted_figures``, with the derivative by place and speed alone, shape (FIGURES, 6).

    That by the biases of the sensor is one for the angle that each is of; all others are zero.
    """
    figures = np.zeros(FIGURES)
    slope = np.zeros((FIGURES, ACCELERATION))
    if form == PLACED:
        for axis in range(3):
            figures[axis] = state[axis]
            slope[axis, axis] = 1.0
        return figures, slope
    e, n, u = 0.0, 0.0, 0.0
    for j in range(3):
        away = state[j] - site[j]
        e += basis[0, j] * away
        n += basis[1, j] * away
        u += basis[2, j] * away
    ground2 = max(e * e + n * n, 1.0)
    ground = math.sqrt(ground2)
    range2 = ground2 + u * u
    distance = math.sqrt(range2)
    if form != ANGLES:
        figures[0] = distance
    figures[1] = math.atan2(e, n)
    figures[2] = math.atan2(u, ground)
    for j in range(3):
        be, bn, bu = basis[0, j], basis[1, j], basis[2, j]
        if form != ANGLES:
            slope[0, j] = (e * be + n * bn + u * bu) / distance
        slope[1, j] = (n * be - e * bn) / ground2
        slope[2, j] = (ground * bu - u * (e * be + n * bn) / ground) / range2
    if form == RATED:
        _rate(state, figures, slope)
    if slot >= 0:
        figures[1] += state[slot]
        figures[2] += state[slot + 1]
    return figures, slope


@njit
def _rate(state: Vector, figures: Vector, slope: Vector) -> None:
    """Fill in how fast the range grows, and its derivative, from the range's own."""
    for j in range(3):
        figures[3] += slope[0, j] * state[VELOCITY + j]
    for j in range(3):
        slope[3, j] = (state[VELOCITY + j] - slope[0, j] * figures[3]) / figures[0]
        slope[3, VELOCITY + j] = slope[0, j]


@njit
def residual(figures: Vector, expected: Vector, form: int) -> Vector:
    """Return measured minus expected, shape (FIGURES,), the azimuth from -π to π."""
    difference = np.empty(FIGURES)
    for i in range(FIGURES):
        difference[i] = figures[i] - expected[i]
    if form != PLACED:
        difference[1] = (difference[1] + math.pi) % (2.0 * math.pi) - math.pi
    if form == ANGLES:
        difference[0] = 0.0
    return difference


@njit
def _across(line: Vector, covariance: Vector, first: int, second: int, distance: float) -> Vector:
    """A block of a covariance, shape (3, 3), seen across the line of sight and by the distance: how far that turns."""
    turned = np.empty((3, 3))
    for j in range(3):
        along = 0.0
        for k in range(3):
            along += line[k] * covariance[first + k, second + j]
        for i in range(3):
            turned[i, j] = (covariance[first + i, second + j] - line[i] * along) / distance
    return turned


@njit
def _curvature(line: Vector, covariance: Vector, distance: float, row: int) -> tuple[float, float]:
    """Return mean and variance of what range or range rate gain because the line of sight turns within the covariance.

    A place that is uncertain across the line by s is further off than the straight derivative says, by about s²/2r.
    Where that is more than the range's own error, a filter without it takes a lens for an ellipsoid.

    Args:
        line: Derivative of the range by the state: the line of sight, then zeros.
        covariance: Shape (STATES, STATES).
        distance: Range, metres.
        row: 0: of the range; 3: of its rate, by place and speed together.

    Source:
        Gaussian second-order filter: Bar-Shalom, Li, Kirubarajan, Estimation with Applications to Tracking and
        Navigation, 10.3.2. The limit: Lerro and Bar-Shalom (1993).
    """
    place = _across(line, covariance, POSITION, POSITION, distance)
    shift, variance = 0.0, 0.0
    if row == 0:
        for i in range(3):
            shift += 0.5 * place[i, i]
            for j in range(3):
                variance += 0.5 * place[i, j] * place[j, i]
        return shift, max(variance, 0.0)
    speed = _across(line, covariance, VELOCITY, VELOCITY, distance)
    both = _across(line, covariance, VELOCITY, POSITION, distance)
    for i in range(3):
        shift += both[i, i]
        for j in range(3):
            variance += both[i, j] * both[j, i] + speed[i, j] * place[j, i]
    return shift, max(variance, 0.0)


@njit
def _correct(  # noqa: PLR0917 - compiled code takes its arguments by position
    state: Vector, covariance: Vector, gain: Vector, innovation: float, spread: float, used: int
) -> None:
    """Update a state and its covariance by one figure, in place; the gain is not yet divided by its spread."""
    for i in range(used):
        if gain[i] != 0.0:  # it is for the thrust of the ballistic model
            state[i] += gain[i] * (innovation / spread)
            for j in range(used):
                covariance[i, j] -= gain[i] * gain[j] / spread


@njit
def absorb(  # noqa: PLR0917 - compiled code takes its arguments by position
    state: Vector,
    covariance: Vector,
    figures: Vector,
    variances: Vector,
    form: int,
    site: Vector,
    basis: Vector,
    slot: int,
    used: int = STATES,
) -> tuple[float, float]:
    """Update a state and its covariance by one plot, in place; ln CdA/m is kept to what flies.

    Args:
        state: Shape (STATES,).
        covariance: Shape (STATES, STATES).
        figures: As in ``predicted_figures``.
        variances: Of the figures, shape (FIGURES,).
        form: As in ``predicted_figures``.
        site: As in ``predicted_figures``.
        basis: As in ``predicted_figures``.
        slot: As in ``predicted_figures``.
        used: How many of the states are in use; the others are zero and stay so.

    Returns:
        Squared normalised distance and the logarithm of the likelihood.
    """
    expected, slope = _seen(state, form, site, basis, slot)
    difference = residual(figures, expected, form)
    distance2 = 0.0
    log_likelihood = 0.0
    is_ranged, is_biased = form in (RANGED, RATED), slot >= 0 and form != PLACED
    gain, before = np.empty(used), state[:used].copy()
    for turn in range(first_row(form), end_row(form)):
        row = (turn + 1) % 3 if is_ranged and turn < 3 else turn
        spread = variances[row]
        innovation = difference[row]
        if is_ranged and row in (0, 3):
            shift, curved = _curvature(slope[0], covariance, figures[0], row)
            innovation -= shift
            spread += curved
        for i in range(used):
            gain[i] = covariance[i, 0] * slope[row, 0]
            for j in range(1, ACCELERATION):  # of the others a figure depends on its sensor's biases alone
                gain[i] += covariance[i, j] * slope[row, j]
        if is_biased and 0 < row < 3:
            for i in range(used):
                gain[i] += covariance[i, slot + row - 1]
        for i in range(ACCELERATION):
            if slope[row, i] != 0.0:
                spread += slope[row, i] * gain[i]
                innovation -= slope[row, i] * (state[i] - before[i])
        if is_biased and 0 < row < 3:
            spread += gain[slot + row - 1]
            innovation -= state[slot + row - 1] - before[slot + row - 1]
        _correct(state, covariance, gain, innovation, spread, used)
        distance2 += innovation * innovation / spread
        log_likelihood -= 0.5 * (innovation * innovation / spread + math.log(2.0 * math.pi * spread))
    state[LOG_DRAG] = min(max(state[LOG_DRAG], LEAST_LOG_DRAG), MOST_LOG_DRAG)
    return distance2, log_likelihood


@njit
def _misfit(difference: Vector, spread: Vector, first: int, end: int) -> tuple[float, float]:
    """Return squared normalised distance, and with the logarithm of the determinant added; both are used up."""
    distance2, log_determinant = 0.0, 0.0
    for i in range(first, end):
        pivot, rest = spread[i, i], difference[i]
        distance2 += rest * rest / pivot
        log_determinant += math.log(abs(pivot))
        for k in range(i + 1, end):
            factor = spread[k, i] / pivot
            difference[k] -= factor * rest
            for j in range(i + 1, end):
                spread[k, j] -= factor * spread[i, j]
    return distance2, distance2 + log_determinant


@njit
def _expected_spread(covariance: Vector, slope: Vector, form: int, slot: int) -> Vector:
    """Covariance of the expected figures, shape (FIGURES, FIGURES), over the states that they depend on."""
    moving = 6 if form == RATED else 3
    is_biased = slot >= 0 and form != PLACED
    count = moving + (2 if is_biased else 0)
    spread, carried = np.zeros((FIGURES, FIGURES)), np.empty(8)
    for i in range(first_row(form), end_row(form)):
        for k in range(count):
            a = k if k < moving else slot + k - moving
            carried[k] = 0.0
            for b in range(moving):
                carried[k] += covariance[a, b] * slope[i, b]
            if is_biased and 0 < i < 3:
                carried[k] += covariance[a, slot + i - 1]
        for j in range(first_row(form), end_row(form)):
            for k in range(moving):
                spread[i, j] += slope[j, k] * carried[k]
            if is_biased and 0 < j < 3:
                spread[i, j] += carried[moving + j - 1]
    return spread


@njit
def misfit(  # noqa: PLR0917 - compiled code takes its arguments by position
    states: Vector,
    covariances: Vector,
    figures: Vector,
    variances: Vector,
    form: int,
    site: Vector,
    basis: Vector,
    slot: int,
    first_model: int,
    place_m2: float,
    speed_m2_s2: float,
    turn_m2: float,
    angle_rad2: float,
) -> tuple[float, float]:
    """Return how far a plot is from what the models expect, by the one that fits best.

    Args:
        states: Shape (2, STATES).
        covariances: Shape (2, STATES, STATES).
        figures: As in ``predicted_figures``.
        variances: Of the figures, shape (FIGURES,).
        form: As in ``predicted_figures``.
        site: As in ``predicted_figures``.
        basis: As in ``predicted_figures``.
        slot: As in ``predicted_figures``.
        first_model: Models before this one are not asked.
        place_m2: Added to the variance of the place, m².
        speed_m2_s2: Added to that of the velocity, m²/s².
        turn_m2: Once more is tried with so much added to the place besides, and to the velocity what makes it so much
            within ``TURN_S``, unless it is zero; m².
        angle_rad2: Added to the variances of the angles, rad².

    Returns:
        Squared normalised distance, and the same plus the logarithm of the determinant of its covariance; infinite
        where nothing can be reckoned.
    """
    first, end = first_row(form), end_row(form)
    best2, best = math.inf, math.inf
    spread = np.empty((FIGURES, FIGURES))
    for model in range(first_model, 2):
        expected, slope = _seen(states[model], form, site, basis, slot)
        bare = _expected_spread(covariances[model], slope, form, slot)
        for turn in range(1 if turn_m2 == 0.0 else 2):
            more_m2 = place_m2 + turn * turn_m2
            more_m2_s2 = speed_m2_s2 + turn * turn_m2 / (TURN_S * TURN_S)
            for i in range(first, end):
                for j in range(first, end):
                    spread[i, j] = bare[i, j]
                    for axis in range(3):
                        spread[i, j] += slope[i, axis] * more_m2 * slope[j, axis]
                        spread[i, j] += slope[i, VELOCITY + axis] * more_m2_s2 * slope[j, VELOCITY + axis]
                spread[i, i] += variances[i] + (angle_rad2 if 0 < i < 3 else 0.0)
            distance2, cost = _misfit(residual(figures, expected, form), spread, first, end)
            if cost < best:
                best2, best = distance2, cost
    return best2, best


@njit
def sigmas_of(covariance: Vector) -> tuple[float, float]:
    """Return how sure place and velocity are, over all directions together, m and m/s; shape (STATES, STATES)."""
    place2, speed2 = 0.0, 0.0
    for axis in range(3):
        place2 += covariance[axis, axis]
        speed2 += covariance[VELOCITY + axis, VELOCITY + axis]
    return math.sqrt(max(place2, 0.0)), math.sqrt(max(speed2, 0.0))
