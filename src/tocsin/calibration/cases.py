"""What may differ between the truth and what the filter takes for true."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from tocsin.calibration.reference import reference_flight, reference_sensors
from tocsin.calibration.results import Trial
from tocsin.synthesis.sensors import Sensor, random_for
from tocsin.synthesis.truth import THRUSTS, Truth, fly

BIAS_FACTOR = 3.0
DENSITY_FACTORS = (0.8, 1.2)
_OTHER_THRUSTS = ("constant", "two stages")
"""Laws that none of the reference flights flies by."""


@dataclass(frozen=True)
class Case:
    """One way in which the world may be."""

    name: str
    says: str
    """In words, for the report."""
    fly: Callable[[Trial], Truth]
    sensors: Callable[[], Sequence[Sensor]] = reference_sensors


def _as_assumed(trial: Trial) -> Truth:
    return fly(reference_flight(trial.flight_id, trial.variant))


def _in_other_air(trial: Trial) -> Truth:
    factor = DENSITY_FACTORS[trial.seed % len(DENSITY_FACTORS)]
    return fly(reference_flight(trial.flight_id, trial.variant), density_factor=factor)


def _by_another_thrust(trial: Trial) -> Truth:
    law = THRUSTS[_OTHER_THRUSTS[trial.seed % len(_OTHER_THRUSTS)]]
    return fly(reference_flight(trial.flight_id, 0), thrust=law)


def _pulled_up(trial: Trial) -> Truth:
    lift_to_drag = float(random_for(trial.seed, trial.flight_id, "lift to drag").uniform(0.0, 1.0))
    return fly(reference_flight(trial.flight_id, trial.variant), lift_to_drag=lift_to_drag)


def _biased_sensors() -> Sequence[Sensor]:
    """Return the sensors with errors that nobody is told of, three times the constant error that they claim."""
    return [
        msgspec.structs.replace(
            sensor, azimuth_bias_deg=BIAS_FACTOR * sensor.bias_sigma_deg,
            elevation_bias_deg=-BIAS_FACTOR * sensor.bias_sigma_deg,
        )
        for sensor in reference_sensors()
    ]  # fmt: skip


CASES = {
    case.name: case
    for case in (
        Case("nominal", "the truth is as the filter assumes, but for thrust, drag, noise and bias", _as_assumed),
        Case("air", "the air is a fifth thinner or denser than the model's", _in_other_air),
        Case("thrust", "thrust over mass is constant, or that of two stages", _by_another_thrust),
        Case(
            "bias", "every sensor's angles are off by three times the constant error that it claims", _as_assumed,
            _biased_sensors,
        ),
        Case("pull-up", "lifted below 40 km, with a lift-to-drag ratio drawn between 0 and 1", _pulled_up),
    )
}  # fmt: skip
