"""A member takes one of its own keys back; what it signed up to the last heads in its store counts (spec 11.6)."""

from __future__ import annotations

from datetime import datetime

from tocsin.codec import decode, encode
from tocsin.errors import ConfigError, RecordError, TrustError
from tocsin.exchange import open_frame
from tocsin.markings import status_class
from tocsin.node.config import MemberConfig
from tocsin.records import MAX_BYTES, ChainId
from tocsin.signing import (
    ROLE_OF_STATUS,
    KeyRevocation,
    KeyRole,
    LastHead,
    PrivateKey,
    PublicKey,
    SignedDocument,
    Trust,
    unsigned,
)
from tocsin.store import EpochSpan, Store


def key_to_revoke(config: MemberConfig, trust: Trust, *, role: KeyRole, beginning: str = "") -> PublicKey:
    """Return the one key of this member that is meant, in force or retired.

    Args:
        config: The member's TOML.
        trust: The rosters.
        role: The key's.
        beginning: Of the key's id; needed if the member has several of that role.

    Raises:
        ConfigError: None or several are meant, or it was taken back before.
    """
    code = config.member.code
    listed = {
        key.keyid: key
        for roster in trust.rosters
        if (member := roster.member(code)) is not None
        for key in member.keys_of(role)
        if key.keyid.startswith(beginning.lower())
    }
    left = {keyid: key for keyid, key in listed.items() if not trust.is_revoked(keyid)}
    if listed and not left:
        raise ConfigError(f"every such {role.value} key of {code} was taken back already")
    if len(left) != 1:
        ids = ", ".join(keyid[:16] for keyid in left) or "none"
        raise ConfigError(
            f"{code} has {len(left)} {role.value} keys that this could mean: {ids}",
            advice="Say which with --keyid and the beginning of its id" if left else "See: tocsin keys list",
        )
    return next(iter(left.values()))


def last_heads(store: Store, member: str, key: PublicKey) -> tuple[LastHead, ...]:
    """Return the last frame that a key signed in each epoch of each chain that the store holds of its member.

    Raises:
        StoreError: The store cannot be read.
    """
    if key.role is KeyRole.ROSTER:
        return ()
    heads = []
    for chain in store.chains.ids():
        if chain.originator != member or ROLE_OF_STATUS[status_class(chain.status)] is not key.role:
            continue
        for span in store.chains.epochs(chain):
            number = _last_signed(store, chain, span, key.keyid)
            if number:
                heads.append(
                    LastHead(
                        audience=chain.audience, status=chain.status, precedence=chain.precedence.value,
                        epoch=span.epoch, number=number,
                    )
                )  # fmt: skip
    return tuple(heads)


def revocation(
    trust: Trust, member: str, key: PublicKey, heads: tuple[LastHead, ...], signer: PrivateKey, *, now: datetime
) -> SignedDocument:
    """Return a member's word that it takes a key back.

    Args:
        trust: The rosters; not changed.
        member: Whose key it is.
        key: The key.
        heads: What it signed that still counts.
        signer: The member's roster key.
        now: UTC.

    Raises:
        TrustError: The signer is no roster key of this member, or was taken back.
    """
    owners = [owner for roster in trust.rosters if (owner := roster.owner_of(signer.keyid)) is not None]
    if (member, KeyRole.ROSTER) not in owners or trust.is_revoked(signer.keyid):
        of = f"; it is the {owners[-1][1].value} key of {owners[-1][0]}" if owners else ""
        raise TrustError(
            f"key {signer.keyid[:16]} is no roster key of {member} that counts{of}",
            advice=f"Only {member} takes its keys back, with its roster key",
        )
    word = KeyRevocation(member=member, keyid=key.keyid, revoked_at=now, last_heads=heads)
    return unsigned(word).signed_by(member, signer)


def read_revocation(document: SignedDocument) -> KeyRevocation:
    """Return what a revocation says.

    Raises:
        ConfigError: It is none.
    """
    try:
        return decode(document.payload.encode(), KeyRevocation)
    except RecordError as error:
        raise ConfigError(f"this is no revocation: {error}") from error


def as_text(document: SignedDocument) -> str:
    """Return a signed document as the JSON text that a node takes."""
    return encode(document).decode()


def _last_signed(store: Store, chain: ChainId, span: EpochSpan, keyid: str) -> int:
    """Return the number of the last frame of an epoch that a key signed; 0 if it signed none.

    The last frame of all answers for most epochs; only where the key changed within one, it is read through.
    """
    for after in (span.last_number - 1, 0):
        found = 0
        for stored in store.chains.frames(chain, epoch=span.epoch, after=after):
            if open_frame(stored.data, max_bytes=MAX_BYTES).keyid == keyid:
                found = stored.ref.number
        if found:
            return found
    return 0
