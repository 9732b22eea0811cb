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
from tocsin.warning import held, plain
from tocsin.warning.crowding import can_wait
from tocsin.warning.law import law_of
from tocsin.warning.measurement import PLACED
from tocsin.warning.models import SENSOR_SLOTS
from tocsin.warning.moment import Moment, known, since
from tocsin.warning.plain import Batch
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
        self._made = plain.room()
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
        latest = (track.newest.get(sensor) for sensor in moment.sensors)
        self._books.seen_s[row, : len(numbers)] = [-math.inf if plot is None else plot.time_s for plot in latest]
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
            since(moment.above_since_s),
            since(moment.gate_since_s),
            moment.is_discerning,
            moment.residual2,
            moment.residual_figures,
            moment.distances,
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

    def batch(self, plots: Sequence[Plot], crowded: Sequence[bool]) -> Batch:
        """Return plots, in the order in which they are to be taken, as ``take_plain`` takes them.

        Args:
            plots: In the order of their keys.
            crowded: Of each, whether its sensor sees several objects about there.
        """
        looks = [(plot.time_s, plot.sensor) for plot in plots]
        others = [None, *looks], [*looks[1:], None]
        return Batch(
            plots=_packed(plots),
            sensors=np.array([self._sensors.get(plot.sensor, -1) for plot in plots], np.int64),
            looks_s=np.array([plot.look_s for plot in plots], float),
            is_crowded=np.array(crowded, bool),
            can_wait=np.array([can_wait(plot) for plot in plots], bool),
            is_alone=np.array([look not in others for look, *others in zip(looks, *others, strict=False)], bool),
        )

    def take_plain(
        self, plots: Sequence[Plot], batch: Batch, first: int, until_s: float
    ) -> tuple[list[tuple[int, int, Moment | None]], bool]:
        """Fuse plots as long as it is plain whose they are (``plain.take``); the books of the tracks are to be kept.

        Args:
            plots: A batch.
            batch: The same in arrays.
            first: The first of the plots that is taken.
            until_s: When a look is over that some plots wait for, seconds since 1970.

        Returns:
            Of each plot that was taken what becomes of it, the row of its track, and what that is then; and whether
            it is not plain what becomes of the next.
        """
        made = self._made
        taken, is_stuck = plain.take(
            self._now, self._ahead, self._books, self._law, len(self.tracks), batch, first, until_s, made
        )
        said = zip(made.outcome[:taken].tolist(), made.rows[:taken].tolist(), strict=True)
        flags = zip(
            made.is_single[:taken].tolist(), made.is_discerning[:taken].tolist(), made.since_s[:taken].tolist(),
            made.residuals[:taken].tolist(), made.counts[:taken].tolist(), strict=True,
        )  # fmt: skip
        found: list[tuple[int, int, Moment | None]] = []
        for k, ((outcome, row), (is_single, is_discerning, times_s, residuals, count)) in enumerate(
            zip(said, flags, strict=True)
        ):
            if outcome != plain.FUSED:
                found.append((outcome, row, None))
                continue
            before = self._moments[row]
            used = before.used
            after = before.with_arrays(
                made.states[k, :, :used].copy(), made.covariances[k, :, :used, :used].copy(), made.weights[k].copy()
            )
            after.time_s, after.is_single, after.is_discerning = plots[first + k].time_s, is_single, is_discerning
            after.above_since_s, after.gate_since_s = map(known, times_s)
            after.residual2, after.residual_figures = residuals
            if is_single:
                after.distances = made.distances[k, :count].copy()
            self._moments[row] = after
            found.append((outcome, row, after))
        return found, is_stuck

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
