"""Maps: coasts, places, paths and ellipses on a plane that keeps shapes near its middle."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.affinity import translate
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry

from tocsin.charts import svg
from tocsin.geo.geodesic import destinations, distance_m, initial_bearing_deg

WIDTH = 720
_TALLEST = 620
_FLATTEST = 0.6
"""Of the width: a map is never lower."""
_SEA, _LAND, _COAST, _AREA, _GRID = "#dbe3e9", "#f6f7f5", "#93a0aa", "#a4b0ba", "#c5d0d8"
_LEAST_DEG = 6.0

Corner = tuple[float, float]
"""Longitude and latitude, degrees."""

Projection = Callable[[float, float], tuple[float, float]]
"""From longitude and latitude to a place on the sheet."""


@dataclass(frozen=True)
class Spot:
    """A marked place."""

    lat_deg: float
    lon_deg: float
    colour: str
    says: str
    sign: str = "mark"
    """``mark``: a member's shape; ``cross``, ``launch``, ``ring``, ``sensor``."""
    shape: int = 0
    label: str = ""


@dataclass(frozen=True)
class Outline:
    """A line or a region."""

    corners: Sequence[Corner]
    colour: str
    says: str
    is_region: bool = True
    is_dashed: bool = False
    holes: Sequence[Sequence[Corner]] = ()
    """Of a region."""


@dataclass(frozen=True)
class Base:
    """What lies beneath: land, and the outlines of warning areas."""

    land: Sequence[BaseGeometry] = ()
    areas: Sequence[BaseGeometry] = ()


def ellipse(lat_deg: float, lon_deg: float, semi_axes_km: tuple[float, float], bearing_deg: float) -> list[Corner]:
    """Return the corners of an ellipse around a place.

    Args:
        lat_deg: Of its centre.
        lon_deg: Of its centre.
        semi_axes_km: The longer first.
        bearing_deg: Of the longer axis, clockwise from north.
    """
    longer, shorter = semi_axes_km
    angles = np.linspace(0.0, 2 * np.pi, 49)
    along, across = longer * np.cos(angles), shorter * np.sin(angles)
    bearings_deg = bearing_deg + np.degrees(np.arctan2(across, along))
    lons, lats = destinations(lat_deg, lon_deg, bearings_deg, 1e3 * np.hypot(along, across))
    return list(zip(lons.tolist(), lats.tolist(), strict=True))


def great_circle(begin: Corner, end: Corner) -> list[Corner]:
    """Return places along the shortest way between two."""
    distance = distance_m(begin[1], begin[0], end[1], end[0])
    bearing = initial_bearing_deg(begin[1], begin[0], end[1], end[0])
    lons, lats = destinations(begin[1], begin[0], np.full(33, bearing), np.linspace(0.0, distance, 33))
    return list(zip(lons.tolist(), lats.tolist(), strict=True))


def chart_map(
    about: str, base: Base, outlines: Sequence[Outline], spots: Sequence[Spot], *, notes: Sequence[str] = ()
) -> str:
    """Return a map just large enough for all that is marked.

    Args:
        about: What it is, for those who cannot see it.
        base: What lies beneath; beyond the map it is cut off.
        outlines: Lines and regions.
        spots: Places.
        notes: Lines of words beneath it.
    """
    centre = _centre([spot.lon_deg for spot in spots] + [corner[0] for each in outlines for corner in each.corners])

    def near(lon: float) -> float:
        return centre + (lon - centre + 180) % 360 - 180

    lons = [near(spot.lon_deg) for spot in spots] + [near(lon) for each in outlines for lon, _ in each.corners]
    lats = [spot.lat_deg for spot in spots] + [lat for each in outlines for _, lat in each.corners]
    west, east = _widened(min(lons, default=120.0), max(lons, default=140.0))
    south, north = _widened(max(min(lats, default=30.0), -80.0), min(max(lats, default=45.0), 80.0))
    squeeze = math.cos(math.radians((south + north) / 2))
    lacking = max(_FLATTEST * (east - west) * squeeze - (north - south), 0.0)
    south, north = max(south - lacking / 2, -89.0), min(north + lacking / 2, 89.0)
    scale = min(WIDTH / ((east - west) * squeeze), _TALLEST / (north - south))
    height = (north - south) * scale
    wide = (east - west) * squeeze * scale
    left = (WIDTH - wide) / 2

    def at(lon: float, lat: float) -> Corner:
        return left + (near(lon) - west) * squeeze * scale, (north - lat) * scale

    window = box(west, south, east, north)
    parts = [svg.element("rect", x=left, y=0, width=wide, height=height, fill=_SEA)]
    for shape in base.land:
        parts += _beneath(shape, window, at, fill=_LAND, stroke=_COAST, stroke_width=0.6)
    for shape in base.areas:
        parts += _beneath(shape, window, at, fill=_LAND, stroke=_AREA, stroke_width=0.35)
    parts += _grid(west, east, south, north, at)
    for each in outlines:
        parts.append(_outline(each, at))
    parts += [_spot(spot, *at(spot.lon_deg, spot.lat_deg)) for spot in spots]
    parts.append(svg.element("rect", x=left, y=0, width=wide, height=height, fill="none", stroke=_COAST))
    clip = svg.element("clipPath", svg.element("rect", x=left, y=0, width=wide, height=height), id="sheet")
    said = [svg.words(0, height + 16 * (n + 1), note, fill=svg.FAINT) for n, note in enumerate(notes)]
    below = 16 * len(notes) + 6 * bool(notes)
    return svg.drawing(WIDTH, height + below, about, clip, svg.element("g", *parts, clip_path="url(#sheet)"), *said)


def _centre(lons: Sequence[float]) -> float:
    """Return the middle of some longitudes, also across 180 degrees."""
    if not lons:
        return 130.0
    x = sum(math.cos(math.radians(lon)) for lon in lons)
    y = sum(math.sin(math.radians(lon)) for lon in lons)
    return math.degrees(math.atan2(y, x))


def _widened(low: float, high: float) -> tuple[float, float]:
    margin = max(0.12 * (high - low), (_LEAST_DEG - (high - low)) / 2, 0.6)
    return low - margin, high + margin


def _beneath(shape: BaseGeometry, window: Polygon, at: Projection, **attributes: str | float | None) -> Iterable[str]:
    for turn in (-360.0, 0.0, 360.0):
        moved = translate(shape, xoff=turn)
        if not moved.intersects(window):
            continue
        cut = shapely.simplify(shapely.clip_by_rect(moved, *window.bounds), 0.01)
        for part in shapely.get_parts(cut):
            if isinstance(part, Polygon) and not part.is_empty:
                rings = [part.exterior, *part.interiors]
                d = " ".join(svg.path([at(x, y) for x, y in ring.coords], is_closed=True) for ring in rings)
                yield svg.element("path", d=d, fill_rule="evenodd", **attributes)


def _grid(west: float, east: float, south: float, north: float, at: Projection) -> list[str]:
    step = next((step for step in (1, 2, 5, 10, 20, 30) if max(east - west, north - south) / step <= 8), 45)
    parts = []
    for lon in range(math.ceil(west / step) * step, math.floor(east) + 1, step):
        (x1, y1), (x2, y2) = at(lon, north), at(lon, south)
        turned = (lon + 180) % 360 - 180
        name = f"{abs(turned)}°" + ("" if turned in (0, -180) else " E" if turned > 0 else " W")
        parts.append(svg.line(x1, y1, x2, y2, stroke=_GRID, stroke_width=0.6))
        parts.append(svg.words(x1 + 2, y2 - 5, name, font_size=8, fill=svg.FAINT))
    for lat in range(math.ceil(south / step) * step, math.floor(north) + 1, step):
        (x1, y1), (x2, y2) = at(west, lat), at(east, lat)
        parts.append(svg.line(x1, y1, x2, y2, stroke=_GRID, stroke_width=0.6))
        parts.append(
            svg.words(x1 + 2, y1 - 2, f"{abs(lat):g}° {'N' if lat >= 0 else 'S'}", font_size=8, fill=svg.FAINT)
        )
    return parts


def _outline(each: Outline, at: Projection) -> str:
    points = [at(lon, lat) for lon, lat in each.corners]
    rings = [svg.path(points, is_closed=each.is_region)]
    rings += [svg.path([at(lon, lat) for lon, lat in hole], is_closed=True) for hole in each.holes]
    return svg.element(
        "path", svg.title(each.says), d=" ".join(rings), fill_rule="evenodd" if each.holes else None,
        fill=each.colour if each.is_region else "none", fill_opacity=0.14, stroke=each.colour,
        stroke_width=1.1, stroke_dasharray="4 3" if each.is_dashed else None,
    )  # fmt: skip


def _spot(spot: Spot, x: float, y: float) -> str:
    match spot.sign:
        case "launch":
            d = svg.path([(x, y - 6), (x + 5, y + 4), (x - 5, y + 4)], is_closed=True)
            drawn = svg.element("path", d=d, fill=spot.colour, stroke=svg.PAPER)
        case "cross":
            d = f"M{x - 5:.1f} {y - 5:.1f}L{x + 5:.1f} {y + 5:.1f}M{x - 5:.1f} {y + 5:.1f}L{x + 5:.1f} {y - 5:.1f}"
            drawn = svg.element("path", d=d, stroke=spot.colour, stroke_width=1.8, fill="none")
        case "ring":
            drawn = svg.element("circle", cx=x, cy=y, r=4.5, fill="none", stroke=spot.colour, stroke_width=1.1)
        case "sensor":
            drawn = svg.element("circle", cx=x, cy=y, r=2.2, fill="none", stroke=spot.colour, stroke_width=1)
        case _:
            drawn = svg.mark(spot.shape, x, y, 3.4, fill=spot.colour, stroke=svg.PAPER, stroke_width=0.8)
    halo: dict[str, str | float | None] = {
        "paint_order": "stroke",
        "stroke": svg.PAPER,
        "stroke_width": 2.5,
        "font_size": 9,
    }
    label = [svg.words(x + 7, y + 3, spot.label, **halo)] if spot.label else []
    return svg.element("g", svg.title(spot.says), drawn, *label)
