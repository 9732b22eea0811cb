"""Members with keys and a signed roster, made in one call: what every test of the protocol begins with.

The keys follow from the members' codes, so that a failing test fails again. They protect nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from typing import Literal

import msgspec

from tocsin.clock import Clock, ManualClock
from tocsin.exchange import Exchange, LookUp, Memory, Policy
from tocsin.markings import PUBLIC, marking_for
from tocsin.records import Detection, Position, Precedence, Record, with_body
from tocsin.signing import (
    KeyRevocation,
    KeyRole,
    LastHead,
    Link,
    LinkIdentity,
    PrivateKey,
    Roster,
    RosterMember,
    SignedDocument,
    Trust,
    unsigned,
)

START = datetime(2026, 1, 15, 6, tzinfo=UTC)
"""When a federation begins unless told otherwise."""

Topology = Literal["mesh", "hub", "line"] | Sequence[tuple[str, str]]
"""``mesh``: everyone linked to everyone. ``hub``: everyone to the last by code. ``line``: each to the next by code.
Or the links themselves, the one that dials first."""


@dataclass
class TestFederation:
    """A federation's roster with all private keys, as no real place ever has them together."""

    __test__ = False  # pytest: no test by itself

    document: SignedDocument
    roster: Roster
    keys: dict[str, dict[KeyRole, PrivateKey]]
    clock: Clock
    _made: int = field(default=0, repr=False)

    def trust(self) -> Trust:
        """Return what one member holds after it took the first roster."""
        return Trust(self.document)

    def exchange(
        self,
        code: str,
        *,
        clock: Clock | None = None,
        policy: Policy | None = None,
        memory: Memory | None = None,
        look_up: LookUp = lambda *_: None,
        random_bytes: Callable[[int], bytes] | None = None,
    ) -> Exchange:
        """Return a member's side of the protocol.

        Args:
            code: The member.
            clock: Its own; the federation's unless given.
            policy: Releases everything unless given.
            memory: As for ``Exchange``.
            look_up: As for ``Exchange``.
            random_bytes: As for ``Exchange``; a counter under the member's code unless given.
        """
        return Exchange(
            code, trust=self.trust(), keys=self.keys[code], policy=policy or RELEASE_ALL, clock=clock or self.clock,
            memory=memory, look_up=look_up, random_bytes=random_bytes or self.counted_bytes(code),
        )  # fmt: skip

    def counted_bytes(self, code: str) -> Callable[[int], bytes]:
        """Return a source of bytes that differ with each call and are the same in each run of a test."""

        def next_bytes(count: int) -> bytes:
            self._made += 1
            return hashlib.shake_128(f"{code} {self._made}".encode()).digest(count)

        return next_bytes

    def next_roster(self, roster: Roster, *, signers: Sequence[str] | None = None) -> SignedDocument:
        """Sign a roster with the roster keys of some members, all of its own unless told."""
        document = unsigned(roster)
        for code in signers if signers is not None else roster.codes:
            document = document.signed_by(code, self.keys[code][KeyRole.ROSTER])
        return document

    def with_key(self, document: SignedDocument, roster: Roster, code: str, key: PrivateKey) -> Roster:
        """Return the roster after one in force, in which a member has one key more."""
        members = tuple(
            msgspec.structs.replace(member, keys=(*member.keys, key.public)) if member.code == code else member
            for member in roster.members
        )
        return msgspec.structs.replace(roster, version=roster.version + 1, previous=document.hash, members=members)

    def revocation(self, code: str, keyid: str, last_heads: Sequence[LastHead] = ()) -> SignedDocument:
        """Return a member's word that it takes one of its keys back."""
        revoked = KeyRevocation(
            member=code, keyid=keyid, revoked_at=self.clock.now(), last_heads=tuple(last_heads)
        )  # fmt: skip
        return unsigned(revoked).signed_by(code, self.keys[code][KeyRole.ROSTER])


RELEASE_ALL = msgspec.convert({"release": [{"kinds": ["*"], "action": "release"}]}, Policy)
"""A policy that lets go whatever the marking allows."""


def make_federation(
    codes: Sequence[str] = ("JPN", "KOR", "USA"), links: Topology = "mesh", clock: Clock | None = None
) -> TestFederation:
    """Make members, their keys, and a first roster signed by all.

    Args:
        codes: Of the members, in any order.
        links: How their servers are joined.
        clock: Stands at ``START`` unless given.
    """
    clock = clock or ManualClock(START)
    codes = sorted(codes)
    keys = {code: {role: key_of(code, role) for role in KeyRole} for code in codes}
    roster = Roster(
        federation="test", version=1, previous="", issued_at=clock.now(), expires_at=clock.now() + timedelta(days=365),
        members=tuple(
            RosterMember(
                code=code, name=code, keys=tuple(key.public for key in keys[code].values()),
                link=LinkIdentity(certificate=""),
            )
            for code in codes
        ),
        links=tuple(Link(dialler=dialler, listener=listener) for dialler, listener in _pairs(codes, links)),
    )  # fmt: skip
    document = unsigned(roster)
    for code in codes:
        document = document.signed_by(code, keys[code][KeyRole.ROSTER])
    return TestFederation(document, roster, keys, clock)


def key_of(code: str, role: KeyRole, serial: int = 0) -> PrivateKey:
    """Return a member's key; ``serial`` tells its later ones from the first."""
    return PrivateKey.from_seed(role, hashlib.sha256(f"{code} {role.value} {serial}".encode()).digest())


def make_detection(
    id_: str,
    originator: str,
    audience: Sequence[str],
    *,
    status: str = "test",
    precedence: Precedence = Precedence.FLASH,
    issued_at: datetime = START,
) -> Record:
    """Return a plot of an invented radar.

    Args:
        id_: The record's id.
        originator: The member that vouches for it.
        audience: Who may have it; the originator need not be named. ``PUBLIC`` alone for everybody.
        status: As in ``Record``.
        precedence: As in ``Record``.
        issued_at: UTC; the time of measurement as well.
    """
    body = Detection(
        sensor_id="radar-a", sensor=Position(lat_deg=38.0, lon_deg=138.5), range_m=700_000.0, range_sigma_m=50.0,
        azimuth_deg=301.0, elevation_deg=12.0, angle_sigma_deg=0.1, independence_group=f"group-{len(id_)}",
    )  # fmt: skip
    marking = marking_for(*audience) if PUBLIC in audience else marking_for(originator, *audience)
    return with_body(
        "warning.detection", body, id=id_, originator=originator, marking=marking,
        status=status, precedence=precedence, issued_at=issued_at, observed_at=issued_at, synthetic=True,
    )  # fmt: skip


def _pairs(codes: Sequence[str], links: Topology) -> Sequence[tuple[str, str]]:
    match links:
        case "mesh":
            return tuple(combinations(codes, 2))
        case "hub":
            return tuple((code, codes[-1]) for code in codes[:-1])
        case "line":
            return tuple(pairwise(codes))
        case _:
            return [(dialler, listener) for dialler, listener in links]
