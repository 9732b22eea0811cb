"""Coarse copies of a record for a wider audience (spec 8.6).

A copy has an id of its own and names no parent, so that nobody abroad learns what it was made from. Its time and
place lie on a grid, the same for equal input, so that many copies cannot be averaged back. Original and copy share
an ``independence_group``, so that nobody who holds both counts one measurement twice.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import msgspec

from tocsin.codec import encode
from tocsin.errors import NotReleasableError
from tocsin.exchange.policy import Sanitising
from tocsin.geo.earth import ecef_from_polar, geodetic_from_ecef
from tocsin.markings import unknown_caveats
from tocsin.records import Admitted, Detection, Position, Record, Source

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_METRES_PER_DEGREE = 111_320.0
"""Of latitude, and of longitude at the equator; a grid needs no geodesic."""


def sanitise(original: Admitted, how: Sanitising, *, new_id: str, issued_at: datetime) -> Record:
    """Make the coarse copy of a detection.

    Args:
        original: A ``warning.detection`` of this member's own with a range.
        how: Audience and grids.
        new_id: Random id of the copy.
        issued_at: UTC; put on the time grid too.

    Raises:
        NotReleasableError: It is another kind, has no range, has no independence group to share, or a caveat
            that is not known here.
    """
    record, body = original.record, original.body
    if not isinstance(body, Detection):
        raise NotReleasableError(f"there is no coarse form of {record.kind}")
    if not body.independence_group:
        raise NotReleasableError("a detection without independence_group would be counted twice beside its copy")
    marking = msgspec.structs.replace(record.marking, releasable_to=how.releasable_to)
    if not marking.allows([record.originator]):
        raise NotReleasableError(f"the policy's coarse copies leave out {record.originator} itself")
    place, sigma_m = _place(body)
    grid = how.position_grid_m
    lat = _snap(place.lat_deg, grid / _METRES_PER_DEGREE)
    lon_step = grid / (_METRES_PER_DEGREE * max(math.cos(math.radians(lat)), 0.01))
    copy = Detection(
        position=Position(
            lat_deg=max(-90.0, min(90.0, lat)),
            lon_deg=max(-180.0, min(180.0, _snap(place.lon_deg, lon_step))),
            altitude_m=_snap(place.altitude_m, grid),
        ),
        # a coordinate snapped to a grid of pitch g is off by up to g/2, evenly: variance g**2 / 12
        position_sigma_m=_snap_up(math.sqrt(sigma_m**2 + grid**2 / 12), 100.0),
        independence_group=body.independence_group,
    )
    if unknown_caveats(record.marking):
        raise NotReleasableError(f"{record.id} has a caveat that is not known here, so it stays with this member")
    return msgspec.structs.replace(
        record,
        id=new_id,
        marking=marking,
        issued_at=_on_grid(issued_at, how.time_grid_s),
        observed_at=record.observed_at and _on_grid(record.observed_at, how.time_grid_s),
        expires_at=record.expires_at and _on_grid(record.expires_at, how.time_grid_s),
        sources=(Source(cites=f"sanitised by {record.originator}"),),
        supersedes=None,
        cancels=None,
        body=msgspec.Raw(encode(copy)),
    )


def _place(body: Detection) -> tuple[Position, float]:
    if body.position is not None and body.position_sigma_m is not None:
        return body.position, body.position_sigma_m
    if body.sensor is None or body.range_m is None or body.azimuth_deg is None or body.elevation_deg is None:
        raise NotReleasableError("a line of sight without range has no place to make coarse")
    sensor = body.sensor
    target = ecef_from_polar(
        body.range_m, body.azimuth_deg, body.elevation_deg, sensor.lat_deg, sensor.lon_deg, sensor.altitude_m
    )
    lat, lon, altitude = geodetic_from_ecef(target)
    across_m = body.range_m * math.radians(math.hypot(body.angle_sigma_deg or 0.0, body.bias_sigma_deg))
    return Position(lat_deg=lat, lon_deg=lon, altitude_m=altitude), max(across_m, body.range_sigma_m or 0.0)


def _snap(value: float, step: float) -> float:
    return round(value / step) * step


def _snap_up(value: float, step: float) -> float:
    return math.ceil(value / step) * step


def _on_grid(moment: datetime, grid_s: float) -> datetime:
    return _EPOCH + timedelta(seconds=round((moment - _EPOCH) / timedelta(seconds=1) / grid_s) * grid_s)
