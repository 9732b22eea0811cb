"""Charts as SVG, for pages that commands write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 640, 320
_LEFT, _TOP, _RIGHT, _BOTTOM = 52, 30, 150, 36
_COLOURS = ("#1d4ed8", "#b45309", "#047857", "#be123c", "#6d28d9", "#0e7490", "#4d7c0f", "#334155")


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

    parts = _begun(title, WIDTH, HEIGHT)
    if band is not None:
        low, high = y_of(band[0]), y_of(band[1])
        wide = WIDTH - _LEFT - _RIGHT
        parts.append(f'<rect x="{_LEFT}" y="{high:.1f}" width="{wide}" height="{low - high:.1f}" fill="#dcfce7"/>')
    for step in range(5):
        value = bottom + (top - bottom) * step / 4
        parts.append(f'<path d="M{_LEFT} {y_of(value):.1f}H{WIDTH - _RIGHT}" stroke="#e4e4e7"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y_of(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    parts += [
        f'<text x="{x_of(place):.1f}" y="{HEIGHT - _BOTTOM + 16}" text-anchor="middle">{place:g}</text>'
        for place in places
    ]
    parts.append(f'<text x="{_LEFT}" y="{HEIGHT - 6}">{escape(across)}</text>')
    for index, (name, values) in enumerate(series.items()):
        colour = _COLOURS[index % len(_COLOURS)]
        dash = ' stroke-dasharray="5 3"' if index >= len(_COLOURS) else ""
        known = [(x_of(place), y_of(value)) for place, value in zip(places, values, strict=True) if value is not None]
        path = " ".join(f"{'L' if number else 'M'}{x:.1f} {y:.1f}" for number, (x, y) in enumerate(known))
        if known:
            parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.6"{dash}/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in known]
        y = _TOP + 14 * index + 8
        parts.append(f'<text x="{WIDTH - _RIGHT + 10}" y="{y}" fill="{colour}">{escape(name)}</text>')
    return "".join([*parts, "</svg>\n"])


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

    parts = _begun(title, width, height)
    for step in range(6):
        value = step / 5
        x, y = x_of(value), y_of(value)
        parts.append(f'<path d="M{_LEFT} {y:.1f}h{side}M{x:.1f} {_TOP}v{side}" stroke="#e4e4e7"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
        parts.append(f'<text x="{x:.1f}" y="{_TOP + side + 16}" text-anchor="middle">{value:g}</text>')
    parts.append(f'<path d="M{_LEFT} {_TOP + side}L{_LEFT + side} {_TOP}" stroke="#a1a1aa" stroke-dasharray="4 3"/>')
    parts.append(f'<text x="{_LEFT + side}" y="{height - 6}" text-anchor="end">{escape(across)}</text>')
    parts.append(f'<text x="{_LEFT + 4}" y="{_TOP + 12}">{escape(up)}</text>')
    for index, (name, dots) in enumerate(series.items()):
        colour = _COLOURS[index % len(_COLOURS)]
        for dot in dots:
            x = x_of(dot.said) + 3 * index  # so that the bars of two series do not hide each other
            bar = f"M{x:.1f} {y_of(dot.low):.1f}V{y_of(dot.high):.1f}"
            parts.append(f'<path d="{bar}" stroke="{colour}" stroke-opacity="0.5" stroke-width="2"/>')
            parts.append(f'<circle cx="{x:.1f}" cy="{y_of(dot.came):.1f}" r="3.5" fill="{colour}"/>')
        parts.append(f'<text x="{_LEFT + side + 14}" y="{_TOP + 14 * index + 8}" fill="{colour}">{escape(name)}</text>')
    return "".join([*parts, "</svg>\n"])


def _begun(title: str, width: int, height: int) -> list[str]:
    box = f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11"'
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}><title>{escape(title)}</title>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="18" font-weight="bold">{escape(title)}</text>',
    ]
