"""The readers of our copies of the peers' outboxes, as peers come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from tocsin.bus import names
from tocsin.bus.config import LANES, Lane
from tocsin.bus.connection import Connection, cancel_for_good
from tocsin.bus.copies import Cursor, StreamReader
from tocsin.bus.streams import stream_info
from tocsin.clock import Clock

OnDurable = Callable[[bytes, str, Cursor], Awaitable[None] | None]
"""Called with a frame, the peer whose link it came by, and how far its copy is read once this call is over."""


class CopyReaders:
    """Reads the copies of some peers, each in its order, until told otherwise.

    Args:
        connections: By lane; that of bulk is its own.
        clock: For missed heartbeats.
        on_failed: Told what a receiver of frames raised.
    """

    def __init__(
        self, connections: Mapping[Lane, Connection], clock: Clock, *, on_failed: Callable[[BaseException], None]
    ) -> None:
        self._connections = connections
        self._clock = clock
        self._on_failed = on_failed
        self._on_durable: OnDurable | None = None
        self._at_work: dict[str, tuple[StreamReader, asyncio.Task[None]]] = {}
        """By stream."""

    def begin(self, on_durable: OnDurable) -> None:
        """Say who takes the frames; nothing is read before."""
        self._on_durable = on_durable

    def add(self, peer: str, cursors: Mapping[str, Cursor]) -> None:
        """Read a peer's copies from now on.

        Args:
            peer: Its code.
            cursors: By stream, how far it was read before; without one it is read from its beginning.
        """
        if self._on_durable is None:
            return
        for lane in LANES:
            stream = names.copy_stream(peer, lane)
            if stream in self._at_work:
                continue
            reader = StreamReader(self._connections[lane], stream, cursor=cursors.get(stream), clock=self._clock)
            task = asyncio.create_task(reader.run(_from(peer, self._on_durable)), name=f"bus {stream}")
            task.add_done_callback(self._ended)
            self._at_work[stream] = (reader, task)

    async def read_to_end(self, peer: str, *, timeout_s: float) -> bool:
        """Wait until a peer's copies are read to where they end now; tell whether they are.

        Raises:
            BusError: The own server does not answer.
        """
        for lane in LANES:
            stream = names.copy_stream(peer, lane)
            at_work, info = self._at_work.get(stream), await stream_info(self._connections[lane], stream)
            if at_work is None or info is None or not info.state.messages:
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await at_work[0].reached(info.state.last_seq)
                    continue
            return False
        return True

    async def drop(self, peer: str) -> None:
        """Read a peer's copies no more."""
        for lane in LANES:
            at_work = self._at_work.pop(names.copy_stream(peer, lane), None)
            if at_work is not None:
                await cancel_for_good(at_work[1])

    def read_again(self, stream: str, *, after: int) -> None:
        """Hand over once more what lies in a copy behind a place, in its order, and then what follows."""
        at_work = self._at_work.get(stream)
        if at_work is not None:
            at_work[0].go_back(after)

    def interrupt(self) -> None:
        """Begin again behind the last frame of each: the connection was lost."""
        for reader, _ in self._at_work.values():
            reader.interrupt()

    async def close(self) -> None:
        """Read nothing more."""
        await asyncio.gather(*(cancel_for_good(task) for _, task in self._at_work.values()))
        self._at_work.clear()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_failed(error)


def _from(peer: str, on_durable: OnDurable) -> Callable[[bytes, Cursor], Awaitable[None] | None]:
    def on_frame(data: bytes, cursor: Cursor) -> Awaitable[None] | None:
        return on_durable(data, peer, cursor)

    return on_frame
