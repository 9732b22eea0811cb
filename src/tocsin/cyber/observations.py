"""What was seen: cyber observables that belong together, how often, and when."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from tocsin.cyber.patterns import EVERY, Path
from tocsin.cyber.times import microseconds, parse_time
from tocsin.errors import MalformedRecordError

NOTHING: Any = object()
"""Where a path does not lead on; null is a value."""

Objects = dict[str, dict[str, Any]]
"""Observables by what refers to them: their id, or in STIX 2.0 a number."""


class Observation(msgspec.Struct, frozen=True, gc=False):
    """One or more sights of the same, as of ``observed-data``. Times are microseconds since 1970-01-01T00:00:00Z."""

    objects: Objects
    first_us: int
    last_us: int
    number: int = 1
    """How often it was seen between the two times."""


def stepped(key: str, value: Any, objects: Objects) -> Any:
    """Return what a property of an observable means, as its name's end tells.

    ``_ref`` and ``_refs`` are other observables of the same observation, ``_hex`` and ``_bin`` are bytes. ``NOTHING``:
    the value is not what the name says.
    """
    if key.endswith("_ref"):
        return objects.get(value, NOTHING) if isinstance(value, str) else NOTHING
    if key.endswith("_refs"):
        named = value if isinstance(value, list) else ()
        return [objects[one] for one in named if isinstance(one, str) and one in objects] or NOTHING
    try:
        if key.endswith("_hex"):
            return binascii.a2b_hex(value)
        if key.endswith("_bin"):
            return base64.standard_b64decode(value)
    except (ValueError, TypeError):
        return NOTHING
    return value


def values_at(path: Path, root: dict[str, Any], objects: Objects) -> list[Any]:
    """Return every value that a path leads to from one observable."""
    values: list[Any] = [root]
    for step in path.steps:
        if isinstance(step, str):
            under = (stepped(step, one[step], objects) for one in values if isinstance(one, dict) and step in one)
            values = [value for value in under if value is not NOTHING]
        elif step is EVERY:
            values = [item for value in values if isinstance(value, list) for item in value]
        else:
            values = [value[step] for value in values if isinstance(value, list) and 0 <= step < len(value)]
    return values


def observed_data(objects: Iterable[Mapping[str, Any]]) -> Iterator[Observation]:
    """Read every ``observed-data`` among STIX objects, with the observables that it names or (in STIX 2.0) holds.

    Raises:
        MalformedRecordError: One lacks its times or its number.
    """
    known = {str(one.get("id")): one for one in objects}
    for one in known.values():
        if one.get("type") == "observed-data":
            yield _observation(one, known)


def _observation(one: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> Observation:
    where = str(one.get("id"))
    first, last = (parse_time(str(one.get(key))) for key in ("first_observed", "last_observed"))
    if first is None or last is None:
        raise MalformedRecordError("observed-data has first_observed and last_observed", path=where)
    number = one.get("number_observed")
    if type(number) is not int or number < 1:
        raise MalformedRecordError(f"number_observed is 1 or more, not {number!r}", path=where)
    held, named = one.get("objects", {}), one.get("object_refs", [])
    if not (isinstance(held, dict) and isinstance(named, list)) or not (held or named):
        raise MalformedRecordError("observed-data has object_refs or objects", path=where)
    held = {**held, **{ref: known[ref] for ref in named if isinstance(ref, str) and ref in known}}
    objects = {ref: seen for ref, seen in held.items() if isinstance(seen, dict) and isinstance(seen.get("type"), str)}
    return Observation(objects, microseconds(first), microseconds(last), number)
