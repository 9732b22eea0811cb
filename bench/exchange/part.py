"""One process of the measurement: it is told over standard input what to send or how much to await.

Both ends stamp with CLOCK_MONOTONIC, which all processes of a machine share, and tell by record id.
"""

from __future__ import annotations

import asyncio
import gc
import json
import secrets
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import uvloop

from bench.exchange import servers
from bench.exchange.flight import Sight
from tocsin.cli.logs import log_to_stderr
from tocsin.clock import SystemClock
from tocsin.node import HealthServer, Node, Watcher, bus_config, load_trust, read_config, status_of
from tocsin.node.process import prefer_the_loop
from tocsin.records import AdmittedFrame, Record
from tocsin.testing import make_federation

Seen = list[tuple[str, int]]


class Sender(Protocol):
    """Hands over one detection; ``prepare`` is outside the time that counts."""

    def prepare(self, record: Record) -> Any: ...
    def send(self, prepared: Any) -> None: ...


class Desks:
    """The desks of this process's node, so that they can be taken away for a while."""

    def __init__(self) -> None:
        self.node: Node | None = None
        self._all: list[Any] = []

    def open(self, *, wanted: bool) -> None:
        if self.node is not None:
            self._all = self._all or list(self.node.desks.desks)
            self.node.desks.desks = self._all if wanted else []


DESKS = Desks()


# -- tocsin ----------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def node(home: Path, watcher: Watcher) -> AsyncIterator[Node]:
    """Run a member's node as ``tocsin up`` does."""
    config = read_config(home / "member.toml")
    one = Node(config, watcher=watcher)
    await one.start()
    prefer_the_loop()
    health = HealthServer(config.health.listen, status=lambda: status_of(one), exposition=one.metrics.exposition)
    stop = asyncio.Event()
    serving = asyncio.create_task(one.serve(stop))
    DESKS.node = one
    try:
        yield one
    finally:
        stop.set()
        await serving
        await asyncio.to_thread(health.close)
        await one.stop()


class NodeSender:
    def __init__(self, one: Node) -> None:
        self._node = one

    def prepare(self, record: Record) -> list[Record]:
        return [record]

    def send(self, prepared: list[Record]) -> None:
        self._node.issue(prepared)


@asynccontextmanager
async def node_sender(home: Path) -> AsyncIterator[Sender]:
    async with node(home, Watcher()) as one:
        yield NodeSender(one)


@asynccontextmanager
async def node_receiver(home: Path, seen: Seen) -> AsyncIterator[None]:
    def admitted(frame: AdmittedFrame) -> None:
        now = time.monotonic_ns()
        for entry in frame.records:
            if entry.record.kind == "warning.detection":
                seen.append((entry.record.id, now))

    async with node(home, Watcher(on_admitted=admitted)):
        yield


# -- bare nats-py ----------------------------------------------------------------------------------------------------


class _Sealing:
    """Makes the same bytes as a node would."""

    def __init__(self) -> None:
        self._exchange = make_federation(clock=SystemClock()).exchange("KOR")

    def prepare(self, record: Record) -> bytes:
        return self._exchange.submit([record]).frames[0]


class PlainSender(_Sealing):
    def __init__(self, stream: Any, subject: str, *, with_id: bool) -> None:
        super().__init__()
        self._stream = stream
        self._subject = subject
        self._with_id = with_id
        self._publishing: set[asyncio.Task[Any]] = set()

    def send(self, prepared: bytes) -> None:
        headers = {"Nats-Msg-Id": secrets.token_hex(32)} if self._with_id else None
        task = asyncio.ensure_future(self._stream.publish(self._subject, prepared, timeout=20, headers=headers))
        self._publishing.add(task)
        task.add_done_callback(self._acknowledged)

    def _acknowledged(self, task: asyncio.Task[Any]) -> None:
        self._publishing.discard(task)
        task.result()


def subject_of(*, with_id: bool) -> str:
    """Return the baseline's subject; with and without ``Nats-Msg-Id`` they are apart: neither wakes the other."""
    return f"{servers.SUBJECT}.{'id' if with_id else 'bare'}"


def _member(home: Path) -> servers.Member:
    config = read_config(home / "member.toml")
    return servers.Member(config.member.code, home, config, bus_config(config, load_trust(config).roster))


@asynccontextmanager
async def plain_sender(home: Path, *, with_id: bool) -> AsyncIterator[Sender]:
    client = await servers.connect(_member(home))
    yield PlainSender(client.jetstream(), subject_of(with_id=with_id), with_id=with_id)
    await client.close()


@asynccontextmanager
async def plain_receiver(home: Path, seen: Seen, *, with_id: bool) -> AsyncIterator[None]:
    client = await servers.connect(_member(home))

    async def received(message: Any) -> None:
        now = time.monotonic_ns()
        seen.append((message.data, now))

    await client.subscribe(f"from.KOR.{subject_of(with_id=with_id)}", cb=received)
    await client.flush()
    yield
    await client.close()


# -- bare sockets ----------------------------------------------------------------------------------------------------


class SocketSender(_Sealing):
    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport

    def send(self, prepared: bytes) -> None:
        self._transport.write(len(prepared).to_bytes(4) + prepared)


class _Framing(asyncio.Protocol):
    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._left = b""

    def data_received(self, data: bytes) -> None:
        data = self._left + data
        while len(data) >= 4 and len(data) >= 4 + (size := int.from_bytes(data[:4])):
            self._seen.append((data[4 : 4 + size], time.monotonic_ns()))
            data = data[4 + size :]
        self._left = data


@asynccontextmanager
async def socket_sender(home: Path) -> AsyncIterator[Sender]:
    port = int((home / "socket").read_text())
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, "127.0.0.1", port)
    yield SocketSender(transport)
    transport.close()


@asynccontextmanager
async def socket_receiver(home: Path, seen: Seen) -> AsyncIterator[None]:
    server = await asyncio.get_running_loop().create_server(lambda: _Framing(seen), "127.0.0.1", 0)
    (home.parent / servers.SENDER / "socket").write_text(str(server.sockets[0].getsockname()[1]))
    yield
    server.close()


# -- being told what to do -------------------------------------------------------------------------------------------

SENDERS: dict[str, Callable[[Path], AbstractAsyncContextManager[Sender]]] = {
    "tocsin": node_sender, "nats": partial(plain_sender, with_id=False),
    "nats_id": partial(plain_sender, with_id=True), "socket": socket_sender,
}  # fmt: skip
RECEIVERS: dict[str, Callable[[Path, Seen], AbstractAsyncContextManager[None]]] = {
    "tocsin": node_receiver, "nats": partial(plain_receiver, with_id=False),
    "nats_id": partial(plain_receiver, with_id=True), "socket": socket_receiver,
}  # fmt: skip


async def _orders() -> AsyncIterator[dict[str, Any]]:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


def _answer(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


async def _send_block(sender: Sender, sight: Sight, count: int, rate: float) -> Seen:
    """Hand over ``count`` detections at an even pace; return ids and times of handing over."""
    sent: Seen = []
    loop = asyncio.get_running_loop()
    begin = loop.time() + 0.01
    for number in range(count):
        await asyncio.sleep(max(0.0, begin + number / rate - loop.time()))
        record = sight.detection()
        prepared = sender.prepare(record)
        now = time.monotonic_ns()
        sender.send(prepared)
        sent.append((record.id, now))
    return sent


async def send(kind: str, home: Path, lift_off: datetime) -> None:
    """Be a sender until standard input ends."""
    sight = Sight(lift_off, f"{kind}-{int(lift_off.timestamp()):x}")
    async with SENDERS[kind](home) as sender:
        _answer("ready")
        async for order in _orders():
            DESKS.open(wanted=order["desks"])
            _answer(await _send_block(sender, sight, order["count"], order["rate"]))


async def receive(kind: str, home: Path) -> None:
    """Be a receiver until standard input ends."""
    seen: Seen = []
    async with RECEIVERS[kind](home, seen):
        _answer("ready")
        async for order in _orders():
            if "desks" in order:
                DESKS.open(wanted=order["desks"])
                seen.clear()
                _answer([])
                continue
            deadline_s = time.monotonic() + order["patience_s"]
            while len(seen) < order["count"] and time.monotonic() < deadline_s:  # noqa: ASYNC110 - costs the hot path nothing
                await asyncio.sleep(0.05)
            _answer([(_id_in(what), at) for what, at in seen])
            seen.clear()


def _id_in(what: str | bytes) -> str:
    if isinstance(what, str):
        return what
    return what.partition(b'"kind":"warning.detection","id":"')[2].partition(b'"')[0].decode()


def main() -> None:
    """``send|receive <kind> <home> <lift-off>``."""
    log_to_stderr("json")
    way, kind, home, lift_off = sys.argv[1:]
    work: Awaitable[None]
    if way == "send":
        work = send(kind, Path(home), datetime.fromtimestamp(float(lift_off), UTC))
    else:
        work = receive(kind, Path(home))
    gc.collect()
    uvloop.run(work)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
