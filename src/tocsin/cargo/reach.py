"""The reach test: could a ship that was silent between two fixes have called at a port meanwhile?

*Impossible* rests on geodesics and a speed that no such ship exceeds, and so never excludes wrongly as long as that
speed and both fixes hold. *Possible* rests on a way found over water and a speed that the ship has shown. All else is
*unclear*. Every port in reach stands beside the suspected one: a test that names one port alone confirms what was
believed before. That a call was possible is never evidence that it happened.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from tocsin.cargo.ports import PORT_LIST
from tocsin.cargo.routes import METRES_A_NMI, Field, Place, Way, field_from
from tocsin.cargo.sea import Sea
from tocsin.geo.geodesic import distance_m
from tocsin.records import Answer, CargoPlace, Fix, PortReach, Reach, RecordRef, answer_from

LONGEST_WAY_NMI = 3000.0
"""Longer ways are not looked for: in so long a silence every port of the region is in reach."""

METHOD = (
    "reach test 1: geodesics on WGS 84; ways by Dijkstra over a grid of one minute of arc and pulled taut, around the "
    "land of Natural Earth 1:10m (4.1.0), 99 E to 170 W, 1 S to 66 N"
)


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked."""

    begin: Fix
    """The last fix before."""
    end: Fix
    """The first one after."""
    hours_alongside: float
    """For which it would have lain at the port, at least."""
    most_kn: float
    """No ship of its kind is faster."""
    most_reason: str
    shown_kn: float | None = None
    """It has kept this up."""
    shown_reason: str = ""
    vessel: RecordRef | None = None
    vessel_name: str = ""

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.hours_alongside, self.most_kn, self.shown_kn or 0.0))):
            raise ValueError("hours_alongside, most_kn and shown_kn are finite")
        if self.end.at <= self.begin.at:
            raise ValueError("the first fix after is later than the last one before")

    @property
    def hours(self) -> float:
        """How long it was silent."""
        return (self.end.at - self.begin.at) / timedelta(hours=1)


@dataclass(frozen=True)
class ReachTest:
    """What came of it, and what a map is drawn from."""

    reach: Reach
    fields: tuple[Field, Field] | None
    """From the fix before and the fix after; None if one of them is not at sea, as far as the grid goes."""


def least_nmi(silence: Silence, port: CargoPlace) -> float:
    """Return what no way from fix to port to fix is shorter than.

    Args:
        silence: With both fixes.
        port: With a position, which may be wrong by its ``within_km``.
    """
    wrong_m = 1000.0 * (port.within_km or 0.0)
    there = _position(port)
    legs = (max(distance_m(fix.lat_deg, fix.lon_deg, *there) - wrong_m, 0.0) for fix in (silence.begin, silence.end))
    # neither can the two together be less than from fix to fix
    whole = max(sum(legs), distance_m(*_at(silence.begin), *_at(silence.end)))
    return math.floor(10 * whole / METRES_A_NMI) / 10


def answer_of(silence: Silence, least: float, hours_left: float | None) -> Answer:
    """Return the answer that follows from the figures of a port."""
    return answer_from(
        least, hours_left, hours=silence.hours, hours_alongside=silence.hours_alongside, most_kn=silence.most_kn
    )


def reach_test(
    sea: Sea, silence: Silence, ports: Iterable[CargoPlace], suspected: Sequence[CargoPlace] = ()
) -> ReachTest:
    """Answer for every port.

    Args:
        sea: The grid.
        silence: What is asked.
        ports: To look at, each with a position.
        suspected: Those that somebody has in mind; they are listed also where they are out of reach.

    Raises:
        ValueError: A figure of what is asked makes no sense, as ``records.Reach`` says.
    """
    codes = {_code(port) for port in suspected}
    others = [port for port in ports if _code(port) not in codes]
    looked_at = len(suspected) + len(others)
    _reach(silence, (), looked_at)  # refuses at once what makes no sense
    fields = _fields(sea, silence)
    found = []
    for port in (*suspected, *others):
        least = least_nmi(silence, port)
        is_suspected = _code(port) in codes
        if answer_of(silence, least, None) == "impossible" and not is_suspected:
            continue
        ways = None if fields is None else _ways(sea, fields, port)
        found.append(_port_reach(silence, port, least, ways, is_suspected=is_suspected))
    found.sort(key=lambda each: (not each.is_suspected, each.needed_kn is None, each.needed_kn or 0.0, each.least_nmi))
    return ReachTest(_reach(silence, tuple(found), looked_at), fields)


def _reach(silence: Silence, ports: tuple[PortReach, ...], looked_at: int) -> Reach:
    return Reach(
        vessel=silence.vessel, vessel_name=silence.vessel_name, silent_from=silence.begin, silent_to=silence.end,
        hours_alongside=silence.hours_alongside, most_kn=silence.most_kn, most_reason=silence.most_reason,
        shown_kn=silence.shown_kn, shown_reason=silence.shown_reason, ports=ports,
        port_list=f"{looked_at} ports: {PORT_LIST}", method=METHOD, assumptions=_assumptions(silence),
    )  # fmt: skip


def _fields(sea: Sea, silence: Silence) -> tuple[Field, Field] | None:
    limit = min(silence.most_kn * silence.hours, LONGEST_WAY_NMI) + 2 * _NEAR_NMI
    begin = field_from(sea, _at(silence.begin), limit, towards=_at(silence.end))
    end = None if begin is None else field_from(sea, _at(silence.end), limit, towards=_at(silence.begin))
    return None if begin is None or end is None else (begin, end)


_NEAR_NMI = 19.0
"""Ports and fixes may lie so far from the water of the grid."""


def _ways(sea: Sea, fields: tuple[Field, Field], port: CargoPlace) -> tuple[Way, Way] | None:
    there, back = (each.way_to(sea, _position(port)) for each in fields)
    return None if there is None or back is None else (there, back)


def _port_reach(
    silence: Silence, port: CargoPlace, least: float, ways: tuple[Way, Way] | None, *, is_suspected: bool
) -> PortReach:
    route = needed = left = None
    if ways is not None:
        wrong_nmi = 2 * 1000.0 * (port.within_km or 0.0) / METRES_A_NMI
        route = math.ceil(10 * (sum(way.length_nmi for way in ways) + wrong_nmi)) / 10
        under_way = silence.hours - silence.hours_alongside
        needed = math.ceil(10 * route / under_way) / 10 if under_way > 0 else None
        if silence.shown_kn is not None:
            left = math.floor(10 * (silence.hours - route / silence.shown_kn)) / 10
    return PortReach(
        port=port, answer=answer_of(silence, least, left), least_nmi=least, route_nmi=route, needed_kn=needed,
        hours_left=left, is_suspected=is_suspected,
    )  # fmt: skip


def _assumptions(silence: Silence) -> tuple[str, ...]:
    shown = (
        f"The ship can keep up {silence.shown_kn:g} kn: {silence.shown_reason}."
        if silence.shown_kn is not None
        else "No speed of the ship is known, so nothing is called possible."
    )
    straight_kn = distance_m(*_at(silence.begin), *_at(silence.end)) / METRES_A_NMI / silence.hours
    return (
        f"Both fixes are true, and of this ship: from one to the other alone it made {straight_kn:.1f} kn at least.",
        f"No ship of this kind makes more than {silence.most_kn:g} kn: {silence.most_reason}.",
        shown,
        "Ways are the shortest found over water: depths, ice, weather, traffic schemes, closed waters are not known.",
        "The time to berth and to cast off is not counted.",
        "A berth lies within within_km of its port: taken off twice for impossible, put on twice for possible.",
        f"Ways over {LONGEST_WAY_NMI:,.0f} nmi and beyond the region are not looked for.",
    )


def _position(port: CargoPlace) -> Place:
    if port.lat_deg is None or port.lon_deg is None:
        raise ValueError(f"{port.name} has no position")
    return port.lat_deg, port.lon_deg


def _at(fix: Fix) -> Place:
    return fix.lat_deg, fix.lon_deg


def _code(port: CargoPlace) -> tuple[object, ...]:
    """Return what tells a port from others: where it lies, so that one listed twice is one."""
    return (port.name, port.lat_deg, port.lon_deg)
