"""Runs a node with its health address until a signal says stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

import structlog

from tocsin.errors import ConfigError, TocsinError
from tocsin.node import ControlSocket, HealthServer, MemberConfig, Node, status_of
from tocsin.node.alerts_part import AlertsPart
from tocsin.node.compiling import until_compiled
from tocsin.node.desks_part import DesksPart
from tocsin.node.part_words import ALERTS, DESKS, WEB
from tocsin.node.parts import Parts
from tocsin.node.process import collect_when_calm, leave_threads, prefer_the_loop
from tocsin.node.web_part import WebPart

log = structlog.get_logger()


async def serve(config: MemberConfig) -> None:
    """Run a node until SIGINT or SIGTERM, also while it still starts; SIGHUP has it read its files again.

    Raises:
        TocsinError: The node does not start, or a part of it failed for good.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)  # while it starts it reads its files anyway
    reloads: set[asyncio.Task[None]] = set()
    node = Node(config, until_ready=until_compiled)
    parts = Parts(node)
    if not await done_unless(stop, node.start()):
        return
    prefer_the_loop()
    collecting = asyncio.create_task(collect_when_calm(lambda: node.pacing.is_calm), name="collecting")
    try:
        health = HealthServer(
            config.health.listen, status=lambda: status_of(node, parts.status()), exposition=node.metrics.exposition
        )  # fmt: skip
        try:
            async with ControlSocket(node) as control, parts:
                await _part_from_left(control)
                loop.add_signal_handler(signal.SIGHUP, lambda: _begin_reload(control, reloads))
                log.info("serving", member=node.member, health=config.health.listen, clients=config.bus.client_listen)
                async with _beside(config, _parts_here(config)):
                    await node.serve(stop)
        finally:
            await asyncio.to_thread(health.close)
    finally:
        collecting.cancel()
        await node.stop()
    await leave_threads()


async def serve_part(config: MemberConfig, name: str) -> None:
    """Run one part of a member until SIGINT or SIGTERM.

    Raises:
        TocsinError: The part cannot work, or another process has its place.
    """
    if name == DESKS and config.node.desks != "apart":
        raise ConfigError("the desks run in the exchange process", path="node.desks", advice='Set desks = "apart"')
    if name == WEB and config.web.run != "apart":
        raise ConfigError("the watch floor does not run apart", path="web.run", advice='Set run = "apart" under [web]')
    if name == ALERTS and config.alerts.run != "apart":
        raise ConfigError("alerts do not run apart", path="alerts.run", advice='Set run = "apart" under [alerts]')
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    log.info("serving", member=config.member.code, part=name)
    prefer_the_loop()
    await PARTS[name](config).serve(stop)
    await leave_threads()


class Part(Protocol):
    """What runs beside the exchange."""

    async def serve(self, stop: asyncio.Event) -> None:
        """Work until told to stop."""
        ...


PARTS: dict[str, Callable[[MemberConfig], Part]] = {DESKS: DesksPart, WEB: WebPart, ALERTS: AlertsPart}


def _parts_here(config: MemberConfig) -> list[str]:
    """Return the parts that are to run in the process of the exchange."""
    return [name for name, table in ((WEB, config.web), (ALERTS, config.alerts)) if table.run == "here"]


@asynccontextmanager
async def _beside(config: MemberConfig, names: Sequence[str]) -> AsyncIterator[None]:
    """Run parts beside the node; what ends one of them does not end the exchange."""
    stop = asyncio.Event()

    async def run(name: str) -> None:
        try:
            await PARTS[name](config).serve(stop)
        except TocsinError as error:
            log.warning("a part has ended", part=name, error=str(error))

    running = [asyncio.create_task(run(name), name=name) for name in names]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*running)


async def _part_from_left(control: ControlSocket) -> None:
    try:
        await control.changes.part_from_left()
    except TocsinError as error:  # nothing that anybody waits for: the next start tries again
        log.warning("not parted from members that left", error=str(error))


def _begin_reload(control: ControlSocket, reloads: set[asyncio.Task[None]]) -> None:
    task = asyncio.create_task(_reload(control), name="reload")
    reloads.add(task)
    task.add_done_callback(reloads.discard)


async def _reload(control: ControlSocket) -> None:
    try:
        await control.changes.reload()
    except TocsinError as error:
        log.warning("not reloaded", error=str(error))


async def done_unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do some work, given up as soon as ``stop`` is set; tell whether it was done all the same."""
    doing, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait((doing, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if doing.done():
        doing.result()
        return True
    doing.cancel()
    await asyncio.wait((doing,))
    return not doing.cancelled() and doing.exception() is None  # it may have been done just before it could be given up
