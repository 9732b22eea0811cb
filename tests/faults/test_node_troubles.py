"""A node whose own parts fail: a desk, a disk; what it tells of it, and what goes on all the same."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tests.nodes import CODES, House, Local, Told, audit, gathered, issue, read_disk, record_id, running, until
from tests.nodes import until_level as level
from tests.servers import eventually, on_loop

from tocsin.errors import BusAuthError, BusError, ConfigError, StoreError
from tocsin.node import HealthServer, Node, Watcher, read_config, status_of
from tocsin.node.asking import ask_status

pytestmark = pytest.mark.servers

DESK = """
class Desk:
    def __init__(self, context):
        self.context = context

    def take(self, admitted, now):
        if any(entry.record.id == "KOR-00003" for entry in admitted):
            raise ArithmeticError("three is too many")
        return []

    def tick(self, now):
        return []
"""


@pytest.fixture
def fragile_desk(tmp_path, monkeypatch):
    """A distribution with a desk that fails on one record."""
    site = tmp_path / "site"
    info = site / "fragile_desk-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "fragile_desk.py").write_text(DESK)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fragile-desk\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tocsin.desks]\nfragile = fragile_desk:Desk\n")
    monkeypatch.syspath_prepend(site)
    yield
    sys.modules.pop("fragile_desk", None)


@pytest.mark.usefixtures("fragile_desk")
def test_a_desk_that_fails_is_told_of_and_the_node_goes_on(tmp_path: Path) -> None:
    @on_loop
    async def scenario() -> None:
        house = House(tmp_path)
        async with running(house) as nodes:
            usa = nodes["USA"].node
            health = HealthServer(
                usa.config.health.listen, status=lambda: status_of(usa), exposition=usa.metrics.exposition
            )
            try:
                await eventually(lambda: healthy(usa))
                await gathered(*(node.issue(range(10), CODES) for node in nodes.values()))
                await until(lambda: usa.metrics.refusals and not usa.desks.waiting)
                await level(house, [node.told for node in nodes.values()])
                assert not await healthy(usa)
                await usa.keeper.flush()  # the total of refusals is what the store has
                status, _ = await asyncio.to_thread(ask_status, usa.config.health.listen)
                assert status.desks == {"fragile": "ArithmeticError: three is too many"}
                assert "desk fragile: ArithmeticError: three is too many" in status.problems
                assert status.refused == {"KOR desk_failed": 1}
                text = (await fetch(usa, "/metrics"))[1]
                assert 'tocsin_refused_total{reason="desk_failed",via="KOR"} 1.0' in text
            finally:
                await asyncio.to_thread(health.close)
        audit(house, [node.told for node in nodes.values()], refused_by=CODES)
        [(via, reason, detail)] = read_disk(house.homes["USA"]).refused
        assert (via, reason) == ("KOR", "desk_failed")
        assert detail == "warning.detection KOR-00003: fragile failed: ArithmeticError: three is too many"

    scenario()


@on_loop
async def test_warnings_go_on_live_while_the_disk_is_full(tmp_path: Path) -> None:
    house = House(tmp_path)
    seen: set[str] = set()
    watcher = Watcher(on_admitted=lambda frame: seen.update(entry.record.id for entry in frame.records))
    async with running(house) as nodes:
        usa: Local = nodes["USA"]
        await usa.stop()
        usa.watcher = watcher
        await usa.start()
        await gathered(*(node.issue(range(10), CODES) for node in nodes.values()))
        await limit_store(usa.node, full=True)
        await nodes["KOR"].issue(range(10, 60), CODES)
        late = Told()
        lost_in_between = asyncio.create_task(issue(usa.node, range(10, 20), CODES, late, rate=100.0))
        await until(lambda: {record_id("KOR", 59), record_id("USA", 14)} <= seen)
        await until(lambda: bool(usa.node.keeper.problem))
        await until(lambda: record_id("USA", 14) in read_disk(house.homes["JPN"]).ids)
        assert record_id("KOR", 59) not in read_disk(usa.home).ids
        assert late.acked == {}
        status = await status_of(usa.node)
        assert "full" in status.store_problem
        assert any(problem.startswith("store: ") for problem in status.problems)
        await limit_store(usa.node, full=False)
        await lost_in_between
        await level(house, [*(node.told for node in nodes.values()), late])
        assert (await status_of(usa.node)).store_problem == ""
    audit(house, [*(node.told for node in nodes.values()), late])


@on_loop
async def test_a_node_that_is_told_to_stop_while_its_disk_is_full_stops_and_has_it_all_back(tmp_path: Path) -> None:
    """What it could not write it takes from its own outboxes and from the copies of its peers'."""
    house = House(tmp_path)
    async with running(house) as nodes:
        usa: Local = nodes["USA"]
        await limit_store(usa.node, full=True)
        await nodes["KOR"].issue(range(60), CODES)
        lost = Told()
        unsafe = asyncio.create_task(issue(usa.node, range(20), CODES, lost, rate=100.0))
        await until(lambda: bool(usa.node.keeper.problem))
        await until(lambda: record_id("USA", 4) in read_disk(house.homes["JPN"]).ids)
        unsafe.cancel()
        await asyncio.gather(unsafe, return_exceptions=True)
        async with asyncio.timeout(20):
            await usa.stop()
        assert record_id("USA", 4) not in read_disk(usa.home).ids
        await usa.start()
        await usa.issue(range(100, 110), CODES)
        await level(house, [node.told for node in nodes.values()])
        assert read_disk(usa.home).ids[record_id("USA", 4)] == 1
    audit(house, [node.told for node in nodes.values()])


@on_loop
async def test_health_is_told_while_the_own_server_is_away(tmp_path: Path) -> None:
    house = House(tmp_path, codes=("JPN", "USA"))
    async with running(house, without=["JPN"]) as nodes:
        usa: Local = nodes["USA"]
        node = usa.node
        health = HealthServer(
            node.config.health.listen, status=lambda: status_of(node), exposition=node.metrics.exposition
        )
        try:
            code, text = await fetch(node, "/healthz")
            assert code == 503
            assert json.loads(text) == {"problems": ["link to JPN: the peer has not called"]}
            assert (await fetch(node, "/nothing"))[0] == 404
            assert node.server is not None
            node.server.kill()
            await until(lambda: not node.bus.is_up)
            code, text = await fetch(node, "/status")
            assert code in (200, 503)  # it may be back by now
            await until(lambda: node.bus.is_up)
            assert (await fetch(node, "/status"))[0] == 200
        finally:
            await asyncio.to_thread(health.close)


@on_loop
async def test_a_node_that_cannot_start_leaves_nothing_behind(tmp_path: Path) -> None:
    house = House(tmp_path, codes=("JPN", "USA"))
    home = house.homes["USA"]
    good = (home / "member.toml").read_text()
    blocker = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = blocker.sockets[0].getsockname()[1]
    house.edit("USA", f'leaf_listen = "{house.plans["USA"].addresses.leaf}"', f'leaf_listen = "127.0.0.1:{port}"')
    for _ in range(2):  # the second try shows that the first let go of the store and of the client's port
        with pytest.raises(BusError, match=f"cannot listen on 127.0.0.1:{port}: the port is in use"):
            await Local(house, "USA").start()
    blocker.close()
    await blocker.wait_closed()
    (home / "member.toml").write_text(good)
    first = Local(house, "USA")
    await first.start()
    with pytest.raises(StoreError, match="open for writing already"):
        await Local(house, "USA").start()
    await first.issue(range(3), CODES)  # the second one did it no harm
    await first.stop()
    assert set(read_disk(home).ids) == {record_id("USA", number) for number in range(3)}


@on_loop
async def test_a_server_that_cannot_be_started_again_ends_the_node_with_the_cause(tmp_path: Path) -> None:
    house = House(tmp_path, codes=("JPN", "USA"))
    usa = Local(house, "USA")
    await usa.start()
    (house.homes["USA"] / "tls/link.key").rename(tmp_path / "gone.key")
    assert usa.node.server is not None
    usa.node.server.kill()
    await usa.until_ended()
    with pytest.raises(ConfigError, match=r"refused its configuration.*link\.key"):
        await usa.stop()


@on_loop
async def test_a_server_that_refuses_our_key_is_an_error_within_seconds(tmp_path: Path) -> None:
    house = House(tmp_path, codes=("JPN", "USA"))
    usa = Local(house, "USA")
    await usa.start()
    house.edit("USA", 'server = "embedded"', 'server = "external"')
    (house.homes["USA"] / "keys/app.nk").write_bytes((house.homes["JPN"] / "keys/app.nk").read_bytes())
    house.edit("USA", 'file = "data/store.db"', 'file = "data/other.db"')
    try:
        async with asyncio.timeout(8):
            with pytest.raises(BusAuthError, match="refuses the key of USA main: Authorization Violation"):
                await Node(read_config(usa.home / "member.toml")).start()
    finally:
        await usa.stop()


async def limit_store(node: Node, *, full: bool) -> None:
    """Leave a node's store no room, or give it back."""

    def limit() -> None:
        writer = node.store._writer
        assert writer is not None
        with writer.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages if full else 1_000_000}")

    await node.keeper.in_thread(limit)


async def healthy(node: Node) -> bool:
    return (await fetch(node, "/healthz"))[0] == 200


async def fetch(node: Node, path: str) -> tuple[int, str]:
    """Ask over HTTP; return code and text."""

    def ask() -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://{node.config.health.listen}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    return await asyncio.to_thread(ask)


@on_loop
async def test_a_node_stops_though_a_task_of_it_does_not_hear_that_it_is_cancelled(tmp_path: Path) -> None:
    """As one that waits for an answer inside nats-py, which swallows the first cancellation."""

    async def waiting() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    house = House(tmp_path, codes=("JPN", "USA"))
    usa = Local(house, "USA")
    await usa.start()
    deaf = asyncio.create_task(waiting())
    usa.node._tasks.append(deaf)
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await usa.stop()
    assert deaf.cancelled()
