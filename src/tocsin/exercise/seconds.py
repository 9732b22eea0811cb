"""Times in a scenario: seconds, or minutes and hours with colons."""

from __future__ import annotations

import math
import re
from typing import Any

_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):([0-5]\d(?:\.\d+)?)")
PATTERN = r"^([0-9]{1,3}:)?[0-9]{1,3}:[0-5][0-9](\.[0-9]+)?$"


class Seconds(float):
    """Seconds; a file may have ``90``, ``"1:30"`` or ``"0:01:30"`` for the same."""

    __slots__ = ()


def to_seconds(shape: type, value: Any) -> Any:
    """Read what stands in a file for a type that msgspec does not know.

    Raises:
        ValueError: It is no time.
        NotImplementedError: The type is another.
    """
    if shape is not Seconds:
        raise NotImplementedError(shape)
    if isinstance(value, str) and (found := _CLOCK.fullmatch(value.strip())):
        hours, minutes, seconds = found.groups()
        return Seconds(3600 * int(hours or 0) + 60 * int(minutes) + float(seconds))
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return Seconds(value)
    raise ValueError(f"{str(value)[:40]!r} is no time; write seconds, such as 90, or a text such as '1:30'")


def clock_words(seconds: float) -> str:
    """Return a time on the scenario's clock, such as ``0:12:30``."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def schema_of(shape: type) -> dict[str, Any]:
    """Return the JSON Schema of a type that msgspec does not know.

    Raises:
        NotImplementedError: The type is another.
    """
    if shape is not Seconds:
        raise NotImplementedError(shape)
    return {"anyOf": [{"type": "number"}, {"type": "string", "pattern": PATTERN}]}
