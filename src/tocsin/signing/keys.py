"""Ed25519 keys with a role, and the bytes that a signature covers (DSSE pre-authentication encoding)."""

from __future__ import annotations

import base64
import hashlib
import os
from enum import Enum
from pathlib import Path
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from tocsin.errors import ConfigError, SignatureError


class KeyRole(Enum):
    """What a key may sign: frames of one class of status, or rosters."""

    LIVE = "live"
    EXERCISE = "exercise"
    TEST = "test"
    ROSTER = "roster"


ROLE_OF_STATUS: dict[Literal["actual", "exercise", "test"], KeyRole] = {
    "actual": KeyRole.LIVE,
    "exercise": KeyRole.EXERCISE,
    "test": KeyRole.TEST,
}


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that are signed, so that a signature for one type never fits another.

    Source:
        DSSE protocol v1.0, section "Signature Definition" (secure-systems-lab/dsse).
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


class PublicKey(msgspec.Struct, frozen=True, kw_only=True):
    """The public half of a member's key, as it stands in the roster."""

    role: KeyRole
    public: str
    """Base64 of the 32 bytes of RFC 8032."""

    def __post_init__(self) -> None:
        try:
            raw = base64.b64decode(self.public, validate=True)
        except ValueError as error:
            raise ValueError("public is not base64") from error
        if len(raw) != 32:
            raise ValueError("an Ed25519 public key has 32 bytes")

    @property
    def keyid(self) -> str:
        """SHA-256 of the 32 bytes, hexadecimal."""
        return hashlib.sha256(base64.b64decode(self.public)).hexdigest()

    def verifier(self) -> Verifier:
        """Return the key made ready for checking many signatures."""
        return Verifier(self)


class Verifier:
    """A public key that is loaded once and checks signatures."""

    def __init__(self, key: PublicKey) -> None:
        self.keyid = key.keyid
        self.role = key.role
        self._key = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.public))

    def verify(self, payload_type: str, payload: bytes, signature: str) -> None:
        """Check a signature.

        Raises:
            SignatureError: It is not base64, or not this key's signature over this payload of this type.
        """
        try:
            raw = base64.b64decode(signature, validate=True)
            self._key.verify(raw, pre_authentication_encoding(payload_type, payload))
        except (InvalidSignature, ValueError) as error:  # ValueError: not base64, or not even ASCII
            raise SignatureError(f"signature does not verify under key {self.keyid[:16]}") from error


class PrivateKey:
    """The private half: signs, and is written to disk for its owner alone."""

    def __init__(self, role: KeyRole, key: Ed25519PrivateKey) -> None:
        self.role = role
        self._key = key
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = PublicKey(role=role, public=base64.b64encode(raw).decode())
        self.keyid = self.public.keyid

    @classmethod
    def generate(cls, role: KeyRole) -> PrivateKey:
        """Make a new key from the system's random source."""
        return cls(role, Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, role: KeyRole, seed: bytes) -> PrivateKey:
        """Make the key that belongs to 32 bytes: for test vectors, never for a live member."""
        return cls(role, Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, payload_type: str, payload: bytes) -> str:
        """Return the signature in base64."""
        return base64.b64encode(self._key.sign(pre_authentication_encoding(payload_type, payload))).decode()

    def save(self, path: Path) -> None:
        """Write the key as PKCS #8 PEM, readable by its owner alone.

        Raises:
            ConfigError: A file is there already.
        """
        write_secret(path, self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    @classmethod
    def load(cls, role: KeyRole, path: Path) -> PrivateKey:
        """Read a key that ``save`` wrote.

        Raises:
            ConfigError: The file is missing, readable by others, or holds no Ed25519 key.
        """
        try:
            mode = path.stat().st_mode & 0o077
            data = path.read_bytes()
        except OSError as error:
            raise ConfigError(f"cannot read the key: {error.strerror}", path=str(path)) from error
        if mode:
            raise ConfigError("others can read this key", path=str(path), advice=f"chmod 600 {path}")
        try:
            key = load_pem_private_key(data, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise ConfigError("is not a private key in PEM", path=str(path)) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise ConfigError("is not an Ed25519 key", path=str(path))
        return cls(role, key)


def write_secret(path: Path, data: bytes) -> None:
    """Write a new file that only its owner can read; never over an old one.

    Raises:
        ConfigError: The file exists or cannot be made.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=str(path)) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
