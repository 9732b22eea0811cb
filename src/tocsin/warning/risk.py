"""Whom an impact may concern: the region, the warning areas that it touches, and how likely and when in each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Polygon

from tocsin.geo.earth import Vector
from tocsin.records import AreaLeft, AreaRisk, Impact
from tocsin.warning.areas import Region, WarningAreas, on_earth, region_of
from tocsin.warning.impact import Fall
from tocsin.warning.moment import Moment
from tocsin.warning.plots import moment_of
from tocsin.warning.reach import Reach, predict_reach
from tocsin.warning.settings import WarningSettings

_SIMPLER_KM = 0.2
"""Corners of a published region that lie within this of the line between others are left out."""
_PLACES = 4
"""Decimals of a degree: about 10 m."""
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


def risk_of(moment: Moment, fall: Fall, areas: WarningAreas, settings: WarningSettings, *, is_low: bool) -> Risk | None:
    """Tell whom an impact may concern.

    Args:
        moment: What ``fall`` was foretold from.
        fall: The impact of free fall.
        areas: That can be warned.
        settings: Margin, and the policy of lift.
        is_low: Whether it may use the air.

    Returns:
        None if where a low flight may come down cannot be told: its bare ellipse is never shown.
    """
    reach = predict_reach(moment, fall, settings, is_low=is_low)
    if reach is None:
        return None
    ring_km = _simple(reach.ring_km) if reach.is_lifted else reach.ring_km
    touched = areas.at_risk(Region(fall.lat_deg, fall.lon_deg, ring_km, settings.margin_km))
    region: tuple[tuple[float, float], ...] = ()
    if reach.is_lifted:
        corners = on_earth(fall.lat_deg, fall.lon_deg, ring_km)
        region = tuple((round(lon, _PLACES), round(lat, _PLACES)) for lon, lat in corners.tolist())
        region = (*region[:-1], region[0])
    return Risk(
        region=region,
        earliest_s=reach.earliest_s,
        latest_s=reach.latest_s,
        beyond_km=max(0.0, round(reach.beyond_km - fall.semi_axes_km[0], 1)) if reach.is_lifted else 0.0,
        areas=touched,
        at_risk=_shares(reach, areas, touched),
    )


def areas_left(
    before: tuple[str, ...], after: tuple[str, ...], old: Impact | None, new: Impact | None
) -> tuple[AreaLeft, ...]:
    """Tell which areas are at risk no longer, and why.

    Args:
        before: Areas of the record before.
        after: Areas now.
        old: The impact of the record before.
        new: The impact now; None if none holds any more.
    """
    gone = sorted(set(before) - set(after))
    if not gone:
        return ()
    if old is None or new is None:
        return tuple(AreaLeft(area=area, reason="withdrawn") for area in gone)
    was, now = region_of(old).outline(), region_of(new).outline()
    has_narrowed = now.area < was.area and was.intersects(shapely.Point(now.centroid))
    return tuple(AreaLeft(area=area, reason="narrowed" if has_narrowed else "moved") for area in gone)


def _shares(reach: Reach, areas: WarningAreas, touched: tuple[str, ...]) -> tuple[AreaRisk, ...]:
    """Return the areas with their part of all impacts, and when the first and last of 200 of these come."""
    if not touched:
        return ()
    places = on_earth(reach.lat_deg, reach.lon_deg, reach.places_km)
    inside = areas.shares(places)
    found = []
    for area in touched:
        mask = inside.get(area)
        part = 0.0 if mask is None else float(mask.mean())
        times_s = reach.times_s if mask is None or part < _LEAST else reach.times_s[mask]
        earliest_s, latest_s = np.quantile(times_s, [0.005, 0.995]).tolist()
        found.append(
            AreaRisk(
                area=area, probability=round(part, 4), earliest_at=moment_of(earliest_s), latest_at=moment_of(latest_s)
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda risk: (-risk.probability, risk.area)))


def _simple(ring_km: Vector) -> Vector:
    corners: Vector = shapely.get_coordinates(Polygon(ring_km).simplify(_SIMPLER_KM))
    return corners
