"""A JSON text with signatures of several members: what a roster and a revocation travel in (spec 11.2)."""

from __future__ import annotations

import hashlib
import re

import msgspec

from tocsin.errors import SignatureError
from tocsin.signing.keys import PrivateKey, PublicKey

_MEMBER = re.compile(r"[A-Z]{3}")
_KEYID = re.compile(r"[0-9a-f]{64}")


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """One member's signature."""

    member: str
    keyid: str
    signature: str
    """Base64."""

    def __post_init__(self) -> None:
        if not (_MEMBER.fullmatch(self.member) and _KEYID.fullmatch(self.keyid)):
            raise ValueError("a signature names a member by three capital letters and a key by 64 hexadecimal digits")


class SignedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A payload kept as the text that was signed, byte for byte."""

    payload_type: str
    payload: str
    signatures: tuple[Signature, ...] = ()

    @property
    def hash(self) -> str:
        """SHA-256 of the payload, hexadecimal: what people compare over another channel."""
        return hashlib.sha256(self.payload.encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """The first 128 bits of the hash in groups of four, for people to read out to each other."""
        return fingerprint(self.hash)

    def signed_by(self, member: str, key: PrivateKey) -> SignedDocument:
        """Return the document with a member's signature added, or put in place of its former one."""
        signature = Signature(
            member=member, keyid=key.keyid, signature=key.sign(self.payload_type, self.payload.encode())
        )
        others = tuple(entry for entry in self.signatures if entry.keyid != key.keyid)
        return msgspec.structs.replace(self, signatures=(*others, signature))

    def signers(self, keys: dict[str, tuple[PublicKey, ...]]) -> frozenset[str]:
        """Return the members whose signature verifies under one of their own keys.

        Args:
            keys: Per member, the keys that count.

        Raises:
            SignatureError: A signature claims one of these keys and does not verify; nothing of the document counts.
        """
        valid = set()
        for entry in self.signatures:
            for key in keys.get(entry.member, ()):
                if key.keyid == entry.keyid:
                    try:
                        key.verifier().verify(self.payload_type, self.payload.encode(), entry.signature)
                    except SignatureError as error:
                        raise SignatureError(f"the signature of {entry.member} on this document is wrong") from error
                    valid.add(entry.member)
        return frozenset(valid)


def fingerprint(digest: str) -> str:
    """Return the first 128 bits of a hexadecimal digest in groups of four."""
    return " ".join(digest[start : start + 4] for start in range(0, 32, 4))
