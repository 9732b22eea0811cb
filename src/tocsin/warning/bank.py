"""The tracks of a picture side by side in arrays: one compiled call asks all of them for one plot or for a hundred.

Tracks and their moments stay what they are and know nothing of this. A row holds a copy of the newest moment of a
track, and another that is moved on to the time of the plot last asked for; whoever fuses that plot takes the latter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.geo.earth import Vector
from tocsin.warning import held
from tocsin.warning.gate import law_of
from tocsin.warning.measurement import PLACED
from tocsin.warning.models import SENSOR_SLOTS
from tocsin.warning.moment import Moment
from tocsin.warning.plots import PACKED, Plot
from tocsin.warning.settings import WarningSettings
from tocsin.warning.track import Fused, Track

_FIRST_ROOM = 4


@dataclass(frozen=True, eq=False)
class Misfits:
    """How far plots of one sensor are from what tracks expect."""

    plots: Sequence[Plot]
    distances: Vector
    """Squared and normalised, shape (tracks, plots); infinite beyond the gate, and where a track has a plot of that
    look already."""
    costs: Vector
    """Of the assignment, likewise."""

    def of(self, columns: Sequence[int]) -> Misfits:
        """Return the same for some of the plots."""
        if len(columns) == len(self.plots):
            return self
        return Misfits([self.plots[k] for k in columns], self.distances[:, columns], self.costs[:, columns])


class Bank:
    """Tracks in arrays."""

    def __init__(self, settings: WarningSettings) -> None:
        self._law = law_of(settings)
        self._moments: list[Moment] = []
        self._sensors: dict[str, int] = {}
        self._reserve(_FIRST_ROOM)
        self.tracks: Sequence[Track] = ()

    def _reserve(self, capacity: int) -> None:
        self._moments = []
        self._now, self._ahead = held.room(capacity), held.room(capacity)
        self._books = held.room_for_books(capacity)

    def follow(self, tracks: Sequence[Track]) -> Bank:
        """Take over the newest moments of these tracks where they are new, and return the bank."""
        if len(tracks) > len(self._now.times_s):
            self._reserve(2 * len(tracks))
        moments, self.tracks = self._moments, tracks
        del moments[len(tracks) :]
        held_now = enumerate(zip(tracks, moments, strict=False))
        stale = [row for row, (track, moment) in held_now if track.moment is not moment]
        for row in (*stale, *range(len(moments), len(tracks))):
            self._enter(row, tracks[row])
        for row in stale:
            moments[row] = tracks[row].moment
        moments += [track.moment for track in tracks[len(moments) :]]
        return self

    def _enter(self, row: int, track: Track) -> None:
        moment = track.moment
        numbers = [self._sensors.setdefault(sensor, len(self._sensors)) for sensor in moment.sensors]
        self._books.sensors[row] = numbers + [-1] * (SENSOR_SLOTS - len(numbers))
        held.enter(
            self._now,
            self._books,
            row,
            moment.time_s,
            moment.states,
            moment.covariances,
            moment.weights,
            moment.used,
            moment.is_single,
            moment.is_placed,
            track.ranged_plots > 0,
            math.nan if moment.above_since_s is None else moment.above_since_s,
            math.nan if moment.gate_since_s is None else moment.gate_since_s,
        )
        self._ahead.times_s[row] = math.nan

    @property
    def newest_s(self) -> float:
        """The time of the newest plot of any track, seconds since 1970; minus infinity if there is none."""
        times_s = self._now.times_s[: len(self.tracks)]
        return float(times_s.max()) if times_s.size else -math.inf

    def near(self, plots: Sequence[Plot]) -> NDArray[np.bool_]:
        """Tell, quickly and generously, which plots could pass the gate of which track, shape (tracks, plots)."""
        found: NDArray[np.bool_] = held.near(self._now.times_s, self._books, len(self.tracks), _packed(plots))
        return found

    def misfits(self, plots: Sequence[Plot]) -> Misfits:
        """Return how far plots of one sensor are from what the tracks expect."""
        shape = len(self.tracks), len(plots)
        distances, costs = np.full(shape, math.inf), np.full(shape, math.inf)
        sensor = self._sensors.get(plots[0].sensor, -1)
        within, earlier = held.gate(
            self._now, self._ahead, self._books, self._law, sensor, _packed(plots), distances, costs
        )
        for row, column in within.tolist():
            if plots[column].form != PLACED and self.tracks[row].has_seen(plots[column]):
                distances[row, column] = costs[row, column] = math.inf
        for row, column in earlier.tolist():
            track, plot = self.tracks[row], plots[column]
            moment = None if plot.form != PLACED and track.has_seen(plot) else track.at(plot.time_s)
            if moment is not None:
                distance2, cost = track.distance(moment, plot)
                if distance2 <= self._law.gate_chi2:
                    distances[row, column], costs[row, column] = distance2, cost
        return Misfits(plots, distances, costs)

    def fused(self, pairs: Sequence[tuple[int, Plot]]) -> list[Fused | None]:
        """Fuse plots into the tracks that were just compared with them, all in one call.

        Args:
            pairs: Rows and plots of one sensor; each is told of its track by ``Track.add``, which keeps the books.

        Returns:
            What each track becomes; None where more is to be done than to fuse: the plot is late, it is the first
            that fixes the place, or the first of its sensor.
        """
        sensor = self._sensors.get(pairs[0][1].sensor, -1) if pairs else -1
        packed = _packed([plot for _, plot in pairs])
        rows = np.array([row for row, _ in pairs], np.int64)
        distances2 = held.fuse(self._now, self._ahead, self._books, self._law, sensor, rows, packed)
        return [
            None if math.isnan(distance2) else Fused(plot, self.tracks[row].moment, self._taken(row, plot), distance2)
            for (row, plot), distance2 in zip(pairs, distances2.tolist(), strict=True)
        ]

    def _taken(self, row: int, plot: Plot) -> Moment:
        """Return what a plot has made of a row."""
        track, moved = self.tracks[row], self._ahead
        used = track.moment.used
        states, covariances = moved.states[row, :, :used], moved.covariances[row, :, :used, :used]
        moment = track.moment.with_arrays(states.copy(), covariances.copy(), moved.weights[row].copy())
        moment.time_s, moment.is_single = plot.time_s, bool(moved.is_single[row])
        return moment


def _packed(plots: Sequence[Plot]) -> Vector:
    """Return plots as rows of one array, shape (n, PACKED)."""
    return np.array([plot.packed for plot in plots]).reshape(-1, PACKED)
