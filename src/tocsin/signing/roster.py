"""Who is in the federation and by which keys: the signed roster, its succession, and revocations (spec 11)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from tocsin.clock import require_utc
from tocsin.errors import DomainError
from tocsin.signing.documents import SignedDocument
from tocsin.signing.keys import KeyRole, PublicKey

ROSTER_TYPE = "application/vnd.tocsin.roster.v1+json"
REVOCATION_TYPE = "application/vnd.tocsin.revocation.v1+json"

RETIREMENT_GRACE = timedelta(hours=1)
"""How long a key counts after the roster that drops it was issued (spec 11.7): clocks differ, and rosters take time."""

_CODE = re.compile(r"[A-Z]{3}")
_KEYID = re.compile(r"[0-9a-f]{64}")


class LinkIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """How a member's server proves itself to the servers of its peers."""

    certificate: str
    """PEM of the authority that issues this member's link certificates."""
    address: str = ""
    """``host:port`` of its leaf listener, several with commas between if it runs a cluster; empty: it only dials."""
    pins: tuple[str, ...] = ()
    """SHA-256 of the public keys (SPKI) of its link certificates, hexadecimal."""
    nkeys: dict[str, str] = {}
    """Public NATS keys with which it dials, by ``<peer>/<lane>``."""


class RosterMember(msgspec.Struct, frozen=True, kw_only=True):
    """One member: its keys by role and its link."""

    code: str
    """ISO 3166-1 alpha-3."""
    name: str
    keys: tuple[PublicKey, ...]
    link: LinkIdentity

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise ValueError(f"member code {self.code[:40]!r} is not three capital letters")
        if len({key.keyid for key in self.keys}) != len(self.keys):
            raise ValueError(f"{self.code} lists a key twice")

    def keys_of(self, role: KeyRole) -> tuple[PublicKey, ...]:
        """Return the member's keys of one role."""
        return tuple(key for key in self.keys if key.role is role)


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Two members whose servers are joined; the second listens, the first dials."""

    dialler: str
    listener: str


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """The federation at one version."""

    federation: str
    version: int
    """1 for the first, then one more each time."""
    previous: str
    """Hash of the roster before; empty for the first."""
    issued_at: datetime
    expires_at: datetime
    members: tuple[RosterMember, ...]
    links: tuple[Link, ...]

    def __post_init__(self) -> None:
        require_utc(self.issued_at)
        require_utc(self.expires_at)
        codes = [member.code for member in self.members]
        if codes != sorted(set(codes)):
            raise ValueError("members are sorted by code, each once")
        keyids = [key.keyid for member in self.members for key in member.keys]
        if len(set(keyids)) != len(keyids):
            raise ValueError("two members list the same key")
        if (self.version == 1) != (self.previous == "") or self.version < 1:
            raise ValueError("version 1 and only version 1 has no previous roster")
        for link in self.links:
            if link.dialler == link.listener or not {link.dialler, link.listener} <= set(codes):
                raise ValueError(f"the link {link.dialler}-{link.listener} does not join two members")

    def member(self, code: str) -> RosterMember | None:
        """Return a member by its code."""
        return next((member for member in self.members if member.code == code), None)

    def owner_of(self, keyid: str) -> tuple[str, KeyRole] | None:
        """Return the member that lists a key, and the key's role."""
        owners = {key.keyid: (member.code, key.role) for member in self.members for key in member.keys}
        return owners.get(keyid)

    @property
    def codes(self) -> tuple[str, ...]:
        """All members, sorted."""
        return tuple(member.code for member in self.members)

    def require(self, codes: Iterable[str]) -> None:
        """Refuse codes that are no member's.

        Raises:
            DomainError: Some are not in the roster; all of them are named.
        """
        strangers = sorted({*codes} - {*self.codes})
        if strangers:
            raise DomainError(f"{', '.join(strangers)}: not in the roster", advice="See: tocsin roster show")

    def neighbours(self, code: str) -> tuple[str, ...]:
        """Return the members that one is linked to directly, sorted."""
        ends = [(link.dialler, link.listener) for link in self.links]
        return tuple(sorted({b for a, b in ends if a == code} | {a for a, b in ends if b == code}))


class LastHead(msgspec.Struct, frozen=True, kw_only=True):
    """The last frame of one epoch of a chain that still counts under a revoked key."""

    audience: str
    status: str
    precedence: Literal["flash", "immediate", "routine", "bulk"]
    epoch: str
    number: int


class KeyRevocation(msgspec.Struct, frozen=True, kw_only=True):
    """A member takes back one of its own keys; what the key signed beyond these heads is void."""

    member: str
    keyid: str
    revoked_at: datetime
    last_heads: tuple[LastHead, ...]

    def __post_init__(self) -> None:
        require_utc(self.revoked_at)
        if not (_CODE.fullmatch(self.member) and _KEYID.fullmatch(self.keyid)):
            raise ValueError("a revocation names a member by three capital letters and a key by 64 hexadecimal digits")
        if any(head.number < 1 for head in self.last_heads):
            raise ValueError("a last head has a number from 1 upwards; of a chain where no frame counts there is none")

    def voids(self, place: LastHead) -> bool:
        """Tell whether a frame under this key lies beyond the last heads; a control frame (number 0) always does."""
        return not any(
            1 <= place.number <= head.number and msgspec.structs.replace(place, number=head.number) == head
            for head in self.last_heads
        )


def retirements(rosters: Sequence[Roster]) -> dict[tuple[str, str], datetime]:
    """Return the keys that the last of several rosters no longer lists, by member and keyid (spec 11.7).

    Args:
        rosters: In succession, oldest first.

    Returns:
        ``RETIREMENT_GRACE`` after the roster was issued that dropped the key, UTC.
    """
    retired: dict[tuple[str, str], datetime] = {}
    before: set[tuple[str, str]] = set()
    for roster in rosters:
        listed = {(member.code, key.keyid) for member in roster.members for key in member.keys}
        retired |= dict.fromkeys(before - listed, roster.issued_at + RETIREMENT_GRACE)
        retired = {key: at for key, at in retired.items() if key not in listed}
        before = listed
    return retired


def unsigned(payload: Roster | KeyRevocation) -> SignedDocument:
    """Return the document that members then sign."""
    kind = ROSTER_TYPE if isinstance(payload, Roster) else REVOCATION_TYPE
    return SignedDocument(payload_type=kind, payload=msgspec.json.encode(payload, order="deterministic").decode())
