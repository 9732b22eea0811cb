"""Rosters on their way into force: proposed, signed by each at home, put in force at each member."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tocsin.codec import decode
from tocsin.errors import ConfigError, ThresholdError, TocsinError, TrustError
from tocsin.node.bundles import revocations_in
from tocsin.node.config import MemberConfig
from tocsin.node.rosters import load_rosters, load_trust, read_document
from tocsin.node.wiring import has_store, load_keys, open_store
from tocsin.signing import (
    KeyRole,
    PrivateKey,
    Roster,
    SignedDocument,
    Standing,
    Trust,
    merged,
    read_roster,
    standing_of_first,
)


def trust_on_disk(config: MemberConfig) -> Trust | None:
    """Return what this member holds of the federation's keys, revocations in its store included; None before the first.

    Raises:
        ConfigError: The rosters cannot be used.
        StoreError: The store cannot be read.
    """
    if not config.path(config.roster.file).exists():
        return None
    trust = load_trust(config)
    revoked_on_disk(config, trust)
    return trust


def revoked_on_disk(config: MemberConfig, trust: Trust) -> frozenset[str]:
    """Let trust obey the revocations that lie in this member's store, and return the ids of the keys.

    Raises:
        StoreError: The store cannot be read.
    """
    if not has_store(config):
        return frozenset()
    with open_store(config, read_only=True) as store:
        documents = tuple(revocations_in(store))
    obeyed = set()
    for document in documents:
        try:
            obeyed.add(trust.revoke(document).keyid)
        except TocsinError:
            continue  # nothing that the node would obey either
    return frozenset(obeyed)


def trust_in(file: Path) -> Trust:
    """Return the trust that a roster's file and those kept beside it give.

    Raises:
        ConfigError: They cannot be used.
    """
    first, *later = load_rosters(file)
    try:
        return Trust(first, later)
    except TocsinError as error:
        raise ConfigError(str(error.args[0]), path=str(file), advice=error.advice) from error


def standing_of(document: SignedDocument, trust: Trust | None, *, now: datetime) -> Standing:
    """Tell whose signatures a proposal has and lacks.

    Args:
        document: A first roster, or one that follows from the one in force.
        trust: What is in force; None before the first.
        now: UTC.

    Raises:
        TrustError: A signature is wrong.
    """
    return trust.standing(document, now=now) if trust is not None else standing_of_first(document)


@dataclass(frozen=True)
class Signer:
    """Who would sign a roster with a key."""

    member: str
    is_newcomer: bool
    has_signed: bool


def signer_of(document: SignedDocument, key: PrivateKey, trust: Trust | None, *, now: datetime) -> Signer:
    """Tell as which member a key signs a roster.

    Args:
        document: The proposal.
        key: Read as a roster key.
        trust: The roster in force and those before it; may be None for a first roster.
        now: UTC.

    Raises:
        TrustError: The roster is no successor of the one in force, has expired, or the key is no roster key of a
            member whose signature counts.
        RollbackError: It does not follow from the one in force.
    """
    roster = read_roster(document)
    if trust is not None:
        trust.follower(document)
    elif roster.version > 1:
        raise TrustError(
            f"this is version {roster.version}, and the version in force is not at hand",
            advice="Name its file with --against, so that you see what changes",
        )
    if roster.expires_at <= now:
        raise TrustError(f"this roster expired on {roster.expires_at:%Y-%m-%d}", advice="Propose again")
    standing = standing_of(document, trust, now=now)
    member = _owner(roster, key.keyid, trust)
    return Signer(member, member in standing.newcomers, member in standing.signed)


def _owner(roster: Roster, keyid: str, trust: Trust | None) -> str:
    former = trust.roster if trust is not None else None
    for listed in (former, roster):
        found = listed.owner_of(keyid) if listed is not None else None
        if found is None:
            continue
        member, role = found
        if role is not KeyRole.ROSTER:
            raise TrustError(f"this is the {role.value} key of {member}; rosters are signed with the roster key")
        if trust is not None and trust.is_revoked(keyid):
            raise TrustError(f"this roster key of {member} was taken back")
        if former is not None and listed is roster and former.member(member) is not None:
            raise TrustError(
                f"this roster key of {member} comes in force with this roster",
                advice="Sign it with the roster key that is in force",
            )
        return member
    codes = ", ".join(former.codes if former is not None else roster.codes)
    raise TrustError(
        f"key {keyid[:16]} is no roster key of {codes}" + ("" if former is None else ", nor of one that joins"),
        advice="A roster key is made by tocsin init, as keys/roster.pem; nobody signs for another member",
    )


@dataclass(frozen=True)
class Step:
    """One roster that comes in force."""

    document: SignedDocument
    roster: Roster
    former: Roster | None


def steps_to(
    documents: Iterable[SignedDocument], trust: Trust | None, config: MemberConfig, *, now: datetime
) -> tuple[Step, ...]:
    """Return the rosters that would come in force here, in order, after checking each as it would be then.

    Args:
        documents: Of one or several versions; the signatures of copies are put together.
        trust: What is in force here, which goes on with each of them; None if this member has no roster yet.
        config: The member's TOML.
        now: UTC.

    Raises:
        RollbackError: One of them does not follow.
        ThresholdError: Signatures are missing; the message says whose.
        TrustError: One of them cannot be believed.
        ConfigError: The last of them does not hold this member or a key that it signs with.
    """
    known = {document.hash for document in trust.documents} if trust is not None else set()
    steps = []
    for document in merged(tuple(documents)):
        if document.hash in known:
            continue
        roster = read_roster(document)
        former = trust.roster if trust is not None else None
        if roster.expires_at <= now:
            raise TrustError(
                f"version {roster.version} expired on {roster.expires_at:%Y-%m-%d}", advice="Propose again"
            )
        if trust is None:
            trust = _begin(document)
        else:
            _require_signatures(document, trust, now)
            trust.apply(document, now=now)
        steps.append(Step(document, roster, former))
    if steps:
        _require_own_place(steps[-1].roster, config)
    return tuple(steps)


def read_all(files: Sequence[Path]) -> tuple[SignedDocument, ...]:
    """Read signed rosters.

    Raises:
        ConfigError: One cannot be read or is no roster.
    """
    documents = []
    for file in files:
        document = read_document(file)
        try:
            read_roster(document)
        except TocsinError as error:
            raise ConfigError(str(error.args[0]), path=str(file)) from error
        documents.append(document)
    return tuple(documents)


def waiting_proposals(home: Path, trust: Trust) -> tuple[tuple[Path, SignedDocument], ...]:
    """Return the rosters in a folder that would follow from the one in force."""
    found = []
    for file in sorted(home.glob("*.json")):
        try:
            document = decode(file.read_bytes(), SignedDocument)
            trust.follower(document)
        except (OSError, TocsinError):
            continue
        found.append((file, document))
    return tuple(found)


def _begin(document: SignedDocument) -> Trust:
    standing = standing_of_first(document)
    roster = read_roster(document)
    if roster.version == 1 and not standing.is_enough:
        raise ThresholdError(
            f"the first roster lacks {standing.lacks}", advice="There: tocsin roster sign; then name all copies here"
        )
    return Trust(document)


def _require_signatures(document: SignedDocument, trust: Trust, now: datetime) -> None:
    roster = trust.follower(document)
    standing = trust.standing(document, now=now)
    if not standing.is_enough:
        raise ThresholdError(
            f"version {roster.version} lacks {standing.lacks}",
            advice="There: tocsin roster sign; then name all copies here",
        )


def _require_own_place(roster: Roster, config: MemberConfig) -> None:
    code = config.member.code
    if roster.member(code) is None:
        raise ConfigError(
            f"{code} is not in version {roster.version}, so it cannot be put in force here",
            advice="If it has left, stop its node; the others put this version in force",
        )
    try:
        load_keys(config, roster)
    except ConfigError as error:
        if not config.keys.paths():
            return
        raise ConfigError(
            f"version {roster.version} would come in force here and {error.args[0]}",
            advice="Let [keys] in the TOML name keys that it lists, then apply it again",
        ) from error
