"""What really flies in one run, and what the sensors tell of it."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.geo.earth import Vector
from tocsin.synthesis.flights import Flight
from tocsin.synthesis.sensors import Plot


@dataclass(frozen=True, eq=False)
class Truth:
    """A flight with its end, and the plots of it in the order of time."""

    flight: Flight
    plots: tuple[Plot, ...]

    @property
    def burnout_s(self) -> float:
        """After lift-off."""
        return self.flight.burnout_s

    @property
    def impact_s(self) -> float:
        """After lift-off."""
        return self.flight.duration_s

    @property
    def impact_lat_deg(self) -> float:
        """Where it comes down."""
        return self.flight.impact_lat_deg

    @property
    def impact_lon_deg(self) -> float:
        """Where it comes down."""
        return self.flight.impact_lon_deg

    @property
    def site_lat_deg(self) -> float:
        """Where it rose from."""
        return self.flight.burn.site_lat_deg

    @property
    def site_lon_deg(self) -> float:
        """Where it rose from."""
        return self.flight.burn.site_lon_deg

    def state_at(self, time_s: float) -> Vector:
        """Return the state, shape (6,), at a time after lift-off."""
        return self.flight.state_at(time_s)
