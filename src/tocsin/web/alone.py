"""What this member would know of an event without its peers: its own plots, fused by themselves, and never issued.

It is reckoned while somebody looks at an event, and from the store: so it is known of earlier moments too.
"""

from __future__ import annotations

import secrets
import threading
import time
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tocsin.geo.geodesic import distance_m
from tocsin.markings import Marking, combine
from tocsin.records import Admitted, Launch, body_of
from tocsin.store import RecordQuery, Store, Window
from tocsin.warning import WarningDesk, WarningSettings
from tocsin.warning.gain import is_useful
from tocsin.web.shapes import Alone, Assessment, EventItem

BEFORE = timedelta(minutes=3)
"""Plots that came so long before an event was told are fused too."""
LONGEST = timedelta(hours=2)
"""Nothing flies longer."""
NEAREST_KM = 50.0
"""An event of our own sensors is the same as a shared one if its last position lies this near, besides …"""
SIGMAS = 4.0
"""… so many sigmas of ours."""
SAME_TIME = timedelta(seconds=15)
"""At most so long apart: the object moved meanwhile."""

_STEP = timedelta(seconds=1)


@dataclass
class _Told:
    """What our own plots alone told of one launch."""

    useful_at: datetime | None = None
    moments: list[tuple[datetime, Launch]] = field(default_factory=list)


class AloneDesk:
    """A warning desk that sees this member's own plots and nothing else; safe to be asked by several threads.

    Args:
        member: Whose plots they are.
        settings: Of the fusion; those of the member's own desk.
    """

    def __init__(self, member: str, settings: WarningSettings) -> None:
        self._member = member
        self._settings = settings
        self._lock = threading.Lock()
        self._fused: _Fused | None = None

    def ask(self, store: Store, event: EventItem, now: datetime, known_at: datetime | None = None) -> Alone | None:
        """Return what would be known of an event; None if our own sensors saw nothing by then.

        Args:
            store: This member's.
            event: The event as it is shown.
            now: The page's time.
            known_at: Only what had come in by then counts; None: by now.

        Raises:
            StoreError: The store cannot be read.
        """
        begin = event.opened_at - BEFORE
        with self._lock:
            fused = self._fused
            if fused is None or not fused.begin <= begin <= fused.at:
                fused = self._fused = _Fused(self._member, self._settings, begin)
            fused.catch_up(store, min(now, event.opened_at + LONGEST))
            return fused.answer(event, now if known_at is None else known_at)


class _Fused:
    """What own plots since a time tell, fused second by second as the member's own desk does."""

    def __init__(self, member: str, settings: WarningSettings, begin: datetime) -> None:
        self.begin = self.at = begin
        self._member = member
        self._order = 0
        self._marking: Marking | None = None
        self._waiting: list[Admitted] = []
        self._told: dict[tuple[str, str], _Told] = {}
        self._desk = WarningDesk(member, (), settings, lambda: secrets.token_hex(16))

    def catch_up(self, store: Store, now: datetime) -> None:
        query = RecordQuery(
            kinds=("warning.detection",), originator=self._member, after_order=self._order,
            windows=(Window(time="admitted", since=self.begin),),
        )  # fmt: skip
        for stored in store.records(query):
            self._order = stored.order
            self._waiting.append(stored.admitted)
            marking = stored.admitted.record.marking
            self._marking = marking if self._marking is None else combine(self._marking, marking)
        while self.at + _STEP <= now:
            if not self._waiting and not self._desk.pictures:  # nothing flies
                self.at += (now - self.at) // _STEP * _STEP
                return
            began_s = time.thread_time()
            self.at += _STEP
            batch = [entry for entry in self._waiting if entry.admitted_at <= self.at]
            self._waiting = [entry for entry in self._waiting if entry.admitted_at > self.at]
            for record in (*self._desk.take(batch, self.at), *self._desk.tick(self.at)):
                launch = body_of(record)
                if isinstance(launch, Launch):
                    self._note(record.status, launch)
            time.sleep(time.thread_time() - began_s)  # the feed of all pages comes first: half a core at most is ours

    def answer(self, event: EventItem, at: datetime) -> Alone | None:
        shared = event.members.get(event.leading)
        near = [
            (apart, told)
            for (status, _), told in self._told.items()
            if status == event.status and shared is not None and (apart := _apart(told, shared)) is not None
        ]
        if not near or self._marking is None:
            return None
        _, told = min(near, key=lambda pair: pair[0])
        known = bisect_right([moment for moment, _ in told.moments], at)
        if not known:
            return None
        launch = told.moments[known - 1][1]
        return Alone(
            stage=launch.stage, detections=launch.detections, sensors=launch.sensors,
            ellipse_95_km=None if launch.impact is None else launch.impact.ellipse_95_km,
            useful_at=told.useful_at if told.useful_at is not None and told.useful_at <= at else None,
            audience=self._marking.releasable_to, caveats=self._marking.caveats,
        )  # fmt: skip

    def _note(self, status: str, launch: Launch) -> None:
        told = self._told.setdefault((status, launch.event_id), _Told())
        told.moments.append((self.at, launch))
        if told.useful_at is None and is_useful(launch):
            told.useful_at = self.at


def _apart(told: _Told, shared: Assessment) -> float | None:
    """Return how far what we tell alone lies from a shared trail at the same time, km; None if it is something else."""
    if not shared.trail:
        return None
    until = shared.trail[-1][3] + SAME_TIME  # of an earlier picture, the trail ends earlier than ours
    tracks = (launch.track for _, launch in reversed(told.moments))
    track = next((track for track in tracks if track is not None and track.at <= until), None)
    if track is None:
        return None
    lon_deg, lat_deg, _, at = min(shared.trail, key=lambda point: abs(point[3] - track.at))
    if abs(at - track.at) > SAME_TIME:
        return None
    km = distance_m(track.lat_deg, track.lon_deg, lat_deg, lon_deg) / 1e3
    return km if km <= NEAREST_KM + SIGMAS * track.sigma_m / 1e3 else None
