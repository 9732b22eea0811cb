"""Tracks that peers release where they hold their detections: as the desk takes them, and which event they are of.

A peer's track is compared with an event's at the time of its state. How much the two share nobody knows, so the gate
allows for any correlation (``intersection.distance2``). Tracks of one peer and events are matched one to one, and only
if no other would fit nearly as well, as in ``events``; a track that bears the event's id is of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from tocsin.geo.earth import Vector
from tocsin.records import GEOCENTRIC, Admitted, MemberTrack, Record
from tocsin.warning import imm
from tocsin.warning.intersection import distance2
from tocsin.warning.matching import clear_pairs
from tocsin.warning.models import KINEMATIC, LEAST_LOG_DRAG, LOG_DRAG, MOST_LOG_DRAG
from tocsin.warning.moment import Moment, combined, moved
from tocsin.warning.plots import FASTEST_MPS, FINEST_M, FINEST_MPS, FURTHEST_M, seconds_of
from tocsin.warning.settings import WarningSettings
from tocsin.warning.track import Track

KIND = "warning.track"
KEEP = (0, 1, 2, 3, 4, 5, LOG_DRAG)
"""Of the filter's state: what a track tells, and what an impact is foretold from."""

_DEEPEST_M = 5_500_000.0
_FINEST_LOG_DRAG = 0.01
_WIDEST_LOG_DRAG = 2.0
_THRUST_MPS2 = 50.0
"""What may push an object that is not known to fly free, one sigma."""
_LONGEST_GAP_S = 5.0
_OLDEST_S = 7200.0
_HEARD_S = 60.0
_WAIT_S = 5.0

Key = tuple[str, str, str]
"""Originator, audience and track id."""


@dataclass(frozen=True, eq=False)
class Told:
    """A peer's track: the record, and its state as a moment of the ballistic model."""

    record: Record
    body: MemberTrack
    moment: Moment

    @property
    def key(self) -> Key:
        """Which track it is."""
        return (*self.source, self.body.track_id)

    @property
    def source(self) -> tuple[str, str]:
        """Who tells it, to which audience: two tracks of one source are two objects."""
        return self.record.originator, self.record.marking.audience

    @property
    def time_s(self) -> float:
        """Of the state, seconds since 1970."""
        return self.moment.time_s


def free_moment(time_s: float, mean: Vector, covariance: Vector) -> Moment:
    """Return the filter as it is with the ballistic model alone.

    Args:
        time_s: Seconds since 1970.
        mean: Shape (7,), in the order of ``KEEP``.
        covariance: Shape (7, 7).
    """
    states, covariances = np.zeros((2, KINEMATIC)), np.zeros((2, KINEMATIC, KINEMATIC))
    states[:, KEEP] = mean
    covariances[np.ix_((imm.BOOST, imm.BALLISTIC), KEEP, KEEP)] = covariance
    return Moment(time_s, states, covariances, np.array([0.0, 1.0]), is_single=True, is_placed=True)


def told_of(entry: Admitted) -> Told | None:
    """Read a track; None if its frame is not known here, or its figures are such as no body near the earth has."""
    body = entry.body
    if not isinstance(body, MemberTrack) or body.frame != GEOCENTRIC:
        return None
    mean = np.array([*body.position_m, *body.velocity_mps, body.log_drag])
    covariance = np.zeros((7, 7))
    covariance[np.triu_indices(7)] = body.covariance
    covariance += np.triu(covariance, 1).T
    variances = np.diagonal(covariance)
    radius_m, speed_mps = np.hypot.reduce(mean[:3]), np.hypot.reduce(mean[3:6])
    widest = np.array([FURTHEST_M] * 3 + [FASTEST_MPS] * 3 + [_WIDEST_LOG_DRAG])
    is_known = bool(((variances > 0.0) & (variances < widest**2)).all())
    if not (is_known and _DEEPEST_M < radius_m < FURTHEST_M and speed_mps < FASTEST_MPS):
        return None
    # No filter is taken for better than the finest sensor, and sums of such different size lose their digits.
    covariance += np.diag([FINEST_M**2] * 3 + [FINEST_MPS**2] * 3 + [_FINEST_LOG_DRAG**2])
    unit = np.sqrt(np.diagonal(covariance))
    try:
        np.linalg.cholesky(covariance / np.outer(unit, unit))
    except np.linalg.LinAlgError:
        return None
    mean[6] = min(max(mean[6], LEAST_LOG_DRAG), MOST_LOG_DRAG)
    moment = free_moment(seconds_of(body.at), mean, covariance)
    moment.weights = np.array([1.0 - body.free_probability, body.free_probability])
    return Told(entry.record, body, moment)


def misfit(track: Track, told: Told, settings: WarningSettings) -> float:
    """Return how badly a peer's track fits one of ours: at most 1 within the gate, infinite if not comparable."""
    theirs, ours = told.moment, track.at(told.time_s)
    if ours is None and told.body.is_free:
        theirs, ours = moved(theirs, track.time_s, settings), track.moment
    gap_s = abs(told.time_s - track.time_s)
    if ours is None or (gap_s > _LONGEST_GAP_S and not told.body.is_free):
        return math.inf
    p1, v1, c1 = combined(ours)
    p2, v2, c2 = combined(theirs)
    if not told.body.is_free:
        push_m, push_mps = 0.5 * _THRUST_MPS2 * gap_s**2, _THRUST_MPS2 * gap_s
        c1 = c1 + np.diag([push_m**2] * 3 + [push_mps**2] * 3)
    apart = distance2(np.concatenate([p1, v1]), np.concatenate([p2, v2]), c1, c2)
    return apart / settings.track_gate_chi2


class Follower(Protocol):
    """An event, as far as this module looks at it."""

    key: int
    event_id: str
    track: Track


def may_begin(told: Told, events: Iterable[Follower], settings: WarningSettings) -> bool:
    """Tell whether a track that fits no event may begin one: it could be compared with all of them.

    One that was held up on its way may be of any of them; the next will not have been.
    """
    return all(math.isfinite(misfit(event.track, told, settings)) for event in events)


def nearest(track: Track, told: Iterable[Told], settings: WarningSettings) -> float:
    """Return how badly the best of several peers' tracks fits one of ours, as ``misfit``."""
    return min((misfit(track, each, settings) for each in told), default=math.inf)


@dataclass
class Entry:
    """The latest of one track of a peer."""

    told: Told
    since_s: float
    """When it was first told, seconds since 1970."""
    link: int | None = None
    """Key of the event that it is of."""
    has_ended: bool = False
    """That event is closed."""


@dataclass
class TrackBook:
    """The tracks of peers that a picture may use, the latest state of each, whatever order they came in."""

    left_aside: int = 0
    """Of an unknown frame, with figures that cannot be, of a wrong clock or one too many."""
    _entries: dict[Key, Entry] = field(default_factory=dict)

    def copy(self) -> TrackBook:
        """Return one that can go on without touching this."""
        return replace(self, _entries={key: replace(entry) for key, entry in self._entries.items()})

    @property
    def is_empty(self) -> bool:
        """Whether there are none."""
        return not self._entries

    def take(self, admitted: Iterable[Admitted], settings: WarningSettings, now_s: float) -> None:
        """Take in what peers tell of their tracks.

        Args:
            admitted: Of peers; other kinds are passed over.
            settings: How far ahead of our clock a state may be, and how many tracks a peer may tell of.
            now_s: Seconds since 1970.
        """
        for entry in admitted:
            if entry.record.kind != KIND:
                continue
            told = None if entry.clock_suspect else told_of(entry)
            if told is None or not now_s - _OLDEST_S <= told.time_s <= now_s + settings.future_s:
                self.left_aside += 1
                continue
            held = self._entries.get(told.key)
            if held is not None:
                if (told.time_s, told.record.id) > (held.told.time_s, held.told.record.id):
                    held.told = told
            elif sum(key[:2] == told.source for key in self._entries) < settings.max_tracks:
                self._entries[told.key] = Entry(told, now_s)
            else:
                self.left_aside += 1

    def of(self, key: int) -> tuple[Told, ...]:
        """Return the tracks that are of an event, in the order of their keys."""
        return tuple(entry.told for _, entry in sorted(self._entries.items()) if entry.link == key)

    def link(self, events: Sequence[Follower], settings: WarningSettings) -> None:
        """Find the events that tracks without one are of."""
        for source in sorted({key[:2] for key in self._entries}):
            entries = [entry for key, entry in sorted(self._entries.items()) if key[:2] == source]
            newest_s = max(entry.told.time_s for entry in entries)
            taken = {entry.link for entry in entries if entry.told.time_s >= newest_s - _HEARD_S}
            free = [entry for entry in entries if entry.link is None and not entry.has_ended]
            ours = [event for event in events if event.key not in taken]
            if not free or not ours:
                continue
            costs = np.array([[_cost(event, entry.told, settings) for entry in free] for event in ours])
            for row, column in clear_pairs(costs):
                free[column].link = ours[row].key

    def homeless(self, hearing: Mapping[str, float], now_s: float) -> list[Entry]:
        """Return the tracks that are of no event and may begin one, in the order of their keys.

        One whose originator releases plots, too, waits for some seconds: they may be of the same object.

        Args:
            hearing: When the last plot of each member came, seconds since 1970.
            now_s: Seconds since 1970.
        """
        found = []
        for key, entry in sorted(self._entries.items()):
            is_heard = now_s - hearing.get(key[0], -math.inf) <= _HEARD_S
            is_fresh = now_s - entry.told.time_s <= _HEARD_S
            has_waited = not is_heard or now_s - entry.since_s >= _WAIT_S
            if entry.link is None and not entry.has_ended and is_fresh and has_waited:
                found.append(entry)
        return found

    def hand_over(self, elder: int, younger: int) -> None:
        """Let the tracks of one event be of another."""
        for entry in self._entries.values():
            if entry.link == elder:
                entry.link = younger

    def end(self, key: int) -> None:
        """Note that an event is closed: its tracks begin none anew."""
        for entry in self._entries.values():
            if entry.link == key:
                entry.link, entry.has_ended = None, True

    def forget(self, now_s: float) -> None:
        """Drop what is of no event and old."""
        self._entries = {
            key: entry
            for key, entry in self._entries.items()
            if entry.link is not None or entry.told.time_s >= now_s - _OLDEST_S
        }


def _cost(event: Follower, told: Told, settings: WarningSettings) -> float:
    """Return 0 for a track that bears the event's id, and else how badly it fits."""
    if event.event_id and event.event_id == told.body.event_id:
        return 0.0
    return misfit(event.track, told, settings)
