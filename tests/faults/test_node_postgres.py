"""Whole nodes whose store is in PostgreSQL: killed nodes, a killed database, and a second writer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.nodes import CODES, House, Local, audit, gathered, read_disk, record_id, running, until, until_level
from tests.postgres import Cluster
from tests.servers import on_loop

from tocsin.errors import FencedError, StoreError
from tocsin.store import Store

pytestmark = pytest.mark.servers


def house_on(cluster: Cluster, directory: Path, *codes: str) -> House:
    """Make three members, of whom some keep their store in PostgreSQL."""
    house = House(directory)
    for code in codes:
        house.edit(code, '[store]\nfile = "data/store.db"\n', f'[store]\nurl = "{cluster.new_url()}"\n')
    return house


def test_a_node_is_killed_and_its_records_are_in_the_database(cluster: Cluster, tmp_path: Path) -> None:
    @on_loop
    async def scenario() -> None:
        house = house_on(cluster, tmp_path, "JPN", "KOR")
        async with running(house, remote=["JPN"]) as nodes:
            jpn = nodes["JPN"]
            jpn.begin(range(2000), CODES, rate=500)
            sending = asyncio.gather(*(nodes[code].issue(range(120), CODES) for code in ("KOR", "USA")))
            await jpn.until_acked(record_id("JPN", 99))
            await jpn.kill()
            await sending
            await jpn.start()
            await jpn.issue(range(2000, 2020), CODES)
            await until_level(house, [node.told for node in nodes.values()])
        audit(house, [node.told for node in nodes.values()])
        assert not (house.homes["JPN"] / "data/store.db").exists()

    scenario()


def test_the_database_is_killed_under_load_and_nothing_acknowledged_is_lost(cluster: Cluster, tmp_path: Path) -> None:
    @on_loop
    async def scenario() -> None:
        house = house_on(cluster, tmp_path, "JPN", "USA")
        async with running(house) as nodes:
            sending = asyncio.gather(*(node.issue(range(300), CODES) for node in nodes.values()))
            await until(lambda: read_disk(nodes["JPN"].home).ids[record_id("USA", 40)] > 0)
            cluster.kill()
            await until(lambda: all(nodes[code].node.keeper.problem for code in ("JPN", "USA")))
            assert "tried again" in nodes["JPN"].node.keeper.problem
            cluster.start()
            await sending
            await until_level(house, [node.told for node in nodes.values()])
            assert [node.node.keeper.problem for node in nodes.values()] == ["", "", ""]
        audit(house, [node.told for node in nodes.values()])

    scenario()


def test_a_second_node_on_the_same_database_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    @on_loop
    async def scenario() -> None:
        house = house_on(cluster, tmp_path, "JPN")
        url = next(line for line in (house.homes["JPN"] / "member.toml").read_text().splitlines() if "url =" in line)
        house.edit("KOR", '[store]\nfile = "data/store.db"\n', f"[store]\n{url}\n")
        async with running(house, without=["KOR"]) as nodes:
            with pytest.raises(StoreError, match="open for writing already"):
                await Local(house, "KOR").start()
            await gathered(*(node.issue(range(20), CODES) for node in nodes.values()))

    scenario()


@pytest.mark.parametrize("is_idle", [True, False])
def test_a_node_whose_session_was_ended_and_store_taken_over_ends(
    cluster: Cluster, tmp_path: Path, is_idle: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.store.postgres.PostgresDatabase.heartbeat_s", 0.5)

    @on_loop
    async def scenario() -> None:
        house = house_on(cluster, tmp_path, "JPN")
        url = cluster.last_url
        async with running(house, without=["JPN"]) as others:
            jpn = Local(house, "JPN")
            await jpn.start()
            await gathered(*(node.issue(range(20), CODES) for node in (jpn, *others.values())))
            with take_over(cluster, url) as taken:
                if not is_idle:
                    with pytest.raises(FencedError):
                        await jpn.issue(range(20, 40), CODES)
                await jpn.until_ended()
                with pytest.raises(FencedError, match="taken over"):
                    await jpn.stop()
                held = {each.admitted.record.id for each in taken.records()}
                assert record_id("JPN", 19) in held
                assert record_id("JPN", 20) not in held

    scenario()


def take_over(cluster: Cluster, url: str) -> Store:
    """End the writer's session and be the first to come after it."""
    for _ in range(20):
        cluster.end_sessions("tocsin writer")
        try:
            return Store.open(url)
        except StoreError:  # the node was faster
            continue
    raise AssertionError("the node always was faster")
