"""A member as two processes, exchange and desks, of which one dies, hangs or is doubled while a launch goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.flights import fly, plots
from tests.nodes import ROOT, House, Local, until
from tests.servers import on_loop

from tocsin.codec import decode
from tocsin.errors import StoreError, TocsinError
from tocsin.node import MemberStatus, read_config
from tocsin.node.asking import ask_status
from tocsin.records import Launch, body_of
from tocsin.store import RecordQuery, Store

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]

PAIR = ("JPN", "USA")


class Process:
    """One ``tocsin up`` of JPN."""

    def __init__(self, home: Path, *words: str) -> None:
        self.home = home
        self._words = words
        self._log = home / f"{'-'.join(words) or 'up'}.log".replace("/", "_")
        self.process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def said(self) -> str:
        """What it has written to its log."""
        return self._log.read_text()

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tocsin", "up", "--config", str(self.home), *self._words,
                stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT)},
            )  # fmt: skip

    async def kill(self) -> None:
        """Kill it without warning."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def ended(self) -> int:
        """Wait until it has ended by itself, and return its exit code."""
        assert self.process is not None
        async with asyncio.timeout(30):
            return await self.process.wait()

    async def stop(self) -> None:
        if self.process is None or self.process.returncode is not None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        async with asyncio.timeout(30):
            await self.process.wait()


@asynccontextmanager
async def member(tmp_path: Path) -> AsyncIterator[tuple[Local, Process, Process]]:
    """USA here, without desks; JPN as a process for the exchange and one for the desks."""
    house = House(tmp_path, codes=PAIR)
    for code in PAIR:
        house.edit(code, "[health]", '[node]\ndesks = "apart"\n\n[health]')
    usa, home = Local(house, "USA"), house.homes["JPN"]
    exchange, desks = Process(home), Process(home, "--part", "desks")
    try:
        await asyncio.gather(usa.start(), exchange.start(), desks.start())
        await until(lambda: parts_of(home) == {"desks": desks.pid}, timeout_s=40)
        yield usa, exchange, desks
    finally:
        await desks.stop()
        await exchange.stop()
        await usa.stop()


def status_of(home: Path) -> MemberStatus | None:
    """Ask JPN's exchange process, if it is there."""
    try:
        _, text = ask_status(read_config(home / "member.toml").health.listen)
    except TocsinError:
        return None
    return decode(text, MemberStatus, max_bytes=64_000_000)


def parts_of(home: Path) -> dict[str, int]:
    """Return the parts that are attached to JPN, and their processes."""
    status = status_of(home)
    return {part.name: part.pid for part in status.parts} if status is not None else {}


def launches(home: Path) -> list[tuple[str, Launch]]:
    """Return what JPN has said of launches to both, by record id, as its store tells."""
    try:
        with Store.open(home / "data/store.db", read_only=True) as store:
            found = store.records(RecordQuery(kinds=("warning.launch",), originator="JPN"))
            return [
                (stored.admitted.record.id, body_of(stored.admitted.record))
                for stored in found
                if stored.admitted.record.marking.releasable_to == PAIR
            ]
    except StoreError:
        return []


def count(home: Path) -> int:
    """Return how many detections JPN holds."""
    with Store.open(home / "data/store.db", read_only=True) as store:
        return sum(1 for _ in store.records(RecordQuery(kinds=("warning.detection",))))


async def grows(number: Callable[[], int], by: int) -> None:
    """Wait until a number has grown."""
    before = number()
    await until(lambda: number() >= before + by, timeout_s=60)


@on_loop
async def test_the_desks_are_killed_while_a_launch_goes_on_and_go_on_with_it(tmp_path: Path) -> None:
    async with member(tmp_path) as (usa, exchange, desks):
        home = exchange.home
        flying = asyncio.create_task(fly(usa.node, plots("USA", PAIR, flown_s=90.0)))
        await until(lambda: len(launches(home)) >= 2, timeout_s=60)
        await desks.kill()
        await until(lambda: parts_of(home) == {})
        status = status_of(home)
        assert status is not None
        assert any("the part desks is not attached" in problem for problem in status.problems)
        said = len(launches(home))
        await grows(lambda: count(home), 10)  # the exchange goes on
        assert len(launches(home)) == said
        await desks.start()
        await until(lambda: parts_of(home) == {"desks": desks.pid}, timeout_s=40)
        await grows(lambda: len(launches(home)), 2)
        told = launches(home)
        assert len({launch.event_id for _, launch in told}) == 1  # it was taken up again, and nothing said twice
        assert [launch.revision for _, launch in told] == list(range(1, len(told) + 1))
        flying.cancel()


@on_loop
async def test_the_exchange_is_killed_while_a_launch_goes_on_and_the_desks_wait_for_it(tmp_path: Path) -> None:
    async with member(tmp_path) as (usa, exchange, desks):
        home = exchange.home
        flying = asyncio.create_task(fly(usa.node, plots("USA", PAIR, flown_s=90.0)))
        await until(lambda: len(launches(home)) >= 2, timeout_s=60)
        await exchange.kill()
        said = len(launches(home))
        await exchange.start()
        await until(lambda: parts_of(home) == {"desks": desks.pid}, timeout_s=40)
        await until(lambda: len(launches(home)) >= said + 2, timeout_s=60)
        told = launches(home)
        assert len({launch.event_id for _, launch in told}) == 1  # the desks forgot nothing
        assert [launch.revision for _, launch in told] == list(range(1, len(told) + 1))
        flying.cancel()


@on_loop
async def test_desks_that_hang_are_replaced_and_get_nothing_in_when_they_wake_up(tmp_path: Path) -> None:
    async with member(tmp_path) as (usa, exchange, desks):
        home = exchange.home
        flying = asyncio.create_task(fly(usa.node, plots("USA", PAIR, flown_s=90.0)))
        await until(lambda: len(launches(home)) >= 1, timeout_s=60)
        desks.process.send_signal(signal.SIGSTOP)
        second = Process(home, "--part", "desks", "--log", "json")
        await second.start()
        try:
            await until(lambda: parts_of(home) == {"desks": second.pid}, timeout_s=40)
            await grows(lambda: len(launches(home)), 1)
            desks.process.send_signal(signal.SIGCONT)
            assert await desks.ended() == 1
            assert f"another process ({second.pid}) is the part desks of this member now" in " ".join(
                desks.said.split()
            )
            assert parts_of(home) == {"desks": second.pid}
            told = launches(home)
            assert len({launch.event_id for _, launch in told}) == 1
            assert [launch.revision for _, launch in told] == list(range(1, len(told) + 1))
            assert exchange.said.count("part refused") + exchange.said.count("part replaced") >= 1
        finally:
            await second.stop()
        flying.cancel()
