"""Cursor on Target over TCP or TLS: who connects gets what is shown to the outlet, and what changes, once a second."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import structlog

from tocsin.errors import ConfigError
from tocsin.records import Outlet
from tocsin.web.formats import to_cot
from tocsin.web.gateway import Gateway

EVERY_S = 1.0
AGAIN = timedelta(seconds=30)
"""Even what has not changed is told so often, or clients would show it as stale."""

_MOST_WAITING = 4 * 1024 * 1024
"""Bytes for one client that takes nothing before it is cut off."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class CotListen:
    """Where TAK clients connect."""

    address: str
    """``host:port``; other than loopback only with TLS."""
    certificate: Path | None = None
    key: Path | None = None
    clients: Path | None = None
    """Authority whose certificates clients must have (PEM)."""


@dataclass
class CotStream:
    """Serves one outlet.

    Args:
        gateway: Has the outlet's picture.
        outlet: Which.
    """

    gateway: Gateway
    outlet: Outlet
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _told: dict[tuple[str, str], float] = field(default_factory=dict)
    """By status and event, when its present state was told, seconds since 1970."""

    async def serve(self, listen: CotListen) -> None:
        """Serve until cancelled.

        Raises:
            ConfigError: It cannot be listened there, or others could connect unproved.
        """
        server = await _server(listen, self._greet)
        log.info("cursor on target", outlet=self.outlet.name, address=listen.address)
        try:
            while True:
                await asyncio.sleep(EVERY_S)
                self._tell_changes()
        finally:
            server.close()
            for writer in self._writers:
                writer.close()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        now = self.gateway.now()
        for event in self.gateway.outlets[self.outlet].events():
            for message in to_cot(event, now):
                writer.write(message)
        self._writers.add(writer)
        with suppress(ConnectionError):
            while await reader.read(65_536):  # what clients say of themselves is not for us
                pass
        self._writers.discard(writer)
        writer.close()

    def _tell_changes(self) -> None:
        now = self.gateway.now()
        for event in self.gateway.outlets[self.outlet].events():
            key, changed_s = (event.status, event.event_id), event.changed_at.timestamp()
            told_s = self._told.get(key, 0.0)
            if changed_s <= told_s and now.timestamp() - told_s < AGAIN.total_seconds():
                continue
            self._told[key] = max(changed_s, now.timestamp())
            data = b"".join(to_cot(event, now))
            for writer in tuple(self._writers):
                if writer.transport.get_write_buffer_size() > _MOST_WAITING:
                    self._writers.discard(writer)
                    writer.close()
                else:
                    writer.write(data)


_Greet = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _server(listen: CotListen, greet: _Greet) -> asyncio.Server:
    host, _, port = listen.address.rpartition(":")
    host = host.strip("[]")
    try:
        context = _context(listen)
        if context is None and not ip_address(host).is_loopback:
            raise ConfigError(
                f"{listen.address} is open to others, who could connect unproved", path="web.outlets",
                advice="Set certificate, key and clients, or listen on 127.0.0.1",
            )  # fmt: skip
        return await asyncio.start_server(greet, host, int(port), ssl=context)
    except (OSError, ValueError, OverflowError) as error:
        raise ConfigError(
            f"cannot listen on {listen.address}: {error}", path="web.outlets", advice="Choose another address"
        ) from error


def _context(listen: CotListen) -> ssl.SSLContext | None:
    if listen.certificate is None or listen.key is None or listen.clients is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(listen.clients))
    context.load_cert_chain(listen.certificate, listen.key)
    context.verify_mode = ssl.CERT_REQUIRED
    return context
