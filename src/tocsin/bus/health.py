"""What a server says of its own streams: after a failed write a stream takes nothing more until the server restarts."""

from __future__ import annotations

import msgspec

from tocsin.bus.connection import Connection
from tocsin.errors import BusUnavailableError


class _Fault(msgspec.Struct, frozen=True):
    error: str = ""


class _Health(msgspec.Struct, frozen=True):
    status: str = ""
    errors: tuple[_Fault, ...] = ()


class _Answer(msgspec.Struct, frozen=True):
    data: _Health


async def storage_problem(system: Connection) -> str:
    """Return why the server does not take what is to be kept; empty if it does.

    Args:
        system: Connection in the system account.

    Raises:
        BusUnavailableError: The server does not answer.
    """
    answer = await system.request("$SYS.REQ.SERVER.PING.HEALTHZ", {"details": True})
    try:
        health = msgspec.json.decode(answer, type=_Answer).data
    except msgspec.MsgspecError as cause:
        raise BusUnavailableError(f"what the server says of its health cannot be read: {cause}") from cause
    if health.status == "ok":
        return ""
    return next((fault.error for fault in health.errors if fault.error), "JetStream is not healthy")
