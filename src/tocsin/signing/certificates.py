"""X.509 certificates for the links between servers: each member is its own authority (spec 11.5)."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS = 3650
LINK_DAYS = 397


@dataclass(frozen=True)
class CertificateFiles:
    """PEM texts; the two keys are secrets."""

    authority: bytes
    authority_key: bytes
    certificate: bytes
    certificate_key: bytes
    pin: str
    """SHA-256 of the certificate's public key (SPKI, DER), hexadecimal: the form that NATS' ``pinned_certs`` takes."""


@dataclass(frozen=True)
class LinkCertificate:
    """PEM texts; the key is a secret."""

    certificate: bytes
    key: bytes
    pin: str
    """As in ``CertificateFiles``."""


def issue_certificates(
    member: str, hosts: tuple[str, ...], *, now: datetime, authority_days: int = AUTHORITY_DAYS, days: int = LINK_DAYS
) -> CertificateFiles:
    """Make a member's authority and one certificate for its link, for both ends of mutual TLS.

    Args:
        member: Code of the member; stands in the subjects.
        hosts: Names or addresses under which its leaf listener is reached.
        now: UTC; validity begins a day before, for clocks that are behind.
        authority_days: How long the authority holds.
        days: How long the certificate holds.
    """
    authority, authority_key = make_authority(member, now=now, days=authority_days)
    link = issue_link(member, authority, authority_key, hosts=hosts, now=now, days=days)
    return CertificateFiles(
        authority=authority, authority_key=authority_key, certificate=link.certificate, certificate_key=link.key,
        pin=link.pin,
    )  # fmt: skip


def make_authority(member: str, *, now: datetime, days: int = AUTHORITY_DAYS) -> tuple[bytes, bytes]:
    """Make an authority for a member's link certificates.

    Args:
        member: Code of the member; stands in the subject.
        now: UTC; validity begins a day before.
        days: How long it holds.

    Returns:
        Its certificate and its key, PEM; the key is a secret.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, member),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Tocsin link authority of {member}"),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, f"{serial:x}"[:16]),  # servers find an issuer by its name
        ]
    )
    authority = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return authority.public_bytes(Encoding.PEM), key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def issue_link(
    member: str, authority: bytes, authority_key: bytes, *, hosts: tuple[str, ...], now: datetime,
    days: int = LINK_DAYS, key: bytes | None = None,
) -> LinkCertificate:  # fmt: skip
    """Issue a certificate for a member's link, for both ends of mutual TLS.

    Args:
        member: Code of the member; stands in the subject.
        authority: The member's authority, PEM.
        authority_key: Its key, PEM.
        hosts: Names or addresses under which the member's leaf listener is reached.
        now: UTC; validity begins a day before, for clocks that are behind.
        days: How long it holds.
        key: The link's key so far, PEM, so that the pin stays; a new one if none is given.

    Raises:
        ValueError: Authority or key is not what it should be, or they do not belong together.
    """
    issuer, issuer_key = x509.load_pem_x509_certificate(authority), _elliptic(authority_key)
    if issuer.public_key() != issuer_key.public_key():
        raise ValueError("the authority's key does not belong to its certificate")
    link_key = _elliptic(key) if key is not None else ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{member} link")]))
        .issuer_name(issuer.subject)
        .public_key(link_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(min(now + timedelta(days=days), issuer.not_valid_after_utc))
        .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    return LinkCertificate(
        certificate=certificate.public_bytes(Encoding.PEM),
        key=link_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        pin=_pin(link_key.public_key()),
    )


def expires_at(certificates: bytes) -> datetime:
    """Return when a certificate in PEM ends, UTC; of several, the last.

    Raises:
        ValueError: It is no certificate.
    """
    return max(each.not_valid_after_utc for each in x509.load_pem_x509_certificates(certificates))


def certificate_pin(certificate: bytes) -> str:
    """Return the SHA-256 of a certificate's public key (SPKI, DER), hexadecimal, as a roster pins it.

    Raises:
        ValueError: It is no certificate in PEM.
    """
    return _pin(x509.load_pem_x509_certificate(certificate).public_key())


def hosts_of(certificate: bytes) -> tuple[str, ...]:
    """Return the names and addresses that a link certificate was issued for.

    Raises:
        ValueError: It is no certificate in PEM.
    """
    extensions = x509.load_pem_x509_certificate(certificate).extensions
    try:
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in names)


def is_issued_by(certificate: bytes, authorities: bytes) -> bool:
    """Tell whether an authority, or one of several, issued a certificate itself.

    Raises:
        ValueError: One of them is no certificate in PEM.
    """
    issued = x509.load_pem_x509_certificate(certificate)
    return any(_issued(issued, authority) for authority in x509.load_pem_x509_certificates(authorities))


def _issued(issued: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        issued.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _elliptic(key: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        loaded = load_pem_private_key(key, password=None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("this is no private key without a password, in PEM") from error
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise ValueError("this is no key on an elliptic curve")  # noqa: TRY004 - what the file holds
    return loaded


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
