"""Invented sensors, and what they would see of a flight.

Radars measure range, azimuth and elevation inside their coverage and above their horizon; infrared satellites measure
direction alone, while the engine burns above the clouds. There is no clutter, no refraction and no jamming.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Container, Iterable
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from tocsin.errors import FeedError
from tocsin.geo.earth import WGS84_A_M, WGS84_F, Vector, ecef_from_geodetic, geodetic_from_ecef, polar_from_ecef
from tocsin.geo.geodesic import initial_bearing_deg
from tocsin.records.warning import Detection, Position
from tocsin.synthesis.flights import Flight
from tocsin.synthesis.tables import Cells, number_in, rows_of

REQUIRED_COLUMNS = (
    "sensor_id", "member", "type", "lat_deg", "lon_deg", "nominal_range_km", "azimuth_coverage_deg",
    "min_elevation_deg", "update_interval_s", "range_noise_m", "angle_noise_deg",
)  # fmt: skip

BORESIGHT_LAT_DEG, BORESIGHT_LON_DEG = 40.0, 127.0
"""What the middle of a radar's coverage points at."""
PROBABILITY_OF_DETECTION = 0.9
CLOUD_TOP_M = 8_000.0
"""An infrared satellite sees nothing beneath."""
GEOSTATIONARY_ALTITUDE_M = 35_786_000.0
RADAR_BIAS_SIGMA_DEG = 0.03
INFRARED_BIAS_SIGMA_DEG = 0.00115

_MEMBER = re.compile(r"[A-Z]{3}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_GRAZING = 1e-9

SensorKind = Literal["radar", "infrared_satellite"]


class Sensor(msgspec.Struct, frozen=True, kw_only=True):
    """One invented sensor; all noise is one sigma."""

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
    """Of the constant error in each angle, drawn anew for every flight."""


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement of one sensor."""

    member: str
    sensor_id: str
    time_s: float
    """Of measurement, after lift-off, on the millisecond."""
    body: Detection


def load_sensors(path: Path | None = None) -> tuple[Sensor, ...]:
    """Read a sensor table.

    Args:
        path: A table with at least ``REQUIRED_COLUMNS`` (``altitude_m`` and ``bias_sigma_deg`` are read if there);
            None for the one that comes with the program.

    Raises:
        FeedError: The table or one of its rows cannot be read; a network with a sensor less is another network, so
            no row is left out.
    """
    source, lines = rows_of(path, packaged="sensors.csv", required=REQUIRED_COLUMNS)
    sensors: dict[str, Sensor] = {}
    for line, cells in lines:
        try:
            sensor = _sensor(cells, known=sensors)
        except ValueError as error:
            raise FeedError(str(error), source=source, line=line, advice="Correct the row or take it out") from error
        sensors[sensor.sensor_id] = sensor
    return tuple(sensors.values())


def observe(flight: Flight, sensors: Iterable[Sensor], seed: int) -> tuple[Plot, ...]:
    """Return what the sensors see of a flight, in the order of time.

    Every sensor has a random sequence of its own, keyed by seed, launch and sensor: what one sees does not depend on
    which others there are.

    Args:
        flight: What flies.
        sensors: Those that look.
        seed: Any whole number; the same gives the same plots.
    """
    plots = [plot for sensor in sensors for plot in _observe_one(flight, sensor, seed)]
    return tuple(sorted(plots, key=lambda plot: (plot.time_s, plot.sensor_id)))


def _observe_one(flight: Flight, sensor: Sensor, seed: int) -> list[Plot]:
    key = hashlib.sha256(f"{seed}\n{flight.launch.launch_id}\n{sensor.sensor_id}".encode()).digest()
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence(int.from_bytes(key, "big"))))
    azimuth_bias_deg, elevation_bias_deg = random.normal(0.0, sensor.bias_sigma_deg, 2)
    first_s = random.uniform(0.0, sensor.update_interval_s)
    end_s = flight.burnout_s if sensor.kind == "infrared_satellite" else flight.duration_s
    times_s = np.round(np.arange(first_s, end_s, sensor.update_interval_s), 3)
    times_s = times_s[times_s <= end_s]  # rounding may lead past it
    is_detected = random.random(times_s.size) < PROBABILITY_OF_DETECTION
    noise = random.standard_normal((times_s.size, 3))
    boresight_deg = initial_bearing_deg(
        sensor.position.lat_deg, sensor.position.lon_deg, BORESIGHT_LAT_DEG, BORESIGHT_LON_DEG
    )
    plots = []
    for time_s, draw in zip(times_s[is_detected], noise[is_detected], strict=True):
        seen = _look(sensor, flight.state_at(float(time_s))[:3], boresight_deg)
        if seen is None:
            continue
        range_m, azimuth_deg, elevation_deg = seen
        azimuth_deg, elevation_deg = _direction(
            azimuth_deg + azimuth_bias_deg + sensor.angle_sigma_deg * draw[1],
            elevation_deg + elevation_bias_deg + sensor.angle_sigma_deg * draw[2],
        )
        body = Detection(
            sensor_id=sensor.sensor_id,
            sensor=sensor.position,
            range_m=None if sensor.range_sigma_m is None else max(1.0, range_m + sensor.range_sigma_m * float(draw[0])),
            azimuth_deg=azimuth_deg,
            elevation_deg=elevation_deg,
            range_sigma_m=sensor.range_sigma_m,
            angle_sigma_deg=sensor.angle_sigma_deg,
            bias_sigma_deg=sensor.bias_sigma_deg,
        )
        plots.append(Plot(member=sensor.member, sensor_id=sensor.sensor_id, time_s=float(time_s), body=body))
    return plots


def _look(sensor: Sensor, target: Vector, boresight_deg: float) -> tuple[float, float, float] | None:
    """Return true range, azimuth and elevation if the target is where the sensor can see it."""
    place = sensor.position
    range_m, azimuth_deg, elevation_deg = polar_from_ecef(target, place.lat_deg, place.lon_deg, place.altitude_m)
    if sensor.nominal_range_m is not None and range_m > sensor.nominal_range_m:
        return None
    if sensor.min_elevation_deg is not None and elevation_deg < sensor.min_elevation_deg:
        return None
    off_deg = abs((azimuth_deg - boresight_deg + 180.0) % 360.0 - 180.0)
    if off_deg > 0.5 * sensor.azimuth_coverage_deg:
        return None
    if sensor.kind == "infrared_satellite" and geodetic_from_ecef(target)[2] < CLOUD_TOP_M:
        return None
    if not is_in_line_of_sight(ecef_from_geodetic(place.lat_deg, place.lon_deg, place.altitude_m), target):
        return None
    return range_m, azimuth_deg, elevation_deg


def is_in_line_of_sight(first: Vector, second: Vector) -> bool:
    """Tell whether the straight line between two places, ECEF metres, stays clear of the ellipsoid."""
    to_sphere = np.array([1.0, 1.0, 1.0 / (1.0 - WGS84_F)]) / WGS84_A_M
    start, way = first * to_sphere, (second - first) * to_sphere
    nearest = start + way * min(1.0, max(0.0, -float(start @ way) / float(way @ way)))
    return float(nearest @ nearest) >= 1.0 - _GRAZING


def _direction(azimuth_deg: float, elevation_deg: float) -> tuple[float, float]:
    """Bring noisy angles back into their ranges; past the zenith or nadir lies the opposite azimuth."""
    if abs(elevation_deg) > 90.0:
        elevation_deg = math.copysign(180.0, elevation_deg) - elevation_deg
        azimuth_deg += 180.0
    azimuth_deg %= 360.0
    return (0.0 if azimuth_deg >= 360.0 else float(azimuth_deg)), float(elevation_deg)


def _sensor(cells: Cells, *, known: Container[str]) -> Sensor:
    if cells.get(""):
        raise ValueError(f"more cells than columns: {cells[''][:40]!r}")
    sensor_id, member, kind = cells["sensor_id"], cells["member"], cells["type"]
    if not _ID.fullmatch(sensor_id):
        raise ValueError(f"sensor_id {sensor_id[:40]!r} is empty, too long or not of letters, digits, . _ -")
    if sensor_id in known:
        raise ValueError(f"sensor_id {sensor_id} was there before")
    if not _MEMBER.fullmatch(member):
        raise ValueError(f"member {member[:40]!r} is not three capital letters")
    if kind not in ("radar", "infrared_satellite"):
        raise ValueError(f"type {kind[:40]!r} is neither radar nor infrared_satellite")
    is_radar = kind == "radar"
    range_km = number_in(cells, "nominal_range_km", low=1, high=100_000)
    range_sigma_m = number_in(cells, "range_noise_m", low=1e-3, high=1e6)
    if is_radar and (range_km is None or range_sigma_m is None):
        raise ValueError("a radar has nominal_range_km and range_noise_m")
    if not is_radar and range_sigma_m is not None:
        raise ValueError("an infrared satellite measures no range: leave range_noise_m empty")
    altitude_m = number_in(cells, "altitude_m", low=-500, high=1e9)
    if altitude_m is None:
        altitude_m = 0.0 if is_radar else GEOSTATIONARY_ALTITUDE_M
    bias_sigma_deg = number_in(cells, "bias_sigma_deg", low=0, high=10)
    if bias_sigma_deg is None:
        bias_sigma_deg = RADAR_BIAS_SIGMA_DEG if is_radar else INFRARED_BIAS_SIGMA_DEG
    return Sensor(
        sensor_id=sensor_id,
        member=member,
        kind="radar" if is_radar else "infrared_satellite",
        position=Position(
            lat_deg=_needed(cells, "lat_deg", low=-90, high=90),
            lon_deg=_needed(cells, "lon_deg", low=-180, high=180),
            altitude_m=altitude_m,
        ),
        nominal_range_m=None if range_km is None else 1000.0 * range_km,
        azimuth_coverage_deg=_needed(cells, "azimuth_coverage_deg", low=1, high=360),
        min_elevation_deg=number_in(cells, "min_elevation_deg", low=-90, high=90),
        update_interval_s=_needed(cells, "update_interval_s", low=0.01, high=3600),
        range_sigma_m=range_sigma_m,
        angle_sigma_deg=_needed(cells, "angle_noise_deg", low=1e-6, high=45),
        bias_sigma_deg=bias_sigma_deg,
    )


def _needed(cells: Cells, column: str, *, low: float, high: float) -> float:
    number = number_in(cells, column, low=low, high=high)
    if number is None:
        raise ValueError(f"{column} is empty")
    return number
