"""Lines of the report: what, how much, and what is aimed at."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec


class Line(msgspec.Struct, frozen=True):
    """One figure."""

    what: str
    figure: str = ""
    aim: str = ""


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that so many percent of all do not exceed; NaN of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))] if ordered else math.nan


def table(lines: Iterable[Line]) -> str:
    """Lay the lines out."""
    return "\n".join(
        f"{line.what:<52} {line.figure:<28} {f'(aim: {line.aim})' if line.aim else ''}".rstrip() for line in lines
    )
