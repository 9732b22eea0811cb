"""The silence as an area: where a ship could have been meanwhile. Nobody knows a line, and none is drawn."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from tocsin.cargo.grid import LONGEST_DETOUR
from tocsin.cargo.reach import ReachTest
from tocsin.cargo.routes import METRES_A_NMI, at_least_m
from tocsin.cargo.sea import CELLS_A_DEGREE, SOUTH_DEG, WEST_DEG, middles

SMOOTHED_DEG = 0.02
"""Corners of the grid that stand out less are left out."""


def area_in_reach(test: ReachTest, speed_kn: float) -> MultiPolygon:
    """Return the water from which both fixes are in time at a speed, without a stop; longitudes go on beyond 180.

    Steps of the grid are up to 2.8 % longer than ways are, so that much is added, though nothing beyond what geodesics
    allow: rather too large than too small.

    Args:
        test: With its fields.
        speed_kn: Up to the ``most_kn`` of the test.
    """
    if test.fields is None:
        return MultiPolygon()
    begin, end = test.fields
    top, left = max(begin.top, end.top), max(begin.left, end.left)
    bottom = min(each.top + each.water.shape[0] for each in test.fields)
    right = min(each.left + each.water.shape[1] for each in test.fields)
    if bottom <= top or right <= left:
        return MultiPolygon()
    lat, lon = middles(np.arange(top, bottom), np.arange(left, right))
    most_m = speed_kn * test.reach.hours * METRES_A_NMI
    along, straight = np.zeros((bottom - top, right - left)), np.zeros((bottom - top, right - left))
    for each in test.fields:
        along += each.length_m[top - each.top : bottom - each.top, left - each.left : right - each.left]
        straight += at_least_m(lat, lon, each.start)
    is_in = (along <= most_m * LONGEST_DETOUR) & (straight <= most_m)
    edges = np.diff(np.pad(is_in, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    (rows, begins), (_, ends) = np.nonzero(edges == 1), np.nonzero(edges == -1)
    strips = shapely.box(
        WEST_DEG + (begins + left) / CELLS_A_DEGREE, SOUTH_DEG + (rows + top) / CELLS_A_DEGREE,
        WEST_DEG + (ends + left) / CELLS_A_DEGREE, SOUTH_DEG + (rows + top + 1) / CELLS_A_DEGREE,
    )  # fmt: skip
    return _polygons(shapely.simplify(shapely.union_all(strips), SMOOTHED_DEG))


def cut_at_antimeridian(area: MultiPolygon) -> MultiPolygon:
    """Return an area in longitudes from -180 to 180, cut there as RFC 7946 (3.1.9) wants it."""
    east = _polygons(area.intersection(box(-180, -90, 180, 90)))
    west = _polygons(translate(area.intersection(box(180, -90, 540, 90)), xoff=-360))
    return MultiPolygon([*east.geoms, *west.geoms])


def _polygons(shape: BaseGeometry) -> MultiPolygon:
    return MultiPolygon([part for part in shapely.get_parts(shape) if isinstance(part, Polygon) and not part.is_empty])
