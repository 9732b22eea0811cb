"""Lines that fail: TCP proxies between servers, and between a node and its own server."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable

_CHUNK = 65536
_WINDOW_S = 0.03
_HELD_CHUNKS = 200
_BIND_S = 10.0


class Line:
    """A TCP proxy on a fixed port.

    Args:
        port: Where it listens.
        target_port: Where it leads.
        chance: For jitter and order.
    """

    def __init__(self, port: int, target_port: int, chance: random.Random) -> None:
        self.port = port
        self.delay_s = 0.0
        self.bytes_per_s = 0.0
        self.is_shuffled = False
        self._target_port = target_port
        self._chance = chance
        self._is_open = {"up": asyncio.Event(), "down": asyncio.Event()}  # up: from the one that dials
        for is_open in self._is_open.values():
            is_open.set()
        self._turn = asyncio.Lock()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Take connections; does nothing if it does already."""
        async with self._turn, asyncio.timeout(_BIND_S):
            while self._server is None:
                try:
                    self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
                except OSError:  # the listener before has not let go yet
                    await asyncio.sleep(0.05)

    async def cut(self) -> None:
        """Drop every connection and take none until ``start``."""
        async with self._turn:
            if self._server is not None:
                self._server.close()
                self._server = None
        for writer in tuple(self._writers):
            writer.transport.abort()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def freeze(self, part: str) -> None:
        """Keep the connections and carry nothing in one direction or both."""
        for way, is_open in self._is_open.items():
            if part in (way, "both"):
                is_open.clear()

    async def heal(self) -> None:
        """Be a good line again."""
        self.delay_s = self.bytes_per_s = 0.0
        self.is_shuffled = False
        for is_open in self._is_open.values():
            is_open.set()
        await self.start()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.transport.abort()
            return
        if self._server is None:
            writer.transport.abort()
            far_writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        for pump in (
            self._pump(reader, far_writer, "up", bytes),
            self._pump(far_reader, writer, "down", self._changer()),
        ):
            task = asyncio.ensure_future(pump)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, way: str, change: Callable[[bytes], bytes]
    ) -> None:
        chunks: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_HELD_CHUNKS)
        reading = asyncio.ensure_future(self._read(source, chunks))
        loop = asyncio.get_running_loop()
        free_at = 0.0
        try:
            while True:
                due_at, data = await chunks.get()
                if not data:
                    break
                if self.is_shuffled:
                    await asyncio.sleep(_WINDOW_S)
                    while not chunks.empty() and chunks._queue[0][1]:
                        data += chunks.get_nowait()[1]
                data = change(data)
                if self.bytes_per_s:
                    due_at = free_at = max(free_at, due_at) + len(data) / self.bytes_per_s
                if (wait_s := due_at - loop.time()) > 0:
                    await asyncio.sleep(wait_s)
                await self._is_open[way].wait()
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            reading.cancel()
            sink.transport.abort()
            self._writers.discard(sink)

    async def _read(self, source: asyncio.StreamReader, chunks: asyncio.Queue[tuple[float, bytes]]) -> None:
        loop = asyncio.get_running_loop()
        try:
            while data := await source.read(_CHUNK):
                jitter_s = self.delay_s * self._chance.uniform(0.8, 1.2)
                await chunks.put((loop.time() + jitter_s, data))
        except OSError:
            pass
        await chunks.put((0.0, b""))

    def _changer(self) -> Callable[[bytes], bytes]:
        """Return what one connection's bytes go through on their way down."""
        return bytes


class ClientLine(Line):
    """A line that reads the servers' protocol for clients, so that it can put messages out of order."""

    def _changer(self) -> Callable[[bytes], bytes]:
        rest = bytearray()

        def change(data: bytes) -> bytes:
            rest.extend(data)
            operations, used = operations_in(bytes(rest))
            del rest[:used]
            return b"".join(shuffled(operations, self._chance) if self.is_shuffled else operations)

        return change


def operations_in(data: bytes) -> tuple[list[bytes], int]:
    """Return the whole operations of NATS' client protocol at the beginning of some bytes, and how long they are."""
    operations = []
    place = 0
    while (line_end := data.find(b"\r\n", place)) >= 0:
        words = data[place:line_end].split()
        size = int(words[-1]) + 2 if words and words[0] in (b"MSG", b"HMSG") else 0
        end = line_end + 2 + size
        if end > len(data):
            break
        operations.append(data[place:end])
        place = end
    return operations, place


def shuffled(operations: list[bytes], chance: random.Random) -> list[bytes]:
    """Return the operations with the messages among them in another order."""
    messages = [operation for operation in operations if operation.startswith((b"MSG", b"HMSG"))]
    chance.shuffle(messages)
    left = deque(messages)
    return [left.popleft() if operation.startswith((b"MSG", b"HMSG")) else operation for operation in operations]
