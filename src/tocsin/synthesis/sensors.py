"""Simulated sensors, and what they would see of a flight.

Radars measure range, azimuth and elevation, and how fast the range grows if they can, inside their coverage and above
their horizon; infrared satellites measure direction alone, while the engine burns above the clouds. There is no
refraction and no jamming; false plots are in ``clutter``.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from typing import Literal, Protocol

import msgspec
import numpy as np

from tocsin.geo.earth import (
    WGS84_A_M,
    WGS84_F,
    Vector,
    altitude_at,
    ecef_from_geodetic,
    polar_from_ecef,
)
from tocsin.geo.geodesic import initial_bearing_deg
from tocsin.records.warning import Detection, Position
from tocsin.synthesis.launches import LaunchRow

BORESIGHT_LAT_DEG, BORESIGHT_LON_DEG = 40.0, 127.0
"""What the middle of a radar's coverage points at if its table says nothing else."""
PROBABILITY_OF_DETECTION = 0.9
CLOUD_TOP_M = 8_000.0
"""An infrared satellite sees nothing beneath."""
LATENCY_SPREAD = 0.5
"""Sigma of the logarithm of a plot's latency."""

_GRAZING = 1e-9

SensorKind = Literal["radar", "infrared_satellite"]


class Sensor(msgspec.Struct, frozen=True, kw_only=True):
    """One simulated sensor; all noise is one sigma."""

    sensor_id: str
    member: str
    """ISO 3166-1 alpha-3."""
    kind: SensorKind
    position: Position
    nominal_range_m: float | None
    """None: as far as the line of sight."""
    azimuth_coverage_deg: float
    """The whole angle, up to 360."""
    min_elevation_deg: float | None
    """None: down to the edge of the earth."""
    update_interval_s: float
    range_sigma_m: float | None
    """None: it measures no range."""
    angle_sigma_deg: float
    """Of azimuth and of elevation."""
    bias_sigma_deg: float
    """Of the constant error in each angle, drawn anew for every event; the filter is told of it."""
    boresight_deg: float | None = None
    """Azimuth of the middle of its coverage; None: towards 40 N 127 E."""
    max_elevation_deg: float = 90.0
    range_rate_sigma_mps: float | None = None
    """None: it measures no range rate."""
    detection_probability: float = PROBABILITY_OF_DETECTION
    """At each look at what it can see."""
    range_bias_sigma_m: float = 0.0
    """Of the constant error in range, drawn anew for every event; nobody is told of it."""
    azimuth_bias_deg: float = 0.0
    """An error that is there always, in every event; nobody is told of it. So the next two."""
    elevation_bias_deg: float = 0.0
    range_bias_m: float = 0.0
    latency_s: float = 0.0
    """Median time from measurement to hand-over."""
    outages_s: tuple[tuple[float, float], ...] = ()
    """Times after lift-off, from and to, in which it is silent."""
    clutter_per_scan: float = 0.0
    """Mean number of false plots in each scan."""

    @property
    def boresight(self) -> float:
        """Azimuth of the middle of its coverage, degrees."""
        if self.boresight_deg is not None:
            return self.boresight_deg
        place = self.position
        return initial_bearing_deg(place.lat_deg, place.lon_deg, BORESIGHT_LAT_DEG, BORESIGHT_LON_DEG)

    @property
    def site(self) -> Vector:
        """Where it stands, ECEF, shape (3,), metres."""
        return ecef_from_geodetic(self.position.lat_deg, self.position.lon_deg, self.position.altitude_m)

    def is_silent_at(self, time_s: float) -> bool:
        """Tell whether an outage holds at a time after lift-off."""
        return any(start_s <= time_s < end_s for start_s, end_s in self.outages_s)


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement of one sensor."""

    member: str
    sensor_id: str
    time_s: float
    """Of measurement, after lift-off, on the millisecond."""
    arrives_s: float
    """When it is handed over, after lift-off, on the millisecond."""
    body: Detection
    is_false: bool = False
    """Whether nothing was there."""


class Target(Protocol):
    """What sensors look at: a reconstructed flight, or a truth that departs from it."""

    @property
    def launch(self) -> LaunchRow:
        """Its launch; keys the noise together with ``name``."""

    @property
    def name(self) -> str:
        """Keys the noise: two bodies of one launch have two names."""

    @property
    def begins_s(self) -> float:
        """When it is first there, after lift-off."""

    @property
    def burnout_s(self) -> float:
        """When the thrust ends."""

    @property
    def duration_s(self) -> float:
        """When it is last there."""

    def state_at(self, time_s: float) -> Vector:
        """Return ECEF metres and m/s, shape (6,)."""


def observe(target: Target, sensors: Iterable[Sensor], seed: int) -> tuple[Plot, ...]:
    """Return what the sensors see of a body, in the order of time.

    Every sensor has a random sequence of its own, keyed by seed, body and sensor: what one sees does not depend on
    which others there are. Its constant errors are keyed by the event: those of a salvo share them.

    Args:
        target: What flies.
        sensors: Those that look.
        seed: Any whole number; the same gives the same plots.
    """
    plots = [plot for sensor in sensors for plot in _observe_one(target, sensor, seed)]
    return tuple(sorted(plots, key=lambda plot: (plot.time_s, plot.sensor_id)))


def random_for(*words: object) -> np.random.Generator:
    """Return a generator that the words alone determine."""
    key = hashlib.sha256("\n".join(str(word) for word in words).encode()).digest()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(int.from_bytes(key, "big"))))


def constant_errors(sensor: Sensor, *, event_id: str, seed: int) -> tuple[float, float, float]:
    """Return a sensor's errors in an event that stay as they are: range (m), azimuth and elevation (degrees)."""
    drawn = random_for(seed, event_id, sensor.sensor_id, "constant").standard_normal(3)
    return (
        sensor.range_bias_m + sensor.range_bias_sigma_m * float(drawn[2]),
        sensor.azimuth_bias_deg + sensor.bias_sigma_deg * float(drawn[0]),
        sensor.elevation_bias_deg + sensor.bias_sigma_deg * float(drawn[1]),
    )


def _observe_one(target: Target, sensor: Sensor, seed: int) -> list[Plot]:
    random = random_for(seed, target.name, sensor.sensor_id)
    errors = constant_errors(sensor, event_id=target.launch.event_id, seed=seed)
    first_s = target.begins_s + random.uniform(0.0, sensor.update_interval_s)
    end_s = target.burnout_s if sensor.kind == "infrared_satellite" else target.duration_s
    times_s = np.round(np.arange(first_s, end_s, sensor.update_interval_s), 3)
    times_s = times_s[times_s <= end_s]  # rounding may lead past it
    is_detected = random.random(times_s.size) < sensor.detection_probability
    noise = random.standard_normal((times_s.size, 5))
    boresight_deg = sensor.boresight
    plots = []
    for time_s, draw in zip(times_s[is_detected].tolist(), noise[is_detected], strict=True):
        state = target.state_at(time_s)
        seen = None if sensor.is_silent_at(time_s) else look(sensor, state[:3], boresight_deg)
        if seen is not None:
            body = _measured(sensor, state, tuple(a + b for a, b in zip(seen, errors, strict=True)), draw)
            plots.append(_plot(sensor, time_s, float(draw[4]), body))
    return plots


def look(sensor: Sensor, target: Vector, boresight_deg: float) -> tuple[float, float, float] | None:
    """Return true range (m), azimuth and elevation (degrees) of what the sensor can see; None if it cannot.

    Args:
        sensor: It has no outage.
        target: ECEF, shape (3,), metres.
        boresight_deg: ``sensor.boresight``, reckoned once.
    """
    place = sensor.position
    range_m, azimuth_deg, elevation_deg = polar_from_ecef(target, place.lat_deg, place.lon_deg, place.altitude_m)
    if sensor.nominal_range_m is not None and range_m > sensor.nominal_range_m:
        return None
    if sensor.min_elevation_deg is not None and elevation_deg < sensor.min_elevation_deg:
        return None
    if elevation_deg > sensor.max_elevation_deg:
        return None
    off_deg = abs((azimuth_deg - boresight_deg + 180.0) % 360.0 - 180.0)
    if off_deg > 0.5 * sensor.azimuth_coverage_deg:
        return None
    if sensor.kind == "infrared_satellite" and altitude_at(target[0], target[1], target[2]) < CLOUD_TOP_M:
        return None
    if not is_in_line_of_sight(sensor.site, target):
        return None
    return range_m, azimuth_deg, elevation_deg


def is_in_line_of_sight(first: Vector, second: Vector) -> bool:
    """Tell whether the straight line between two places, ECEF metres, stays clear of the ellipsoid."""
    to_sphere = np.array([1.0, 1.0, 1.0 / (1.0 - WGS84_F)]) / WGS84_A_M
    start, way = first * to_sphere, (second - first) * to_sphere
    nearest = start + way * min(1.0, max(0.0, -float(start @ way) / float(way @ way)))
    return float(nearest @ nearest) >= 1.0 - _GRAZING


def _measured(sensor: Sensor, state: Vector, seen: tuple[float, ...], draw: Vector) -> Detection:
    """Add noise to range, azimuth and elevation that hold the constant errors already."""
    range_m, azimuth_deg, elevation_deg = seen
    azimuth_deg, elevation_deg = direction(
        azimuth_deg + sensor.angle_sigma_deg * float(draw[1]), elevation_deg + sensor.angle_sigma_deg * float(draw[2])
    )
    rate_mps = None
    if sensor.range_rate_sigma_mps is not None:
        away = state[:3] - sensor.site
        rate_mps = float(away @ state[3:] / np.linalg.norm(away)) + sensor.range_rate_sigma_mps * float(draw[3])
    return Detection(
        sensor_id=sensor.sensor_id,
        sensor=sensor.position,
        range_m=None if sensor.range_sigma_m is None else max(1.0, range_m + sensor.range_sigma_m * float(draw[0])),
        azimuth_deg=azimuth_deg,
        elevation_deg=elevation_deg,
        range_sigma_m=sensor.range_sigma_m,
        angle_sigma_deg=sensor.angle_sigma_deg,
        bias_sigma_deg=sensor.bias_sigma_deg,
        range_rate_mps=rate_mps,
        range_rate_sigma_mps=sensor.range_rate_sigma_mps,
        revisit_s=sensor.update_interval_s,
    )


def _plot(sensor: Sensor, time_s: float, delay: float, body: Detection) -> Plot:
    late_s = sensor.latency_s * math.exp(LATENCY_SPREAD * delay)
    return Plot(
        member=sensor.member, sensor_id=sensor.sensor_id, time_s=time_s, arrives_s=round(time_s + late_s, 3), body=body
    )


def direction(azimuth_deg: float, elevation_deg: float) -> tuple[float, float]:
    """Bring noisy angles back into their ranges; past the zenith or nadir lies the opposite azimuth."""
    if abs(elevation_deg) > 90.0:
        elevation_deg = math.copysign(180.0, elevation_deg) - elevation_deg
        azimuth_deg += 180.0
    azimuth_deg %= 360.0
    return (0.0 if azimuth_deg >= 360.0 else float(azimuth_deg)), float(elevation_deg)
