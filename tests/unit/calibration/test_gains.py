"""What sharing buys: paired runs, medians with their intervals, and the page that tells of them."""

from __future__ import annotations

import math
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.calibration.gain_page import by_time, page, picture
from tocsin.calibration.gains import GainRun, Knowledge, gains, interval, run_gain
from tocsin.synthesis.launches import load_launches, select


def run_of(launch: str = "NK-1", seed: int = 1, **useful: float | None) -> GainRun:
    views = tuple(
        Knowledge(who=who, detections=1, useful_s=at, km2=(None if at is None else at, None, 2.0))
        for who, at in useful.items()
    )
    return GainRun(launch_id=launch, missile="<x>", seed=seed, burnout_s=100.0, impact_s=900.0, views=views)


@pytest.fixture(scope="module")
def flown() -> GainRun:
    (row,) = select(load_launches(None).rows, "NK-20170828-01")
    return run_gain(row, 1)


def test_the_same_seed_gives_the_same_and_sharing_costs_nothing(flown: GainRun) -> None:
    (row,) = select(load_launches(None).rows, "NK-20170828-01")
    assert run_gain(row, 1) == flown
    shared = flown.views[0]
    assert shared.who == "fused"
    assert shared.detections == sum(view.detections for view in flown.views[1:])
    for view in flown.views[1:]:
        assert view.useful_s is None or shared.useful_s <= view.useful_s


def test_members_that_never_know_alone_are_counted_and_not_averaged() -> None:
    found = gains([run_of(fused=150.0, JPN=200.0, KOR=None), run_of("NK-2", fused=None, JPN=90.0, KOR=None)])
    japan, korea = found
    assert (japan.never_alone, japan.never, japan.never_shared) == (0, 0, 1)
    assert (japan.sooner_s.median, japan.runs) == (50.0, 2)
    assert (korea.never_alone, korea.never, korea.sooner_s) == (1, 1, None)
    assert japan.ratio[0].median == pytest.approx(150.0 / 200.0)
    assert japan.ratio[1] is None


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.sampled_from("abc")), min_size=1, max_size=30))
def test_an_interval_lies_within_the_values_and_holds_no_surprise(values: list[tuple[float, str]]) -> None:
    found = interval(values)
    assert found is not None
    low, high = min(value for value, _ in values), max(value for value, _ in values)
    assert low <= found.low <= found.high <= high
    assert low <= found.median <= high
    assert interval(values) == found
    assert interval([]) is None


def test_who_never_knows_is_counted_among_all_that_might() -> None:
    runs = [run_of(fused=150.0, KOR=None), run_of("NK-2", fused=130.0, KOR=150.0)]
    drawn = list(ET.fromstring(by_time(runs)).iter("{http://www.w3.org/2000/svg}path"))[-2:]
    together, alone = (float(path.get("d").rsplit(" ", 1)[1]) for path in drawn)  # at the end of the time
    nothing = float(drawn[0].get("d").split()[1].partition("L")[0])
    assert together < alone < nothing
    assert nothing - alone == pytest.approx(0.5 * (nothing - together), abs=0.1)


def test_the_page_and_its_picture_hold_every_launch(flown: GainRun) -> None:
    runs = [flown, run_of("NK-2", fused=150.0, JPN=200.0, KOR=None, USA=160.0)]
    text = page(runs, gains(runs), how="tocsin warning gain")
    assert "| NK-2 | <x> | 150 | 200 | never | 160 |" in text
    assert "NK-20170828-01" in text
    drawn = ET.fromstring(picture(runs))
    circles = list(drawn.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(circles) == 7
    assert all(math.isfinite(float(circle.get("cx"))) for circle in circles)
