"""Chains of one sensor's plots as rows of arrays, so that one compiled call asks all of them.

A row holds the filter of a chain, its score, and of each of its plots the number, the time and how long a look lasts.
Rows are in the order in which chains were made.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector
from tocsin.warning.chain_filter import (
    GATE,
    STATES,
    begun,
    expected_place,
    extended,
    gain_in_likelihood,
    moved,
    squared_distance,
)
from tocsin.warning.plots import ONE_LOOK

NO_LOOK = -1.0
"""In place of the length of a look: the plot tells nothing of what else its sensor saw."""
MOVES = 14.2
"""Squared normalised speed that three figures at rest exceed in 0.3 % of cases."""
PAIRS_KEPT = 24
LONGER_KEPT = 12
_MISSED = 3.5
"""A chain that got no plot for so many of its intervals is given up."""
_PAUSE_S = 5.0
"""It is not given up sooner than this for want of a plot."""


class Rows(NamedTuple):
    """Chains, one a row; more rows than there are chains, and more places than a chain has plots."""

    states: Vector
    """Shape (n, 9), as in ``chain_filter``."""
    covariances: Vector
    """Shape (n, 9, 9)."""
    scores: Vector
    """Logarithm of how much likelier it is that the plots are one than that each is of something else, shape (n,)."""
    ends_s: Vector
    """When the chain is given up, seconds since 1970, shape (n,)."""
    biases_m: Vector
    """What the constant error of its sensor makes of the latest plot's place, shape (n,)."""
    is_ranged: NDArray[np.bool_]
    """Whether the first plot fixes a place, shape (n,)."""
    lengths: NDArray[np.int64]
    """How many plots it has, shape (n,)."""
    plots: NDArray[np.int64]
    """Their numbers in the order of time, ascending, shape (n, places)."""
    seen_s: Vector
    """Their times, shape (n, places)."""
    looks_s: Vector
    """How long their looks last, or ``NO_LOOK``, shape (n, places)."""


class Sighting(NamedTuple):
    """One plot, as chains take it."""

    number: int
    time_s: float
    look_s: float
    """Or ``NO_LOOK``."""
    place: Vector
    """ECEF, shape (3,), metres."""
    spread: Vector
    """Its covariance, shape (3, 3)."""
    bias_m: float
    is_ranged: bool


def room(capacity: int, places: int, old: Rows | None = None) -> Rows:
    """Return rows for so many chains of so many plots; those of ``old`` are in them."""
    rows = Rows(
        states=np.zeros((capacity, STATES)),
        covariances=np.zeros((capacity, STATES, STATES)),
        scores=np.zeros(capacity),
        ends_s=np.zeros(capacity),
        biases_m=np.zeros(capacity),
        is_ranged=np.zeros(capacity, np.bool_),
        lengths=np.zeros(capacity, np.int64),
        plots=np.zeros((capacity, places), np.int64),
        seen_s=np.zeros((capacity, places)),
        looks_s=np.zeros((capacity, places)),
    )
    if old is not None:
        for here, before in zip(rows, old, strict=True):
            here[tuple(slice(size) for size in before.shape)] = before
    return rows


@njit
def _share_look(one_s: float, one_look_s: float, other_s: float, other_look_s: float) -> bool:
    """As ``Plot.shares_look_with``, of two plots of one sensor."""
    return one_look_s >= 0.0 and abs(one_s - other_s) <= max(one_look_s, other_look_s)


@njit
def _fits(rows: Rows, row: int, plot: Sighting) -> float:
    """What a plot would add to the score of a chain; minus infinity where it does not fit."""
    last = rows.lengths[row] - 1
    dt_s = plot.time_s - rows.seen_s[row, last]
    if dt_s < 0.0:
        return -math.inf
    for k in range(max(last - 2, 0), last + 1):
        if _share_look(plot.time_s, plot.look_s, rows.seen_s[row, k], rows.looks_s[row, k]):
            return -math.inf
    state, covariance = rows.states[row], rows.covariances[row]
    apart2, size2 = 0.0, 3.0 * max(plot.spread[0, 0], plot.spread[1, 1], plot.spread[2, 2])
    for axis in range(3):
        step = state[3 + axis] * dt_s + 0.5 * state[6 + axis] * dt_s * dt_s
        apart = plot.place[axis] - state[axis] - step
        apart2 += apart * apart
        size2 += covariance[axis, axis] + 2.0 * dt_s * abs(covariance[axis, 3 + axis])
        size2 += dt_s * dt_s * covariance[3 + axis, 3 + axis]
        size2 += dt_s**4 * covariance[6 + axis, 6 + axis]
    if apart2 > 2.0 * GATE * size2:
        return -math.inf
    there, spread = expected_place(state, covariance, dt_s)
    for i in range(3):
        there[i] = plot.place[i] - there[i]
        for j in range(3):
            spread[i, j] += plot.spread[i, j]
    distance2, log_determinant = squared_distance(spread, there)
    return gain_in_likelihood(distance2, log_determinant) if distance2 <= GATE else -math.inf


@njit
def fitting(rows: Rows, count: int, plot: Sighting) -> tuple[NDArray[np.int64], Vector]:
    """Return the rows of the likeliest chains that a plot lengthens, and their scores with it.

    Those of two plots and more come first, at most ``LONGER_KEPT``, then those that become pairs, at most
    ``PAIRS_KEPT``; each by falling score.
    """
    gains = np.empty(count)
    fit = 0
    for row in range(count):
        gains[row] = _fits(rows, row, plot)
        fit += gains[row] > -math.inf
    chosen, scores = np.empty(fit, np.int64), np.empty(fit)
    fit = 0
    for row in range(count):
        if gains[row] > -math.inf:
            chosen[fit], scores[fit] = row, rows.scores[row] + gains[row]
            fit += 1
    order = np.argsort(-scores, kind="mergesort")
    kept, longer, pairs = np.empty(min(fit, LONGER_KEPT + PAIRS_KEPT), np.int64), 0, 0
    for entry in order:
        if rows.lengths[chosen[entry]] > 1 and longer < LONGER_KEPT:
            kept[longer] = entry
            longer += 1
    for entry in order:
        if rows.lengths[chosen[entry]] == 1 and pairs < PAIRS_KEPT:
            kept[longer + pairs] = entry
            pairs += 1
    kept = kept[: longer + pairs]
    return chosen[kept], scores[kept]


@njit
def append(  # noqa: PLR0917 - compiled code takes its arguments by position
    rows: Rows, count: int, chosen: NDArray[np.int64], scores: Vector, plot: Sighting, alone_s: float
) -> None:
    """Write new chains behind the first ``count`` rows: those that a plot lengthens, and one of that plot alone.

    Args:
        rows: With room for them.
        count: How many are in use.
        chosen: As from ``fitting``.
        scores: As from ``fitting``.
        plot: Which.
        alone_s: When the one of the plot alone is given up, seconds since 1970.
    """
    for k in range(chosen.shape[0] + 1):
        new, old = count + k, chosen[k] if k < chosen.shape[0] else -1
        length = 0
        if old < 0:
            state, covariance = begun(plot.place, plot.spread)
            rows.scores[new], rows.ends_s[new], rows.is_ranged[new] = 0.0, alone_s, plot.is_ranged
        else:
            length = rows.lengths[old]
            dt_s = plot.time_s - rows.seen_s[old, length - 1]
            state, covariance = extended(rows.states[old], rows.covariances[old], dt_s, plot.place, plot.spread)
            rows.scores[new], rows.is_ranged[new] = scores[k], rows.is_ranged[old]
            paused_s = min(rows.ends_s[old], plot.time_s + _PAUSE_S)
            rows.ends_s[new] = max(plot.time_s + _MISSED * dt_s, paused_s)
            for place in range(length):
                rows.plots[new, place] = rows.plots[old, place]
                rows.seen_s[new, place] = rows.seen_s[old, place]
                rows.looks_s[new, place] = rows.looks_s[old, place]
        rows.states[new] = state
        rows.covariances[new] = covariance
        rows.plots[new, length], rows.seen_s[new, length] = plot.number, plot.time_s
        rows.looks_s[new, length], rows.biases_m[new] = plot.look_s, plot.bias_m
        rows.lengths[new] = length + 1


@njit
def compact(rows: Rows, is_kept: NDArray[np.bool_]) -> int:
    """Close the gaps that rows leave which are not kept, and return how many remain; ``is_kept`` is of those in use."""
    count = 0
    for row in range(is_kept.shape[0]):
        if not is_kept[row]:
            continue
        if count != row:
            length = rows.lengths[row]
            rows.states[count] = rows.states[row]
            rows.covariances[count] = rows.covariances[row]
            rows.scores[count], rows.ends_s[count] = rows.scores[row], rows.ends_s[row]
            rows.biases_m[count], rows.is_ranged[count] = rows.biases_m[row], rows.is_ranged[row]
            rows.lengths[count] = length
            for place in range(length):
                rows.plots[count, place] = rows.plots[row, place]
                rows.seen_s[count, place] = rows.seen_s[row, place]
                rows.looks_s[count, place] = rows.looks_s[row, place]
        count += 1
    return count


@njit
def without(rows: Rows, count: int, plots: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell of each row whether it holds none of the plots with these numbers, which ascend."""
    is_free = np.ones(count, np.bool_)
    for row in range(count):
        k = 0
        for place in range(rows.lengths[row]):
            while k < plots.shape[0] and plots[k] < rows.plots[row, place]:
                k += 1
            if k < plots.shape[0] and plots[k] == rows.plots[row, place]:
                is_free[row] = False
                break
    return is_free


@njit
def is_moving(state: Vector, covariance: Vector, min_speed_mps: float) -> bool:
    """Tell whether a chain moves, beyond doubt, and not too slowly for a launch."""
    speed2, trace = 0.0, 0.0
    for axis in range(3, 6):
        speed2 += state[axis] * state[axis]
        trace += covariance[axis, axis]
    if not math.sqrt(speed2) + math.sqrt(trace) >= min_speed_mps:
        return False
    return squared_distance(covariance[3:6, 3:6], state[3:6])[0] >= MOVES


@njit
def has_enough(rows: Rows, row: int, needed: int, scans: int, window_s: float) -> bool:
    """As ``initiation.is_enough``, of a chain, which is of one sensor."""
    last = rows.lengths[row] - 1
    newest_s = rows.seen_s[row, last]
    found, interval_s, later_s, first_s = 0, math.inf, newest_s, newest_s
    for k in range(last, -1, -1):
        at_s = rows.seen_s[row, k]
        if not at_s > newest_s - window_s:
            break
        if found == 0 or at_s < later_s:
            if found > 0:
                interval_s = min(interval_s, later_s - at_s)
            found, later_s = found + 1, at_s
            if found == needed:
                first_s = at_s
    if found < needed:
        return False
    if rows.looks_s[row, last] > 0.0:
        interval_s = rows.looks_s[row, last] / ONE_LOOK
    elif found == 1:
        interval_s = 0.0
    is_enough: bool = newest_s - first_s <= (scans - 1) * interval_s + 1e-6
    return is_enough


@njit
def _contend(rows: Rows, first: int, second: int) -> bool:
    """Tell whether two chains share a plot, the second has another besides, and not both can be true."""
    length, other_length = rows.lengths[first], rows.lengths[second]
    shared, k = 0, 0
    for place in range(length):
        number = rows.plots[first, place]
        while k < other_length and rows.plots[second, k] < number:
            k += 1
        shared += k < other_length and rows.plots[second, k] == number
    if not 0 < shared < other_length:
        return False
    for one in range(length):
        for other in range(other_length):
            if rows.plots[first, one] != rows.plots[second, other] and _share_look(
                rows.seen_s[first, one],
                rows.looks_s[first, one],
                rows.seen_s[second, other],
                rows.looks_s[second, other],
            ):
                return True
    return False


@njit
def rival(rows: Rows, count: int, row: int, is_any: bool) -> float:  # noqa: FBT001 - compiled, by position
    """Return the score of the likeliest rival of a chain, or with ``is_any`` of the first one; else minus infinity.

    A rival has a plot in common with the chain, and another of a look of which the chain has a different one.
    """
    best = -math.inf
    for other in range(count):
        if other != row and rows.scores[other] > best and _contend(rows, row, other):
            best = rows.scores[other]
            if is_any:
                break
    return best


@njit
def weigh(  # noqa: PLR0917 - compiled code takes its arguments by position
    rows: Rows, count: int, first: int, end: int, needed: int, scans: int, window_s: float, min_speed_mps: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Vector]:
    """Tell of the rows from ``first`` up to ``end`` whether each moves and has enough plots, and its rival's score.

    That is the likeliest rival's, for those alone that move; where plots are too few, any rival will do.
    """
    moves, enough = np.zeros(end - first, np.bool_), np.zeros(end - first, np.bool_)
    rivals = np.full(end - first, -math.inf)
    for row in range(first, end):
        if is_moving(rows.states[row], rows.covariances[row], min_speed_mps):
            moves[row - first] = True
            enough[row - first] = has_enough(rows, row, needed, scans, window_s)
            rivals[row - first] = rival(rows, count, row, not enough[row - first])
    return moves, enough, rivals


@njit
def agreeing(rows: Rows, count: int, theirs: Rows, row: int, agree_chi2: float) -> NDArray[np.int64]:
    """Return which chains may be of the object of a chain of another sensor: at its time they are where it is.

    Args:
        rows: Of the one sensor.
        count: How many are in use.
        theirs: Of the other.
        row: Which of those.
        agree_chi2: The largest squared normalised distance, of six figures.
    """
    state, covariance, bias_m = theirs.states[row], theirs.covariances[row], theirs.biases_m[row]
    time_s = theirs.seen_s[row, theirs.lengths[row] - 1]
    found, met = np.empty(count, np.int64), 0
    apart, whole = np.empty(6), np.empty((6, 6))
    for other in range(count):
        length = rows.lengths[other]
        if length < 2 or not rows.is_ranged[other]:
            continue
        dt_s = time_s - rows.seen_s[other, length - 1]
        bias2 = bias_m * bias_m + rows.biases_m[other] * rows.biases_m[other]
        place, spread = expected_place(rows.states[other], rows.covariances[other], dt_s)
        apart2, size2 = 0.0, 3.0 * bias2
        for axis in range(3):
            apart2 += (state[axis] - place[axis]) ** 2
            size2 += covariance[axis, axis] + spread[axis, axis]
        if not apart2 <= agree_chi2 * size2:  # it cannot be within, whatever the rest
            continue
        there, spread = moved(rows.states[other], rows.covariances[other], dt_s)
        for i in range(6):
            apart[i] = state[i] - there[i]
            for j in range(6):
                whole[i, j] = covariance[i, j] + spread[i, j]
        for axis in range(3):
            whole[axis, axis] += bias2
        if squared_distance(whole, apart)[0] < agree_chi2:
            found[met] = other
            met += 1
    return found[:met]
