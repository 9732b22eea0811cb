"""Laws of the areas at risk: they enter where the region touches them, and leave only where they are clearly out."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.warning import Region, WarningSettings, warning_areas
from tocsin.warning.areas import on_earth
from tocsin.warning.impact import Fall
from tocsin.warning.reach import predict_reach
from tocsin.warning.risk import areas_left, risk_of

SETTINGS = WarningSettings()
AREAS = warning_areas()
NORTH, EAST = st.floats(34.5, 36.5), st.floats(134.0, 140.0)  # where many areas meet


def fall_at(lat_deg, lon_deg, *, semi_axes_km=(20.0, 8.0), bearing_deg=80.0):
    return Fall(
        lat_deg=lat_deg, lon_deg=lon_deg, semi_axes_km=semi_axes_km, bearing_deg=bearing_deg, time_s=1.8e9,
        time_sigma_s=2.0, course_deg=90.0, apogee_m=5e5, state=np.zeros(7), from_s=1.8e9 - 300.0,
    )  # fmt: skip


def risk_at(fall, before=()):
    return risk_of(None, fall, AREAS, SETTINGS, is_low=False, before=before)  # the ellipse needs no more than the fall


@settings(max_examples=40)
@given(NORTH, EAST, st.lists(st.tuples(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3), st.floats(0.5, 1.5)), max_size=4))
def test_an_area_enters_where_it_is_touched_and_leaves_where_it_is_clearly_out(lat_deg, lon_deg, moves):
    before = risk_at(fall_at(lat_deg, lon_deg)).areas
    for north, east, size in moves:
        fall = fall_at(lat_deg + north, lon_deg + east, semi_axes_km=(20.0 * size, 8.0 * size))
        found = risk_at(fall, before)
        assert found.areas == tuple(sorted({risk.area for risk in found.at_risk}))
        reach = predict_reach(None, fall, SETTINGS, is_low=False)
        inside = AREAS.shares(on_earth(reach.lat_deg, reach.lon_deg, reach.places_km))
        touched = {
            margin: set(AREAS.at_risk(Region(fall.lat_deg, fall.lon_deg, reach.ring_km, margin)))
            for margin in (SETTINGS.margin_km, SETTINGS.leave_margin_km)
        }
        likely = {area for area, mask in inside.items() if mask.mean() >= SETTINGS.leave_probability}
        stays = set(before) & (likely | touched[SETTINGS.leave_margin_km])
        assert set(found.areas) == touched[SETTINGS.margin_km] | stays
        before = found.areas


def test_noise_at_the_edge_of_an_area_does_not_let_it_come_and_go():
    changes = {True: 0, False: 0}
    for is_held in changes:
        for middle in (34.98, 35.0, 35.02):
            before = risk_at(fall_at(middle, 136.6)).areas
            for number in range(12):
                fall = fall_at(middle + 0.015 * (-1) ** number, 136.6)
                after = risk_at(fall, before if is_held else ()).areas
                changes[is_held] += after != before
                before = after
    assert changes[False] > 10
    assert changes[True] <= 3


def test_what_is_left_behind_is_said_to_be():
    old, new = fall_at(35.3, 136.9), fall_at(35.3, 138.9)
    first, then = risk_at(old), risk_at(new)
    gone = areas_left(first.areas, then.areas, first.impact(old), then.impact(new), passed={"JP-23"})
    assert {each.area: each.reason for each in gone if each.area in {"JP-23", "JP-21"}} == {
        "JP-21": "moved", "JP-23": "passed_over",
    }  # fmt: skip
