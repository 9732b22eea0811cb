"""What warnings rest on, as people read it at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from rich.console import Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from tocsin.cli.terminal import notices
from tocsin.synthesis.survey import Surveyed

STYLES = {"met": "green", "refused": "red", "incomplete": "dim"}

_Item = TypeVar("_Item")


def with_progress(items: Iterable[_Item], *, total: int, words: str) -> Iterator[_Item]:
    """Yield items, with a bar on standard error while they come."""
    console = notices()
    bar = Progress(
        TextColumn(words), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console, transient=True,
        disable=not console.is_terminal,
    )  # fmt: skip
    with bar:
        yield from bar.track(items, total=total)


def render_flights(found: Sequence[Surveyed], counts: Mapping[str, int]) -> RenderableType:
    """Return a row for each launch, and how many were met."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("launch", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("apogee", justify="right", no_wrap=True)
    table.add_column("range, km", justify="right", no_wrap=True)
    table.add_column("off by", justify="right", no_wrap=True)
    table.add_column("missile; what to know", overflow="fold", ratio=1)
    for each in found:
        table.add_row(
            each.launch_id, Text(each.verdict, STYLES[each.verdict]), _figure(each.apogee_km), _figure(each.range_km),
            _off_by(each), "; ".join(part for part in (each.missile, each.reason, *each.notes) if part),
        )  # fmt: skip
    complete = counts["met"] + counts["refused"]
    total = f"{counts['met']} of {complete} complete launches met within 1 %; {counts['incomplete']} are incomplete."
    return Group(table, Text(""), Text(total), Text("A match is no proof that a flight was ballistic.", "yellow"))


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _off_by(each: Surveyed) -> str:
    errors = (each.apogee_error, each.range_error, each.bearing_error)
    known = [abs(error) for error in errors if error is not None]
    return f"{max(known):.0e}" if known else ""
