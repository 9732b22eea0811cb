"""JSON as clause 1.2 wants it, and the shapes of ``spec/schema`` with what a schema cannot say (1.9)."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from conformance.receiver.rules import RULES
from conformance.receiver.times import moment

SCHEMAS = Path(__file__).resolve().parents[2] / "spec" / "schema"
MAX_BYTES = 1_000_000
BLANK = re.compile(r"[ \t\r\n]*")


class RefusedError(Exception):
    """Something is not taken in; the message is the reason."""


# -- JSON (1.2) ----------------------------------------------------------------------------------------------


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not finite")
    return number


STRICT = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_finite, parse_float=_finite)


def read_json(data: bytes, most: int = MAX_BYTES) -> tuple[Any, str]:
    """Return the value and its text."""
    if len(data) > most:
        raise RefusedError("too_large")
    try:
        value = STRICT.decode(text := data.decode())
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # fails for half a surrogate pair
    except (ValueError, RecursionError) as error:
        raise RefusedError("malformed") from error
    return value, text


def parts(text: str) -> Iterator[tuple[str, str]]:
    """Split an object or array that was read before into its entries, as they stand; those of arrays have no name."""
    at = BLANK.match(text).end()  # type: ignore[union-attr]
    is_object, at = text[at] == "{", at + 1
    while text[at := BLANK.match(text, at).end()] not in "}]":  # type: ignore[union-attr]
        name = ""
        if is_object:
            name, at = STRICT.raw_decode(text, at)
            at = BLANK.match(text, text.index(":", at) + 1).end()  # type: ignore[union-attr]
        end = STRICT.raw_decode(text, at)[1]
        yield name, text[at:end]
        at = BLANK.match(text, end).end()  # type: ignore[union-attr]
        at += text[at] == ","


# -- shapes (the schemas, and what they cannot say) ----------------------------------------------------------


@cache
def schema(name: str) -> Any:
    """Return a schema of spec/schema; None if there is none."""
    path = SCHEMAS / f"{name}.json"
    return json.loads(path.read_text()) if path.is_file() else None


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text.replace("$", r"\Z"), re.ASCII)


TYPES: dict[str, Any] = {
    "object": lambda value: isinstance(value, dict), "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str), "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None, "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) in (int, float) and abs(value) <= sys.float_info.max,
}  # fmt: skip
BOUNDS: dict[str, Any] = {
    "minimum": lambda value, bound: value >= bound, "maximum": lambda value, bound: value <= bound,
    "exclusiveMinimum": lambda value, bound: value > bound, "exclusiveMaximum": lambda value, bound: value < bound,
    "minItems": lambda value, bound: len(value) >= bound, "maxItems": lambda value, bound: len(value) <= bound,
    "pattern": lambda value, bound: _pattern(bound).search(value) is not None,
    "format": lambda value, bound: bound != "date-time" or moment(value) is not None,
    "uniqueItems": lambda value, bound: not bound or all(value.index(each) == at for at, each in enumerate(value)),
}  # fmt: skip


def fits(value: Any, name: str) -> bool:
    """Tell whether a value has the shape of a schema."""
    return _fits(value, schema(name), schema(name))


def _fits(value: Any, shape: Any, root: Any) -> bool:
    """Tell it of a part of a schema (as much of it as ours use)."""
    if "$ref" in shape:
        return _fits(value, root["$defs"][shape["$ref"].rpartition("/")[2]], root)
    if "anyOf" in shape:
        return any(_fits(value, each, root) for each in shape["anyOf"])
    if "enum" in shape:
        return any(type(value) is type(each) and value == each for each in shape["enum"])
    if "type" in shape and not TYPES[shape["type"]](value):
        return False
    if not all(test(value, shape[rule]) for rule, test in BOUNDS.items() if rule in shape):
        return False
    if isinstance(value, dict):
        known, rest = shape.get("properties", {}), shape.get("additionalProperties", True)
        return all(name in value for name in shape.get("required", ())) and all(
            _fits(each, known[name], root) if name in known else rest is True or _fits(each, rest, root)
            for name, each in value.items()
        )
    if isinstance(value, list):
        first, rest = shape.get("prefixItems", []), shape.get("items", {})
        return all(_fits(each, (first[at : at + 1] or [rest])[0], root) for at, each in enumerate(value))
    return True


def need(*conditions: bool) -> None:
    """Refuse as malformed unless all hold."""
    if not all(conditions):
        raise RefusedError("malformed")


def _given(value: dict[str, Any], *names: str) -> list[Any]:
    return [found for name in names if (found := value.get(name)) is not None]


def check_marking(marking: dict[str, Any]) -> None:
    """Refuse a marking that is none (2.2)."""
    members, caveats = marking["releasable_to"], marking.get("caveats", [])
    need(members == sorted(set(members)), caveats == sorted(set(caveats)), "PUBLIC" not in members or len(members) == 1)


ORDERED = {"warning.same_event": ("event_id", "alias"), "exchange.request": ("after", "up_to")}


def check_body(kind: str, body: Any) -> bool:
    """Refuse a body that is not what its kind prescribes (1.5, 1.9); return whether the kind is unknown."""
    if schema(f"body/{kind}") is None:
        need(isinstance(body, dict))
        return True
    need(fits(body, f"body/{kind}"))
    if kind == "warning.detection":
        polar = _given(body, "sensor", "azimuth_deg", "elevation_deg", "angle_sigma_deg")
        placed = _given(body, "position", "position_sigma_m")
        ranged, rated = _given(body, "range_m", "range_sigma_m"), _given(body, "range_rate_mps", "range_rate_sigma_mps")
        need((len(polar), len(placed)) in ((4, 0), (0, 2)), len(ranged) != 1, len(rated) in (0, len(ranged)))
    elif kind == "orbit.launch_notice":
        need(moment(body["opens_at"]) <= moment(body["closes_at"]))  # type: ignore[operator]
    elif kind in RULES:
        need(RULES[kind](body))
    elif kind in ORDERED:
        need(body[ORDERED[kind][0]] < body[ORDERED[kind][1]])
    elif kind == "exchange.downgrade":
        check_marking(body["marking"])
    return False


def check_record(record: Any) -> bool:
    """Refuse what is no record (1); return whether its kind is unknown."""
    check_label(record)
    return check_body(record["kind"], record["body"])


def check_label(record: Any) -> None:
    """Refuse what is no record, whatever its body holds (1.1 to 1.4, 1.6)."""
    need(fits(record, "record"))
    check_marking(record["marking"])
    need(record["marking"]["releasable_to"] == ["PUBLIC"] or record["originator"] in record["marking"]["releasable_to"])
    for each in record.get("sources", []):
        need(len(_given(each, "record", "cites")) == 1, "record" in each or not each.get("originator"))
