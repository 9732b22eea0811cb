"""What may differ between the truth and what the filter takes for true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.calibration.reference import reference_flight
from tocsin.calibration.results import Trial
from tocsin.synthesis.truth import Truth, fly


@dataclass(frozen=True)
class Case:
    """One way in which the world may be."""

    name: str
    says: str
    """In words, for the report."""
    fly: Callable[[Trial], Truth]


def _as_assumed(trial: Trial) -> Truth:
    return fly(reference_flight(trial.flight_id, trial.variant))


CASES = {
    case.name: case
    for case in (
        Case("nominal", "the truth is as the filter assumes, but for thrust, drag, noise and bias", _as_assumed),
    )
}
