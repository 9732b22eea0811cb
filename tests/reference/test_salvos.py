"""Whether a salvo stays as many as it is: the experiment of ``bench.warning.salvo``, seeded."""

from __future__ import annotations

import statistics

import pytest
from bench.warning.salvo import Scene, run


def outcomes(seeds, **scene):
    return [run(Scene(**scene), seed)[0] for seed in seeds]


def is_right(outcome):
    return outcome.found == outcome.objects and outcome.duplicates == 0


def test_four_from_one_place_three_seconds_apart_stay_four():
    found = outcomes(range(1, 13), objects=4, spacing_km=0.0, interval_s=3.0)
    assert sum(map(is_right, found)) >= 11
    assert statistics.fmean(each.purity for each in found) > 0.98


def test_sixteen_ten_kilometres_apart_are_sixteen_pure_tracks():
    (found,) = outcomes([1], objects=16, spacing_km=10.0, interval_s=0.0, until_s=120.0)
    assert is_right(found)
    assert found.purity >= 0.98


@pytest.mark.parametrize("members", [("USA",), ("JPN",), ("KOR",)])
def test_one_missile_is_one_event_for_each_member(members):
    found = outcomes(range(1, 7), objects=1, spacing_km=0.0, interval_s=0.0, members=members, until_s=300.0)
    assert all(map(is_right, found))


def test_false_plots_make_no_track_and_cost_no_object():
    (found,) = outcomes([1], objects=4, spacing_km=10.0, interval_s=0.0, clutter_per_scan=2.0, until_s=110.0)
    assert is_right(found)


def test_eight_one_second_apart_are_nearly_all_found_with_few_false_events():
    found = outcomes(range(1, 4), objects=8, spacing_km=0.0, interval_s=1.0)
    assert sum(each.found for each in found) >= 23
    # ten each before chains and groups, four each while a track of contested birth was shown as soon as any other
    assert sum(each.duplicates for each in found) <= 8


def test_three_half_a_kilometre_apart_are_a_group_whose_range_holds_them():
    found = outcomes(range(1, 7), objects=3, spacing_km=0.5, interval_s=0.0, until_s=100.0)
    assert all(each.low <= 3 <= each.high for each in found)
    assert all(each.high <= 3 * each.low for each in found)
    assert sum(each.duplicates for each in found) == 0
