"""Runs an exercise on a throw-away federation: the members play it as running ones do, on the scenario's clock.

All that happens is in the members' own records. Here the clock is worked: tick by tick, at the speed that is asked for,
and as fast as it goes over what is jumped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from tocsin.clock import SystemClock
from tocsin.codec import encode
from tocsin.exercise.catalogue import Script
from tocsin.records import Exercise, Record, body_of
from tocsin.records.exercise import ExerciseEnd, Inject
from tocsin.replay.agreeing import consents, proposal
from tocsin.replay.federation import Throwaway, free_ports, links_of
from tocsin.replay.ids import Ids
from tocsin.replay.member import Report
from tocsin.replay.watching import ScenarioClock, WatchFloors
from tocsin.synthesis.sensors import Sensor

BEFORE_START_S = 10.0
TICK_S = 1.0
"""Between ticks while plots come in."""
QUIET_TICK_S = 10.0


@dataclass(frozen=True)
class Running:
    """How to run it."""

    speed: float | None = None
    """Scenario seconds per second; None: as the scenario says; 0: as fast as it goes."""
    seed: int | None = None
    """None: the scenario's."""
    is_watched: bool = False
    keep: Path | None = None
    """Where the members' folders are left."""


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """A record that a member made, on the scenario's clock."""

    at_s: float
    member: str
    record: Record


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    format: str = "tocsin.exercise-run/1"
    exercise: str
    status: str
    seed: int
    injects_made: int
    is_complete: bool
    refused: int
    """Frames that a member refused; of an exercise that went well, none."""
    launches: dict[str, int]
    """By member, of how many events it told."""
    kept: str = ""
    """Where the members' folders are."""


@dataclass
class RunView:
    """What can be shown at this moment."""

    script: Script
    at_s: float = 0.0
    pages: dict[str, str] = field(default_factory=dict)
    """By member, the address that opens its watch floor once."""
    news: list[Happened] = field(default_factory=list)
    """Since this was last shown."""
    outcome: Outcome | None = None


class ExerciseRun:
    """One exercise on a federation made for it.

    Args:
        script: What is played.
        running: How.
        sensors: All simulated sensors; pages show what they cover.
        show: Called at every tick with what can be shown; must be quick.
    """

    def __init__(
        self, script: Script, running: Running, sensors: tuple[Sensor, ...], *, show: Callable[[RunView], None]
    ) -> None:
        self._script, self._running, self._sensors = script, running, sensors
        self._show = show
        self._clock = SystemClock()
        scenario = script.scenario
        self._speed = scenario.clock.speed if running.speed is None else running.speed
        self._seed = scenario.seed if running.seed is None else running.seed
        self._ids = Ids(self._seed)
        self._start = scenario.clock.starts_at or self._clock.now().replace(microsecond=0)
        self._tick = 0
        self._next_at: datetime | None = None
        self._end: ExerciseEnd | None = None
        self._made = 0
        self._events: dict[str, set[str]] = {code: set() for code in scenario.members}
        self._aliases: set[str] = set()
        """Events of which a member, whichever, has said that they are one with another."""
        self._floors: WatchFloors | None = None
        self.view = RunView(script, at_s=-BEFORE_START_S)
        self.leave = asyncio.Event()
        """Ends a run that is watched, after its end."""

    async def run(self) -> Outcome:
        """Play it to its end.

        Raises:
            TocsinError: The federation does not start.
            TimeoutError: Something was lost on the way.
        """
        scenario = self._script.scenario
        members = tuple(sorted(scenario.members))
        topology, hub = scenario.topology, scenario.hub or members[0]
        federation = Throwaway(
            members, links=links_of(topology, members, hub), audiences=(members,) if len(members) > 1 else (),
            seed=self._seed, is_watched=self._running.is_watched, status=scenario.status, knows_alone=False,
        )  # fmt: skip
        try:
            await federation.start(self._start - timedelta(seconds=BEFORE_START_S))
            if self._running.is_watched:
                await self._open_floors(federation)
            outcome = await self._play(federation)
            self.view.outcome = outcome
            self._show(self.view)
            if self._floors is not None:
                await self.leave.wait()
            if self._running.keep is not None:
                await federation.keep(self._running.keep)
        finally:
            if self._floors is not None:
                await self._floors.close()
            await federation.stop()
        return outcome

    async def _play(self, federation: Throwaway) -> Outcome:
        scenario = self._script.scenario
        begin = self._start - timedelta(seconds=BEFORE_START_S)
        exercise, status, new_id = self._exercise(), scenario.status, self._ids.new
        proposed = proposal(exercise, status, director=scenario.members[0], new_id=new_id, now=begin)
        await self._step(federation, begin, proposed)
        agreed = begin + timedelta(seconds=1)
        await self._step(federation, agreed, consents(exercise, status, new_id=new_id, now=agreed))
        began_s = self._clock.monotonic_s()
        while self._end is None:
            next_s = self._next_s(self.view.at_s)
            began_s = await self._keep_pace(began_s, next_s)
            await self._step(federation, self._start + timedelta(seconds=next_s), {})
        reports = await federation.flush()
        return Outcome(
            exercise=scenario.name, status=scenario.status, seed=self._seed, injects_made=self._made,
            is_complete=self._end.is_complete, refused=sum(report.refused for report in reports.values()),
            launches={code: len(events - self._aliases) for code, events in sorted(self._events.items())},
            kept="" if self._running.keep is None else str(self._running.keep),
        )  # fmt: skip

    async def _step(self, federation: Throwaway, now: datetime, records: dict[str, list[Record]]) -> None:
        self._tick += 1
        encoded = {code: [encode(record) for record in made] for code, made in records.items()}
        await federation.issue(self._tick, now, encoded, is_new=False)
        reports = await federation.step()
        self.view.at_s = (now - self._start).total_seconds()
        self._next_at = min(
            (step.next_at for _, step in reports.values() if step.next_at is not None), default=None
        )  # fmt: skip
        for code, halves in sorted(reports.items()):
            for report in halves:
                self._take(code, report)
        self._show(self.view)
        self.view.news.clear()

    def _take(self, code: str, report: Report) -> None:
        for record in report.issued:
            self.view.news.append(Happened(at_s=self.view.at_s, member=code, record=record))
            if record.kind == "warning.launch":
                self._events[code].add(body_of(record).event_id)
            elif record.kind == "warning.same_event":
                self._aliases.add(body_of(record).alias)
            elif record.kind == "exercise.inject":
                body: Inject = body_of(record)
                self._made += body.act == "made"
            elif record.kind == "exercise.end":
                self._end = body_of(record)

    def _next_s(self, at_s: float) -> float:
        """Return when to look again: at what is due by the plan, and often while plots come in."""
        scenario = self._script.scenario
        marks = [0.0, float(scenario.clock.ends)]
        for inject in scenario.inject:
            due_s = scenario.due_s(inject)
            marks += [due_s, due_s + float(getattr(inject, "lasting", 0.0))]
        if self._next_at is not None:
            marks.append((self._next_at - self._start).total_seconds())
        ahead = min((mark for mark in marks if mark > at_s), default=at_s + QUIET_TICK_S)
        return min(at_s + QUIET_TICK_S, max(at_s + TICK_S, ahead))

    async def _keep_pace(self, began_s: float, next_s: float) -> float:
        """Wait until a moment of the scenario is due; return when its start was, or would have been, in our time."""
        jumps = self._script.scenario.clock.jumps
        if self._speed == 0 or any(jump.at < next_s <= jump.to for jump in jumps):
            return self._clock.monotonic_s() - (next_s / self._speed if self._speed else 0.0)
        if self._tick == 2:
            began_s = self._clock.monotonic_s() - self.view.at_s / self._speed
        due_s = began_s + next_s / self._speed
        while (wait_s := due_s - self._clock.monotonic_s()) > 0:
            self.view.at_s = max(self.view.at_s, next_s - wait_s * self._speed)
            await asyncio.sleep(min(wait_s, 0.25))
            self._show(self.view)
        return began_s

    def _exercise(self) -> Exercise:
        script, scenario = self._script, self._script.scenario
        return Exercise(
            name=scenario.name, digest=script.digest, members=tuple(sorted(scenario.members)), starts_at=self._start,
            speed=self._speed, seed=self._seed, scenario=script.text, form=script.form,
        )  # fmt: skip

    async def _open_floors(self, federation: Throwaway) -> None:
        ports = iter(free_ports(len(federation.codes)))
        addresses = {code: f"127.0.0.1:{next(ports)}" for code in federation.codes}
        clock = ScenarioClock(lambda: self._start + timedelta(seconds=self.view.at_s))
        self._floors = WatchFloors(federation.homes, addresses, federation.links, clock, self._sensors)
        await self._floors.open()
        self.view.pages = self._floors.invitations()
        self._show(self.view)
