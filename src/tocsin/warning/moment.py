"""The filter at one time: both models, their weights, and the books kept on them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector
from tocsin.warning import imm
from tocsin.warning.law import Law, law_of
from tocsin.warning.models import (
    ACCELERATION,
    KINEMATIC,
    LOG_DRAG,
    POSITION,
    SENSOR_SLOTS,
    VELOCITY,
    ballistic_acceleration,
)
from tocsin.warning.settings import WarningSettings

START_SPEED_SIGMA_MPS = 2500.0
"""Of each component, of which nothing is known yet."""
_START_ACCELERATION_SIGMA_MPS2 = 40.0
_START_BALLISTIC = 0.2
_DEEPEST_M = 5_500_000.0
_WIDEST_M = 10_000_000.0
REMEMBERED = 0.9


@dataclass
class Moment:
    """The filter at one time; ``states`` and the rest are never changed once kept."""

    time_s: float
    states: Vector
    """Boost, ballistic; shape (2, n): as many of the states as are in use, for these are kept by the dozen."""
    covariances: Vector
    """Shape (2, n, n)."""
    weights: Vector
    """Probability of each model, shape (2,)."""
    is_single: bool = False
    is_discerning: bool = False
    """Whether the plots could have shown thrust if there was any."""
    above_since_s: float | None = None
    """Since when the ballistic model has been above the limit for keeping it alone."""
    gate_since_s: float | None = None
    """Since when it has been above the gate for publishing an impact."""
    distances: Vector = field(default_factory=partial(np.empty, (0, 3)))
    """Time, squared normalised distance and number of figures of the latest plots of the single model, shape (n, 3)."""
    is_placed: bool = False
    """Whether a plot that fixes a place by itself is in it."""
    sensors: tuple[str, ...] = ()
    """Whose biases are in the states, in their order; at most ``SENSOR_SLOTS``."""
    residual2: float = 0.0
    """Sum of the squared normalised distances of the plots, each counting 0.9 of the one after it."""
    residual_figures: float = 0.0
    """Sum of their numbers of figures, likewise: what ``residual2`` is to be compared with."""

    def copy(self) -> Moment:
        """Return one that can be moved on without touching this."""
        return self.with_arrays(self.states.copy(), self.covariances.copy(), self.weights.copy())

    def with_arrays(self, states: Vector, covariances: Vector, weights: Vector) -> Moment:
        """Return one with the same books and other numbers (``dataclasses.replace`` is slow)."""
        made = object.__new__(Moment)
        made.__dict__.update(self.__dict__)
        made.states, made.covariances, made.weights = states, covariances, weights
        return made

    @property
    def used(self) -> int:
        """How many of the states are in use; the others are for the biases of sensors that have not seen it."""
        return KINEMATIC + 2 * len(self.sensors)

    @property
    def is_sound(self) -> bool:
        """Whether its numbers are such as a body near the earth may have."""
        return bool(is_sound(self.states, self.covariances, self.weights, self.states.shape[1]))

    def slot(self, sensor: str) -> int:
        """Return the index of a sensor's azimuth bias in the states, or -1."""
        return KINEMATIC + 2 * self.sensors.index(sensor) if sensor in self.sensors else -1

    def open_slot(self, sensor: str, sigma_rad: float) -> int:
        """Give a sensor a slot with the prior of its bias, in place, unless it has one; -1 if there is no room."""
        if sensor not in self.sensors and len(self.sensors) < SENSOR_SLOTS:
            first = self.used
            more = (0, max(first + 2 - self.states.shape[1], 0))
            self.states = np.pad(self.states, ((0, 0), more))
            self.covariances = np.pad(self.covariances, ((0, 0), more, more))
            for index in (first, first + 1):
                self.covariances[:, index, index] = sigma_rad**2
            self.sensors += (sensor,)
        return self.slot(sensor)


@njit
def is_sound(states: Vector, covariances: Vector, weights: Vector, used: int) -> bool:
    """As ``Moment.is_sound``, of the states in use."""
    for model in range(2):
        state, covariance = states[model], covariances[model]
        total, radius2 = weights[model], 0.0
        for i in range(used):
            total += 0.0 * state[i]  # neither infinity nor no number times zero is zero
            for j in range(used):
                total += 0.0 * covariance[i, j]
            if not covariance[i, i] >= 0.0:
                return False
        for axis in range(POSITION, VELOCITY):
            radius2 += state[axis] * state[axis]
            if not covariance[axis, axis] < _WIDEST_M * _WIDEST_M:
                return False
        if not math.isfinite(total) or not radius2 > _DEEPEST_M * _DEEPEST_M:
            return False
    return True


def start(time_s: float, place: Vector, spread: Vector, velocity: Vector, settings: WarningSettings) -> Moment:
    """Begin with a place and its covariance, a speed of which next to nothing is known, and any thrust."""
    states = np.zeros((2, KINEMATIC))
    covariances = np.zeros((2, KINEMATIC, KINEMATIC))
    for model in range(2):
        states[model, POSITION:VELOCITY] = place
        states[model, VELOCITY:ACCELERATION] = velocity
        states[model, LOG_DRAG] = -math.log(settings.mass_per_drag_area_kg_m2)
        covariances[model, POSITION:VELOCITY, POSITION:VELOCITY] = spread
        for axis in range(VELOCITY, ACCELERATION):
            covariances[model, axis, axis] = START_SPEED_SIGMA_MPS**2
        covariances[model, LOG_DRAG, LOG_DRAG] = settings.mass_per_drag_area_log_sigma**2
    for axis in range(ACCELERATION, LOG_DRAG):
        covariances[imm.BOOST, axis, axis] = _START_ACCELERATION_SIGMA_MPS2**2
    return Moment(time_s, states, covariances, np.array([1.0 - _START_BALLISTIC, _START_BALLISTIC]))


def moved(base: Moment, time_s: float, settings: WarningSettings) -> Moment:
    """Return the filter moved on to a later time; the one given stays as it is.

    Without plots nothing weighs the models against each other, so what passes for free flight is moved on as that
    alone: mixing with the model under thrust would let the ellipse grow for no reason in the data.
    """
    dt_s = time_s - base.time_s
    if dt_s <= 0.0:
        return base.copy()
    ahead = base.copy()
    ahead.time_s, ahead.is_single = time_s, base.is_single or _coasts(base, time_s, settings)
    imm.advance(
        ahead.states,
        ahead.covariances,
        ahead.weights,
        dt_s,
        settings.boost_sojourn_s,
        settings.ballistic_sojourn_s,
        settings.jerk_psd,
        settings.coast_noise_mps2 if ahead.is_single else settings.ballistic_noise_mps2,
        settings.drag_noise,
        ahead.is_single,
        ahead.used,
    )
    return ahead


def moved_back(base: Moment, time_s: float, settings: WarningSettings) -> Moment:
    """Return a moment of which little is known moved to an earlier time; good enough to gate a plot by.

    Gravity and white jerk are the same with time reversed: it is flown backwards by turning its velocity round.
    """
    turned = _turned(base)
    back = _turned(moved(turned, 2.0 * base.time_s - time_s, settings))
    back.time_s = time_s
    return back


def _turned(base: Moment) -> Moment:
    """Return the same with its velocity the other way."""
    turned = base.copy()
    velocity = slice(VELOCITY, ACCELERATION)
    turned.states[:, velocity] *= -1.0
    turned.covariances[:, velocity, :] *= -1.0
    turned.covariances[:, :, velocity] *= -1.0
    return turned


def _coasts(base: Moment, time_s: float, settings: WarningSettings) -> bool:
    """Tell whether time alone makes it a free flight: long enough near certain, or long silent behind the gate."""
    is_certain = base.above_since_s is not None and time_s - base.above_since_s >= settings.single_model_s
    is_silent = base.gate_since_s is not None and time_s - base.time_s >= settings.single_model_s
    return is_certain or is_silent


def combined(moment: Moment) -> tuple[Vector, Vector, Vector]:
    """Return position, velocity, shape (3,), and their covariance, shape (6, 6), over both models."""
    boost, ballistic = (0.0, 1.0) if moment.is_single else (float(moment.weights[0]), float(moment.weights[1]))
    mean, covariance = _combined(moment.states, moment.covariances, boost, ballistic)
    return mean[:3], mean[3:], covariance


@njit
def _combined(states: Vector, covariances: Vector, boost: float, ballistic: float) -> tuple[Vector, Vector]:
    """Mean, shape (6,), and covariance, shape (6, 6), of place and speed over two models of these weights."""
    mean, total = np.empty(6), np.empty((6, 6))
    for i in range(6):
        mean[i] = boost * states[imm.BOOST, i] + ballistic * states[imm.BALLISTIC, i]
    for i in range(6):
        one, other = states[imm.BOOST, i] - mean[i], states[imm.BALLISTIC, i] - mean[i]
        for j in range(6):
            total[i, j] = boost * (covariances[imm.BOOST, i, j] + one * (states[imm.BOOST, j] - mean[j]))
            total[i, j] += ballistic * (covariances[imm.BALLISTIC, i, j] + other * (states[imm.BALLISTIC, j] - mean[j]))
    return mean, total


def judge(moment: Moment, distance2: float, figures: int, settings: WarningSettings) -> None:
    """Keep the books of probability: one model or two, and since when the gate has held."""
    law = law_of(settings)
    moment.residual2 = REMEMBERED * moment.residual2 + distance2
    moment.residual_figures = REMEMBERED * moment.residual_figures + figures
    if moment.is_single:
        latest = np.empty((len(moment.distances) + 1, 3))
        latest[:-1] = moment.distances
        count, has_turned = turned_away(latest, len(moment.distances), moment.time_s, distance2, figures, law)
        moment.distances = latest[:count]
        if has_turned:
            _split(moment)
    moment.is_single, moment.is_discerning, above_since_s, gate_since_s = weighed(
        moment.time_s,
        moment.weights,
        moment.states[imm.BOOST],
        moment.covariances[imm.BOOST],
        moment.is_placed,
        moment.is_single,
        moment.is_discerning,
        since(moment.above_since_s),
        since(moment.gate_since_s),
        law,
    )
    moment.above_since_s, moment.gate_since_s = known(above_since_s), known(gate_since_s)


def since(time_s: float | None) -> float:
    """Return a time as compiled code takes it: no number in place of None."""
    return math.nan if time_s is None else time_s


def known(time_s: float) -> float | None:
    """Return a time of compiled code: None in place of no number."""
    return None if math.isnan(time_s) else time_s


@njit
def turned_away(  # noqa: PLR0917 - compiled code takes its arguments by position
    latest: Vector, count: int, now_s: float, distance2: float, figures: int, law: Law
) -> tuple[int, bool]:
    """Put a plot behind the first ``count`` of a single model, of which those of long ago go.

    Args:
        latest: As ``Moment.distances``, with room for one more.
        count: Of those in use.
        now_s: Time of the plot, seconds since 1970.
        distance2: Squared and normalised.
        figures: How many it has.
        law: Of the filter.

    Returns:
        How many there are then, and whether they no longer fit free flight; the worst of them is left out, for one
        bad plot proves nothing.
    """
    since_s, kept = now_s - law.manoeuvre_window_s, 0
    for k in range(count):
        if latest[k, 0] > since_s:
            for column in range(3):
                latest[kept, column] = latest[k, column]
            kept += 1
    latest[kept, 0], latest[kept, 1], latest[kept, 2] = now_s, distance2, figures
    kept += 1
    total, freedom, worst2, of_worst = 0.0, 0.0, -math.inf, 0.0
    for k in range(kept):
        total, freedom = total + latest[k, 1], freedom + latest[k, 2]
        if latest[k, 1] > worst2:
            worst2, of_worst = latest[k, 1], latest[k, 2]
    total, freedom = total - worst2, freedom - of_worst
    has_turned = total > freedom > 0.0 and chance_above(total, int(freedom)) < law.manoeuvre_tail
    return kept, has_turned


@njit
def weighed(  # noqa: PLR0917 - compiled code takes its arguments by position
    now_s: float,
    weights: Vector,
    boost: Vector,
    spread: Vector,
    is_placed: bool,  # noqa: FBT001
    is_single: bool,  # noqa: FBT001
    is_discerning: bool,  # noqa: FBT001
    above_since_s: float,
    gate_since_s: float,
    law: Law,
) -> tuple[bool, bool, float, float]:
    """Tell what a plot makes of the books, given the boost model's state and its covariance.

    Arguments and results are as in ``Moment``, but for no number in place of None.
    """
    ballistic = weights[imm.BALLISTIC]
    is_discerning = is_discerning or _knows_thrust(weights, boost, spread, is_placed, law)
    if not is_discerning:
        ballistic = 0.0
    if ballistic < law.single_model_probability:
        above_since_s = math.nan
    elif math.isnan(above_since_s):
        above_since_s = now_s
    elif not is_single and now_s - above_since_s >= law.single_model_s:
        is_single = True
    if ballistic < law.ballistic_probability:
        gate_since_s = math.nan
    elif math.isnan(gate_since_s):
        gate_since_s = now_s
    return is_single, is_discerning, above_since_s, gate_since_s


@njit
def chance_above(distance2: float, freedom: int) -> float:
    """Return the chance that a sum of so many squared normal numbers is greater than ``distance2``, above zero.

    Source:
        Abramowitz and Stegun 26.4.4 and 26.4.5: exact sums for a whole number of degrees of freedom.
    """
    half = 0.5 * distance2
    chance, order = (math.erfc(math.sqrt(half)), 0.5) if freedom % 2 else (math.exp(-half), 1.0)
    while order < 0.5 * freedom:
        chance += math.exp(order * math.log(half) - half - math.lgamma(order + 1.0))
        order += 1.0
    return chance


@njit
def _knows_thrust(weights: Vector, boost: Vector, spread: Vector, is_placed: bool, law: Law) -> bool:  # noqa: FBT001
    """Tell whether plots would show thrust: they have, or the acceleration along the way is known well enough."""
    if is_placed and weights[imm.BOOST] >= law.single_model_probability:
        return True
    speed2, along2 = 0.0, 0.0
    for i in range(3):
        speed2 += boost[VELOCITY + i] * boost[VELOCITY + i]
        for j in range(3):
            along2 += boost[VELOCITY + i] * spread[ACCELERATION + i, ACCELERATION + j] * boost[VELOCITY + j]
    is_known: bool = 0.0 < along2 <= law.discerning_sigma_mps2 * law.discerning_sigma_mps2 * speed2
    return is_known


def _split(moment: Moment) -> None:
    """Return to two models: the plots no longer fit free flight."""
    moment.is_single = False
    moment.distances = np.empty((0, 3))
    moment.above_since_s = None
    moment.gate_since_s = None
    moment.weights = np.array([0.5, 0.5])
    state = moment.states[imm.BALLISTIC]
    moment.states[imm.BOOST] = state
    moment.covariances[imm.BOOST] = moment.covariances[imm.BALLISTIC]
    moment.states[imm.BOOST, ACCELERATION:LOG_DRAG] = ballistic_acceleration(state)
    for axis in range(ACCELERATION, LOG_DRAG):
        moment.covariances[imm.BOOST, axis, axis] = _START_ACCELERATION_SIGMA_MPS2**2
        velocity = VELOCITY + axis - ACCELERATION
        moment.covariances[imm.BOOST, velocity, velocity] += 100.0**2
        moment.covariances[imm.BOOST, axis - ACCELERATION, axis - ACCELERATION] += 300.0**2
