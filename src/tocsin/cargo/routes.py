"""Ways by sea: how far every place is from one over water, and the shortest way found to it.

A way is at least as long as the geodesic, and hugs the coast: no ship sails one much shorter, and most sail a longer.
Depths, ice, weather, traffic schemes and closed waters are not known here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tocsin.cargo import grid
from tocsin.cargo.sea import CELLS_A_DEGREE, Sea, middle_of, middles
from tocsin.geo.geodesic import distance_m, distances_m

METRES_A_NMI = 1852.0

Place = tuple[float, float]
"""Latitude and longitude, degrees."""

Degrees = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Way:
    """A way over water."""

    corners: tuple[Place, ...]
    length_nmi: float


@dataclass(frozen=True)
class Field:
    """How far over water everything is from one place, as far as was asked."""

    start: Place
    top: int
    """The southernmost row of the sea's grid that it holds."""
    left: int
    lat: npt.NDArray[np.float64]
    """Of the middle of each row, radians."""
    lon: npt.NDArray[np.float64]
    """Of the middle of each column, radians; on beyond pi."""
    water: npt.NDArray[np.bool_]
    length_m: npt.NDArray[np.float64]
    """Along the steps of the grid: at most ``grid.LONGEST_DETOUR`` of the shortest; infinite: not come to."""
    came: npt.NDArray[np.int8]

    def way_to(self, sea: Sea, place: Place) -> Way | None:
        """Return the way to a place; None if it was not come to.

        Args:
            sea: That the field was made from.
            place: A port on land is come to from the water next to it.
        """
        near = sea.near(*place)
        if near is None:
            return None
        cell = (near[0] - self.top, near[1] - self.left)
        rows, columns = self.water.shape
        if not (0 <= cell[0] < rows and 0 <= cell[1] < columns) or math.isinf(self.length_m[cell]):
            return None
        cells = [cell]
        while (step := int(self.came[cells[-1]])) >= 0:
            down, right = grid.STEPS[step]
            cells.append((cells[-1][0] - down, cells[-1][1] - right))
        begin, *between, end = self._taut(np.array(cells[::-1]))
        corners = [self.start, *between, place]
        if sea.cell(*self.start) != sea.near(*self.start):
            corners.insert(1, begin)
        if sea.cell(*place) != near:
            corners.insert(-1, end)
        return Way(tuple(corners), _length_nmi(corners))

    def _taut(self, cells: npt.NDArray[np.int64]) -> list[Place]:
        """Return the corners of a way of cells, pulled taut: the shortest over those kept from either end."""
        if len(cells) == 1:
            return [self._middle(cells[0])] * 2
        chart = (self.water, self.lat, self.lon)
        ahead = grid.corners_of(*chart, *cells.T.copy())
        back = len(cells) - 1 - grid.corners_of(*chart, *cells[::-1].T.copy())
        kept = sorted({*ahead.tolist(), *back.tolist()})
        places = [self._middle(cells[at]) for at in kept]
        best, before = [0.0] + [math.inf] * (len(kept) - 1), [0] * len(kept)
        for to in range(1, len(kept)):
            for at in range(to):
                whole = best[at] + distance_m(*places[at], *places[to])
                is_next = kept[to] - kept[at] == 1
                if whole < best[to] and (is_next or grid.sees(*chart, *cells[kept[at]], *cells[kept[to]])):
                    best[to], before[to] = whole, at
        order = [len(kept) - 1]
        while order[-1]:
            order.append(before[order[-1]])
        return [places[at] for at in reversed(order)]

    def _middle(self, cell: npt.NDArray[np.int64]) -> Place:
        lat, lon = middle_of(int(cell[0]) + self.top, int(cell[1]) + self.left)
        return lat, (lon + 180.0) % 360.0 - 180.0


_NEAR_WATER_M = 35_000.0
"""The place that is gone to may lie so far from the water of the grid."""


def field_from(sea: Sea, start: Place, limit_nmi: float, *, towards: Place | None = None) -> Field | None:
    """Return how far over water everything is from a place.

    Args:
        sea: The grid.
        start: Latitude and longitude, degrees.
        limit_nmi: Farther things are not looked at.
        towards: If given, neither is anything from which going on there, at the least, would make it farther.

    Returns:
        None if there is no water near the start.
    """
    cell = sea.near(*start)
    if cell is None:
        return None
    limit_m = limit_nmi * METRES_A_NMI * grid.LONGEST_DETOUR
    rows, columns = sea.is_water.shape
    reach = limit_m / 111_000 * CELLS_A_DEGREE + 2
    top, bottom = max(int(cell[0] - reach), 0), min(int(cell[0] + reach) + 1, rows)
    widest = max(abs(middle_of(row, 0)[0]) for row in (top, bottom - 1))
    across = reach / max(math.cos(math.radians(widest)), 0.2)
    left, right = max(int(cell[1] - across), 0), min(int(cell[1] + across) + 1, columns)
    water = np.ascontiguousarray(sea.is_water[top:bottom, left:right])
    lat, lon = middles(np.arange(top, bottom), np.arange(left, right))
    left_m = np.zeros(water.shape)
    if towards is not None:
        left_m = np.maximum(at_least_m(lat, lon, towards) - _NEAR_WATER_M, 0.0)
    length, came = grid.spread(
        water, (cell[0] - top) * water.shape[1] + cell[1] - left, grid.STEPS_ARRAY, _steps_m(lat), left_m, limit_m
    )
    return Field(
        start, top, left, np.radians(lat), np.radians(lon), water, length.reshape(water.shape),
        came.reshape(water.shape),
    )  # fmt: skip


def _steps_m(lat_deg: Degrees) -> npt.NDArray[np.float64]:
    """Return the geodesic length of each step from a cell of each row."""
    down, right = grid.STEPS_ARRAY.T / CELLS_A_DEGREE
    shape = (len(lat_deg), len(grid.STEPS))
    begin = np.broadcast_to(lat_deg[:, None], shape)
    return distances_m(begin, np.zeros(shape), begin + down, np.broadcast_to(right, shape))


def at_least_m(lat_deg: Degrees, lon_deg: Degrees, to: Place) -> npt.NDArray[np.float64]:
    """Return what no way to a place is shorter than, from the middles of rows and columns: shape (rows, columns)."""
    lat, lon = np.radians(lat_deg)[:, None], np.radians(lon_deg)[None, :]
    there, lon_there = np.radians(to[0]), np.radians(to[1])
    half = np.sin((lat - there) / 2) ** 2 + np.cos(lat) * np.cos(there) * np.sin((lon - lon_there) / 2) ** 2
    least: npt.NDArray[np.float64] = 2 * grid.NARROWEST_RADIUS_M * np.arcsin(np.sqrt(half.clip(0, 1)))
    return least


def _length_nmi(corners: list[Place]) -> float:
    return sum(distance_m(*begin, *end) for begin, end in pairwise(corners)) / METRES_A_NMI
