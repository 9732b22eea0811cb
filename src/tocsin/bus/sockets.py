"""nats-py's client with a short way in and out: all that rests on its insides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import nats.errors
from nats.aio.client import Client

Sink = Callable[[bytes, bytes, bytes, bytes | None], None]
"""Called with subject, reply subject, payload and raw headers."""


class Socket(Client):
    """A connection that hands messages to their receivers from the read loop, and writes at once."""

    def __init__(self) -> None:
        super().__init__()
        self.sinks: dict[int, Sink] = {}

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        sink = self.sinks.get(sid)
        if sink is None:
            await super()._process_msg(sid, subject, reply, data, headers)
            return
        try:
            sink(subject, reply, data, headers or None)
        except Exception as error:  # noqa: BLE001 - nats-py would stop reading, and say so to nobody
            asyncio.get_running_loop().call_exception_handler(
                {"message": f"receiver of {subject.decode(errors='replace')} failed", "exception": error}
            )

    async def _process_pong(self) -> None:
        # nats-py stops reading for ever at the answer to a ping whose sender gave up
        if self._pongs and self._pongs[0].done():
            self._pongs.pop(0)
            self._pings_outstanding = 0
            return
        await super()._process_pong()

    async def _read_loop(self) -> None:
        await super()._read_loop()
        if self.is_connected:  # it ended on a fault of its own, which nats-py takes for a connection in good order
            await self._process_op_err(nats.errors.UnexpectedEOF())

    @property
    def identity(self) -> tuple[str, int]:
        """The server that it ends at, and its number there."""
        return str(self._server_info.get("server_id", "")), int(self._server_info.get("client_id", 0))

    def release_waiting(self) -> None:
        """Let everything fail now that waits for an answer which cannot come any more."""
        for waiting in [*self._pongs, *self._resp_map.values()]:
            if not waiting.done():
                waiting.set_exception(nats.errors.ConnectionClosedError())
                waiting.exception()  # told to whoever waits; nobody waits for the regular pings

    def send(self, *parts: bytes) -> None:
        """Write to the transport now."""
        self._transport.writelines(list(parts))  # type: ignore[union-attr]  # connected, or nobody calls this

    @property
    def is_open(self) -> bool:
        """Whether something may be written; nats-py hears of a lost connection later than its transport does."""
        writer = getattr(self._transport, "_io_writer", None)
        return bool(self.is_connected) and writer is not None and not writer.transport.is_closing()

    @property
    def unsent_bytes(self) -> int:
        """What waits in this process, bytes."""
        writer = getattr(self._transport, "_io_writer", None)
        return writer.transport.get_write_buffer_size() if writer is not None else 0
