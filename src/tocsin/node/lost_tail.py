"""What a node does besides when frames of its own come back from others: its streams may have lost them as well.

A disk that was put back to an older state numbers the outboxes a second time from there. The peers' copies are further
on and would pass over what has those numbers.
"""

from __future__ import annotations

import asyncio

import structlog

from tocsin.bus import Bus
from tocsin.errors import BusError

_RETRY_S = 5.0

log = structlog.get_logger()


class LostTail:
    """Lets the outboxes of one node go on from new numbers, once after each start at most.

    Args:
        bus: Connected to the own server.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._is_proved = asyncio.Event()

    def note(self) -> None:
        """Take note that a frame of our own, with our signature, came back and was new to us."""
        self._is_proved.set()

    async def run(self) -> None:
        """Wait for the proof, see to every outbox, and end with the node."""
        await self._is_proved.wait()
        log.warning("frames of our own came back from others: outboxes go on from new numbers")
        done: set[str] = set()
        while waiting := set(self._bus.shelf.outboxes()) - done:
            for outbox in sorted(waiting):
                try:
                    await self._bus.shelf.number_on(outbox)
                except BusError as error:
                    log.warning("an outbox keeps its old numbers for now", outbox=outbox, error=str(error))
                    await asyncio.sleep(_RETRY_S)
                else:
                    done.add(outbox)
        await asyncio.Event().wait()
