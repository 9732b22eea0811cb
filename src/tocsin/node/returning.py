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
    """Holds sealed frames back for a moment, then lets them in like everybody else's, in their order.

    Args:
        let_in: Given a frame's bytes, and whether its records are new.
    """

    def __init__(self, let_in: Callable[[bytes, bool], None]) -> None:
        self._let_in = let_in
        self._waiting: deque[tuple[bytes, bool]] = deque()

    def add(self, frames: Iterable[bytes], *, is_new: bool) -> None:
        """Let these in a moment from now."""
        self._waiting.extend((data, is_new) for data in frames)
        self._call_later()

    def take(self) -> None:
        """Let in now all that wait."""
        while self._waiting:
            data, is_new = self._waiting.popleft()
            try:
                self._let_in(data, is_new)
            except StoreError as error:
                self._waiting.appendleft((data, is_new))
                log.warning("frames of our own wait for the store", frames=len(self._waiting), error=str(error))
                self._call_later()
                return

    def _call_later(self) -> None:
        asyncio.get_running_loop().call_later(AFTER_S, self.take)
