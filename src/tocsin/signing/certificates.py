"""X.509 certificates for the links between servers: each member is its own authority (spec 11.5)."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True)
class CertificateFiles:
    """PEM texts; the two keys are secrets."""

    authority: bytes
    authority_key: bytes
    certificate: bytes
    certificate_key: bytes
    pin: str
    """SHA-256 of the certificate's public key (SPKI, DER), hexadecimal: the form that NATS' ``pinned_certs`` takes."""


def issue_certificates(
    member: str, hosts: tuple[str, ...], *, now: datetime, authority_days: int = 3650, days: int = 397
) -> CertificateFiles:
    """Make a member's authority and one certificate for its link, for both ends of mutual TLS.

    Args:
        member: Code of the member; stands in the subjects.
        hosts: Names or addresses under which its leaf listener is reached.
        now: UTC; validity begins a day before, for clocks that are behind.
        authority_days: How long the authority holds.
        days: How long the certificate holds.
    """
    begin = now - timedelta(days=1)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, member),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Tocsin link authority of {member}"),
        ]
    )
    authority = (
        x509.CertificateBuilder()
        .subject_name(authority_name)
        .issuer_name(authority_name)
        .public_key(authority_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(now + timedelta(days=authority_days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{member} link")]))
        .issuer_name(authority_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    return CertificateFiles(
        authority=authority.public_bytes(Encoding.PEM),
        authority_key=authority_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        certificate=certificate.public_bytes(Encoding.PEM),
        certificate_key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        pin=_pin(key.public_key()),
    )


def expires_at(certificate: bytes) -> datetime:
    """Return when a certificate in PEM ends, UTC.

    Raises:
        ValueError: It is no certificate.
    """
    return x509.load_pem_x509_certificate(certificate).not_valid_after_utc


def certificate_pin(certificate: bytes) -> str:
    """Return the SHA-256 of a certificate's public key (SPKI, DER), hexadecimal, as a roster pins it.

    Raises:
        ValueError: It is no certificate in PEM.
    """
    return _pin(x509.load_pem_x509_certificate(certificate).public_key())


def is_issued_by(certificate: bytes, authority: bytes) -> bool:
    """Tell whether an authority issued a certificate itself.

    Raises:
        ValueError: One of them is no certificate in PEM.
    """
    issued, issuer = x509.load_pem_x509_certificate(certificate), x509.load_pem_x509_certificate(authority)
    try:
        issued.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _pin(key: CertificatePublicKeyTypes) -> str:
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
