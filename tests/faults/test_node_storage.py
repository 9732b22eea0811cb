"""A disk that had no room: streams that failed to write once take nothing more until their server is started anew."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.campaign.disks import Disk, isolate, unmount
from tests.nodes import CODES, House, audit, record_id, running, until, until_level
from tests.servers import eventually, on_loop

from tocsin.node import status_of
from tocsin.node.storage_watch import ROOM_BYTES

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[House, Disk]]:
    """A federation in which the streams of USA lie on a small disk."""
    if not isolate():
        pytest.skip("no file system can be mounted here")
    house = House(tmp_path)
    folder = house.homes["USA"] / "data/nats"
    disk = Disk(folder)
    yield house, disk
    unmount(folder)


@on_loop
async def streams_take_again_what_they_refused(house: House, disk: Disk) -> None:
    async with running(house) as nodes:
        usa = nodes["USA"]
        await usa.issue(range(10), CODES)
        assert await usa.node.bus.shelf.problem() == ""
        assert disk.fill()
        issuing = asyncio.create_task(usa.issue(range(10, 60), CODES))
        await until(lambda: bool(usa.node.storage.problem))
        status = await status_of(usa.node)
        assert f"streams: {status.streams_problem}" in status.problems
        await issuing
        assert usa.node.bus.in_flight
        first = usa.node.server.pid
        disk.free()
        await until(lambda: not usa.node.bus.in_flight and not usa.node.storage.problem)
        assert usa.node.server.pid not in (None, first)
        await until_level(house, [node.told for node in nodes.values()])
        assert record_id("USA", 59) in usa.told.acked
    audit(house, [node.told for node in nodes.values()])


@on_loop
async def a_restart_waits_for_room(house: House, disk: Disk) -> None:
    async with running(house, without=["JPN"]) as nodes:
        usa = nodes["USA"].node
        assert disk.fill()
        pid = usa.server.pid
        issuing = asyncio.create_task(nodes["USA"].issue(range(40), CODES))
        await until(lambda: bool(usa.storage.problem))
        await issuing
        assert not usa.storage.may_restart()
        assert usa.server.pid == pid
        disk.free()
        await eventually(lambda: has_restarted(usa, pid), timeout_s=40.0)


async def has_restarted(usa, pid: int) -> bool:
    return usa.server.pid not in (None, pid)


def test_streams_take_again_what_they_refused(house: tuple[House, Disk]) -> None:
    streams_take_again_what_they_refused(*house)


def test_a_restart_waits_for_room(house: tuple[House, Disk]) -> None:
    assert ROOM_BYTES < 1024**3
    a_restart_waits_for_room(*house)
