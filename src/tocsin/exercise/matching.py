"""Which event came of which simulated flight, so that a reaction is held against the inject that it answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from tocsin.exercise.holding import Known, of_kind
from tocsin.exercise.results import EventTimes, Place, SimulatedFlight
from tocsin.geo.geodesic import distance_m

SITE_KM, LAUNCH_S = 150.0, 180.0
"""Launch point and time of an event lie within these of the flight's, or it came of another …"""
IMPACT_KM, IMPACT_S = 300.0, 120.0
"""… and so for the impact, where no launch point is told."""


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
    """Give each flight the event that fits it best, and each event left over the inject of the flight that it fits.

    Args:
        flights: From ``simulated_flights``.
        events: From ``event_times``.
        counts: How many objects an event may hold, by id: so many flights it may have come of.
    """
    pairs = sorted(
        (cost, f, e)
        for f, flight in enumerate(flights)
        for e, event in enumerate(events)
        if (cost := _apart(flight, event)) is not None
    )
    event_of: dict[int, str] = {}
    taken: dict[str, int] = {}
    inject_of: dict[str, str] = {}
    for _, f, e in pairs:
        name = events[e].event_id
        if f not in event_of and taken.get(name, 0) < max(counts.get(name, 1), 1):
            event_of[f] = name
            taken[name] = taken.get(name, 0) + 1
            inject_of.setdefault(name, flights[f].inject)
    for _, f, e in pairs:  # a flight may have been told of as several events
        inject_of.setdefault(events[e].event_id, flights[f].inject)
    matched = tuple(
        SimulatedFlight(
            inject=flight.inject, name=flight.name, launched_at=flight.launched_at, site=flight.site,
            impact=flight.impact, impact_at=flight.impact_at, event=event_of.get(f, ""),
        )
        for f, flight in enumerate(flights)
    )  # fmt: skip
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
    """Return how far event and flight are from each other, as a part of what is allowed; None: too far."""
    if event.launch_point is not None and event.launched_at is not None:
        km = _km(flight.site, event.launch_point)
        apart_s = abs((event.launched_at - flight.launched_at) / timedelta(seconds=1))
        return _within(km / SITE_KM, apart_s / LAUNCH_S)
    if flight.impact is None or flight.impact_at is None:
        return None
    found = [
        _within(
            _km(flight.impact, chain.impact) / IMPACT_KM,
            abs((chain.impact.at - flight.impact_at) / timedelta(seconds=1)) / IMPACT_S,
        )
        for chain in event.members
        if chain.impact is not None
    ]
    return min((each for each in found if each is not None), default=None)


def _within(*parts: float) -> float | None:
    return sum(parts) if all(part <= 1 for part in parts) else None


def _km(first: Place, second: Place) -> float:
    return distance_m(first.lat_deg, first.lon_deg, second.lat_deg, second.lon_deg) / 1e3
