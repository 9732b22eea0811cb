"""One object as the filter sees it: states, a short memory for late plots, and what was learned on the way."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from tocsin.geo.earth import Vector
from tocsin.markings import PublicWarning
from tocsin.warning import gate, imm
from tocsin.warning.law import law_of
from tocsin.warning.measurement import PLACED, figures_of, sigmas_of
from tocsin.warning.models import VELOCITY
from tocsin.warning.moment import Moment, combined, judge, moved, moved_back, start
from tocsin.warning.plots import ONE_LOOK, Plot
from tocsin.warning.settings import WarningSettings

EARLY_PLOTS = 64
_START_SIGMA_M = 300_000.0
_FASTEST_MPS = 8000.0
_LINE_HEIGHT_M = 20_000.0
_LINE_SIGMA_M = 25_000.0
_EARTH_RADIUS_M = 6_371_000.0
_ANGULAR = np.array([0.0, 1.0, 1.0, 0.0])
"""Which of the figures the bias of a sensor is in."""


@dataclass(frozen=True, eq=False)
class Waypoint:
    """Where a track was at one time."""

    time_s: float
    position: Vector
    """ECEF, shape (3,), metres."""
    velocity: Vector
    """ECEF, shape (3,), m/s."""
    sigma_m: float
    """Largest of the position."""


class Fused(NamedTuple):
    """What a plot makes of a moment, worked out for many tracks at once; the books are not kept yet."""

    plot: Plot
    before: Moment
    after: Moment
    distance2: float
    """Squared and normalised."""


@dataclass
class Track:
    """A sequence of plots taken for one object."""

    settings: WarningSettings
    moment: Moment
    early: list[Plot] = field(default_factory=list)
    """The first ones, at most ``EARLY_PLOTS``, as they came."""
    newest: dict[str, Plot] = field(default_factory=dict)
    """The latest of each sensor."""
    is_confirmed: bool = False
    """Whether it is shown."""
    is_contested: bool = False
    """Whether some of the plots that it began with may have been another's."""
    trail: list[Waypoint] = field(default_factory=list)
    """Where it was, once a second."""
    top_m: float = 0.0
    """The highest altitude so far."""
    count: int = 0
    """How many plots went into it."""
    ranged_plots: int = 0
    """How many of them fix a place by themselves."""
    is_synthetic: bool = False
    """Whether one of them was simulated."""
    public_warning: PublicWarning = PublicWarning.YES
    """The narrowest of theirs."""
    _seen: deque[tuple[str, float]] = field(default_factory=lambda: deque(maxlen=128))
    _memory: list[tuple[Moment, Plot]] = field(default_factory=list)
    """The moment before each of the latest plots, with the plot."""
    _ahead: tuple[Moment, Moment] = field(init=False)
    """A moment, and the same moved on to where it was last asked for."""
    _motion: tuple[Moment, tuple[Vector, Vector, Vector]] | None = field(init=False, default=None)
    """A moment, and where it is and whither it goes."""

    def __post_init__(self) -> None:
        self._ahead = (self.moment, self.moment)

    def copy(self) -> Track:
        """Return one that can take plots without touching this; moments and plots never change and are shared."""
        return replace(
            self,
            early=list(self.early),
            newest=dict(self.newest),
            trail=list(self.trail),
            _seen=self._seen.copy(),
            _memory=list(self._memory),
        )

    @property
    def time_s(self) -> float:
        """Of the newest plot."""
        return self.moment.time_s

    @property
    def ballistic_probability(self) -> float:
        """That it flies free."""
        return float(self.moment.weights[imm.BALLISTIC])

    @property
    def motion(self) -> tuple[Vector, Vector, Vector]:
        """Position, velocity and covariance over both models; kept, and not to be changed."""
        if self._motion is None or self._motion[0] is not self.moment:
            self._motion = self.moment, combined(self.moment)
        return self._motion[1]

    def at(self, time_s: float) -> Moment | None:
        """Return the filter moved to a time: from the newest plot, or from memory for an earlier time.

        None means that the time is older than the memory. What is returned is kept, and not to be changed.
        """
        if time_s >= self.moment.time_s:
            return self._ahead_to(time_s)
        earlier = [moment for moment, _ in self._memory if moment.time_s <= time_s]
        if earlier:
            return moved(earlier[-1], time_s, self.settings)
        if not self.remembers(time_s):
            return None
        return moved_back(self._memory[1][0] if len(self._memory) > 1 else self.moment, time_s, self.settings)

    def _ahead_to(self, time_s: float) -> Moment:
        """Return the filter moved on; a plot is first compared with it and then fused into a copy."""
        base, ahead = self._ahead
        if base is not self.moment or ahead.time_s != time_s:
            ahead = moved(self.moment, time_s, self.settings)
            self._ahead = (self.moment, ahead)
        return ahead

    def remembers(self, time_s: float) -> bool:
        """Tell whether a plot of that time could still be put in its place."""
        if self._is_whole and time_s >= self.moment.time_s - self.settings.buffer_s:
            return True
        return time_s >= (self._memory[0][0] if self._memory else self.moment).time_s

    @property
    def _is_whole(self) -> bool:
        """Whether the memory goes back to the first plot."""
        return len(self._memory) == self.count

    def distance(self, moment: Moment, plot: Plot) -> tuple[float, float]:
        """Return how far a plot is from what the track expects at that moment.

        Returns:
            Squared normalised distance, and the same plus the logarithm of the determinant of its covariance, the
            cost of the assignment; of the model that fits better.
        """
        found: tuple[float, float] = gate.distance(
            moment.states,
            moment.covariances,
            moment.is_single,
            moment.is_placed,
            plot.packed,
            moment.slot(plot.sensor),
            law_of(self.settings),
        )
        return found

    def is_near(self, plot: Plot) -> bool:
        """Tell, quickly and generously, whether a plot could pass the gate at all."""
        if not plot.is_ranged or self.ranged_plots == 0:
            return True
        moment = self.moment
        model = imm.BALLISTIC if moment.is_single or moment.weights[1] > moment.weights[0] else imm.BOOST
        state = moment.states[model]
        sigma_m, sigma_mps = sigmas_of(moment.covariances[model])
        return bool(gate.is_near(state[:3], state[3:6], sigma_m, sigma_mps, moment.time_s, plot.packed, gate.NEAR_M))

    def share_of_looks(self, window_s: float) -> float | None:
        """Return the part of the looks of its sensors that gave it a plot of late; None before it can be told.

        Sensors that do not tell how often they look, and those that never saw it in that time, do not count.
        """
        if self.time_s - self.early[0].time_s < window_s:
            return None
        since_s = self.time_s - window_s
        hits, looks = 0, 0.0
        for sensor, newest in self.newest.items():
            count = sum(name == sensor and at_s > since_s for name, at_s in self._seen)
            if count and newest.look_s > 0.0:
                hits, looks = hits + count, looks + max(1.0, ONE_LOOK * window_s / newest.look_s)
        return hits / looks if looks else None

    def has_seen(self, plot: Plot) -> bool:
        """Tell whether the look of the sensor that gave this plot is in the track already."""
        newest = self.newest.get(plot.sensor)
        if newest is None or plot.time_s - newest.time_s > plot.look_s:
            return False
        return any(sensor == plot.sensor and abs(time_s - plot.time_s) <= plot.look_s for sensor, time_s in self._seen)

    def add(self, plot: Plot, fused: Fused | None = None) -> None:
        """Fuse a plot; a late one within memory is put in its place and what came after is replayed.

        What becomes of the filter is to the bit the same in whatever order the plots came.

        Args:
            plot: Of this object.
            fused: What it makes of the newest moment, if that was worked out already.

        Raises:
            ValueError: The plot is older than the memory.
        """
        if not self.remembers(plot.time_s):
            raise ValueError(f"a plot of {plot.time_s} is older than the memory of the track")
        place = len(self._memory)
        while place > 0 and self._memory[place - 1][1].key > plot.key:  # they are in the order of their keys
            place -= 1
        replayed = [later for _, later in self._memory[place:]]
        if replayed:
            self.moment = _first(plot, self.settings) if place == 0 and self._is_whole else self._memory[place][0]
            del self._memory[place:]
        for next_plot in (plot, *replayed):
            self._memory.append((self.moment, next_plot))
            is_done = fused is not None and fused.plot is next_plot and fused.before is self.moment
            self.moment = self._fused(next_plot, fused if is_done else None)
        self._book(plot)
        self._forget()

    def go_on(self, plot: Plot, moment: Moment) -> None:
        """Take over what a plot newer than all before has made of the filter; ``add`` would find the same."""
        self._memory.append((self.moment, plot))
        self.moment = moment
        self._book(plot)
        self._forget()

    def _forget(self) -> None:
        """Forget moments beyond what late plots are put in their place for."""
        horizon = self.moment.time_s - self.settings.buffer_s
        keep = next((i for i, (moment, _) in enumerate(self._memory) if moment.time_s > horizon), len(self._memory))
        del self._memory[: max(keep - 1, 0)]

    def go_on_as(self, other: Track) -> None:
        """Take over what a younger track of the same object has found out; what was booked here stays."""
        self.moment, self._memory = other.moment, list(other._memory)
        for plot in other.early:
            self._book(plot)

    def _book(self, plot: Plot) -> None:
        self.count += 1
        self.ranged_plots += plot.is_ranged
        self.is_synthetic = self.is_synthetic or plot.record.synthetic
        self.public_warning = combine_public(self.public_warning, plot.marking.public_warning)
        self._seen.append((plot.sensor, plot.time_s))
        if len(self.early) < EARLY_PLOTS:
            self.early.append(plot)
        held = self.newest.get(plot.sensor)
        if held is None or held.key < plot.key:
            self.newest[plot.sensor] = plot

    def _fused(self, plot: Plot, done: Fused | None) -> Moment:
        if plot.is_ranged and not self.moment.is_placed:
            return self._updated(_placed(self.moment, plot, self.settings), plot)
        if done is None:
            moment = self._updated(self._ahead_to(plot.time_s).copy(), plot)
        else:
            moment = done.after
            judge(moment, done.distance2, figures_of(plot.form), self.settings)
        if moment.is_sound:
            return moment
        # some sensor is far worse than it says; what it led to cannot be reckoned with, so that begins anew
        anew = _first(plot, self.settings)
        anew.is_placed = plot.is_ranged
        return self._updated(anew, plot)

    def _updated(self, moment: Moment, plot: Plot) -> Moment:
        """Update a moment by a plot of its time, in place, and return it."""
        slot, variances = -1, plot.variances
        if plot.form != PLACED and plot.bias_sigma_rad > 0.0:
            slot = moment.open_slot(plot.sensor, plot.bias_sigma_rad)
            if slot < 0:  # the bias counts as noise
                variances = plot.variances + plot.bias_sigma_rad**2 * _ANGULAR
        distance2 = imm.update(
            moment.states,
            moment.covariances,
            moment.weights,
            plot.figures,
            variances,
            plot.form,
            plot.site,
            plot.basis,
            slot,
            moment.is_single,
            moment.used,
        )
        judge(moment, distance2, figures_of(plot.form), self.settings)
        return moment


def combine_public(first: PublicWarning, second: PublicWarning) -> PublicWarning:
    """Return the narrower of the two."""
    if first is second:
        return first
    order = tuple(PublicWarning)
    return min(first, second, key=order.index)


def begin(plot: Plot, settings: WarningSettings) -> Track:
    """Start a track from one plot: its place, any speed, any thrust.

    A plot without range is taken to be where its line of sight is 20 km high, give or take 25 km along the line.

    Source:
        One-point initialisation, Bar-Shalom, Willett, Tian, Tracking and Data Fusion.
    """
    track = Track(settings, _first(plot, settings))
    track.add(plot)
    return track


def _first(plot: Plot, settings: WarningSettings) -> Moment:
    """Return the filter as it is before its first plot."""
    place, spread = first_place(plot)
    return start(plot.time_s, place, spread, np.zeros(3), settings)


def _placed(before: Moment, plot: Plot, settings: WarningSettings) -> Moment:
    """Begin the filter anew at the first plot that fixes a place.

    What infrared alone makes of distance and speed is wrong by more than it says; only its speed is kept, as the
    middle of a prior that is wide enough for any.
    """
    place, spread = first_place(plot)
    velocity = before.states[imm.BOOST, VELOCITY : VELOCITY + 3].copy()
    if not float(np.linalg.norm(velocity)) <= _FASTEST_MPS:
        velocity[:] = 0.0
    moment = start(plot.time_s, place, spread, velocity, settings)
    moment.is_placed = True
    return moment


def first_place(plot: Plot) -> tuple[Vector, Vector]:
    """Return where a first plot puts its object, ECEF, shape (3,), and the covariance to begin from, (3, 3)."""
    if plot.is_ranged:
        return plot.place, np.eye(3) * _START_SIGMA_M**2
    line = plot.line
    along = float(plot.site @ line)
    closest2 = float(plot.site @ plot.site) - along * along
    shell2 = (_EARTH_RADIUS_M + _LINE_HEIGHT_M) ** 2
    half = math.sqrt(max(shell2 - closest2, 0.0))
    is_outside = float(plot.site @ plot.site) > shell2
    distance = -along - half if is_outside else -along + half
    spread = _START_SIGMA_M**2 * (np.eye(3) - np.outer(line, line)) + _LINE_SIGMA_M**2 * np.outer(line, line)
    return plot.site + distance * line, spread
