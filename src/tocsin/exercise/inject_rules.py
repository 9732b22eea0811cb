"""What must hold of each kind of inject."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from tocsin.exercise.lines import Path
from tocsin.exercise.naming import LONGEST_S, Known, Wrong, named
from tocsin.exercise.scenario import (
    MOST_OBJECTS,
    AnyInject,
    Battery,
    CutInject,
    DecisionInject,
    DelayInject,
    FalseInject,
    FlightInject,
    Flying,
    LateInject,
    LaunchInject,
    MessageInject,
    NoticeInject,
    OutageInject,
    SalvoInject,
    Scenario,
)

LONGEST_DELAY_S = 86400.0
MOST_FALSE_PER_SCAN = 20.0


def of_kind(inject: AnyInject, scenario: Scenario, known: Known, path: Path) -> Iterator[Wrong]:
    """Yield what is wrong with an inject by the rules of its kind."""
    lasting, delay = getattr(inject, "lasting", None), getattr(inject, "delay", None)
    if lasting is not None and not 0 < lasting <= LONGEST_S:
        yield Wrong((*path, "lasting"), f"it lasts {lasting:g} s", "It lasts longer than nothing, and a week at most")
    if delay is not None and not 0 < delay <= LONGEST_DELAY_S:
        yield Wrong((*path, "delay"), f"a delay of {delay:g} s", "A delay is above 0 and a day at most")
    yield from _RULES[type(inject)](inject, scenario, known, path)


def _launch(inject: LaunchInject, _scenario: Scenario, known: Known, path: Path) -> Iterator[Wrong]:
    yield from named((inject.launch,), known.launches, "launch", (*path, "launch"))
    if lacks := known.launches.get(inject.launch):
        yield Wrong((*path, "launch"), f"{inject.launch}: {lacks}", "Take another, or a flight with your figures")
    yield from _departures(inject.lift_to_drag, inject.fails_at, path)


def _flight(inject: FlightInject, _scenario: Scenario, _known: Known, path: Path) -> Iterator[Wrong]:
    yield from _flying(inject.flight, (*path, "flight"))


def _salvo(inject: SalvoInject, _scenario: Scenario, _known: Known, path: Path) -> Iterator[Wrong]:
    if not inject.batteries:
        yield Wrong((*path, "batteries"), "a salvo of nothing", "Add a battery with a flight and a count")
    for at, battery in enumerate(inject.batteries):
        yield from _battery(battery, (*path, "batteries", at))


def _battery(battery: Battery, path: Path) -> Iterator[Wrong]:
    yield from _flying(battery.flight, (*path, "flight"))
    if not 1 <= battery.count <= MOST_OBJECTS:
        yield Wrong((*path, "count"), f"a count of {battery.count}", f"Take 1 to {MOST_OBJECTS}")
    if not 0 <= (battery.every or 0) <= LONGEST_DELAY_S:
        yield Wrong((*path, "every"), f"one every {battery.every:g} s", "Take 0 or more, a day at most")
    if not 0 <= battery.spread_deg <= 180:
        yield Wrong((*path, "spread_deg"), f"a spread of {battery.spread_deg:g}", "Take 0 to 180")


def _notice(inject: NoticeInject, scenario: Scenario, _known: Known, path: Path) -> Iterator[Wrong]:
    yield from named((inject.member,), scenario.members, "member", (*path, "member"))
    yield from _place(inject.site_lat_deg, inject.site_lon_deg, path)
    if not 0 <= (inject.opens or 0) <= inject.closes:
        yield Wrong((*path, "closes"), "the window closes before it opens", "Let closes be opens or later")
    if inject.azimuth_deg is not None and not 0 <= inject.azimuth_deg < 360:
        yield Wrong((*path, "azimuth_deg"), f"an azimuth of {inject.azimuth_deg:g}", "Take 0 to below 360")


def _sensors(inject: OutageInject | FalseInject, scenario: Scenario, known: Known, path: Path) -> Iterator[Wrong]:
    mine = [sensor for sensor, member in known.sensors.items() if member in scenario.members]
    yield from named(inject.sensors or ("(none)",), mine, "sensor", (*path, "sensors"))
    if isinstance(inject, FalseInject) and not 0 < inject.per_scan <= MOST_FALSE_PER_SCAN:
        yield Wrong((*path, "per_scan"), f"{inject.per_scan:g} false plots per scan", "Take above 0, up to 20")


def _link(inject: CutInject | DelayInject, scenario: Scenario, _known: Known, path: Path) -> Iterator[Wrong]:
    yield from named(inject.between, scenario.members, "member", (*path, "between"))
    if inject.between[0] == inject.between[1]:
        yield Wrong((*path, "between"), "a link of a member with itself", "Name two members")


def _late(inject: LateInject, scenario: Scenario, _known: Known, path: Path) -> Iterator[Wrong]:
    yield from named((inject.member,), scenario.members, "member", (*path, "member"))


def _message(inject: MessageInject, scenario: Scenario, _known: Known, path: Path) -> Iterator[Wrong]:
    yield from named(inject.to, scenario.members, "member", (*path, "to"))
    yield from _text(inject.text, (*path, "text"))


def _decision(inject: DecisionInject, scenario: Scenario, _known: Known, path: Path) -> Iterator[Wrong]:
    yield from named(inject.to, scenario.members, "member", (*path, "to"))
    yield from _text(inject.question, (*path, "question"))
    if len(set(inject.options)) < max(2, len(inject.options)):
        yield Wrong((*path, "options"), "a decision without a choice", "Give two different options or more")
    if inject.within is not None and not 0 < inject.within <= LONGEST_S:
        yield Wrong((*path, "within"), f"{inject.within:g} s to decide", "Take above 0, or leave it out")


_RULES: dict[type, Callable[[Any, Scenario, Known, Path], Iterator[Wrong]]] = {
    LaunchInject: _launch, FlightInject: _flight, SalvoInject: _salvo, NoticeInject: _notice, OutageInject: _sensors,
    FalseInject: _sensors, CutInject: _link, DelayInject: _link, LateInject: _late, MessageInject: _message,
    DecisionInject: _decision,
}  # fmt: skip


def _flying(flight: Flying, path: Path) -> Iterator[Wrong]:
    yield from _place(flight.site_lat_deg, flight.site_lon_deg, path)
    if not 0 <= flight.bearing_deg < 360:
        yield Wrong((*path, "bearing_deg"), f"a bearing of {flight.bearing_deg:g}", "Take 0 to below 360")
    if flight.into_orbit:
        if not 150 <= flight.apogee_km <= 2000:
            yield Wrong((*path, "apogee_km"), f"an orbit at {flight.apogee_km:g} km", "Take 150 to 2,000 km")
    elif not (10 <= flight.apogee_km <= 7000 and 20 <= flight.distance_km <= 16_000):
        yield Wrong(
            (*path, "apogee_km"), f"{flight.apogee_km:g} km high and {flight.distance_km:g} km far",
            "Take 10 to 7,000 km of height and 20 to 16,000 km of distance",
        )  # fmt: skip
    yield from _departures(flight.lift_to_drag, flight.fails_at, path)


def _departures(lift_to_drag: float, fails_at: float | None, path: Path) -> Iterator[Wrong]:
    if not 0 <= lift_to_drag <= 5:
        yield Wrong((*path, "lift_to_drag"), f"a lift of {lift_to_drag:g} times the drag", "Take 0 to 5")
    if fails_at is not None and not 0 < fails_at < 1:
        yield Wrong((*path, "fails_at"), f"it fails at {fails_at:g} of its burn", "Take a number between 0 and 1")


def _place(lat_deg: float, lon_deg: float, path: Path) -> Iterator[Wrong]:
    if not (math.isfinite(lat_deg) and -90 <= lat_deg <= 90 and math.isfinite(lon_deg) and -180 <= lon_deg <= 180):
        yield Wrong((*path, "site_lat_deg"), f"no place at {lat_deg:g}, {lon_deg:g}", "Take -90 to 90 and -180 to 180")


def _text(text: str, path: Path) -> Iterator[Wrong]:
    if not 0 < len(text.strip()) <= 2000:
        yield Wrong(path, "the text is empty or too long", "Write 1 to 2000 characters")
