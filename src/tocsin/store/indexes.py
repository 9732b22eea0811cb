"""Places of records within a frame as one short text, such as ``0-4,6``: most frames hold all of theirs."""

from __future__ import annotations

from collections.abc import Sequence


def indexes_text(indexes: Sequence[int]) -> str:
    """Write places, in rising order, as runs."""
    runs: list[list[int]] = []
    for index in indexes:
        if runs and index == runs[-1][1] + 1:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    return ",".join(f"{first}" if first == last else f"{first}-{last}" for first, last in runs)


def indexes_from(text: str) -> tuple[int, ...]:
    """Read what ``indexes_text`` wrote."""
    places: list[int] = []
    for run in filter(None, text.split(",")):
        first, _, last = run.partition("-")
        places.extend(range(int(first), int(last or first) + 1))
    return tuple(places)
