"""The whole launch table put through reconstruction: which launches are met, how closely, and why others are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from tocsin.errors import FlightError
from tocsin.synthesis.flights import reconstruct
from tocsin.synthesis.launches import LaunchRow

Verdict = Literal["met", "refused", "incomplete"]


class Surveyed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What reconstruction makes of one launch."""

    launch_id: str
    missile: str
    verdict: Verdict
    """``met``: within 1 % of the record; ``refused``: not; ``incomplete``: the record lacks a figure."""
    notes: tuple[str, ...]
    """What whoever sees the flight must be told."""
    reason: str = ""
    """Why it is not met."""
    apogee_km: float | None = None
    """Of the record, as ``range_km``."""
    range_km: float | None = None
    apogee_error: float | None = None
    """Relative to the record, with its sign; so the next."""
    range_error: float | None = None
    bearing_error: float | None = None
    """Distance of the impact from the recorded bearing, over the recorded range."""
    burnout_s: float | None = None
    """After lift-off; it follows from the thrust assumed and says nothing of the real burn."""
    duration_s: float | None = None


def survey(rows: Iterable[LaunchRow]) -> Iterator[Surveyed]:
    """Reconstruct launches one after the other; a tenth of a second each."""
    for row in rows:
        yield _surveyed(row)


def _surveyed(row: LaunchRow) -> Surveyed:
    known = Surveyed(
        launch_id=row.launch_id, missile=row.missile_name, verdict="incomplete", notes=row.notes,
        reason=row.lacks(), apogee_km=row.apogee_km, range_km=row.distance_km,
    )  # fmt: skip
    if known.reason:
        return known
    try:
        flight = reconstruct(row)
    except FlightError as error:
        return msgspec.structs.replace(known, verdict="refused", reason=error.args[0])
    return msgspec.structs.replace(
        known, verdict="met", apogee_error=flight.apogee_error, range_error=flight.range_error,
        bearing_error=flight.bearing_error, burnout_s=flight.burnout_s, duration_s=flight.duration_s,
    )  # fmt: skip
