"""The key by which a member's messages to the public are signed (XML signature), and its certificate."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tocsin.errors import ConfigError
from tocsin.node.config import MemberConfig


def load_signer(config: MemberConfig) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate] | None:
    """Return the key and the certificate that messages are signed with; None if none are named.

    Raises:
        ConfigError: They cannot be read, or are not a pair on P-256.
    """
    if config.alerts.key is None or config.alerts.certificate is None:
        return None
    key_path, certificate_path = config.path(config.alerts.key), config.path(config.alerts.certificate)
    try:
        key = load_pem_private_key(_read(key_path), password=None)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"is no private key without a password (PEM): {error}", path=str(key_path)) from error
    try:
        certificate = x509.load_pem_x509_certificate(_read(certificate_path))
    except ValueError as error:
        raise ConfigError("is no certificate (PEM)", path=str(certificate_path)) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        advice = "Make one: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"
        raise ConfigError("is no key on P-256", path=str(key_path), advice=advice)
    if certificate.public_key() != key.public_key():
        raise ConfigError("is not the certificate of alerts.key", path=str(certificate_path))
    return key, certificate


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path=str(path)) from error
