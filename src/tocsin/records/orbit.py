"""What is announced of launches into orbit, so that a rocket that rises as announced is not taken for something else.

Positions are WGS 84, degrees. Azimuths are degrees clockwise from true north.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from tocsin.clock import require_utc
from tocsin.records.warning import Position


class HazardArea(msgspec.Struct, frozen=True, kw_only=True):
    """An area that ships and aircraft are told to keep clear of, since stages come down there."""

    name: str
    outline: tuple[tuple[float, float], ...]
    """Corners in turn, latitude and longitude in degrees, the first not repeated; at least three. It is narrower than
    180 degrees of longitude and may cross the 180th meridian."""

    def __post_init__(self) -> None:
        if len(self.outline) < 3:
            raise ValueError("an outline has three corners or more")
        for lat_deg, lon_deg in self.outline:
            Position(lat_deg=lat_deg, lon_deg=lon_deg)


class LaunchNotice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An announced space launch (``orbit.launch_notice``).

    A later one takes its place by ``supersedes``; what is called off is taken back by ``cancels``. Where it was
    published stands in the record's ``sources``.
    """

    authority: str
    """Who announced it."""
    opens_at: datetime
    closes_at: datetime
    site: Position
    site_radius_km: float = 30.0
    """How far from ``site`` it may rise."""
    azimuth_deg: float | None = None
    """Of the launch; None: towards the hazard areas."""
    azimuth_within_deg: float = 15.0
    """By how much it may differ, either way."""
    hazard_areas: tuple[HazardArea, ...] = ()
    vehicle: str = ""

    def __post_init__(self) -> None:
        require_utc(self.opens_at)
        require_utc(self.closes_at)
        if self.closes_at < self.opens_at:
            raise ValueError("closes_at is not before opens_at")
        if self.azimuth_deg is not None and not 0 <= self.azimuth_deg < 360:
            raise ValueError("azimuth_deg is at least 0 and below 360")
        if not (0 < self.site_radius_km <= 500 and 0 < self.azimuth_within_deg <= 180):
            raise ValueError("site_radius_km is up to 500, azimuth_within_deg up to 180, both above 0")
