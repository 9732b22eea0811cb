"""Three whole nodes of which one dies without warning: what its producer was told is safe is safe, everywhere."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from tests.nodes import (
    CODES,
    House,
    audit,
    gathered,
    read_disk,
    record_id,
    running,
    until,
    until_level,
)
from tests.servers import on_loop

from tocsin.bus import Cursor
from tocsin.records import Precedence

pytestmark = pytest.mark.servers

PAIR = ("JPN", "USA")


@pytest.mark.parametrize("topology", ["mesh", "hub"])
def test_the_receivers_node_is_killed(tmp_path: Path, topology: str) -> None:
    @on_loop
    async def scenario() -> None:
        house = House(tmp_path, topology)
        async with running(house, remote=["JPN"]) as nodes:
            jpn = nodes["JPN"]
            await gathered(*(node.issue(range(20), CODES) for node in nodes.values()))
            sending = asyncio.gather(*(nodes[code].issue(range(20, 120), CODES) for code in ("KOR", "USA")))
            await until(lambda: read_disk(jpn.home).ids[record_id("KOR", 30)] > 0)
            await jpn.kill()
            await sending
            await nodes["USA"].issue(range(120, 140), PAIR)
            await jpn.start()
            await until_level(house, [node.told for node in nodes.values()])
        audit(house, [node.told for node in nodes.values()])

    scenario()


@pytest.mark.parametrize("server_too", [True, False])
def test_the_senders_node_is_killed_while_it_sends(tmp_path: Path, server_too: bool) -> None:
    @on_loop
    async def scenario() -> None:
        house = House(tmp_path)
        async with running(house, remote=["KOR"]) as nodes:
            kor = nodes["KOR"]
            kor.begin(range(2000), CODES, rate=500)
            await kor.until_acked(record_id("KOR", 99))
            await kor.kill(server_too=server_too)
            await kor.start()
            await kor.issue(range(2000, 2020), CODES)
            await until_level(house, [node.told for node in nodes.values()])
            await until(lambda: len({held(house, code) for code in CODES}) == 1)
        audit(house, [node.told for node in nodes.values()])
        first, second = kor.epochs
        assert first != second
        assert resumed_by(house, "USA", second, precedence="flash")[0] == first

    scenario()


@on_loop
async def test_the_server_under_a_node_is_killed_while_it_sends(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with running(house) as nodes:
        usa = nodes["USA"]
        sending = asyncio.gather(*(node.issue(range(200), CODES) for node in nodes.values()))
        await until(lambda: read_disk(nodes["JPN"].home).ids[record_id("USA", 40)] > 0)
        usa.node.server.kill()
        await sending
        await until_level(house, [node.told for node in nodes.values()])
        assert all(not node.node.bus.in_flight for node in nodes.values())
    audit(house, [node.told for node in nodes.values()])


@on_loop
async def test_a_server_comes_back_with_an_empty_disk(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with running(house) as nodes:
        usa = nodes["USA"]
        await gathered(*(node.issue(range(20), CODES) for node in nodes.values()))
        await until_level(house, [node.told for node in nodes.values()])
        streams = house.homes["USA"] / "data/nats/jetstream"
        shutil.move(streams, tmp_path / "lost")
        usa.node.server.kill()
        await gathered(*(node.issue(range(20, 60), CODES) for node in nodes.values()))
        await until_level(house, [node.told for node in nodes.values()])
    audit(house, [node.told for node in nodes.values()])


@on_loop
async def test_own_outboxes_are_known_to_their_ends_and_not_read_anew(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with running(house) as nodes:
        usa = nodes["USA"]
        await gathered(*(node.issue(range(30), CODES) for node in nodes.values()))
        await until(lambda: not usa.node.bus.in_flight)
        await usa.node.keeper.flush()
        ends = await usa.node.bus.shelf.ends()
        assert [end.seq >= 30 for end in ends] == [not end.stream.endswith("_BULK") for end in ends]
        for end in ends:
            kept = usa.node.store.links.cursor(end.stream)
            assert (kept.created, kept.seq) == (end.created, end.seq)
            assert [
                item async for item in usa.node.bus.shelf.tail(end.stream, Cursor(end.stream, kept.created, kept.seq))
            ] == []
        await until_level(house, [node.told for node in nodes.values()])
    audit(house, [node.told for node in nodes.values()])


@pytest.mark.parametrize("server_too", [True, False])
def test_the_hub_is_killed_while_it_passes_on(tmp_path: Path, server_too: bool) -> None:
    @on_loop
    async def scenario() -> None:
        house = House(tmp_path, "hub")
        async with running(house, remote=["USA"]) as nodes:
            usa, jpn, kor = nodes["USA"], nodes["JPN"], nodes["KOR"]
            await gathered(*(node.issue(range(20), CODES) for node in nodes.values()))
            sending = asyncio.gather(*(node.issue(range(20, 220), CODES) for node in (jpn, kor)))
            await until(lambda: read_disk(jpn.home).ids[record_id("KOR", 60)] > 0)
            await usa.kill(server_too=server_too)
            await sending
            await usa.start()
            await gathered(*(node.issue(range(220, 240), CODES) for node in nodes.values()))
            await until_level(house, [node.told for node in nodes.values()])
        audit(house, [node.told for node in nodes.values()])

    scenario()


@pytest.mark.parametrize("topology", ["mesh", "hub"])
def test_a_sender_that_lost_its_unsynced_tail_has_it_back_from_its_peers(tmp_path: Path, topology: str) -> None:
    """The whole folder of the sender is what it was some time ago, as after a restored backup or a lying disk."""

    @on_loop
    async def scenario() -> None:
        house = House(tmp_path, topology)
        async with running(house, remote=["KOR"]) as nodes:
            kor = nodes["KOR"]
            await kor.issue(range(30), CODES)
            await kor.stop()
            shutil.copytree(kor.home / "data", tmp_path / "older")
            durable = last_number(house, "KOR", kor.epochs[0])
            await kor.start()
            await kor.issue(range(30, 60), CODES)
            await until_level(house, [node.told for node in nodes.values()])
            await kor.kill()
            shutil.rmtree(kor.home / "data")
            shutil.copytree(tmp_path / "older", kor.home / "data")
            assert read_disk(kor.home).ids[record_id("KOR", 45)] == 0
            await kor.start()
            await kor.issue(range(60, 90), CODES)
            await nodes["USA"].issue(range(20), CODES)
            await until_level(house, [node.told for node in nodes.values()])
        audit(house, [node.told for node in nodes.values()])
        resumed = resumed_by(house, "KOR", kor.epochs[2], precedence="flash")
        assert resumed[:2] == (kor.epochs[0], durable)

    scenario()


@on_loop
async def test_bulk_reaches_everyone_though_its_sender_was_put_back_twice(tmp_path: Path) -> None:
    """Bulk has no live path: an outbox that gives its numbers a second time must not be passed over."""
    house = House(tmp_path)
    async with running(house) as nodes:
        kor = nodes["KOR"]
        await kor.issue(range(10), CODES, precedence=Precedence.BULK)
        await kor.stop()
        shutil.copytree(kor.home / "data", tmp_path / "older")
        await kor.start()
        for since in (10, 50):
            await kor.issue(range(since, since + 30), CODES, precedence=Precedence.BULK)
            await until_level(house, [node.told for node in nodes.values()])
            await kor.stop()
            shutil.rmtree(kor.home / "data")
            shutil.copytree(tmp_path / "older", kor.home / "data")
            await kor.start()
            await kor.issue(range(since + 30, since + 40), CODES, precedence=Precedence.BULK)
            await until_level(house, [node.told for node in nodes.values()])
    audit(house, [node.told for node in nodes.values()])


def held(house: House, code: str) -> frozenset[str]:
    """Return the ids of all detections that a member holds."""
    return frozenset(read_disk(house.homes[code]).ids)


def headers(house: House, code: str) -> list[dict]:
    """Return the headers of all frames that a member holds."""
    return [json.loads(data)["header"] for data in read_disk(house.homes[code]).frames]


def resumed_by(house: House, code: str, epoch: str, *, precedence: str) -> tuple[str, int, str]:
    """Return what the first frame of an epoch to everyone resumes, as a member holds it."""
    [first] = [
        header
        for header in headers(house, code)
        if (header["epoch"], header["number"], header["precedence"]) == (epoch, 1, precedence)
        and header["audience"] == "-".join(CODES)
    ]
    return tuple(first["resumes"])


def last_number(house: House, code: str, epoch: str) -> int:
    """Return the last number of a member's own epoch to everyone that its store holds."""
    return max(
        header["number"]
        for header in headers(house, code)
        if (header["epoch"], header["audience"], header["precedence"]) == (epoch, "-".join(CODES), "flash")
    )
