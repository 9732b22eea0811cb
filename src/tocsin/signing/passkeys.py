"""Passkeys as anybody checks them: what a person's authenticator signed, by the person's public key (spec 16).

Registration and sign-in are the watch floor's business, at home. This is the part that other members need: an
assertion (W3C Web Authentication, Level 2) over a challenge that is known beforehand.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tocsin.codec import decode
from tocsin.errors import MalformedRecordError, SignatureError

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_FLAGS_AT = 32
"""Where the flags stand in authenticator data, behind the hash of the domain; four bytes of counter follow."""
_SHORTEST = 37
_PRESENT_AND_VERIFIED = 0b101
_RSA_BITS = range(2048, 4097)
_RSA_EXPONENT = 65537
"""What authenticators use; a peer's key with another could cost much to check."""

_Key = ec.EllipticCurvePublicKey | Ed25519PublicKey | rsa.RSAPublicKey


@dataclass(frozen=True, kw_only=True)
class SignedByPasskey:
    """What an authenticator gave."""

    client_data: bytes
    """JSON, as the browser wrote it."""
    authenticator_data: bytes
    signature: bytes


class _ClientData(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    challenge: str
    origin: str
    cross_origin: bool = msgspec.field(default=False, name="crossOrigin")


def to_base64url(data: bytes) -> str:
    """Write bytes as browsers do: the alphabet for URLs, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Read what ``to_base64url`` wrote.

    Raises:
        ValueError: It is not in that form.
    """
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise ValueError("not base64 for URLs without padding")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def require_passkey(public_key: bytes) -> _Key:
    """Return a public key if it is of a sort that passkeys have.

    Args:
        public_key: SubjectPublicKeyInfo in DER (RFC 5280): P-256, Ed25519, or RSA of 2048 to 4096 bits.

    Raises:
        SignatureError: It is none of these.
    """
    try:
        key = load_der_public_key(public_key)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SignatureError("this is no public key in DER") from error
    match key:
        case Ed25519PublicKey():
            return key
        case ec.EllipticCurvePublicKey() if isinstance(key.curve, ec.SECP256R1):
            return key
        case rsa.RSAPublicKey() if key.key_size in _RSA_BITS and key.public_numbers().e == _RSA_EXPONENT:
            return key
    raise SignatureError("passkeys here are of P-256, Ed25519 or RSA with 2048 to 4096 bits")


def verify_passkey(signed: SignedByPasskey, *, challenge: bytes, public_key: bytes, rp_id: str, origin: str) -> None:
    """Check that the holder of a passkey, present and verified, signed a challenge on a page of an origin.

    Args:
        signed: What the authenticator gave.
        challenge: What must have been signed.
        public_key: As for ``require_passkey``.
        rp_id: The domain that the passkey is for.
        origin: The page's, such as ``https://watch.example``.

    Raises:
        SignatureError: It is not so; the message says which step failed.

    Source:
        W3C Web Authentication Level 2, section 7.2, steps 11 to 20. The counter (step 21) is for the home to judge.
    """
    try:
        client = decode(signed.client_data, _ClientData)
    except MalformedRecordError as error:
        raise SignatureError(f"the client data cannot be read: {error}") from error
    if client.type != "webauthn.get":
        raise SignatureError(f"the client data is for {client.type[:40]!r}, not for signing")
    if not hmac.compare_digest(client.challenge.encode(), to_base64url(challenge).encode()):
        raise SignatureError("another challenge was signed: what is approved is not what was shown to the person")
    if client.origin != origin or client.cross_origin:
        raise SignatureError(f"it was signed on a page of {client.origin[:80]!r}, not of {origin}")
    data = signed.authenticator_data
    if len(data) < _SHORTEST or not hmac.compare_digest(data[:_FLAGS_AT], hashlib.sha256(rp_id.encode()).digest()):
        raise SignatureError(f"it was not made for {rp_id}")
    if data[_FLAGS_AT] & _PRESENT_AND_VERIFIED != _PRESENT_AND_VERIFIED:
        raise SignatureError("the authenticator did not verify the person")
    _verify(require_passkey(public_key), signed.signature, data + hashlib.sha256(signed.client_data).digest())


def _verify(key: _Key, signature: bytes, data: bytes) -> None:
    try:
        match key:
            case Ed25519PublicKey():
                key.verify(signature, data)
            case ec.EllipticCurvePublicKey():
                key.verify(signature, data, ec.ECDSA(SHA256()))
            case rsa.RSAPublicKey():
                key.verify(signature, data, padding.PKCS1v15(), SHA256())
    except InvalidSignature as error:
        raise SignatureError("the signature is not that of the passkey") from error
