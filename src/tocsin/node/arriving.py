"""What comes in by the bus: taken at once, shed, or made to wait, so that no peer takes this node from the others."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable

import structlog

from tocsin.bus import Cursor as StreamCursor
from tocsin.clock import Clock
from tocsin.errors import BusUnavailableError, StoreError
from tocsin.exchange import Exchange, Incoming, Reason, Traffic, claim_of
from tocsin.node.keeping import MOST_BYTES, Keeper
from tocsin.node.metrics import Metrics
from tocsin.store import Cursor

SLICE_S = 0.001
"""After so much work on durable frames the loop looks whether something came live; and after so much on live frames
those of all links take turns."""

LIVE_WAITING = 4096
"""Live frames that wait for their turn; what comes on top is left to its durable copy."""

AHEAD_FRAMES = 20_000
"""Frames that may be ahead of the store's disk before durable ones wait."""

_LOOK_AGAIN_S = 0.02
_LATER = (Reason.UNKNOWN_KEY, Reason.UNKNOWN_MEMBER)
"""What a roster that is not in force here yet may cure: members take up the next one at different moments."""

log = structlog.get_logger()


class Arriving:
    """Receives for one node.

    Args:
        exchange: The door.
        keeper: Remembers how far copies are read.
        handle: Takes what came of a frame.
        clock: Measures our own work.
        metrics: Counts what is shed and what waits.
        are_desks_behind: Tells whether so much waits for the desks that durable frames wait, too.
    """

    def __init__(
        self,
        exchange: Exchange,
        keeper: Keeper,
        handle: Callable[[Incoming], None],
        *,
        clock: Clock,
        metrics: Metrics,
        are_desks_behind: Callable[[], bool],
    ) -> None:
        self._exchange = exchange
        self._keeper = keeper
        self._handle = handle
        self._clock = clock
        self._metrics = metrics
        self._are_desks_behind = are_desks_behind
        self._worked_s = 0.0
        self._live = OrderedDict[tuple[str, Traffic], deque[bytes]]()
        """Live frames that wait, by link and sort of traffic; whose turn it is first."""
        self._live_waiting = 0
        self._live_worked_s = 0.0
        """Time that live frames have taken in this turn of the loop."""
        self._turn: asyncio.Handle | None = None
        self.unverified: dict[str, int] = {}
        """By copy, the place before the first frame in it that only a later roster can verify."""

    def on_live(self, data: bytes, via: str) -> None:
        """Take a frame that came at once; beyond its peer's quota, or our memory, it is left to its durable copy.

        All links come in by one connection. So that no warning waits behind all that another peer sends, frames wait
        for their turn by link and sort of traffic as soon as there is more to do than a moment's work.
        """
        if self._keeper.backlog_bytes >= MOST_BYTES or self._live_waiting >= LIVE_WAITING:
            self._metrics.shed(via)
            return
        if self._live or self._live_worked_s >= SLICE_S:
            self._live.setdefault((via, claim_of(data).traffic), deque()).append(data)
            self._live_waiting += 1
        else:
            self._take_live(data, via)
        if self._turn is None:
            self._turn = asyncio.get_running_loop().call_soon(self._take_turns)

    def _take_turns(self) -> None:
        self._turn, self._live_worked_s = None, 0.0
        while self._live and self._live_worked_s < SLICE_S:
            (via, traffic), waiting = self._live.popitem(last=False)
            data = waiting.popleft()
            self._live_waiting -= 1
            if waiting:
                self._live[via, traffic] = waiting
            self._take_live(data, via)
        if self._live and self._turn is None:
            self._turn = asyncio.get_running_loop().call_soon(self._take_turns)

    def _take_live(self, data: bytes, via: str) -> None:
        began_s = self._clock.monotonic_s()
        try:
            incoming = self._exchange.receive(data, via=via, path="live")
            if incoming.is_shed:
                self._metrics.shed(via)
            else:
                self._handle(incoming)
        except StoreError as error:
            log.warning("a live frame waits for its durable copy", via=via, error=str(error))
        self._live_worked_s += self._clock.monotonic_s() - began_s

    def on_durable(self, data: bytes, via: str, cursor: StreamCursor) -> Awaitable[None] | None:
        """Take a frame of a copy, the next after it is taken; beyond its peer's quota it waits.

        Raises:
            BusUnavailableError: The store cannot be asked about it; the bus offers it again.
        """
        began_s = self._clock.monotonic_s()
        wait_s = self._exchange.wait_s(data, via=via)
        if wait_s > 0 or self._is_behind():
            self._metrics.waited(via, wait_s)
            return self._later(data, via, cursor, wait_s)
        self._take(data, via, cursor)
        self._worked_s += self._clock.monotonic_s() - began_s
        if self._worked_s < SLICE_S:
            return None
        self._worked_s = 0.0
        return asyncio.sleep(0)

    def _is_behind(self) -> bool:
        return self._keeper.is_full or self._keeper.waiting > AHEAD_FRAMES or self._are_desks_behind()

    async def _later(self, data: bytes, via: str, cursor: StreamCursor, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        await self._keeper.wait_for_room()
        while self._is_behind():  # noqa: ASYNC110 - store and desks both have to catch up, in threads of their own
            await asyncio.sleep(_LOOK_AGAIN_S)
        self._take(data, via, cursor)

    def _take(self, data: bytes, via: str, cursor: StreamCursor) -> None:
        try:
            incoming = self._exchange.receive(data, via=via, path="durable")
            if any(rejected.reason in _LATER for rejected in incoming.refused):
                self.unverified.setdefault(cursor.stream, cursor.seq - 1)
            self._handle(incoming)
        except StoreError as error:
            raise BusUnavailableError(f"the store cannot be asked about a frame of {via}: {error}") from error
        self._keeper.cursor(Cursor(stream=cursor.stream, created=cursor.created, seq=cursor.seq))
