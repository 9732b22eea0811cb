"""Where a sensor sees several objects close together, and the plots that wait there for the rest of their look.

Radars hand over plot after plot, each with a time of its own. Where only one object is, each can be given to its track
at once. Where several are, the first plot of a look would be given to whichever track it fits, its owner would find
nothing left but the neighbour's, and so on: there the plots of a look wait for each other and are assigned together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from tocsin.geo.earth import Vector
from tocsin.warning.measurement import ANGLES
from tocsin.warning.plots import Plot
from tocsin.warning.track import first_place

_CLOSE_M = 20_000.0
_LONGEST_WAIT_S = 1.6
"""Tracks put late plots in their place for three seconds; what looks more seldom is not waited for."""
_LOOKS_KEPT = 2.0


@dataclass
class Crowding:
    """The latest plots of each sensor, and those that wait."""

    _latest: dict[str, list[tuple[Plot, Vector]]] = field(default_factory=dict)
    _waiting: dict[str, list[Plot]] = field(default_factory=dict)

    def copy(self) -> Crowding:
        """Return one that goes on from here without touching this."""
        return Crowding(
            {sensor: list(latest) for sensor, latest in self._latest.items()},
            {sensor: list(waiting) for sensor, waiting in self._waiting.items()},
        )

    @property
    def is_empty(self) -> bool:
        """Whether no plot waits."""
        return not self._waiting

    @property
    def latest(self) -> Iterable[list[tuple[Plot, Vector]]]:
        """Of each sensor that tells its looks, the plots of the latest two, and their places."""
        return self._latest.values()

    def is_crowded(self, plot: Plot) -> bool:
        """Take note of a plot, and tell whether its sensor sees several objects about there."""
        if plot.look_s == 0.0:
            return False
        place = plot.place if plot.is_ranged else first_place(plot)[0]
        oldest_s = plot.time_s - _LOOKS_KEPT * plot.look_s
        latest = [entry for entry in self._latest.get(plot.sensor, ()) if entry[0].time_s >= oldest_s]
        latest.append((plot, place))
        self._latest[plot.sensor] = latest
        near = [other for other, there in latest if float(np.linalg.norm(there - place)) < _CLOSE_M]
        return any(one.shares_look_with(other) for one, other in combinations(near, 2))

    def wait(self, plot: Plot) -> bool:
        """Let a plot wait for the rest of its look; False if that is not over soon enough to be waited for."""
        can_wait = plot.form != ANGLES and 0.0 < plot.look_s <= _LONGEST_WAIT_S
        if can_wait:
            self._waiting.setdefault(plot.sensor, []).append(plot)
        return can_wait

    def over(self, time_s: float) -> Iterator[list[Plot]]:
        """Yield the looks that are over at a time, seconds since 1970, each with its plots, and forget them."""
        for sensor in sorted(self._waiting):
            waiting = sorted(self._waiting[sensor], key=lambda plot: plot.key)
            while waiting and waiting[0].time_s + waiting[0].look_s < time_s:
                end_s = waiting[0].time_s + waiting[0].look_s
                yield [plot for plot in waiting if plot.time_s <= end_s]
                waiting = [plot for plot in waiting if plot.time_s > end_s]
            if waiting:
                self._waiting[sensor] = waiting
            else:
                del self._waiting[sensor]
