"""How markings and statuses combine (2.3, 2.4, 3.2)."""

from __future__ import annotations

import re
from functools import reduce
from typing import Any

PUBLIC_WARNING = ("no", "ask", "yes")
TLP = (None, "TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED")
STATUS = re.compile(r"actual|test|exercise:[a-z0-9][a-z0-9-]{0,63}")

Marking = dict[str, Any]


def combine(first: Marking, second: Marking) -> Marking:
    """Return the combination of two markings (2.3)."""
    one, other = set(first["releasable_to"]), set(second["releasable_to"])
    members = other if one == {"PUBLIC"} else one if other == {"PUBLIC"} else one & other
    return {
        "releasable_to": sorted(members),
        "public_warning": min((each.get("public_warning", "no") for each in (first, second)), key=PUBLIC_WARNING.index),
        "tlp": max((each.get("tlp") for each in (first, second)), key=TLP.index),
        "caveats": sorted({*first.get("caveats", ()), *second.get("caveats", ())}),
    }


def derive(member: str, sources: list[Marking]) -> Marking | None:
    """Return the widest marking for what a member derives (2.4); None if it may not."""
    if not sources:
        return None
    whole = reduce(combine, sources, sources[0])
    if member not in whole["releasable_to"] and whole["releasable_to"] != ["PUBLIC"]:
        return None
    if whole["caveats"]:
        whole |= {"releasable_to": [member], "public_warning": "no"}
    return whole


def combine_status(first: str, second: str) -> str | None:
    """Return the status of what derives from both (3.2); None if they may not meet."""
    if not (STATUS.fullmatch(first) and STATUS.fullmatch(second)):
        return None
    if first == second:
        return first
    (actual, exercise) = sorted((first, second))
    return exercise if actual == "actual" and exercise.startswith("exercise:") else None
