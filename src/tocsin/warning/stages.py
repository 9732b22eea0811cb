"""What is said of a track, and when: the stages of an event.

- ``detected``: the track is confirmed.
- ``assessed``: it is told to be under thrust or in free flight, or of another class; again when that changes.
- ``predicted``: the gate holds (``may_publish_impact``, and the class ``ballistic`` by ``classification``); again when
  something changes that an officer needs.
- ``closed``: ``impact`` once the predicted time and three of its sigmas have passed; ``no_threat`` if it is in orbit;
  ``lost`` if no plots came for ``lost_s`` (``lost_infrared_s`` of infrared alone) and no prediction was good enough to
  be kept to its end.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from tocsin.geo.earth import enu_basis, geodetic_from_ecef
from tocsin.geo.geodesic import distance_m, initial_bearing_deg
from tocsin.records import Impact, Launch, TrackPoint
from tocsin.warning import imm
from tocsin.warning.classification import AIRCRAFT, BALLISTIC_FLIGHT, ORBIT_PERIGEE_M, SPACE, Classification
from tocsin.warning.impact import Fall
from tocsin.warning.moment import Moment, combined
from tocsin.warning.orbit import osculating
from tocsin.warning.plots import moment_of
from tocsin.warning.settings import WarningSettings
from tocsin.warning.track import Track

BALLISTIC = "ballistic"
BALLISTIC_LOW = "ballistic, may manoeuvre"
ACCELERATING = "still accelerating"
SPACE_LAUNCH = "possible space launch"
ORBITAL = "in orbit or beyond"
MANOEUVRING = "manoeuvring, earlier impact area no longer holds"
LOW_AND_LEVEL = "low and level: aircraft or cruise missile, not modelled"
UNCLEAR = "not yet classified"

_LIKELY = 0.5


def track_point(moment: Moment) -> TrackPoint:
    """Return where the object is and how it moves, over both models."""
    position, velocity, covariance = combined(moment)
    lat_deg, lon_deg, altitude_m = geodetic_from_ecef(position)
    east, north, up = (float(part) for part in enu_basis(lat_deg, lon_deg) @ velocity)
    return TrackPoint(
        at=moment_of(moment.time_s),
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        altitude_m=altitude_m,
        speed_mps=math.sqrt(east**2 + north**2 + up**2),
        heading_deg=math.degrees(math.atan2(east, north)) % 360.0,
        climb_deg=math.degrees(math.atan2(up, math.hypot(east, north))),
        sigma_m=math.sqrt(max(float(np.linalg.eigvalsh(covariance[:3, :3])[-1]), 0.0)),
    )


def is_free(track: Track, settings: WarningSettings) -> bool:
    """Tell whether the track has passed for ballistic for long enough, on plots that fix a place."""
    since_s = track.moment.gate_since_s
    return (
        since_s is not None
        and track.ballistic_probability >= settings.ballistic_probability
        and track.time_s - since_s >= settings.ballistic_hold_s
        and track.ranged_plots >= settings.min_ranged_plots
    )


def may_publish_impact(track: Track, fall: Fall | None, settings: WarningSettings) -> bool:
    """Tell whether the gate rule allows an impact area: free flight held, and the ellipse of some use.

    Never on infrared alone, and never while it still accelerates.
    """
    return is_free(track, settings) and fall is not None and is_of_use(fall, settings)


def is_of_use(fall: Fall, settings: WarningSettings) -> bool:
    """Tell whether an ellipse is small enough to tell anybody anything."""
    return fall.semi_axes_km[0] <= settings.max_semi_axis_km


def may_use_air(apogee_m: float, settings: WarningSettings) -> bool:
    """Tell whether a flight is so low that it may pull up or glide, by policy."""
    return apogee_m < settings.manoeuvre_apogee_km * 1e3


def label_of(
    track: Track,
    apogee_m: float,
    classified: Classification,
    settings: WarningSettings,
    *,
    had_impact: bool,
    joint: Moment | None = None,
) -> str:
    """Say in words what the track is taken for.

    Args:
        track: With its present state.
        apogee_m: The highest so far or predicted.
        classified: Probabilities of the classes.
        settings: For the gates.
        had_impact: Whether an impact was published before.
        joint: What peers' tracks make of it, in free flight.
    """
    gate = settings.ballistic_probability
    if joint is not None or is_free(track, settings):
        position, velocity, _ = combined(track.moment if joint is None else joint)
        if osculating(position, velocity).perigee_m > ORBIT_PERIGEE_M:
            return ORBITAL
        if classified[SPACE] >= _LIKELY:
            return SPACE_LAUNCH
        if had_impact or classified[BALLISTIC_FLIGHT] >= gate:
            return BALLISTIC_LOW if may_use_air(apogee_m, settings) else BALLISTIC
    elif had_impact and track.ballistic_probability < gate:
        return MANOEUVRING
    if classified[AIRCRAFT] >= gate:
        return LOW_AND_LEVEL
    if classified[SPACE] >= _LIKELY:
        return SPACE_LAUNCH
    boost = float(track.moment.weights[imm.BOOST])
    return ACCELERATING if boost >= gate and track.ranged_plots >= settings.min_ranged_plots else UNCLEAR


def needs_revision(
    last: Launch, impact: Impact, areas: tuple[str, ...], *, age_s: float, settings: WarningSettings
) -> bool:
    """Tell whether a new prediction says what an officer needs to know.

    Args:
        last: The last ``predicted`` record.
        impact: The new one.
        areas: At risk by the new one.
        age_s: Of the last record, seconds of scenario time.
        settings: For the limits.
    """
    old = last.impact
    if old is None or areas != last.areas or bool(impact.region) != bool(old.region):
        return True
    axis, old_axis = impact.ellipse_95_km[0], old.ellipse_95_km[0]
    moved_km = distance_m(old.lat_deg, old.lon_deg, impact.lat_deg, impact.lon_deg) * 1e-3
    if axis <= (1.0 - settings.revise_axis_fraction) * old_axis:
        return True
    if moved_km > settings.revise_point_km or not is_within_ellipse(old, impact.lat_deg, impact.lon_deg):
        return True
    has_changed = moved_km > 0.1 or abs(axis - old_axis) > 0.05 * old_axis
    return age_s >= (settings.revise_interval_s if has_changed else settings.revise_unchanged_s)


def is_within_ellipse(impact: Impact, lat_deg: float, lon_deg: float) -> bool:
    """Tell whether a place lies within an impact's 95 % ellipse."""
    away_km = distance_m(impact.lat_deg, impact.lon_deg, lat_deg, lon_deg) * 1e-3
    if away_km == 0.0:
        return True
    bearing_deg = initial_bearing_deg(impact.lat_deg, impact.lon_deg, lat_deg, lon_deg)
    angle = math.radians(bearing_deg - impact.ellipse_bearing_deg)
    longer, shorter = impact.ellipse_95_km
    return (away_km * math.cos(angle) / longer) ** 2 + (away_km * math.sin(angle) / shorter) ** 2 <= 1.0


def outcome_at(
    heard_s: float,
    fall: Fall | None,
    label: str,
    now_s: float,
    settings: WarningSettings,
    *,
    latest_s: float | None,
    is_placed: bool = True,
) -> Literal["impact", "lost", "no_threat"] | None:
    """Tell whether and how the event has ended (rules at the top of this module); None while it goes on.

    Args:
        heard_s: When something was last seen of it, seconds since 1970.
        fall: The latest prediction that passed the gate.
        label: What the track is taken for.
        now_s: Scenario time, seconds since 1970.
        settings: For the limits.
        latest_s: If it may be lifted: when the last of its possible impacts has come, seconds since 1970.
        is_placed: Whether something that fixes a place has seen it, and not infrared alone.
    """
    silent_s = now_s - heard_s
    if fall is not None and label != MANOEUVRING:
        free_s = fall.time_s + 3.0 * fall.time_sigma_s
        if now_s > (free_s if latest_s is None else max(free_s, latest_s)):
            return "impact"
        if latest_s is not None or fall.semi_axes_km[0] <= settings.good_semi_axis_km:
            return None
    if silent_s < (settings.lost_s if is_placed else settings.lost_infrared_s):
        return None
    return "no_threat" if label == ORBITAL else "lost"
