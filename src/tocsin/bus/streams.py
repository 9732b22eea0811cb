"""JetStream's own requests, in its own JSON: nats-py has no fields for durable sourcing."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, TypeVar

import msgspec

from tocsin.bus.connection import Connection
from tocsin.errors import BusError, BusUnavailableError

_NOT_FOUND = 404
_STREAM_EXISTS = 10058
_LASTING = frozenset({10023, 10047})
"""Error codes of the server that say 5xx and yet do not pass: insufficient resources, storage exceeded."""


T = TypeVar("T")


class StreamState(msgspec.Struct, frozen=True):
    """How full a stream is."""

    messages: int = 0
    bytes: int = 0
    first_seq: int = 0
    last_seq: int = 0


class SourceState(msgspec.Struct, frozen=True):
    """How a copy gets on with the outbox that it copies."""

    name: str = ""
    lag: int = 0
    active: int = -1
    """Nanoseconds since something was heard of the outbox, -1 if never."""


class StreamInfo(msgspec.Struct, frozen=True):
    """What the server says of a stream."""

    created: str
    config: dict[str, Any]
    state: StreamState
    sources: tuple[SourceState, ...] = ()


class _Names(msgspec.Struct, frozen=True):
    total: int = 0
    streams: list[str] | None = None


class _Floor(msgspec.Struct, frozen=True):
    consumer_seq: int = 0
    stream_seq: int = 0


class ConsumerInfo(msgspec.Struct, frozen=True):
    """What the server says of a consumer."""

    name: str = ""
    ack_floor: _Floor = _Floor()
    num_ack_pending: int = 0
    num_pending: int = 0
    push_bound: bool = False


class _ApiError(msgspec.Struct, frozen=True):
    code: int = 0
    err_code: int = 0
    description: str = ""


class _ErrorPart(msgspec.Struct, frozen=True):
    error: _ApiError | None = None


class RefusedError(BusError):
    """JetStream refused a request."""

    code = "tocsin.bus.refused"

    def __init__(self, message: str, *, status: int, error: int) -> None:
        super().__init__(message)
        self.status = status
        self.error = error

    @property
    def may_pass(self) -> bool:
        """Whether the same request may be granted later: from 500 on, as in HTTP, the server is not ready."""
        return self.status >= 500 and self.error not in _LASTING


async def ask(connection: Connection, verb: str, body: object | None = None, *, timeout_s: float = 5.0) -> bytes:
    """Make a request of JetStream.

    Args:
        connection: In the home account.
        verb: Subject after ``$JS.API.``.
        body: Becomes JSON.
        timeout_s: Patience.

    Raises:
        RefusedError: JetStream says no.
        BusUnavailableError: It does not answer.
    """
    answer = await connection.request(f"$JS.API.{verb}", body, timeout_s=timeout_s)
    error = read_answer(answer, _ErrorPart, verb=verb).error
    if error is not None:
        raise RefusedError(f"{verb}: {error.description}", status=error.code, error=error.err_code)
    return answer


def read_answer(answer: bytes, shape: type[T], *, verb: str) -> T:
    """Read what a server answers.

    Raises:
        BusUnavailableError: It is not what that request is answered with.
    """
    try:
        return msgspec.json.decode(answer, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as cause:
        raise BusUnavailableError(f"the answer to {verb} cannot be read: {str(cause)[:200]}") from cause


async def stream_info(connection: Connection, stream: str, *, timeout_s: float = 5.0) -> StreamInfo | None:
    """Return what the server says of a stream, or none if there is no such stream.

    Raises:
        BusError: JetStream refuses or does not answer.
    """
    try:
        answer = await ask(connection, f"STREAM.INFO.{stream}", timeout_s=timeout_s)
    except RefusedError as refusal:
        if refusal.status == _NOT_FOUND:
            return None
        raise
    return read_answer(answer, StreamInfo, verb=f"STREAM.INFO.{stream}")


async def stream_names(connection: Connection) -> list[str]:
    """Return the names of all streams of the member.

    Raises:
        BusError: JetStream refuses or does not answer.
    """
    found: list[str] = []
    while True:
        page = msgspec.json.decode(await ask(connection, "STREAM.NAMES", {"offset": len(found)}), type=_Names)
        found += page.streams or []
        if not page.streams or len(found) >= page.total:
            return found


async def consumer_info(
    connection: Connection, stream: str, consumer: str, *, timeout_s: float = 5.0
) -> ConsumerInfo | None:
    """Return what the server says of a consumer, or none if there is no such consumer.

    Raises:
        BusError: JetStream refuses or does not answer.
    """
    try:
        answer = await ask(connection, f"CONSUMER.INFO.{stream}.{consumer}", timeout_s=timeout_s)
    except RefusedError as refusal:
        if refusal.status == _NOT_FOUND:
            return None
        raise
    return read_answer(answer, ConsumerInfo, verb=f"CONSUMER.INFO.{stream}.{consumer}")


async def erase(connection: Connection, stream: str, seq: int) -> None:
    """Let a stream overwrite one message on disk and forget it; one that is gone already is no error.

    Raises:
        BusUnavailableError: JetStream does not answer.
    """
    with suppress(RefusedError):
        await ask(connection, f"STREAM.MSG.DELETE.{stream}", {"seq": seq})


async def ensure_stream(connection: Connection, wanted: dict[str, Any]) -> None:
    """Create a stream, or adjust the one that is there; does nothing twice.

    Args:
        connection: In the home account.
        wanted: What JetStream is to hold of it; what it adds itself is left alone.

    Raises:
        BusError: JetStream refuses or does not answer.
    """
    name = wanted["name"]
    info = await stream_info(connection, name)
    if info is None:
        try:
            await ask(connection, f"STREAM.CREATE.{name}", wanted, timeout_s=10.0)
        except RefusedError as refusal:
            if refusal.error != _STREAM_EXISTS:
                raise
    elif any(not _holds(info.config.get(key), value) for key, value in wanted.items()):
        await ask(connection, f"STREAM.UPDATE.{name}", {**info.config, **wanted}, timeout_s=10.0)


def _holds(present: Any, wanted: Any) -> bool:
    """Tell whether what the server has contains what is wanted; it adds defaults of its own."""
    if isinstance(wanted, dict):
        return isinstance(present, dict) and all(
            _holds(present.get(key), value) for key, value in wanted.items() if value != ""
        )
    if isinstance(wanted, list):
        return (
            isinstance(present, list)
            and len(present) == len(wanted)
            and all(_holds(one, other) for one, other in zip(present, wanted, strict=True))
        )
    return bool(present == wanted)
