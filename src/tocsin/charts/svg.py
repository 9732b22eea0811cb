"""Elements of SVG as text: attributes and words are escaped here and nowhere else."""

from __future__ import annotations

import math
from html import escape

FONT = "'Noto Sans', 'DejaVu Sans', 'Noto Sans CJK KR', 'Noto Sans CJK JP', sans-serif"

TEXT, FAINT, LINE, PAPER = "#11181e", "#51606c", "#c6ced5", "#ffffff"
GOOD, BAD, WARN = "#1b6a3b", "#b0120a", "#9a5b00"
MEMBERS = ("#855700", "#17703b", "#07648b", "#a6245d", "#74460d", "#4c5862")
"""Colours of members on paper: those of the watch floor's light theme, in the order of their codes."""

_CORNERS = (0, 4, 3, 5, 6, 8)
"""Shapes by which members are told apart without colours, as on the watch floor (``web/src/map/palette.ts``): polygons
of so many corners, one of them at the top; 0 is a circle."""


def colour_of(index: int) -> str:
    """Return the colour of the member of this place among all members."""
    return MEMBERS[index % len(MEMBERS)]


def element(name: str, *inner: str, **attributes: str | float | None) -> str:
    """Return an element.

    Args:
        name: Of the element.
        inner: What stands in it, escaped already.
        attributes: Underscores stand for hyphens, one at the end for nothing; what is None is left out.
    """
    words = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_written(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{words}>{''.join(inner)}</{name}>" if inner else f"<{name}{words}/>"


def words(x: float, y: float, said: str, **attributes: str | float | None) -> str:
    """Return a text at a place; escapes what it says."""
    return element("text", escape(said), x=x, y=y, **{"fill": TEXT, **attributes})


def title(said: str) -> str:
    """Return what is said of an element to those who point at it, or cannot see it."""
    return element("title", escape(said))


def line(x1: float, y1: float, x2: float, y2: float, **attributes: str | float | None) -> str:
    """Return a straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **{"stroke": LINE, **attributes})


def path(points: list[tuple[float, float]], *, is_closed: bool = False) -> str:
    """Return the ``d`` of a path through points."""
    return " ".join(f"{'L' if n else 'M'}{x:.1f} {y:.1f}" for n, (x, y) in enumerate(points)) + "Z" * is_closed


def mark(index: int, x: float, y: float, radius: float, **attributes: str | float | None) -> str:
    """Return the shape of the member of this place among all members, centred at a place."""
    corners = _CORNERS[index % len(_CORNERS)]
    if corners == 0:
        return element("circle", cx=x, cy=y, r=radius, **attributes)
    outer = 1.25 * radius
    angles = [2 * math.pi * n / corners for n in range(corners)]
    around = [(x + outer * math.sin(angle), y - outer * math.cos(angle)) for angle in angles]
    return element("path", d=path(around, is_closed=True), **attributes)


def drawing(width: float, height: float, about: str, *inner: str) -> str:
    """Return a whole picture that takes the width it is given."""
    return element(
        "svg", title(about), *inner, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width:g} {height:g}",
        font_family=FONT, font_size=11, role="img",
    )  # fmt: skip


def ticks(span: float, *, most: int = 8) -> list[float]:
    """Return round places from 0 to a span, at most so many beside 0: steps of seconds, minutes or hours."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
    step = next((step for step in steps if span / step <= most), 0) or 86400 * math.ceil(span / most / 86400)
    return [float(step * n) for n in range(int(span // step) + 1)]


def clock(seconds: float) -> str:
    """Write a time since the start: ``3:05`` or ``1:03:05``."""
    whole = round(abs(seconds))
    sign = "−" if seconds < 0 and whole else ""
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{sign}{hours}:{minutes:02}:{left:02}" if hours else f"{sign}{minutes}:{left:02}"


def _written(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
