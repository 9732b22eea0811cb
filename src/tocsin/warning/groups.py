"""Objects that cannot be told apart: one event with a range of counts, instead of events that come and go.

A track is shown once it stands clear of every track that is shown already: at least ``RESOLVED_M`` apart, and apart by
more than its errors explain. Until then it is a hidden member of the group of the shown track next to it. How many
objects a group is, is told by what sensors see of it in one look: no look shows an object twice, so that there are
at least as many objects as the plots of a look. Of those that stand closer than a sensor can resolve a look
shows one in two or less, which gives the other end: twice as many and one more. Groups that stand so close that a plot
may be of either are counted in one look together.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector
from tocsin.warning.crowding import Glimpses
from tocsin.warning.track import Track

RESOLVED_M = 2_000.0
"""Below this, radars of 0.1 degrees resolved no salvo of forty, whatever the method."""
_RESOLVED_CHI2 = 9.0
_OWN_M = 5_000.0
"""A plot counts for the nearest track, and for none that is further off than this and three sigmas."""
_BESIDE_M = 8_000.0
_QUANTILE = 0.75
NO_GROUP = 0
"""In place of a group: of a track that people are not told of yet."""


def places(tracks: Sequence[Track], time_s: float) -> tuple[Vector, Vector]:
    """Return where tracks are at a time, shape (n, 3), ECEF, metres, and the covariances, shape (n, 3, 3).

    They go straight on from where they were last seen, without the errors of speed for more than that way.
    """
    found, spreads = np.zeros((len(tracks), 3)), np.zeros((len(tracks), 3, 3))
    for row, track in enumerate(tracks):
        position, velocity, covariance = track.motion
        gap_s = time_s - track.time_s
        found[row] = position + gap_s * velocity
        spreads[row] = covariance[:3, :3] + gap_s * gap_s * covariance[3:, 3:]
    return found, spreads


def head_of(track: Track, shown: Sequence[Track]) -> Track | None:
    """Return the shown track to whose group one belongs that is not shown; None if there is no such track.

    It cannot be told apart from that, or that is next to it and its birth was contested.
    """
    unresolved = nearest_unresolved(track, shown)
    if unresolved is not None or not track.is_contested or not shown:
        return unresolved
    return shown[int(np.argmin(_apart_m(track, shown)))]


def is_beside(track: Track, others: Sequence[Track]) -> bool:
    """Tell whether a track is so near others that their plots may be among its own."""
    return bool(others) and bool(_apart_m(track, others).min() < _BESIDE_M)


def _apart_m(track: Track, others: Sequence[Track]) -> Vector:
    found, _ = places([track, *others], track.time_s)
    apart_m: Vector = np.linalg.norm(found[1:] - found[0], axis=1)
    return apart_m


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
    """Return how many plots of one look belong to each group; groups without any are left out.

    Groups that lie so close that a plot may be of either are counted in one and the same look, or together they would
    be more than any look shows: that with the most plots in all of each sensor, and of the sensors the one that three
    quarters do not exceed.

    Args:
        heads: Of each of ``tracks``, which group it belongs to, or ``NO_GROUP``.
        tracks: All of them, one or more.
        latest: Of each sensor its latest plots.
    """
    time_s = max(track.time_s for track in tracks)
    found, spreads = places(tracks, time_s)
    velocities = np.array([track.motion[1] for track in tracks])
    reaches_m = _OWN_M + 3.0 * np.sqrt(np.trace(spreads, axis1=1, axis2=2))
    crowds = _crowds(np.array(heads), found, reaches_m)
    looks: dict[int, list[Counter[int]]] = defaultdict(list)
    for plots in latest:
        seen: dict[int, list[tuple[float, float, int]]] = defaultdict(list)
        rows = _owners(found, velocities, reaches_m, time_s, plots)
        for row, seen_s, look_s in zip(rows.tolist(), plots.times_s.tolist(), plots.looks_s.tolist(), strict=True):
            if row >= 0:
                seen[crowds[row]].append((seen_s, look_s, heads[row]))
        for crowd, owned in seen.items():
            looks[crowd].append(_fullest_look(owned))
    counted: dict[int, int] = {}
    for crowd, found_looks in looks.items():
        ordered = sorted(found_looks, key=Counter.total)
        look = ordered[int(_QUANTILE * (len(ordered) - 1))]
        for head in {heads[row] for row, other in enumerate(crowds) if other == crowd} - {NO_GROUP, *look}:
            fullest = max(look, key=lambda each: look[each])
            look[fullest] -= look[fullest] > 1  # what no plot counts for is one all the same: one of those of another
            look[head] = 1
        counted |= look
    return counted


def _crowds(heads: NDArray[np.int64], found: Vector, reaches_m: Vector) -> list[int]:
    """Return of each track the crowd that its group is in, as a number."""
    apart_m = np.linalg.norm(found[:, None] - found[None], axis=2)
    is_one = (apart_m < np.maximum(reaches_m[:, None], reaches_m[None])) | (heads[:, None] == heads[None])
    crowds: list[int] = connected_components(is_one, directed=False)[1].tolist()
    return crowds


def _fullest_look(owned: Sequence[tuple[float, float, int]]) -> Counter[int]:
    """Return how many plots of each group are in the fullest look: of each plot its time, its look and its group."""
    found: Counter[int] = Counter()
    for start_s, look_s, _ in owned:
        seen = Counter(head for at_s, _, head in owned if start_s <= at_s <= start_s + look_s)
        if seen.total() > found.total():
            found = seen
    return found


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
