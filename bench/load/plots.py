"""Detections by the hundred thousand, so cheap to make that the load is not the maker's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from tocsin.markings import marking_for
from tocsin.records import Precedence, Record, Source

_SPREAD = 0x9E3779B97F4A7C15
"""2**64 over the golden ratio: multiples of it are spread evenly, as the random ids of a node are."""

_BODY = (
    b'{"sensor_id":"KOR-radar-bench","sensor":{"lat_deg":36.5,"lon_deg":127.5,"altitude_m":0.0},'
    b'"range_m":%d.25,"azimuth_deg":%d.125,"elevation_deg":12.0625,"range_sigma_m":50.0,"angle_sigma_deg":0.15,'
    b'"bias_sigma_deg":0.05,"independence_group":"%b"}'
)


class Plots:
    """Numbered detections of one member.

    Args:
        originator: The member.
        audience: Who may have them.
        precedence: ``flash``, ``immediate``, ``routine`` or ``bulk``.
        run: Up to 8 characters that tell these from the detections of another call.
    """

    def __init__(self, originator: str, audience: list[str], *, precedence: str, run: str) -> None:
        self._originator = originator
        self._marking = marking_for(*audience)
        self._precedence = Precedence(precedence)
        self._run = run
        self._sources = (Source(cites="Synthetic: bench.load.plots"),)

    def make(self, number: int) -> Record:
        """Return the detection with a number, observed now."""
        now = datetime.now(UTC)
        id_ = record_id(self._run, number)
        body = _BODY % (400_000 + number % 900_000, number % 360, id_.encode())
        return Record(
            kind="warning.detection", id=id_, originator=self._originator, marking=self._marking, status="test",
            precedence=self._precedence, issued_at=now, observed_at=now, synthetic=True, sources=self._sources,
            body=msgspec.Raw(body),
        )  # fmt: skip


def record_id(run: str, number: int) -> str:
    """Return the id of a numbered detection; ids are in no order, as those of a node are."""
    return f"{number * _SPREAD % 2**64:016x}-{run}-{number:09d}"


def number_of(id_: str) -> int:
    """Return the number in an id that ``record_id`` made."""
    return int(id_.rpartition("-")[2])


Answer = dict[str, Any]
"""What a member's process tells."""
