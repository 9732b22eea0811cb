"""Health, status and metrics over HTTP: ``/healthz``, ``/status``, ``/metrics``; for operators and scrapers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tocsin.codec import encode
from tocsin.errors import ConfigError, TocsinError
from tocsin.node.status import MemberStatus

_PATIENCE_S = 5.0


class HealthServer:
    """Answers GET in threads of its own; the node's loop only makes the status.

    Args:
        listen: ``host:port``.
        status: Makes the status, on the node's loop.
        exposition: Makes the metrics; safe to call from any thread.

    Raises:
        ConfigError: The address cannot be listened on.
    """

    def __init__(
        self, listen: str, *, status: Callable[[], Awaitable[MemberStatus]], exposition: Callable[[], bytes]
    ) -> None:
        host, _, port = listen.rpartition(":")
        loop = asyncio.get_running_loop()

        async def fetch() -> MemberStatus:
            return await status()

        def now() -> MemberStatus:
            return asyncio.run_coroutine_threadsafe(fetch(), loop).result(_PATIENCE_S)

        try:
            self._server = ThreadingHTTPServer((host.strip("[]"), int(port)), _handler(now, exposition))
        except (OSError, ValueError, OverflowError) as error:
            raise ConfigError(
                f"cannot listen on {listen}: {error}", path="health.listen", advice="Choose another address"
            ) from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(status: Callable[[], MemberStatus], exposition: Callable[[], bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(HTTPStatus.OK, exposition(), "text/plain; version=0.0.4")
            elif self.path in ("/status", "/healthz"):
                try:
                    current = status()
                except (TocsinError, TimeoutError) as error:
                    self._answer(
                        HTTPStatus.SERVICE_UNAVAILABLE,
                        encode({"problems": [str(error) or "no answer in time"]}),
                        "application/json",
                    )
                    return
                if self.path == "/status":
                    self._answer(HTTPStatus.OK, encode(current), "application/json")
                else:
                    code = HTTPStatus.SERVICE_UNAVAILABLE if current.problems else HTTPStatus.OK
                    self._answer(code, encode({"problems": current.problems}), "application/json")
            else:
                self._answer(HTTPStatus.NOT_FOUND, b"/healthz /status /metrics\n", "text/plain")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
            """Write nothing: a scrape every few seconds is no news."""

        def _answer(self, code: HTTPStatus, body: bytes, kind: str) -> None:
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
