"""How a picture's tracks are told to those who do not get its plots: ``warning.track``."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from tocsin.geo.earth import Vector
from tocsin.markings import Marking
from tocsin.records import GEOCENTRIC, MemberTrack, Precedence, Record, Source, with_body
from tocsin.warning import imm
from tocsin.warning.classification import BALLISTIC_FLIGHT, Classification
from tocsin.warning.models import LOG_DRAG
from tocsin.warning.moment import combined
from tocsin.warning.plots import moment_of
from tocsin.warning.settings import WarningSettings
from tocsin.warning.stages import is_free
from tocsin.warning.told import KEEP, KIND
from tocsin.warning.track import Track

_UPPER = np.triu_indices(len(KEEP))


@dataclass
class Telling:
    """What was told of one track."""

    member: str
    """Whose track it is."""
    audience: tuple[str, ...]
    """To whom it is told."""
    last_record_id: str | None = None
    _said_s: float = -math.inf
    """When, seconds since 1970 …"""
    _state_s: float = -math.inf
    """… and the time of the state that was told."""

    def due(
        self, track: Track, event_id: str, classified: Classification, settings: WarningSettings, now_s: float
    ) -> MemberTrack | None:
        """Return what is to be told now, if plots came and it is time.

        What infrared alone makes of a place is wrong by more than it says: it is not told.

        Args:
            track: As it stands.
            event_id: Of its event.
            classified: What it may be.
            settings: For the gates and the interval.
            now_s: Seconds since 1970.
        """
        is_due = now_s - self._said_s >= settings.track_interval_s and track.time_s > self._state_s
        if not (is_due and track.moment.is_placed and track.ranged_plots >= settings.min_ranged_plots):
            return None
        self._said_s, self._state_s = now_s, track.time_s
        is_known_free = is_free(track, settings)
        mean, covariance = _state(track, is_known_free=is_known_free)
        own = [plot for plot in track.early if plot.record.originator == self.member]
        return MemberTrack(
            track_id=_track_id(self.member, self.audience, track),
            event_id=event_id,
            at=moment_of(track.time_s),
            frame=GEOCENTRIC,
            position_m=(float(mean[0]), float(mean[1]), float(mean[2])),
            velocity_mps=(float(mean[3]), float(mean[4]), float(mean[5])),
            log_drag=float(mean[6]),
            covariance=tuple(covariance[_UPPER].tolist()),
            highest_m=track.top_m,
            free_probability=min(max(track.ballistic_probability, 0.0), 1.0),
            is_free=is_known_free and classified[BALLISTIC_FLIGHT] >= settings.ballistic_probability,
            classes=classified.classes,
            is_launch_like=classified.launch_like,
            sensors=len(track.newest),
            detections=track.count,
            own_sensors=len({plot.sensor for plot in own}),
            own_detections=len(own),
            first_detection_at=moment_of(min(plot.time_s for plot in track.early)),
            last_detection_at=moment_of(track.time_s),
        )

    def go_on(self, track: Track, told: Mapping[str, str]) -> None:
        """Go on from what was told before, in place of what would have been told while the picture was rebuilt.

        Args:
            track: What is told of.
            told: The latest record of each track, by track id.
        """
        self.last_record_id = told.get(_track_id(self.member, self.audience, track)) if track.count else None

    def record(self, body: MemberTrack, track: Track, *, record_id: str, status: str, now: datetime) -> Record:
        """Return the record of what is told, marked as the plots that it rests on allow."""
        told = with_body(
            KIND,
            body,
            id=record_id,
            originator=self.member,
            marking=Marking(releasable_to=self.audience, public_warning=track.public_warning),
            status=status,
            precedence=Precedence.IMMEDIATE,
            issued_at=now,
            observed_at=body.last_detection_at,
            synthetic=track.is_synthetic,
            sources=sources_of(track),
            supersedes=self.last_record_id,
        )
        self.last_record_id = told.id
        return told


def _state(track: Track, *, is_known_free: bool) -> tuple[Vector, Vector]:
    """Return what is known of a track, in the order of ``KEEP``: of free flight alone, or over both models."""
    moment = track.moment
    mean = moment.states[imm.BALLISTIC, KEEP]
    covariance = moment.covariances[imm.BALLISTIC][np.ix_(KEEP, KEEP)]
    if is_known_free:
        return mean, covariance
    position, velocity, spread = combined(moment)
    apart = np.zeros((7, 7))
    apart[:6, :6] = spread
    apart[6, 6] = moment.covariances[imm.BALLISTIC, LOG_DRAG, LOG_DRAG]
    return np.concatenate([position, velocity, mean[6:]]), apart


def _track_id(member: str, audience: tuple[str, ...], track: Track) -> str:
    """Return an id that tells nothing, and stays the same when the desk goes on after a restart."""
    first = track.early[0].record
    seed = "\n".join((member, *audience, first.originator, first.id))
    return hashlib.sha256(seed.encode()).hexdigest()[:32]


def sources_of(track: Track, others: Iterable[Record] = ()) -> tuple[Source, ...]:
    """Return what is said of a track rests on: the latest plot of each sensor, other records, and what these cite."""
    plots = [track.newest[sensor].record for sensor in sorted(track.newest)]
    others = tuple(others)
    cites = {source.cites for record in (*plots, *others) for source in record.sources if source.cites}
    return (
        *(Source(record=record.id, originator=record.originator) for record in (*plots, *others)),
        *(Source(cites=cited) for cited in sorted(cites)),
    )
