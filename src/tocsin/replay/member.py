"""One member of a replay, in a process of its own: its node, and what it would have known alone.

The replay tells it what happens, tick by tick, and waits for all members before it goes on. Between the two halves
of a tick nobody says anything, so what a member knows at a tick does not depend on who was faster.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import structlog
import uvloop
from structlog.typing import EventDict, WrappedLogger

from tocsin.bus import LinkState
from tocsin.clock import ManualClock, SystemClock
from tocsin.codec import decode
from tocsin.errors import TocsinError
from tocsin.exercise.desk import ExerciseDesk
from tocsin.node import MemberConfig, Node, Watcher, read_config
from tocsin.node.parts import Parts
from tocsin.node.process import prefer_the_loop
from tocsin.records import Admitted, AdmittedFrame, Launch, Record, body_of
from tocsin.replay.ids import Ids
from tocsin.warning import WarningDesk

PATIENCE_S = 30.0
CLOCK_TOLERANCE_S = 3600.0
"""Longer than any tick, and than the time between two launches."""
_SIGN_AGAIN_S = 0.5


@dataclass(frozen=True)
class Setting:
    """What a member's process is told at its beginning."""

    code: str
    home: Path
    hears: tuple[str, ...]
    """The members whose heads reach it."""
    start: datetime
    seed: int
    is_watched: bool = False
    """Whether its watch floor follows it."""
    status: str = "test"
    """Of all that is played."""
    knows_alone: bool = True
    """Whether it also tells what it would have known alone."""


@dataclass(frozen=True)
class Issue:
    """First half of a tick: issue these records, then wait until all that anybody issued is here."""

    tick: int
    now: datetime
    records: tuple[bytes, ...]
    is_new_launch: bool


@dataclass(frozen=True)
class Step:
    """Second half: hand to the desks what had come in by then."""


@dataclass(frozen=True)
class AskLinks:
    """How do the links do?"""


@dataclass(frozen=True)
class Flush:
    """Write everything to disk and say what was refused."""


@dataclass(frozen=True)
class Stop:
    """Stop the node and end."""


Order = Issue | Step | AskLinks | Flush | Stop


@dataclass
class Report:
    """What an order brought about."""

    sealed_s: list[tuple[str, float]] = field(default_factory=list)
    """Hash of each frame of ours, and when it was handed over, by the machine's monotonic clock."""
    admitted_s: list[tuple[str, str, float]] = field(default_factory=list)
    """Hash, originator and time of each frame of a peer's that reached the desks."""
    detections: int = 0
    issued: list[Record] = field(default_factory=list)
    """What the desks made."""
    said_s: list[float] = field(default_factory=list)
    """When each of these was made."""
    alone: list[Launch] = field(default_factory=list)
    """Stages from our own sensors alone."""
    next_at: datetime | None = None
    """When the next plot of an exercise is handed over."""
    links: dict[str, LinkState] = field(default_factory=dict)
    refused: int = 0
    warnings: list[str] = field(default_factory=list)
    """What the node would have written to its log."""


@dataclass(frozen=True)
class Failed:
    """An order could not be carried out."""

    message: str
    advice: str = ""
    is_late: bool = False
    """Something did not arrive in time."""


def run_member(pipe: Connection, setting: Setting) -> None:
    """Be a member until told to stop or until the other end of the pipe is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the replay's to answer
    warnings: list[str] = []

    def keep(_logger: WrappedLogger, _level: str, event: EventDict) -> str:
        words = " ".join(f"{key}={value}" for key, value in event.items() if key != "event")
        warnings.append(f"{event.get('event', '')} {words}".strip())
        raise structlog.DropEvent

    structlog.configure(processors=[keep], wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    uvloop.run(_serve(pipe, setting, warnings))


async def _serve(pipe: Connection, setting: Setting, warnings: list[str]) -> None:
    member = _Member(setting, warnings)
    try:
        await member.start()
    except TocsinError as error:
        pipe.send(Failed(error.args[0], error.advice))
        return
    try:
        prefer_the_loop()
        async with Parts(member.node) if setting.is_watched else nullcontext():
            pipe.send(Report())
            while True:
                order = await asyncio.to_thread(pipe.recv)
                if isinstance(order, Stop):
                    break
                pipe.send(await member.carry_out(order))
    except EOFError:  # the replay is gone
        return
    finally:
        await member.node.stop()
    pipe.send(Report())


def _patient(config: MemberConfig) -> MemberConfig:
    """Let no tick pass for a clock that is off: the members' clocks are set one after the other."""
    policy = msgspec.structs.replace(config.exchange, clock_tolerance_s=CLOCK_TOLERANCE_S)
    return msgspec.structs.replace(config, exchange=policy)


class _Member:
    def __init__(self, setting: Setting, warnings: list[str]) -> None:
        self._setting = setting
        self._warnings = warnings
        self._clock = ManualClock(setting.start)
        self._wall = SystemClock()
        self._arrived = asyncio.Event()
        self._report = Report()
        self._own: list[Admitted] = []
        self._gathered: list[Admitted] = []
        self._ids = Ids(setting.seed)
        watcher = Watcher(
            on_sealed=self._sealed, on_admitted=self._admitted, on_own=self._said, on_heads=self._arrived.set
        )  # fmt: skip
        self.node = Node(
            _patient(read_config(setting.home / "member.toml")), clock=self._clock, paced=True, watcher=watcher,
            new_id=partial(self._ids.new, f"{setting.code} node"),
        )  # fmt: skip
        self._alone = self._new_desk()

    async def start(self) -> None:
        """Start the node and wait until it has heard everyone: links take a moment to come up."""
        await self.node.start()

    async def carry_out(self, order: Order) -> Report | Failed:
        try:
            match order:
                case Issue():
                    await self._issue(order)
                case Step():
                    self._step()
                case AskLinks():
                    self._report.links = await self.node.bus.links()
                case Flush():
                    await self.node.keeper.flush()
                    self._report.refused = sum(self.node.metrics.refusals.values())
                case Stop():
                    raise AssertionError("the end is not an order that is carried out here")
        except TocsinError as error:
            return Failed(error.args[0], error.advice)
        except TimeoutError as error:
            return Failed(str(error), is_late=True)
        report, self._report = self._report, Report()
        report.warnings = self._warnings.copy()
        self._warnings.clear()
        return report

    async def _issue(self, order: Issue) -> None:
        self._clock.step_to(order.now)
        if order.is_new_launch:
            self._alone = self._new_desk()
        if order.records:
            self.node.issue([decode(raw, Record) for raw in order.records])
        await self._level(order.tick)
        self._gathered = self.node.gather()

    async def _level(self, tick: int) -> None:
        """Sign the heads of a tick and wait until all that the others' heads name is here."""
        self.node.sign_heads(tick=tick, status=self._setting.status)
        deadline_s = self._wall.monotonic_s() + PATIENCE_S
        exchange = self.node.exchange
        while not exchange.neighbours.is_level(exchange.chains, self._setting.hears, tick):
            self._arrived.clear()
            try:
                async with asyncio.timeout(_SIGN_AGAIN_S):
                    await self._arrived.wait()
            except TimeoutError:
                if self._wall.monotonic_s() > deadline_s:
                    raise TimeoutError(f"tick {tick}: {self._setting.code} did not get everything") from None
                self.node.sign_heads(
                    tick=tick, status=self._setting.status
                )  # heads go live only: one sent before a link was up is lost

    def _step(self) -> None:
        self.node.step(self._gathered)
        self._gathered = []
        own, self._own = self._own, []
        now = self._clock.now()
        self._report.next_at = self._next_at()
        if not self._setting.knows_alone:
            return
        for record in (*self._alone.take(own, now), *self._alone.tick(now)):
            body = body_of(record)
            if isinstance(body, Launch):
                self._report.alone.append(body)

    def _next_at(self) -> datetime | None:
        desks = [each.desk for each in self.node.desks.desks if isinstance(each.desk, ExerciseDesk)]
        return min((at for desk in desks if (at := desk.next_at()) is not None), default=None)

    def _new_desk(self) -> WarningDesk:
        """Return a desk that sees our own sensors and nothing else."""
        settings = self.node.config.warning.settings
        new_id: Callable[[], str] = partial(self._ids.new, f"{self._setting.code} alone")
        return WarningDesk(self._setting.code, audiences=(), settings=settings, new_id=new_id)

    def _sealed(self, frame_hash: str) -> None:
        self._report.sealed_s.append((frame_hash, self._wall.monotonic_s()))

    def _admitted(self, frame: AdmittedFrame) -> None:
        originator = frame.ref.chain.originator
        found = [entry for entry in frame.records if entry.record.kind == "warning.detection"]
        self._report.detections += len({entry.body.independence_group for entry in found})
        if originator == self._setting.code:
            self._own += found
        else:
            self._report.admitted_s.append((frame.ref.hash, originator, self._wall.monotonic_s()))

    def _said(self, record: Record) -> None:
        self._report.issued.append(record)
        self._report.said_s.append(self._wall.monotonic_s())
