"""An authenticator in software: makes passkeys and signs as a browser's does, or as a test wants it spoilt."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tocsin.records import Assertion
from tocsin.signing import from_base64url, to_base64url

ORIGIN, RP_ID = "http://localhost:8823", "localhost"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def new_key(sort: str = "p256"):
    if sort == "ed25519":
        return Ed25519PrivateKey.generate()
    if sort == "rsa":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Authenticator:
    """Holds one key."""

    sort: str = "p256"
    counter: int = 1
    origin: str = ORIGIN
    flags: int = PRESENT | VERIFIED
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def __post_init__(self) -> None:
        self.key = new_key(self.sort)

    @property
    def public_info(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def make(self, options: dict) -> dict:
        """Answer a browser that wants a new passkey."""
        client = self._client("webauthn.create", options["challenge"])
        data = self._data(options["rp"]["id"], ATTESTED)
        data += bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(self._cose())
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"clientDataJSON": client, "attestationObject": attestation})

    def use(self, options: dict) -> dict:
        """Answer a browser that wants a signature."""
        parts = self.parts(from_base64url(options["challenge"]), options["rpId"])
        return self._answer(parts)

    def assertion(self, challenge: bytes, rp_id: str = RP_ID) -> Assertion:
        """Sign, as it stands in a record."""
        parts = {name: to_base64url(part) for name, part in self.parts(challenge, rp_id).items()}
        return Assertion(
            credential=to_base64url(self.id), client_data=parts["clientDataJSON"],
            authenticator_data=parts["authenticatorData"], signature=parts["signature"],
        )  # fmt: skip

    def parts(self, challenge: bytes, rp_id: str) -> dict[str, bytes]:
        client = self._client("webauthn.get", to_base64url(challenge))
        data = self._data(rp_id)
        signature = self.sign(data + hashlib.sha256(client).digest())
        return {"clientDataJSON": client, "authenticatorData": data, "signature": signature}

    def sign(self, data: bytes) -> bytes:
        if self.sort == "ed25519":
            return self.key.sign(data)
        if self.sort == "rsa":
            return self.key.sign(data, padding.PKCS1v15(), SHA256())
        return self.key.sign(data, ec.ECDSA(SHA256()))

    def _client(self, sort: str, challenge: str) -> bytes:
        told = {"type": sort, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told, separators=(",", ":")).encode()

    def _data(self, rp_id: str, more: int = 0) -> bytes:
        data = hashlib.sha256(rp_id.encode()).digest() + bytes([self.flags | more]) + self.counter.to_bytes(4, "big")
        self.counter += bool(self.counter)
        return data

    def _answer(self, parts: dict[str, bytes]) -> dict:
        told = {name: to_base64url(part) for name, part in parts.items()}
        return {"id": to_base64url(self.id), "rawId": to_base64url(self.id), "type": "public-key", "response": told}

    def _cose(self) -> dict:
        public = self.key.public_key()
        if self.sort == "ed25519":
            return {1: 1, 3: -8, -1: 6, -2: public.public_bytes(Encoding.Raw, PublicFormat.Raw)}
        numbers = public.public_numbers()
        if self.sort == "rsa":
            return {1: 3, 3: -257, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")}
        return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
