"""A reach test as a map: the silence as an area, every port in reach, and the figures of each to point at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shapely.geometry import Point, Polygon, box

from tocsin.cargo.areas import area_in_reach
from tocsin.cargo.reach import ReachTest
from tocsin.cargo.sea import land
from tocsin.charts import svg
from tocsin.charts.maps import Base, Outline, Spot, chart_map
from tocsin.records import PortReach, Reach

_AT_MOST, _AS_SHOWN = "#07648b", "#a6245d"
_SIGNS = {"possible": ("mark", _AS_SHOWN), "unclear": ("ring", _AT_MOST), "impossible": ("cross", svg.FAINT)}
_MOST_LABELS = 16
_LETTER, _LINE = 0.009, 0.03
"""How wide a letter and how high a line of a label are, of the width of what is drawn."""


def draw(test: ReachTest) -> str:
    """Return the map as SVG."""
    reach = test.reach
    outlines = list(_areas(test))
    fixes = [
        Spot(fix.lat_deg, fix.lon_deg, svg.TEXT, f"{said} {fix.at:%Y-%m-%d %H:%MZ}", sign="launch")
        for fix, said in ((reach.silent_from, "last fix before:"), (reach.silent_to, "first fix after:"))
    ]
    labelled, spots = _labelled(reach, outlines), []
    for at, each in enumerate(reach.ports):
        port, (sign, colour) = each.port, _SIGNS[each.answer]
        if port.lat_deg is not None and port.lon_deg is not None:
            label = _label(each) if at in labelled else ""
            spots.append(Spot(port.lat_deg, port.lon_deg, colour, says(each), sign=sign, label=label))
    name = reach.vessel_name or "A ship"
    return chart_map(
        f"Where {name} could have been in {reach.hours:.0f} hours of silence", Base(land=(land(),)), outlines,
        [*spots, *fixes],
        notes=_notes(reach, name),
    )  # fmt: skip


def says(each: PortReach) -> str:
    """Return what a test says of a port, in words: the answer never stands without its figures."""
    route = "no way over water found" if each.route_nmi is None else f"{each.route_nmi:,.1f} nmi by sea"
    needed = "" if each.needed_kn is None else f", needs {each.needed_kn:.1f} kn"
    left = "" if each.hours_left is None else f", leaves {each.hours_left:.1f} h alongside at the speed shown"
    return f"{each.port.name}: {each.answer}; at least {each.least_nmi:,.1f} nmi, {route}{needed}{left}"


def _areas(test: ReachTest) -> Iterator[Outline]:
    reach = test.reach
    speeds = [(reach.most_kn, _AT_MOST, "at most")]
    if reach.shown_kn is not None:
        speeds.append((reach.shown_kn, _AS_SHOWN, "at the speed it has shown"))
    for speed, colour, how in speeds:
        for part in area_in_reach(test, speed).geoms:
            rings = [[(x, y) for x, y, *_ in ring.coords] for ring in (part.exterior, *part.interiors)]
            yield Outline(rings[0], colour, f"could have been here, {how}: {speed:g} kn", holes=rings[1:])


def _label(each: PortReach) -> str:
    return each.port.name.partition(" (")[0] + (" (asked about)" if each.is_suspected else "")


def _labelled(reach: Reach, outlines: Sequence[Outline]) -> set[int]:
    """Return which ports bear their name on the map: the suspected ones, and others as far as there is room."""
    placed = [(each.port.lon_deg or 0.0, each.port.lat_deg or 0.0) for each in reach.ports]
    lons = [lon for lon, _ in (*placed, *(corner for each in outlines for corner in each.corners))] or [0.0]
    span = max(max(lons) - min(lons), 4.0)
    boxes: dict[int, Polygon] = {}
    for at, (lon, lat) in enumerate(placed):
        wide, high = _LETTER * span * len(_label(reach.ports[at])), _LINE * span / 2
        label = box(lon, lat - high, lon + wide, lat + high)
        others = (Point(place) for place in placed if place != (lon, lat))
        is_free = not any(map(label.intersects, (*boxes.values(), *others)))
        if reach.ports[at].is_suspected or (is_free and len(boxes) < _MOST_LABELS):
            boxes[at] = label
    return set(boxes)


def _notes(reach: Reach, name: str) -> list[str]:
    begin, end = (f"{fix.at:%Y-%m-%d %H:%MZ}" for fix in (reach.silent_from, reach.silent_to))
    shown = f"; red: in reach at {reach.shown_kn:g} kn, which it has shown" if reach.shown_kn is not None else ""
    return [
        f"{name}, silent from {begin} to {end} ({reach.hours:.1f} h): where it could have been, not where it was.",
        f"Blue: in reach at {reach.most_kn:g} kn, the most that is assumed{shown}.",
        f"Ports, {reach.hours_alongside:g} h alongside: filled possible, ring unclear, cross impossible.",
        "Triangles: the fixes. That a call was possible is no evidence that it happened.",
    ]
