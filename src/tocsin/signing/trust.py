"""The roster in force and those before it: takes the next, and revocations; refuses what goes back or lacks signatures.

The rules (spec 11):

1. The first roster is signed by every member in it, and people compare its hash over another channel.
2. The next one names the hash of the one in force, has the next version, and is signed by more than half of the
   members of the one in force; once that one has expired, by all of them.
3. An older or forked version is refused.
4. A member revokes a key of its own alone, with its roster key. A revoked roster key signs nothing any more.
5. An expired roster blocks changes by the majority and shows; it never blocks a frame.
6. A key that the roster in force no longer lists is retired: it verifies what was sealed until an hour after the roster
   that dropped it was issued, and nothing later. It never comes to another member or another role.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from tocsin.codec import decode
from tocsin.errors import (
    ExpiredError,
    RollbackError,
    SignatureError,
    ThresholdError,
    TrustError,
    UnsupportedVersionError,
)
from tocsin.signing.documents import SignedDocument
from tocsin.signing.keys import KeyRole, PublicKey, Verifier
from tocsin.signing.roster import REVOCATION_TYPE, ROSTER_TYPE, KeyRevocation, LastHead, Roster, retirements


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Who has signed a roster that is not in force, and whose signature it still takes."""

    signed: tuple[str, ...]
    """Members whose signature counts, sorted."""
    missing: tuple[str, ...]
    """Members whose signature would count, sorted."""
    needed: int
    """How many of the members of the one in force must sign; of the first roster all."""
    newcomers: tuple[str, ...]
    """Those that join; each must sign."""

    @property
    def is_enough(self) -> bool:
        """Whether it may come in force."""
        in_force = [code for code in self.signed if code not in self.newcomers]
        return len(in_force) >= self.needed and not set(self.newcomers) & set(self.missing)

    @property
    def lacks(self) -> str:
        """What it lacks, in words; empty if nothing."""
        if self.is_enough:
            return ""
        joining = [code for code in self.newcomers if code in self.missing]
        others = [code for code in self.missing if code not in self.newcomers]
        more = self.needed - len([code for code in self.signed if code not in self.newcomers])
        parts = []
        if more > 0:
            which = " and ".join(others) if more == len(others) else f"{more} of {', '.join(others)}"
            parts.append(f"the signature of {which}")
        if joining:
            parts.append(f"the signature of {' and '.join(joining)}, who would join")
        return " and ".join(parts)


class Trust:
    """What a member holds of the federation's keys at this moment."""

    def __init__(self, first: SignedDocument, later: Iterable[SignedDocument] = ()) -> None:
        """Start from a first roster, or from the earliest that this member still has of those it accepted before.

        Args:
            first: The earliest.
            later: Those after it up to the one in force, oldest first; each was accepted when it came.

        Raises:
            ThresholdError: Not every member in it has signed, or too few have signed a later one.
            RollbackError: A later one does not follow from the one before it.
            TrustError: A later one gives a key to another member or role.
            SignatureError: A signature is wrong.
            MalformedRecordError: It is no roster.
        """
        roster = read_roster(first)
        missing = set(roster.codes) - first.signers(_roster_keys(roster))
        if missing and roster.version == 1:
            raise ThresholdError(
                f"the first roster lacks the signature of {', '.join(sorted(missing))}",
                advice="Every member signs the first roster",
            )
        if missing == set(roster.codes):
            raise ThresholdError("nobody in this roster has signed it")
        self._revocations: dict[str, KeyRevocation] = {}
        self._documents: tuple[SignedDocument, ...] = ()
        self._rosters: tuple[Roster, ...] = ()
        self._take(first, roster)
        for document in later:
            self._take(document, self._successor(document, now=None))

    @property
    def documents(self) -> tuple[SignedDocument, ...]:
        """All versions that are known here, oldest first; the last is in force."""
        return self._documents

    @property
    def rosters(self) -> tuple[Roster, ...]:
        """What ``documents`` say."""
        return self._rosters

    def apply(self, document: SignedDocument, *, now: datetime) -> None:
        """Put the next roster in force.

        Raises:
            RollbackError: It is not the successor of the one in force.
            ThresholdError: Too few members of the one in force have signed, or a newcomer has not.
            ExpiredError: The one in force has expired and not all of its members have signed.
            TrustError: It gives a key to another member or role than before.
            SignatureError: A signature is wrong.
            MalformedRecordError: It is no roster.
        """
        self._take(document, self._successor(document, now=now))

    def follower(self, document: SignedDocument) -> Roster:
        """Return the roster in a document if it follows from the one in force, whoever has signed it.

        Raises:
            RollbackError: It does not follow.
            TrustError: It gives a key to another member or role than before.
            MalformedRecordError: It is no roster.
        """
        roster = read_roster(document)
        if roster.federation != self.roster.federation:
            raise RollbackError(f"this roster is of {roster.federation!r}, ours is of {self.roster.federation!r}")
        if roster.version <= self.roster.version:
            raise RollbackError(
                f"version {roster.version} is not newer than version {self.roster.version} in force",
                advice="If it is still wanted, propose again",
            )
        if roster.version != self.roster.version + 1:
            raise RollbackError(
                f"version {roster.version} does not follow from version {self.roster.version} in force",
                advice="Ask for the versions between",
            )
        if roster.previous != self.document.hash:
            raise RollbackError(
                f"version {roster.version} does not follow from version {self.roster.version} that is in force here, "
                "but from another",
                advice="Compare fingerprints of the roster in force; if yours is the right one, propose again",
            )
        if roster.issued_at < self.roster.issued_at:
            raise RollbackError(f"version {roster.version} was issued before version {self.roster.version} in force")
        self._require_own_keys(roster)
        return roster

    def standing(self, document: SignedDocument, *, now: datetime) -> Standing:
        """Tell whose signatures a following roster has and lacks; nothing else of it is checked.

        Raises:
            SignatureError: A signature is wrong.
            MalformedRecordError: It is no roster.
        """
        roster, members = read_roster(document), set(self.roster.codes)
        newcomers = set(roster.codes) - members
        old, new = self._signing_keys(self.roster), self._signing_keys(roster)
        signed = document.signers(old) | (newcomers & document.signers(new))
        return Standing(
            signed=tuple(sorted(signed)), missing=tuple(sorted((members | newcomers) - signed)),
            needed=len(members) if self.is_stale(now) else len(members) // 2 + 1, newcomers=tuple(sorted(newcomers)),
        )  # fmt: skip

    def revoke(self, document: SignedDocument) -> KeyRevocation:
        """Take back a key on the word of the member that owns it; once revoked, it stays so.

        Raises:
            SignatureError: It is not signed by that member's roster key, or the key is not that member's.
            MalformedRecordError: It is no revocation.
        """
        if document.payload_type != REVOCATION_TYPE:
            raise UnsupportedVersionError(f"{document.payload_type[:80]} is no revocation of version 1")
        revocation = decode(document.payload.encode(), KeyRevocation)
        before = self._revocations.get(revocation.keyid)
        if before is not None:
            return before  # also where the key that signed it is the one that it took back
        code = revocation.member
        if (code, revocation.keyid) not in self._verifiers:
            raise SignatureError(f"{code} has no key {revocation.keyid[:16]}")
        if code not in document.signers({code: self._revoking_keys(code)}):
            raise SignatureError(f"the revocation is not signed by a roster key of {code}")
        self._revocations[revocation.keyid] = revocation
        return revocation

    def key(self, member: str, keyid: str) -> Verifier | None:
        """Return a member's key for frames, also one that is revoked or retired; None if no known roster lists it."""
        found = self._verifiers.get((member, keyid))
        return None if found is None or found.role is KeyRole.ROSTER else found

    def has_known(self, member: str) -> bool:
        """Tell whether a member is in the roster in force, or was in one before it that is known here."""
        return member in self._known

    def retired_at(self, member: str, keyid: str) -> datetime | None:
        """Return when the roster was issued that no longer lists a member's key; None for a key in force."""
        return self._retired.get((member, keyid))

    def is_revoked(self, keyid: str) -> bool:
        """Tell whether a key was taken back."""
        return keyid in self._revocations

    def is_void(self, keyid: str, place: LastHead) -> bool:
        """Tell whether a frame under this key lies beyond the last head that its owner recorded on revoking it."""
        revocation = self._revocations.get(keyid)
        return revocation is not None and revocation.voids(place)

    def is_stale(self, now: datetime) -> bool:
        """Tell whether the roster in force has expired."""
        return now >= self.roster.expires_at

    def _revoking_keys(self, code: str) -> tuple[PublicKey, ...]:
        """Return the roster keys with which a member takes its keys back: all that it ever had and did not take back.

        Retired ones too: what was obeyed once is obeyed again at each start, whatever rosters came in between.
        """
        keys = {key.keyid: key for roster in self._rosters for key in _roster_keys(roster).get(code, ())}
        return tuple(key for keyid, key in keys.items() if keyid not in self._revocations)

    def _successor(self, document: SignedDocument, *, now: datetime | None) -> Roster:
        """Return the roster in a document if it may come in force; without ``now`` whenever that was."""
        roster = self.follower(document)
        signers = document.signers(self._signing_keys(self.roster))
        members = set(self.roster.codes)
        if now is not None and now >= self.roster.expires_at and signers != members:
            raise ExpiredError(
                f"the roster in force expired at {self.roster.expires_at:%Y-%m-%d %H:%MZ}; all must sign the next one"
            )
        if 2 * len(signers) <= len(members):
            raise ThresholdError(f"{len(signers)} of {len(members)} members have signed; it takes more than half")
        newcomers = set(roster.codes) - members
        unwilling = newcomers - document.signers(self._signing_keys(roster))
        if unwilling:
            raise ThresholdError(f"{', '.join(sorted(unwilling))} would join without having signed")
        return roster

    def _require_own_keys(self, roster: Roster) -> None:
        """Refuse a key that another member or role had: taking it back would void what the other signed."""
        before = {keyid: (code, verifier.role) for (code, keyid), verifier in self._verifiers.items()}
        for member in roster.members:
            for key in member.keys:
                code, role = before.get(key.keyid, (member.code, key.role))
                if (code, role) != (member.code, key.role):
                    raise TrustError(
                        f"key {key.keyid[:16]} was the {role.value} key of {code}; "
                        f"it cannot be the {key.role.value} key of {member.code}",
                        advice="Make a new key",
                    )

    def _signing_keys(self, roster: Roster) -> dict[str, tuple[PublicKey, ...]]:
        return {
            code: tuple(key for key in keys if key.keyid not in self._revocations)
            for code, keys in _roster_keys(roster).items()
        }

    def _take(self, document: SignedDocument, roster: Roster) -> None:
        self.document = document
        self.roster = roster
        self._documents = (*self._documents, document)
        self._rosters = (*self._rosters, roster)
        self._known = frozenset(code for each in self._rosters for code in each.codes)
        self._retired = retirements(self._rosters)
        self._verifiers = {
            (member.code, key.keyid): key.verifier()
            for each in self._rosters
            for member in each.members
            for key in member.keys
        }


def chained(documents: Sequence[SignedDocument], *, anchor: SignedDocument) -> tuple[SignedDocument, ...]:
    """Return the documents that lead without a hole to a roster and on from it, oldest first, the roster among them.

    A roster names the hash of the one before it, so that who believes the one believes the other.

    Args:
        documents: Signed rosters in any order.
        anchor: The one that is believed.

    Raises:
        MalformedRecordError: One of them is no roster.
    """
    by_hash = {document.hash: document for document in documents}
    after = {read_roster(document).previous: document for document in by_hash.values()}
    chain = [anchor]
    while (before := by_hash.get(read_roster(chain[0]).previous)) is not None:
        chain.insert(0, before)
    while (later := after.get(chain[-1].hash)) is not None:
        chain.append(later)
    return tuple(chain)


def standing_of_first(document: SignedDocument) -> Standing:
    """Tell whose signatures a first roster has and lacks.

    Raises:
        SignatureError: A signature is wrong.
        MalformedRecordError: It is no roster.
    """
    roster = read_roster(document)
    signed = document.signers(_roster_keys(roster))
    return Standing(
        signed=tuple(sorted(signed)), missing=tuple(sorted(set(roster.codes) - signed)), needed=len(roster.codes),
        newcomers=(),
    )  # fmt: skip


def read_roster(document: SignedDocument) -> Roster:
    """Return what a signed roster says; nothing is said yet of who signed it.

    Raises:
        MalformedRecordError: It is no roster.
        UnsupportedVersionError: It is of another type or version.
    """
    if document.payload_type != ROSTER_TYPE:
        raise UnsupportedVersionError(f"{document.payload_type[:80]} is no roster of version 1")
    return decode(document.payload.encode(), Roster)


def _roster_keys(roster: Roster) -> dict[str, tuple[PublicKey, ...]]:
    return {member.code: member.keys_of(KeyRole.ROSTER) for member in roster.members}
