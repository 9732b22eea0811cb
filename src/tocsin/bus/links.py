"""How each link is doing: from the server's own counters and from the streams at both of its ends."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from datetime import datetime
from typing import TypeVar

import msgspec

from tocsin.bus import names
from tocsin.bus.config import LANES, Lane
from tocsin.bus.connection import Connection
from tocsin.bus.diagnosis import LinkDiagnosis
from tocsin.bus.in_force import ConfigInForce
from tocsin.bus.resets import Resets
from tocsin.bus.streams import consumer_info, read_answer, stream_info
from tocsin.clock import Clock
from tocsin.errors import BusUnavailableError

T = TypeVar("T")

_DURATION = re.compile(r"([\d.]+)(ns|µs|us|ms|h|m|s)")
_PATIENCE_S = 5.0
_LEADERLESS_S = 1.0
"""For one stream of a cluster: while it elects a leader nobody answers for it."""
_CLUSTER_PATIENCE_S = 0.5
"""For servers on one network: one that is down would hold the others' answers up."""
_UNIT_MS = {"ns": 1e-6, "µs": 1e-3, "us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "h": 3.6e6}


class LaneState(msgspec.Struct, frozen=True, kw_only=True):
    """One lane of one link."""

    connected: bool
    since: datetime | None
    """When this bus first saw the present connection."""
    rtt_ms: float | None
    """Round trip between the two servers as the server last measured it."""
    bytes_in: int
    bytes_out: int
    copy_last_seq: int
    """Last frame in our copy of the peer's outbox."""
    copy_lag: int
    """Frames that the peer's outbox has and our copy lacks, as far as is known; alarm on ``source_active_s``."""
    source_active_s: float | None
    """Seconds since our copy heard of the peer's outbox; none: never."""
    outbox_last_seq: int
    outbox_messages: int
    outbox_bytes: int
    peer_acked_seq: int
    """Last frame of our outbox that the peer's copy has on disk."""
    peer_pending: int
    """Frames in our outbox that the peer's copy is not known to have."""


class LinkState(msgspec.Struct, frozen=True, kw_only=True):
    """The link to one peer."""

    code: str
    main: LaneState
    bulk: LaneState
    problem: str
    """Why it is not up, in words; empty if it is."""
    is_told: bool = True
    """Whether our streams for it answered; without a leader they do not, and their figures say nothing."""

    @property
    def connected(self) -> bool:
        """Whether warnings can cross now."""
        return self.main.connected


class _Leaf(msgspec.Struct, frozen=True):
    id: int
    account: str
    rtt: str = ""
    in_bytes: int = 0
    out_bytes: int = 0
    server: str = ""
    """Id of the server of ours that it ends at."""


class _Leafs(msgspec.Struct, frozen=True):
    leafs: list[_Leaf] | None = None


class _Server(msgspec.Struct, frozen=True):
    id: str
    name: str = ""


class LeafAnswer(msgspec.Struct, frozen=True):
    """What a server says of its leaf links."""

    server: _Server
    data: _Leafs | None = None


class LinkWatch:
    """Tells how the links are doing.

    Args:
        in_force: The member's bus.
        home: Connection in the home account.
        system: Connection in the system account.
        clock: For ``since``.
        diagnosis: Reads the embedded server's log; none with an external server.
    """

    def __init__(
        self,
        in_force: ConfigInForce,
        *,
        home: Connection,
        system: Connection,
        clock: Clock,
        diagnosis: LinkDiagnosis | None,
    ) -> None:
        self._in_force = in_force
        self._home = home
        self._system = system
        self._clock = clock
        self._diagnosis = diagnosis
        self._since: dict[tuple[str, str, int], datetime] = {}
        self.silent: dict[str, str] = {}
        """Links that are up and over which nothing comes, in words; as ``LinkMender`` has found."""
        self.resets = Resets()
        """Of our outboxes, as their peers ask for them."""
        self._leaderless: set[str] = set()
        """Peers of whom a stream of ours did not answer when it was last asked."""
        self.silent_servers: tuple[str, ...] = ()
        """Servers of the member's own cluster that did not answer when they were last asked."""

    async def states(self) -> dict[str, LinkState]:
        """Return the state of every link by the peer's code.

        Raises:
            BusError: The member's own server does not answer.
        """
        leafs = await self._leafs()
        now = self._clock.now()
        self._since = {key: self._since.get(key, now) for key in (_key(leaf) for leaf in leafs)}
        codes = [peer.code for peer in self._in_force.config.peers]
        self._leaderless.clear()
        lanes = await asyncio.gather(
            *(
                self._lane(code, lane, [leaf for leaf in leafs if leaf.account == names.link_account(code, lane)])
                for code in codes
                for lane in LANES
            )
        )
        states = {}
        for place, code in enumerate(codes):
            main, bulk = lanes[2 * place], lanes[2 * place + 1]
            problem = self._problem(code, is_up=main.connected and bulk.connected)
            if code in self._leaderless and not problem:
                problem = "our streams for it have no leader just now: how much is unsent is not known"
            states[code] = LinkState(
                code=code, main=main, bulk=bulk, problem=problem, is_told=code not in self._leaderless
            )
        return states

    @property
    def is_clustered(self) -> bool:
        """Whether the member runs several servers."""
        return bool(self._in_force.config.cluster)

    async def connected(self) -> set[str]:
        """Return the peers whose lanes are all up.

        Raises:
            BusError: The member's own server does not answer.
        """
        accounts = {leaf.account for leaf in await self._leafs()}
        return {
            peer.code
            for peer in self._in_force.config.peers
            if all(names.link_account(peer.code, lane) in accounts for lane in LANES)
        }

    async def problem(self, peer: str) -> str:
        """Say in words why a peer's link is not up; empty if it is.

        Raises:
            BusError: The member's own server does not answer.
            ConfigError: There is no such link.
        """
        link = self._in_force.config.peer(peer)
        return self._problem(link.code, is_up=peer in await self.connected())

    async def kick(self, peer: str) -> int:
        """Cut the connections of a peer's link; it comes back at once unless its key was taken away by a reload.

        Returns:
            How many were cut.

        Raises:
            BusError: The member's own server does not answer.
        """
        accounts = {names.link_account(peer, lane) for lane in LANES}
        return await self._kick([leaf for leaf in await self._leafs() if leaf.account in accounts])

    async def kick_strangers(self) -> int:
        """Cut the links that end in accounts of peers that are none any more: an external server may still have them.

        Returns:
            How many were cut.

        Raises:
            BusError: The member's own server does not answer.
        """
        ours = {names.link_account(peer.code, lane) for peer in self._in_force.config.peers for lane in LANES}
        return await self._kick(
            [leaf for leaf in await self._leafs() if names.is_link_account(leaf.account) and leaf.account not in ours]
        )

    async def _kick(self, leafs: list[_Leaf]) -> int:
        for leaf in leafs:
            await self._system.request(f"$SYS.REQ.SERVER.{leaf.server}.KICK", {"cid": leaf.id})
        return len(leafs)

    async def _leafs(self) -> list[_Leaf]:
        """Return the links of all our servers; a link that several of them hold stands there several times."""
        wanted = {server.name for server in self._in_force.config.cluster}
        if wanted:
            answers = await self._system.request_many(
                "$SYS.REQ.SERVER.PING.LEAFZ", count=len(wanted), timeout_s=_CLUSTER_PATIENCE_S
            )
        else:
            answers = [await self._system.request("$SYS.REQ.SERVER.PING.LEAFZ")]
        leafs: list[_Leaf] = []
        heard: set[str] = set()
        for data in answers:
            answer = read_answer(data, LeafAnswer, verb="LEAFZ")
            heard.add(answer.server.name)
            found = (answer.data.leafs if answer.data is not None else None) or []
            leafs += [msgspec.structs.replace(leaf, server=answer.server.id) for leaf in found]
        if wanted and not heard:
            raise BusUnavailableError(f"none of our servers answers: {', '.join(sorted(wanted))}")
        self.silent_servers = tuple(sorted(wanted - heard))
        return leafs

    async def _lane(self, code: str, lane: Lane, leafs: list[_Leaf]) -> LaneState:
        me = self._in_force.config.member
        outbox = names.outbox(me, code, lane)
        patience_s = _LEADERLESS_S if self._in_force.config.cluster else _PATIENCE_S
        sent, theirs, copy = await asyncio.gather(
            self._if_told(code, stream_info(self._home, outbox, timeout_s=patience_s)),
            self._if_told(code, consumer_info(self._home, outbox, names.SOURCE_CONSUMER, timeout_s=patience_s)),
            self._if_told(code, stream_info(self._home, names.copy_stream(code, lane), timeout_s=patience_s)),
        )
        source = copy.sources[0] if copy is not None and copy.sources else None
        return LaneState(
            connected=bool(leafs),
            since=min((self._since[_key(leaf)] for leaf in leafs), default=None),
            rtt_ms=min((rtt for leaf in leafs if (rtt := duration_ms(leaf.rtt)) is not None), default=None),
            bytes_in=sum(leaf.in_bytes for leaf in leafs),
            bytes_out=sum(leaf.out_bytes for leaf in leafs),
            copy_last_seq=copy.state.last_seq if copy is not None else 0,
            copy_lag=source.lag if source is not None else 0,
            source_active_s=source.active / 1e9 if source is not None and source.active >= 0 else None,
            outbox_last_seq=sent.state.last_seq if sent is not None else 0,
            outbox_messages=sent.state.messages if sent is not None else 0,
            outbox_bytes=sent.state.bytes if sent is not None else 0,
            peer_acked_seq=theirs.ack_floor.stream_seq if theirs is not None else 0,
            peer_pending=theirs.num_pending + theirs.num_ack_pending if theirs is not None else 0,
        )

    async def _if_told(self, code: str, asking: Awaitable[T | None]) -> T | None:
        """Return nothing for a stream of a cluster that has no leader just now; of a single server it is an error."""
        try:
            return await asking
        except BusUnavailableError:
            if not self._in_force.config.cluster:
                raise
            self._leaderless.add(code)
            return None

    def _problem(self, code: str, *, is_up: bool) -> str:
        if is_up:
            if self._diagnosis is not None:
                self._diagnosis.forget(code)
            told = (self.silent.get(code, ""), self.resets.words(code, self._clock.monotonic_s()))
            return "; ".join(words for words in told if words)
        dials_us = self._in_force.config.peer(code).dial is None
        found = self._diagnosis.trouble(code, dials_us=dials_us) if self._diagnosis is not None else ""
        found = found or ("the peer has not called" if dials_us else "the peer cannot be reached")
        return found if self._diagnosis is not None else f"{found}; the logs of our own servers may tell why"


def _key(leaf: _Leaf) -> tuple[str, str, int]:
    return leaf.server, leaf.account, leaf.id


def duration_ms(text: str) -> float | None:
    """Read a duration as Go writes it, such as ``1.5ms`` or ``1m2s``."""
    parts = _DURATION.findall(text)
    if not parts:
        return None
    return float(sum(float(number) * _UNIT_MS[unit] for number, unit in parts))
