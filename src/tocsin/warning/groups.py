"""Objects that cannot be told apart: one event with a range of counts, instead of events that come and go.

A track is shown once it stands clear of every track that is shown already: at least ``RESOLVED_M`` apart, and apart by
more than its errors explain. Until then it is a hidden member of the group of the shown track next to it. How many
objects a group is, is told by what sensors see of it in one look: no look shows an object twice, so that there are
at least as many objects as the plots of a look. Of those that stand closer than a sensor can resolve a look
shows one in two or less, which gives the other end: twice as many and one more.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector
from tocsin.warning.crowding import Glimpses
from tocsin.warning.initiation import combined
from tocsin.warning.track import Track

RESOLVED_M = 2_000.0
"""Below this, radars of 0.1 degrees resolved no salvo of forty, whatever the method."""
_RESOLVED_CHI2 = 9.0
_OWN_M = 5_000.0
"""A plot counts for the nearest track, and for none that is further off than this and three sigmas."""


def places(tracks: Sequence[Track], time_s: float) -> tuple[Vector, Vector]:
    """Return where tracks are at a time, shape (n, 3), ECEF, metres, and the covariances, shape (n, 3, 3).

    They go straight on from where they were last seen, without the errors of speed for more than that way.
    """
    found, spreads = np.zeros((len(tracks), 3)), np.zeros((len(tracks), 3, 3))
    for row, track in enumerate(tracks):
        position, velocity, covariance = combined(track.moment)
        gap_s = time_s - track.time_s
        found[row] = position + gap_s * velocity
        spreads[row] = covariance[:3, :3] + gap_s * gap_s * covariance[3:, 3:]
    return found, spreads


def nearest_unresolved(track: Track, shown: Sequence[Track]) -> Track | None:
    """Return the shown track from which another cannot be told apart, the nearest if there are several."""
    if not shown:
        return None
    found, spreads = places([track, *shown], track.time_s)
    away = found[1:] - found[0]
    apart_m = np.linalg.norm(away, axis=1)
    wholes = spreads[1:] + spreads[0] + np.eye(3)
    apart2 = np.einsum("ni,ni->n", away, np.linalg.solve(wholes, away[:, :, None])[:, :, 0])
    unresolved = np.flatnonzero((apart_m < RESOLVED_M) | (apart2 < _RESOLVED_CHI2))
    return shown[int(unresolved[np.argmin(apart_m[unresolved])])] if unresolved.size else None


def plots_in_a_look(heads: Sequence[int], tracks: Sequence[Track], latest: Iterable[Glimpses]) -> dict[int, int]:
    """Return how many plots of one look belong to each group: of each sensor the most, of these three quarters.

    Args:
        heads: Of each of ``tracks``, which group it belongs to.
        tracks: All of them, one or more.
        latest: Of each sensor its latest plots.
    """
    time_s = max(track.time_s for track in tracks)
    found, spreads = places(tracks, time_s)
    velocities = np.array([combined(track.moment)[1] for track in tracks])
    reaches_m = _OWN_M + 3.0 * np.sqrt(np.trace(spreads, axis1=1, axis2=2))
    most: dict[int, list[int]] = defaultdict(list)
    for plots in latest:
        looks: dict[int, list[tuple[float, float]]] = defaultdict(list)
        rows = _owners(found, velocities, reaches_m, time_s, plots)
        for row, seen_s, look_s in zip(rows.tolist(), plots.times_s.tolist(), plots.looks_s.tolist(), strict=True):
            if row >= 0:
                looks[heads[row]].append((seen_s, seen_s + look_s))
        for head, seen in looks.items():
            most[head].append(max(sum(start_s <= at_s <= end_s for at_s, _ in seen) for start_s, end_s in seen))
    return {head: int(np.percentile(counts, 75.0)) for head, counts in most.items()}


@njit
def _owners(found: Vector, velocities: Vector, reaches_m: Vector, time_s: float, plots: Glimpses) -> NDArray[np.int64]:
    """Return which track is nearest to each plot at its time, or -1 if none is near or the plot is three looks old.

    Args:
        found: Where the tracks are at ``time_s``, shape (n, 3).
        velocities: Theirs, shape (n, 3).
        reaches_m: How far from each a plot of it may lie, shape (n,).
        time_s: Seconds since 1970.
        plots: Of one sensor.
    """
    owners = np.full(plots.times_s.shape[0], -1)
    for plot in range(owners.shape[0]):
        gap_s, least2, nearest = time_s - plots.times_s[plot], math.inf, -1
        if gap_s >= 3.0 * plots.looks_s[plot]:
            continue
        for row in range(found.shape[0]):
            apart2 = 0.0
            for axis in range(3):
                apart2 += (found[row, axis] - gap_s * velocities[row, axis] - plots.places[plot, axis]) ** 2
            if apart2 < least2:
                least2, nearest = apart2, row
        if nearest >= 0 and math.sqrt(least2) < reaches_m[nearest]:
            owners[plot] = nearest
    return owners


def count_range(tracks: int, plots: int) -> tuple[int, int]:
    """Return the fewest and the most objects that a group may be.

    Args:
        tracks: That cannot be told apart, the shown one among them.
        plots: Of the group in one look.
    """
    if tracks <= 1 and plots <= 1:
        return 1, 1
    return plots, 2 * plots + 1
