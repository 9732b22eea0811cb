"""Sees to it that our own server takes what is to be kept, also after its disk was full.

A stream that failed to write once (a full disk) takes nothing more, even when there is room again: the server says
so, and only a restart helps. An embedded server is started anew; of an external one the status tells.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import structlog

from tocsin.bus import Bus, Server
from tocsin.clock import Clock
from tocsin.errors import BusError

_LOOK_EVERY_S = 3.0
_BETWEEN_RESTARTS_S = 20.0
ROOM_BYTES = 16 * 1024**2
"""With less there is no use in a restart, and the server's files could not be written."""

log = structlog.get_logger()


class StorageWatch:
    """Watches one server's streams.

    Args:
        bus: Connected to it.
        server: The embedded server; none if the member runs its own.
        store_dir: Where it keeps its streams.
        clock: Of this machine.
    """

    def __init__(self, bus: Bus, server: Server | None, store_dir: Path, clock: Clock) -> None:
        self.problem = ""
        """Why the server keeps nothing; empty if it does."""
        self._bus = bus
        self._server = server
        self._store_dir = store_dir
        self._clock = clock
        self._restarted_s = -_BETWEEN_RESTARTS_S

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            try:
                self.problem = await self._bus.shelf.problem()
            except BusError:
                continue  # it is down, and others see to that
            if self.problem and self._server is not None and self.may_restart():
                log.error("own server keeps nothing any more, starting it anew", why=self.problem)
                self._restarted_s = self._clock.monotonic_s()
                await self._server.stop()  # the node starts it again when it has ended

    def may_restart(self) -> bool:
        """Tell whether a restart can help now: there is room, and the last one is a while ago."""
        if self._clock.monotonic_s() - self._restarted_s < _BETWEEN_RESTARTS_S:
            return False
        disk = os.statvfs(self._store_dir)
        return disk.f_bavail * disk.f_frsize >= ROOM_BYTES
