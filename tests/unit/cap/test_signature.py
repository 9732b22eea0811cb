"""A signature covers all of a message, and only the sender's own certificate proves anything."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lxml import etree
from tests.cap_messages import alert, certify

from tocsin.cap import check_cap, is_signed, read_cap, sign_cap, signed_part, write_cap
from tocsin.errors import CapError

DS = "{http://www.w3.org/2000/09/xmldsig#}"
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def signed(signer):
    key, certificate = signer
    return sign_cap(write_cap(alert(note="ミサイル")), key=key, certificate=certificate)


def refused(data, *certificates):
    with pytest.raises(CapError) as caught:
        signed_part(data, certificates, at=NOW)
    return str(caught.value)


def test_what_was_signed_is_what_is_read(signed, signer):
    assert is_signed(signed)
    assert check_cap(signed).findings == ()
    assert read_cap(signed_part(signed, [certify()[1], signer[1]], at=NOW)) == alert(note="ミサイル")
    assert check_cap(signed, certificates=[signer[1]], at=NOW).findings == ()


def test_a_change_of_one_letter_breaks_it(signed, signer):
    assert "no certificate that is known" in refused(signed.replace(b"Actual", b"Test"), signer[1])
    (finding,) = check_cap(signed.replace(b"JP-01", b"JP-02"), certificates=[signer[1]], at=NOW).findings
    assert finding.rule == "signature"


def test_the_certificate_inside_proves_nothing(signed):
    assert "no certificate that is known" in refused(signed, certify()[1])
    assert "none is known" in refused(signed)


def test_a_message_without_a_signature_is_refused(signer):
    assert "0 signatures" in refused(write_cap(alert()), signer[1])


def test_a_second_alert_wrapped_around_a_signed_one_is_refused(signed, signer):
    """Signature wrapping: what is signed sits inside, what is read would be outside."""
    outer = etree.fromstring(write_cap(alert(identifier="jpn-2")))
    signature = etree.fromstring(signed).find(f"{DS}Signature")
    holder = etree.SubElement(signature, f"{DS}Object")
    holder.append(etree.fromstring(signed))
    outer.append(signature)
    assert refused(etree.tostring(outer), signer[1])


def test_a_signature_over_a_part_is_refused(signer):
    root = etree.fromstring(sign_cap(write_cap(alert()), key=signer[0], certificate=signer[1]))
    (reference,) = root.iter(f"{DS}Reference")
    reference.set("URI", "#part")
    assert refused(etree.tostring(root), signer[1])


def test_two_signatures_are_refused(signed, signer):
    root = etree.fromstring(signed)
    root.append(etree.fromstring(signed).find(f"{DS}Signature"))
    assert "2 signatures" in refused(etree.tostring(root), signer[1])


def test_a_weak_algorithm_is_refused(signed, signer):
    weak = signed.replace(b"xmldsig-more#ecdsa-sha256", b"xmldsig-more#ecdsa-sha1")
    assert refused(weak, signer[1])


def test_comments_put_into_a_signed_message_change_nothing_that_is_read(signed, signer):
    """Canonical XML leaves comments out, so the signature holds; the text must still be read whole."""
    commented = signed.replace(b"jpn-1", b"jp<!-- -->n-1")
    assert read_cap(signed_part(commented, [signer[1]], at=NOW)).identifier == "jpn-1"


def test_nobody_signs_twice_or_with_anothers_certificate(signed, signer):
    with pytest.raises(CapError, match="signed already"):
        sign_cap(signed, key=signer[0], certificate=signer[1])
    with pytest.raises(ValueError, match="not that of the key"):
        sign_cap(write_cap(alert()), key=signer[0], certificate=certify()[1])
