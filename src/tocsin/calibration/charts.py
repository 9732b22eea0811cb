"""Charts as SVG, for pages that commands write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tocsin.charts import svg

WIDTH, HEIGHT = 640, 320
_LEFT, _TOP, _RIGHT, _BOTTOM = 52, 30, 150, 36
_COLOURS = ("#1d4ed8", "#b45309", "#047857", "#be123c", "#6d28d9", "#0e7490", "#4d7c0f", "#334155")
_GRID = "#e4e4e7"


def lines(
    title: str,
    places: Sequence[float],
    series: Mapping[str, Sequence[float | None]],
    *,
    across: str,
    top: float,
    bottom: float = 0.0,
    band: tuple[float, float] | None = None,
) -> str:
    """Return a chart of some series over common places.

    Args:
        title: Said above it.
        places: Along the horizontal axis, ascending.
        series: By name, a value for each place; None leaves a gap.
        across: What the horizontal axis is.
        top: Upper end of the vertical axis; what is beyond is drawn at the edge.
        bottom: Its lower end.
        band: From where to where values should lie.
    """

    def x_of(place: float) -> float:
        span = places[-1] - places[0] or 1.0
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * (place - places[0]) / span

    def y_of(value: float) -> float:
        return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * (min(max(value, bottom), top) - bottom) / (top - bottom)

    parts = []
    if band is not None:
        low, high = y_of(band[0]), y_of(band[1])
        wide = WIDTH - _LEFT - _RIGHT
        parts.append(svg.element("rect", x=_LEFT, y=high, width=wide, height=low - high, fill="#dcfce7"))
    for step in range(5):
        value = bottom + (top - bottom) * step / 4
        parts.append(svg.line(_LEFT, y_of(value), WIDTH - _RIGHT, y_of(value), stroke=_GRID))
        parts.append(svg.words(_LEFT - 6, y_of(value) + 4, f"{value:g}", text_anchor="end"))
    parts += [svg.words(x_of(place), HEIGHT - _BOTTOM + 16, f"{place:g}", text_anchor="middle") for place in places]
    parts.append(svg.words(_LEFT, HEIGHT - 6, across))
    for index, (name, values) in enumerate(series.items()):
        colour = _COLOURS[index % len(_COLOURS)]
        dash = "5 3" if index >= len(_COLOURS) else None
        known = [(x_of(place), y_of(value)) for place, value in zip(places, values, strict=True) if value is not None]
        if known:
            way = svg.path(known)
            parts.append(
                svg.element("path", d=way, fill="none", stroke=colour, stroke_width=1.6, stroke_dasharray=dash)
            )
        parts += [svg.element("circle", cx=x, cy=y, r=2.5, fill=colour) for x, y in known]
        parts.append(svg.words(WIDTH - _RIGHT + 10, _TOP + 14 * index + 8, name, fill=colour))
    return _sheet(title, WIDTH, HEIGHT, parts)


class Dot(NamedTuple):
    """A part that was found where another was said, with its interval; all from 0 to 1."""

    said: float
    came: float
    low: float
    high: float


def square(title: str, series: Mapping[str, Sequence[Dot]], *, across: str, up: str) -> str:
    """Return a reliability diagram: what came over what was said, with the diagonal on which both are equal.

    Args:
        title: Said above it.
        series: By name.
        across: What the horizontal axis is.
        up: What the vertical axis is.
    """
    side = HEIGHT
    width, height = _LEFT + side + _RIGHT, _TOP + side + _BOTTOM

    def x_of(value: float) -> float:
        return _LEFT + side * value

    def y_of(value: float) -> float:
        return _TOP + side * (1.0 - value)

    parts = []
    for step in range(6):
        value = step / 5
        x, y = x_of(value), y_of(value)
        parts.append(svg.line(_LEFT, y, _LEFT + side, y, stroke=_GRID))
        parts.append(svg.line(x, _TOP, x, _TOP + side, stroke=_GRID))
        parts.append(svg.words(_LEFT - 6, y + 4, f"{value:g}", text_anchor="end"))
        parts.append(svg.words(x, _TOP + side + 16, f"{value:g}", text_anchor="middle"))
    parts.append(svg.line(_LEFT, _TOP + side, _LEFT + side, _TOP, stroke="#a1a1aa", stroke_dasharray="4 3"))
    parts.append(svg.words(_LEFT + side, height - 6, across, text_anchor="end"))
    parts.append(svg.words(_LEFT + 4, _TOP + 12, up))
    for index, (name, dots) in enumerate(series.items()):
        colour = _COLOURS[index % len(_COLOURS)]
        for dot in dots:
            x = x_of(dot.said) + 3 * index  # so that the bars of two series do not hide each other
            low, high = y_of(dot.low), y_of(dot.high)
            parts.append(svg.line(x, low, x, high, stroke=colour, stroke_opacity=0.5, stroke_width=2))
            parts.append(svg.element("circle", cx=x, cy=y_of(dot.came), r=3.5, fill=colour))
        parts.append(svg.words(_LEFT + side + 14, _TOP + 14 * index + 8, name, fill=colour))
    return _sheet(title, width, height, parts)


def _sheet(title: str, width: int, height: int, parts: Sequence[str]) -> str:
    """Return a picture that also stands alone as a file: on white, with its title above it."""
    paper = svg.element("rect", width=width, height=height, fill=svg.PAPER)
    return svg.drawing(width, height, title, paper, svg.words(_LEFT, 18, title, font_weight="bold"), *parts) + "\n"
