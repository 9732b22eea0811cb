"""Where and when an object rose from the ground, from its early states under thrust.

The way back assumes what nearly every rocket does: thrust along the velocity (a gravity turn), growing as fuel is
burnt at a constant rate; how strong it was follows from the start, which was at rest and at height 0. The thrust law
is not known, so that the formal covariance of such a fit covers 2 to 5 % only (docs/explanation): 7 % of the way
back over ground and 2 % of the height are added to it, and the radius is never below 2 km. How well that holds under
other laws of thrust: docs/explanation/warning-stages.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tocsin.geo.ballistics import acceleration, step
from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector, altitude_at, ecef_from_geodetic, enu_basis, geodetic_from_ecef
from tocsin.records import LaunchPoint
from tocsin.warning import imm
from tocsin.warning.measurement import ANGLES
from tocsin.warning.models import ACCELERATION, LOG_DRAG, ballistic_acceleration
from tocsin.warning.moment import Moment
from tocsin.warning.plots import Plot
from tocsin.warning.track import Track

EXHAUST_MPS = 3500.0
"""Effective: 2,300 to 2,600 in one stage, more over several, since every stage begins anew with little thrust."""
LEAST_RADIUS_KM = 2.0
_MODEL_ERROR = 0.07
_MODEL_ERROR_UP = 0.02
FIRST_SEEN_M = 11_000.0
"""The height of a rocket in the first plot of an infrared sensor: above the clouds by half a scan."""
_FIRST_SEEN_SIGMA_M = 4_000.0
_DRIFT_M = 3_000.0
_FLATTEST = 0.1
_LINE_AFTER_S = 40.0
_EARTH_RADIUS_M = 6_371_000.0
_CHI_95 = math.sqrt(5.991)
_LEAST_THRUST_MPS2 = 18.0
"""At lift-off: less would hover, not rise; rockets begin with 1.8 to 3 times their weight."""
_LEAST_MEASURED_MPS2 = 12.0
_COAST_RADIUS_PART = 0.4
_STEP_S = 1.0
_LONGEST_S = 300.0


@dataclass(frozen=True)
class Origin:
    """Where and when it was launched."""

    lat_deg: float
    lon_deg: float
    radius_km: float
    """95 %."""
    time_s: float
    """Seconds since 1970."""

    @property
    def point(self) -> LaunchPoint:
        """The place as a record tells it."""
        return LaunchPoint(lat_deg=self.lat_deg, lon_deg=self.lon_deg, radius_km=self.radius_km)


@njit
def _way_back(state: Vector, thrust_mps2: float, cda_m: float) -> tuple[Vector, float, float]:
    """Follow a body under thrust back to the ground or to rest.

    Returns:
        The place, how many seconds before, and the height at rest, or minus the speed at the ground.
    """
    r, v, half_r, half_v = np.empty(3), np.empty(3), np.empty(3), np.empty(3)
    for axis in range(3):
        r[axis], v[axis] = state[axis], state[3 + axis]
    back_s, balance = 0.0, 0.0
    while back_s < _LONGEST_S:
        speed = math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
        height = altitude_at(r[0], r[1], r[2])
        if height <= 0.0:
            balance = -speed
            break
        if speed < 10.0:
            balance = height
            break
        step_s = _STEP_S if speed > 100.0 else 0.25 * _STEP_S
        half_s = 0.5 * step_s
        thrust = max(thrust_mps2 / (1.0 + thrust_mps2 * back_s / EXHAUST_MPS), _LEAST_THRUST_MPS2)
        a = acceleration(r, v, cda_m)
        for axis in range(3):
            half_v[axis] = v[axis] - (a[axis] + v[axis] * (thrust / speed)) * half_s
            half_r[axis] = r[axis] - v[axis] * half_s
        half_speed = max(math.sqrt(half_v[0] * half_v[0] + half_v[1] * half_v[1] + half_v[2] * half_v[2]), 1.0)
        half_thrust = max(thrust_mps2 / (1.0 + thrust_mps2 * (back_s + half_s) / EXHAUST_MPS), _LEAST_THRUST_MPS2)
        a = acceleration(half_r, half_v, cda_m)
        for axis in range(3):
            r[axis] -= half_v[axis] * step_s
            v[axis] -= (a[axis] + half_v[axis] * (half_thrust / half_speed)) * step_s
        back_s += step_s
    return r, back_s, balance


@njit
def _from_rest(state: Vector, cda_m: float, low: float, high: float, halvings: int) -> tuple[Vector, float, float]:
    """Find, between two limits, the thrust with which the body was at rest at height 0.

    Returns:
        The place, how many seconds before, and the thrust at the state.
    """
    place, back_s, middle = np.empty(3), 0.0, 0.0
    for count in range(halvings + 1):
        middle = 0.5 * (low + high)
        place, back_s, balance = _way_back(state, middle, cda_m)
        if count == halvings:
            break
        if balance > 0.0:  # at rest in the air: less thrust would have taken longer and begun lower
            high = middle
        else:
            low = middle
    return place, back_s, middle


@njit
def _ways_back(mean: Vector, root: Vector, cda_m: float, thrust_mps2: float) -> Vector:
    """Take the cubature points of position and velocity back, shape (12, 3), with about the thrust of the mean."""
    n = 6
    places = np.empty((2 * n, 3))
    point = np.empty(n)
    for k in range(2 * n):
        reach = math.sqrt(float(n)) if k < n else -math.sqrt(float(n))
        for i in range(n):
            point[i] = mean[i] + reach * root[i, k % n]
        place, _, _ = _from_rest(point, cda_m, 0.6 * thrust_mps2, 1.6 * thrust_mps2, 6)
        places[k, 0], places[k, 1], places[k, 2] = place[0], place[1], place[2]
    return places


def origin_under_thrust(moment: Moment, below_km: float = math.inf) -> Origin | None:
    """Go back to the ground from a state under thrust.

    Args:
        moment: Of the filter.
        below_km: A radius of this or more is of no use.

    Returns:
        None if there is no thrust to speak of, or if the radius is of no use.
    """
    state, covariance = moment.states[imm.BOOST], moment.covariances[imm.BOOST]
    pull = ballistic_acceleration(state)
    speed = float(np.linalg.norm(state[3:6]))
    if speed < 1.0:
        return None
    along = state[3:6] / speed
    thrust = float(along @ (state[ACCELERATION:LOG_DRAG] - pull))
    if thrust < _LEAST_MEASURED_MPS2:
        return None
    cda_m = math.exp(state[LOG_DRAG])
    place, back_s, thrust_mps2 = _from_rest(state[:6], cda_m, 14.0, 110.0, 9)
    lat_deg, lon_deg, _ = geodetic_from_ecef(place)
    basis = enu_basis(lat_deg, lon_deg)
    ground = ecef_from_geodetic(lat_deg, lon_deg, 0.0)
    way = (state[:3] - ground) @ basis.T
    model_m = _MODEL_ERROR * math.hypot(float(way[0]), float(way[1])) + _MODEL_ERROR_UP * float(way[2])
    if max(_CHI_95 * model_m * 1e-3, LEAST_RADIUS_KM) >= below_km:  # whatever the state's own spread adds
        return None
    try:
        root = np.linalg.cholesky(covariance[:6, :6])
    except np.linalg.LinAlgError:
        return None
    places = _ways_back(state[:6], root, cda_m, thrust_mps2)
    local = ((places - ground) @ basis.T)[:, :2]
    spread = float(np.linalg.eigvalsh(local.T @ local / len(local))[-1])
    radius_km = max(_CHI_95 * math.hypot(math.sqrt(spread), model_m) * 1e-3, LEAST_RADIUS_KM)
    return Origin(lat_deg, lon_deg, radius_km, moment.time_s - back_s) if radius_km < below_km else None


def origin_of_coast(moment: Moment) -> Origin | None:
    """Go back to the ground from free flight: a rough place, since the burn is not known.

    The radius is two fifths of the way back, which held in trials; None if it does not come from the ground.
    """
    state = moment.states[imm.BALLISTIC]
    before, back_s = state[:6].copy(), 0.0
    while altitude_at(before[0], before[1], before[2]) > 0.0:
        before = step(before, 0.0, -1.0)
        back_s += 1.0
        if back_s > 3600.0:
            return None
    lat_deg, lon_deg, _ = geodetic_from_ecef(before[:3])
    way_m = float(np.linalg.norm(state[:3] - before[:3]))
    radius_km = max(_COAST_RADIUS_PART * way_m * 1e-3, LEAST_RADIUS_KM)
    return Origin(lat_deg, lon_deg, radius_km, moment.time_s - back_s)


def origin_of_line(plot: Plot) -> Origin:
    """Tell the origin from the first plot of an infrared sensor alone: it sees rockets soon after the clouds.

    The place is where the line of sight is ``FIRST_SEEN_M`` high. The radius holds what that height may be wrong by,
    seen along the line, the sensor's noise and bias, and how far the rocket may have come over ground by then.
    """
    line, site = plot.line, plot.site
    along = float(site @ line)
    shell2 = (_EARTH_RADIUS_M + FIRST_SEEN_M) ** 2
    half = math.sqrt(max(shell2 - float(site @ site) + along * along, 0.0))
    range_m = -along - half if float(site @ site) > shell2 else -along + half
    place = site + range_m * line
    lat_deg, lon_deg, _ = geodetic_from_ecef(place)
    rise = max(abs(float(line @ place)) / float(np.linalg.norm(place)), _FLATTEST)
    across_m = range_m * math.sqrt(float(plot.variances[1]) + plot.bias_sigma_rad**2) / rise
    height_m = _FIRST_SEEN_SIGMA_M * math.sqrt(1.0 - rise * rise) / rise
    radius_km = max(_CHI_95 * math.hypot(across_m, height_m, _DRIFT_M) * 1e-3, LEAST_RADIUS_KM)
    return Origin(lat_deg, lon_deg, radius_km, plot.time_s - _LINE_AFTER_S)


def better_origin(held: Origin | None, track: Track) -> Origin | None:
    """Return the better of the origin held and what the track's present state says.

    Under thrust the smaller radius wins; a rough origin from free flight is taken only where there is none.
    """
    if held is None and track.early[0].form == ANGLES:
        held = origin_of_line(track.early[0])
    if track.ranged_plots < 3:
        return held
    if track.ballistic_probability < 0.5:
        found = origin_under_thrust(track.moment, math.inf if held is None else held.radius_km)
        return held if found is None else found
    if held is None and track.ballistic_probability >= 0.9:
        return origin_of_coast(track.moment)
    return held
