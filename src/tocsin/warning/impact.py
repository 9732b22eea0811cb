"""Where a ballistic state comes down, with its ellipse and time: cubature through the equations of motion."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tocsin.geo.ballistics import fall, step
from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector, altitude_at, ecef_from_geodetic, enu_basis, geodetic_from_ecef
from tocsin.warning import imm
from tocsin.warning.models import LOG_DRAG
from tocsin.warning.moment import Moment
from tocsin.warning.settings import WarningSettings

CHI2_95 = 5.991
"""Chi-square with 2 degrees of freedom, 95 %."""
_HIGH_M = 90_000.0
_HIGH_STEP_S = 5.0
_LOW_STEP_S = 0.5
_LONGEST_S = 7200.0


@dataclass(frozen=True, eq=False)
class Fall:
    """The predicted end of a flight."""

    lat_deg: float
    lon_deg: float
    semi_axes_km: tuple[float, float]
    """Of the 95 % ellipse, the longer first."""
    bearing_deg: float
    """Of the longer axis, 0 to 180."""
    time_s: float
    """Seconds since 1970."""
    time_sigma_s: float
    course_deg: float
    """In which direction it moves over ground where it comes down."""
    apogee_m: float
    """The highest point from now on."""
    state: Vector
    """What it was foretold from, shape (7,): position, velocity (ECEF) and ln CdA/m."""
    from_s: float
    """Time of that state, seconds since 1970."""


@njit
def descend(state: Vector, cda_m: float) -> tuple[Vector, float, float]:
    """Follow a body to the ground with long steps in vacuum and short ones in air.

    Returns:
        The state at height 0, the time to it in seconds (infinite after two hours), and the apogee, metres.
    """
    time_s = 0.0
    here = state.copy()
    apogee_m = altitude_at(here[0], here[1], here[2])
    while time_s < _LONGEST_S:
        altitude_m = altitude_at(here[0], here[1], here[2])
        apogee_m = max(apogee_m, altitude_m)
        climb = here[0] * here[3] + here[1] * here[4] + here[2] * here[5]
        if altitude_m < _HIGH_M and climb <= 0.0:
            break
        dt_s = _HIGH_STEP_S if altitude_m > _HIGH_M else _LOW_STEP_S
        here = step(here, cda_m, dt_s)
        time_s += dt_s
    ground, more_s = fall(here, cda_m, _LOW_STEP_S, max(_LONGEST_S - time_s, 1.0))
    return ground, time_s + more_s, apogee_m


@njit
def _falls(mean: Vector, root: Vector) -> tuple[Vector, Vector, float]:
    """Let the 14 cubature points fall; states at the ground (14, 6), times (14,), apogee of the mean."""
    n = 7
    grounds = np.empty((2 * n, 6))
    times = np.empty(2 * n)
    point = np.empty(n)
    for k in range(2 * n):
        reach = math.sqrt(float(n)) if k < n else -math.sqrt(float(n))
        for i in range(n):
            point[i] = mean[i] + reach * root[i, k % n]
        ground, times[k], _ = descend(point[:6], math.exp(point[6]))
        for i in range(6):
            grounds[k, i] = ground[i]
    _, _, apogee_m = descend(mean[:6], math.exp(mean[6]))
    return grounds, times, apogee_m


@njit
def _path(state: Vector, cda_m: float, spacing_s: float) -> Vector:
    """Places along the way down, shape (n, 4): seconds from now, latitude, longitude, altitude."""
    _, whole_s, _ = descend(state, cda_m)
    count = int(whole_s / spacing_s) + 1
    path = np.empty((count + 1, 4))
    here = state.copy()
    for k in range(count + 1):
        path[k, 0] = min(k * spacing_s, whole_s)
        path[k, 1], path[k, 2], path[k, 3] = geodetic_from_ecef(here[:3])
        parts = math.ceil(spacing_s)
        dt_s = (min((k + 1) * spacing_s, whole_s) - path[k, 0]) / parts
        for _ in range(parts):
            here = step(here, cda_m, dt_s)
    return path


def predict_fall(moment: Moment, settings: WarningSettings) -> Fall | None:
    """Foretell where the ballistic model's state comes down.

    Returns:
        None if the state is so uncertain, or so fast, that a part of it does not come down within two hours.

    Source:
        Third-degree spherical cubature, Arasaratnam and Haykin (2009), 14 points of position, velocity and ln CdA/m.
    """
    keep = [0, 1, 2, 3, 4, 5, LOG_DRAG]
    mean = moment.states[imm.BALLISTIC][keep]
    covariance = moment.covariances[imm.BALLISTIC][np.ix_(keep, keep)]
    try:
        root = np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        return None
    grounds, times, apogee_m = _falls(mean, root)
    if not np.all(np.isfinite(times)):
        return None
    lat_deg, lon_deg, _ = geodetic_from_ecef(np.mean(grounds[:, :3], axis=0))
    basis = enu_basis(lat_deg, lon_deg)
    local = (grounds[:, :3] - ecef_from_geodetic(lat_deg, lon_deg, 0.0)) @ basis.T
    centre = np.mean(local[:, :2], axis=0)
    offsets = local[:, :2] - centre
    spread = offsets.T @ offsets / len(offsets) + np.eye(2) * (settings.unmodelled_sigma_km * 1e3) ** 2
    shorter2, longer2 = np.linalg.eigvalsh(spread)
    bearing = 0.5 * math.atan2(2.0 * spread[0, 1], spread[1, 1] - spread[0, 0])
    velocity = np.mean(grounds[:, 3:], axis=0) @ basis.T
    return Fall(
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        semi_axes_km=(math.sqrt(CHI2_95 * longer2) * 1e-3, math.sqrt(CHI2_95 * shorter2) * 1e-3),
        bearing_deg=math.degrees(bearing) % 180.0,
        time_s=moment.time_s + float(np.mean(times)),
        time_sigma_s=max(float(np.std(times)), 0.1),
        course_deg=math.degrees(math.atan2(velocity[0], velocity[1])) % 360.0,
        apogee_m=apogee_m,
        state=mean,
        from_s=moment.time_s,
    )


def path_down(fall: Fall) -> Vector:
    """Return the way to the ground.

    Returns:
        Shape (n, 4), 5 s apart: seconds since 1970, latitude and longitude (degrees), altitude (m).
    """
    path: Vector = _path(fall.state[:6], math.exp(fall.state[6]), 5.0)
    path[:, 0] += fall.from_s
    return path
