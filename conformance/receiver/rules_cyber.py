"""What the schemas cannot say of bodies of the room ``cyber`` (1.9)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z"


def is_time(text: str) -> bool:
    """Tell whether a text is a time as STIX writes it, or empty; a day that the month lacks is not looked for."""
    if not text:
        return True
    if re.fullmatch(_TIME, text, re.ASCII) is None:
        return False
    month, day, hour, minute, second = (int(text[at : at + 2]) for at in (5, 8, 11, 14, 17))
    return 1 <= month <= 12 and 1 <= day <= 31 and hour <= 23 and minute <= 59 and second <= 59


def is_object(body: dict[str, Any]) -> bool:
    """Tell it of a ``cyber.object``."""
    kind = body["type"]
    number = body["id"].removeprefix(f"{kind}--")
    return (
        re.fullmatch(r"[a-z][a-z0-9-]{2,249}", kind) is not None
        and body["id"].startswith(f"{kind}--")
        and re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", number) is not None
        and is_time(body.get("created", ""))
        and is_time(body.get("modified", ""))
    )


RULES_OF_CYBER: dict[str, Callable[[dict[str, Any]], bool]] = {"cyber.object": is_object}
