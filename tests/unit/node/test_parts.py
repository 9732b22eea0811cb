"""Parts of a member beside a node that runs without peers: followed, handed in, replaced, attached again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.nodes import House, Local, numbered, read_disk, record_id, until
from tests.servers import on_loop

from tocsin.clock import SystemClock
from tocsin.errors import ConfigError, ReplacedError
from tocsin.node import read_config, status_of
from tocsin.node.attached import AttachedPart
from tocsin.node.parts import Parts
from tocsin.store import StoredRecord

pytestmark = pytest.mark.servers


class Running:
    """A part at work in this process."""

    def __init__(self, home: Path, name: str = "desks", *, born_s: float | None = None) -> None:
        clock = SystemClock()
        self.part = AttachedPart(read_config(home / "member.toml"), name, clock=clock)
        if born_s is not None:
            self.part._born_s = born_s
        self.task = asyncio.create_task(self.part.run())
        self.seen: list[StoredRecord] = []

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@asynccontextmanager
async def member(tmp_path: Path, *, desks: str = "apart") -> AsyncIterator[tuple[Local, Parts]]:
    """JPN with a node at work that takes parts in."""
    house = House(tmp_path, codes=("JPN", "USA"))
    house.edit("JPN", "[health]", f'[node]\ndesks = "{desks}"\n\n[health]')
    node = Local(house, "JPN")
    await node.start()
    try:
        async with Parts(node.node) as parts:
            yield node, parts
    finally:
        await node.stop()


@on_loop
async def test_a_part_follows_what_is_admitted_and_hands_in_what_is_issued(tmp_path: Path) -> None:
    async with member(tmp_path) as (node, parts):
        await node.issue(range(10), ("JPN", "USA"))
        running = Running(node.home)
        try:
            await running.part.attached()
            following = running.part.follow()
            reading = asyncio.ensure_future(anext(following))
            running.part.submit_soon([numbered("JPN", number, ("JPN", "USA")) for number in (10, 11)])
            await running.part.settled()
            found = [stored.admitted.record.id for stored in await reading]
            assert found == [record_id("JPN", 10), record_id("JPN", 11)]
            everything = await anext(running.part.follow(0))
            assert [stored.admitted.record.id for stored in everything] == [record_id("JPN", n) for n in range(12)]
            running.part.progress(everything[-1].order, {"warning": "a fault"})
            await until(lambda: parts.status()[0].lag == 0)
            [status] = parts.status()
            assert (status.name, status.generation, status.problems) == ("desks", 1, {"warning": "a fault"})
            assert (await status_of(node.node, parts.status())).missing_parts == ()
        finally:
            await running.stop()
        await until(lambda: parts.status() == ())
        assert "the part desks is not attached" in str((await status_of(node.node, parts.status())).problems)


@on_loop
async def test_a_record_that_may_not_be_does_not_take_its_company_with_it(tmp_path: Path) -> None:
    async with member(tmp_path) as (node, _):
        running = Running(node.home)
        try:
            await running.part.attached()
            running.part.submit_soon(
                [numbered("JPN", 1, ("JPN",)), numbered("USA", 2, ("JPN", "USA")), numbered("JPN", 3, ("JPN",))]
            )
            await running.part.settled()
        finally:
            await running.stop()
        assert set(read_disk(node.home).ids) == {record_id("JPN", 1), record_id("JPN", 3)}


@on_loop
async def test_of_two_with_one_name_the_younger_stays_and_the_other_gets_nothing_in(tmp_path: Path) -> None:
    async with member(tmp_path) as (node, parts):
        first = Running(node.home)
        await first.part.attached()
        second = Running(node.home)
        try:
            await until(lambda: second.part.is_attached)
            with pytest.raises(ReplacedError, match="is the part desks of this member now"):
                await first.task
            first.part.submit_soon([numbered("JPN", 1, ("JPN",))])
            again = Running(node.home, born_s=first.part._born_s)  # one that was hung, and finds its connection cut
            with pytest.raises(ReplacedError):
                await again.task
            second.part.submit_soon([numbered("JPN", 2, ("JPN",))])
            await second.part.settled()
            assert [part.generation for part in parts.status()] == [second.part.generation]
        finally:
            await second.stop()
        assert set(read_disk(node.home).ids) == {record_id("JPN", 2)}


@on_loop
async def test_what_was_not_known_to_be_done_is_handed_in_again_and_issued_once(tmp_path: Path) -> None:
    async with member(tmp_path) as (node, parts):
        running = Running(node.home)
        try:
            await running.part.attached()
            running.part.submit_soon([numbered("JPN", 1, ("JPN",))])
            await asyncio.sleep(0)
            assert running.part._writer is not None
            running.part._writer.close()  # as if the exchange had died between sealing and saying so
            running.part.submit_soon([numbered("JPN", 2, ("JPN",))])
            await running.part.settled()
            await until(lambda: parts.status() != ())
        finally:
            await running.stop()
        assert read_disk(node.home).ids == {record_id("JPN", 1): 1, record_id("JPN", 2): 1}


@on_loop
async def test_a_part_waits_for_the_exchange_and_goes_on_with_the_next(tmp_path: Path) -> None:
    house = House(tmp_path, codes=("JPN", "USA"))
    home = house.homes["JPN"]
    node = Local(house, "JPN")
    running = Running(home, "gateway")
    seen: list[str] = []

    async def follow() -> None:
        async for found in running.part.follow(0):
            seen.extend(stored.admitted.record.id for stored in found)

    following = asyncio.create_task(follow())
    try:
        for turn in range(2):
            await node.start()
            async with Parts(node.node):
                await running.part.attached()
                await node.issue(range(10 * turn, 10 * turn + 10), ("JPN",))
                await until(lambda turn=turn: len(seen) == 10 * turn + 10)
            await node.stop()
            await until(lambda: not running.part.is_attached)
        assert seen == [record_id("JPN", number) for number in range(20)]
    finally:
        following.cancel()
        await running.stop()
        await node.stop()


@on_loop
async def test_desks_that_the_node_runs_itself_have_no_place_beside_it(tmp_path: Path) -> None:
    async with member(tmp_path, desks="here") as (node, parts):
        running = Running(node.home)
        with pytest.raises(ConfigError, match="the running node does the work of desks itself"):
            await running.task
        assert parts.status() == ()
