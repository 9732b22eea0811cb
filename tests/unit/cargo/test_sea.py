"""The grid of water against the land it is made from, and what ports and passages make of it."""

from __future__ import annotations

import numpy as np
import shapely

from tocsin.cargo import known_ports
from tocsin.cargo import sea as grid_of
from tocsin.cargo.sea import CELLS_A_DEGREE, land, middles


def test_the_grid_is_the_land_of_the_source():
    sea = grid_of()
    random = np.random.default_rng(20260115)
    rows, columns = (random.integers(0, size, 5000) for size in sea.is_water.shape)
    lat, lon = middles(rows, columns)
    shape = land()
    shapely.prepare(shape)
    differs = shapely.contains_xy(shape, lon, lat) == sea.is_water[rows, columns]
    assert differs.sum() <= 5  # lakes and closed bays, which are no land and no sea, and passages


def test_ports_are_near_the_sea_unless_they_are_on_rivers_or_north_of_the_region():
    sea = grid_of()
    away = {port.name for port in known_ports() if sea.near(port.lat_deg, port.lon_deg) is None}
    assert away == {"Ankingcheng", "Fuzhou", "Nanjing", "Wu Hu", "Yangzhou", "Zhenjiang", "Pevek", "Tiksi"}


def test_a_place_on_land_is_come_to_from_the_water_next_to_it_and_none_outside():
    sea = grid_of()
    port = (43.108889, 131.888333)  # Vladivostok, which the index puts on land
    cell, near = sea.cell(*port), sea.near(*port)
    assert not sea.is_water[cell]
    assert sea.is_water[near]
    assert max(abs(near[0] - cell[0]), abs(near[1] - cell[1])) <= 2
    assert sea.near(30.0, 140.0) == sea.cell(30.0, 140.0)
    assert sea.near(45.0, 105.0) is None  # Mongolia
    assert sea.cell(10.0, 20.0) is None
    assert sea.cell(67.0, 140.0) is None


def test_the_grid_goes_on_beyond_180_degrees():
    sea = grid_of()
    east, west = sea.cell(50.0, 179.99), sea.cell(50.0, -179.99)
    assert west[1] - east[1] == 1
    assert sea.is_water[east[0], east[1] - CELLS_A_DEGREE : west[1] + CELLS_A_DEGREE].all()
