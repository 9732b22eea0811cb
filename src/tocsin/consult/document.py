"""The final text as a file: the exact bytes with every member's signature, verified with the members' keys alone."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tocsin.consult.index import Index, ref_of
from tocsin.consult.state import Consultation
from tocsin.consult.statement import PAYLOAD_TYPE, Statement, digest_of, read_statement
from tocsin.errors import DomainError, SignatureError
from tocsin.markings import status_class
from tocsin.signing import ROLE_OF_STATUS, PublicKey, Roster, Signature, SignedDocument

Keys = dict[str, tuple[PublicKey, ...]]
"""By member."""


class StatementProof(msgspec.Struct, frozen=True, kw_only=True):
    """What a signed statement proves."""

    schema: str = "tocsin.statement_proof/1"
    digest: str
    """SHA-256 of the text that is signed, hexadecimal: what people compare."""
    statement: Statement
    signed: tuple[str, ...]
    """Members whose signature over these exact bytes verifies."""
    unsigned: tuple[str, ...]
    unknown: tuple[str, ...]
    """Members, or others, in whose name a key signed that the rosters at hand do not list: it proves nothing."""

    @property
    def is_complete(self) -> bool:
        """Whether every member signed."""
        return not self.unsigned


def keys_of(rosters: Iterable[Roster], status: str) -> Keys:
    """Return by which keys members sign statements of a status.

    Args:
        rosters: All that are known, for a statement outlives a roster.
        status: ``actual``, ``test`` or ``exercise:<id>``.
    """
    role = ROLE_OF_STATUS[status_class(status)]
    keys: dict[str, dict[str, PublicKey]] = {}
    for member in (member for roster in rosters for member in roster.members):
        keys.setdefault(member.code, {}).update({key.keyid: key for key in member.keys_of(role)})
    return {code: tuple(each.values()) for code, each in keys.items()}


def signed_statement(index: Index, standing: Consultation, keys: Keys) -> SignedDocument:
    """Return the text that is agreed, with the signatures under it that verify.

    Args:
        index: With the records that are held.
        standing: Of the consultation.
        keys: Of the members, for its status.

    Raises:
        DomainError: It is not agreed, or so long ago that its text is not held any more.
    """
    entry = index.entry_at(standing.text.text)
    if entry is None or standing.phase not in ("agreed", "signing", "issued", "corrected", "superseded"):
        raise DomainError(f"{standing.name} is not agreed: {standing.phase}", advice="Only what is agreed is signed")
    document = SignedDocument(payload_type=PAYLOAD_TYPE, payload=entry.body.statement)
    signatures: dict[str, Signature] = {}
    for signed in index.every_signature(ref_of(standing.text.text), standing.text.digest):
        one = Signature(member=signed.member, keyid=signed.body.keyid, signature=signed.body.signature)
        if signed.member not in signatures and _verifies(document, one, keys):
            signatures[signed.member] = one
    in_order = tuple(signatures[member] for member in sorted(signatures))
    return msgspec.structs.replace(document, signatures=in_order)


def prove(document: SignedDocument, rosters: Iterable[Roster]) -> StatementProof:
    """Check a signed statement by the members' keys.

    Args:
        document: The file.
        rosters: Whose keys count.

    Raises:
        DomainError: It holds no statement.
        SignatureError: A signature in it is wrong; nothing of it counts.
    """
    if document.payload_type != PAYLOAD_TYPE:
        raise DomainError(f"this is a signed {document.payload_type[:80]!r}, no statement")
    statement = read_statement(document.payload)
    keys = keys_of(rosters, statement.status)
    signed = document.signers(keys)
    known = {(member, key.keyid) for member, listed in keys.items() for key in listed}
    return StatementProof(
        digest=digest_of(document.payload),
        statement=statement,
        signed=tuple(member for member in statement.members if member in signed),
        unsigned=tuple(member for member in statement.members if member not in signed),
        unknown=tuple(sorted({e.member for e in document.signatures if (e.member, e.keyid) not in known})),
    )


def _verifies(document: SignedDocument, signature: Signature, keys: Keys) -> bool:
    try:
        return bool(msgspec.structs.replace(document, signatures=(signature,)).signers(keys))
    except SignatureError:
        return False
