"""What flies low and level: an aircraft or a cruise missile, for sensors to look at.

It keeps its course along a great circle, its height and its speed. Nothing in Tocsin foretells where it goes: it is
here so that what is not ballistic can be told from what is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tocsin.errors import DomainError
from tocsin.geo.earth import Vector, ecef_from_geodetic
from tocsin.geo.geodesic import destination
from tocsin.synthesis.launches import LaunchRow

_VELOCITY_STEP_S = 0.5


@dataclass(frozen=True, kw_only=True)
class LevelFlight:
    """A flight of constant course, height and speed, from its first moment to its last."""

    launch: LaunchRow
    """The event that keys the sensors' constant errors."""
    lat_deg: float
    lon_deg: float
    """Where it begins."""
    bearing_deg: float
    altitude_m: float
    speed_mps: float
    """Over ground."""
    duration_s: float
    begins_s: float = 0.0
    burnout_s: float = 0.0
    """No infrared satellite sees it."""

    def __post_init__(self) -> None:
        if not (self.speed_mps > 0 and self.duration_s > self.begins_s):
            raise ValueError("speed and duration of a level flight are greater than zero")

    @property
    def name(self) -> str:
        """Keys the noise."""
        course = f"from {self.lat_deg:g} {self.lon_deg:g} towards {self.bearing_deg:g}"
        return f"{self.launch.launch_id} level {course}, {self.altitude_m:g} m, {self.speed_mps:g} m/s"

    def state_at(self, time_s: float) -> Vector:
        """Return ECEF metres and m/s, shape (6,).

        Raises:
            DomainError: It is not there at that time.
        """
        if not self.begins_s <= time_s <= self.duration_s:
            raise DomainError(f"{self.name} is there from {self.begins_s:.3f} to {self.duration_s:.3f} s")
        before, after = self._place(time_s - _VELOCITY_STEP_S), self._place(time_s + _VELOCITY_STEP_S)
        return np.concatenate([self._place(time_s), (after - before) / (2.0 * _VELOCITY_STEP_S)])

    def _place(self, time_s: float) -> Vector:
        lat_deg, lon_deg = destination(self.lat_deg, self.lon_deg, self.bearing_deg, self.speed_mps * time_s)
        return ecef_from_geodetic(lat_deg, lon_deg, self.altitude_m)
