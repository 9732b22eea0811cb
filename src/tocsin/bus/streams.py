"""JetStream's own requests, in its own JSON: nats-py has no fields for durable sourcing."""

from __future__ import annotations

from typing import Any

import msgspec

from tocsin.bus import names
from tocsin.bus.config import LANES, BusConfig, Lane, PeerLink
from tocsin.bus.connection import Connection
from tocsin.errors import BusError, BusUnavailableError

_NS = 1_000_000_000
_DUPLICATE_WINDOW_S = 600
_NOT_FOUND = 404
_STREAM_EXISTS = 10058
_LASTING = frozenset({10023, 10047})
"""Error codes of the server that say 5xx and yet do not pass: insufficient resources, storage exceeded."""


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
    try:
        error = msgspec.json.decode(answer, type=_ErrorPart).error
    except msgspec.MsgspecError as cause:
        raise BusUnavailableError(f"the answer to {verb} is not JSON") from cause
    if error is not None:
        raise RefusedError(f"{verb}: {error.description}", status=error.code, error=error.err_code)
    return answer


async def stream_info(connection: Connection, stream: str) -> StreamInfo | None:
    """Return what the server says of a stream, or none if there is no such stream.

    Raises:
        BusError: JetStream refuses or does not answer.
    """
    try:
        answer = await ask(connection, f"STREAM.INFO.{stream}")
    except RefusedError as refusal:
        if refusal.status == _NOT_FOUND:
            return None
        raise
    return msgspec.json.decode(answer, type=StreamInfo)


async def consumer_info(connection: Connection, stream: str, consumer: str) -> ConsumerInfo | None:
    """Return what the server says of a consumer, or none if there is no such consumer.

    Raises:
        BusError: JetStream refuses or does not answer.
    """
    try:
        answer = await ask(connection, f"CONSUMER.INFO.{stream}.{consumer}")
    except RefusedError as refusal:
        if refusal.status == _NOT_FOUND:
            return None
        raise
    return msgspec.json.decode(answer, type=ConsumerInfo)


async def prepare_outboxes(connection: Connection, config: BusConfig) -> None:
    """Create or adjust, for every peer and lane, the outbox and its durable consumer; does nothing twice.

    Raises:
        BusError: JetStream refuses or does not answer.
    """
    for peer in config.peers:
        for lane in LANES:
            await _ensure_stream(connection, outbox_config(config, peer, lane))
            await _ensure_consumer(connection, config.member, peer.code, lane)


async def prepare_copies(connection: Connection, config: BusConfig) -> None:
    """Create or adjust, for every peer and lane, the copy of the peer's outbox; does nothing twice.

    Raises:
        BusError: JetStream refuses or does not answer.
    """
    for peer in config.peers:
        for lane in LANES:
            await _ensure_stream(connection, copy_config(config, peer, lane))


def outbox_config(config: BusConfig, peer: PeerLink, lane: Lane) -> dict[str, Any]:
    """Return the outbox for one peer and lane as JetStream wants it."""
    return {
        "name": names.outbox(config.member, peer.code, lane),
        "subjects": list(names.captured_subjects(lane, to=peer.code)),
        "duplicate_window": _DUPLICATE_WINDOW_S * _NS,
        **_kept(config, peer, lane),
    }


def copy_config(config: BusConfig, peer: PeerLink, lane: Lane) -> dict[str, Any]:
    """Return the copy of a peer's outbox as JetStream wants it; the owner's consumer is named, never made."""
    return {
        "name": names.copy_stream(peer.code, lane),
        "sources": [
            {
                "name": names.outbox(peer.code, config.member, lane),
                "external": {"api": f"{peer.code}.api", "deliver": ""},
                "consumer": {
                    "name": names.SOURCE_CONSUMER,
                    "deliver_subject": names.delivery_subject(peer.code, config.member, lane),
                },
            }
        ],
        **_kept(config, peer, lane),
    }


def _kept(config: BusConfig, peer: PeerLink, lane: Lane) -> dict[str, Any]:
    return {
        "storage": "file",
        "retention": "limits",
        "discard": "old",
        "max_age": int(peer.max_age_s * _NS),
        "max_bytes": peer.lane_max_bytes(lane),
        "num_replicas": config.replicas,
    }


async def _ensure_stream(connection: Connection, wanted: dict[str, Any]) -> None:
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


async def _ensure_consumer(connection: Connection, me: str, peer: str, lane: Lane) -> None:
    stream = names.outbox(me, peer, lane)
    await ask(
        connection,
        f"CONSUMER.CREATE.{stream}.{names.SOURCE_CONSUMER}",
        {
            "stream_name": stream,
            "config": {
                "name": names.SOURCE_CONSUMER,
                "durable_name": names.SOURCE_CONSUMER,
                "deliver_subject": names.delivery_subject(me, peer, lane),
                "deliver_policy": "all",
                "ack_policy": "flow_control",
                "flow_control": True,
                "idle_heartbeat": _NS,
                "max_ack_pending": 10_000,
            },
        },
    )
