"""Moments of many tracks in arrays, one track a row, and what compiled code does to all of them in one call."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector
from tocsin.warning import imm
from tocsin.warning.gate import NEAR_M, can_fit, distance, is_near
from tocsin.warning.law import Law
from tocsin.warning.measurement import ANGLES, PLACED, sigmas_of
from tocsin.warning.models import KINEMATIC, SENSOR_SLOTS, STATES, VELOCITY
from tocsin.warning.plots import BIAS, FORM, TIME, unpacked

DISTANCES = 128
"""Room for the plots of a single model by which it is known to fly free: those of ten seconds."""
_USED_UP = math.inf
"""In place of a time: a plot was fused into what was moved on to there."""


class Held(NamedTuple):
    """Moments of tracks, one a row."""

    times_s: Vector
    """Seconds since 1970, shape (n,)."""
    states: Vector
    """Shape (n, 2, STATES)."""
    covariances: Vector
    """Shape (n, 2, STATES, STATES)."""
    weights: Vector
    """Shape (n, 2)."""
    is_single: NDArray[np.bool_]
    """Shape (n,)."""


class Books(NamedTuple):
    """What else is asked of the newest moments, one a row."""

    used: NDArray[np.int64]
    """How many of the states are in use, shape (n,)."""
    sensors: NDArray[np.int64]
    """Numbers of the sensors whose biases are in the states, in their order, shape (n, SENSOR_SLOTS); or -1."""
    is_placed: NDArray[np.bool_]
    """Whether a plot that fixes a place by itself is in it, shape (n,)."""
    is_ranged: NDArray[np.bool_]
    """Whether the track ever got one, shape (n,)."""
    above_since_s: Vector
    """As in ``Moment``, shape (n,); no number in place of None; so the next."""
    gate_since_s: Vector
    places: Vector
    """Of the likelier model, ECEF, shape (n, 3), metres."""
    velocities: Vector
    """Likewise, shape (n, 3), m/s."""
    sigmas: Vector
    """Of both, over all directions, shape (n, 2): m and m/s."""
    seen_s: Vector
    """Time of the latest plot of each of ``sensors``, shape (n, SENSOR_SLOTS)."""
    is_discerning: NDArray[np.bool_]
    """As in ``Moment``, shape (n,); so the next."""
    residuals: Vector
    """Their sum and that of their figures, shape (n, 2)."""
    distances: Vector
    """Shape (n, DISTANCES, 3)."""
    counts: NDArray[np.int64]
    """How many of these are in use, shape (n,); more than there is room for are not kept here."""


def room(capacity: int) -> Held:
    """Return rows for so many tracks."""
    return Held(
        times_s=np.zeros(capacity),
        states=np.zeros((capacity, 2, STATES)),
        covariances=np.zeros((capacity, 2, STATES, STATES)),
        weights=np.zeros((capacity, 2)),
        is_single=np.zeros(capacity, np.bool_),
    )


def room_for_books(capacity: int) -> Books:
    """Return rows for so many tracks."""
    return Books(
        used=np.zeros(capacity, np.int64),
        sensors=np.full((capacity, SENSOR_SLOTS), -1),
        is_placed=np.zeros(capacity, np.bool_),
        is_ranged=np.zeros(capacity, np.bool_),
        above_since_s=np.zeros(capacity),
        gate_since_s=np.zeros(capacity),
        places=np.zeros((capacity, 3)),
        velocities=np.zeros((capacity, 3)),
        sigmas=np.zeros((capacity, 2)),
        seen_s=np.full((capacity, SENSOR_SLOTS), -math.inf),
        is_discerning=np.zeros(capacity, np.bool_),
        residuals=np.zeros((capacity, 2)),
        distances=np.zeros((capacity, DISTANCES, 3)),
        counts=np.zeros(capacity, np.int64),
    )


@njit
def enter(  # noqa: PLR0917 - compiled code takes its arguments by position
    now: Held,
    books: Books,
    row: int,
    time_s: float,
    states: Vector,
    covariances: Vector,
    weights: Vector,
    used: int,
    is_single: bool,  # noqa: FBT001
    is_placed: bool,  # noqa: FBT001
    is_ranged: bool,  # noqa: FBT001
    above_since_s: float,
    gate_since_s: float,
    is_discerning: bool,  # noqa: FBT001
    residual2: float,
    residual_figures: float,
    distances: Vector,
) -> None:
    """Write a moment into a row."""
    now.times_s[row], now.is_single[row] = time_s, is_single
    copy(states, covariances, weights, now.states[row], now.covariances[row], now.weights[row], used)
    books.used[row], books.is_placed[row], books.is_ranged[row] = used, is_placed, is_ranged
    books.above_since_s[row], books.gate_since_s[row] = above_since_s, gate_since_s
    books.is_discerning[row] = is_discerning
    books.residuals[row, 0], books.residuals[row, 1] = residual2, residual_figures
    books.counts[row] = distances.shape[0]
    for k in range(min(distances.shape[0], DISTANCES)):
        for column in range(3):
            books.distances[row, k, column] = distances[k, column]
    note_place(now, books, row)


@njit
def note_place(now: Held, books: Books, row: int) -> None:
    """Keep what the quick look at a row asks for."""
    weights = now.weights[row]
    model = imm.BALLISTIC if now.is_single[row] or weights[imm.BALLISTIC] > weights[imm.BOOST] else imm.BOOST
    state = now.states[row, model]
    for axis in range(3):
        books.places[row, axis], books.velocities[row, axis] = state[axis], state[VELOCITY + axis]
    books.sigmas[row, 0], books.sigmas[row, 1] = sigmas_of(now.covariances[row, model])


@njit
def copy(  # noqa: PLR0917 - compiled code takes its arguments by position
    states: Vector,
    covariances: Vector,
    weights: Vector,
    to_states: Vector,
    to_covariances: Vector,
    to_weights: Vector,
    used: int,
) -> None:
    """Copy what is in use of a moment's arrays."""
    for model in range(2):
        to_weights[model] = weights[model]
        for i in range(used):
            to_states[model, i] = states[model, i]
            for j in range(used):
                to_covariances[model, i, j] = covariances[model, i, j]


@njit
def near(times_s: Vector, books: Books, count: int, plots: Vector) -> NDArray[np.bool_]:
    """As ``Bank.near``."""
    found = np.ones((count, plots.shape[0]), np.bool_)
    for row in range(count):
        sigma_m, sigma_mps = books.sigmas[row, 0], books.sigmas[row, 1]
        for column in range(plots.shape[0]):
            plot = plots[column]
            if books.is_ranged[row] and plot[FORM] != ANGLES:
                found[row, column] = is_near(
                    books.places[row], books.velocities[row], sigma_m, sigma_mps, times_s[row], plot, NEAR_M
                )
    return found


@njit
def move(  # noqa: PLR0917 - compiled code takes its arguments by position
    now: Held, ahead: Held, books: Books, row: int, time_s: float, law: Law
) -> None:
    """Move a track on to a time that is not before its newest plot, as ``moment.moved`` does."""
    dt_s, used, is_single = time_s - now.times_s[row], books.used[row], now.is_single[row]
    copy(
        now.states[row], now.covariances[row], now.weights[row],
        ahead.states[row], ahead.covariances[row], ahead.weights[row], used,
    )  # fmt: skip
    ahead.times_s[row] = time_s
    if dt_s > 0.0:
        is_certain = time_s - books.above_since_s[row] >= law.single_model_s
        is_silent = not math.isnan(books.gate_since_s[row]) and dt_s >= law.single_model_s
        is_single = is_single or is_certain or is_silent
        imm.advance(
            ahead.states[row],
            ahead.covariances[row],
            ahead.weights[row],
            dt_s,
            law.boost_sojourn_s,
            law.ballistic_sojourn_s,
            law.jerk_psd,
            law.coast_noise_mps2 if is_single else law.noise_mps2,
            law.drag_noise,
            is_single,
            used,
        )
    ahead.is_single[row] = is_single


@njit
def slot_of(books: Books, row: int, sensor: int) -> int:
    """As ``Moment.slot``."""
    for k in range(SENSOR_SLOTS):
        if sensor >= 0 and books.sensors[row, k] == sensor:
            return KINEMATIC + 2 * k
    return -1


@njit
def gate(  # noqa: PLR0917 - compiled code takes its arguments by position
    now: Held, ahead: Held, books: Books, law: Law, sensor: int, plots: Vector, distances: Vector, costs: Vector
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Fill in distances and costs of what is within the gate, shape (tracks, plots).

    Returns:
        Rows and columns of what is, and of what is near and of a time before the newest plot of the track, which
        this cannot tell; shape (n, 2).
    """
    pairs, within, earlier = np.empty((distances.size, 2), np.int64), 0, 0
    for row in range(distances.shape[0]):
        slot = slot_of(books, row, sensor)
        sigma_m, sigma_mps = books.sigmas[row, 0], books.sigmas[row, 1]
        for column in range(distances.shape[1]):
            plot = plots[column]
            if books.is_ranged[row] and not can_fit(
                books.places[row], books.velocities[row], sigma_m, sigma_mps, now.times_s[row], plot
            ):
                continue
            if plot[TIME] < now.times_s[row]:
                earlier += 1
                pairs[-earlier, 0], pairs[-earlier, 1] = row, column
                continue
            if ahead.times_s[row] != plot[TIME]:
                move(now, ahead, books, row, plot[TIME], law)
            is_single, is_placed = ahead.is_single[row], books.is_placed[row]
            distance2, cost = distance(ahead.states[row], ahead.covariances[row], is_single, is_placed, plot, slot, law)
            if distance2 <= law.gate_chi2:
                distances[row, column], costs[row, column] = distance2, cost
                pairs[within, 0], pairs[within, 1] = row, column
                within += 1
    return pairs[:within], pairs[pairs.shape[0] - earlier :]


@njit
def fuse(  # noqa: PLR0917 - compiled code takes its arguments by position
    now: Held, ahead: Held, books: Books, law: Law, sensor: int, rows: NDArray[np.int64], plots: Vector
) -> Vector:
    """Move rows on to the times of their plots where they are not yet, and update them; as ``Bank.fused``.

    Returns:
        Squared normalised distances, shape (n,); no number where a row is left as it is.
    """
    distances2 = np.full(rows.shape[0], math.nan)
    for k in range(rows.shape[0]):
        row, plot = rows[k], plots[k]
        figures, variances, form, site, basis = unpacked(plot)
        is_biased = form != PLACED and plot[BIAS] > 0.0
        slot = slot_of(books, row, sensor) if is_biased else -1
        is_first = (is_biased and slot < 0) or (form != ANGLES and not books.is_placed[row])
        if is_first or plot[TIME] < now.times_s[row] or ahead.times_s[row] == _USED_UP:
            continue
        if ahead.times_s[row] != plot[TIME]:
            move(now, ahead, books, row, plot[TIME], law)
        distances2[k] = imm.update(
            ahead.states[row],
            ahead.covariances[row],
            ahead.weights[row],
            figures,
            variances,
            form,
            site,
            basis,
            slot,
            ahead.is_single[row],
            books.used[row],
        )
        ahead.times_s[row] = _USED_UP
    return distances2
