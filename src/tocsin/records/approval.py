"""What people decide about records, signed by their passkeys so that every member can check it (spec 16)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

import msgspec

from tocsin.clock import require_utc
from tocsin.records.control import Person
from tocsin.records.watch import require_text

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LONGEST_ID = 1400
"""Characters: 1023 bytes (Web Authentication Level 2, section 4)."""
_LONGEST_PART = 4096
MOST_ROLES = 16

APPROVAL, CREDENTIAL = "watch.approval", "watch.credential"
"""Kinds of the records by which people decide about a record, and by which their passkeys are told of."""

Decision = Literal["release", "refuse", "approve"]


class Assertion(msgspec.Struct, frozen=True, kw_only=True):
    """What a person's authenticator gave when it signed; each in base64 for URLs, without padding."""

    credential: str
    """Id of the passkey."""
    client_data: str
    """As the browser wrote it: type, challenge and origin, as JSON."""
    authenticator_data: str
    signature: str

    def __post_init__(self) -> None:
        for name in ("credential", "client_data", "authenticator_data", "signature"):
            _require_base64url(name, getattr(self, name), _LONGEST_ID if name == "credential" else _LONGEST_PART)


class Approval(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person decided about one record (``watch.approval``); the record stands among its sources as well."""

    act: Decision
    """``release``: what waited may go; ``refuse``: it stays; ``approve``: the person answers for it."""
    originator: str
    """Of the record."""
    record: str
    """Id of the record."""
    digest: str
    """SHA-256 of the record's bytes as they stand in its frame, hexadecimal."""
    person: Person
    text: str = ""
    """Why."""
    assertion: Assertion | None = None
    """The person's signature over ``statement``; None: the member alone answers for it."""

    def __post_init__(self) -> None:
        if not _DIGEST.fullmatch(self.digest):
            raise ValueError("digest is 64 hexadecimal digits")
        require_text(self.text)

    def statement(self, member: str) -> bytes:
        """Return the bytes that the person's passkey signs the digest of (spec 16.3).

        Args:
            member: Whose person it is.
        """
        parts = (
            member, self.act, self.originator, self.record, self.digest, self.person.role, self.person.pseudonym,
            self.text,
        )  # fmt: skip
        return b"".join(b"%d:%s," % (len(part), part) for part in map(str.encode, parts))


class Credential(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A passkey of a person, as the person's member vouches for it (``watch.credential``)."""

    credential: str
    """Id of the passkey, in base64 for URLs."""
    pseudonym: str
    roles: tuple[str, ...]
    """In which the person may decide."""
    public_key: str
    """SubjectPublicKeyInfo in DER, in base64 for URLs."""
    rp_id: str
    """The domain that the passkey is for."""
    origin: str
    """Of the pages on which it signs, such as ``https://watch.example``."""
    valid_from: datetime
    valid_until: datetime | None = None
    """From then on it counts no more."""

    def __post_init__(self) -> None:
        _require_base64url("credential", self.credential, _LONGEST_ID)
        _require_base64url("public_key", self.public_key, _LONGEST_PART)
        if not 0 < len(self.roles) <= MOST_ROLES:
            raise ValueError(f"roles are 1 to {MOST_ROLES}")
        require_utc(self.valid_from)
        if self.valid_until is not None:
            require_utc(self.valid_until)


def _require_base64url(name: str, text: str, longest: int) -> None:
    if len(text) > longest or len(text) % 4 == 1 or not _BASE64URL.fullmatch(text):
        raise ValueError(f"{name} is 1 to {longest} characters of base64 for URLs, without padding")
