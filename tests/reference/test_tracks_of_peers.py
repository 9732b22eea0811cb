"""Impacts by covariance intersection hold what they promise, also where tracks share plots by a third member."""

from __future__ import annotations

import statistics

from bench.warning.tracks import ALL_PLOTS, JOINT, OWN, fly

from tocsin.calibration.door import Door

RUNS = {"erscud": 10, "hs12over": 10, "pk2": 10}


def test_the_joint_ellipse_holds_the_truth_although_the_tracks_rest_on_the_same_plots() -> None:
    door = Door(("JPN", "KOR", "USA"))
    found = [
        each
        for flight_id, runs in RUNS.items()
        for seed in range(runs)
        for each in fly(flight_id, 6000 + seed, door)
        if each.after_s >= 30.0
    ]
    joint = [each for each in found if each.way == JOINT]
    assert len(joint) >= 1.8 * sum(RUNS.values())
    assert statistics.mean(each.is_held for each in joint) >= 0.92

    def area_km2(way: str, flight_id: str, after_s: float) -> float:
        areas = [e.area_km2 for e in found if (e.way, e.flight_id, e.after_s) == (way, flight_id, after_s)]
        return statistics.median(areas) if areas else float("inf")

    for flight_id in RUNS:
        # no larger than the own filter's by more than what a state of seven figures trades for the two of the impact
        assert area_km2(JOINT, flight_id, 60.0) <= 1.1 * area_km2(OWN, flight_id, 60.0)
        assert area_km2(JOINT, flight_id, 60.0) >= 0.8 * area_km2(ALL_PLOTS, flight_id, 60.0)
