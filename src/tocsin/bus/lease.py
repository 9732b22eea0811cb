"""Of several processes that would write to one member's outboxes, the last that joined does, and the server sees to it.

A process that joins puts its name into a stream of one message and has the server cut every connection of the ones
before. From then on nothing that they wrote and the server has not read gets in, and a process whose connection was cut
looks at the stream before anything else is sent on the next: if another's name stands there, it ends.

What this guarantees: once a process has joined, no frame of an earlier one gets into an outbox, with this exception: a
server that cannot read the stream (none of its replicas is up) lets a process connect all the same, since a warning may
not wait for that; the stream is asked for again at once and until it answers. Two processes never use one epoch, so not
even then can two frames claim one place in a chain.
"""

from __future__ import annotations

import os
import socket as sockets
from typing import Any

import msgspec
import nats.errors

from tocsin.bus.config import BusConfig
from tocsin.bus.connection import Connection
from tocsin.bus.sockets import Socket
from tocsin.bus.streams import RefusedError, ask, ensure_stream
from tocsin.errors import BusUnavailableError, ReplacedError

_PATIENCE_S = 1.0
_CLUSTER_PATIENCE_S = 0.5
_NOT_FOUND = 404


class Holder(msgspec.Struct, frozen=True):
    """Who writes to a member's outboxes."""

    epoch: str
    host: str
    pid: int


class _Stored(msgspec.Struct, frozen=True):
    seq: int = 0
    data: bytes = b""


class _Found(msgspec.Struct, frozen=True):
    message: _Stored = _Stored()


class _PubAck(msgspec.Struct, frozen=True):
    seq: int = 0


class _Client(msgspec.Struct, frozen=True):
    cid: int
    name: str = ""


class _Clients(msgspec.Struct, frozen=True):
    connections: list[_Client] | None = None


class _Server(msgspec.Struct, frozen=True):
    id: str


class _Answer(msgspec.Struct, frozen=True):
    server: _Server
    data: _Clients | None = None


class Lease:
    """The right to write to a member's outboxes.

    Args:
        config: The member's bus.
    """

    def __init__(self, config: BusConfig) -> None:
        self._member = config.member
        self._replicas = config.replicas
        self._servers = max(1, len(config.cluster))
        self.stream = f"LEASE_{config.member}"
        self.subject = f"tocsin.lease.{config.member}"
        self._holder: Holder | None = None
        self._seq = 0

    async def take(self, epoch: str, *, home: Connection, system: Connection, ours: set[tuple[str, int]]) -> None:
        """Take it, and cut off whoever had it before.

        Args:
            epoch: What this process writes.
            home: Connection in the home account.
            system: Connection in the system account.
            ours: Our own connections, by server and number.

        Raises:
            BusError: JetStream or the server does not answer.
        """
        self._holder = Holder(epoch, sockets.gethostname(), os.getpid())
        await self._put(home)
        answers = await system.request_many(
            "$SYS.REQ.SERVER.PING.CONNZ", {"limit": 10_000}, count=self._servers, timeout_s=_CLUSTER_PATIENCE_S
        )
        names = {f"{self._member} {name}" for name in ("main", "bulk", "copies", "system")}
        for data in answers:
            answer = msgspec.json.decode(data, type=_Answer)
            for client in (answer.data.connections if answer.data is not None else None) or []:
                if client.name in names and (answer.server.id, client.cid) not in ours:
                    await system.request(f"$SYS.REQ.SERVER.{answer.server.id}.KICK", {"cid": client.cid})

    async def look(self, socket: Socket) -> None:
        """See on a new connection, before anything is sent on it, that nobody has taken the lease.

        Raises:
            ReplacedError: Somebody has.
        """
        if self._holder is None:
            return
        try:
            message = await socket.request(f"$JS.API.DIRECT.GET.{self.stream}.{self.subject}", timeout=_PATIENCE_S)
        except (nats.errors.Error, TimeoutError):
            return  # said in this module's first lines
        headers = message.headers or {}
        self._compare(int(headers.get("Nats-Sequence", 0)), message.data)

    async def look_again(self, home: Connection) -> None:
        """See with the stream's leader that nobody has taken the lease; put it back if the stream was lost.

        Raises:
            ReplacedError: Somebody has.
            BusError: JetStream does not answer.
        """
        if self._holder is None:
            return
        try:
            answer = await ask(home, f"STREAM.MSG.GET.{self.stream}", {"last_by_subj": self.subject})
        except RefusedError as refusal:
            if refusal.status != _NOT_FOUND:
                raise
            await self._put(home)
            return
        found = msgspec.json.decode(answer, type=_Found).message
        self._compare(found.seq, found.data)

    async def _put(self, home: Connection) -> None:
        wanted: dict[str, Any] = {
            "name": self.stream, "subjects": [self.subject], "storage": "file", "retention": "limits",
            "discard": "old", "max_msgs": 1, "max_bytes": 65_536, "allow_direct": True, "num_replicas": self._replicas,
        }  # fmt: skip
        await ensure_stream(home, wanted)
        answer = await home.request(self.subject, self._holder)
        self._seq = msgspec.json.decode(answer, type=_PubAck).seq
        if not self._seq:
            raise BusUnavailableError(f"the stream {self.stream} does not take the lease: {answer[:200]!r}")

    def _compare(self, seq: int, data: bytes) -> None:
        if seq <= self._seq or self._holder is None:
            return
        try:
            other = msgspec.json.decode(data, type=Holder)
        except msgspec.MsgspecError:
            other = Holder("?", "?", 0)
        if other.epoch == self._holder.epoch:
            return
        raise ReplacedError(
            f"another node of {self._member} writes to its outboxes now: process {other.pid} on {other.host}",
            advice="Run one node for each member; to move it to another machine, stop it here first",
        )
