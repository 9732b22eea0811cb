"""Figures over many runs, each with how far chance may have moved it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from tocsin.calibration.results import Forecast, Run, View
from tocsin.warning.impact import CHI2_95

_Z95 = 1.959964


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """How many of how many."""

    hits: int
    of: int

    @property
    def part(self) -> float:
        """From 0 to 1; NaN of none."""
        return self.hits / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval, after Wilson."""
        return wilson(self.part, self.of)


def wilson(part: float, of: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a part that was found in so many draws; all there is if in none.

    Source:
        Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22.
    """
    if not of:
        return 0.0, 1.0
    z2 = _Z95 * _Z95 / of
    middle = (part + 0.5 * z2) / (1.0 + z2)
    half = _Z95 * math.sqrt(part * (1.0 - part) / of + 0.25 * z2 / of) / (1.0 + z2)
    return max(0.0, middle - half), min(1.0, middle + half)


def share(values: Sequence[bool]) -> Share:
    """Count."""
    return Share(hits=sum(values), of=len(values))


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """One view of one flight at one time, over all runs."""

    case: str
    flight_id: str
    who: str
    after_s: float
    runs: int
    open: Share
    """In how many runs the gate allowed an impact area."""
    covered: Share
    """In how many of those the ellipse held the truth."""
    published_covered: Share
    """The same of the ellipse last published."""
    region_covered: Share
    """The same of the region at risk: with allowance and margin."""
    promised: Share
    """What the promise is of: the ellipse; for a flight that may use the air, the published region without margin."""
    error_km: float | None
    """Medians over runs with the gate open; so the next three."""
    longer_km: float | None
    shorter_km: float | None
    published_longer_km: float | None
    nees: float | None
    """Mean over runs with the gate open; expected 6."""
    impact_nees: float | None
    """The same of the foretold impact, two figures; expected 2. It tells chance from overconfidence sooner than
    ``covered`` does."""
    nis: float | None
    """Mean squared innovation per figure; expected 1."""
    at_rms_s: float | None
    """Of the foretold time of impact."""
    ballistic_probability: float | None
    """Median."""


def figures(runs: Sequence[Run], *, case: str, flight_id: str, who: str, epoch: int) -> Figures:
    """Bring together what runs say of one view at one time.

    Args:
        runs: All there are; others are passed over.
        case: Name of the case.
        flight_id: Of the flight.
        who: The view.
        epoch: Which of the samples.
    """
    samples = [view.samples[epoch] for view in views_of(runs, case=case, flight_id=flight_id, who=who)]
    at_gate = [sample for sample in samples if sample.is_open]
    newest = [sample.newest for sample in at_gate if sample.newest is not None]
    published = [sample.published for sample in samples if sample.published is not None]
    stretched = [each for each in published if each.manoeuvre_km > 0.0]
    tested = sum(sample.innovation_figures for sample in samples)
    return Figures(
        case=case,
        flight_id=flight_id,
        who=who,
        after_s=round(samples[0].after_s) if samples else 0.0,
        runs=len(samples),
        open=share([sample.is_open for sample in samples]),
        covered=share([each.is_inside for each in newest]),
        published_covered=share([each.is_inside for each in published]),
        region_covered=share([each.is_in_region for each in published]),
        promised=share(
            [each.is_in_bare for each in stretched]
            if 2 * len(stretched) > len(published)
            else [each.is_inside for each in newest]
        ),
        error_km=median([each.error_km for each in newest]),
        longer_km=median([each.semi_axes_km[0] for each in newest]),
        shorter_km=median([each.semi_axes_km[1] for each in newest]),
        published_longer_km=median([each.semi_axes_km[0] for each in published]),
        nees=_mean([sample.nees for sample in at_gate if sample.nees is not None]),
        impact_nees=_mean([CHI2_95 * each.reach**2 for each in newest]),
        nis=sum(sample.innovations for sample in samples) / tested if tested else None,
        at_rms_s=_rms(newest),
        ballistic_probability=median([s.ballistic_probability for s in samples if s.ballistic_probability is not None]),
    )


def views_of(runs: Sequence[Run], *, case: str, flight_id: str, who: str) -> list[View]:
    """Return the views of one name on one flight in one case."""
    return [
        view
        for run in runs
        if run.trial.case == case and run.trial.flight_id == flight_id
        for view in run.views
        if view.who == who
    ]


def median(values: Sequence[float]) -> float | None:
    """Return the middle value; None of none."""
    return float(np.median(values)) if values else None


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _rms(forecasts: Sequence[Forecast]) -> float | None:
    return math.sqrt(float(np.mean([each.at_error_s**2 for each in forecasts]))) if forecasts else None


def all_figures(runs: Sequence[Run]) -> list[Figures]:
    """Return the figures of every case, flight, view and time, in the order in which the runs were made."""
    kinds = dict.fromkeys(
        (run.trial.case, run.trial.flight_id, view.who, epoch)
        for run in runs
        for view in run.views
        for epoch in range(len(view.samples))
    )
    return [
        figures(runs, case=case, flight_id=flight_id, who=who, epoch=epoch) for case, flight_id, who, epoch in kinds
    ]
