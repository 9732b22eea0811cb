"""Which warning areas an impact region touches and a flight passes over."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt
import shapely
from shapely import affinity
from shapely.geometry import LineString, Polygon, shape
from shapely.geometry.base import BaseGeometry

from tocsin.geo.earth import Vector
from tocsin.geo.geodesic import destinations, distance_m, initial_bearing_deg
from tocsin.records import Impact

Mask = npt.NDArray[np.bool_]

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

    def shares(self, places: Vector) -> dict[str, Mask]:
        """Return, by area, which of some places lie in it; areas with none are left out.

        Args:
            places: Longitudes and latitudes, degrees, shape (n, 2); longitudes may lie beyond 180.

        Returns:
            For each area a mask of shape (n,).
        """
        found: dict[str, Mask] = {}
        west, south = places.min(axis=0)
        east, north = places.max(axis=0)
        for turned in _turns(shapely.box(west, south, east, north)):
            shift = turned.bounds[0] - west
            for i in self.tree.query(turned).tolist():
                inside = shapely.contains_xy(self.outlines[i], places[:, 0] + shift, places[:, 1])
                if inside.any():
                    area = self.areas[i].id
                    found[area] = found[area] | inside if area in found else inside
        return found

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


@dataclass(frozen=True, eq=False)
class Region:
    """Where it may come down, drawn in kilometres around a place, with a margin around."""

    lat_deg: float
    lon_deg: float
    ring_km: Vector
    """Corners, shape (n, 2): east and north of the place, closed."""
    margin_km: float = 0.0

    def box(self) -> BaseGeometry:
        """Return a box in degrees that holds the whole region."""
        reach = (float(np.hypot(self.ring_km[:, 0], self.ring_km[:, 1]).max()) + self.margin_km) / _KM_PER_DEGREE
        wide = reach / max(math.cos(math.radians(min(abs(self.lat_deg) + reach, 89.0))), 0.01)
        return shapely.box(self.lon_deg - wide, self.lat_deg - reach, self.lon_deg + wide, self.lat_deg + reach)

    def outline(self) -> Polygon:
        """Return the region in degrees of longitude and latitude; longitudes may lie beyond 180.

        The shape is laid on the earth along geodesics, so that size and direction hold from the place outwards.
        """
        whole = Polygon(self.ring_km).buffer(self.margin_km, quad_segs=4) if self.margin_km else Polygon(self.ring_km)
        return Polygon(on_earth(self.lat_deg, self.lon_deg, shapely.get_coordinates(whole)))


def ellipse_ring(semi_axes_km: tuple[float, float], bearing_deg: float) -> Vector:
    """Return the corners of an ellipse, shape (33, 2): east and north of its centre, counter-clockwise and closed.

    Args:
        semi_axes_km: The longer first.
        bearing_deg: Of the longer axis.
    """
    bearing = math.radians(bearing_deg)
    turns = np.linspace(0.0, -2.0 * math.pi, 33)  # bearings grow clockwise
    along, across = semi_axes_km[0] * np.cos(turns), semi_axes_km[1] * np.sin(turns)
    ring = np.column_stack([
        along * math.sin(bearing) + across * math.cos(bearing), along * math.cos(bearing) - across * math.sin(bearing)
    ])  # fmt: skip
    ring[-1] = ring[0]
    return ring


def region_of(impact: Impact, margin_km: float = 0.0) -> Region:
    """Return the region that a record tells of: what it draws, or the ellipse."""
    if not impact.region:
        ring = ellipse_ring(impact.ellipse_95_km, impact.ellipse_bearing_deg)
        return Region(impact.lat_deg, impact.lon_deg, ring, margin_km)
    corners = []
    for lon_deg, lat_deg in impact.region:
        away_km = distance_m(impact.lat_deg, impact.lon_deg, lat_deg, lon_deg) * 1e-3
        bearing = math.radians(initial_bearing_deg(impact.lat_deg, impact.lon_deg, lat_deg, lon_deg))
        corners.append((away_km * math.sin(bearing), away_km * math.cos(bearing)))
    return Region(impact.lat_deg, impact.lon_deg, np.array(corners), margin_km)


def on_earth(lat_deg: float, lon_deg: float, places_km: Vector) -> Vector:
    """Return longitudes and latitudes, degrees, of places told as east and north of one; shapes (n, 2).

    Longitudes go on beyond 180 on the far side of the date line.
    """
    bearings = np.degrees(np.arctan2(places_km[:, 0], places_km[:, 1]))
    lons, lats = destinations(lat_deg, lon_deg, bearings, np.hypot(places_km[:, 0], places_km[:, 1]) * 1e3)
    turns = (lons - lon_deg + 180.0) % 360.0 - 180.0
    return np.column_stack([lon_deg + turns, lats])
