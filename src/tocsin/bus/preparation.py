"""Outboxes, their durable consumers and the copies, made or adjusted before the bus is used."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tocsin.bus import names
from tocsin.bus.config import LANES, BusConfig, Lane, PeerLink
from tocsin.bus.connection import Connection
from tocsin.bus.streams import RefusedError, ask, ensure_stream, stream_info
from tocsin.clock import Clock
from tocsin.errors import BusError, BusUnavailableError

_NS = 1_000_000_000
_DUPLICATE_WINDOW_S = 600
_RETRY_S = 0.25
_FIRST_LINK_S = 3.0
_POLL_S = 0.05
_LEFT_BYTES = 1024 * 1024


async def until_ready(prepare: Callable[[], Awaitable[None]], *, timeout_s: float) -> None:
    """Try until JetStream is ready, which takes a while after a server's start.

    Raises:
        BusError: It refuses for good, or is not ready within ``timeout_s`` seconds.
    """
    last: BusError | None = None
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                try:
                    await prepare()
                except BusUnavailableError as cause:
                    last = cause
                except RefusedError as cause:
                    if not cause.may_pass:
                        raise
                    last = cause
                else:
                    return
                await asyncio.sleep(_RETRY_S)
    except TimeoutError as cause:
        raise BusUnavailableError(f"JetStream was not ready within {timeout_s:g} s: {last}") from cause


async def until_linked(
    connection: Connection, config: BusConfig, linked: Callable[[], Awaitable[set[str]]], *, clock: Clock
) -> None:
    """Give the links of peers that have no copy yet some seconds to come up.

    Raises:
        BusError: The member's own server does not answer.
    """
    copies = [(peer.code, names.copy_stream(peer.code, lane)) for peer in config.peers for lane in LANES]
    infos = await asyncio.gather(*(stream_info(connection, stream) for _, stream in copies))
    new = {code for (code, _), info in zip(copies, infos, strict=True) if info is None}
    until_s = clock.monotonic_s() + _FIRST_LINK_S
    while new - await linked() and clock.monotonic_s() < until_s:  # noqa: ASYNC110
        await asyncio.sleep(_POLL_S)  # the server tells nobody of it who does not ask


async def prepare_outboxes(connection: Connection, config: BusConfig) -> None:
    """Create or adjust, for every peer and lane, the outbox and its durable consumer; does nothing twice.

    Raises:
        BusError: JetStream refuses or does not answer.
    """
    for peer in config.peers:
        for lane in LANES:
            await ensure_stream(connection, outbox_config(config, peer, lane))
            await _ensure_consumer(connection, config.member, peer.code, lane)


async def prepare_copies(connection: Connection, config: BusConfig) -> None:
    """Create or adjust, for every peer and lane, the copy of the peer's outbox; does nothing twice.

    Raises:
        BusError: JetStream refuses or does not answer.
    """
    for peer in config.peers:
        for lane in LANES:
            await ensure_stream(connection, copy_config(config, peer, lane))


async def part_from(connection: Connection, me: str, peer: str) -> None:
    """Empty the outboxes for a peer that left, and delete our copies of its own.

    What lies in an outbox is for a member no longer. The empty stream stays, with next to no room reserved: if the
    peer comes back its numbers go on, and the peer's copy, which knows how far it was, misses nothing. What lay in the
    copies is in the store.

    Raises:
        BusError: JetStream refuses or does not answer.
    """
    for lane in LANES:
        outbox = names.outbox(me, peer, lane)
        info = await stream_info(connection, outbox)
        if info is not None:
            await ask(connection, f"STREAM.PURGE.{outbox}", timeout_s=10.0)
            await ask(connection, f"STREAM.UPDATE.{outbox}", {**info.config, "max_bytes": _LEFT_BYTES}, timeout_s=10.0)
        copy = names.copy_stream(peer, lane)
        if await stream_info(connection, copy) is not None:
            await ask(connection, f"STREAM.DELETE.{copy}", timeout_s=10.0)


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
