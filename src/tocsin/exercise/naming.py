"""Names in a scenario: what stands outside of it and may be named, and what is said of a name that nothing has."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from tocsin.exercise.lines import Path

LONGEST_S = 7 * 86400.0
"""That an exercise, or something in it, lasts."""
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_MOST_SHOWN = 8


@dataclass(frozen=True)
class Known:
    """What a scenario may name that stands outside of it."""

    launches: Mapping[str, str]
    """Ids of the launch table, each with why it cannot be flown (empty: it can)."""
    sensors: Mapping[str, str]
    """Ids of sensors, each with its member."""


@dataclass(frozen=True)
class Wrong:
    """Something is wrong."""

    path: Path
    message: str
    advice: str


def named(words: Collection[str], known: Collection[str], noun: str, path: Path) -> Iterator[Wrong]:
    """Yield an error for every word that is none of those known, with the nearest of them."""
    for word in words:
        if word not in known:
            near = difflib.get_close_matches(word, known, 1, 0.5)
            there = ", ".join(list(known)[:_MOST_SHOWN]) + (" …" if len(known) > _MOST_SHOWN else "")
            advice = f"Did you mean {near[0]}?" if near else f"There are {there}" if known else f"There is no {noun}"
            yield Wrong(path, f"no {noun} {word[:60]}", advice)


def require_id(word: str, path: Path) -> Iterator[Wrong]:
    """Yield an error if a word is no id."""
    if not _ID.fullmatch(word):
        yield Wrong(path, f"{word[:40]!r} is no id", "Use small letters, digits and hyphens, 64 at most")
