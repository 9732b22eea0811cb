"""Two processes of one member at one server: the last that joined writes, and nothing of the other gets in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from tests.clusters import clustered
from tests.nodes import CODES, House, Local, running
from tests.servers import Wire, frame, make_federation, on_loop

from tocsin.bus.client import Bus
from tocsin.bus.config import BusConfig
from tocsin.bus.server import Server
from tocsin.clock import SystemClock
from tocsin.errors import BusUnavailableError, ReplacedError

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]


@asynccontextmanager
async def served(tmp_path: Path) -> AsyncIterator[tuple[BusConfig, Server]]:
    """USA with a server that is not its node's child."""
    config = make_federation(tmp_path, ("USA", "JPN")).configs["USA"]
    server = Server(config)
    await server.start()
    try:
        yield msgspec.structs.replace(config, server="external"), server
    finally:
        await server.stop()


async def outbox(bus: Bus) -> int:
    """Return how many frames the outbox for JPN holds."""
    [end, _] = await bus.shelf.ends()
    return end.seq


@on_loop
async def test_who_was_replaced_ends_and_nothing_of_it_gets_in(tmp_path: Path) -> None:
    async with served(tmp_path) as (config, _):
        wire = Wire(int(config.client_listen.rpartition(":")[2]))
        await wire.start()
        apart = msgspec.structs.replace(config, client_listen=f"127.0.0.1:{wire.port}")
        first, second = Bus(apart, clock=SystemClock()), Bus(config, clock=SystemClock())
        try:
            await first.connect(epoch="one")
            await first.prepare_outboxes()
            await first.publish(frame("USA", "JPN", 1), hop="JPN")
            wire.freeze()
            late = [first.submit(frame("USA", "JPN", number), hop="JPN") for number in range(2, 20)]
            await second.connect(epoch="two")
            assert await outbox(second) == 1
            wire.thaw()
            with pytest.raises(ReplacedError, match="another node of USA writes to its outboxes now"):
                await first.wait_failed()
            for each in late:
                with pytest.raises(BusUnavailableError, match="another node"):
                    await each
            with pytest.raises(BusUnavailableError, match="another node"):
                first.submit(frame("USA", "JPN", 20), hop="JPN")
            await second.publish(frame("USA", "JPN", 21), hop="JPN")
            assert await outbox(second) == 2
        finally:
            await first.close(drain_s=0.0)
            await second.close(drain_s=0.0)
            await wire.cut()


@on_loop
async def test_who_holds_the_lease_comes_back_after_its_server_did(tmp_path: Path) -> None:
    async with served(tmp_path) as (config, server):
        bus = Bus(config, clock=SystemClock(), on_up=(up := asyncio.Event()).set)
        try:
            await bus.connect(epoch="one")
            await bus.prepare_outboxes()
            for number in range(1, 3):
                up.clear()
                server.kill()
                await server.wait_ended()
                await server.start()
                await up.wait()
                await bus.publish(frame("USA", "JPN", number), hop="JPN")
            await bus._main.request(f"$JS.API.STREAM.DELETE.{bus._lease.stream}")
            await bus._lease.look_again(bus._main)  # put back
            await bus._lease.look_again(bus._main)
            assert await outbox(bus) == 2
        finally:
            await bus.close(drain_s=0.0)


@on_loop
async def test_a_second_node_with_another_store_replaces_the_first_in_a_cluster(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with clustered(house, "KOR"), running(house) as nodes:
        first = nodes["KOR"]
        await first.issue(range(10), CODES)
        house.edit("KOR", 'file = "data/store.db"', 'file = "data/other.db"')
        second = Local(house, "KOR")
        await second.start()
        try:
            await first.until_ended()
            with pytest.raises(ReplacedError, match="another node of KOR"):
                await first.stop()
            await second.issue(range(10, 20), CODES)
            held = {stored.admitted.record.id for stored in second.node.store.records()}
            assert {f"KOR-{number:05d}" for number in range(20)} <= held  # it took up what the outboxes hold
        finally:
            await second.stop()
