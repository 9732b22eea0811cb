"""A roster as people and scripts see it: who is in it, by which keys, who has signed, and what it changes."""

from __future__ import annotations

from datetime import datetime

import msgspec

from tocsin.node.proposing import standing_of
from tocsin.signing import Link, Roster, SignedDocument, Trust, differences, read_roster


class KeyView(msgspec.Struct, frozen=True, kw_only=True):
    """One key of a member."""

    role: str
    keyid: str
    state: str
    """``in force``, ``new`` (only this proposal lists it), ``retired`` or ``revoked``."""
    retired_at: datetime | None = None


class MemberView(msgspec.Struct, frozen=True, kw_only=True):
    """One member."""

    code: str
    name: str
    state: str
    """``in force``, ``joins``, ``leaves`` or ``left``."""
    keys: tuple[KeyView, ...]
    address: str
    linked_with: tuple[str, ...]


class RosterView(msgspec.Struct, frozen=True, kw_only=True):
    """A roster, and how it stands to the one in force."""

    schema: str = "tocsin.roster/1"
    federation: str
    version: int
    state: str
    """``in force``, ``former``, ``first`` (to be signed by all), ``proposal``, ``stale`` (follows from another)."""
    hash: str
    fingerprint: str
    issued_at: datetime
    expires_at: datetime
    is_expired: bool
    members: tuple[MemberView, ...]
    links: tuple[Link, ...]
    signed: tuple[str, ...]
    missing: tuple[str, ...]
    """Members whose signature would count."""
    lacks: str
    """What it lacks to come in force, in words."""
    changes: tuple[str, ...]
    """What it changes in the one in force, in words."""
    notes: tuple[str, ...]
    """What people should look at before they sign."""


def view_of(document: SignedDocument, trust: Trust | None, *, now: datetime) -> RosterView:
    """Show a roster beside the one in force.

    Args:
        document: Any signed roster.
        trust: What is in force; None if nothing is, or it is not at hand.
        now: UTC.

    Raises:
        TrustError: A signature is wrong.
        MalformedRecordError: It is no roster.
    """
    roster = read_roster(document)
    state, notes = _state(document, roster, trust)
    is_open = state in ("first", "proposal")
    standing = standing_of(document, trust if state == "proposal" else None, now=now)
    signed = standing.signed if is_open else _signers(document, roster, trust)
    if roster.expires_at <= now:
        notes.append(f"it expired on {roster.expires_at:%Y-%m-%d}")
    if trust is not None and state == "proposal" and trust.is_stale(now):
        notes.append(f"version {trust.roster.version} in force has expired, so all of its members must sign this one")
    notes += [f"no link leads to {code}" for code in roster.codes if not roster.neighbours(code)]
    notes += _addresses(roster)
    compared = trust.roster if trust is not None and state in ("proposal", "stale") else None
    return RosterView(
        federation=roster.federation, version=roster.version, state=state, hash=document.hash,
        fingerprint=document.fingerprint, issued_at=roster.issued_at, expires_at=roster.expires_at,
        is_expired=roster.expires_at <= now, members=_members(roster, trust, state), links=roster.links,
        signed=signed, missing=standing.missing if is_open else (), lacks=standing.lacks if is_open else "",
        changes=differences(compared, roster) if compared is not None else (), notes=tuple(notes),
    )  # fmt: skip


def _state(document: SignedDocument, roster: Roster, trust: Trust | None) -> tuple[str, list[str]]:
    if trust is None:
        if roster.version == 1:
            return "first", []
        return "stale", [f"this is version {roster.version}; the one in force is not at hand to compare it with"]
    if document.hash == trust.document.hash:
        return "in force", []
    if document.hash in {each.hash for each in trust.documents}:
        return "former", []
    if roster.previous == trust.document.hash:
        return "proposal", []
    here = f"version {trust.roster.version} in force here (fingerprint {trust.document.fingerprint})"
    return "stale", [f"it does not follow from {here}; if that one is right, propose again"]


def _signers(document: SignedDocument, roster: Roster, trust: Trust | None) -> tuple[str, ...]:
    """Return who signed a roster that is or was in force, or one that follows from something unknown."""
    listed = [roster, *(each for each in (trust.rosters if trust else ()) if each.version == roster.version - 1)]
    keys = {
        code: tuple(dict.fromkeys(key for each in listed if (m := each.member(code)) for key in m.keys))
        for code in {code for each in listed for code in each.codes}
    }
    return tuple(sorted(document.signers(keys)))


def _members(roster: Roster, trust: Trust | None, state: str) -> tuple[MemberView, ...]:
    in_force = trust.roster if trust is not None else None
    codes = set(roster.codes)
    if state in ("proposal", "stale") and in_force is not None:
        codes |= set(in_force.codes)
    if state == "in force" and trust is not None:
        codes |= {code for each in trust.rosters for code in each.codes}
    return tuple(_member(code, roster, trust, state) for code in sorted(codes))


def _member(code: str, roster: Roster, trust: Trust | None, state: str) -> MemberView:
    versions = [each for each in (*(trust.rosters if trust is not None else ()), roster) if each.member(code)]
    last = roster.member(code) or versions[-1].member(code)
    if last is None:
        raise ValueError(f"{code} is in no roster")
    before = trust.roster.member(code) if trust is not None else None
    standing = "in force"
    if roster.member(code) is None:
        standing = "leaves" if before is not None else "left"
    elif before is None and state in ("first", "proposal", "stale"):
        standing = "joins"
    listed = roster.member(code)
    known = {key.keyid: key for each in versions if (m := each.member(code)) is not None for key in m.keys}
    now_listed = {key.keyid for key in listed.keys} if listed is not None else set()
    in_force = {key.keyid for key in before.keys} if before is not None else set()
    keys = []
    for keyid, key in known.items():
        retired_at = trust.retired_at(code, keyid) if trust is not None else None
        if trust is not None and trust.is_revoked(keyid):
            key_state = "revoked"
        elif keyid not in now_listed:
            key_state, retired_at = "retired", retired_at or roster.issued_at
        else:
            key_state, retired_at = ("in force" if keyid in in_force or state == "former" else "new"), None
        keys.append(KeyView(role=key.role.value, keyid=keyid, state=key_state, retired_at=retired_at))
    return MemberView(
        code=code, name=last.name, state=standing, keys=tuple(keys), address=last.link.address,
        linked_with=roster.neighbours(code),
    )  # fmt: skip


def _addresses(roster: Roster) -> list[str]:
    silent = {member.code for member in roster.members if not member.link.address}
    return [
        f"{link.listener} names no address: {link.dialler} has to set bus.dial.{link.listener} in its TOML"
        for link in roster.links
        if link.listener in silent
    ]
