"""Replays launches on a throw-away federation: hands every plot to its member's node, tick by tick."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from tocsin.clock import SystemClock
from tocsin.errors import FlightError
from tocsin.node import Node
from tocsin.records import Admitted, AdmittedFrame, Launch, Record, body_of
from tocsin.replay import summary
from tocsin.replay.audit import Ledger, audit
from tocsin.replay.federation import Throwaway, links_of
from tocsin.replay.results import ExchangeResult, LaunchResult, ReplayResult
from tocsin.replay.scenario import Ids, Scene, audiences_for, detections, make_scene
from tocsin.synthesis.launches import LaunchRow
from tocsin.synthesis.sensors import Sensor
from tocsin.warning import WarningDesk

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
        self._tick_began_s = 0.0
        self._free = datetime.min.replace(tzinfo=self._clock.now().tzinfo)
        self.view = View(options, codes, total=len(self._rows))
        self.results: list[LaunchResult] = []
        self._federation: Throwaway | None = None
        self._own_inbox: dict[str, list[Admitted]] = {code: [] for code in codes}

    @property
    def nodes(self) -> dict[str, Node]:
        """The members' nodes; none before the first launch."""
        return self._federation.nodes if self._federation is not None else {}

    def so_far(self) -> tuple[LaunchResult, ...]:
        """Return the launches replayed by now, the present one as far as it is: for a replay that was broken off."""
        scene = self.view.scene
        if scene is None or self.view.result is not None:
            return tuple(self.results)
        present = summary.of_launch(scene, self.view.members, sensors=self._sensors, alone=self._options.alone)
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
        finally:
            if self._federation is not None:
                await self._federation.stop()
        return ReplayResult(
            topology=self._options.topology, seed=self._options.seed, alone=self._options.alone,
            launches=tuple(results), exchange=exchange,
        )  # fmt: skip

    def _make_scene(self, row: LaunchRow) -> Scene:
        return make_scene(row, self._sensors, seed=self._options.seed, not_before=self._free)

    async def _play(self, scene: Scene) -> LaunchResult:
        federation = await self._ready(scene)
        view = self.view
        view.scene, view.result = scene, None
        view.members = {code: MemberView() for code in view.codes}
        alone = {
            code: WarningDesk(
                code, audiences=(), settings=federation.nodes[code].config.warning.settings,
                new_id=partial(self._ids.new, f"{code} alone"),
            )
            for code in view.codes
        }  # fmt: skip
        began_s = self._clock.monotonic_s()
        for index, second in enumerate(scene.ticks):
            await self._keep_pace(began_s, second)
            await self._step(scene, index, alone)
            self._show(view)
            if index > 1 and second > scene.flight.duration_s and self._all_closed():
                break
        self._free = scene.lift_off + timedelta(seconds=second + BETWEEN_S)
        return summary.of_launch(scene, view.members, sensors=self._sensors, alone=self._options.alone)

    async def _step(self, scene: Scene, index: int, alone: dict[str, WarningDesk]) -> None:
        federation = self._require()
        now = scene.lift_off + timedelta(seconds=scene.ticks[index])
        federation.set_time(now)
        self.view.scenario_s = scene.ticks[index]
        self._tick += 1
        self._tick_began_s = self._clock.monotonic_s()
        made = detections(
            scene.plots_at(index), scene, audiences=self._audiences, alone=self._options.alone,
            new_id=self._ids.new, now=now,
        )  # fmt: skip
        for code in federation.codes:
            if records := made.get(code):
                for record in records:
                    self.view.ledger.issue(record)
                self.view.members[code].own_detections += len({body_of(r).independence_group for r in records})
                federation.nodes[code].issue(records)
        await federation.level(self._tick)
        for code in federation.codes:
            federation.nodes[code].step()
            inbox, self._own_inbox[code] = self._own_inbox[code], []
            for record in (*alone[code].take(inbox, now), *alone[code].tick(now)):
                body = body_of(record)
                if isinstance(body, Launch):
                    self.view.members[code].alone.append(summary.Issued(self.view.scenario_s, 0.0, body))

    async def _ready(self, scene: Scene) -> Throwaway:
        """Start the federation before the first launch; later ones find it running."""
        if self._federation is None:
            options, codes = self._options, self.view.codes
            self._federation = federation = Throwaway(
                codes, links=links_of(options.topology, codes, options.hub), audiences=self._audiences,
                start=scene.lift_off - timedelta(seconds=BEFORE_LIFT_OFF_S), new_id=self._ids.new,
            )  # fmt: skip
            for code in codes:
                self._watch(federation, code)
            await federation.start()
        return self._federation

    def _watch(self, federation: Throwaway, code: str) -> None:
        ledger = self.view.ledger
        watcher = federation.watchers[code]
        watcher.on_sealed = lambda frame_hash: ledger.sealed(frame_hash, self._clock.monotonic_s())

        def admitted(frame: AdmittedFrame) -> None:
            ledger.admitted(code, frame, self._clock.monotonic_s())
            found = [entry for entry in frame.records if entry.record.kind == "warning.detection"]
            member = self.view.members.get(code)
            if member is not None:
                member.detections += len({entry.body.independence_group for entry in found})
            if frame.ref.chain.originator == code:
                self._own_inbox[code] += found

        def own(record: Record) -> None:
            ledger.issue(record)
            body = body_of(record)
            if not isinstance(body, Launch):
                return
            member = self.view.members[code]
            wall_ms = (self._clock.monotonic_s() - self._tick_began_s) * 1e3
            if record.marking.releasable_to == (code,):
                member.launch = body
                member.stages.append(summary.Issued(self.view.scenario_s, wall_ms, body))
            else:
                member.published.append(body)

        watcher.on_admitted, watcher.on_own = admitted, own

    def _all_closed(self) -> bool:
        return all(
            member.launch is None or member.launch.stage == "closed" for member in self.view.members.values()
        )  # fmt: skip

    async def _keep_pace(self, began_s: float, second: float) -> None:
        if self._options.speed is None:
            return
        due_s = began_s + second / self._options.speed
        while (wait_s := due_s - self._clock.monotonic_s()) > 0:
            await asyncio.sleep(min(wait_s, 0.25))
            self._show(self.view)

    async def _count(self) -> ExchangeResult:
        federation = self._federation
        if federation is None:
            return audit(self.view.ledger, {}, {}, 0)
        self._tick += 1
        for clock in federation.clocks.values():
            clock.advance(1.0)
        await federation.level(self._tick)
        for node in federation.nodes.values():
            await node.keeper.flush()
        stores = {code: node.store for code, node in federation.nodes.items()}
        rejected = sum(sum(node.metrics.refusals.values()) for node in federation.nodes.values())
        reach = {code: federation.heard_by(code) for code in federation.codes}
        return await asyncio.to_thread(audit, self.view.ledger, stores, reach, rejected)

    def _require(self) -> Throwaway:
        if self._federation is None:
            raise AssertionError("the federation is started before the first tick")
        return self._federation
