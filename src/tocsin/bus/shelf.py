"""What lies in a member's own streams: outboxes for its peers, and its copies of theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tocsin.bus import names
from tocsin.bus.config import LANES
from tocsin.bus.connection import Connection
from tocsin.bus.copies import Cursor, StreamReader
from tocsin.bus.health import storage_problem
from tocsin.bus.in_force import ConfigInForce
from tocsin.bus.streams import ask, erase, stream_info, stream_names
from tocsin.clock import Clock
from tocsin.errors import BusUnavailableError


class Shelf:
    """The streams of one member, read apart from the traffic.

    Args:
        in_force: The member's bus.
        connection: In the home account; that of the copies, so that no warning waits behind a reading.
        system: In the system account.
        clock: For missed heartbeats.
    """

    def __init__(self, in_force: ConfigInForce, connection: Connection, system: Connection, clock: Clock) -> None:
        self._in_force = in_force
        self._connection = connection
        self._system = system
        self._clock = clock
        self._readers: list[StreamReader] = []

    def outboxes(self) -> tuple[str, ...]:
        """Return the names of our own outboxes."""
        config = self._in_force.config
        return tuple(names.outbox(config.member, peer.code, lane) for peer in config.peers for lane in LANES)

    def copies(self) -> tuple[str, ...]:
        """Return the names of our copies of the peers' outboxes."""
        return tuple(names.copy_stream(peer.code, lane) for peer in self._in_force.config.peers for lane in LANES)

    async def left(self) -> tuple[str, ...]:
        """Return the codes of members that are no peers any more and whose copies are still here, sorted.

        Raises:
            BusError: JetStream refuses or does not answer.
        """
        present = {peer.code for peer in self._in_force.config.peers}
        found = (names.peer_of_copy(stream) for stream in await stream_names(self._connection))
        return tuple(sorted({code for code in found if code is not None} - present))

    async def number_on(self, outbox: str) -> None:
        """Let one of our outboxes go on from numbers that its peer has not seen, and empty it.

        An outbox that was put back to an older state gives its numbers a second time, and the peer's copy, which is
        further on, would pass over the frames that have them. What lay in the outbox the peer misses, and asks for.
        The new numbers begin with the microseconds of the time: those of a second such day lie beyond the first's.

        Raises:
            BusError: JetStream refuses or does not answer.
        """
        info = await stream_info(self._connection, outbox)
        if info is not None:
            beyond = max(info.state.last_seq + 1, int(self._clock.now().timestamp() * 1e6))
            await ask(self._connection, f"STREAM.PURGE.{outbox}", {"seq": beyond}, timeout_s=10.0)

    async def ends(self) -> tuple[Cursor, ...]:
        """Return where each of our own outboxes ends now, in the order of ``outboxes()``.

        Raises:
            BusUnavailableError: The server does not answer, or there is no such stream.
        """
        found = []
        for stream in self.outboxes():
            info = await stream_info(self._connection, stream)
            if info is None:
                raise BusUnavailableError(f"there is no stream {stream}", advice="Prepare the bus first")
            found.append(Cursor(stream, info.created, info.state.last_seq))
        return tuple(found)

    async def problem(self) -> str:
        """Return why our server keeps nothing in its streams; empty if it does.

        Raises:
            BusUnavailableError: The server does not answer.
        """
        return await storage_problem(self._system)

    async def tail(self, stream: str, cursor: Cursor | None = None) -> AsyncIterator[tuple[bytes, Cursor]]:
        """Yield the frames of one of our streams from behind a cursor to its present end.

        Args:
            stream: One of ``outboxes()`` or ``copies()``.
            cursor: Where to go on; none: from the beginning.

        Raises:
            BusUnavailableError: The connection is lost, or there is no such stream.
        """
        reader = StreamReader(self._connection, stream, cursor=cursor, clock=self._clock)
        self._readers.append(reader)
        try:
            async for frame in reader.read_to_end():
                yield frame
        finally:
            self._readers.remove(reader)

    async def erase_record(self, record_id: str) -> int:
        """Overwrite every frame with a record, in our outboxes and in our copies of the peers'.

        A peer that has not had such a frame yet finds it missing, and asks for it: it gets what the store still has.

        Returns:
            How many were found.

        Raises:
            BusError: The connection is lost; call it again.
        """
        mark = f'"id":"{record_id}"'.encode()
        found = 0
        for stream in (*self.outboxes(), *self.copies()):
            async for data, cursor in self.tail(stream):
                if mark in data:
                    found += 1
                    await erase(self._connection, stream, cursor.seq)
        return found

    def interrupt(self) -> None:
        """End what is being read: the connection was lost."""
        for reader in self._readers:
            reader.interrupt()
