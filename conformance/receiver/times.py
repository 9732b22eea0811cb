"""Times as clause 1.4 wants them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]00:?00)", re.ASCII)


def moment(text: Any) -> datetime | None:
    """Return a time (1.4); None if it is none."""
    if not isinstance(text, str) or not TIME.fullmatch(text):
        return None
    whole, fraction = text[:19], re.match(r"\.(\d+)", text[19:])
    try:
        found = datetime.fromisoformat(whole[:10] + "T" + whole[11:] + "+00:00")
        return found + timedelta(microseconds=round(float("0." + fraction[1]) * 1e6) if fraction else 0)
    except (ValueError, OverflowError):
        return None
