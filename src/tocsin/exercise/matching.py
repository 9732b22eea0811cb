"""Which event came of which simulated flight, so that a reaction is held against the inject that it answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import numpy as np
from scipy.optimize import linear_sum_assignment

from tocsin.exercise.holding import Known, of_kind
from tocsin.exercise.results import EventTimes, Place, SimulatedFlight
from tocsin.geo.geodesic import distance_m

IMPACT_KM, IMPACT_S = 300.0, 120.0
"""The impact that an event foretells lies within these of the flight's, or it came of another …"""
SITE_KM, LAUNCH_S = 150.0, 180.0
"""… and so for launch point and time, where no impact decides."""
_BY_LAUNCH = 2.0
"""What fits by its launch alone fits less well than whatever fits by its impact."""
_FAR = 1e6


@dataclass(frozen=True)
class Matched:
    """Flights and events, brought together."""

    flights: tuple[SimulatedFlight, ...]
    """In the order of launch, each with its event if it has one."""
    injects: Mapping[str, str]
    """By event id, the inject that it came of; events of none are missing."""


def simulated_flights(entries: Sequence[Known]) -> tuple[SimulatedFlight, ...]:
    """Return what really flew, as the injects that were made tell."""
    found: dict[tuple[str, str], SimulatedFlight] = {}
    for one in of_kind(entries, "exercise.inject"):
        for flown in one.body.flown if one.body.act == "made" else ():
            impact = None if flown.impact is None else Place(lat_deg=flown.impact.lat_deg, lon_deg=flown.impact.lon_deg)
            found.setdefault(
                (one.body.inject, flown.name),
                SimulatedFlight(
                    inject=one.body.inject, name=flown.name, launched_at=flown.launched_at, impact=impact,
                    site=Place(lat_deg=flown.site.lat_deg, lon_deg=flown.site.lon_deg), impact_at=flown.impact_at,
                ),
            )  # fmt: skip
    return tuple(sorted(found.values(), key=lambda flight: (flight.launched_at, flight.inject, flight.name)))


def match(flights: Sequence[SimulatedFlight], events: Sequence[EventTimes], counts: Mapping[str, int]) -> Matched:
    """Give the flights the events that fit them best as a whole; what is left over, the inject of the nearest flight.

    Args:
        flights: From ``simulated_flights``.
        events: From ``event_times``.
        counts: How many objects an event may hold, by id: so many flights it may have come of.

    Source:
        Crouse (2016), On implementing 2D rectangular assignment algorithms, as scipy has it.
    """
    costs = [[_apart(flight, event) for event in events] for flight in flights]
    places = [e for e, event in enumerate(events) for _ in range(max(counts.get(event.event_id, 1), 1))]
    table = np.array([[_FAR if costs[f][e] is None else costs[f][e] for e in places] for f in range(len(flights))])
    event_of: dict[int, str] = {}
    inject_of: dict[str, str] = {}
    for row, column in zip(*linear_sum_assignment(table), strict=True) if table.size else ():
        f, e = int(row), places[int(column)]
        if costs[f][e] is not None:
            event_of[f] = events[e].event_id
            inject_of.setdefault(event_of[f], flights[f].inject)
    for e, event in enumerate(events):  # a flight may have been told of as several events
        near = min(((cost, f) for f, row in enumerate(costs) if (cost := row[e]) is not None), default=None)
        if near is not None:
            inject_of.setdefault(event.event_id, flights[near[1]].inject)
    matched = tuple(msgspec.structs.replace(flight, event=event_of.get(f, "")) for f, flight in enumerate(flights))
    return Matched(flights=matched, injects=inject_of)


def object_counts(entries: Iterable[Known], ids: Mapping[str, str]) -> dict[str, int]:
    """Return the largest number of objects that any member said an event may be."""
    found: dict[str, int] = {}
    for one in entries:
        if one.record.kind == "warning.launch":
            event = ids[one.body.event_id]
            found[event] = max(found.get(event, 1), one.body.count_high)
    return found


def _apart(flight: SimulatedFlight, event: EventTimes) -> float | None:
    """Return how far event and flight are from each other, as parts of what is allowed; None: too far.

    Of a salvo many rise from one place within seconds, and come down apart: where both are known, impacts decide.
    """
    impacts = [
        _within(
            _km(flight.impact, chain.impact) / IMPACT_KM,
            abs((chain.impact.at - flight.impact_at) / timedelta(seconds=1)) / IMPACT_S,
        )
        for chain in event.members
        if chain.impact is not None and flight.impact is not None and flight.impact_at is not None
    ]
    by_impact = min((each for each in impacts if each is not None), default=None)
    if by_impact is not None or event.launch_point is None or event.launched_at is None:
        return by_impact
    km = _km(flight.site, event.launch_point)
    apart_s = abs((event.launched_at - flight.launched_at) / timedelta(seconds=1))
    by_launch = _within(km / SITE_KM, apart_s / LAUNCH_S)
    return None if by_launch is None else _BY_LAUNCH + by_launch


def _within(*parts: float) -> float | None:
    return sum(parts) if all(part <= 1 for part in parts) else None


def _km(first: Place, second: Place) -> float:
    return distance_m(first.lat_deg, first.lon_deg, second.lat_deg, second.lon_deg) / 1e3
