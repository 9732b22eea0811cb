"""Where a sensor sees several objects close together, and the plots that wait there for the rest of their look.

Radars hand over plot after plot, each with a time of its own. Where only one object is, each can be given to its track
at once. Where several are, the first plot of a look would be given to whichever track it fits, its owner would find
nothing left but the neighbour's, and so on: there the plots of a look wait for each other and are assigned together.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector
from tocsin.warning.measurement import ANGLES
from tocsin.warning.plots import Plot
from tocsin.warning.track import first_place

_CLOSE_M = 20_000.0
_LONGEST_WAIT_S = 1.6
"""Tracks put late plots in their place for three seconds; what looks more seldom is not waited for."""
_LOOKS_KEPT = 2.0
_FIRST_ROOM = 8


class Glimpses(NamedTuple):
    """Plots of one sensor."""

    times_s: Vector
    """Shape (n,), seconds since 1970."""
    looks_s: Vector
    """How long their looks last, shape (n,)."""
    places: Vector
    """ECEF, shape (n, 3), metres."""


@njit
def _note(latest: Glimpses, count: int, time_s: float, look_s: float, place: Vector) -> tuple[int, bool]:
    """Put a plot behind the first ``count``, of which the old ones go; see ``Crowding.is_crowded``.

    Returns:
        How many there are then, and whether two of those near the plot are of one look.
    """
    oldest_s, kept = time_s - _LOOKS_KEPT * look_s, 0
    for row in range(count):
        if latest.times_s[row] >= oldest_s:
            latest.times_s[kept], latest.looks_s[kept] = latest.times_s[row], latest.looks_s[row]
            for axis in range(3):
                latest.places[kept, axis] = latest.places[row, axis]
            kept += 1
    latest.times_s[kept], latest.looks_s[kept] = time_s, look_s
    for axis in range(3):
        latest.places[kept, axis] = place[axis]
    kept += 1
    near, met = np.empty(kept, np.int64), 0
    for row in range(kept):
        apart2 = 0.0
        for axis in range(3):
            apart2 += (latest.places[row, axis] - place[axis]) ** 2
        if apart2 < _CLOSE_M * _CLOSE_M:
            for k in range(met):
                apart_s = abs(latest.times_s[row] - latest.times_s[near[k]])
                if apart_s <= max(latest.looks_s[row], latest.looks_s[near[k]]):
                    return kept, True
            near[met] = row
            met += 1
    return kept, False


@njit
def _note_all(
    latest: Glimpses, count: int, times_s: Vector, looks_s: Vector, places: Vector
) -> tuple[int, NDArray[np.bool_]]:
    """Put plots behind the first ``count``, one after the other; see ``_note``."""
    crowded = np.empty(times_s.shape[0], np.bool_)
    for k in range(times_s.shape[0]):
        count, crowded[k] = _note(latest, count, times_s[k], looks_s[k], places[k])
    return count, crowded


def _room(capacity: int, old: Glimpses | None = None) -> Glimpses:
    room = Glimpses(np.zeros(capacity), np.zeros(capacity), np.zeros((capacity, 3)))
    if old is not None:
        for here, before in zip(room, old, strict=True):
            here[: len(before)] = before
    return room


_NONE = _room(0)


def can_wait(plot: Plot) -> bool:
    """Tell whether the look of a plot is over soon enough to be waited for."""
    return plot.form != ANGLES and 0.0 < plot.look_s <= _LONGEST_WAIT_S


@dataclass
class Crowding:
    """The latest plots of each sensor, and those that wait."""

    _latest: dict[str, tuple[Glimpses, int]] = field(default_factory=dict)
    """Of each sensor, and how many of the rows are in use."""
    _waiting: dict[str, list[Plot]] = field(default_factory=dict)

    def copy(self) -> Crowding:
        """Return one that goes on from here without touching this."""
        return Crowding(
            {sensor: (_room(len(latest.times_s), latest), count) for sensor, (latest, count) in self._latest.items()},
            {sensor: list(waiting) for sensor, waiting in self._waiting.items()},
        )

    @property
    def is_empty(self) -> bool:
        """Whether no plot waits."""
        return not self._waiting

    @property
    def latest(self) -> Iterator[Glimpses]:
        """Of each sensor that tells its looks, the plots of the latest two."""
        for latest, count in self._latest.values():
            yield Glimpses(latest.times_s[:count], latest.looks_s[:count], latest.places[:count])

    def crowded(self, plots: Sequence[Plot]) -> list[bool]:
        """Take note of plots in the order of time, and tell of each whether its sensor sees several about there."""
        crowded, of_sensor = [False] * len(plots), defaultdict[str, list[int]](list)
        for k, plot in enumerate(plots):
            if plot.look_s > 0.0:
                of_sensor[plot.sensor].append(k)
        for sensor, numbers in of_sensor.items():
            seen = [plots[k] for k in numbers]
            latest, count = self._latest.get(sensor, (_NONE, 0))
            if count + len(seen) > len(latest.times_s):
                latest = _room(max(2 * (count + len(seen)), _FIRST_ROOM), latest)
            times_s, looks_s = np.array([plot.time_s for plot in seen]), np.array([plot.look_s for plot in seen])
            places = np.array([plot.place if plot.is_ranged else first_place(plot)[0] for plot in seen])
            count, found = _note_all(latest, count, times_s, looks_s, places)
            self._latest[sensor] = (latest, count)
            for k, is_crowded in zip(numbers, found.tolist(), strict=True):
                crowded[k] = is_crowded
        return crowded

    @property
    def until_s(self) -> float:
        """When the first look is over that a plot waits for, seconds since 1970; infinite if none does."""
        waiting = (plot.time_s + plot.look_s for plots in self._waiting.values() for plot in plots)
        return min(waiting, default=math.inf)

    def wait(self, plot: Plot) -> bool:
        """Let a plot wait for the rest of its look; False if that is not over soon enough to be waited for."""
        is_kept = can_wait(plot)
        if is_kept:
            self._waiting.setdefault(plot.sensor, []).append(plot)
        return is_kept

    def over(self, time_s: float) -> Iterator[list[Plot]]:
        """Yield the looks that are over at a time, seconds since 1970, each with its plots, and forget them."""
        for sensor in sorted(self._waiting):
            if all(plot.time_s + plot.look_s >= time_s for plot in self._waiting[sensor]):
                continue
            waiting = sorted(self._waiting[sensor], key=lambda plot: plot.key)
            while waiting and waiting[0].time_s + waiting[0].look_s < time_s:
                end_s = waiting[0].time_s + waiting[0].look_s
                yield [plot for plot in waiting if plot.time_s <= end_s]
                waiting = [plot for plot in waiting if plot.time_s > end_s]
            if waiting:
                self._waiting[sensor] = waiting
            else:
                del self._waiting[sensor]
