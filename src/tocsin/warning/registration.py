"""Registration: what each sensor's constant errors are, from objects in free flight that several sensors saw.

Above the air nothing but gravity bends a path, so six numbers hold it. They are fitted together with every sensor's
constant error in range, azimuth and elevation, by least squares over all plots. What the plots cannot tell keeps the
width of the prior, and is said to be unknown: an error that all sensors share looks like another path.

Source:
    Bar-Shalom, Willett and Tian (2011), Tracking and Data Fusion, section 8.2 (sensor bias estimation, batch form).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Literal

import msgspec
import numpy as np
from scipy.optimize import least_squares

from tocsin.errors import DomainError
from tocsin.geo.ballistics import coast
from tocsin.geo.earth import Vector, altitude_at
from tocsin.warning.measurement import ANGLES, PLACED
from tocsin.warning.plots import Plot

PRIOR_ANGLE_RAD = math.radians(1.0)
PRIOR_RANGE_M = 5_000.0
"""How large a constant error may be before anything is seen, one sigma."""

FREE_ABOVE_M = 100_000.0
"""Where the air bends no path by as much as a radar measures."""

KNOWN = 0.5
"""An error is known if its sigma is at most this part of the prior's."""

DOUBT = 0.01
"""Chance that any of all errors is called significant where none is, at most."""

_STEP_S = 1.0
_FEWEST = 8
_BEGIN_S = 60.0
_TURN = 2.0 * math.pi

Figure = Literal["range", "azimuth", "elevation"]
FIGURES: tuple[Figure, ...] = ("range", "azimuth", "elevation")


class SensorError(msgspec.Struct, frozen=True, kw_only=True):
    """One constant error of one sensor: measured minus true."""

    sensor: str
    """Originator and sensor id."""
    figure: Figure
    unit: Literal["m", "deg"]
    value: float
    sigma: float
    is_known: bool
    """Whether the plots tell it at all."""
    is_significant: bool
    """Whether it is known and not explained by chance."""


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """What the plots of some paths tell of the sensors that made them."""

    paths: int
    plots: dict[str, int]
    """By sensor."""
    errors: tuple[SensorError, ...]
    misfit: float
    """Root mean square of the residuals in sigmas: about 1 if the sensors are as good as they say."""


def register(paths: Sequence[Sequence[Plot]]) -> Registration:
    """Estimate every sensor's constant errors.

    Args:
        paths: For each object its plots in free flight above ``FREE_ABOVE_M``, of two sensors or more in all.

    Raises:
        DomainError: Too few plots, none with range, or only one sensor: then nothing can be compared.
    """
    sensors = sorted({plot.sensor for path in paths for plot in path if plot.form != PLACED})
    kept = [sorted((plot for plot in path if plot.form != PLACED), key=lambda plot: plot.key) for path in paths]
    kept = [path for path in kept if len(path) >= _FEWEST]
    if len(sensors) < 2 or not kept:
        raise DomainError(
            f"{len(sensors)} sensor(s), {sum(map(len, kept))} plots: nothing can be compared",
            advice="Give plots of one object in free flight, of two sensors or more",
        )
    problem = _Problem(kept, sensors)
    begin = np.concatenate([*(_rough(path) for path in kept), np.zeros(3 * len(sensors))])
    found = least_squares(problem.residuals, begin, x_scale=problem.scale, method="trf", loss="linear", max_nfev=60)
    if not found.success:
        raise DomainError("the fit does not settle", advice="Are these plots of one object each, in free flight?")
    slopes: Vector = np.asarray(found.jac)
    covariance = np.linalg.inv(slopes.T @ slopes)
    figures = problem.count
    free = max(figures - 6 * len(kept), 1)
    misfit = math.sqrt(float(np.sum(found.fun[:figures] ** 2)) / free)
    sigmas = np.sqrt(np.diag(covariance)) * max(misfit, 1.0)
    return Registration(
        paths=len(kept),
        plots={sensor: sum(plot.sensor == sensor for path in kept for plot in path) for sensor in sensors},
        errors=tuple(problem.errors(found.x, sigmas)),
        misfit=misfit,
    )


def in_free_flight(plots: Sequence[Plot], state: Vector, time_s: float) -> list[Plot]:
    """Return the plots that fit a path and were made while it was above the air.

    Args:
        plots: Of anything.
        state: On the path, ECEF, shape (6,), m and m/s, in free flight.
        time_s: Of the state, seconds since 1970.
    """
    found, after, at_s = [], state.copy(), time_s
    for plot in sorted((plot for plot in plots if plot.time_s >= time_s), key=lambda plot: plot.key):
        after = coast(after, 0.0, plot.time_s - at_s, _STEP_S)
        at_s = plot.time_s
        if altitude_at(*after[:3].tolist()) < FREE_ABOVE_M:
            if float(after[:3] @ after[3:]) < 0.0:
                break
            continue
        if plot.form != PLACED and _fits(plot, after):
            found.append(plot)
    return found


class _Problem:
    """The residuals of all plots and of the prior, over the states of all paths and the errors of all sensors."""

    def __init__(self, paths: Sequence[Sequence[Plot]], sensors: Sequence[str]) -> None:
        self._paths = paths
        self._sensors = sensors
        self._place = {sensor: 6 * len(paths) + 3 * index for index, sensor in enumerate(sensors)}
        self._ranged = {plot.sensor for path in paths for plot in path if plot.form != ANGLES}
        self.count = sum(2 if plot.form == ANGLES else 3 for path in paths for plot in path)
        priors = [PRIOR_RANGE_M, PRIOR_ANGLE_RAD, PRIOR_ANGLE_RAD] * len(sensors)
        self._priors = np.array(priors)
        self.scale = np.concatenate([np.tile([1e3, 1e3, 1e3, 1e1, 1e1, 1e1], len(paths)), self._priors])

    def residuals(self, unknowns: Vector) -> Vector:
        parts = []
        for index, path in enumerate(self._paths):
            state, at_s = unknowns[6 * index : 6 * index + 6].copy(), path[0].time_s
            for plot in path:
                state = coast(state, 0.0, plot.time_s - at_s, _STEP_S)
                at_s = plot.time_s
                errors = unknowns[self._place[plot.sensor] : self._place[plot.sensor] + 3]
                away = (_apart(plot, state) - errors) / np.sqrt(plot.variances[:3])
                parts.append(away[1:] if plot.form == ANGLES else away)
        return np.concatenate([*parts, unknowns[6 * len(self._paths) :] / self._priors])

    def errors(self, unknowns: Vector, sigmas: Vector) -> list[SensorError]:
        told = [
            (sensor, number) for sensor in self._sensors for number in range(3) if number > 0 or sensor in self._ranged
        ]
        limit = NormalDist().inv_cdf(1.0 - DOUBT / (2.0 * len(told)))
        found = []
        for sensor, number in told:
            index = self._place[sensor] + number
            value, sigma = float(unknowns[index]), float(sigmas[index])
            is_known = sigma <= KNOWN * self._priors[index - 6 * len(self._paths)]
            factor = 1.0 if number == 0 else 180.0 / math.pi
            found.append(
                SensorError(
                    sensor=sensor, figure=FIGURES[number], unit="m" if number == 0 else "deg", value=value * factor,
                    sigma=sigma * factor, is_known=is_known, is_significant=is_known and abs(value) > limit * sigma,
                )
            )  # fmt: skip
        return found


def _apart(plot: Plot, state: Vector) -> Vector:
    """Return measured minus expected, shape (3,): range (m; 0 without), azimuth and elevation (rad)."""
    east, north, up = (plot.basis @ (state[:3] - plot.site)).tolist()
    ground = math.hypot(east, north)
    distance = math.hypot(ground, up)
    azimuth = plot.figures[1] - math.atan2(east, north)
    azimuth = (azimuth + math.pi) % _TURN - math.pi
    reach = 0.0 if plot.form == ANGLES else float(plot.figures[0]) - distance
    return np.array([reach, azimuth, float(plot.figures[2]) - math.atan2(up, ground)])


def _fits(plot: Plot, state: Vector) -> bool:
    """Tell whether a plot is near enough to be of a path, constant errors of three prior sigmas allowed for."""
    reach, azimuth, elevation = _apart(plot, state).tolist()
    wide = 3.0 * PRIOR_ANGLE_RAD
    across = azimuth * math.cos(float(plot.figures[2]))
    return bool(abs(reach) <= 3.0 * PRIOR_RANGE_M and abs(across) <= wide and abs(elevation) <= wide)


def _rough(path: Sequence[Plot]) -> Vector:
    """Return a first state at the first plot, shape (6,): a parabola through the ranged plots of the first minute.

    Raises:
        DomainError: Fewer than three of them have a range.
    """
    ranged = [plot for plot in path if plot.is_ranged]
    near = [plot for plot in ranged if ranged and plot.time_s <= ranged[0].time_s + _BEGIN_S]
    if len(near) < 3:
        raise DomainError("fewer than three plots have a range", advice="A radar must have seen the object")
    times_s = np.array([plot.time_s for plot in near]) - path[0].time_s
    places = np.array([plot.place for plot in near])
    weights = 1.0 / np.array([plot.place_sigma_m for plot in near])
    degree = 2 if times_s[-1] - times_s[0] > 10.0 else 1
    fitted = np.polynomial.polynomial.polyfit(times_s, places, degree, w=weights)
    return np.concatenate([fitted[0], fitted[1]])


def by_path(plots: Sequence[Plot], states: Mapping[str, tuple[Vector, float]]) -> list[list[Plot]]:
    """Return, for each event, the plots of its free flight; a plot that fits several is of none.

    Args:
        plots: Of anything.
        states: By event, a state in free flight, shape (6,), and its time, seconds since 1970.
    """
    found = [in_free_flight(plots, state, time_s) for state, time_s in states.values()]
    seen: dict[int, int] = {}
    for path in found:
        for plot in path:
            seen[id(plot)] = seen.get(id(plot), 0) + 1
    return [[plot for plot in path if seen[id(plot)] == 1] for path in found]
