"""What may differ between the truth and what the filter takes for true."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec
import numpy as np
import shapely

from tocsin.calibration.reference import LOWER, flight_ids, reference_flight, reference_sensors
from tocsin.calibration.results import Trial
from tocsin.geo.geodesic import destinations
from tocsin.synthesis.sensors import Sensor, random_for
from tocsin.synthesis.truth import THRUSTS, Truth, fly
from tocsin.warning import WarningSettings, warning_areas

BIAS_FACTOR = 3.0
DENSITY_FACTORS = (0.8, 1.2)
NEAR_LAND_DEG = 0.2
"""How far off an area it may come down at most, in the case that is about land."""
_POLICY = WarningSettings()
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
    flight_ids: Callable[[], tuple[str, ...]] = flight_ids
    heard_s: float | None = None
    """After burnout, when all sensors fall silent; the flight is then followed until it comes back into the air."""


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


def _onto_land(trial: Trial) -> Truth:
    """Turn the course so that it comes down in or near a warning area; what may use the air is lifted as by policy."""
    random = random_for(trial.seed, trial.flight_id, "onto land")
    course_deg = float(random.choice(_courses_to_land(trial.flight_id))) + float(random.uniform(-0.5, 0.5))
    flight = reference_flight(trial.flight_id, trial.variant, course_deg)
    is_low = flight.apogee_km < _POLICY.manoeuvre_apogee_km
    return fly(flight, lift_to_drag=float(random.uniform(0.0, _POLICY.lift_to_drag_max)) if is_low else 0.0)


@lru_cache(maxsize=16)
def _courses_to_land(flight_id: str) -> tuple[float, ...]:
    """Return the courses in whole degrees on which free fall of that range ends within ``NEAR_LAND_DEG`` of an area."""
    flight = reference_flight(flight_id, 0)
    bearings, ranges_m = np.arange(360.0), np.full(360, flight.range_km * 1e3)
    ends = shapely.points(*destinations(flight.burn.site_lat_deg, flight.burn.site_lon_deg, bearings, ranges_m))
    near = warning_areas().tree.query(ends, predicate="dwithin", distance=NEAR_LAND_DEG)[0]
    return tuple(bearings[np.unique(near)].tolist())


def _flights_to_land() -> tuple[str, ...]:
    return tuple(flight_id for flight_id in flight_ids() if _courses_to_land(flight_id))


def _low_and_high() -> tuple[str, ...]:
    return (*LOWER, *flight_ids())


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
        Case(
            "pull-up", "lifted below 40 km, with a lift-to-drag ratio drawn between 0 and 1", _pulled_up,
            flight_ids=_low_and_high,
        ),
        Case(
            "land", "the course is turned so that it comes down in or near a warning area; the lowest is lifted by "
            "chance, as policy assumes", _onto_land, flight_ids=_flights_to_land,
        ),
        Case("silence", "one minute after burnout all sensors fall silent", _as_assumed, heard_s=60.0),
    )
}  # fmt: skip
