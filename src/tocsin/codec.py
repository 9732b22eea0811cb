"""Bytes to values and back: the one place where JSON from outside is decoded (spec 1.2).

``decode`` refuses what a lenient decoder lets through: repeated keys (the last would win, and a repeated
``releasable_to`` could widen a marking), numbers that are not finite, nesting without end, sizes without bound.
"""

from __future__ import annotations

import json
import math
from typing import Any, TypeVar

import msgspec

from tocsin.errors import MalformedRecordError, TocsinError

MAX_BYTES = 1_000_000
"""The largest frame, record or roster that is looked at (NATS' own default for a message is 1 MiB)."""

T = TypeVar("T")


def encode(value: Any) -> bytes:
    """Write a value as JSON in UTF-8; times in UTC with ``Z``."""
    return _write(value)


def decode(data: bytes | msgspec.Raw, shape: type[T], *, max_bytes: int = MAX_BYTES, outermost: bool = True) -> T:
    """Read JSON into a struct; fields that the struct does not know are passed over.

    Args:
        data: JSON in UTF-8.
        shape: The type to read into.
        max_bytes: Longer data is refused unread.
        outermost: Whether to look for repeated keys; leave out for a part of what was looked at already.

    Raises:
        MalformedRecordError: The bytes are not such a value; ``path`` says where.
    """
    if memoryview(data).nbytes > max_bytes:
        raise MalformedRecordError(f"{memoryview(data).nbytes} bytes, of at most {max_bytes}")
    try:
        if outermost and not is_written_back(data):
            _look_at(bytes(data).decode())
        return _decoder(shape).decode(data)
    except msgspec.MsgspecError as error:
        message, _, path = str(error).partition(" - at `")
        raise MalformedRecordError(message, path=path.rstrip("`")) from error
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise MalformedRecordError(_plain(error)) from error
    except MalformedRecordError:
        raise
    except TocsinError as error:
        raise MalformedRecordError(str(error)) from error


def is_written_back(data: bytes | msgspec.Raw) -> bool:
    """Tell whether reading and writing gives the same bytes: then no key can have stood twice in one object.

    It is so for whatever ``encode`` wrote, and costs a third of looking at every object.
    """
    try:
        return _write(_read(data)) == bytes(data)  # a Raw equals no bytes
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


_read = msgspec.json.Decoder().decode
_write = msgspec.json.Encoder().encode

_DECODERS: dict[Any, msgspec.json.Decoder[Any]] = {}


def _decoder(shape: type[T]) -> msgspec.json.Decoder[T]:
    decoder = _DECODERS.get(shape)
    if decoder is None:
        decoder = _DECODERS[shape] = msgspec.json.Decoder(shape)
    return decoder


def _plain(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    return str(error)[:300]


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(pairs) != len(found):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise MalformedRecordError(f"the key {repeated[:80]!r} stands twice in one object")
    return found


def _no_constant(name: str) -> float:
    raise MalformedRecordError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise MalformedRecordError(f"{text[:40]} is a number out of range")
    return number


def _look_at(text: str) -> None:
    """Refuse what the decoder would pass over in members that a struct does not know."""
    value = _CHECKER.decode(text)
    if "\\u" in text:
        json.dumps(value, ensure_ascii=False).encode()  # fails for half a surrogate pair, which is no character


_CHECKER = json.JSONDecoder(object_pairs_hook=_no_repeats, parse_constant=_no_constant, parse_float=_finite)
