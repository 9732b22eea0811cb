"""Frames on their way out: written down as under way, handed to the bus, and struck off when an outbox has them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import msgspec
import structlog

from tocsin.bus import Ack, Bus
from tocsin.bus import Cursor as StreamCursor
from tocsin.clock import Clock
from tocsin.errors import BusError, BusUnavailableError, ConfigError
from tocsin.node.keeping import Keeper
from tocsin.node.metrics import Metrics
from tocsin.records import Peer, Precedence, Released
from tocsin.store import Cursor, Unacked

ROOM_BYTES = 16 * 1024 * 1024
"""Frames under way to outboxes beyond which whoever can wait is asked to; the bus itself takes four times as much."""

log = structlog.get_logger()


class Sender:
    """Sends one node's frames, and remembers how far its own outboxes are known to its store.

    Args:
        bus: Where they go.
        keeper: Knows what is under way after a crash.
        metrics: Counts.
        clock: The time of records.
    """

    def __init__(self, bus: Bus, keeper: Keeper, metrics: Metrics, clock: Clock) -> None:
        self._bus = bus
        self._keeper = keeper
        self._metrics = metrics
        self._clock = clock
        self._unsent: list[Released[Peer]] = []
        self._ends: dict[str, StreamCursor] = {}
        self._under_way: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
        """Of bulk and of all else: how many outboxes have not acknowledged a frame, by its hash."""
        self._bytes = 0
        self._has_room = asyncio.Event()
        self._has_room.set()
        self.on_acknowledged: Callable[[], None] = lambda: None
        """Called after each acknowledgement."""

    def under_way(self, *, bulk: bool) -> int:
        """Return how many frames wait for an outbox, of bulk or of all else."""
        return len(self._under_way[bulk])

    async def wait_for_room(self) -> None:
        """Wait until little enough is under way for more."""
        while not self._has_room.is_set():
            await self._has_room.wait()

    def begin(self, ends: Mapping[str, StreamCursor]) -> None:
        """Take note where the outboxes end, all of it known to the store."""
        self._ends = dict(ends)

    def add(self, ends: Iterable[StreamCursor]) -> None:
        """Take note of outboxes that are new, or come back; of all others it knows better."""
        for end in ends:
            self._ends.setdefault(end.stream, end)

    def send(self, released: Released[Peer]) -> None:
        """Send a frame; whoever calls has given, or gives at once, the frame itself to the keeper."""
        hop = released.destination.code
        if released.is_control:
            self._bus.publish_control(released, hop=hop)
            return
        unacked = Unacked(
            hop=hop, ref=released.ref, kind=released.kind, sealed_at=self._clock.now(), data=released.data
        )  # fmt: skip
        self._keeper.sealed(released, unacked)
        self.publish(released)

    def publish(self, released: Released[Peer]) -> None:
        """Hand a frame that is written down already to the bus."""
        hop = released.destination.code
        try:
            future = self._bus.submit(released, hop=hop)
        except BusUnavailableError as error:
            log.warning("not sent yet", hop=hop, error=str(error))
            self._unsent.append(released)
        except (BusError, ConfigError) as error:  # the store's outbox has it until the next start
            log.warning("cannot be sent", hop=hop, frame=released.ref.hash, error=str(error))
        else:
            self._metrics.sent(hop)
            self._under_way[released.ref.chain.precedence is Precedence.BULK][released.ref.hash] += 1
            self._bytes += len(released.data)
            if self._bytes >= ROOM_BYTES:
                self._has_room.clear()
            future.add_done_callback(partial(self._done, released, hop))

    def publish_unsent(self) -> None:
        """Try again what the bus had no room for."""
        unsent, self._unsent = self._unsent, []
        for released in unsent:
            self.publish(released)

    def _done(self, released: Released[Peer], hop: str, future: asyncio.Future[Ack]) -> None:
        ref = released.ref
        self._bytes -= len(released.data)
        if self._bytes < ROOM_BYTES:
            self._has_room.set()
        under_way = self._under_way[ref.chain.precedence is Precedence.BULK]
        under_way[ref.hash] -= 1
        if under_way[ref.hash] <= 0:
            del under_way[ref.hash]
        self._acknowledged(ref.hash, hop, future)
        self.on_acknowledged()

    def _acknowledged(self, frame_hash: str, hop: str, future: asyncio.Future[Ack]) -> None:
        if future.cancelled() or future.exception() is not None:
            return
        self._keeper.acked(frame_hash, hop)
        ack = future.result()
        end = self._ends.get(ack.stream)
        if end is not None and ack.seq > end.seq:  # the frame went to the keeper before it went to the bus
            self._ends[ack.stream] = end = msgspec.structs.replace(end, seq=ack.seq)
            self._keeper.cursor(Cursor(stream=end.stream, created=end.created, seq=end.seq))
