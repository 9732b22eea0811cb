"""A member with a cluster of three servers, its streams on all of them; a server dies while records flow."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.clusters import clustered
from tests.nodes import CODES, House, Local, audit, gathered, running, until, until_level
from tests.servers import on_loop

from tocsin.node import status_of

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]


@on_loop
async def test_what_was_acknowledged_survives_the_death_of_the_leading_server_and_of_the_nodes_own(
    tmp_path: Path,
) -> None:
    house = House(tmp_path)
    with capture_logs() as logs:  # a stream without a leader is no silent link, and no reason to cut one
        await _lose_two_servers(house)
    assert [log for log in logs if log["event"] == "mending a link"] == []


async def _lose_two_servers(house: House) -> None:
    async with clustered(house, "KOR") as cluster, running(house) as nodes:
        kor = nodes["KOR"]
        await gathered(*(node.issue(range(20), CODES) for node in nodes.values()))
        await until_level(house, [node.told for node in nodes.values()])
        enough = asyncio.Event()
        sending = asyncio.gather(*(issue_until(node, enough) for node in nodes.values()))

        leader = await cluster.leader("JPN")
        await cluster.kill(leader)
        await until(lambda: kor.node.bus.in_flight > 0)
        status = await status_of(kor.node)  # also while the streams have no leader
        assert leader in status.silent_servers
        assert f"our server {leader} does not answer" in status.problems
        await until_acknowledged(kor)
        cluster.start(leader)
        await cluster.until_whole()

        own = cluster.server_at(kor.node.bus._main._socket.connected_url.netloc)
        await cluster.kill(own)
        await until(lambda: kor.node.bus.in_flight > 0)
        await until_acknowledged(kor)
        enough.set()
        await sending
        cluster.start(own)
        await cluster.until_whole()
        await until_level(house, [node.told for node in nodes.values()])
        await until_acknowledged(kor)
    audit(house, [node.told for node in nodes.values()])


async def issue_until(node: Local, enough: asyncio.Event) -> None:
    """Issue numbered detections until told that it is enough."""
    number = 20
    while not enough.is_set():
        await node.issue(range(number, number + 5), CODES, rate=50)
        number += 5


async def until_acknowledged(node: Local) -> None:
    """Wait until every outbox has all that was sealed, for a moment at least."""
    await until(lambda: not node.node.bus.in_flight, timeout_s=60)
