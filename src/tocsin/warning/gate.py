"""Whether a plot may belong to a track: a quick look first, then how far it is from what the filter expects."""

from __future__ import annotations

import math

from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector
from tocsin.warning import imm
from tocsin.warning.law import Law
from tocsin.warning.measurement import ANGLES, PLACED, misfit
from tocsin.warning.moment import START_SPEED_SIGMA_MPS
from tocsin.warning.plots import (
    ANGLE_VARIANCE,
    BIAS,
    FORM,
    LINE,
    PLACE,
    PLACE_SIGMA,
    RANGE,
    RANGE_VARIANCE,
    SITE,
    TIME,
    unpacked,
)

NEAR_M = 10_000.0
"""A plot so near a track may have to do with it, whatever the two claim of their errors."""
GATED_M = 2_000.0
"""Beyond this and six sigmas no plot passes the gate, which ends at five."""
_TURN_SIGMA_M = 500.0
_HARDEST_TURN_MPS2 = 100.0


@njit
def is_near(  # noqa: PLR0917 - compiled code takes its arguments by position
    place: Vector, velocity: Vector, sigma_m: float, sigma_mps: float, time_s: float, plot: Vector, least_m: float
) -> bool:
    """Tell, quickly and generously, whether a plot is near a track.

    Args:
        place: Of the track, ECEF, shape (3,), metres.
        velocity: Of the track, shape (3,), m/s.
        sigma_m: How sure the place is, over all directions.
        sigma_mps: How sure the velocity is.
        time_s: Of both, seconds since 1970.
        plot: As from ``Plot.packed``; with a range.
        least_m: ``NEAR_M`` or ``GATED_M``.
    """
    gap_s = plot[TIME] - time_s
    apart2 = 0.0
    for axis in range(3):
        offset = place[axis] + gap_s * velocity[axis] - plot[PLACE + axis]
        apart2 += offset * offset
    reach_m = least_m + _HARDEST_TURN_MPS2 * gap_s * gap_s + 6.0 * (sigma_m + sigma_mps * abs(gap_s))
    is_within: bool = math.sqrt(apart2) <= reach_m + 6.0 * plot[PLACE_SIGMA]
    return is_within


@njit
def can_fit(  # noqa: PLR0917 - compiled code takes its arguments by position
    place: Vector, velocity: Vector, sigma_m: float, sigma_mps: float, time_s: float, plot: Vector
) -> bool:
    """Tell, quickly and generously, whether a plot could pass the gate of a track that has a place.

    What a sensor measures well tells most of its tracks apart from a plot before any of them is moved on: a distance,
    or how far a line of sight passes by. Neither differs by more than the place does.

    Args:
        place: As for ``is_near``; so the next four.
        velocity: Shape (3,), m/s.
        sigma_m: Of the place.
        sigma_mps: Of the velocity.
        time_s: Seconds since 1970.
        plot: As from ``Plot.packed``, of any form.
    """
    form = plot[FORM]
    if form != ANGLES and not is_near(place, velocity, sigma_m, sigma_mps, time_s, plot, GATED_M):
        return False
    if form == PLACED:
        return True
    gap_s = plot[TIME] - time_s
    reach_m = GATED_M + _HARDEST_TURN_MPS2 * gap_s * gap_s + 6.0 * (sigma_m + sigma_mps * abs(gap_s))
    range2, along = 0.0, 0.0
    for axis in range(3):
        offset = place[axis] + gap_s * velocity[axis] - plot[SITE + axis]
        range2 += offset * offset
        along += offset * plot[LINE + axis]
    if form == ANGLES:
        by_m = math.sqrt(max(range2 - along * along, 0.0)) if along > 0.0 else math.sqrt(range2)
        angle_rad = math.sqrt(plot[ANGLE_VARIANCE] + plot[BIAS] * plot[BIAS])
        is_within: bool = by_m <= reach_m + 6.0 * math.sqrt(range2) * angle_rad
    else:
        is_within = abs(math.sqrt(range2) - plot[RANGE]) <= reach_m + 6.0 * math.sqrt(plot[RANGE_VARIANCE])
    return is_within


@njit
def distance(  # noqa: PLR0917 - compiled code takes its arguments by position
    states: Vector,
    covariances: Vector,
    is_single: bool,  # noqa: FBT001
    is_placed: bool,  # noqa: FBT001
    plot: Vector,
    slot: int,
    law: Law,
) -> tuple[float, float]:
    """Return how far a plot is from what a track expects at its time, by the model that fits best.

    Args:
        states: Of the track at the plot's time, shape (2, STATES).
        covariances: Likewise, shape (2, STATES, STATES).
        is_single: Whether the ballistic model is alone.
        is_placed: Whether a plot that fixes a place by itself is in it.
        plot: As from ``Plot.packed``.
        slot: Index of the azimuth bias of the plot's sensor in the states, or -1.
        law: Of the filter.

    Returns:
        Squared normalised distance, and the same plus the logarithm of the determinant of its covariance, the cost of
        the assignment; infinite where nothing can be reckoned.
    """
    figures, variances, form, site, basis = unpacked(plot)
    is_first_place = form != ANGLES and not is_placed
    is_turning = form != ANGLES and is_single  # or a flight that turns would fall out of its own gate
    return misfit(
        states,
        covariances,
        figures,
        variances,
        form,
        site,
        basis,
        slot,
        imm.BALLISTIC if is_single else imm.BOOST,
        law.first_range_m2 if is_first_place else 0.0,
        START_SPEED_SIGMA_MPS * START_SPEED_SIGMA_MPS if is_first_place else 0.0,
        _TURN_SIGMA_M * _TURN_SIGMA_M if is_turning else 0.0,
        plot[BIAS] * plot[BIAS] if slot < 0 and form != PLACED else 0.0,
    )
