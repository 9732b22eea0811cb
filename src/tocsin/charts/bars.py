"""Bars: parts of a whole for each of several things, and spans from a middle to a high figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.charts import svg

WIDTH = 720
_LEFT, _RIGHT, _ROW, _TOP = 250, 76, 22, 6


@dataclass(frozen=True)
class Parts:
    """One bar: how many of each sort there are."""

    name: str
    parts: Sequence[tuple[str, int, str]]
    """Name, number and colour."""
    says: str
    """At the end of the bar."""


def stacked(about: str, rows: Sequence[Parts]) -> str:
    """Return a bar for each row, all of one length, divided by its parts."""
    height = _TOP + _ROW * len(rows) + 6
    wide = WIDTH - _LEFT - _RIGHT
    drawn = []
    for index, row in enumerate(rows):
        y = _TOP + _ROW * index
        drawn.append(svg.words(_LEFT - 8, y + 13, _cut(row.name, 42), text_anchor="end"))
        total = sum(number for _, number, _ in row.parts)
        x = float(_LEFT)
        drawn.append(svg.element("rect", x=x, y=y + 2, width=wide, height=_ROW - 8, fill="#eef1f3"))
        for name, number, colour in row.parts:
            if not number:
                continue
            part = wide * number / total
            inner = [svg.title(f"{name}: {number}")]
            inner.append(svg.element("rect", x=x, y=y + 2, width=part, height=_ROW - 8, fill=colour))
            if part > 16:
                inner.append(
                    svg.words(x + part / 2, y + 13, str(number), text_anchor="middle", fill=svg.PAPER, font_size=10)
                )
            drawn.append(svg.element("g", *inner))
            x += part
        drawn.append(svg.words(WIDTH - _RIGHT + 8, y + 13, row.says, font_weight="bold"))
    return svg.drawing(WIDTH, height, about, *drawn)


@dataclass(frozen=True)
class Span:
    """One line: the median and the 95th percentile of a time."""

    name: str
    p50_s: float
    p95_s: float
    colour: str
    shape: int
    says: str


def spans(about: str, rows: Sequence[Span]) -> str:
    """Return medians and 95th percentiles on an axis of logarithms; what took no time stands at its left end."""
    values = [value for row in rows for value in (row.p50_s, row.p95_s) if value > 0]
    low = math.floor(math.log10(min(values, default=0.1)))
    high = max(math.ceil(math.log10(max(values, default=10.0))), low + 1)
    height = _TOP + _ROW * len(rows) + 32
    foot = height - 32

    def x_of(value: float) -> float:
        place = (math.log10(value) - low) / (high - low) if value > 0 else 0.0
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * min(max(place, 0.0), 1.0)

    drawn = []
    for power in range(low, high + 1):
        x = x_of(10.0**power)
        drawn.append(svg.line(x, _TOP, x, foot, stroke="#dfe4e8"))
        drawn.append(svg.words(x, foot + 14, _seconds(10.0**power), text_anchor="middle", fill=svg.FAINT))
    drawn.append(svg.words(_LEFT, height - 3, "filled: median; hollow: 95th percentile", fill=svg.FAINT))
    for index, row in enumerate(rows):
        y = _TOP + _ROW * index + _ROW / 2
        drawn.append(svg.words(_LEFT - 8, y + 4, _cut(row.name, 42), text_anchor="end"))
        drawn.append(svg.line(x_of(row.p50_s), y, x_of(row.p95_s), y, stroke=row.colour, stroke_width=2))
        hollow = svg.mark(row.shape, x_of(row.p95_s), y, 4, fill=svg.PAPER, stroke=row.colour, stroke_width=1.2)
        filled = svg.mark(row.shape, x_of(row.p50_s), y, 4, fill=row.colour, stroke=row.colour)
        drawn.append(svg.element("g", svg.title(row.says), hollow, filled))
        drawn.append(svg.words(WIDTH - _RIGHT + 8, y + 4, _seconds(row.p50_s), font_weight="bold"))
    return svg.drawing(WIDTH, height, about, *drawn)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _seconds(value: float) -> str:
    if value and value < 1:
        return f"{value * 1e3:.3g} ms" if value >= 1e-3 else f"{value * 1e6:.3g} µs"
    return f"{value:.3g} s" if value < 1000 else f"{value:,.0f} s"
