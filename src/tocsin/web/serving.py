"""Runs the watch floor's server in a loop that is there already."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import uvicorn

from tocsin.errors import ConfigError
from tocsin.web.app import make_app
from tocsin.web.floor import Floor

_LONGEST_REQUEST = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Listen:
    """Where the page is served."""

    address: str
    """``host:port``."""
    certificate: Path | None = None
    key: Path | None = None
    setting: str = "web.listen"
    """Where that is said."""

    @property
    def is_secure(self) -> bool:
        """Whether it is by TLS."""
        return self.certificate is not None

    @property
    def url(self) -> str:
        """What to open."""
        return f"{'https' if self.is_secure else 'http'}://{self.address}/"


async def serve_floor(floor: Floor, listen: Listen, is_served: asyncio.Event) -> None:
    """Serve until cancelled; ``is_served`` is set once the page can be opened.

    Raises:
        ConfigError: The address cannot be listened on, or others could read along: without TLS only loopback will do.
    """
    await serve_app(make_app(floor), listen, is_served)


async def serve_app(app: Any, listen: Listen, is_served: asyncio.Event, *, is_public: bool = False) -> None:
    """Serve any ASGI application until cancelled. See ``serve_floor``.

    Args:
        app: The application.
        listen: Where.
        is_served: Set once it can be reached.
        is_public: All that it shows is for everybody, so that it may be served without TLS, behind a proxy.

    Raises:
        ConfigError: The address cannot be listened on, or is open to others while that would let them read along.
    """
    bound = _bound(listen, is_public=is_public)
    bound.listen()
    is_served.set()
    config = uvicorn.Config(
        app, log_config=None, log_level="warning", access_log=False, lifespan="off", server_header=False,
        ws_per_message_deflate=False, ws_max_size=_LONGEST_REQUEST, timeout_graceful_shutdown=2,
        ssl_certfile=listen.certificate, ssl_keyfile=listen.key,
    )  # fmt: skip
    server = _Server(config)
    serving = asyncio.ensure_future(server.serve(sockets=[bound]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await asyncio.gather(serving, return_exceptions=True)
        raise
    finally:
        bound.close()


class _Server(uvicorn.Server):
    """Leaves signals to the program around it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _bound(listen: Listen, *, is_public: bool) -> socket.socket:
    host, _, port = listen.address.rpartition(":")
    host = host.strip("[]")
    try:
        if not ip_address(host).is_loopback and not listen.is_secure and not is_public:
            raise ConfigError(
                f"{listen.address} is open to others, and passwords would cross the network readable",
                path="web.listen",
                advice="Set web.certificate and web.key, or listen on 127.0.0.1",
            )
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, int(port)))
    except (OSError, ValueError, OverflowError) as error:
        raise ConfigError(
            f"cannot listen on {listen.address}: {error}", path=listen.setting, advice="Choose another address"
        ) from error
    return made
