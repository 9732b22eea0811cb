"""Laws of the reach test: what happened is never excluded, more time takes no port out, no way beats the geodesic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.cargo import Silence, known_ports, reach_test
from tocsin.cargo import sea as grid_of
from tocsin.cargo.reach import answer_of, least_nmi
from tocsin.cargo.routes import METRES_A_NMI, field_from
from tocsin.cargo.sea import middles
from tocsin.geo.geodesic import destination, distance_m, distances_m
from tocsin.records import Fix

AT = datetime(2023, 9, 1, tzinfo=UTC)
RANK = {"impossible": 0, "unclear": 1, "possible": 2}
VOYAGES = 10_000


def asked(begin, end, hours, *, alongside=8.0, most=18.0, shown=12.0):
    fixes = [
        Fix(at=AT + timedelta(hours=after), lat_deg=lat, lon_deg=lon)
        for after, (lat, lon) in ((0, begin), (hours, end))
    ]
    return Silence(
        begin=fixes[0], end=fixes[1], hours_alongside=alongside, most_kn=most, most_reason="r", shown_kn=shown,
        shown_reason="r",
    )  # fmt: skip


def test_no_voyage_that_happened_is_called_impossible():
    """Ships that sail from a fix to a berth, lie there and sail to the next fix, at most as fast as is assumed.

    Half of them go straight and at the most speed, lie just as long as is asked, and use a berth at the edge of where
    the port may be: the hardest case there is.
    """
    random = np.random.default_rng(20260115)
    ports = known_ports()
    answers = []
    for number in range(VOYAGES):
        port = ports[random.integers(len(ports))]
        off_m = 1000 * port.within_km * (1.0 if number % 2 else random.random())
        berth = destination(port.lat_deg, port.lon_deg, random.uniform(0, 360), off_m)
        begin, end = (destination(*berth, random.uniform(0, 360), random.uniform(1e3, 2e6)) for _ in range(2))
        most = random.uniform(5, 25)
        speed = most if number % 2 else random.uniform(0.3, 1.0) * most
        further = 1.0 if number % 2 else random.uniform(1.0, 2.0)
        alongside = random.uniform(0, 48)
        stay = alongside * (1.0 if number % 2 else random.uniform(1.0, 3.0))
        sailed_m = further * (distance_m(*begin, *berth) + distance_m(*berth, *end))
        # times of fixes are microseconds; the last is rounded up
        hours = sailed_m / METRES_A_NMI / speed + stay + 1e-9
        silence = asked(begin, end, hours, alongside=alongside, most=most, shown=None)
        answers.append(answer_of(silence, least_nmi(silence, port), None))
    assert answers == ["unclear"] * VOYAGES


def test_the_test_does_exclude():
    """The law above would hold of a test that excludes nothing: a fifth of a mile too far is excluded."""
    port = known_ports()[0]
    begin = destination(port.lat_deg, port.lon_deg, 90.0, 500_000.0)
    nmi = 2 * (500.0 - port.within_km) / 1.852
    for spare, answer in ((0.2, "unclear"), (-0.2, "impossible")):
        silence = asked(begin, begin, (nmi + spare) / 10.0 + 8.0, most=10.0, shown=None)
        assert answer_of(silence, least_nmi(silence, port), None) == answer


@pytest.mark.parametrize(("lat", "lon"), [(42.2, 130.4), (34.0, 130.9), (51.0, 178.9)])
def test_no_way_is_shorter_than_the_geodesic_and_no_step_of_the_grid(lat, lon):
    sea, start = grid_of(), (lat, lon)
    field = field_from(sea, start, 300.0)
    rows, columns = np.nonzero(np.isfinite(field.length_m))
    lats, lons = middles(rows + field.top, columns + field.left)
    first = (np.full(len(rows), x) for x in sea_middle(sea, start))
    assert (field.length_m[rows, columns] >= distances_m(*first, lats, lons) - 1e-6).all()
    random = np.random.default_rng(20260115)
    for at in random.choice(len(rows), 150, replace=False):
        place = (float(lats[at]), float((lons[at] + 180) % 360 - 180))
        way = field.way_to(sea, place)
        assert way.length_nmi * METRES_A_NMI >= distance_m(*start, *place) - 1e-6
        assert way.length_nmi * METRES_A_NMI <= field.length_m[rows[at], columns[at]] + 2 * METRES_A_NMI


def sea_middle(sea, place):
    row, column = sea.near(*place)
    lat, lon = middles(np.array([row]), np.array([column]))
    return lat[0], lon[0]


@settings(max_examples=12, deadline=None)
@given(
    begin=st.tuples(st.floats(41.0, 42.6), st.floats(131.0, 134.0)),
    end=st.tuples(st.floats(41.0, 42.6), st.floats(131.0, 134.0)),
    hours=st.floats(2.0, 30.0),
    more=st.floats(0.1, 12.0),
    shown=st.floats(6.0, 16.0),
)
def test_more_time_never_makes_less_possible(begin, end, hours, more, shown):
    ports = [port for port in known_ports() if 41 < port.lat_deg < 44 and 129 < port.lon_deg < 134]
    short, long = (
        {each.port.name: each for each in reach_test(
            grid_of(), asked(begin, end, span, alongside=6.0, shown=shown), ports, ports
        ).reach.ports}
        for span in (hours, hours + more)
    )  # fmt: skip
    assert short.keys() == long.keys()
    for name, before in short.items():
        after = long[name]
        assert RANK[before.answer] <= RANK[after.answer]
        assert before.least_nmi == after.least_nmi
        assert before.route_nmi in (None, after.route_nmi)
        assert before.route_nmi is None or before.route_nmi >= before.least_nmi
