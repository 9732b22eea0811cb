"""Ways by sea: against geodesics, against ways found in another manner, and through straits."""

from __future__ import annotations

import pytest

from tocsin.cargo import sea as grid_of
from tocsin.cargo.routes import METRES_A_NMI, field_from
from tocsin.geo.geodesic import distance_m

RAJIN = (42.233333, 130.3)


def nmi(start, end):
    return distance_m(*start, *end) / METRES_A_NMI


@pytest.fixture(scope="module")
def from_rajin():
    return field_from(grid_of(), RAJIN, 460.0)


@pytest.mark.parametrize(
    ("port", "geodesic_nmi", "other_nmi"),
    [
        ((42.88, 132.35), 98.8, 116.9),  # Dunai
        ((42.75, 133.083333), 127.4, 129.8),  # Vostochny
        ((43.108889, 131.888333), 87.8, 106.3),  # Vladivostok
        ((35.1, 129.04), 432.6, 437.5),  # Busan
    ],
)
def test_ways_from_rajin(from_rajin, port, geodesic_nmi, other_nmi):
    """``other_nmi``: a visibility graph around coarser land, in which the strait south of Vladivostok is closed."""
    way = from_rajin.way_to(grid_of(), port)
    assert nmi(RAJIN, port) == pytest.approx(geodesic_nmi, rel=0.003)
    assert geodesic_nmi < way.length_nmi < 1.02 * other_nmi
    assert way.corners[0] == RAJIN
    assert way.corners[-1] == port
    assert way.length_nmi == pytest.approx(sum(map(nmi, way.corners, way.corners[1:])))


@pytest.mark.parametrize(
    ("name", "start", "end", "least_nmi", "most_nmi"),
    [
        ("Kanmon", (34.05, 130.70), (33.90, 131.20), 25.0, 36.0),  # around Kyushu it is 400
        ("Tsugaru", (41.0, 139.5), (41.5, 141.8), 105.0, 120.0),  # around Hokkaido it is 500
        ("La Perouse", (46.0, 140.9), (46.0, 143.5), 108.0, 125.0),
        ("Nevelskoy", (49.1, 140.4), (53.6, 141.2), 270.0, 300.0),  # around Sakhalin it is 900
        ("Kurushima", (34.0, 132.6), (34.25, 133.3), 36.0, 50.0),
    ],
)
def test_straits_are_open(name, start, end, least_nmi, most_nmi):
    field = field_from(grid_of(), start, most_nmi, towards=end)
    way = field.way_to(grid_of(), end)
    assert way is not None, f"{name} is closed"
    assert max(least_nmi, nmi(start, end)) <= way.length_nmi <= most_nmi


def test_a_way_across_the_antimeridian_is_straight():
    start, end = (50.0, 178.5), (50.3, -178.5)
    way = field_from(grid_of(), start, 150.0).way_to(grid_of(), end)
    assert way.length_nmi == pytest.approx(nmi(start, end), rel=1e-4)
    assert all(-180 <= lon <= 180 for _, lon in way.corners)


def test_a_headland_is_gone_around_and_no_land_crossed():
    start, end = (37.0, 129.6), (37.0, 125.5)  # either side of Korea
    way = field_from(grid_of(), start, 600.0, towards=end).way_to(grid_of(), end)
    assert 400.0 < way.length_nmi < 560.0
    assert min(lat for lat, _ in way.corners) < 34.7
    assert nmi(start, end) < 200.0


def test_what_is_too_far_or_no_sea_is_not_come_to(from_rajin):
    assert from_rajin.way_to(grid_of(), (31.0, 131.6)) is None
    assert from_rajin.way_to(grid_of(), (31.0, 150.0)) is None
    assert from_rajin.way_to(grid_of(), (32.08333, 118.75)) is None  # Nanjing
    assert field_from(grid_of(), (45.0, 105.0), 100.0) is None


def test_a_way_does_not_depend_on_how_far_was_looked(from_rajin):
    for limit in (120.0, 200.0, 300.0):
        for towards in (None, (42.9, 132.0)):
            field = field_from(grid_of(), RAJIN, limit, towards=towards)
            for port in ((42.88, 132.35), (43.108889, 131.888333)):
                assert field.way_to(grid_of(), port) == from_rajin.way_to(grid_of(), port)


def test_a_place_is_as_far_as_itself(from_rajin):
    assert from_rajin.way_to(grid_of(), RAJIN).length_nmi < 8.0  # Rajin lies on land: there is the water, and back
    start = (41.0, 131.0)
    assert field_from(grid_of(), start, 10.0).way_to(grid_of(), start).length_nmi == 0.0
