"""Texts, digests and the order of times, as many kinds want them (1.9)."""

from __future__ import annotations

import re
from typing import Any

from conformance.receiver.times import moment

LONGEST_TEXT = 2000


def is_digest(text: str) -> bool:
    """Tell whether a text is a SHA-256, hexadecimal."""
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None


def is_member(text: str) -> bool:
    """Tell whether a text is the code of a member."""
    return re.fullmatch(r"[A-Z]{3}", text) is not None


def says(body: dict[str, Any], name: str) -> bool:
    """Tell whether a text is there and not blank."""
    return body.get(name, "").strip() != ""


def short(body: dict[str, Any], *names: str) -> bool:
    """Tell whether texts are not too long."""
    return all(len(body.get(name, "")) <= LONGEST_TEXT for name in names)


def together(body: dict[str, Any], *names: str) -> bool:
    """Tell whether all of these are given, or none."""
    return len({body.get(name) is None for name in names}) == 1


def in_order(body: dict[str, Any], first: str = "since", last: str = "until") -> bool:
    """Tell whether one time does not stand after another, if both are given."""
    since, until = (moment(body.get(name)) for name in (first, last))
    return since is None or until is None or since <= until
