"""Timelines: what happened when, in one row for each who or what it concerns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.charts import svg

WIDTH = 720
_LEFT, _RIGHT, _TOP, _ROW, _BOTTOM = 132, 16, 12, 17, 30


@dataclass(frozen=True)
class Mark:
    """Something at a time."""

    at_s: float
    """Since the start of the chart."""
    colour: str
    says: str
    """To those who point at it."""
    shape: int = 0
    """As in ``svg.mark``: by which member."""
    label: str = ""
    """One or two letters beside it."""
    is_hollow: bool = False


@dataclass(frozen=True)
class Row:
    """A line of the chart."""

    name: str
    marks: Sequence[Mark] = ()
    spans: Sequence[tuple[float, float, str]] = ()
    """From, to and colour: what lasted."""
    is_head: bool = False
    """Begins a group; the name is bold."""
    colour: str = svg.TEXT


def timeline(about: str, rows: Sequence[Row], *, span_s: float, across: str, begin: datetime | None = None) -> str:
    """Return a chart of rows over one axis of time.

    Args:
        about: What it is, for those who cannot see it.
        rows: From top to bottom.
        span_s: Length of the axis, from 0.
        across: What the axis is.
        begin: UTC, of the axis; with it the axis bears dates, without it minutes and seconds.
    """
    height = _TOP + _ROW * len(rows) + _BOTTOM
    foot = height - _BOTTOM
    span_s = max(span_s, 1.0)

    def x_of(at_s: float) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * min(max(at_s / span_s, 0.0), 1.0)

    parts = []
    for at_s, said in _ticks(span_s, begin):
        parts.append(svg.line(x_of(at_s), _TOP - 4, x_of(at_s), foot, stroke="#dfe4e8"))
        parts.append(svg.words(x_of(at_s), foot + 13, said, text_anchor="middle", fill=svg.FAINT))
    parts.append(svg.words(_LEFT, height - 3, across, fill=svg.FAINT))
    for index, row in enumerate(rows):
        y = _TOP + _ROW * index + _ROW / 2
        if row.is_head and index:
            parts.append(svg.line(4, y - _ROW / 2, WIDTH - _RIGHT, y - _ROW / 2))
        weight = "bold" if row.is_head else None
        parts.append(svg.words(_LEFT - 8, y + 4, row.name, text_anchor="end", fill=row.colour, font_weight=weight))
        for begin_s, end_s, colour in row.spans:
            wide = max(x_of(end_s) - x_of(begin_s), 1.5)
            parts.append(
                svg.element("rect", x=x_of(begin_s), y=y - 3, width=wide, height=6, fill=colour, fill_opacity=0.28)
            )
        parts += _drawn(row.marks, x_of, y)
    return svg.drawing(WIDTH, height, about, *parts)


def _ticks(span_s: float, begin: datetime | None) -> list[tuple[float, str]]:
    if begin is None:
        return [(at_s, svg.clock(at_s)) for at_s in svg.ticks(span_s)]
    span = timedelta(seconds=span_s)
    dates = [begin + timedelta(seconds=at_s) for at_s in svg.ticks(span_s, most=6)]
    form = "%Y-%m-%d" if span >= timedelta(days=6) else "%m-%d %H:%MZ"
    if span >= timedelta(days=6):  # whole days, so that a date is where its day begins
        dates = [date.replace(hour=0, minute=0, second=0, microsecond=0) for date in dates]
    return [(max((date - begin).total_seconds(), 0.0), f"{date:{form}}") for date in dates]


def _drawn(marks: Sequence[Mark], x_of: Callable[[float], float], y: float) -> list[str]:
    parts = []
    taken = -1e9
    for each in sorted(marks, key=lambda mark: mark.at_s):
        x = x_of(each.at_s)
        fill = svg.PAPER if each.is_hollow else each.colour
        shape = svg.mark(each.shape, x, y, 4.2, fill=fill, stroke=each.colour, stroke_width=1.2)
        parts.append(svg.element("g", svg.title(each.says), shape))
        if each.label and x > taken:  # labels that would lie on each other are left to the table
            parts.append(svg.words(x + 6, y + 3.5, each.label, font_size=9, fill=each.colour))
            taken = x + 10 + 5.5 * len(each.label)
    return parts
