"""Rosters for tests: the next one proposed and signed with the keys that lie in the members' folders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from tests.nodes import House

from tocsin.codec import decode
from tocsin.signing import KeyRole, Link, PrivateKey, Roster, RosterMember, SignedDocument, unsigned


def next_roster(
    house: House,
    *,
    members: Iterable[RosterMember] | None = None,
    links: Sequence[Link] | None = None,
    signers: Sequence[str] | None = None,
) -> SignedDocument:
    """Propose the roster after the house's last one and sign it; the house remembers it as its last.

    Args:
        house: Where the folders are.
        members: Who is in it; as before if none.
        links: Who is linked; as before if none.
        signers: Who signs; all members of both rosters if none.
    """
    former = house.rosters[-1]
    roster: Roster = msgspec.structs.replace(
        former,
        version=former.version + 1,
        previous=unsigned(former).hash,
        issued_at=datetime.now(UTC),
        members=tuple(sorted(members if members is not None else former.members, key=lambda member: member.code)),
        links=tuple(links) if links is not None else former.links,
    )
    document = unsigned(roster)
    for code in signers if signers is not None else sorted({*former.codes, *roster.codes}):
        document = document.signed_by(code, PrivateKey.load(KeyRole.ROSTER, house.homes[code] / "keys/roster.pem"))
    house.rosters.append(roster)
    return document


def in_force(home: Path) -> SignedDocument:
    """Return the roster that lies in a member's folder."""
    return decode((home / "roster.json").read_bytes(), SignedDocument)
