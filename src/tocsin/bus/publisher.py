"""Frames out: published at once, many in flight, again with the same id until the outbox has them on disk."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from typing import NamedTuple

import msgspec

from tocsin.bus import names
from tocsin.bus.connection import Connection
from tocsin.clock import Clock
from tocsin.errors import BusError, BusUnavailableError
from tocsin.records.trusted import Peer, Released

MAX_IN_FLIGHT = 8192
"""Frames of one lane that may wait for their acknowledgement.

A stream takes in 10,000 ahead of its disk and refuses what comes on top.
"""

MAX_IN_FLIGHT_BYTES = 64 * 1024 * 1024

_QUIET_S = 1.0
"""An outbox that has said nothing for so long is asked again with the first frame that waits for it."""
_BUSY_ACK_TIMEOUT_S = 60.0
"""Patience with one frame while earlier ones are being acknowledged: the outbox's disk is slow, nothing is lost."""
_RETRY_S = 0.25
_NO_RESPONDERS = b"NATS/1.0 503"
_TOO_LARGE = 10054
"""Error code of the server: message size exceeds maximum allowed."""


class Ack(msgspec.Struct, frozen=True):
    """The outbox has the frame on disk."""

    stream: str
    seq: int
    duplicate: bool = False
    """It was there already: an earlier try had arrived."""


class _Error(msgspec.Struct, frozen=True):
    code: int = 0
    err_code: int = 0
    description: str = ""


class _Reply(msgspec.Struct, frozen=True):
    stream: str = ""
    seq: int = 0
    duplicate: bool = False
    error: _Error | None = None


_decode_reply = msgspec.json.Decoder(_Reply).decode


class _Unacked(NamedTuple):
    hop: str
    subject: bytes
    headers: bytes
    data: bytes
    done: asyncio.Future[Ack]


class Publisher:
    """Publishes the frames of one lane.

    Args:
        connection: Of the lane.
        clock: For the patience with acknowledgements.
    """

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._inbox = f"_INBOX.{secrets.token_hex(8)}".encode()
        self._skip = len(self._inbox) + 1
        self._tokens = itertools.count(1)
        self._unacked: dict[bytes, _Unacked] = {}
        self._sent_s: dict[bytes, float] = {}
        """When each was last sent, oldest first."""
        self._again: set[bytes] = set()
        """What the server could not store just now."""
        self._heard_s: dict[str, float] = {}
        """When an outbox, by the hop that it is for, last said anything."""
        self._asked_s: dict[str, float] = {}
        """When one that is quiet was last asked."""
        self._taken_s: dict[str, float] = {}
        """When the latest frame that an outbox has was sent. It takes them in order: an earlier one that it says
        nothing of is lost, with a leader of the stream that died."""
        self._bytes = 0
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._patience: asyncio.Task[None] | None = None
        self._closed: BusError | None = None

    @property
    def in_flight(self) -> int:
        """How many frames wait for their acknowledgement."""
        return len(self._unacked)

    async def start(self) -> None:
        """Listen for acknowledgements."""
        await self._connection.subscribe(f"{self._inbox.decode()}.*", self._on_ack)
        self._patience = asyncio.create_task(self._resend_late(), name="bus acknowledgements")

    def submit(self, released: Released[Peer], *, hop: str) -> asyncio.Future[Ack]:
        """Write a frame to the socket and return at once; the future ends when the outbox has it.

        Without a connection the frame waits for the next one.

        Args:
            released: The frame.
            hop: The peer whose outbox it goes to, which is the destination or a member on the way to it.

        Returns:
            The acknowledgement to come. It fails with ``BusError`` if the frame can never be stored, and with
            ``BusUnavailableError`` if the bus is closed first.

        Raises:
            BusError: The frame is larger than the server takes.
            BusUnavailableError: Too many frames wait already, or the bus is closed.
        """
        if self._closed is not None:
            raise self._closed
        data = released.data
        if len(self._unacked) >= MAX_IN_FLIGHT or self._bytes > MAX_IN_FLIGHT_BYTES:
            raise BusUnavailableError(
                f"{len(self._unacked)} frames wait for their acknowledgement", advice="Publish slower"
            )
        if len(data) + 512 > self._connection.max_payload:
            raise BusError(
                f"a frame of {len(data)} bytes is larger than the server takes ({self._connection.max_payload})",
                advice="Put fewer records into a frame, or raise bus.max_payload_bytes at every member",
            )
        done: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        token = b"%x" % next(self._tokens)
        entry = _Unacked(
            hop,
            names.frame_subject(released.ref, released.kind, hop=hop).encode(),
            b"NATS/1.0\r\nNats-Msg-Id: %b\r\n\r\n" % self._message_id(released, hop, token),
            data,
            done,
        )
        self._unacked[token] = entry
        self._bytes += len(data)
        if len(self._unacked) >= MAX_IN_FLIGHT or self._bytes > MAX_IN_FLIGHT_BYTES:
            self._has_room.clear()
        self._send(token, entry)
        return done

    async def publish(self, released: Released[Peer], *, hop: str) -> Ack:
        """Publish a frame and wait until the outbox has it on disk; waits for room first if much is in flight.

        Args:
            released: The frame.
            hop: As in ``submit``.

        Raises:
            BusError: The frame can never be stored.
            BusUnavailableError: The bus was closed first.
        """
        while not self._has_room.is_set():
            await self._has_room.wait()
        return await self.submit(released, hop=hop)

    def resend_all(self) -> None:
        """Send everything again that is not acknowledged, with the same ids: after a reconnect."""
        for token, entry in tuple(self._unacked.items()):
            self._send(token, entry)

    async def drain(self, *, timeout_s: float) -> None:
        """Wait until all is acknowledged, for ``timeout_s`` seconds at most."""
        waiting = [entry.done for entry in self._unacked.values()]
        if waiting:
            await asyncio.wait(waiting, timeout=timeout_s)

    async def stop(self, why: BusError | None = None) -> None:
        """End the retries; whatever is not acknowledged fails with ``why``."""
        self._closed = why or BusUnavailableError("the bus is closed", advice="The outbox may lack the last frames")
        if self._patience is not None:
            self._patience.cancel()
            await asyncio.gather(self._patience, return_exceptions=True)
            self._patience = None
        self.fail_all(self._closed)

    def fail_all(self, why: BusError) -> None:
        """Let everything fail that is not acknowledged, and refuse what comes after."""
        self._closed = why
        unacked, self._unacked = self._unacked, {}
        self._sent_s.clear()
        self._again.clear()
        self._bytes = 0
        self._has_room.set()
        for entry in unacked.values():
            if not entry.done.done():
                entry.done.set_exception(why)
                entry.done.exception()  # whoever waits still gets it; nobody waiting is no fault

    def _send(self, token: bytes, entry: _Unacked) -> None:
        self._sent_s.pop(token, None)
        self._sent_s[token] = self._clock.monotonic_s()
        self._connection.send(entry.subject, entry.data, reply=b"%b.%b" % (self._inbox, token), headers=entry.headers)

    def _message_id(self, released: Released[Peer], hop: str, token: bytes) -> bytes:
        """Return what the outbox knows doubles by: the frame, or this sending of one that was asked for."""
        known = b"%b.%b" % (released.ref.hash.encode(), hop.encode())
        return b"%b.%b.%b" % (known, self._inbox[-16:], token) if released.is_again else known

    def _on_ack(self, subject: bytes, _reply: bytes, data: bytes, headers: bytes | None) -> None:
        token = subject[self._skip :]
        entry = self._unacked.get(token)
        if entry is None:  # a second acknowledgement of something sent twice
            return
        if headers is not None and headers.startswith(_NO_RESPONDERS):
            self._again.add(token)  # the stream is not there yet: the server is starting
            return
        try:
            reply = _decode_reply(data)
        except msgspec.MsgspecError:
            self._again.add(token)
            return
        self._heard_s[entry.hop] = self._clock.monotonic_s()
        if reply.error is None:
            self._taken_s[entry.hop] = max(self._taken_s.get(entry.hop, 0.0), self._sent_s.get(token, 0.0))
            self._settle(token, entry)
            if not entry.done.done():
                entry.done.set_result(Ack(reply.stream, reply.seq, reply.duplicate))
        elif reply.error.err_code == _TOO_LARGE:
            self._settle(token, entry)
            if not entry.done.done():
                entry.done.set_exception(BusError(f"the outbox refuses the frame: {reply.error.description}"))
        else:
            self._again.add(token)

    def _settle(self, token: bytes, entry: _Unacked) -> None:
        del self._unacked[token]
        self._sent_s.pop(token, None)
        self._again.discard(token)
        self._bytes -= len(entry.data)
        if (
            not self._has_room.is_set()
            and len(self._unacked) < MAX_IN_FLIGHT // 2
            and self._bytes < MAX_IN_FLIGHT_BYTES // 2
        ):
            self._has_room.set()

    async def _resend_late(self) -> None:
        while True:
            await asyncio.sleep(_RETRY_S)
            if not self._connection.is_up:
                continue  # all is sent again when it comes back
            again, self._again = self._again, set()
            again |= self._late(self._clock.monotonic_s())
            if again:
                for token in [token for token in self._unacked if token in again]:  # as they were published
                    self._send(token, self._unacked[token])

    def _late(self, now_s: float) -> set[bytes]:
        """Return what is to be sent again because the outbox says nothing of it."""
        late: set[bytes] = set()
        quiet: set[str] = set()
        for token, sent_s in self._sent_s.items():
            if sent_s > now_s - _QUIET_S:
                break
            hop = self._unacked[token].hop
            if sent_s < self._taken_s.get(hop, 0.0) or sent_s <= now_s - _BUSY_ACK_TIMEOUT_S:
                late.add(token)
            elif max(self._heard_s.get(hop, 0.0), self._asked_s.get(hop, 0.0)) <= now_s - _QUIET_S:
                quiet.add(hop)
        for hop in quiet:
            self._asked_s[hop] = now_s
            late.add(next(token for token, entry in self._unacked.items() if entry.hop == hop))
        return late
