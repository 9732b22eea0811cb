"""What people want to change, made into the next roster; and two rosters told apart in words (spec 11.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

import msgspec

from tocsin.errors import TrustError
from tocsin.signing.documents import SignedDocument, fingerprint
from tocsin.signing.keys import KeyRole, PublicKey
from tocsin.signing.roster import Link, Roster, RosterMember
from tocsin.signing.trust import read_roster


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is to be different in the next roster."""

    add: tuple[RosterMember, ...] = ()
    replace: tuple[RosterMember, ...] = ()
    """New keys, certificates or addresses of members that stay."""
    remove: tuple[str, ...] = ()
    link: tuple[Link, ...] = ()
    unlink: tuple[tuple[str, str], ...] = ()
    """Two members, either end first."""


def successor(in_force: SignedDocument, change: Change, *, issued_at: datetime, expires_at: datetime) -> Roster:
    """Return the roster that follows from the one in force.

    A newcomer is linked with every member that it has a link key for or that has one for it, unless the change
    names links of its own for it.

    Args:
        in_force: The signed roster that it follows.
        change: What differs.
        issued_at: UTC; keys that are dropped count for what was sealed before.
        expires_at: UTC.

    Raises:
        TrustError: The change contradicts the roster in force or itself.
    """
    former = read_roster(in_force)
    if issued_at < former.issued_at:
        raise TrustError(
            f"it is before {former.issued_at:%Y-%m-%d %H:%MZ} here, when version {former.version} was issued",
            advice="Set this machine's clock",
        )
    members = {member.code: member for member in former.members}
    for member in change.add:
        if member.code in members:
            raise TrustError(f"{member.code} is in the roster already", advice="To give it new keys, replace it")
        members[member.code] = member
    for code in change.remove:
        if members.pop(code, None) is None:
            raise TrustError(f"{code} is not in the roster, so it cannot be removed")
    for member in change.replace:
        if member.code not in members:
            raise TrustError(f"{member.code} is not in the roster, so nothing can be replaced", advice="Add it instead")
        members[member.code] = member
    links = _without(former.links, change, members)
    named = {code for link in change.link for code in (link.dialler, link.listener)}
    newcomers = {member.code for member in change.add} - named
    implied = (link for link in possible_links(tuple(members.values())) if {link.dialler, link.listener} & newcomers)
    for link in (*change.link, *implied):
        if _ends(link) in map(_ends, links):
            raise TrustError(f"{link.dialler} and {link.listener} are linked already")
        links.append(link)
    return _roster(
        former.federation, members.values(), links, version=former.version + 1, previous=in_force.hash,
        issued_at=issued_at, expires_at=expires_at,
    )  # fmt: skip


def first_roster(
    federation: str, members: Sequence[RosterMember], links: Sequence[Link], *, issued_at: datetime,
    expires_at: datetime,
) -> Roster:  # fmt: skip
    """Return the roster with which a federation begins.

    Args:
        federation: Its name.
        members: As they introduced themselves.
        links: Who dials whom; ``possible_links`` finds all that their link keys allow.
        issued_at: UTC.
        expires_at: UTC.

    Raises:
        TrustError: The members or links do not fit together.
    """
    return _roster(federation, members, links, version=1, previous="", issued_at=issued_at, expires_at=expires_at)


def possible_links(members: Sequence[RosterMember]) -> Iterator[Link]:
    """Yield for each two members the link that their keys and addresses allow, the earlier by code dialling if both."""
    for one, other in combinations(sorted(members, key=lambda member: member.code), 2):
        ways = [(one, other), (other, one)]
        able = [(a, b) for a, b in ways if has_link_key(a, b.code)]
        reached = [(a, b) for a, b in able if b.link.address] or able
        if reached:
            yield Link(dialler=reached[0][0].code, listener=reached[0][1].code)


def has_link_key(member: RosterMember, peer: str) -> bool:
    """Tell whether a member has made a key with which it can dial a peer."""
    return any(name.partition("/")[0] == peer for name in member.link.nkeys)


def _without(links: Iterable[Link], change: Change, members: dict[str, RosterMember]) -> list[Link]:
    kept = [link for link in links if {link.dialler, link.listener} <= members.keys()]
    for ends in change.unlink:
        cut = [link for link in kept if _ends(link) != frozenset(ends)]
        if len(cut) == len(kept):
            raise TrustError(f"{ends[0]} and {ends[1]} are not linked")
        kept = cut
    return kept


def _roster(
    federation: str, members: Iterable[RosterMember], links: Iterable[Link], *, version: int, previous: str,
    issued_at: datetime, expires_at: datetime,
) -> Roster:  # fmt: skip
    if expires_at <= issued_at:
        raise TrustError(f"it would have expired at once, on {expires_at:%Y-%m-%d}")
    ordered = sorted(members, key=lambda member: member.code)
    by_code = {member.code: member for member in ordered}
    for member in ordered:
        if not member.keys_of(KeyRole.ROSTER):
            raise TrustError(f"{member.code} has no roster key, so it could sign no roster any more")
    for link in links:
        if {link.dialler, link.listener} <= by_code.keys() and not has_link_key(by_code[link.dialler], link.listener):
            raise TrustError(
                f"{link.dialler} has no key with which to dial {link.listener}",
                advice=f"There: tocsin introduce --dials {link.listener}; then take its introduction.json again",
            )
    try:
        return Roster(
            federation=federation, version=version, previous=previous, issued_at=issued_at, expires_at=expires_at,
            members=tuple(ordered), links=tuple(sorted(links, key=lambda link: (link.dialler, link.listener))),
        )  # fmt: skip
    except ValueError as error:
        raise TrustError(f"this makes no roster: {error}") from error


def differences(former: Roster, new: Roster) -> tuple[str, ...]:
    """Tell in words what a roster changes."""
    told = []
    for code in sorted({*former.codes, *new.codes}):
        before, after = former.member(code), new.member(code)
        if before is None and after is not None:
            told.append(f"{code} ({after.name}) joins, with {_keys_in_words(after.keys)}")
        elif after is None:
            told.append(f"{code} leaves; its keys are retired")
        elif before is not None:
            told += [f"{code}: {what}" for what in _member_differences(before, after)]
    old_links, new_links = set(former.links), set(new.links)
    told += [f"link {link.dialler}-{link.listener} is cut" for link in former.links if link not in new_links]
    told += [f"{link.dialler} dials {link.listener}: a new link" for link in new.links if link not in old_links]
    if new.expires_at != former.expires_at:
        is_same_day = new.expires_at.date() == former.expires_at.date()
        form = "%Y-%m-%d %H:%M:%SZ" if is_same_day else "%Y-%m-%d"
        told.append(f"expires on {new.expires_at:{form}} instead of {former.expires_at:{form}}")
    return tuple(told)


def _member_differences(before: RosterMember, after: RosterMember) -> Iterator[str]:
    if before.name != after.name:
        yield f"is named {after.name!r} instead of {before.name!r}"
    added = [key for key in after.keys if key not in before.keys]
    dropped = [key for key in before.keys if key not in after.keys]
    if added:
        yield f"new {_keys_in_words(added)}"
    if dropped:
        yield f"retired: {_keys_in_words(dropped)}"
    old, new = before.link, after.link
    if old.address != new.address:
        yield f"listens at {new.address or 'no address'} instead of {old.address or 'none'}"
    if old.certificate != new.certificate:
        yield "another link authority" + (", the old one beside it" if old.certificate in new.certificate else "")
    yield from (f"new pin {fingerprint(pin)} … of its link certificate" for pin in new.pins if pin not in old.pins)
    yield from (f"pin {fingerprint(pin)} … is dropped" for pin in old.pins if pin not in new.pins)
    for name in sorted({*old.nkeys, *new.nkeys}):
        if old.nkeys.get(name) != new.nkeys.get(name):
            how = "no key any more" if name not in new.nkeys else "a key" if name not in old.nkeys else "another key"
            yield f"{how} to dial {name}"


def _keys_in_words(keys: Sequence[PublicKey]) -> str:
    return ", ".join(f"{key.role.value} key {key.keyid[:16]}" for key in keys)


def merged(documents: Sequence[SignedDocument]) -> tuple[SignedDocument, ...]:
    """Return documents with the signatures of all copies of each together, rosters by version.

    Raises:
        MalformedRecordError: One of them is no roster.
    """
    by_hash: dict[str, SignedDocument] = {}
    for document in documents:
        known = by_hash.setdefault(document.hash, document)
        held = {(entry.member, entry.keyid) for entry in known.signatures}
        more = tuple(entry for entry in document.signatures if (entry.member, entry.keyid) not in held)
        by_hash[document.hash] = msgspec.structs.replace(known, signatures=(*known.signatures, *more))
    return tuple(sorted(by_hash.values(), key=lambda document: read_roster(document).version))


def _ends(link: Link) -> frozenset[str]:
    return frozenset((link.dialler, link.listener))
