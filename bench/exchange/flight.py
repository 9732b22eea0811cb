"""What the members tell each other of in the measurement: one long flight, seen by a radar of KOR as it happens."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import numpy as np

from tocsin.geo.earth import polar_from_ecef
from tocsin.markings import PublicWarning, marking_for
from tocsin.records import Detection, Position, Precedence, Record, Source, with_body
from tocsin.synthesis import METHOD
from tocsin.synthesis.flights import reconstruct
from tocsin.synthesis.launches import load_launches, select

LAUNCH = "NK-20171128-01"
"""Lofted to 4475 km: in the air for 53 minutes, longer than any run."""

_PLACE = Position(lat_deg=36.5, lon_deg=127.5)
_RANGE_SIGMA_M, _ANGLE_SIGMA_DEG = 50.0, 0.15


class Sight:
    """The flight, by this machine's clock.

    Args:
        lift_off: UTC.
        prefix: Of the record ids.
    """

    def __init__(self, lift_off: datetime, prefix: str) -> None:
        (row,) = select(load_launches().rows, LAUNCH)
        self._flight = reconstruct(row)
        self._lift_off = lift_off
        self._prefix = prefix
        self._numbers = itertools.count(1)
        self._random = np.random.default_rng(1)

    def detection(self) -> Record:
        """Return a plot of this moment, for all three members."""
        now = datetime.now(UTC)
        state = self._flight.state_at((now - self._lift_off) / timedelta(seconds=1))
        range_m, azimuth_deg, elevation_deg = polar_from_ecef(state[:3], _PLACE.lat_deg, _PLACE.lon_deg, 0.0)
        noise = self._random.standard_normal(3)
        number = next(self._numbers)
        body = Detection(
            sensor_id="KOR-radar-bench", sensor=_PLACE, range_m=float(range_m + _RANGE_SIGMA_M * noise[0]),
            azimuth_deg=float((azimuth_deg + _ANGLE_SIGMA_DEG * noise[1]) % 360.0),
            elevation_deg=float(elevation_deg + _ANGLE_SIGMA_DEG * noise[2]), range_sigma_m=_RANGE_SIGMA_M,
            angle_sigma_deg=_ANGLE_SIGMA_DEG, bias_sigma_deg=0.05, independence_group=f"{self._prefix}-g{number:020d}",
        )  # fmt: skip
        return with_body(
            "warning.detection", body, id=f"{self._prefix}-{number:022d}", originator="KOR",
            marking=marking_for("JPN", "KOR", "USA", public_warning=PublicWarning.ASK), status="test",
            precedence=Precedence.FLASH, issued_at=now, observed_at=now, synthetic=True,
            sources=(Source(cites=METHOD),),
        )  # fmt: skip
