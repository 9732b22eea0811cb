"""Replays launches on a throw-away federation: hands every plot to its member's node, tick by tick."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from tocsin.bus import LinkState
from tocsin.clock import SystemClock
from tocsin.codec import encode
from tocsin.errors import FlightError
from tocsin.markings import status_class
from tocsin.records import Exercise, Launch, body_of
from tocsin.replay import summary
from tocsin.replay.agreeing import consents, proposal
from tocsin.replay.audit import Ledger, audit
from tocsin.replay.federation import STATUS, Throwaway, free_ports, links_of
from tocsin.replay.ids import Ids
from tocsin.replay.member import Report
from tocsin.replay.results import ExchangeResult, LaunchResult, ReplayResult
from tocsin.replay.scenario import Scene, audiences_for, detections, make_scene
from tocsin.replay.watching import ScenarioClock, WatchFloors
from tocsin.synthesis.launches import LaunchRow
from tocsin.synthesis.sensors import Sensor

BEFORE_LIFT_OFF_S = 10.0
BETWEEN_S = 60.0

log = structlog.get_logger()


@dataclass(frozen=True)
class Options:
    """How to replay."""

    topology: str = "mesh"
    speed: float | None = 1.0
    """Scenario seconds per second; None: as fast as it goes."""
    alone: str | None = None
    seed: int = 1
    hub: str = "USA"
    status: str = STATUS
    """Of all that is played: ``test``, or ``exercise:<id>`` to which all members consent first."""
    is_watched: bool = False
    """Serve every member's watch floor, and stay after the last launch until ``leave`` is set."""


@dataclass
class MemberView:
    """What can be shown of one member at this moment."""

    own_detections: int = 0
    detections: int = 0
    launch: Launch | None = None
    """The newest stage, for its own people."""
    stages: list[summary.Issued] = field(default_factory=list)
    published: list[Launch] = field(default_factory=list)
    """Stages in the widest audience."""
    alone: list[summary.Issued] = field(default_factory=list)
    """Stages from its own sensors alone."""


@dataclass
class View:
    """What can be shown of the replay at this moment."""

    options: Options
    codes: tuple[str, ...]
    scene: Scene | None = None
    scenario_s: float = 0.0
    members: dict[str, MemberView] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    number: int = 0
    total: int = 0
    result: LaunchResult | None = None
    """Of the launch that has just ended."""
    pages: dict[str, str] = field(default_factory=dict)
    """By member, the address that opens its watch floor once."""
    whole: ReplayResult | None = None
    """Once all launches have ended."""


class Replay:
    """Several launches, one after the other, on one federation.

    Args:
        rows: The launches.
        sensors: All sensors; each belongs to a member.
        options: How.
        show: Called at every tick with what can be shown; must be quick.
    """

    def __init__(
        self, rows: Sequence[LaunchRow], sensors: Sequence[Sensor], options: Options, *, show: Callable[[View], None]
    ) -> None:
        self._rows = tuple(rows)
        self._sensors = tuple(sensors)
        self._options = options
        self._show = show
        codes = tuple(sorted({sensor.member for sensor in sensors}))
        self._audiences = audiences_for(options.topology, codes, options.hub)
        self._ids = Ids(options.seed)
        self._clock = SystemClock()
        self._tick = 0
        self._free = datetime.min.replace(tzinfo=self._clock.now().tzinfo)
        self.view = View(options, codes, total=len(self._rows))
        self.results: list[LaunchResult] = []
        self._played: Scene | None = None
        self._federation: Throwaway | None = None
        self._floors: WatchFloors | None = None
        self.leave = asyncio.Event()
        """Ends a replay that is watched, after its last launch."""

    async def links(self) -> dict[str, dict[str, LinkState]]:
        """Return every member's view of its links; nothing before the first launch."""
        return await self._federation.links() if self._federation is not None else {}

    def so_far(self) -> tuple[LaunchResult, ...]:
        """Return the launches replayed by now, the present one as far as it is: for a replay that was broken off."""
        scene = self.view.scene
        if scene is None or self.view.result is not None:
            return tuple(self.results)
        present = self._result_of(scene)
        return (*self.results, present)

    async def run(self) -> ReplayResult:
        """Replay everything and count what crossed.

        Raises:
            TocsinError: The federation does not start.
            TimeoutError: Something was lost on the way.
        """
        results = self.results
        try:
            for number, row in enumerate(self._rows, start=1):
                self.view.number = number
                reason = row.lacks()
                scene = None
                if not reason:
                    try:
                        scene = await asyncio.to_thread(self._make_scene, row)
                    except FlightError as error:
                        reason = f"not replayable: {error}"
                if scene is None:
                    results.append(summary.skipped(row, reason))
                    continue
                results.append(await self._play(scene))
                self.view.result = results[-1]
                self._show(self.view)
            exchange = await self._count()
            whole = self.view.whole = ReplayResult(
                topology=self._options.topology, seed=self._options.seed, alone=self._options.alone,
                launches=tuple(results), exchange=exchange,
            )  # fmt: skip
            if self._floors is not None:
                self._show(self.view)
                await self.leave.wait()
        finally:
            if self._floors is not None:
                await self._floors.close()
            if self._federation is not None:
                await self._federation.stop()
        return whole

    def _make_scene(self, row: LaunchRow) -> Scene:
        return make_scene(row, self._sensors, seed=self._options.seed, not_before=self._free)

    async def _play(self, scene: Scene) -> LaunchResult:
        view = self.view
        self._played, view.scenario_s = scene, -BEFORE_LIFT_OFF_S
        await self._ready(scene)
        view.scene, view.result = scene, None
        view.members = {code: MemberView() for code in view.codes}
        began_s = self._clock.monotonic_s()
        for index, second in enumerate(scene.ticks):
            await self._keep_pace(began_s, second)
            await self._step(scene, index)
            self._show(view)
            if index > 1 and second > scene.flight.duration_s and self._all_closed():
                break
        self._free = scene.lift_off + timedelta(seconds=second + BETWEEN_S)
        return self._result_of(scene)

    def _result_of(self, scene: Scene) -> LaunchResult:
        options = self._options
        return summary.of_launch(
            scene, self.view.members, sensors=self._sensors, alone=options.alone, status=options.status
        )  # fmt: skip

    async def _step(self, scene: Scene, index: int) -> None:
        federation = self._require()
        now = scene.lift_off + timedelta(seconds=scene.ticks[index])
        self.view.scenario_s = scene.ticks[index]
        self._tick += 1
        began_s = self._clock.monotonic_s()
        made = detections(
            scene.plots_at(index), scene, audiences=self._audiences, alone=self._options.alone,
            new_id=self._ids.new, now=now, status=self._options.status,
        )  # fmt: skip
        for code, records in made.items():
            for record in records:
                self.view.ledger.issue(record)
            self.view.members[code].own_detections += len({body_of(r).independence_group for r in records})
        encoded = {code: [encode(record) for record in records] for code, records in made.items()}
        await federation.issue(self._tick, now, encoded, is_new=index == 0)
        reports = await federation.step()
        for code, halves in reports.items():
            for report in halves:
                self._take(code, report, began_s)
        self.view.ledger.compare()

    def _take(self, code: str, report: Report, began_s: float) -> None:
        """Take in what a member's process tells of a tick."""
        member, ledger = self.view.members[code], self.view.ledger
        ledger.sealed(report.sealed_s)
        ledger.admitted(code, report.admitted_s)
        member.detections += report.detections
        member.alone += [summary.Issued(self.view.scenario_s, 0.0, launch) for launch in report.alone]
        for record, said_s in zip(report.issued, report.said_s, strict=True):
            ledger.issue(record)
            body = body_of(record)
            if not isinstance(body, Launch):
                continue
            if record.marking.releasable_to == (code,):
                member.launch = body
                member.stages.append(summary.Issued(self.view.scenario_s, (said_s - began_s) * 1e3, body))
            else:
                member.published.append(body)

    async def _ready(self, scene: Scene) -> None:
        """Start the federation before the first launch; later ones find it running."""
        if self._federation is None:
            options, codes = self._options, self.view.codes
            self._federation = Throwaway(
                codes, links=links_of(options.topology, codes, options.hub), audiences=self._audiences,
                seed=options.seed, is_watched=options.is_watched, status=options.status,
            )  # fmt: skip
            begin = scene.lift_off - timedelta(seconds=BEFORE_LIFT_OFF_S)
            await self._federation.start(begin)
            if status_class(options.status) == "exercise":
                await self._agree(self._federation, scene, begin)
            if options.is_watched:
                await self._open_floors(self._federation)

    async def _agree(self, federation: Throwaway, scene: Scene, begin: datetime) -> None:
        """Have one member propose the exercise, and all of them consent."""
        status, codes = self._options.status, self.view.codes
        digest = hashlib.sha256(scene.row.launch_id.encode()).hexdigest()
        exercise = Exercise(name=f"Demo of {scene.row.launch_id}", digest=digest, members=codes, starts_at=begin)
        for number, made in enumerate((
            proposal(exercise, status, director=codes[0], new_id=self._ids.new, now=begin),
            consents(exercise, status, new_id=self._ids.new, now=begin),
        )):  # fmt: skip
            self._tick += 1
            encoded = {code: [encode(record) for record in records] for code, records in made.items()}
            await federation.issue(self._tick, begin + timedelta(seconds=number), encoded, is_new=False)
            for code, halves in (await federation.step()).items():
                for report in halves:
                    self.view.ledger.sealed(report.sealed_s)
                    self.view.ledger.admitted(code, report.admitted_s)
            for records in made.values():
                for record in records:
                    self.view.ledger.issue(record)
            self.view.ledger.compare()

    async def _open_floors(self, federation: Throwaway) -> None:
        ports = iter(free_ports(len(federation.codes)))
        addresses = {code: f"127.0.0.1:{next(ports)}" for code in federation.codes}
        self._floors = WatchFloors(
            federation.homes, addresses, federation.links, ScenarioClock(self._scenario_now), self._sensors
        )
        await self._floors.open()
        self.view.pages = self._floors.invitations()
        self._show(self.view)

    def _scenario_now(self) -> datetime:
        """Return the time of day in the launch that is played, on its way from tick to tick."""
        scene = self._played
        return self._clock.now() if scene is None else scene.lift_off + timedelta(seconds=self.view.scenario_s)

    def _all_closed(self) -> bool:
        return all(
            member.launch is None or member.launch.stage == "closed" for member in self.view.members.values()
        )  # fmt: skip

    async def _keep_pace(self, began_s: float, second: float) -> None:
        speed, view = self._options.speed, self.view
        if speed is None:
            return
        due_s = began_s + second / speed
        while (wait_s := due_s - self._clock.monotonic_s()) > 0:
            view.scenario_s = max(view.scenario_s, second - wait_s * speed)
            await asyncio.sleep(min(wait_s, 0.25))
            self._show(view)

    async def _count(self) -> ExchangeResult:
        federation = self._federation
        if federation is None:
            return audit(self.view.ledger, {}, {}, 0)
        self._tick += 1
        # at the last moment that was shown: what comes in now must not look as if it came later
        await federation.issue(self._tick, self._scenario_now(), {}, is_new=False)
        reports = await federation.flush()
        for code, report in reports.items():
            self.view.ledger.sealed(report.sealed_s)
            self.view.ledger.admitted(code, report.admitted_s)
        self.view.ledger.compare()
        rejected = sum(report.refused for report in reports.values())
        reach = {code: federation.heard_by(code) for code in federation.codes}
        stores = federation.open_stores()
        try:
            return await asyncio.to_thread(audit, self.view.ledger, stores, reach, rejected)
        finally:
            for store in stores.values():
                store.close()

    def _require(self) -> Throwaway:
        if self._federation is None:
            raise AssertionError("the federation is started before the first tick")
        return self._federation
