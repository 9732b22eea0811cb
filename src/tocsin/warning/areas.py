"""Which warning areas an impact region touches and a flight passes over."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import LineString, Polygon, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from tocsin.geo.earth import Vector
from tocsin.geo.geodesic import destination

_KM_PER_DEGREE = 110.0
"""Somewhat less than any degree of latitude."""


@dataclass(frozen=True)
class Area:
    """A part of a member's territory that can be warned by name."""

    id: str
    member: str
    name_en: str
    name_local: str
    part_of: str | None
    """Of an island: the id of the whole."""


@dataclass(frozen=True, eq=False)
class WarningAreas:
    """All areas with their outlines, ready to be searched."""

    areas: tuple[Area, ...]
    outlines: tuple[BaseGeometry, ...]
    tree: shapely.STRtree

    def by_id(self, area: str) -> Area:
        """Return an area by its id.

        Raises:
            KeyError: There is none.
        """
        for candidate in self.areas:
            if candidate.id == area:
                return candidate
        raise KeyError(area)

    def touched(self, region: BaseGeometry) -> tuple[str, ...]:
        """Return the sorted ids of the areas that a region touches; its longitudes may lie beyond 180."""
        found: set[str] = set()
        for shifted in _turns(region):
            found.update(self.areas[i].id for i in self.tree.query(shifted, predicate="intersects").tolist())
        return tuple(sorted(found))

    def at_risk(self, region: Region) -> tuple[str, ...]:
        """Return the sorted ids of the areas that an impact region touches."""
        if not any(self.tree.query(turned).size for turned in _turns(region.box())):
            return ()
        return self.touched(region.outline())

    def passed(self, path: Vector) -> tuple[tuple[str, float, float], ...]:
        """Return the areas under a path, each with the time and altitude at which the path first comes over it.

        Args:
            path: Shape (n, 4): seconds since 1970, latitude and longitude (degrees), altitude (m).
        """
        if len(path) < 2:
            return ()
        longitudes = np.degrees(np.unwrap(np.radians(path[:, 2])))
        line = LineString(np.column_stack([longitudes, path[:, 1]]))
        lengths = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(longitudes), np.diff(path[:, 1])))])
        found: dict[str, tuple[float, float]] = {}
        for shifted in _turns(line):
            for i in self.tree.query(shifted, predicate="intersects").tolist():
                common = shifted.intersection(self.outlines[i])
                along = min(shifted.project(shapely.Point(corner)) for corner in shapely.get_coordinates(common))
                time_s = float(np.interp(along, lengths, path[:, 0]))
                altitude_m = float(np.interp(along, lengths, path[:, 3]))
                found[self.areas[i].id] = min(found.get(self.areas[i].id, (math.inf, 0.0)), (time_s, altitude_m))
        ordered = sorted(found.items(), key=lambda item: (item[1], item[0]))
        return tuple((area, time_s, altitude_m) for area, (time_s, altitude_m) in ordered)


def _turns(geometry: BaseGeometry) -> list[BaseGeometry]:
    """The geometry and what lies beyond 180 degrees of it, turned back by 360."""
    west, _, east, _ = geometry.bounds
    turns = [geometry]
    if west < -180:
        turns.append(affinity.translate(geometry, 360.0))
    if east > 180:
        turns.append(affinity.translate(geometry, -360.0))
    return turns


@lru_cache(maxsize=1)
def warning_areas() -> WarningAreas:
    """Return the areas that come with the program (``data/README.md`` tells their sources)."""
    text = resources.files("tocsin.warning").joinpath("data", "warning_areas.geojson").read_text(encoding="utf-8")
    features = json.loads(text)["features"]
    areas = tuple(
        Area(
            id=feature["id"],
            member=feature["properties"]["member"],
            name_en=feature["properties"]["name_en"],
            name_local=feature["properties"]["name_local"],
            part_of=feature["properties"]["part_of"],
        )
        for feature in features
    )
    outlines = tuple(shape(feature["geometry"]) for feature in features)
    for outline in outlines:
        shapely.prepare(outline)
    return WarningAreas(areas, outlines, shapely.STRtree(outlines))


@dataclass(frozen=True)
class Region:
    """What an impact may touch: the ellipse, drawn out along the course, with a margin around."""

    lat_deg: float
    lon_deg: float
    semi_axes_km: tuple[float, float]
    bearing_deg: float
    course_deg: float
    manoeuvre_km: float
    margin_km: float

    def box(self) -> BaseGeometry:
        """Return a box in degrees that holds the whole region."""
        reach = (self.semi_axes_km[0] + self.manoeuvre_km + self.margin_km) / _KM_PER_DEGREE
        wide = reach / max(math.cos(math.radians(min(abs(self.lat_deg) + reach, 89.0))), 0.01)
        return shapely.box(self.lon_deg - wide, self.lat_deg - reach, self.lon_deg + wide, self.lat_deg + reach)

    def outline(self) -> Polygon:
        """Return the region in degrees of longitude and latitude; longitudes may lie beyond 180.

        The shape is drawn in kilometres around the point and laid on the earth along geodesics, so that size and
        direction hold from the point outwards.
        """
        circle = shapely.Point(0.0, 0.0).buffer(1.0, quad_segs=8)
        longer, shorter = self.semi_axes_km
        ellipse = affinity.rotate(affinity.scale(circle, shorter, longer), -self.bearing_deg, origin=(0, 0))
        whole: BaseGeometry = ellipse
        if self.manoeuvre_km > 0:
            course = math.radians(self.course_deg)
            east, north = self.manoeuvre_km * math.sin(course), self.manoeuvre_km * math.cos(course)
            whole = unary_union([
                affinity.translate(ellipse, east, north), affinity.translate(ellipse, -east, -north)
            ]).convex_hull  # fmt: skip
        ring = shapely.get_coordinates(whole.buffer(self.margin_km, quad_segs=4))
        return Polygon(self._on_earth(ring.tolist()))

    def _on_earth(self, ring: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
        places = []
        for east, north in ring:
            bearing_deg = math.degrees(math.atan2(east, north))
            lat_deg, lon_deg = destination(self.lat_deg, self.lon_deg, bearing_deg, math.hypot(east, north) * 1e3)
            turn = (lon_deg - self.lon_deg + 180.0) % 360.0 - 180.0
            places.append((self.lon_deg + turn, lat_deg))
        return places
