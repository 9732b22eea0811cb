"""The second reader of conformance/ at a link of a federation that runs: it believes what the node believes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import nats
import pytest
from conformance.receiver import Receiver
from tests.nodes import House, running, until_level
from tests.servers import eventually, on_loop

from tocsin.clock import SystemClock
from tocsin.node import read_config

pytestmark = pytest.mark.servers

Found = set[tuple[str, str]]
"""Ids of records with their digests."""


class Listener:
    """A plain client of a member's own server that hands to the second reader whatever a link brings in."""

    def __init__(self, house: House, code: str) -> None:
        self.reader = Receiver(code)
        self.reader.trust.take((house.homes[code] / "roster.json").read_bytes(), SystemClock().now())
        self.admitted: Found = set()
        self.refused: list[tuple[str, Any]] = []
        self.kinds: set[str] = set()

    async def on_live(self, message: Any) -> None:
        """Read what a link brings at once."""
        self._read(message, via=message.subject.split(".")[1], path="live")

    def on_durable(self, via: str) -> Callable[[Any], Awaitable[None]]:
        """Read what the copy of a peer's outbox holds."""

        async def on_message(message: Any) -> None:
            self._read(message, via=via, path="durable")

        return on_message

    def _read(self, message: Any, *, via: str, path: str) -> None:
        answer = self.reader.receive(message.data, via=via, path=path, now=SystemClock().now())
        if answer["result"] == "rejected" or answer.get("refused"):
            self.refused.append((message.subject, answer))
        if answer["result"] == "admitted":
            self.kinds |= {slip["record"]["kind"] for slip in json.loads(message.data)["records"]}
            if not answer["control"]:
                self.admitted |= {(record["id"], record["digest"]) for record in answer["records"]}


def _held(home: Path, code: str) -> Found:
    """Return what a member's store holds of the others, read as it lies on the disk."""
    import sqlite3  # noqa: PLC0415 - here alone
    from contextlib import closing  # noqa: PLC0415

    with closing(sqlite3.connect(f"file:{home / 'data/store.db'}?mode=ro", uri=True)) as database:
        frames = [json.loads(row[0]) for row in database.execute("SELECT data FROM frames")]
    return {
        (slip["record"]["id"], digest)
        for frame in frames
        if frame["header"]["originator"] != code
        for slip, digest in zip(frame["records"], frame["header"]["digests"], strict=True)
    }


@pytest.mark.parametrize("topology", ["mesh", "hub"])
@on_loop
async def test_the_second_reader_agrees_with_a_node_record_for_record(tmp_path: Path, topology: str) -> None:
    house = House(tmp_path, topology)
    async with running(house) as nodes:
        listener = Listener(house, "JPN")
        config = read_config(house.homes["JPN"] / "member.toml")
        client = await nats.connect(
            f"nats://{config.bus.client_listen}", nkeys_seed=str(config.path("keys/app.nk")), allow_reconnect=False
        )
        try:
            await client.subscribe("from.*.tocsin.v1.JPN.>", cb=listener.on_live)
            await client.subscribe("from.*.tocsin.control.v1.JPN", cb=listener.on_live)
            for peer in house.roster.neighbours("JPN"):
                await client.jetstream().subscribe(
                    ">", stream=f"IN_{peer}", ordered_consumer=True, cb=listener.on_durable(peer)
                )
            await asyncio.gather(
                nodes["KOR"].issue(range(40), ("JPN", "KOR", "USA")),
                nodes["USA"].issue(range(40), ("JPN", "USA")),
                nodes["JPN"].issue(range(10), ("JPN", "USA")),
            )
            await until_level(house, [node.told for node in nodes.values()])

            async def agreed() -> bool:
                return listener.admitted >= _held(house.homes["JPN"], "JPN") and "exchange.heads" in listener.kinds

            await eventually(agreed)
        finally:
            await client.close()
        held = _held(house.homes["JPN"], "JPN")
        assert listener.admitted == held
        assert len(held) == 80
        assert listener.refused == []
