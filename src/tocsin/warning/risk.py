"""Whom an impact may concern: the region, the warning areas that it touches, and how likely and when in each."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Polygon

from tocsin.geo.earth import Vector, geodetic_from_ecef
from tocsin.records import AreaLeft, AreaRisk, Impact, Overflight
from tocsin.warning.areas import Region, WarningAreas, on_earth, region_of
from tocsin.warning.impact import Fall, path_down
from tocsin.warning.moment import Moment
from tocsin.warning.plots import moment_of
from tocsin.warning.reach import Reach, predict_reach
from tocsin.warning.settings import WarningSettings
from tocsin.warning.track import Waypoint

_SIMPLER_KM = 0.2
"""Corners of a published region that lie within this of the line between others are left out."""
_PLACES = 4
"""Decimals of a degree: about 10 m."""
_PATH_STEP_S = 5.0
_FIRST = 0.005
_LEAST = 1e-3
"""A smaller probability is not told: so few of the impacts that stand for all would make it."""


@dataclass(frozen=True, eq=False)
class Risk:
    """What one prediction means for people on the ground."""

    region: tuple[tuple[float, float], ...]
    """Corners, longitude and latitude, closed; empty if the ellipse is the region."""
    earliest_s: float
    """Seconds since 1970, as the next."""
    latest_s: float
    beyond_km: float
    """How far the region goes beyond the ellipse; 0 if it is the ellipse."""
    areas: tuple[str, ...]
    """Touched by the region and its margin, sorted."""
    at_risk: tuple[AreaRisk, ...]
    """With their probabilities, the likeliest first."""

    def impact(self, fall: Fall) -> Impact:
        """Return the impact that it was worked out for as a record tells it."""
        return Impact(
            lat_deg=fall.lat_deg,
            lon_deg=fall.lon_deg,
            ellipse_95_km=fall.semi_axes_km,
            ellipse_bearing_deg=fall.bearing_deg,
            at=moment_of(fall.time_s),
            at_sigma_s=fall.time_sigma_s,
            manoeuvre_km=self.beyond_km,
            region=self.region,
            earliest_at=moment_of(self.earliest_s),
            latest_at=moment_of(self.latest_s),
        )


def risk_of(
    moment: Moment,
    fall: Fall,
    areas: WarningAreas,
    settings: WarningSettings,
    *,
    is_low: bool,
    before: Collection[str] = (),
) -> Risk | None:
    """Tell whom an impact may concern.

    An area enters where the region and its margin touch it. It leaves only where it is clearly out: beyond the wider
    ``leave_margin_km``, and with less than ``leave_probability``. So it does not come and go with the noise.

    Args:
        moment: What ``fall`` was foretold from.
        fall: The impact of free fall.
        areas: That can be warned.
        settings: Margin, and the policy of lift.
        is_low: Whether it may use the air.
        before: Areas that are said to be at risk.

    Returns:
        None if where a low flight may come down cannot be told: its bare ellipse is never shown.
    """
    reach = predict_reach(moment, fall, settings, is_low=is_low)
    if reach is None:
        return None
    earliest_s, latest_s = reach.ends_s
    ring_km = _simple(reach.ring_km) if reach.is_lifted else reach.ring_km
    found = _found(reach, ring_km, areas, settings, before)
    region: tuple[tuple[float, float], ...] = ()
    if reach.is_lifted:
        corners = on_earth(fall.lat_deg, fall.lon_deg, ring_km)
        region = tuple((round(lon, _PLACES), round(lat, _PLACES)) for lon, lat in corners.tolist())
        region = (*region[:-1], region[0])
    return Risk(
        region=region,
        earliest_s=earliest_s,
        latest_s=latest_s,
        beyond_km=max(0.0, round(reach.beyond_km - fall.semi_axes_km[0], 1)) if reach.is_lifted else 0.0,
        areas=tuple(risk.area for risk in sorted(found, key=lambda risk: risk.area)),
        at_risk=found,
    )


def areas_left(
    before: tuple[str, ...],
    after: tuple[str, ...],
    old: Impact | None,
    new: Impact | None,
    passed: Collection[str] = (),
) -> tuple[AreaLeft, ...]:
    """Tell which areas are at risk no longer, and why.

    Args:
        before: Areas of the record before.
        after: Areas now.
        old: The impact of the record before.
        new: The impact now; None if none holds any more.
        passed: Areas that the object has flown over and left behind.
    """
    gone = sorted(set(before) - set(after))
    if not gone:
        return ()
    if old is None or new is None:
        return tuple(AreaLeft(area=area, reason="withdrawn") for area in gone)
    was, now = region_of(old).outline(), region_of(new).outline()
    has_narrowed = now.area < was.area and was.intersects(shapely.Point(now.centroid))
    reason = "narrowed" if has_narrowed else "moved"
    return tuple(AreaLeft(area=area, reason="passed_over" if area in passed else reason) for area in gone)


def areas_overflown(areas: WarningAreas, trail: Sequence[Waypoint], fall: Fall) -> tuple[Overflight, ...]:
    """Return the areas under the path that was flown and is foretold, in the order of passage.

    Args:
        areas: That can be warned.
        trail: Where it was.
        fall: Where it goes from there.
    """
    flown, due_s = [], -math.inf
    ahead = path_down(fall)
    for waypoint in trail:
        if due_s <= waypoint.time_s < ahead[0, 0]:
            due_s = waypoint.time_s + _PATH_STEP_S
            flown.append((waypoint.time_s, *geodetic_from_ecef(waypoint.position)))
    path: Vector = np.vstack([np.array(flown).reshape(-1, 4), ahead])
    return tuple(
        Overflight(area=area, passes_at=moment_of(time_s), altitude_m=altitude_m)
        for area, time_s, altitude_m in areas.passed(path)
    )


def _found(
    reach: Reach, ring_km: Vector, areas: WarningAreas, settings: WarningSettings, before: Collection[str]
) -> tuple[AreaRisk, ...]:
    """Return the areas at risk, with their part of all impacts and when the first and last of 200 of these come."""

    def touched(margin_km: float) -> set[str]:
        return set(areas.at_risk(Region(reach.lat_deg, reach.lon_deg, ring_km, margin_km)))

    named, doubtful = touched(settings.margin_km), set(before)
    doubtful -= named
    if not named and not doubtful:
        return ()
    inside = areas.shares(on_earth(reach.lat_deg, reach.lon_deg, reach.places_km))
    parts = {area: float(inside[area].mean()) if area in inside else 0.0 for area in named | doubtful}
    if doubtful:
        near = touched(settings.leave_margin_km)
        named |= {area for area in doubtful if area in near or parts[area] >= settings.leave_probability}
    found = []
    for area in sorted(named):
        times_s = reach.times_s if parts[area] < _LEAST else reach.times_s[inside[area]]
        earliest_s, latest_s = np.quantile(times_s, [_FIRST, 1.0 - _FIRST]).tolist()
        found.append(
            AreaRisk(
                area=area,
                probability=round(parts[area], 4),
                earliest_at=moment_of(earliest_s),
                latest_at=moment_of(latest_s),
            )
        )
    return tuple(sorted(found, key=lambda risk: (-risk.probability, risk.area)))


def _simple(ring_km: Vector) -> Vector:
    corners: Vector = shapely.get_coordinates(Polygon(ring_km).simplify(_SIMPLER_KM))
    return corners
