"""Probabilities of warning areas beside what came, regions beside the smallest ones, and plots that stop."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.calibration.charts import Dot, square
from tocsin.calibration.regions import region_figures, smallest_region
from tocsin.calibration.reliability import EDGES, reliability
from tocsin.calibration.report import files
from tocsin.calibration.results import FUSED, AreaSaid, Forecast, Run, Sample, Trial, View
from tocsin.calibration.runs import run_trial
from tocsin.calibration.summary import calibration


def run_of(number: int, *said: AreaSaid, case: str = "land", is_unnamed: bool = False, **more: object) -> Run:
    """Return a run in which one record was published."""
    forecast = Forecast(
        error_km=1.0, semi_axes_km=(2.0, 1.0), reach=0.5, at_error_s=0.0, at_sigma_s=1.0, areas=said,
        is_unnamed=is_unnamed, **more,
    )  # fmt: skip
    view = View(who=FUSED, detections=1, events=1, samples=(Sample(after_s=10.0, published=forecast),))
    return Run(trial=Trial(case=case, flight_id="kn25", variant=0, seed=number), views=(view,))


def drawn_runs(count: int, came_of: object) -> Iterator[Run]:
    """Yield runs that say a probability, of which ``came_of`` is how often it comes true."""
    random = np.random.default_rng(4)
    for number in range(count):
        said = float(random.choice([0.002, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.999]))
        yield run_of(number, AreaSaid("JP-01", said, bool(random.random() < came_of(said))))


def test_what_is_said_rightly_lies_on_the_diagonal_and_what_is_not_does_not() -> None:
    right = reliability(list(drawn_runs(4000, lambda said: said)), case="land", who="all")
    assert right is not None
    assert len(right.bins) == len(EDGES) - 1
    assert sum(each.statements for each in right.bins) == 4000
    assert sum(not each.holds for each in right.bins) <= 1  # of nine intervals of 95 %
    assert right.brier == pytest.approx(right.at_best, abs=2e-3)
    bold = reliability(list(drawn_runs(4000, lambda said: 0.5 + 0.6 * (said - 0.5))), case="land", who="all")
    assert bold is not None
    off = [each for each in bold.bins if not each.holds]
    assert len(off) >= 7
    assert all((each.came > each.said) == (each.said < 0.5) for each in off)
    assert bold.brier > bold.at_best + 0.02


def test_areas_that_were_not_named_are_one_more_statement() -> None:
    runs = [
        run_of(1, AreaSaid("JP-01", 0.2, True), AreaSaid("JP-02", 0.2, False)),
        run_of(2, is_unnamed=True),
        run_of(3),
        run_of(4, AreaSaid("JP-01", 1.0, True), case="nominal"),
    ]
    found = reliability(runs, case="land", who="all")
    assert found is not None
    assert (found.unnamed.hits, found.unnamed.of) == (1, 3)
    (only,) = found.bins
    assert (only.statements, only.runs, only.came) == (2, 1, 0.5)  # two statements of one truth are one draw
    assert only.interval == pytest.approx((0.0546, 0.9454), abs=1e-3)
    missed = reliability(runs[1:2], case="land", who="all")
    assert missed is not None
    assert missed.bins == ()
    assert reliability(runs[2:3], case="land", who="all") is None
    assert reliability(runs, case="land", who="JPN", views=["JPN"]) is None


def test_the_report_shows_what_was_said_and_what_came() -> None:
    told = calibration(list(drawn_runs(300, lambda said: 1.0 - said)))
    pages = files(told, how="x")
    assert "![Said and came](reliability-land.svg)" in pages["calibration.md"]
    assert "**off**" in pages["calibration.md"]
    assert "| land | shared | 300 | 0 times |" in pages["calibration.md"]
    assert ET.fromstring(pages["reliability-land.svg"]).tag.endswith("svg")


def test_the_diagram_keeps_within_its_square() -> None:
    picture = ET.fromstring(
        square("t", {"<a>": [Dot(0.0, 0.0, 0.0, 0.4), Dot(1.0, 1.0, 0.6, 1.0)]}, across="s", up="c")
    )
    first, last = picture.iter("{http://www.w3.org/2000/svg}circle")
    width, height = (float(side) for side in picture.get("viewBox").split()[2:])
    assert 0.0 < float(first.get("cx")) < float(last.get("cx")) < width
    assert 0.0 < float(last.get("cy")) < float(first.get("cy")) < height


@settings(max_examples=25)
@given(st.integers(20, 60), st.integers(0, 3))
def test_the_smallest_region_holds_its_part_and_leaves_outliers_out(count: int, seed: int) -> None:
    places = np.random.default_rng(seed).uniform(-1.0, 1.0, (count, 2))
    places[0] = (50.0, 50.0)
    region = smallest_region(places, 0.95)
    assert region.area <= 4.0
    assert 0.0 <= count * 0.05 - sum(not region.buffer(1e-9).covers(point) for point in shapely.points(places)) < 1.0


def test_a_region_is_compared_with_the_smallest_that_would_have_done() -> None:
    corners = [(-1.0, -2.0), (-1.0, 2.0), (1.0, -2.0), (1.0, 2.0)]
    more = {"is_in_bare": True, "is_in_region": True, "bare_km2": 16.0, "region_km2": 160.0}
    runs = [run_of(number, case="pull-up", off_km=corners[number % 4], **more) for number in range(40)]
    found = region_figures(runs, case="pull-up", flight_id="kn25", epoch=0, margin_km=5.0)
    assert found is not None
    assert (found.held.part, found.smallest_km2, found.ratio) == (1.0, 8.0, 2.0)
    assert found.smallest_km2_with_margin == pytest.approx(8.0 + 12.0 * 5.0 + 25.0 * np.pi, rel=0.01)
    assert region_figures(runs[:19], case="pull-up", flight_id="kn25", epoch=0, margin_km=5.0) is None


def test_seeded_runs_onto_land_name_where_it_comes_down_and_silence_changes_nothing() -> None:
    runs = [run_trial(Trial(case="land", flight_id="erscud", variant=n, seed=1000 + n)) for n in range(2)]
    found = reliability(runs, case="land", who="shared", views=[FUSED])
    assert found is not None
    assert found.unnamed.hits == 0
    assert found.bins[-1].came == 1.0
    silent = run_trial(Trial(case="silence", flight_id="scudc", variant=0, seed=1000))
    (shared,) = [view for view in silent.views if view.who == FUSED]
    assert shared.silence is not None
    assert shared.silence.is_kept
    assert shared.silence.longest_km <= 2.0 * shared.silence.longer_km
    assert all(view.silence is None for view in runs[0].views)
