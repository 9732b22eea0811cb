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


class _Presence(msgspec.Struct):
    recalled: bool = False


class _Present(msgspec.Struct):
    records: list[_Presence]


def lacking(data: bytes) -> frozenset[int]:
    """Return the places within a frame whose records were taken out.

    Raises:
        MalformedRecordError: The bytes are no frame.
    """
    slips = decode(data, _Present, outermost=False).records
    return frozenset(index for index, slip in enumerate(slips) if slip.recalled)


def count_of(data: bytes) -> int:
    """Return how many records stand in a frame.

    Raises:
        MalformedRecordError: The bytes are no frame.
    """
    return sum(not slip.recalled for slip in decode(data, _Present, outermost=False).records)


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
