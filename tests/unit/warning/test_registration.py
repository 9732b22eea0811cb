"""Registration: errors that were put in come back, none that was not, and what cannot be told is not told."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from tocsin.calibration.door import LIFT_OFF, Door
from tocsin.calibration.reference import reference_flight, reference_sensors
from tocsin.errors import DomainError
from tocsin.synthesis.sensors import Sensor, observe
from tocsin.synthesis.truth import fly
from tocsin.warning.plots import Plot, plot_of, seconds_of
from tocsin.warning.registration import FREE_ABOVE_M, by_path, in_free_flight, register

FLIGHT = "scudc"
EXACT = tuple(msgspec.structs.replace(sensor, bias_sigma_deg=0.0) for sensor in reference_sensors())


def plots_of(sensors: Sequence[Sensor], *, seed: int = 1, flight: str = FLIGHT) -> tuple[list[Plot], np.ndarray, float]:
    truth = fly(reference_flight(flight, 0))
    begin_s = truth.burnout_s + 5.0
    admitted = Door(sorted({sensor.member for sensor in sensors})).admit(observe(truth, sensors, seed))
    return [plot_of(entry) for entry in admitted], truth.state_at(begin_s), seconds_of(LIFT_OFF) + begin_s


def changed(index: int, **errors: float) -> tuple[Sensor, ...]:
    sensors = list(EXACT)
    sensors[index] = msgspec.structs.replace(sensors[index], **errors)
    return tuple(sensors)


def radar(number: int) -> int:
    return [index for index, sensor in enumerate(EXACT) if sensor.kind == "radar"][number]


@pytest.mark.parametrize("seed", range(3))
def test_without_errors_none_is_significant(seed: int) -> None:
    found = register([in_free_flight(*plots_of(EXACT, seed=seed))])
    assert [error for error in found.errors if error.is_significant] == []
    assert found.misfit == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(
    ("errors", "figure"),
    [
        ({"azimuth_bias_deg": 0.5}, "azimuth"),
        ({"elevation_bias_deg": -0.4}, "elevation"),
        ({"range_bias_m": 700.0}, "range"),
    ],
)
def test_an_error_that_was_put_in_comes_back(errors: dict[str, float], figure: str) -> None:
    index = radar(0)
    sensor = f"{EXACT[index].member}:{EXACT[index].sensor_id}"
    found = register([in_free_flight(*plots_of(changed(index, **errors)))])
    (error,) = [each for each in found.errors if (each.sensor, each.figure) == (sensor, figure)]
    assert error.is_significant
    assert abs(error.value - next(iter(errors.values()))) < 3.5 * error.sigma
    others = [each for each in found.errors if each.is_significant and (each.sensor, each.figure) != (sensor, figure)]
    assert others == []


def test_the_figures_keep_their_promise() -> None:
    """Over seeds, the errors divided by their sigmas are spread as widely as they say."""
    spread = [
        error.value / error.sigma
        for seed in range(6)
        for error in register([in_free_flight(*plots_of(EXACT, seed=seed))]).errors
        if error.is_known
    ]
    assert math.sqrt(float(np.mean(np.square(spread)))) < 1.4


def test_an_error_that_all_share_is_not_taken_for_known_too_well() -> None:
    """Two radars at one place, both turned alike, see another path: their common turn must lie within their sigmas."""
    first = EXACT[radar(0)]
    turned = [msgspec.structs.replace(first, azimuth_bias_deg=0.3)]
    turned.append(msgspec.structs.replace(turned[0], sensor_id="twin"))
    found = register([in_free_flight(*plots_of(turned))])
    for error in found.errors:
        if error.figure == "azimuth":
            assert not error.is_known or abs(error.value - 0.3) < 3.5 * error.sigma


def test_one_sensor_or_few_plots_cannot_be_compared() -> None:
    with pytest.raises(DomainError, match="1 sensor"):
        register([in_free_flight(*plots_of([EXACT[radar(0)]]))])
    plots = in_free_flight(*plots_of(EXACT))
    with pytest.raises(DomainError, match="nothing can be compared"):
        register([plots[:3]])
    with pytest.raises(DomainError):
        register([])


def test_only_plots_above_the_air_and_near_the_path_are_taken() -> None:
    plots, state, time_s = plots_of(EXACT)
    other, *_ = plots_of(EXACT, seed=2, flight="erscud")
    taken = in_free_flight(plots + other, state, time_s)
    assert {id(plot) for plot in taken} <= {id(plot) for plot in plots}
    truth = fly(reference_flight(FLIGHT, 0))
    from tocsin.geo.earth import geodetic_from_ecef  # noqa: PLC0415

    for plot in taken:
        height_m = geodetic_from_ecef(truth.state_at(plot.time_s - seconds_of(LIFT_OFF))[:3])[2]
        assert height_m > FREE_ABOVE_M - 2_000.0
    assert by_path(plots, {"a": (state, time_s), "b": (state, time_s)}) == [[], []]
