"""When two events are one launch: the written gate, and who follows whom.

Rule. A track of ours and a peer's open event are one launch if, at the time of the peer's track point, they are at
most ``same_event_floor_km`` plus ``same_event_sigma`` times the combined sigma apart and move alike. If the states
cannot be compared (no track point, or one of over 30 km), launch times and places decide by ``same_event_launch_s``
and ``same_event_launch_km``. Tracks and events of one peer are matched one to one, and a pair is held to be one only
if no other track or event would fit nearly as well: two launches of a salvo must never become one, while one that
stays two for some seconds does no harm.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from tocsin.geo.earth import Vector, ecef_from_geodetic, enu_basis
from tocsin.geo.geodesic import distance_m
from tocsin.records import Launch, Record, TrackPoint
from tocsin.warning.launchpoint import Origin
from tocsin.warning.matching import clear_pairs
from tocsin.warning.plots import seconds_of
from tocsin.warning.settings import WarningSettings
from tocsin.warning.track import Track

_COMPARABLE_SIGMA_M = 30_000.0
_COMPARABLE_GAP_S = 20.0
_SPEED_PART = 0.3
_SPEED_FLOOR_MPS = 300.0
_AGREE_M = 1000.0
_AGREE_S = 2.0
_FORGET_S = 3 * 3600.0

Key = tuple[str, str]
"""Originator and id of a record."""


def own_source(record: Record) -> str:
    """Return how the ledger of a narrower picture names the source of a record that the member publishes.

    "own" sorts before "peer", and the wider audience, which the desk hands over first, is linked first.
    """
    return f"own {9 - len(record.marking.releasable_to)} {record.marking.audience}"


@dataclass
class PeerEvent:
    """A peer's open event, as its latest record tells it."""

    source: str
    """Who says so, in which audience."""
    record_id: str
    launch: Launch
    seen_s: float
    """When the record came, seconds since 1970."""
    link: int | None = None
    """Key of the event of ours that it is one with."""
    awaited: Key | None = None
    """A record whose place it has taken, and which is still to come."""


@dataclass
class Candidate:
    """An event of ours, as far as the gate looks at it."""

    key: int
    track: Track
    origin: Origin | None


@dataclass
class Ledger:
    """The open events of others, in the order in which they came; a later record takes its forerunner's place.

    Whichever of the two comes first: records of one moment are in no order.
    """

    entries: dict[Key, PeerEvent] = field(default_factory=dict)
    """By originator and record id: nobody takes the place of another's record (spec 1.1)."""
    outdated: dict[Key, tuple[Key, float]] = field(default_factory=dict)
    """By those that are awaited, the last that took their place and when it came, seconds since 1970."""

    def note(self, source: str, record: Record, launch: Launch, now: datetime) -> None:
        """Take in a record of an event.

        Args:
            source: Who says so, in which audience.
            record: As it came.
            launch: Its body.
            now: UTC.
        """
        key, now_s, link, awaited = (record.originator, record.id), seconds_of(now), None, None
        if record.supersedes:
            awaited = (record.originator, record.supersedes)
            before = self.entries.pop(awaited, None)
            if before is not None:
                awaited, link = before.awaited, before.link if before.source == source else None
        last = self.outdated.pop(key, (key, now_s))[0]
        if last == key and launch.stage != "closed":
            self.entries[key] = PeerEvent(source, record.id, launch, now_s, link, awaited)
        elif last in self.entries:
            newest = self.entries[last]
            newest.awaited = awaited
            newest.link = link if link is not None and newest.source == source else newest.link
        if awaited is not None:
            self.outdated[awaited] = last, now_s

    def forget(self, now_s: float, closed: int | None = None) -> None:
        """Drop what nobody closed for three hours, and links to an event of ours that is closed."""
        self.entries = {key: entry for key, entry in self.entries.items() if now_s - entry.seen_s < _FORGET_S}
        self.outdated = {key: late for key, late in self.outdated.items() if now_s - late[1] < _FORGET_S}
        for entry in self.entries.values():
            if closed is not None and entry.link == closed:
                entry.link = None

    def hand_over(self, elder: int, heir: int) -> None:
        """Let what is one with an event of ours be one with another."""
        for entry in self.entries.values():
            if entry.link == elder:
                entry.link = heir

    def by_link(self) -> dict[int, list[PeerEvent]]:
        """Return the events of others that are one with ours, by the key of ours."""
        found: dict[int, list[PeerEvent]] = {}
        for entry in self.entries.values():
            if entry.link is not None:
                found.setdefault(entry.link, []).append(entry)
        return found

    def link(self, candidates: Sequence[Candidate], settings: WarningSettings) -> list[PeerEvent]:
        """Find which events are one with ours by the rule; return those newly linked."""
        found = []
        for source in sorted({entry.source for entry in self.entries.values()}):
            entries = [entry for entry in self.entries.values() if entry.source == source]
            taken = {entry.link for entry in entries}
            free = [entry for entry in entries if entry.link is None]
            open_candidates = [candidate for candidate in candidates if candidate.key not in taken]
            for candidate, entry in _pairs(open_candidates, free, settings):
                entry.link = candidate.key
                found.append(entry)
        return found


def _pairs(
    candidates: Sequence[Candidate], entries: Sequence[PeerEvent], settings: WarningSettings
) -> list[tuple[Candidate, PeerEvent]]:
    if not candidates or not entries:
        return []
    costs = np.array([[misfit(candidate, entry.launch, settings) for entry in entries] for candidate in candidates])
    return [(candidates[row], entries[column]) for row, column in clear_pairs(costs)]


def misfit(candidate: Candidate, launch: Launch, settings: WarningSettings) -> float:
    """Return how badly a peer's event fits a track of ours: at most 1 within the gate, infinite if not comparable."""
    by_state = _misfit_of_states(candidate.track, launch.track, settings)
    if by_state is not None:
        return by_state
    origin, point, launched_at = candidate.origin, launch.launch_point, launch.launched_at
    if origin is None or point is None or launched_at is None:
        return math.inf
    apart_km = distance_m(origin.lat_deg, origin.lon_deg, point.lat_deg, point.lon_deg) * 1e-3
    apart_s = abs(origin.time_s - seconds_of(launched_at))
    return max(apart_km / settings.same_event_launch_km, apart_s / settings.same_event_launch_s)


def _misfit_of_states(track: Track, point: TrackPoint | None, settings: WarningSettings) -> float | None:
    if point is None or point.sigma_m > _COMPARABLE_SIGMA_M:
        return None
    time_s = seconds_of(point.at)
    waypoint = min(track.trail, key=lambda waypoint: abs(waypoint.time_s - time_s), default=None)
    if waypoint is None or abs(waypoint.time_s - time_s) > _COMPARABLE_GAP_S:
        return None
    if waypoint.sigma_m > _COMPARABLE_SIGMA_M:
        return None
    position, velocity = state_of(point)
    gap_s = time_s - waypoint.time_s
    # Thrust and gravity bend the way between the two times by at most 30 m/s².
    bend_m = 15.0 * gap_s * gap_s
    sigma_m = math.hypot(waypoint.sigma_m, point.sigma_m)
    limit_m = settings.same_event_floor_km * 1e3 + settings.same_event_sigma * sigma_m + bend_m
    apart_m = float(np.linalg.norm(waypoint.position + gap_s * waypoint.velocity - position))
    apart_mps = float(np.linalg.norm(waypoint.velocity - velocity))
    limit_mps = _SPEED_FLOOR_MPS + _SPEED_PART * point.speed_mps + 60.0 * abs(gap_s)
    return max(apart_m / limit_m, apart_mps / limit_mps if apart_mps > limit_mps else 0.0)


def state_of(point: TrackPoint) -> tuple[Vector, Vector]:
    """Return position and velocity of a track as a record tells it, ECEF, shape (3,) each, m and m/s."""
    climb, heading = math.radians(point.climb_deg), math.radians(point.heading_deg)
    level = point.speed_mps * math.cos(climb)
    local = np.array([level * math.sin(heading), level * math.cos(heading), point.speed_mps * math.sin(climb)])
    basis = enu_basis(point.lat_deg, point.lon_deg)
    return ecef_from_geodetic(point.lat_deg, point.lon_deg, point.altitude_m), local @ basis


def gate_in_words(settings: WarningSettings) -> str:
    """Return the rule with its figures, for ``warning.same_event``."""
    return (
        f"tracks within {settings.same_event_floor_km:g} km + {settings.same_event_sigma:g} sigma at one time and "
        f"moving alike; else launched within {settings.same_event_launch_s:g} s and "
        f"{settings.same_event_launch_km:g} km; one to one and without a rival"
    )


def agree(first: Launch, second: Launch) -> bool:
    """Tell whether two members agree on a launch: one event, impact points within 1 km and 2 s."""
    if first.event_id != second.event_id or first.impact is None or second.impact is None:
        return False
    one, other = first.impact, second.impact
    apart_m = distance_m(one.lat_deg, one.lon_deg, other.lat_deg, other.lon_deg)
    return apart_m <= _AGREE_M and abs((one.at - other.at).total_seconds()) <= _AGREE_S
