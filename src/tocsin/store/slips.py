"""The records of a frame as they lie in it, also those that were refused: as much as a recall needs to find them."""

from __future__ import annotations

import msgspec

from tocsin.codec import decode
from tocsin.errors import MalformedRecordError


class _Frame(msgspec.Struct):
    records: list[msgspec.Raw]


class _Identity(msgspec.Struct):
    id: str
    originator: str


class _Slip(msgspec.Struct):
    record: _Identity | None = None


def count_of(data: bytes) -> int:
    """Return how many records a frame was sealed with.

    Raises:
        MalformedRecordError: The bytes are no frame.
    """
    return len(decode(data, _Frame, outermost=False).records)


def indexes_of(data: bytes, record_id: str, originator: str) -> set[int]:
    """Return the places within a frame where a record stands.

    Raises:
        MalformedRecordError: The bytes are no frame.
    """
    wanted = _Identity(record_id, originator)
    slips = decode(data, _Frame, outermost=False).records
    return {index for index, slip in enumerate(slips) if _identity(slip) == wanted}


def _identity(slip: msgspec.Raw) -> _Identity | None:
    try:
        return decode(slip, _Slip, outermost=False).record
    except MalformedRecordError:
        return None
