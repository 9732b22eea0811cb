"""Many objects in free flight, and what an invented radar sees of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from tocsin.geo.ballistics import coast
from tocsin.geo.earth import Vector, ecef_from_geodetic, enu_basis, polar_from_ecef
from tocsin.markings import marking_for
from tocsin.records import Admitted, ChainId, Detection, FrameRef, Position, Precedence, Source, with_body

START = datetime(2026, 3, 1, 6, tzinfo=UTC)
CDA_M = 1.0 / 7000.0
SITE_LAT_DEG, SITE_LON_DEG, BURNOUT_M = 39.0, 126.0, 60_000.0


@dataclass(frozen=True)
class Radar:
    """One invented radar."""

    sensor_id: str
    position: Position
    range_sigma_m: float
    angle_sigma_deg: float
    bias_sigma_deg: float = 0.03
    revisit_s: float = 0.0
    """It looks so often, and tells so; zero: it tells nothing."""
    is_infrared: bool = False
    """It measures no range."""


RADAR = Radar("radar-1", Position(lat_deg=36.5, lon_deg=127.5, altitude_m=50.0), 30.0, 0.15)
RADARS = tuple(
    Radar(f"radar-{number}", Position(lat_deg=lat_deg, lon_deg=lon_deg, altitude_m=50.0), 30.0, 0.1, revisit_s=1.0)
    for number, (lat_deg, lon_deg) in enumerate(((36.5, 127.5), (37.8, 128.9), (36.0, 136.2), (41.0, 140.3)), 1)
)
"""Of the scene with many targets."""
SATELLITE = Radar(
    "infrared-1",
    Position(lat_deg=0.0, lon_deg=110.0, altitude_m=35_786_000.0),
    30.0,
    0.002,
    0.001,
    1.0,
    is_infrared=True,
)
"""Invented: it sees the objects of that scene as if they burned on."""


def salvo(count: int, *, half_spread_m: float, random: np.random.Generator) -> Vector:
    """Return states at time 0, shape (count, 6): side by side at burnout, and nearly alike in speed and direction."""
    basis = enu_basis(SITE_LAT_DEG, SITE_LON_DEG)
    middle = ecef_from_geodetic(SITE_LAT_DEG, SITE_LON_DEG, BURNOUT_M)
    states = np.empty((count, 6))
    for number in range(count):
        aside = np.array([*random.uniform(-half_spread_m, half_spread_m, 2), 0.0])
        climb, azimuth = math.radians(random.normal(45.0, 0.3)), math.radians(random.normal(80.0, 0.3))
        level = math.cos(climb)
        way = np.array([level * math.sin(azimuth), level * math.cos(azimuth), math.sin(climb)])
        states[number, :3] = middle + aside @ basis
        states[number, 3:] = random.normal(2900.0, 10.0) * way @ basis
    return states


def observe(
    states: Vector, radar: Radar, times_s: Sequence[float], random: np.random.Generator, *, sweep_s: float = 0.0
) -> Iterator[list[Admitted]]:
    """Yield scans: from each time on the radar sees all objects in their order, within ``sweep_s``."""
    off_deg = random.normal(0.0, radar.bias_sigma_deg, 2)
    here, at_s, place = states.copy(), 0.0, radar.position
    for scan, time_s in enumerate(times_s):
        here, at_s = np.array([coast(state, CDA_M, time_s - at_s, 0.5) for state in here]), time_s
        seen = []
        for number, there in enumerate(here):
            later_s = sweep_s * number / len(here)
            state = coast(there, CDA_M, later_s, 0.5)
            range_m, azimuth_deg, elevation_deg = polar_from_ecef(
                state[:3], place.lat_deg, place.lon_deg, place.altitude_m
            )
            noise = random.standard_normal(3)
            body = Detection(
                sensor_id=radar.sensor_id,
                sensor=place,
                range_m=None if radar.is_infrared else range_m + radar.range_sigma_m * float(noise[0]),
                azimuth_deg=float(azimuth_deg + off_deg[0] + radar.angle_sigma_deg * noise[1]) % 360.0,
                elevation_deg=float(elevation_deg + off_deg[1] + radar.angle_sigma_deg * noise[2]),
                range_sigma_m=None if radar.is_infrared else radar.range_sigma_m,
                angle_sigma_deg=radar.angle_sigma_deg,
                bias_sigma_deg=radar.bias_sigma_deg,
                revisit_s=radar.revisit_s,
            )
            at = START + timedelta(seconds=float(time_s) + later_s)
            seen.append(admitted(body, f"{radar.sensor_id}-{scan:04d}-{number:04d}", at))
        yield seen


def admitted(body: Detection, id_: str, at: datetime) -> Admitted:
    """Return what the door would hand over, without the frame."""
    record = with_body(
        "warning.detection", body, id=id_, originator="USA", marking=marking_for("JPN", "KOR", "USA"), status="test",
        precedence=Precedence.FLASH, issued_at=at, observed_at=at, synthetic=True, sources=(Source(cites="bench"),),
    )  # fmt: skip
    chain = ChainId("USA", record.marking.audience, "test", Precedence.FLASH)
    return Admitted(
        record=record, raw=b"", digest="", frame=FrameRef(chain, "e", 1, "h"), index=0, admitted_at=at, sealed_at=at,
        via="USA",
    )  # fmt: skip
