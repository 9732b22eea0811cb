"""Plots of which it is plain whose they are: many of them, of one sensor or of several, fused in one compiled call.

Where a plot fits one track, or one of several best, nothing is to be weighed up: the track takes it, as ``association``
would have it, and the next plot is compared with what became of it. All that is not plain is left to Python: a plot
that fits no track, the first of its sensor, a late one, those that two objects of one look compete for.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector
from tocsin.warning import imm
from tocsin.warning.gate import can_fit, distance
from tocsin.warning.held import DISTANCES, Books, Held, copy, move, note_place, slot_of
from tocsin.warning.law import Law
from tocsin.warning.measurement import ANGLES, PLACED, end_row, first_row
from tocsin.warning.models import KINEMATIC, STATES
from tocsin.warning.moment import REMEMBERED, is_sound, turned_away, weighed
from tocsin.warning.plots import BIAS, FORM, TIME, unpacked

ALIKE = 6.0
"""Two tracks that a line of sight fits are alike if their costs, twice a log-likelihood, differ by less."""
FITS_WELL = 6.25
"""Squared normalised distance of three figures that one plot in ten of a track's own is beyond."""

FUSED, WAITS, AMBIGUOUS = 0, 1, 2
"""What becomes of a plot: it is in its track, it waits for the rest of its look, it tells too little."""
MOST = 64
"""So many plots are taken in one call."""


class Batch(NamedTuple):
    """Plots in the order of time."""

    plots: Vector
    """As from ``Plot.packed``, shape (n, PACKED)."""
    sensors: NDArray[np.int64]
    """Their numbers in the bank, or -1, shape (n,)."""
    looks_s: Vector
    """Shape (n,)."""
    is_crowded: NDArray[np.bool_]
    """Whether the sensor sees several objects about there, shape (n,)."""
    can_wait: NDArray[np.bool_]
    """Whether it may wait for the rest of its look, shape (n,)."""
    is_alone: NDArray[np.bool_]
    """Whether its sensor has no other of that time, shape (n,)."""


class Made(NamedTuple):
    """What becomes of plots, one a row."""

    outcome: NDArray[np.int64]
    """Shape (MOST,)."""
    rows: NDArray[np.int64]
    """Of the tracks that took them, shape (MOST,)."""
    states: Vector
    """Of the tracks afterwards, shape (MOST, 2, STATES)."""
    covariances: Vector
    """Shape (MOST, 2, STATES, STATES)."""
    weights: Vector
    """Shape (MOST, 2)."""
    is_single: NDArray[np.bool_]
    """Shape (MOST,); so the next."""
    is_discerning: NDArray[np.bool_]
    since_s: Vector
    """``above_since_s`` and ``gate_since_s``, no number in place of None, shape (MOST, 2)."""
    residuals: Vector
    """``residual2`` and ``residual_figures``, shape (MOST, 2)."""
    distances: Vector
    """Shape (MOST, DISTANCES, 3)."""
    counts: NDArray[np.int64]
    """How many of these there are, shape (MOST,)."""


def room() -> Made:
    """Return room for what becomes of the plots of one call."""
    return Made(
        outcome=np.zeros(MOST, np.int64),
        rows=np.zeros(MOST, np.int64),
        states=np.zeros((MOST, 2, STATES)),
        covariances=np.zeros((MOST, 2, STATES, STATES)),
        weights=np.zeros((MOST, 2)),
        is_single=np.zeros(MOST, np.bool_),
        is_discerning=np.zeros(MOST, np.bool_),
        since_s=np.zeros((MOST, 2)),
        residuals=np.zeros((MOST, 2)),
        distances=np.zeros((MOST, DISTANCES, 3)),
        counts=np.zeros(MOST, np.int64),
    )


@njit
def take(  # noqa: PLR0917 - compiled code takes its arguments by position
    now: Held, ahead: Held, books: Books, law: Law, tracks: int, batch: Batch, first: int, until_s: float, made: Made
) -> tuple[int, bool]:
    """Take plots as long as it is plain what becomes of them, and no look is over that some of them wait for.

    Args:
        now: The tracks; those that get plots are moved on.
        ahead: Room beside them.
        books: Of the tracks.
        law: Of the filter.
        tracks: How many there are.
        batch: The plots.
        first: The first of them that is taken.
        until_s: When a look is over, seconds since 1970.
        made: What becomes of them, from row 0 on.

    Returns:
        How many were taken, and whether it is not plain what becomes of the next.
    """
    most = min(MOST, batch.plots.shape[0] - first)
    for taken in range(most):
        k = first + taken
        plot = batch.plots[k]
        if plot[TIME] > until_s:
            return taken, False
        if not batch.is_alone[k] or plot[FORM] == PLACED:
            return taken, True
        row, fitting, distance2, lead = _best(now, ahead, books, law, tracks, batch, k)
        if row < 0:
            return taken, True
        if plot[FORM] == ANGLES and (batch.is_crowded[k] or lead < ALIKE):
            made.outcome[taken] = AMBIGUOUS
        elif batch.is_crowded[k] and batch.can_wait[k] and (fitting > 1 or distance2 > FITS_WELL):
            made.outcome[taken] = WAITS
            until_s = min(until_s, plot[TIME] + batch.looks_s[k])
        elif _fuse(now, ahead, books, law, row, batch.sensors[k], plot):
            made.outcome[taken], made.rows[taken] = FUSED, row
            _write(now, books, row, made, taken)
        else:
            return taken, True
    return most, False


@njit
def _best(  # noqa: PLR0917 - compiled code takes its arguments by position
    now: Held, ahead: Held, books: Books, law: Law, tracks: int, batch: Batch, k: int
) -> tuple[int, int, float, float]:
    """Find the track that a plot fits best, as ``held.gate`` and ``association`` do.

    Returns:
        Its row, or -1 where none is found or where more is to be weighed up; how many tracks the plot fits, its
        distance from the best, and by how much that costs less than the next.
    """
    plot, best, fitting, distance2, least, next_cost = batch.plots[k], -1, 0, math.inf, math.inf, math.inf
    for row in range(tracks):
        if books.is_ranged[row] and not can_fit(
            books.places[row], books.velocities[row], books.sigmas[row, 0], books.sigmas[row, 1], now.times_s[row], plot
        ):
            continue
        if plot[TIME] <= now.times_s[row]:
            return -1, 0, math.inf, 0.0
        if ahead.times_s[row] != plot[TIME]:
            move(now, ahead, books, row, plot[TIME], law)
        slot = slot_of(books, row, batch.sensors[k])
        is_single, is_placed = ahead.is_single[row], books.is_placed[row]
        apart2, cost = distance(ahead.states[row], ahead.covariances[row], is_single, is_placed, plot, slot, law)
        if apart2 > law.gate_chi2:
            continue
        is_first = slot < 0 or (plot[FORM] != ANGLES and not is_placed)
        if is_first or (plot[FORM] == ANGLES and not books.is_ranged[row]):
            return -1, 0, math.inf, 0.0
        if plot[TIME] - books.seen_s[row, (slot - KINEMATIC) // 2] <= batch.looks_s[k]:
            continue  # its look is in the track
        fitting += 1
        if cost < least:
            best, distance2, least, next_cost = row, apart2, cost, least
        elif cost < next_cost:
            next_cost = cost
    return best, fitting, distance2, next_cost - least


@njit
def _fuse(  # noqa: PLR0917 - compiled code takes its arguments by position
    now: Held, ahead: Held, books: Books, law: Law, row: int, sensor: int, plot: Vector
) -> bool:
    """Fuse a plot into a track that is moved on to it, and keep its books; False if it is left as it is.

    That is so where the plots no longer fit the model, or the numbers are such as no body has.
    """
    figures, variances, form, site, basis = unpacked(plot)
    used, slot = books.used[row], slot_of(books, row, sensor)
    states, covariances, weights = ahead.states[row], ahead.covariances[row], ahead.weights[row]
    if books.counts[row] >= DISTANCES:
        return False
    biased = slot if plot[BIAS] > 0.0 else -1
    distance2 = imm.update(
        states, covariances, weights, figures, variances, form, site, basis, biased, ahead.is_single[row], used
    )
    time_s, count, has_turned = ahead.times_s[row], books.counts[row], False
    ahead.times_s[row] = math.nan
    if not is_sound(states, covariances, weights, used):
        return False
    number = end_row(form) - first_row(form)
    if ahead.is_single[row]:
        count, has_turned = turned_away(books.distances[row], count, time_s, distance2, number, law)
    if has_turned:
        books.counts[row] = DISTANCES  # the oldest of them are gone: this row is of no use before it is entered anew
        return False
    books.counts[row] = count
    books.residuals[row, 0] = REMEMBERED * books.residuals[row, 0] + distance2
    books.residuals[row, 1] = REMEMBERED * books.residuals[row, 1] + number
    now.is_single[row], books.is_discerning[row], books.above_since_s[row], books.gate_since_s[row] = weighed(
        time_s,
        weights,
        states[imm.BOOST],
        covariances[imm.BOOST],
        books.is_placed[row],
        ahead.is_single[row],
        books.is_discerning[row],
        books.above_since_s[row],
        books.gate_since_s[row],
        law,
    )
    now.times_s[row], books.seen_s[row, (slot - KINEMATIC) // 2] = time_s, time_s
    copy(states, covariances, weights, now.states[row], now.covariances[row], now.weights[row], used)
    note_place(now, books, row)
    return True


@njit
def _write(now: Held, books: Books, row: int, made: Made, k: int) -> None:
    """Write down what a row is now."""
    used, count = books.used[row], books.counts[row]
    copy(
        now.states[row], now.covariances[row], now.weights[row],
        made.states[k], made.covariances[k], made.weights[k], used,
    )  # fmt: skip
    made.is_single[k], made.is_discerning[k] = now.is_single[row], books.is_discerning[row]
    made.since_s[k, 0], made.since_s[k, 1] = books.above_since_s[row], books.gate_since_s[row]
    made.residuals[k, 0], made.residuals[k, 1] = books.residuals[row, 0], books.residuals[row, 1]
    made.counts[k] = count
    for i in range(count):
        for j in range(3):
            made.distances[k, i, j] = books.distances[row, i, j]
