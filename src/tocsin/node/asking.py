"""Asks a running node for its status, from another process, over its health address."""

from __future__ import annotations

import http.client

from tocsin.codec import decode
from tocsin.errors import BusUnavailableError, RecordError
from tocsin.node.status import MemberStatus

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what it listens on, not where we listen
_OK = 200


def ask_status(listen: str, *, timeout_s: float = 6.0) -> tuple[MemberStatus, bytes]:
    """Return a running node's status, and the JSON that it came in.

    Args:
        listen: ``health.listen`` of the member's configuration.
        timeout_s: How long to wait.

    Raises:
        BusUnavailableError: No node answers there, or it cannot tell.
    """
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    connection = http.client.HTTPConnection(_ANYWHERE.get(host, host), int(port), timeout=timeout_s)
    try:
        connection.request("GET", "/status")
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise BusUnavailableError(
            f"no node answers at {listen}: {error}", advice="Start it with: tocsin up; or see: tocsin check"
        ) from error
    finally:
        connection.close()
    if answer.status != _OK:
        raise BusUnavailableError(
            f"the node at {listen} cannot tell its status: {body[:300].decode('utf-8', 'replace')}",
            advice="See its log, and: tocsin check",
        )
    try:
        return decode(body, MemberStatus, max_bytes=64_000_000), body
    except RecordError as error:
        raise BusUnavailableError(
            f"what answers at {listen} is no node of Tocsin: {error}", advice="Check health.listen"
        ) from error
