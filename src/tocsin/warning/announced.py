"""Announced space launches, and whether a track is one of them.

A notice may change what a launch is called. It never keeps silent what the plots say: the gate for an impact looks at
the plots alone, and what comes down outside the announced areas is no longer taken for the announced launch. A notice
that would narrow who may have a warning, or make it count as simulated, is left aside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import shapely

from tocsin.geo.earth import geodetic_from_ecef
from tocsin.geo.geodesic import distance_m, initial_bearing_deg
from tocsin.records import Admitted, HazardArea, LaunchNotice, Record
from tocsin.warning.classification import Finding
from tocsin.warning.launchpoint import Origin
from tocsin.warning.plots import seconds_of
from tocsin.warning.track import Track, combine_public

KIND = "orbit.launch_notice"

_AS_ANNOUNCED = (0.01, 0.7, 0.01, 0.01)
"""Few space launches do not rise as announced; that a missile rises there, then and that way is taken for 1 in 100."""
_NOT_AS_ANNOUNCED = (0.5, 0.02, 0.5, 0.5)
_EARLY_S, _LATE_S = 120.0, 300.0
"""A launch may be told to have begun so much earlier or later than it did."""
_DIRECTION_FROM_KM = 20.0
_HELD_S = 86_400.0
_MOST_EACH = 200


@dataclass(frozen=True)
class Notice:
    """A notice and the record it came in."""

    record: Record
    body: LaunchNotice

    def fits(self, origin: Origin, lat_deg: float, lon_deg: float) -> bool:
        """Tell whether something rose near the site, in the window, and went along the azimuth.

        Args:
            origin: Where and when it rose.
            lat_deg: Where it is now.
            lon_deg: The same.
        """
        notice = self.body
        begins_s, ends_s = seconds_of(notice.opens_at) - _EARLY_S, seconds_of(notice.closes_at) + _LATE_S
        if not begins_s <= origin.time_s <= ends_s:
            return False
        site = notice.site
        from_site_km = distance_m(site.lat_deg, site.lon_deg, origin.lat_deg, origin.lon_deg) * 1e-3
        if from_site_km > notice.site_radius_km + origin.radius_km:
            return False
        gone_km = distance_m(origin.lat_deg, origin.lon_deg, lat_deg, lon_deg) * 1e-3
        if gone_km < _DIRECTION_FROM_KM + origin.radius_km:
            return False  # whither it goes is not known yet
        course_deg = initial_bearing_deg(origin.lat_deg, origin.lon_deg, lat_deg, lon_deg)
        azimuths_deg = self._azimuths_deg()
        return any(
            abs((course_deg - azimuth_deg + 180.0) % 360.0 - 180.0) <= notice.azimuth_within_deg
            for azimuth_deg in azimuths_deg
        )

    def _azimuths_deg(self) -> list[float]:
        notice = self.body
        if notice.azimuth_deg is not None:
            return [notice.azimuth_deg]
        site = notice.site
        return [
            initial_bearing_deg(site.lat_deg, site.lon_deg, lat_deg, lon_deg)
            for area in notice.hazard_areas
            for lat_deg, lon_deg in area.outline
        ]

    def holds(self, lat_deg: float, lon_deg: float) -> bool:
        """Tell whether a place lies in one of the hazard areas."""
        return any(_holds(area, lat_deg, lon_deg) for area in self.body.hazard_areas)

    def finding(self, *, falls_outside: bool) -> Finding:
        """Return what the notice says of a track that fits it."""
        minutes = (self.body.closes_at - self.body.opens_at).total_seconds() / 60.0
        if falls_outside:
            return Finding(
                "announced, but falls outside the hazard areas; window of", minutes, "min", _NOT_AS_ANNOUNCED
            )
        return Finding("as announced: site, direction, window of", minutes, "min", _AS_ANNOUNCED)

    @property
    def words(self) -> str:
        """Window, hazard areas and authority."""
        notice = self.body
        day, until = notice.opens_at, notice.closes_at
        ends = f"{until:%H:%M}" if until.date() == day.date() else f"{until:%d %b %H:%M}"
        areas = ", ".join(area.name for area in notice.hazard_areas) or "none told"
        return f"announced window {day:%d %b %H:%M} to {ends} UTC, hazard areas: {areas} ({notice.authority})"


def _holds(area: HazardArea, lat_deg: float, lon_deg: float) -> bool:
    first = area.outline[0][1]

    def unrolled(lon: float) -> float:
        return first + (lon - first + 180.0) % 360.0 - 180.0

    outline = shapely.Polygon([(unrolled(lon), lat) for lat, lon in area.outline])
    return bool(outline.buffer(0.0).covers(shapely.Point(unrolled(lon_deg), lat_deg)))


def as_announced(notices: Iterable[Notice], track: Track, origin: Origin | None) -> tuple[Notice, ...]:
    """Return the first announced launch that a track fits, of those that would not narrow who may be warned."""
    if origin is None:
        return ()
    lat_deg, lon_deg, _ = geodetic_from_ecef(track.motion[0])
    for notice in notices:
        if notice.record.synthetic and not track.is_synthetic:
            continue
        if combine_public(track.public_warning, notice.record.marking.public_warning) != track.public_warning:
            continue
        if notice.fits(origin, lat_deg, lon_deg):
            return (notice,)
    return ()


@dataclass
class NoticeBook:
    """The notices of one status that still hold; of each originator the latest, at most ``_MOST_EACH``."""

    _notices: dict[tuple[str, str], Notice] = field(default_factory=dict)

    def take(self, admitted: Iterable[Admitted], now_s: float) -> None:
        """Take notices in, and drop what is superseded, called off or over.

        Args:
            admitted: Of any kind.
            now_s: Seconds since 1970.
        """
        for entry in admitted:
            record = entry.record
            if record.kind != KIND:
                continue
            for former in (record.supersedes, record.cancels):
                self._notices.pop((record.originator, former or ""), None)
            if record.cancels is None and isinstance(entry.body, LaunchNotice):
                self._notices[record.originator, record.id] = Notice(record, entry.body)
                self._bound(record.originator)
        if self._notices:
            self._notices = {key: held for key, held in self._notices.items() if not _is_over(held, now_s)}

    def _bound(self, originator: str) -> None:
        theirs = [key for key in self._notices if key[0] == originator]
        for key in theirs[:-_MOST_EACH]:
            del self._notices[key]

    @property
    def held(self) -> tuple[Notice, ...]:
        """In the order of their ids, whatever order they came in."""
        return tuple(self._notices[key] for key in sorted(self._notices))


def _is_over(notice: Notice, now_s: float) -> bool:
    expires_at = notice.record.expires_at
    is_expired = expires_at is not None and seconds_of(expires_at) < now_s
    return is_expired or seconds_of(notice.body.closes_at) + _HELD_S < now_s
