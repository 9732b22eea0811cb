"""The roster in force: takes the first, the next, and revocations; refuses what goes back or lacks signatures.

The rules (spec 11):

1. The first roster is signed by every member in it, and people compare its hash over another channel.
2. The next one names the hash of the one in force, has the next version, and is signed by more than half of the
   members of the one in force; once that one has expired, by all of them.
3. An older or forked version is refused.
4. A member revokes a key of its own alone, with its roster key. A revoked roster key signs nothing any more.
5. An expired roster blocks changes by the majority and shows; it never blocks a frame.
"""

from __future__ import annotations

from datetime import datetime

from tocsin.codec import decode
from tocsin.errors import ExpiredError, RollbackError, SignatureError, ThresholdError, UnsupportedVersionError
from tocsin.signing.documents import SignedDocument
from tocsin.signing.keys import KeyRole, PublicKey, Verifier
from tocsin.signing.roster import REVOCATION_TYPE, ROSTER_TYPE, KeyRevocation, LastHead, Roster


class Trust:
    """What a member holds of the federation's keys at this moment."""

    def __init__(self, first: SignedDocument) -> None:
        """Start from a first roster, or from one in force that this member accepted before.

        Raises:
            ThresholdError: Not every member in it has signed.
            SignatureError: A signature is wrong.
            MalformedRecordError: It is no roster.
        """
        roster = _roster(first)
        missing = set(roster.codes) - first.signers(_roster_keys(roster))
        if missing and roster.version == 1:
            raise ThresholdError(
                f"the first roster lacks the signature of {', '.join(sorted(missing))}",
                advice="Every member signs the first roster",
            )
        if missing == set(roster.codes):
            raise ThresholdError("nobody in this roster has signed it")
        self._revocations: dict[str, KeyRevocation] = {}
        self._take(first, roster)

    def apply(self, document: SignedDocument, *, now: datetime) -> None:
        """Put the next roster in force.

        Raises:
            RollbackError: It is not the successor of the one in force.
            ThresholdError: Too few members of the one in force have signed, or a newcomer has not.
            ExpiredError: The one in force has expired and not all of its members have signed.
            SignatureError: A signature is wrong.
            MalformedRecordError: It is no roster.
        """
        roster = _roster(document)
        if roster.federation != self.roster.federation:
            raise RollbackError(f"this roster is of {roster.federation!r}, ours is of {self.roster.federation!r}")
        if roster.version <= self.roster.version:
            raise RollbackError(f"version {roster.version} is not newer than version {self.roster.version} in force")
        if roster.version != self.roster.version + 1 or roster.previous != self.document.hash:
            raise RollbackError(
                f"version {roster.version} does not follow from version {self.roster.version} in force",
                advice="Ask for the versions between",
            )
        signers = document.signers(self._signing_keys(self.roster))
        members = set(self.roster.codes)
        if now >= self.roster.expires_at and signers != members:
            raise ExpiredError(
                f"the roster in force expired at {self.roster.expires_at:%Y-%m-%d %H:%MZ}; all must sign the next one"
            )
        if 2 * len(signers) <= len(members):
            raise ThresholdError(f"{len(signers)} of {len(members)} members have signed; it takes more than half")
        newcomers = set(roster.codes) - members
        unwilling = newcomers - document.signers(self._signing_keys(roster))
        if unwilling:
            raise ThresholdError(f"{', '.join(sorted(unwilling))} would join without having signed")
        self._take(document, roster)

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
        member = self.roster.member(revocation.member)
        if member is None or revocation.keyid not in {key.keyid for key in member.keys}:
            raise SignatureError(f"{revocation.member} has no key {revocation.keyid[:16]}")
        if revocation.member not in document.signers(self._signing_keys(self.roster)):
            raise SignatureError(f"the revocation is not signed by a roster key of {member.code}")
        self._revocations[revocation.keyid] = revocation
        return revocation

    def key(self, member: str, keyid: str) -> Verifier | None:
        """Return a member's key of that id, revoked or not; None if the roster holds none."""
        return self._verifiers.get((member, keyid))

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

    def _signing_keys(self, roster: Roster) -> dict[str, tuple[PublicKey, ...]]:
        return {
            code: tuple(key for key in keys if key.keyid not in self._revocations)
            for code, keys in _roster_keys(roster).items()
        }

    def _take(self, document: SignedDocument, roster: Roster) -> None:
        self.document = document
        self.roster = roster
        self._verifiers = {
            (member.code, key.keyid): key.verifier()
            for member in roster.members
            for key in member.keys
            if key.role is not KeyRole.ROSTER
        }


def _roster(document: SignedDocument) -> Roster:
    if document.payload_type != ROSTER_TYPE:
        raise UnsupportedVersionError(f"{document.payload_type[:80]} is no roster of version 1")
    return decode(document.payload.encode(), Roster)


def _roster_keys(roster: Roster) -> dict[str, tuple[PublicKey, ...]]:
    return {member.code: member.keys_of(KeyRole.ROSTER) for member in roster.members}
