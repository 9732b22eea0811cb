"""What an operator wants to know of a running node, as one value that people and machines can read."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from tocsin.errors import ConfigError
from tocsin.exchange import Usage
from tocsin.node.node import Node
from tocsin.node.part_words import ALERTS, DESKS, WEB, PartStatus
from tocsin.records import Peer
from tocsin.signing import expires_at

MISSING_AFTER = timedelta(seconds=10)
"""What is missing for longer is a problem; before that, the links are still at it."""

MISSING_TOLD = 20
"""Gaps that are named among the problems at most."""

SHED_PER_S = 1.0
"""Live frames a second that are left to their durable copies before people are told."""

HELD_BACK = 0.1
"""Share of its time that a durable path waits for its quota before people are told."""


class LinkStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One link to a neighbour, or what is heard of a member that is further away."""

    member: str
    is_neighbour: bool
    connected: bool
    problem: str
    """Why it is not up; empty if it is."""
    rtt_ms: float | None
    lag: int
    """Frames that its outbox has and our copy lacks."""
    unsent: int
    """Frames in our outbox that its copy is not known to have."""
    last_heads_at: datetime | None
    clock_offset_s: float | None
    """Its clock minus ours at the last heads, the way included."""
    clock_suspect: bool = False
    """It is further off than policy allows: what it says of times is shown as doubtful."""

    @property
    def clock_words(self) -> str:
        """How far its clock is off, in words; empty if it is near enough."""
        if not self.clock_suspect or self.clock_offset_s is None:
            return ""
        side = "ahead of" if self.clock_offset_s > 0 else "behind"
        return f"{self.member}'s clock is {abs(self.clock_offset_s):,.0f} s {side} ours"


class HeldStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A record that did not go to a member, and why."""

    record_id: str
    kind: str
    member: str
    reason: str
    detail: str
    since: datetime


class MissingStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Frames that are known to exist and are not here."""

    originator: str
    audience: str
    status: str
    precedence: str
    epoch: str
    after: int
    up_to: int
    since: datetime

    @property
    def words(self) -> str:
        """What is missing, in words; who withholds it is not known: the originator, or somebody on the way."""
        return (
            f"{self.up_to - self.after} {self.precedence} frames of {self.originator} for {self.audience} are missing "
            f"since {self.since:%H:%M:%S}Z: heads name them, and nobody gives them"
        )


class TrafficStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What one link lately brought of one originator in one sort of traffic, and what its quota did to it."""

    via: str
    originator: str
    """Empty for what no signature vouches for."""
    traffic: str
    """A precedence, or ``control`` for heads and requests."""
    frames: int
    """Since the start, second copies left out."""
    bytes: int
    frames_per_s: float
    shed: int
    """Came live beyond the quota and were left to their durable copy."""
    shed_per_s: float
    waited_s: float
    """Time that durable frames, or answers to requests, were held back, since the start."""
    is_held_back: bool
    """Its quota binds now: something was shed or made to wait in the last seconds."""

    @property
    def words(self) -> str:
        """What is wrong, in words; empty if nothing is."""
        if not self.is_held_back:
            return ""
        who = self.originator or f"somebody in the name of others, over the link of {self.via}"
        way = f" over {self.via}" if self.originator not in (self.via, "") else ""
        said = f"{who} floods{way}: {self.frames_per_s:,.0f} frames/s of {self.traffic}"
        shed = f", {self.shed_per_s:,.0f}/s shed live" if self.shed_per_s else ""
        what = "answers to its requests" if self.traffic == "control" else "durable copies"
        return said + shed + (f", {what} held back {self.waited_s:,.0f} s so far" if self.waited_s else "")


class MemberStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A node at one moment."""

    schema: str = "tocsin.status/1"
    member: str
    at: datetime
    epoch: str
    roster_version: int
    roster_expires_at: datetime
    roster_is_stale: bool
    certificate_expires_at: datetime
    links: tuple[LinkStatus, ...]
    held: tuple[HeldStatus, ...]
    missing: tuple[MissingStatus, ...]
    refused: dict[str, int]
    """By peer and reason, such as ``JPN bad_signature``."""
    traffic: tuple[TrafficStatus, ...] = ()
    """What each peer uses of this node."""
    duplicates: int
    in_flight: int
    """Frames that wait for an outbox to say that it has them."""
    store: str = ""
    """Its file, or its URL without any secret."""
    store_backlog_bytes: int = 0
    """Frames that came in and wait for the store."""
    store_problem: str
    last_order: int
    silent_servers: tuple[str, ...] = ()
    """Servers of our own cluster that do not answer."""
    streams_problem: str = ""
    """Why our server keeps nothing in its streams; empty if it does."""
    revoked_keys: tuple[str, ...] = ()
    """Roles of our own keys that were taken back: nothing of their statuses is sealed."""
    desks: dict[str, str] = {}
    """Desks that have failed since the start, by name, with the last failure; or what they still wait for."""

    parts: tuple[PartStatus, ...] = ()
    """Other processes of this member that are attached."""
    missing_parts: tuple[str, ...] = ()
    """Parts that the configuration sets apart and that are not attached."""

    @property
    def problems(self) -> list[str]:
        """What is wrong now, in words."""
        found = [f"link to {link.member}: {link.problem}" for link in self.links if link.problem]
        if self.roster_is_stale:
            found.append(f"the roster expired at {self.roster_expires_at:%Y-%m-%d}")
        if self.certificate_expires_at <= self.at:
            found.append(f"our link certificate expired at {self.certificate_expires_at:%Y-%m-%d}")
        found += [
            f"the part {name} is not attached: start it with tocsin up --part {name}" for name in self.missing_parts
        ]
        found += [
            f"{'channel' if part.name == ALERTS else 'desk'} {name}: {problem}"
            for part in self.parts
            for name, problem in part.problems.items()
        ]
        found += [f"our server {name} does not answer" for name in self.silent_servers]
        found += [f"our {role} key was taken back: it signs nothing any more" for role in self.revoked_keys]
        if self.store_problem:
            found.append(f"store: {self.store_problem}")
        if self.streams_problem:
            found.append(f"streams: {self.streams_problem}")
        found += [f"desk {name}: {problem}" for name, problem in self.desks.items()]
        found += [link.clock_words for link in self.links if link.clock_words]
        found += [gap.words for gap in self.missing[:MISSING_TOLD] if self.at - gap.since >= MISSING_AFTER]
        found += [traffic.words for traffic in self.traffic if traffic.is_held_back]
        found += [f"{count} refused from {what}" for what, count in self.refused.items() if "equivocation" in what]
        return found


async def status_of(node: Node, parts: tuple[PartStatus, ...] = ()) -> MemberStatus:
    """Look at a running node.

    Args:
        node: The node.
        parts: What is attached to it.

    Raises:
        ConfigError: Its link certificate cannot be read.
        BusError: Its own server does not answer.
        StoreError: Its store cannot be read.
    """
    now = node.clock.now()
    exchange, trust = node.exchange, node.exchange.trust
    states = await node.bus.links()
    links = []
    for code in trust.roster.codes:
        if code == node.member:
            continue
        neighbour, state = exchange.neighbours.get(code), states.get(code)
        links.append(
            LinkStatus(
                member=code,
                is_neighbour=state is not None,
                connected=state.connected if state else False,
                problem=state.problem if state else "",
                rtt_ms=state.main.rtt_ms if state else None,
                lag=state.main.copy_lag + state.bulk.copy_lag if state else 0,
                unsent=state.main.peer_pending + state.bulk.peer_pending if state else 0,
                last_heads_at=neighbour.last_heads_at,
                clock_offset_s=neighbour.clock_offset_s,
                clock_suspect=abs(neighbour.clock_offset_s or 0.0) > exchange.policy.clock_tolerance_s,
            )
        )
    held = [
        HeldStatus(
            record_id=item.held.record_id, kind=item.held.kind, reason=item.held.reason, detail=item.held.detail,
            member=item.held.destination.code if isinstance(item.held.destination, Peer) else "", since=item.held_at,
        )
        for item in node.store.links.held()
    ]  # fmt: skip
    missing = [
        MissingStatus(
            originator=gap.chain.originator, audience=gap.chain.audience, status=gap.chain.status,
            precedence=gap.chain.precedence.value, epoch=gap.epoch, after=gap.after, up_to=gap.up_to, since=gap.since,
        )
        for gap in exchange.neighbours.missing(exchange.chains, now)
    ]  # fmt: skip
    return MemberStatus(
        member=node.member,
        at=now,
        epoch=exchange.epoch,
        roster_version=trust.roster.version,
        roster_expires_at=trust.roster.expires_at,
        roster_is_stale=trust.is_stale(now),
        certificate_expires_at=_certificate_end(node),
        links=tuple(links),
        held=tuple(held),
        missing=tuple(missing),
        refused={f"{via} {reason}": count for (via, reason), count in node.store.links.refusals().items()},
        traffic=tuple(map(_traffic, exchange.ledger.usage())),
        duplicates=node.metrics.duplicates,
        in_flight=node.bus.in_flight,
        store_backlog_bytes=node.keeper.backlog_bytes,
        store=node.store.name,
        store_problem=node.keeper.problem,
        last_order=node.metrics.last_order,
        parts=parts,
        missing_parts=_missing_parts(node, parts),
        silent_servers=node.bus.silent_servers,
        streams_problem=node.storage.problem,
        revoked_keys=exchange.revoked_roles(),
        desks=node.desks.problems,
    )


def _traffic(usage: Usage) -> TrafficStatus:
    return TrafficStatus(
        via=usage.via, originator=usage.originator, traffic=usage.traffic, frames=usage.frames, bytes=usage.bytes,
        frames_per_s=usage.frames_per_s, shed=usage.shed, shed_per_s=usage.shed_per_s, waited_s=usage.waited_s,
        is_held_back=usage.shed_per_s > SHED_PER_S or usage.waits_per_s > HELD_BACK,
    )  # fmt: skip


def _certificate_end(node: Node) -> datetime:
    path = node.config.path("tls/link.pem")
    try:
        return expires_at(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path=str(path)) from error
    except ValueError as error:
        raise ConfigError("is no certificate in PEM", path=str(path)) from error


def _missing_parts(node: Node, parts: tuple[PartStatus, ...]) -> tuple[str, ...]:
    wanted = {DESKS: node.config.node.desks == "apart", WEB: node.config.web.run != "off"}
    attached = {part.name for part in parts}
    return tuple(name for name, is_wanted in wanted.items() if is_wanted and name not in attached)
