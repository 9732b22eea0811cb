"""Line charts as SVG, for pages that commands write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

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
    band: tuple[float, float] | None = None,
) -> str:
    """Return a chart of some series over common places.

    Args:
        title: Said above it.
        places: Along the horizontal axis, ascending.
        series: By name, a value for each place; None leaves a gap.
        across: What the horizontal axis is.
        top: Upper end of the vertical axis, which begins at 0; what is beyond is drawn at the edge.
        band: From where to where values should lie.
    """

    def x_of(place: float) -> float:
        span = places[-1] - places[0] or 1.0
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * (place - places[0]) / span

    def y_of(value: float) -> float:
        return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * min(max(value, 0.0), top) / top

    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}><title>{escape(title)}</title>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="18" font-weight="bold">{escape(title)}</text>',
    ]
    if band is not None:
        low, high = y_of(band[0]), y_of(band[1])
        wide = WIDTH - _LEFT - _RIGHT
        parts.append(f'<rect x="{_LEFT}" y="{high:.1f}" width="{wide}" height="{low - high:.1f}" fill="#dcfce7"/>')
    for step in range(5):
        value = top * step / 4
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
