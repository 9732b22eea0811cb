"""Where a flight may come down, lift allowed for: impacts that are equally likely, and the region that holds most.

A body that falls freely comes down in its ellipse. One that stays low can use the air: lifted, it comes down tens of
kilometres farther and a minute or more later, and nothing in the data tells before it does. So its descent is flown
many times, each with a lift over drag from the prior that policy states, from 0 to ``lift_to_drag_max`` with equal
weight, beginning where it sinks below ``lift_below_km``, nearly in the vertical plane (``bank_sigma_deg``); drag and
state are drawn from what the filter knows. The region is the smallest that holds ``region_probability`` of that.

For the protection of people alone: it tells whom a descent may reach, given no more than what is published of physics.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.special import ndtri

from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector, ecef_from_geodetic, enu_basis
from tocsin.geo.lift import fall_lifted
from tocsin.warning import imm
from tocsin.warning.areas import ellipse_ring
from tocsin.warning.impact import CHI2_95, Fall
from tocsin.warning.models import LOG_DRAG
from tocsin.warning.moment import Moment
from tocsin.warning.settings import WarningSettings

IMPACTS = 4096
"""How many impacts stand for all: a probability of one half is right to 0.8 %."""
_LIFTS = 9
_DRAGS = 5
_DRAG_SIGMAS = 2.0
_STATE_LIFTS = 3
_LONGEST_S = 7200.0
_TAIL = 0.005
_COLUMNS = 48
_ROWS = 32


@dataclass(frozen=True, eq=False)
class Reach:
    """Where and when a flight may come down."""

    lat_deg: float
    lon_deg: float
    """The place that the next are measured from: the impact of free fall."""
    places_km: Vector
    """Impacts, all equally likely, shape (n, 2): east and north of that place."""
    times_s: Vector
    """Of these impacts, shape (n,), seconds since 1970."""
    ring_km: Vector
    """Corners of the region, shape (m, 2), counter-clockwise and closed: east and north."""
    is_lifted: bool
    """Whether lift is allowed for; else the region is the ellipse."""

    @property
    def ends_s(self) -> tuple[float, float]:
        """Times before which and after which one impact in 200 comes, seconds since 1970."""
        earliest_s, latest_s = np.quantile(self.times_s, (_TAIL, 1.0 - _TAIL)).tolist()
        return earliest_s, latest_s

    @property
    def beyond_km(self) -> float:
        """How far the region's farthest corner lies from the impact of free fall."""
        return float(np.hypot(self.ring_km[:, 0], self.ring_km[:, 1]).max())


@njit
def _descents(  # noqa: PLR0917 - compiled code takes its arguments by position
    mean: Vector,
    per_log_drag: Vector,
    root: Vector,
    log_drag_sigma: float,
    lifts: Vector,
    bank_rad: float,
    below_m: float,
) -> tuple[Vector, Vector]:
    """Fly the descents that all others are read off from.

    Args:
        mean: Shape (7,): position, velocity, ln CdA/m.
        per_log_drag: How position and velocity go with ln CdA/m, shape (6,).
        root: Of the covariance of position and velocity at known drag, shape (6, 6).
        log_drag_sigma: Of ln CdA/m.
        lifts: Over drag, shape (_LIFTS,).
        bank_rad: Of the second of each two.
        below_m: Where the lift begins.

    Returns:
        By lift, drag and bank (none, ``bank_rad``), shape (_LIFTS, _DRAGS, 2, 4), and by lift and column of the root,
        up and down, shape (_STATE_LIFTS, 6, 2, 4): the place, ECEF metres, and the time to it.
    """
    by_drag = np.empty((_LIFTS, _DRAGS, 2, 4))
    by_state = np.empty((_STATE_LIFTS, 6, 2, 4))
    for k in range(_DRAGS):
        change = log_drag_sigma * _DRAG_SIGMAS * (2.0 * k / (_DRAGS - 1) - 1.0)
        state = mean[:6] + per_log_drag * change
        cda_m = math.exp(mean[6] + change)
        for i in range(_LIFTS):
            for side in range(2):
                ground, time_s = fall_lifted(state, cda_m, lifts[i], side * bank_rad, below_m, _LONGEST_S)
                by_drag[i, k, side, :3] = ground[:3]
                by_drag[i, k, side, 3] = time_s
    cda_m = math.exp(mean[6])
    for i in range(_STATE_LIFTS):
        lift = lifts[i * (_LIFTS - 1) // (_STATE_LIFTS - 1)]
        for column in range(6):
            for side in range(2):
                state = mean[:6] + root[:, column] * (1.0 - 2.0 * side)
                ground, time_s = fall_lifted(state, cda_m, lift, 0.0, below_m, _LONGEST_S)
                by_state[i, column, side, :3] = ground[:3]
                by_state[i, column, side, 3] = time_s
    return by_drag, by_state


def predict_reach(moment: Moment, fall: Fall, settings: WarningSettings, *, is_low: bool) -> Reach | None:
    """Tell where a flight may come down.

    Args:
        moment: What ``fall`` was foretold from.
        fall: Of the same moment.
        settings: With the policy of lift.
        is_low: Whether to allow for lift.

    Returns:
        None if the covariance is singular, or a descent does not come down within two hours.
    """
    return _lifted(moment, fall, settings) if is_low else _free(fall)


def _free(fall: Fall) -> Reach:
    """The ellipse, as impacts and as a ring."""
    draws = _draws()
    axes = _axes(fall.bearing_deg) * np.array(fall.semi_axes_km)
    ring = ellipse_ring(fall.semi_axes_km, fall.bearing_deg)
    return Reach(
        lat_deg=fall.lat_deg,
        lon_deg=fall.lon_deg,
        places_km=draws[:, 2:4] @ axes.T / math.sqrt(CHI2_95),
        times_s=fall.time_s + fall.time_sigma_s * draws[:, 4],
        ring_km=ring,
        is_lifted=False,
    )


def _axes(bearing_deg: float) -> Vector:
    """Columns: east and north of one kilometre along a bearing, and to the right of it."""
    bearing = math.radians(bearing_deg)
    return np.array([[math.sin(bearing), math.cos(bearing)], [math.cos(bearing), -math.sin(bearing)]])


def _lifted(moment: Moment, fall: Fall, settings: WarningSettings) -> Reach | None:
    keep = [0, 1, 2, 3, 4, 5, LOG_DRAG]
    covariance = moment.covariances[imm.BALLISTIC][np.ix_(keep, keep)]
    variance = float(covariance[6, 6])
    if not variance > 0.0:
        return None
    per_log_drag = covariance[:6, 6] / variance
    try:
        root = np.linalg.cholesky(covariance[:6, :6] - np.outer(per_log_drag, per_log_drag) * variance)
    except np.linalg.LinAlgError:
        return None
    bank_rad = math.radians(settings.bank_sigma_deg)
    by_drag, by_state = _descents(
        moment.states[imm.BALLISTIC][keep],
        per_log_drag,
        root,
        math.sqrt(variance),
        np.linspace(0.0, settings.lift_to_drag_max, _LIFTS),
        bank_rad,
        settings.lift_below_km * 1e3,
    )
    if not (np.all(np.isfinite(by_drag)) and np.all(np.isfinite(by_state))):
        return None
    origin = ecef_from_geodetic(fall.lat_deg, fall.lon_deg, 0.0)
    east_north_km = enu_basis(fall.lat_deg, fall.lon_deg)[:2].T * 1e-3
    grid = np.concatenate([(by_drag[..., :3] - origin) @ east_north_km, by_drag[..., 3:]], axis=-1)
    per_sigma = 0.5 * (by_state[:, :, 0] - by_state[:, :, 1])
    per_sigma = np.concatenate([per_sigma[..., :3] @ east_north_km, per_sigma[..., 3:]], axis=-1)
    found = _spread(grid, per_sigma, fall.course_deg)
    found[:, :2] += settings.unmodelled_sigma_km * _draws()[:, 9:11]
    places_km = found[:, :2]
    return Reach(
        lat_deg=fall.lat_deg,
        lon_deg=fall.lon_deg,
        places_km=places_km,
        times_s=moment.time_s + found[:, 2],
        ring_km=smallest_corridor(places_km, settings.region_probability),
        is_lifted=True,
    )


def _spread(grid: Vector, per_sigma: Vector, course_deg: float) -> Vector:
    """Read impacts off between the descents: shape (IMPACTS, 3), east and north (km) and time to it (s)."""
    draws = _draws()
    lift, drag = draws[:, 0] * (_LIFTS - 1), (draws[:, 1] / _DRAG_SIGMAS + 1.0) * 0.5 * (_DRAGS - 1)
    i = np.clip(lift.astype(int), 0, _LIFTS - 2)
    k = np.clip(np.floor(drag).astype(int), 0, _DRAGS - 2)
    a, b = (lift - i)[:, None, None], np.clip(drag - k, -0.5, 1.5)[:, None, None]
    between = (1 - a) * ((1 - b) * grid[i, k] + b * grid[i, k + 1]) + a * (
        (1 - b) * grid[i + 1, k] + b * grid[i + 1, k + 1]
    )
    straight, turned = between[:, 0], between[:, 1] - between[:, 0]
    along, across = _axes(course_deg)[:, 0], _axes(course_deg)[:, 1]
    bank = draws[:, 8]  # in units of the bank that was flown; its other side is the mirror image
    aside = (bank * (turned[:, :2] @ across))[:, None] * across
    short = (bank**2 * (turned[:, :2] @ along))[:, None] * along
    found = straight + np.column_stack([aside + short, bank**2 * turned[:, 2]])
    stage = draws[:, 0] * (_STATE_LIFTS - 1)
    j = np.clip(stage.astype(int), 0, _STATE_LIFTS - 2)
    c = (stage - j)[:, None, None]
    steps = (1 - c) * per_sigma[j] + c * per_sigma[j + 1]
    impacts: Vector = found + np.einsum("nk,nkf->nf", draws[:, 2:8], steps)
    return impacts


def smallest_corridor(places_km: Vector, probability: float) -> Vector:
    """Return the ring of the smallest corridor that holds a part of places: those that lie densest.

    The density is counted in cells along and across the direction in which they spread most, and smoothed by one cell;
    the densest cells that together hold that part are kept, and in each stretch all that is between the outermost.

    Args:
        places_km: Shape (n, 2).
        probability: The part, above 0 and below 1.

    Returns:
        Shape (m, 2), counter-clockwise and closed.

    Source:
        Hyndman (1996), Computing and graphing highest density regions, The American Statistician 50.
    """
    centre = places_km.mean(axis=0)
    _, directions = np.linalg.eigh(np.cov(places_km.T))
    frame = np.column_stack([directions[:, 1], [-directions[1, 1], directions[0, 1]]])
    local = (places_km - centre) @ frame
    low, high = local.min(axis=0), local.max(axis=0)
    size = np.maximum((high - low) / np.array([_COLUMNS - 6, _ROWS - 6]), 1e-3)
    low -= 3.0 * size
    cells = np.floor((local - low) / size).astype(int)
    counts = np.zeros((_COLUMNS, _ROWS))
    np.add.at(counts, (cells[:, 0], cells[:, 1]), 1.0)
    density = gaussian_filter(counts, 1.0)
    at_place = np.sort(density[cells[:, 0], cells[:, 1]])
    is_kept = density >= at_place[int((1.0 - probability) * len(at_place))]
    columns = np.flatnonzero(is_kept.any(axis=1))
    right = np.array([np.flatnonzero(is_kept[column])[0] for column in columns], dtype=float)
    left = np.array([np.flatnonzero(is_kept[column])[-1] + 1 for column in columns], dtype=float)
    lower = np.column_stack([np.repeat(columns, 2) + np.tile([0, 1], len(columns)), np.repeat(right, 2)])
    upper = np.column_stack([np.repeat(columns, 2) + np.tile([0, 1], len(columns)), np.repeat(left, 2)])
    ring = np.vstack([lower, upper[::-1], lower[:1]])
    corners: Vector = (ring * size + low) @ frame.T + centre
    return corners


@lru_cache(maxsize=1)
def _draws() -> Vector:
    """Numbers that all reaches are spread by, shape (IMPACTS, 11): the first uniform from 0 to 1, the others normal.

    Each column has one number in each of ``IMPACTS`` equal parts, and the seed is fixed, so that one prediction
    differs from the last by what is known and not by chance.

    Source:
        McKay, Beckman, Conover (1979), A comparison of three methods for selecting values of input variables
        (Latin hypercube sampling), Technometrics 21.
    """
    random = np.random.default_rng(20260301)
    levels = (np.array([random.permutation(IMPACTS) for _ in range(11)]).T + 0.5) / IMPACTS
    draws: Vector = ndtri(levels)
    draws[:, 0] = levels[:, 0]
    return draws
