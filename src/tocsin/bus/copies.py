"""Streams read in order from a cursor: the peers' copies as they grow, and an outbox to its end.

A push consumer with flow control: the server sends ahead only as far as what was handed over allows, so that a
backlog of a million frames takes some megabytes here. Frames that the server could not deliver, a lost connection or a
missed heartbeat end the consumer, and a new one goes on behind the last frame that was handed over.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

import msgspec

from tocsin.bus.connection import Connection
from tocsin.bus.streams import RefusedError, ask, stream_info
from tocsin.clock import Clock
from tocsin.errors import BusError, BusUnavailableError

_HEARTBEAT_S = 2.0
_RETRY_S = 0.25
_STATUS = b"NATS/1.0 100"
_STALLED = b"Nats-Consumer-Stalled:"
_LAST_CONSUMER = b"Nats-Last-Consumer:"


class Cursor(msgspec.Struct, frozen=True):
    """How far a stream was read."""

    stream: str
    created: str
    """When the stream was made, as the server writes it. A stream made anew is read from its beginning."""
    seq: int
    """The last frame that was handed over; 0: none."""


class _Item(NamedTuple):
    seq: int
    """0: no frame, but a question of flow control."""
    data: bytes
    pending: int
    reply: bytes


OnFrame = Callable[[bytes, Cursor], Awaitable[None] | None]


class StreamReader:
    """Hands over one stream's frames in order, from a cursor on.

    Args:
        connection: In the home account.
        stream: Its name.
        cursor: Where to go on; none, or one of a stream since made anew: from the beginning.
        clock: For missed heartbeats.
    """

    def __init__(self, connection: Connection, stream: str, *, cursor: Cursor | None, clock: Clock) -> None:
        self._connection = connection
        self._stream = stream
        self._cursor = cursor
        self._clock = clock
        self._items: deque[_Item] = deque()
        self._arrived = asyncio.Event()
        self._broken = asyncio.Event()
        self._generations = itertools.count(1)
        self._generation = 0
        self._subscription: int | None = None
        self._consumer = ""
        self._next_consumer_seq = 1
        self._heard_s = 0.0
        self._go_back_to: int | None = None
        self._moved = asyncio.Event()
        self.pending = 0
        """Frames that the stream held behind the last one that arrived."""

    @property
    def cursor(self) -> Cursor | None:
        """The last frame that was handed over."""
        return self._cursor

    def interrupt(self) -> None:
        """Begin again behind the last frame: the connection was lost."""
        self._broken.set()
        self._arrived.set()

    def go_back(self, after: int) -> None:
        """Begin again behind an earlier frame: what was of no use then may be now."""
        self._go_back_to = after if self._go_back_to is None else min(after, self._go_back_to)
        self.interrupt()

    async def reached(self, seq: int) -> None:
        """Wait until the frames up to one are handed over."""
        while self._cursor is None or self._cursor.seq < seq:
            self._moved.clear()
            await self._moved.wait()

    async def run(self, on_frame: OnFrame) -> None:
        """Hand frames over until cancelled; the next waits until ``on_frame`` is done with the one before."""
        try:
            while True:
                try:
                    await self._begin()
                    await self._hand_over(on_frame)
                except BusError:
                    await asyncio.sleep(_RETRY_S)  # the server restarts, or the stream is not there yet
        finally:
            await self._end()

    async def read_to_end(self) -> AsyncIterator[tuple[bytes, Cursor]]:
        """Yield frames up to what is the last one now.

        Raises:
            BusUnavailableError: The connection is lost, or there is no such stream.
        """
        info = await stream_info(self._connection, self._stream)
        if info is None:
            raise BusUnavailableError(f"there is no stream {self._stream}", advice="Prepare the bus first")
        last = info.state.last_seq
        try:
            await self._begin()
            while self._cursor is not None and self._cursor.seq < last and info.state.messages:
                for item in await self._take():
                    if item.seq == 0:
                        self._connection.send(item.reply, b"")
                        continue
                    self._cursor = msgspec.structs.replace(self._cursor, seq=item.seq)
                    yield item.data, self._cursor
                    if item.seq >= last:
                        return
        finally:
            await self._end()

    async def _begin(self) -> None:
        await self._end()
        info = await stream_info(self._connection, self._stream)
        if info is None:
            raise BusUnavailableError(f"there is no stream {self._stream}")
        if self._cursor is None or self._cursor.created != info.created or self._cursor.seq > info.state.last_seq:
            # made anew, or restored to a state before the cursor: what is there may be unknown to us
            self._cursor = Cursor(self._stream, info.created, 0)
        if self._go_back_to is not None:
            self._cursor = msgspec.structs.replace(self._cursor, seq=min(self._cursor.seq, self._go_back_to))
            self._go_back_to = None
        self._items.clear()
        self._broken.clear()
        self._next_consumer_seq = 1
        self._heard_s = self._clock.monotonic_s()
        self._consumer = f"read{secrets.token_hex(6)}"
        inbox = f"_INBOX.{self._consumer}"
        generation = self._generation = next(self._generations)

        def sink(_subject: bytes, reply: bytes, data: bytes, headers: bytes | None) -> None:
            if generation == self._generation:  # else: of a consumer given up
                self._receive(reply, data, headers)

        self._subscription = await self._connection.subscribe(inbox, sink)
        start = self._cursor.seq + 1
        await ask(
            self._connection,
            f"CONSUMER.CREATE.{self._stream}.{self._consumer}",
            {
                "stream_name": self._stream,
                "config": {
                    "name": self._consumer,
                    "deliver_subject": inbox,
                    "deliver_policy": "by_start_sequence",
                    "opt_start_seq": start,
                    "ack_policy": "none",
                    "max_deliver": 1,
                    "flow_control": True,
                    "idle_heartbeat": int(_HEARTBEAT_S * 1e9),
                    "inactive_threshold": int(30e9),
                    "mem_storage": True,
                    "num_replicas": 1,
                },
            },
        )

    def _receive(self, reply: bytes, data: bytes, headers: bytes | None) -> None:
        self._heard_s = self._clock.monotonic_s()
        if headers is not None and headers.startswith(_STATUS):
            question = reply or _value(headers, _STALLED)
            if question:
                self._put(_Item(0, b"", 0, question))
            last = _value(headers, _LAST_CONSUMER)
            if last.isdigit() and int(last) >= self._next_consumer_seq:  # the server sent more than arrived here
                self.interrupt()
            return
        place = _place(reply)
        if place is None or place[1] != self._next_consumer_seq:
            self.interrupt()
            return
        seq, _, pending = place
        self._next_consumer_seq += 1
        self._put(_Item(seq, data, pending, b""))

    def _put(self, item: _Item) -> None:
        self._items.append(item)
        self._arrived.set()

    async def _take(self) -> list[_Item]:
        """Return what has arrived.

        Raises:
            BusUnavailableError: The consumer has ended.
        """
        while not self._items:
            if self._broken.is_set() or self._clock.monotonic_s() - self._heard_s > 3 * _HEARTBEAT_S:
                raise BusUnavailableError(f"the reader of {self._stream} was interrupted")
            self._arrived.clear()
            try:
                async with asyncio.timeout(_HEARTBEAT_S):
                    await self._arrived.wait()
            except TimeoutError:
                continue
        items = list(self._items)
        self._items.clear()
        return items

    async def _hand_over(self, on_frame: OnFrame) -> None:
        cursor = self._cursor
        if cursor is None:
            return
        stream, created = cursor.stream, cursor.created
        while True:
            for item in await self._take():
                if item.seq == 0:
                    self._connection.send(item.reply, b"")
                    continue
                cursor = Cursor(stream, created, item.seq)
                waiting = on_frame(item.data, cursor)
                if waiting is not None:
                    await waiting
                self._cursor = cursor
                self.pending = item.pending
            self._moved.set()

    async def _end(self) -> None:
        self._generation = 0
        subscription, self._subscription = self._subscription, None
        consumer, self._consumer = self._consumer, ""
        if subscription is None:
            return
        try:
            await self._connection.unsubscribe(subscription)
            await ask(self._connection, f"CONSUMER.DELETE.{self._stream}.{consumer}", timeout_s=1.0)
        except (BusUnavailableError, RefusedError):
            return  # the server drops it by itself once nobody listens


def _place(reply: bytes) -> tuple[int, int, int] | None:
    """Return the sequence in the stream and in the consumer and what is pending; None if the subject tells none."""
    tokens = reply.split(b".")
    # $JS.ACK.<stream>.<consumer>.<tries>.<stream seq>.<consumer seq>.<time>.<pending>; longer with a domain
    offset = 0 if len(tokens) == 9 else 2
    if len(tokens) < 9 + offset:
        return None
    told = (tokens[5 + offset], tokens[6 + offset], tokens[8 + offset])
    if not all(token.isdigit() and len(token) < 20 for token in told):
        return None
    seq, consumer_seq, pending = (int(token) for token in told)
    return seq, consumer_seq, pending


def _value(headers: bytes, name: bytes) -> bytes:
    _, found, rest = headers.partition(name)
    return rest.partition(b"\r\n")[0].strip() if found else b""
