from __future__ import annotations

import hashlib
from datetime import timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from tocsin.signing.certificates import certificate_pin, expires_at, is_issued_by, issue_certificates
from tocsin.testing.federation import START


@pytest.fixture(scope="module")
def files():
    return issue_certificates("KOR", ("link.kor.example", "192.0.2.7"), now=START, days=30)


def test_the_authority_signs_the_link_and_nothing_beneath_it(files):
    authority = x509.load_pem_x509_certificate(files.authority)
    certificate = x509.load_pem_x509_certificate(files.certificate)
    certificate.verify_directly_issued_by(authority)
    limits = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (limits.ca, limits.path_length) == (True, 0)
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert authority.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    assert not certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign


def test_the_link_certificate_serves_both_ends_under_its_names(files):
    certificate = x509.load_pem_x509_certificate(files.certificate)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(usage) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["link.kor.example"]
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("192.0.2.7")]


def test_how_long_it_holds(files):
    assert expires_at(files.certificate) == START + timedelta(days=30)
    assert expires_at(files.authority) == START + timedelta(days=3650)
    with pytest.raises(ValueError, match="PEM"):
        expires_at(b"nothing")


def test_the_pin_is_that_of_the_key(files):
    public = load_pem_private_key(files.certificate_key, None).public_key()
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert files.pin == hashlib.sha256(spki).hexdigest()
    assert load_pem_private_key(files.authority_key, None).public_key() != public


def test_the_pin_of_a_certificate_is_read_from_it(files):
    assert certificate_pin(files.certificate) == files.pin
    assert certificate_pin(files.authority) != files.pin


def test_who_issued_a_certificate(files):
    other = issue_certificates("KOR", ("link.kor.example",), now=START)
    assert is_issued_by(files.certificate, files.authority)
    assert not is_issued_by(other.certificate, files.authority)
    assert not is_issued_by(files.authority, files.certificate)
    with pytest.raises(ValueError, match="PEM"):
        is_issued_by(b"", files.authority)
