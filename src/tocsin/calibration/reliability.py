"""Whether the probabilities that are said of warning areas are those with which they are hit.

Each published record makes one statement for every area that it names: with this probability it comes down there. The
areas that it does not name it calls safe; that is one more statement, of all of them together, and it fails where the
truth lies in any. What comes down in the sea or on anybody else's ground hits none.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np

from tocsin.calibration.results import Forecast, Run
from tocsin.calibration.statistics import Share, share, wilson

EDGES = (0.0, 0.005, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 0.995, 1.0)
"""Of the bins; each holds its lower edge, the last both."""


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """All statements of about one probability."""

    low: float
    high: float
    statements: int
    runs: int
    """From which they are. Statements of one run are of one truth: chance is that of so many draws."""
    said: float
    """Mean probability."""
    came: float
    """Part of them that came true."""

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval of ``came``: Wilson's, of as many draws as there are runs."""
        return wilson(self.came, self.runs)

    @property
    def holds(self) -> bool:
        """Whether what was said lies within it."""
        low, high = self.interval
        return low <= self.said <= high


class Reliability(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of warning areas in one case, by some views, and what came."""

    case: str
    who: str
    bins: tuple[Bin, ...]
    """Those with any statement."""
    unnamed: Share
    """Published records, and after how many of them it came down in an area that they did not name."""
    brier: float
    """Mean squared difference between what was said and what came; 0 is best."""
    at_best: float
    """The same of a source that says for each bin what came there: what is left is not to be had by calibration."""


def reliability(runs: Sequence[Run], *, case: str, who: str, views: Sequence[str] | None = None) -> Reliability | None:
    """Compare what was said with what came.

    Args:
        runs: All there are; those of other cases are passed over.
        case: Name of the case.
        who: What to call these views.
        views: Whose statements; None: everybody's.

    Returns:
        None if no area was named, nor should have been.

    Source:
        Murphy and Winkler (1977), Reliability of subjective probability forecasts of precipitation and temperature,
        Applied Statistics 26; Brier (1950), Monthly Weather Review 78.
    """
    told = [
        (number, forecast)
        for number, run in enumerate(runs)
        if run.trial.case == case
        for view in run.views
        if views is None or view.who in views
        for forecast in (sample.published for sample in view.samples)
        if forecast is not None
    ]
    unnamed = share([forecast.is_unnamed for _, forecast in told])
    rows = np.array([(number, *pair) for number, forecast in told for pair in _statements(forecast)]).reshape(-1, 3)
    if not len(rows):
        return None if not unnamed.hits else Reliability(
            case=case, who=who, bins=(), unnamed=unnamed, brier=0.0, at_best=0.0
        )  # fmt: skip
    place = np.clip(np.searchsorted(EDGES, rows[:, 1], side="right") - 1, 0, len(EDGES) - 2)
    bins = tuple(
        _bin(low, high, rows[place == index])
        for index, (low, high) in enumerate(pairwise(EDGES))
        if (place == index).any()
    )
    left = sum(each.statements * each.came * (1.0 - each.came) for each in bins)
    return Reliability(
        case=case, who=who, bins=bins, unnamed=unnamed,
        brier=float(np.mean((rows[:, 1] - rows[:, 2]) ** 2)), at_best=left / len(rows),
    )  # fmt: skip


def _statements(forecast: Forecast) -> list[tuple[float, float]]:
    return [(said.probability, float(said.is_hit)) for said in forecast.areas]


def _bin(low: float, high: float, rows: np.ndarray) -> Bin:
    return Bin(
        low=low, high=high, statements=len(rows), runs=len(np.unique(rows[:, 0])),
        said=float(rows[:, 1].mean()), came=float(rows[:, 2].mean()),
    )  # fmt: skip
