"""What flies in an exercise, and what sensors make of it: injects to plots, the same for the same seed.

A body rises at the moment at which its inject was made, on the clock of the members: a pause or a jump of the
scenario's clock changes nothing about what flies already.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

import msgspec

from tocsin.errors import FlightError
from tocsin.exercise.scenario import (
    AnyInject,
    FalseInject,
    FlightInject,
    Flying,
    LateInject,
    LaunchInject,
    OutageInject,
    SalvoInject,
)
from tocsin.records import Flown, Position
from tocsin.synthesis.clutter import false_plots
from tocsin.synthesis.flights import Flight, reconstruct
from tocsin.synthesis.launches import LaunchRow
from tocsin.synthesis.sensors import Plot, Sensor, observe
from tocsin.synthesis.truth import Truth, ascend, fly, thrust_of

FLYING_KINDS = (LaunchInject, FlightInject, SalvoInject)


@dataclass(frozen=True)
class Body:
    """Something that flies, from when on."""

    name: str
    target: Flight | Truth
    lift_off: datetime

    @property
    def lands_at(self) -> datetime:
        """Return when it is down, or is followed no longer."""
        return self.lift_off + timedelta(seconds=self.target.duration_s)


@dataclass(frozen=True)
class Seen:
    """A plot with the moments that it is of."""

    plot: Plot
    measured_at: datetime
    arrives_at: datetime
    assumptions: str
    """What its flight is no proof of; empty for a false one."""


@dataclass(frozen=True)
class _Spell:
    """Something that holds for a time."""

    who: frozenset[str]
    since: datetime
    until: datetime
    delay: timedelta = timedelta()

    def holds(self, who: str, at: datetime) -> bool:
        return who in self.who and self.since <= at < self.until


class Stage:
    """What is in the air of one exercise, seen by some sensors.

    Args:
        exercise_id: Keys the noise together with the seed.
        sensors: Those whose plots are wanted.
        launches: The launch table, by id.
        seed: Of all noise.
    """

    def __init__(
        self, exercise_id: str, sensors: Sequence[Sensor], launches: Mapping[str, LaunchRow], seed: int
    ) -> None:
        self._id = exercise_id
        self._sensors = tuple(sensors)
        self._launches = launches
        self._seed = seed
        self._waiting: list[tuple[datetime, int, Seen]] = []
        self._count = itertools.count()
        self._silent: list[_Spell] = []
        self._late: list[_Spell] = []

    def make(self, inject: AnyInject, at: datetime) -> None:
        """Let an inject happen; those that are for people alone change nothing here.

        Args:
            inject: What.
            at: When it was made, UTC.

        Raises:
            FlightError: No flight of the model meets the figures.
            DomainError: It does not rise or does not come down.
        """
        if isinstance(inject, FLYING_KINDS):
            for body in self.bodies_of(inject, at):
                self._await(observe(body.target, self._sensors, self._seed), body.lift_off, _assumptions(body))
        elif isinstance(inject, OutageInject):
            until = at + timedelta(seconds=inject.lasting)
            self._silent.append(_Spell(frozenset(inject.sensors), at, until))
        elif isinstance(inject, LateInject):
            until, delay = at + timedelta(seconds=inject.lasting), timedelta(seconds=inject.delay)
            self._late.append(_Spell(frozenset((inject.member,)), at, until, delay))
        elif isinstance(inject, FalseInject):
            noisy = [
                msgspec.structs.replace(sensor, clutter_per_scan=inject.per_scan)
                for sensor in self._sensors
                if sensor.sensor_id in inject.sensors
            ]
            self._await(false_plots(noisy, from_s=0.0, to_s=inject.lasting, seed=self._key(inject)), at, "")

    def bodies_of(self, inject: AnyInject, at: datetime) -> tuple[Body, ...]:
        """Return what an inject lets fly; the same for the same seed.

        Raises:
            FlightError: No flight of the model meets the figures.
            DomainError: It does not rise or does not come down.
        """
        name = f"{self._id} {inject.id}"
        if isinstance(inject, LaunchInject):
            row = self._launches.get(inject.launch)
            if row is None:
                raise FlightError(f"no launch {inject.launch}", advice="Members need the same launch table")
            target = _of_table(row, inject.lift_to_drag, inject.fails_at)
            return (Body(name, target, at),)
        if isinstance(inject, FlightInject):
            return (Body(name, _flown(name, name, inject.flight, inject.flight.bearing_deg), at),)
        if not isinstance(inject, SalvoInject):
            return ()
        bodies = []
        for number, battery in enumerate(inject.batteries, start=1):
            for index in range(battery.count):
                part = index / (battery.count - 1) - 0.5 if battery.count > 1 else 0.0
                bearing_deg = (battery.flight.bearing_deg + part * battery.spread_deg) % 360.0
                each = f"{name} {number}.{index + 1}"
                lift_off = at + timedelta(seconds=index * float(battery.every or 0.0))
                bodies.append(Body(each, _flown(each, name, battery.flight, bearing_deg), lift_off))
        return tuple(bodies)

    def hand_over(self, now: datetime) -> list[Seen]:
        """Take out what sensors hand over up to a moment, in the order of measurement."""
        found = []
        while self._waiting and self._waiting[0][0] <= now:
            _, _, seen = heapq.heappop(self._waiting)
            if any(spell.holds(seen.plot.sensor_id, seen.measured_at) for spell in self._silent):
                continue
            delays = [spell.delay for spell in self._late if spell.holds(seen.plot.member, seen.measured_at)]
            due = seen.measured_at + max(delays) if delays else seen.arrives_at
            if due > now and due > seen.arrives_at:
                self._push(replace(seen, arrives_at=due))
                continue
            found.append(seen)
        return sorted(found, key=lambda seen: (seen.measured_at, seen.plot.sensor_id))

    @property
    def next_at(self) -> datetime | None:
        """Return when the next plot is handed over, or none if nothing is under way."""
        return self._waiting[0][0] if self._waiting else None

    def _await(self, plots: Iterable[Plot], zero: datetime, assumptions: str) -> None:
        for plot in plots:
            measured_at, arrives_at = (zero + timedelta(seconds=each) for each in (plot.time_s, plot.arrives_s))
            self._push(Seen(plot, measured_at, arrives_at, assumptions))

    def _push(self, seen: Seen) -> None:
        heapq.heappush(self._waiting, (seen.arrives_at, next(self._count), seen))

    def _key(self, inject: AnyInject) -> int:
        return self._seed * 1_000_003 + sum(map(ord, inject.id))


def flown(body: Body) -> Flown:
    """Return the record's words for something that flies."""
    launch, impact = body.target.launch, None
    if isinstance(body.target, Flight):
        impact = (body.target.impact_lat_deg, body.target.impact_lon_deg)
    elif body.target.impact is not None:
        impact = body.target.impact
    return Flown(
        name=body.name,
        launched_at=body.lift_off,
        site=Position(lat_deg=launch.site_lat_deg or 0.0, lon_deg=launch.site_lon_deg or 0.0),
        impact=None if impact is None else Position(lat_deg=impact[0], lon_deg=impact[1]),
        impact_at=None if impact is None else body.lands_at,
        is_orbital=impact is None,
    )


def _assumptions(body: Body) -> str:
    if isinstance(body.target, Flight):
        return body.target.assumptions
    return f"{body.target.name}, flown by a model (tocsin.synthesis.truth)"


def row_of(name: str, event: str, flight: Flying, bearing_deg: float) -> LaunchRow:
    """Return a row of the launch table for a flight with figures of its own."""
    return LaunchRow(
        launch_id=name, event_id=event, date_utc="2000-01-01", launched_at=None, missile_name="exercise",
        missile_class="SLV" if flight.into_orbit else "", manoeuvre="", site_name="exercise",
        site_lat_deg=flight.site_lat_deg, site_lon_deg=flight.site_lon_deg, bearing_deg=bearing_deg,
        is_bearing_default=False, apogee_km=flight.apogee_km, distance_km=flight.distance_km, landing_area="",
        outcome="success", quality_flags=(),
    )  # fmt: skip


def _flown(name: str, event: str, flight: Flying, bearing_deg: float) -> Flight | Truth:
    target = _of_figures(flight, bearing_deg)
    launch = row_of(name, event, flight, bearing_deg)
    return replace(target, launch=launch) if isinstance(target, Flight) else replace(target, launch=launch, name=name)


@lru_cache(maxsize=1024)
def _of_figures(flight: Flying, bearing_deg: float) -> Flight | Truth:
    """Fly figures; those of a battery that are alike are flown once."""
    row = row_of("exercise", "exercise", flight, bearing_deg)
    if flight.into_orbit:
        return ascend(row)
    return _departing(reconstruct(row), flight.lift_to_drag, flight.fails_at)


@lru_cache(maxsize=64)
def _of_table(row: LaunchRow, lift_to_drag: float, fails_at: float | None) -> Flight | Truth:
    return _departing(reconstruct(row), lift_to_drag, fails_at)


def _departing(flight: Flight, lift_to_drag: float, fails_at: float | None) -> Flight | Truth:
    if lift_to_drag == 0.0 and fails_at is None:
        return flight
    return fly(flight, thrust=thrust_of(flight.burn), lift_to_drag=lift_to_drag, fails_at=fails_at)
