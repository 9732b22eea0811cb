"""Frames of our own between their way out and our own door."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

import structlog

from tocsin.errors import StoreError

AFTER_S = 0.003
"""How long they wait: until they have left, the processor is for our server and the peers' warnings."""

log = structlog.get_logger()


class OwnFrames:
    """Holds sealed frames back for a moment, then lets them in like everybody else's, each lane in its order.

    Args:
        let_in: Given a frame's bytes, and whether its records are new.
    """

    def __init__(self, let_in: Callable[[bytes, bool], None]) -> None:
        self._let_in = let_in
        self._lanes: dict[bool, deque[tuple[bytes, bool]]] = {False: deque(), True: deque()}
        """Bulk under True, all else under False."""
        self._timer: asyncio.Handle | None = None
        self._are_in = asyncio.Event()
        self._are_in.set()

    def waiting(self, *, bulk: bool) -> int:
        """Return how many frames wait, of bulk or of all else."""
        return len(self._lanes[bulk])

    def add(self, frames: Iterable[bytes], *, is_new: bool, bulk: bool = False) -> None:
        """Let these in a moment from now."""
        self._lanes[bulk].extend((data, is_new) for data in frames)
        if self._lanes[bulk]:
            self._are_in.clear()
        self._call_later()

    async def let_in(self) -> None:
        """Let in now all that wait, and return once they are in; they wait on while the store cannot be asked."""
        self.take()
        await self._are_in.wait()

    def take(self) -> None:
        """Let in now all that wait."""
        while self._take_next():
            pass

    def _take_some(self) -> None:
        """Let one in, and the next once the loop has seen to all else: many must not hold up a warning."""
        self._timer = None
        if self._take_next() and any(self._lanes.values()):
            self._timer = asyncio.get_running_loop().call_soon(self._take_some)

    def _take_next(self) -> bool:
        lane = self._lanes[False] or self._lanes[True]
        if not lane:
            self._are_in.set()
            return False
        data, is_new = lane.popleft()
        try:
            self._let_in(data, is_new)
        except StoreError as error:
            lane.appendleft((data, is_new))
            log.warning("frames of our own wait for the store", frames=len(lane), error=str(error))
            self._call_later()
            return False
        if not any(self._lanes.values()):
            self._are_in.set()
        return True

    def _call_later(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(AFTER_S, self._take_some)
