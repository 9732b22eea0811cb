"""Whether a decision is a person's: the passkey that signed it, and what the person's member says of that (spec 16)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from tocsin.errors import SignatureError
from tocsin.markings import status_class
from tocsin.records import Admitted, Approval, Assertion, Credential
from tocsin.signing import SignedByPasskey, from_base64url, pre_authentication_encoding, verify_passkey

APPROVAL_TYPE = "application/vnd.tocsin.approval.v1"

StandingCode = Literal[
    "verified",
    "unsigned",
    "record_missing",
    "another_record",
    "credential_unknown",
    "another_person",
    "not_valid_then",
    "broken",
]


@dataclass(frozen=True)
class ApprovalStanding:
    """What is known of a decision."""

    code: StandingCode
    """``verified``: a passkey of that person signed it; ``unsigned``: it claims none, the member alone answers for it;
    all others: it claims a passkey, and why that does not hold here."""
    detail: str = ""

    @property
    def is_verified(self) -> bool:
        """Whether the person's own passkey stands behind it."""
        return self.code == "verified"

    @property
    def is_false(self) -> bool:
        """Whether it claims a passkey that cannot have signed it."""
        return self.code in ("another_record", "another_person", "not_valid_then", "broken")


def digest_of(raw: bytes) -> str:
    """Return by what an approval names a record: SHA-256 of the record's bytes, hexadecimal."""
    return hashlib.sha256(raw).hexdigest()


def challenge_of(approval: Approval, member: str) -> bytes:
    """Return the 32 bytes that a passkey of a member's person signs to approve."""
    return hashlib.sha256(pre_authentication_encoding(APPROVAL_TYPE, approval.statement(member))).digest()


def signed_parts(assertion: Assertion) -> SignedByPasskey:
    """Return what an authenticator gave, as bytes."""
    return SignedByPasskey(
        client_data=from_base64url(assertion.client_data), signature=from_base64url(assertion.signature),
        authenticator_data=from_base64url(assertion.authenticator_data),
    )  # fmt: skip


def standing_of(approval: Admitted, about: Admitted | None, credentials: Iterable[Admitted]) -> ApprovalStanding:
    """Tell whether the person whom an approval names has signed it.

    Args:
        approval: A ``watch.approval``.
        about: The record that it names, if it is held here.
        credentials: ``watch.credential`` records; those of others and of another class of status are passed over.
    """
    body: Approval = approval.body
    record = approval.record
    if about is not None and digest_of(about.raw) != body.digest:
        return ApprovalStanding("another_record", "the record that is held here has other bytes than what was approved")
    if body.assertion is None:
        return ApprovalStanding("unsigned")
    known: list[Credential] = [
        each.body
        for each in credentials
        if each.record.originator == record.originator
        and status_class(each.record.status) == status_class(record.status)
        and isinstance(each.body, Credential)
        and each.body.credential == body.assertion.credential
    ]
    if not known:
        return ApprovalStanding("credential_unknown", f"{record.originator} has told of no such passkey here")
    if any(each.valid_until is not None and each.valid_until <= record.issued_at for each in known):
        return ApprovalStanding("not_valid_then", "the passkey had been taken back before")
    known = [each for each in known if each.valid_from <= record.issued_at]
    if not known:
        return ApprovalStanding("not_valid_then", "the passkey was not there yet")
    known = [each for each in known if each.pseudonym == body.person.pseudonym and body.person.role in each.roles]
    if not known:
        return ApprovalStanding(
            "another_person", f"the passkey is not one of {body.person.pseudonym} as {body.person.role}"
        )
    failed = [why for each in known if (why := _fault(body, body.assertion, record.originator, each))]
    if len(failed) == len(known):
        return ApprovalStanding("broken", failed[-1])
    if about is None:
        return ApprovalStanding("record_missing", "the signature holds; what it approves is not held here")
    return ApprovalStanding("verified")


def _fault(approval: Approval, assertion: Assertion, member: str, credential: Credential) -> str:
    try:
        verify_passkey(
            signed_parts(assertion), challenge=challenge_of(approval, member),
            public_key=from_base64url(credential.public_key), rp_id=credential.rp_id, origin=credential.origin,
        )  # fmt: skip
    except SignatureError as error:
        return error.args[0] if error.args else str(error)
    return ""
