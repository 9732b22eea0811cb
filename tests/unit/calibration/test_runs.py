"""A few seeded runs through the door and the product's picture."""

from __future__ import annotations

import pytest

from tocsin.calibration.results import FUSED, Trial
from tocsin.calibration.runs import run_trial
from tocsin.calibration.statistics import Share, all_figures

TRIALS = [Trial(case="nominal", flight_id="kn25", variant=number % 4, seed=1000 + number) for number in range(3)]


def test_runs_repeat_and_the_fused_picture_holds_the_truth():
    runs = [run_trial(trial) for trial in TRIALS]
    assert run_trial(TRIALS[0]) == runs[0]
    found = {(each.who, each.after_s): each for each in all_figures(runs)}
    fused = found[FUSED, 60.0]
    assert fused.open.hits == 3
    assert fused.covered.hits >= 2
    assert fused.longer_km < 3.5
    assert 0.7 < fused.nis < 1.3
    assert all(
        each.longer_km is None or fused.longer_km <= each.longer_km for (_, at), each in found.items() if at == 60
    )
    assert all(view.events == 1 for run in runs for view in run.views if view.who == FUSED)


@pytest.mark.parametrize(("hits", "of", "low", "high"), [(95, 100, 0.8882, 0.9785), (0, 10, 0.0, 0.2775), (0, 0, 0, 1)])
def test_wilson(hits, of, low, high):
    assert Share(hits=hits, of=of).interval == pytest.approx((low, high), abs=1e-4)
