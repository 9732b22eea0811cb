"""Where water is: a grid of one minute of arc over the north-west Pacific, made from the coasts of Natural Earth.

The grid begins at 99 E and goes on beyond 180, so that no way is cut there. A cell is water if its middle is; narrow
passages that would close are opened by hand (``data/passages.csv``), and lakes are no sea.
"""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy import ndimage
from shapely.geometry.base import BaseGeometry

WEST_DEG, EAST_DEG, SOUTH_DEG, NORTH_DEG = 99, 190, -1, 66
CELLS_A_DEGREE = 60

Mask = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]


def data_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of this room's data."""
    text = resources.files("tocsin.cargo").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


@dataclass(frozen=True)
class Sea:
    """The grid. Rows count from the south, columns from the west."""

    is_water: Mask

    def cell(self, lat_deg: float, lon_deg: float) -> tuple[int, int] | None:
        """Return the row and column of a place; None outside the grid."""
        row = int((lat_deg - SOUTH_DEG) * CELLS_A_DEGREE // 1)
        column = int(((lon_deg - WEST_DEG) % 360.0) * CELLS_A_DEGREE // 1)
        rows, columns = self.is_water.shape
        return (row, column) if 0 <= row < rows and column < columns else None

    def near(self, lat_deg: float, lon_deg: float, within: int = 12) -> tuple[int, int] | None:
        """Return the water cell nearest to a place.

        Args:
            lat_deg: Of the place, which may lie on land: positions of ports often do.
            lon_deg: Of the place.
            within: Cells that are looked at in each direction; a cell is a minute of arc.

        Returns:
            None if there is no water so near, or the place is outside the grid.
        """
        cell = self.cell(lat_deg, lon_deg)
        if cell is None or self.is_water[cell]:
            return cell
        top, left = max(cell[0] - within, 0), max(cell[1] - within, 0)
        window = self.is_water[top : cell[0] + within + 1, left : cell[1] + within + 1]
        rows, columns = np.nonzero(window)
        if not len(rows):
            return None
        squeeze = np.cos(np.radians(lat_deg))
        away = (rows + top - cell[0]) ** 2 + ((columns + left - cell[1]) * squeeze) ** 2
        best = int(np.argmin(away))
        return (int(rows[best]) + top, int(columns[best]) + left)


def middle_of(row: int, column: int) -> tuple[float, float]:
    """Return latitude and longitude (degrees, on beyond 180) of the middle of a cell."""
    return SOUTH_DEG + (row + 0.5) / CELLS_A_DEGREE, WEST_DEG + (column + 0.5) / CELLS_A_DEGREE


def middles(rows: Whole, columns: Whole) -> tuple[Numbers, Numbers]:
    """Return the latitudes of the middles of rows, and the longitudes of those of columns."""
    return SOUTH_DEG + (rows + 0.5) / CELLS_A_DEGREE, WEST_DEG + (columns + 0.5) / CELLS_A_DEGREE


@lru_cache(maxsize=1)
def land() -> BaseGeometry:
    """Return the land of the region; longitudes go on beyond 180."""
    raw = resources.files("tocsin.cargo").joinpath("data", "land.geojson.gz").read_bytes()
    return shapely.from_geojson(gzip.decompress(raw).decode("utf-8"))


@lru_cache(maxsize=1)
def sea() -> Sea:
    """Return the grid; it is made once in a process."""
    rows, columns = ((NORTH_DEG - SOUTH_DEG) * CELLS_A_DEGREE, (EAST_DEG - WEST_DEG) * CELLS_A_DEGREE)
    is_water = ~_within(land(), rows, columns)
    for passage in data_rows("passages.csv"):
        corners = [tuple(map(float, corner.split())) for corner in passage["lat_lon_deg"].split(",")]
        for begin, end in pairwise(corners):
            _open(is_water, begin, end)
    parts, _ = ndimage.label(is_water)
    ocean = parts[int((30 - SOUTH_DEG) * CELLS_A_DEGREE), int((140 - WEST_DEG) * CELLS_A_DEGREE)]
    return Sea(parts == ocean)


def _within(shape: BaseGeometry, rows: int, columns: int) -> Mask:
    """Tell of each cell whether its middle lies within a shape: along a row, every edge of the shape turns it over."""
    turns = np.zeros((rows, columns + 1), dtype=np.bool_)
    for part in shapely.get_parts(shape):
        for ring in (part.exterior, *part.interiors):
            corners = (shapely.get_coordinates(ring) - (WEST_DEG, SOUTH_DEG)) * CELLS_A_DEGREE - 0.5
            _turn(turns, corners[:, 0], corners[:, 1])
    within: Mask = np.logical_xor.accumulate(turns[:, :columns], axis=1)
    return within


def _turn(turns: Mask, x: npt.NDArray[Any], y: npt.NDArray[Any]) -> None:
    first, last = np.ceil(np.minimum(y[:-1], y[1:])), np.ceil(np.maximum(y[:-1], y[1:]))
    counts = (last - first).astype(np.int64)
    edge = np.repeat(np.arange(len(counts)), counts)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts) + first[edge].astype(np.int64)
    crossing = x[edge] + (row - y[edge]) / (y[edge + 1] - y[edge]) * (x[edge + 1] - x[edge])
    column = np.ceil(crossing).astype(np.int64).clip(0, turns.shape[1] - 1)
    inside = (row >= 0) & (row < turns.shape[0])
    np.logical_xor.at(turns, (row[inside], column[inside]), True)


def _open(is_water: Mask, begin: tuple[float, ...], end: tuple[float, ...]) -> None:
    """Make water of all cells along a straight line between two places, latitude first."""
    steps = 4 * CELLS_A_DEGREE * max(abs(end[0] - begin[0]), abs(end[1] - begin[1]))
    along = np.linspace(0.0, 1.0, int(steps) + 2)
    row = ((begin[0] + along * (end[0] - begin[0]) - SOUTH_DEG) * CELLS_A_DEGREE).astype(np.int64)
    column = ((begin[1] + along * (end[1] - begin[1]) - WEST_DEG) * CELLS_A_DEGREE).astype(np.int64)
    is_water[row, column] = True
    is_water[row[1:], column[:-1]] = True  # no corner is cut
