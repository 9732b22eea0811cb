"""From plots to tracks: one pool of tracks, fed in time order."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from tocsin.geo.earth import geodetic_from_ecef
from tocsin.warning.association import assign
from tocsin.warning.initiation import combined, is_confirmed, is_duplicate
from tocsin.warning.measurement import PLACED
from tocsin.warning.plots import Plot, independent, scans
from tocsin.warning.settings import WarningSettings
from tocsin.warning.track import Track, Waypoint, begin

_GROUPS_KEPT_S = 3600.0
_PRUNE_S = 60.0
_TRAIL_STEP_S = 1.0
_OLDEST_S = 7200.0


@dataclass
class Counts:
    """What became of the plots."""

    fused: int = 0
    replayed: int = 0
    """Late ones, put in their place."""
    too_late: int = 0
    """Older than the memory of the track they may belong to."""
    ahead: int = 0
    """Stamped later than our clock allows, or two hours old."""
    repeated: int = 0
    """Of an independence group that was fused already."""
    no_room: int = 0
    """No track was started: there are too many."""


@dataclass
class Fusion:
    """The tracks of one picture."""

    settings: WarningSettings
    tracks: list[Track] = field(default_factory=list)
    """In the order in which they began."""
    counts: Counts = field(default_factory=Counts)
    _groups: dict[str, float] = field(default_factory=dict)
    _prune_s: float = -math.inf
    """When groups are next forgotten, seconds since 1970."""

    def copy(self, tracks: list[Track]) -> Fusion:
        """Return one that goes on from here without touching this, with copies of its tracks in their order."""
        return replace(self, tracks=tracks, counts=replace(self.counts), _groups=dict(self._groups))

    def take(self, plots: Iterable[Plot], now_s: float) -> list[Track]:
        """Fuse a batch.

        Args:
            plots: In any order.
            now_s: Seconds since 1970.

        Returns:
            The tracks that got plots, in the order in which they began.
        """
        offered = list(plots)
        timely = [p for p in offered if now_s - _OLDEST_S <= p.time_s <= now_s + self.settings.future_s]
        self.counts.ahead += len(offered) - len(timely)
        fresh = list(independent(timely, self._groups))
        self.counts.repeated += len(timely) - len(fresh)
        touched: list[Track] = []
        for scan in scans(fresh):
            touched += self._take_scan(scan)
        if now_s >= self._prune_s:
            self._prune_s = now_s + _PRUNE_S
            self._groups = {group: at_s for group, at_s in self._groups.items() if at_s > now_s - _GROUPS_KEPT_S}
        self._drop_duplicates()
        return [track for track in self.tracks if any(track is other for other in touched)]

    def _take_scan(self, scan: list[Plot]) -> list[Track]:
        assignment = assign(self.tracks, scan, self.settings)
        self.counts.too_late += assignment.late
        touched = []
        for track, plot in assignment.pairs:
            self.counts.replayed += plot.time_s < track.time_s
            track.add(plot)
            self._confirm(track)
            touched.append(track)
        self.counts.fused += len(assignment.pairs)
        free = assignment.free
        while free:
            plot, free = free[0], free[1:]
            if len(self.tracks) >= self.settings.max_tracks:
                self.counts.no_room += 1
                continue
            self.counts.fused += 1
            track = begin(plot, self.settings)
            self.tracks.append(track)
            touched.append(track)
            if plot.form == PLACED and free:  # copies of one object by two sensors share a time on the grid
                twins = assign([track], free, self.settings)
                for _, twin in twins.pairs:
                    track.add(twin)
                self.counts.fused += len(twins.pairs)
                free = twins.free
        return touched

    def _confirm(self, track: Track) -> None:
        if not track.is_confirmed:
            track.is_confirmed = is_confirmed(track, self.settings)
        if not track.trail or track.time_s >= track.trail[-1].time_s + _TRAIL_STEP_S:
            position, velocity, covariance = combined(track.moment)
            sigma_m = float(np.sqrt(max(np.linalg.eigvalsh(covariance[:3, :3])[-1], 0.0)))
            track.top_m = max(track.top_m, geodetic_from_ecef(position)[2])
            track.trail.append(Waypoint(track.time_s, position, velocity, sigma_m))

    def _drop_duplicates(self) -> None:
        """Drop the younger of two tracks of one object, never one that people were told of."""
        for younger in [track for track in self.tracks if not track.is_confirmed]:
            elders = [track for track in self.tracks if track is not younger and track.count > younger.count]
            if any(is_duplicate(younger, elder) for elder in elders):
                self.drop(younger)

    def drop_stale(self, now_s: float) -> None:
        """Drop the unconfirmed tracks that have had no plot for ``tentative_s``."""
        limit_s = now_s - self.settings.tentative_s
        self.tracks = [track for track in self.tracks if track.is_confirmed or track.time_s >= limit_s]

    def drop(self, track: Track) -> None:
        """Forget a track."""
        self.tracks = [other for other in self.tracks if other is not track]
