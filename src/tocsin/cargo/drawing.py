"""A reach test as a map: the silence as an area, every port in reach, and the figures of each to point at."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.cargo.areas import area_in_reach
from tocsin.cargo.reach import ReachTest
from tocsin.cargo.sea import land
from tocsin.charts import svg
from tocsin.charts.maps import Base, Outline, Spot, chart_map
from tocsin.records import PortReach, Reach

_AT_MOST, _AS_SHOWN = "#07648b", "#a6245d"
_SIGNS = {"possible": ("mark", _AS_SHOWN), "unclear": ("ring", _AT_MOST), "impossible": ("cross", svg.FAINT)}
_MOST_LABELS = 16
_APART = (0.13, 0.035)
"""Of the width of what is in reach: labels nearer than this, across and along a meridian, would lie on each other."""


def draw(test: ReachTest) -> str:
    """Return the map as SVG."""
    reach = test.reach
    outlines = list(_areas(test))
    fixes = [
        Spot(fix.lat_deg, fix.lon_deg, svg.TEXT, f"{said} {fix.at:%Y-%m-%d %H:%MZ}", sign="launch", label=said)
        for fix, said in ((reach.silent_from, "last fix"), (reach.silent_to, "next fix"))
    ]
    if (reach.silent_from.lat_deg, reach.silent_from.lon_deg) == (reach.silent_to.lat_deg, reach.silent_to.lon_deg):
        both = f"last fix {reach.silent_from.at:%Y-%m-%d %H:%MZ}, next fix {reach.silent_to.at:%Y-%m-%d %H:%MZ}"
        fixes = [Spot(fixes[0].lat_deg, fixes[0].lon_deg, svg.TEXT, both, sign="launch", label="last and next fix")]
    labelled, spots = _labelled(reach), []
    for at, each in enumerate(reach.ports):
        port, (sign, colour) = each.port, _SIGNS[each.answer]
        if port.lat_deg is not None and port.lon_deg is not None:
            label = f"{port.name}{' (asked about)' if each.is_suspected else ''}" if at in labelled else ""
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


def _labelled(reach: Reach) -> set[int]:
    """Return which ports bear their name on the map: the suspected ones, and others as far as there is room."""
    placed = [(each.port.lat_deg or 0.0, each.port.lon_deg or 0.0) for each in reach.ports]
    fixes = [(fix.lat_deg, fix.lon_deg) for fix in (reach.silent_from, reach.silent_to)]
    lons = [lon for _, lon in (*placed, *fixes)]
    span = max(max(lons) - min(lons), 4.0)
    taken, kept = fixes, set[int]()
    for at, (lat, lon) in enumerate(placed):
        is_free = all(abs(lon - x) > _APART[0] * span or abs(lat - y) > _APART[1] * span for y, x in taken)
        if reach.ports[at].is_suspected or (is_free and len(kept) < _MOST_LABELS):
            kept.add(at)
            taken = [*taken, (lat, lon)]
    return kept


def _notes(reach: Reach, name: str) -> list[str]:
    begin, end = (f"{fix.at:%Y-%m-%d %H:%MZ}" for fix in (reach.silent_from, reach.silent_to))
    shown = f"; red: in reach at {reach.shown_kn:g} kn, which it has shown" if reach.shown_kn is not None else ""
    return [
        f"{name}, silent from {begin} to {end} ({reach.hours:.1f} h): where it could have been, not where it was.",
        f"Blue: in reach at {reach.most_kn:g} kn, the most that is assumed{shown}.",
        f"Ports, {reach.hours_alongside:g} h alongside: filled possible, ring unclear, cross impossible.",
        "That a call was possible is no evidence that it happened.",
    ]
