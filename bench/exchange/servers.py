"""Three members' folders and servers, with one lane more than in earnest: the baseline's, of the same make."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import nats
from nats.aio.client import Client

from tocsin.bus import BusConfig
from tocsin.bus.config import split_address
from tocsin.bus.fragment import write_server_files
from tocsin.bus.keys import read_seed
from tocsin.bus.preparation import copy_config, outbox_config
from tocsin.bus.server import find_server
from tocsin.clock import SystemClock
from tocsin.node import Addresses, MemberConfig, Plan, bus_config, links_for, load_trust, make_federation, read_config
from tocsin.replay.federation import free_ports

CODES = ("JPN", "KOR", "USA")
SENDER, RECEIVER, THIRD = "KOR", "JPN", "USA"

SUBJECT = "bench.v1.JPN.test.flash.KOR.warning.detection"
_OUTBOX, _COPY = "BENCH_KOR_JPN", "IN_BENCH"

# the baseline crosses the link exactly as a frame from KOR to JPN does, beside it
_TWINS = (
    ("tocsin.v1.JPN.*.flash.>", "bench.v1.JPN.*.flash.>"),
    ("dlv.KOR.JPN.main", "dlv.KOR.JPN.bench"),
    ("OUT_KOR_JPN.", f"{_OUTBOX}."),
)


@dataclass(frozen=True)
class Member:
    """One member's folder."""

    code: str
    home: Path
    config: MemberConfig
    bus: BusConfig

    @property
    def address(self) -> tuple[str, str]:
        """URL for clients and the seed of the member's own application."""
        host, port = split_address(self.bus.client_listen, path="bus.client_listen")
        return f"nats://{host}:{port}", read_seed(self.bus.app_seed_file).seed


def make_members(folder: Path) -> dict[str, Member]:
    """Make a mesh of three, with servers that this program runs."""
    ports = iter(free_ports(3 * len(CODES)))
    plans = [
        Plan(code, code, folder / code, Addresses(*(f"127.0.0.1:{next(ports)}" for _ in range(3)))) for code in CODES
    ]
    make_federation(plans, links_for("mesh", CODES, hub="USA"), name="bench", now=SystemClock().now())
    members = {}
    for plan in plans:
        file = plan.home / "member.toml"
        file.write_text(file.read_text().replace('server = "embedded"', 'server = "external"'))
        config = read_config(file)
        members[plan.code] = Member(plan.code, plan.home, config, bus_config(config, load_trust(config).roster))
    return members


@asynccontextmanager
async def running(members: dict[str, Member]) -> AsyncIterator[None]:
    """Run the servers, with the baseline's streams on them."""
    processes = []
    try:
        for member in members.values():
            path = write_server_files(member.bus)
            path.write_text(with_twins(path.read_text()))
            log = path.with_name("server.log")
            command = [find_server(member.bus), "--config", str(path), "--log", str(log)]
            processes.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))  # noqa: ASYNC220
        await _make_streams(members)
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def with_twins(text: str) -> str:
    """Let the baseline's subjects pass wherever those of the pair pass."""
    lines = []
    for line in text.splitlines():
        for ours, twin in _TWINS:
            if ours in line and "permissions" not in line:
                lines.append(line.replace(ours, twin))
            elif ours in line:
                line = re.sub(  # noqa: PLW2901
                    rf'"[^"]*{re.escape(ours)}[^"]*"', lambda m, a=ours, b=twin: f"{m[0]}, {m[0].replace(a, b)}", line
                )
        lines.append(line)
    return "\n".join([*lines, ""])


async def connect(member: Member) -> Client:
    """Connect as the member's own application, with nats-py as it is."""
    url, seed = member.address
    return await nats.connect(url, nkeys_seed_str=seed, max_reconnect_attempts=-1, error_cb=_unheard)


async def _unheard(_error: Exception) -> None:
    """Say nothing: while a server starts, errors are no news, and ``connect`` raises the last of them."""


async def _make_streams(members: dict[str, Member]) -> None:
    sender, receiver = members[SENDER], members[RECEIVER]
    there, here = sender.bus.peer(RECEIVER), receiver.bus.peer(SENDER)
    outbox = {**outbox_config(sender.bus, there, "main"), "name": _OUTBOX, "subjects": ["bench.v1.JPN.*.flash.>"]}
    consumer = {
        "name": "peer", "durable_name": "peer", "deliver_subject": "dlv.KOR.JPN.bench", "deliver_policy": "all",
        "ack_policy": "flow_control", "flow_control": True, "idle_heartbeat": 10**9, "max_ack_pending": 10_000,
    }  # fmt: skip
    source = {
        "name": _OUTBOX,
        "external": {"api": "KOR.api", "deliver": ""},
        "consumer": {"name": "peer", "deliver_subject": "dlv.KOR.JPN.bench"},
    }
    copy = {**copy_config(receiver.bus, here, "main"), "name": _COPY, "sources": [source]}
    at_sender = await _when_up(sender)
    await _ask(at_sender, f"STREAM.CREATE.{_OUTBOX}", outbox)
    await _ask(at_sender, f"CONSUMER.CREATE.{_OUTBOX}.peer", {"stream_name": _OUTBOX, "config": consumer})
    at_receiver = await _when_up(receiver)
    await asyncio.sleep(3.0)  # links first: a copy that does not find its outbox waits long for its second try
    await _ask(at_receiver, f"STREAM.CREATE.{_COPY}", copy)
    await at_sender.close()
    await at_receiver.close()


async def _when_up(member: Member) -> Client:
    async with asyncio.timeout(20):
        while True:
            try:
                client = await connect(member)
                await client.jetstream().account_info()
            except (OSError, nats.errors.Error):
                await asyncio.sleep(0.2)
            else:
                return client


async def _ask(client: Client, verb: str, body: dict[str, object]) -> None:
    answer = json.loads((await client.request(f"$JS.API.{verb}", json.dumps(body).encode(), timeout=10)).data)
    if "error" in answer:
        raise RuntimeError(f"{verb}: {answer['error']}")


async def copied(member: Member) -> int:
    """Return how many of the baseline's messages the durable copy holds."""
    client = await connect(member)
    info = await client.jetstream().stream_info(_COPY)
    await client.close()
    return info.state.messages
