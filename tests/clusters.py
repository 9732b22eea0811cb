"""A member's own cluster of NATS servers for tests: configured as the how-to says, started, killed, started again."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.nodes import House, until_readable
from tests.servers import eventually, free_ports

from tocsin.bus import BusConfig
from tocsin.bus.connection import Connection
from tocsin.bus.fragment import write_server_files
from tocsin.bus.keys import read_seed
from tocsin.bus.names import outbox
from tocsin.node import bus_config, load_trust, read_config

NAMES = ("one", "two", "three")
BINARY = Path(sys.executable).parent / "nats-server"


class Cluster:
    """Three servers of one member of a house, on this machine.

    Args:
        house: Its folders are changed: the member's TOML names the servers, its peers dial all of them.
        code: The member.
    """

    def __init__(self, house: House, code: str) -> None:
        self.code = code
        self.home = house.homes[code]
        ports = [f"127.0.0.1:{port}" for port in free_ports(9)]
        leafs = ports[3:6]
        tables = "".join(
            f'[[bus.cluster]]\nname = "{name}"\nclient_listen = "{ports[place]}"\nleaf_listen = "{leafs[place]}"\n'
            f'route_listen = "{ports[6 + place]}"\n'
            for place, name in enumerate(NAMES)
        )
        house.edit(code, 'server = "embedded"', 'server = "external"\nreplicas = 3')
        house.edit(code, "[store]", f"{tables}\n[store]")
        for link in house.links:
            if link.listener == code:
                house.edit(link.dialler, "[bus]\n", f'[bus]\ndial = {{ {code} = "{",".join(leafs)}" }}\n')
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def wired(self) -> BusConfig:
        """What the node's bus is told."""
        config = read_config(self.home / "member.toml")
        return bus_config(config, load_trust(config).roster)

    def start(self, *names: str) -> None:
        """Start the servers named, or all."""
        for server in self.wired.cluster:
            if names and server.name not in names:
                continue
            file = write_server_files(self.wired, server)
            self._processes[server.name] = subprocess.Popen(
                [BINARY, "--config", file, "--log", file.with_name("nats-server.log")],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip

    async def kill(self, name: str) -> None:
        """Kill one without warning, and wait until it is gone."""
        process = self._processes.pop(name)
        ended = os.pidfd_open(process.pid)
        try:
            process.send_signal(signal.SIGKILL)
            await until_readable(ended)
            process.wait()
        finally:
            os.close(ended)

    def stop(self) -> None:
        """Stop all that run."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            process.wait(timeout=20)

    async def leader(self, peer: str) -> str:
        """Return which server leads the outbox for a peer; empty if none does."""
        async with self._asking("app") as connection:
            answer = await connection.request(f"$JS.API.STREAM.INFO.{outbox(self.code, peer, 'main')}")
        return str(json.loads(answer)["cluster"].get("leader", ""))

    async def linked(self, account: str) -> set[str]:
        """Return the servers that hold a link in an account."""
        async with self._asking("system") as connection:
            answers = await connection.request_many("$SYS.REQ.SERVER.PING.LEAFZ", count=3, timeout_s=1.0)
        found = [json.loads(answer) for answer in answers]
        return {
            each["server"]["name"]
            for each in found
            if account in {leaf["account"] for leaf in each["data"].get("leafs") or []}
        }

    def server_at(self, address: str) -> str:
        """Return which server listens for clients at an address."""
        return next(server.name for server in self.wired.cluster if server.client_listen == address)

    async def until_whole(self) -> None:
        """Wait until the cluster has a leader and every server follows it."""

        async def is_whole() -> bool:
            async with self._asking("system") as connection:
                answers = await connection.request_many("$SYS.REQ.SERVER.PING.JSZ", count=3, timeout_s=1.0)
            metas = [json.loads(answer).get("data", {}).get("meta_cluster") or {} for answer in answers]
            return len(metas) == 3 and any(
                meta.get("leader") and [replica["current"] for replica in meta.get("replicas", [])] == [True, True]
                for meta in metas
            )

        await eventually(is_whole, timeout_s=60.0)

    @asynccontextmanager
    async def _asking(self, user: str) -> AsyncIterator[Connection]:
        wired = self.wired
        seed = read_seed(wired.app_seed_file if user == "app" else wired.system_seed_file).seed
        connection = Connection(wired, seed=seed, name=f"test {user}")
        await connection.open(timeout_s=20.0)
        try:
            yield connection
        finally:
            await connection.close()


@asynccontextmanager
async def clustered(house: House, code: str) -> AsyncIterator[Cluster]:
    """Let a member run a cluster while this lasts."""
    cluster = Cluster(house, code)
    cluster.start()
    try:
        await cluster.until_whole()
        yield cluster
    finally:
        await asyncio.to_thread(cluster.stop)
