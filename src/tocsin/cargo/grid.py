"""Shortest ways over a grid of water, compiled: Dijkstra from one cell, and pulling a way taut.

Lengths of steps come from outside, as geodesics of the ellipsoid; so no way is ever shorter than the geodesic between
its ends, by the triangle inequality.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin.geo.compiled import njit

Array = npt.NDArray[Any]

STEPS = (
    (1, 0), (0, 1), (-1, 0), (0, -1), (1, 1), (1, -1), (-1, -1), (-1, 1),
    (2, 1), (1, 2), (-1, 2), (-2, 1), (-2, -1), (-1, -2), (1, -2), (2, -1),
)  # fmt: skip
"""Rows and columns of a step; with these 16 a way is at most 2.8 % longer than with steps in all directions."""
LONGEST_DETOUR = 1.028
STEPS_ARRAY = np.array(STEPS, dtype=np.int64)

_FIRST_LOOK = 32
"""A line of sight is looked along in such strides first, since most that are blocked are so by much land."""

NARROWEST_RADIUS_M = 6_335_439.0
"""The least radius of curvature of the WGS 84 ellipsoid: on a sphere of it no distance exceeds the geodesic."""


@njit
def _is_step(water: Array, row: int, column: int, down: int, right: int) -> bool:
    """Tell whether a step goes over water alone, also past the cells that it cuts."""
    rows, columns = water.shape
    to_row, to_column = row + down, column + right
    if to_row < 0 or to_row >= rows or to_column < 0 or to_column >= columns or not water[to_row, to_column]:
        return False
    if down == 0 or right == 0:
        return True
    near_row = row + (1 if down > 0 else -1)
    near_column = column + (1 if right > 0 else -1)
    if abs(down) == abs(right):
        return bool(water[row, near_column]) and bool(water[near_row, column])
    if abs(down) > abs(right):
        return bool(water[near_row, column]) and bool(water[near_row, to_column])
    return bool(water[row, near_column]) and bool(water[to_row, near_column])


@njit
def _sink(heap: Array, place: Array, length: Array, size: int, at: int) -> None:
    cell = heap[at]
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and length[heap[below + 1]] < length[heap[below]]:
            below += 1
        if length[heap[below]] >= length[cell]:
            break
        heap[at] = heap[below]
        place[heap[at]] = at
        at = below
    heap[at] = cell
    place[cell] = at


@njit
def _rise(heap: Array, place: Array, length: Array, at: int) -> None:
    cell = heap[at]
    while at > 0:
        above = (at - 1) // 2
        if length[heap[above]] <= length[cell]:
            break
        heap[at] = heap[above]
        place[heap[at]] = at
        at = above
    heap[at] = cell
    place[cell] = at


@njit
def spread(  # noqa: PLR0917 - compiled functions take no keywords
    water: Array, start: int, steps: Array, step_m: Array, left_m: Array, limit_m: float
) -> tuple[Array, Array]:
    """Return how far each cell is from a start over water, and by which step it is come to.

    Args:
        water: Cells, shape (rows, columns).
        start: Flat index of the cell to start from.
        steps: ``STEPS_ARRAY``.
        step_m: Length of each step from a cell of each row, shape (rows, 16).
        left_m: What is left to go from each cell at the least, shape (rows, columns); zeros where nothing is known.
        limit_m: No cell is come to from which the whole way is longer.

    Returns:
        Metres (infinite: not come to), and the index of the step, -1 where there is none; which does not depend on
        ``limit_m`` where a cell is come to.
    """
    rows, columns = water.shape
    count = rows * columns
    length = np.full(count, np.inf)
    came = np.full(count, -1, dtype=np.int8)
    place = np.full(count, -1, dtype=np.int32)
    heap = np.empty(count, dtype=np.int32)
    heap[0] = start
    size = 1
    length[start] = 0.0
    place[start] = 0
    while size > 0:
        cell = heap[0]
        place[cell] = -2
        size -= 1
        if size > 0:
            heap[0] = heap[size]
            place[heap[0]] = 0
            _sink(heap, place, length, size, 0)
        row, column = cell // columns, cell % columns
        for step in range(len(steps)):
            down, right = steps[step, 0], steps[step, 1]
            if not _is_step(water, row, column, down, right):
                continue
            near = (row + down) * columns + column + right
            if place[near] == -2:
                continue
            whole = length[cell] + step_m[row, step]
            if whole + left_m[row + down, column + right] > limit_m:
                continue
            if whole < length[near]:
                length[near] = whole
                came[near] = step
                if place[near] == -1:
                    heap[size] = near
                    place[near] = size
                    size += 1
                _rise(heap, place, length, place[near])
            elif whole == length[near] and step < came[near]:
                came[near] = step
    return length, came


@njit
def sees(  # noqa: PLR0917 - compiled functions take no keywords
    water: Array, lat: Array, lon: Array, row: int, column: int, to_row: int, to_column: int
) -> bool:
    """Tell whether the great circle between the middles of two cells stays on water.

    Args:
        water: Cells, shape (rows, columns).
        lat: Of the middle of each row, radians.
        lon: Of the middle of each column, radians.
        row: Of the one cell.
        column: Of the one cell.
        to_row: Of the other.
        to_column: Of the other.
    """
    count = 4 * max(abs(to_row - row), abs(to_column - column))
    if count == 0:
        return True
    x1, y1 = math.cos(lat[row]) * math.cos(lon[column]), math.cos(lat[row]) * math.sin(lon[column])
    x2, y2 = math.cos(lat[to_row]) * math.cos(lon[to_column]), math.cos(lat[to_row]) * math.sin(lon[to_column])
    z1, z2 = math.sin(lat[row]), math.sin(lat[to_row])
    angle = 2.0 * math.asin(min(1.0, 0.5 * math.sqrt((x1 - x2) ** 2 + (y1 - y2) ** 2 + (z1 - z2) ** 2)))
    a_row, a_column = lat[1] - lat[0], lon[1] - lon[0]
    for stride in (_FIRST_LOOK, 1):
        for n in range(1, count, stride):
            one, other = math.sin((1.0 - n / count) * angle), math.sin(n / count * angle)
            x, y, z = one * x1 + other * x2, one * y1 + other * y2, one * z1 + other * z2
            turned = math.atan2(y, x) - lon[0]
            if turned < -math.pi:
                turned += 2.0 * math.pi  # the grid goes on beyond 180 degrees
            at_row = math.floor((math.atan2(z, math.sqrt(x * x + y * y)) - lat[0]) / a_row + 0.5)
            at_column = math.floor(turned / a_column + 0.5)
            if at_row < 0 or at_row >= water.shape[0] or at_column < 0 or at_column >= water.shape[1]:
                return False
            if not water[at_row, at_column]:
                return False
    return True


@njit
def corners_of(water: Array, lat: Array, lon: Array, rows: Array, columns: Array) -> Array:
    """Return which cells of a way are enough to keep it on water: from each the farthest that is seen, by leaps."""
    kept = np.empty(len(rows), dtype=np.int64)
    kept[0] = 0
    count, at, last = 1, 0, len(rows) - 1
    while at < last:
        leap, good = 1, at + 1
        while good < last:
            further = min(good + leap, last)
            if sees(water, lat, lon, rows[at], columns[at], rows[further], columns[further]):
                good = further
                leap *= 2
            elif leap == 1:
                break
            else:
                leap //= 2
        kept[count] = good
        count += 1
        at = good
    return kept[:count]
