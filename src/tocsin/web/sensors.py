"""Sensors on the map: where they stand, what they are said to cover, and how far they saw something by now.

Only a member's own configuration says what a sensor covers. Of a partner's sensor no more is known than where its
plots lay: less than it can see, and that is how the page shows it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from tocsin.markings import Marking, combine, status_class
from tocsin.records import Detection
from tocsin.web.shapes import Coverage, SensorItem
from tocsin.web.shown import Shown

SECTORS = 24
"""Of 15 degrees each, the first from north eastwards."""

_EARTH_RADIUS_KM = 6371.0088
"""Of the mean sphere: for drawing, never for a warning."""


class DeclaredSensor(msgspec.Struct, frozen=True, kw_only=True):
    """A sensor of this member, by its configuration."""

    sensor_id: str
    lat_deg: float
    lon_deg: float
    altitude_m: float
    coverage: Coverage
    audience: tuple[str, ...]
    """Those who may see on a screen of ours what it covers."""


@dataclass
class _Seen:
    """What plots told of one sensor, in one status."""

    lat_deg: float
    lon_deg: float
    altitude_m: float
    marking: Marking
    first_admitted_at: datetime
    last_admitted_at: datetime
    last_observed_at: datetime
    synthetic: bool = False
    plots: int = 0
    reach_km: list[float] = field(default_factory=lambda: [0.0] * SECTORS)


class SensorBook:
    """The sensors that gave plots."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str, str], _Seen] = {}
        """By status, originator and id: an exercise's plots say nothing of what is real."""

    def take(self, shown: Shown, detection: Detection) -> None:
        """Take in a plot; a sanitised one tells of no sensor."""
        record, place = shown.record, detection.sensor
        if place is None or record.observed_at is None:
            return
        key = (record.status, record.originator, detection.sensor_id)
        seen = self._seen.get(key)
        if seen is None:
            seen = self._seen[key] = _Seen(
                place.lat_deg, place.lon_deg, place.altitude_m, record.marking, shown.admitted_at, shown.admitted_at,
                record.observed_at,
            )  # fmt: skip
        seen.lat_deg, seen.lon_deg, seen.altitude_m = place.lat_deg, place.lon_deg, place.altitude_m  # ships move
        if seen.marking != record.marking:
            seen.marking = combine(seen.marking, record.marking)
        seen.last_admitted_at = max(seen.last_admitted_at, shown.admitted_at)
        seen.last_observed_at = max(seen.last_observed_at, record.observed_at)
        seen.synthetic = seen.synthetic or record.synthetic
        seen.plots += 1
        if detection.azimuth_deg is not None and (km := ground_range_km(detection)) is not None:
            sector = int(detection.azimuth_deg / 360.0 * SECTORS) % SECTORS
            seen.reach_km[sector] = max(seen.reach_km[sector], km)

    def forget(self, now: datetime, after: timedelta) -> None:
        """Drop what gave no plot for long."""
        self._seen = {key: seen for key, seen in self._seen.items() if now - seen.last_admitted_at <= after}

    def drop(self, status: str) -> None:
        """Forget all that was seen in a status."""
        self._seen = {key: seen for key, seen in self._seen.items() if key[0] != status}

    def items(self, declared: Sequence[DeclaredSensor] = (), *, member: str = "") -> tuple[SensorItem, ...]:
        """Return the sensors, those of the configuration with what they cover.

        Args:
            declared: Sensors of this member.
            member: This member.
        """
        by_id = {(member, each.sensor_id): each for each in declared}
        found = [_of_plots(key, seen, by_id.get(key[1:])) for key, seen in sorted(self._seen.items())]
        silent = by_id.keys() - {key[1:] for key in self._seen}
        return (*found, *(_of_configuration(member, by_id[key]) for key in sorted(silent)))


def ground_range_km(detection: Detection) -> float | None:
    """Return how far over ground a plot lies from its sensor, km; None if the sensor measures no range."""
    if detection.range_m is None or detection.elevation_deg is None or detection.sensor is None:
        return None
    range_km, elevation_rad = detection.range_m / 1e3, math.radians(detection.elevation_deg)
    from_centre_km = _EARTH_RADIUS_KM + detection.sensor.altitude_m / 1e3
    angle_rad = math.atan2(
        range_km * math.cos(elevation_rad), from_centre_km + range_km * math.sin(elevation_rad)
    )  # fmt: skip
    return _EARTH_RADIUS_KM * angle_rad


def _of_plots(key: tuple[str, str, str], seen: _Seen, declared: DeclaredSensor | None) -> SensorItem:
    status, originator, sensor_id = key
    marking = seen.marking
    if declared is not None:
        marking = combine(marking, Marking(releasable_to=declared.audience))
    return SensorItem(
        member=originator, sensor_id=sensor_id, lat_deg=seen.lat_deg, lon_deg=seen.lon_deg,
        altitude_m=seen.altitude_m, status=status, world=status_class(status), synthetic=seen.synthetic,
        audience=marking.releasable_to, caveats=marking.caveats, plots=seen.plots,
        first_admitted_at=seen.first_admitted_at, last_observed_at=seen.last_observed_at,
        coverage=None if declared is None else declared.coverage,
        reach_km=tuple(round(km, 1) for km in seen.reach_km),
    )  # fmt: skip


def _of_configuration(member: str, declared: DeclaredSensor) -> SensorItem:
    return SensorItem(
        member=member, sensor_id=declared.sensor_id, lat_deg=declared.lat_deg, lon_deg=declared.lon_deg,
        altitude_m=declared.altitude_m, status="", world=None, synthetic=False, audience=declared.audience,
        caveats=(), plots=0, first_admitted_at=None, last_observed_at=None, coverage=declared.coverage, reach_km=(),
    )  # fmt: skip
