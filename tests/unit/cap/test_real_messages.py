"""Every real message is read, and what is wrong with some is told."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from cryptography import x509
from lxml import etree
from tests.cap_messages import DATA

from tocsin.cap import check_cap, is_signed, read_cap, signed_part, write_cap
from tocsin.errors import CapError

MESSAGES = sorted(DATA.glob("*.xml"))

WRONG = {
    "cap12_appendix_a1_homeland_security": ["area-words"],  # "U.S. nationwide and interests worldwide"
    "usa_paaq_tsunami_cancellation_2013": ["expires"],  # it ends in the moment in which it is sent
}
"""Rules that real messages break."""


@pytest.mark.parametrize("file", MESSAGES, ids=lambda file: file.stem)
def test_it_is_read_and_means_the_same_when_written_again(file):
    checked = check_cap(file.read_bytes())
    assert checked.alert is not None, checked.findings
    assert [finding.rule for finding in checked.findings] == WRONG.get(file.stem, [])
    assert read_cap(write_cap(checked.alert)) == checked.alert


def test_there_are_enough():
    assert len(MESSAGES) == 11


def test_what_a_message_says_arrives():
    alert = read_cap((DATA / "canada.xml").read_bytes())
    assert (alert.status, alert.msg_type, alert.scope) == ("Actual", "Update", "Public")
    assert [reference.identifier for reference in alert.references] == [
        "2.49.0.1.124.a3f342a4.2012", "2.49.0.1.124.60f31a3a.2012",
    ]  # fmt: skip
    assert [info.language for info in alert.infos] == ["en-CA", "fr-CA"]
    area = alert.infos[0].areas[0]
    assert area.polygons[0][0] == area.polygons[0][-1] == (42.3481, -82.9314)
    assert alert.restriction is None  # <restriction/> says nothing
    assert alert.sent.isoformat() == "2012-05-02T23:21:04+00:00"


def test_a_circle_and_a_message_in_another_encoding():
    assert read_cap((DATA / "australia.xml").read_bytes()).infos[0].areas[0].circles[0].radius_km == 25.0
    assert "Usulután" in (read_cap((DATA / "earthquake_iso8859_1.xml").read_bytes()).infos[0].headline or "")


def test_a_message_without_a_language_is_in_english():
    assert read_cap((DATA / "wcatwc_warning.xml").read_bytes()).infos[0].language == "en-US"


def _certificate_inside(data):
    root = etree.fromstring(data)
    (text,) = root.xpath("//*[local-name()='X509Certificate']/text()")
    return x509.load_pem_x509_certificate(
        f"-----BEGIN CERTIFICATE-----\n{text.strip()}\n-----END CERTIFICATE-----\n".encode()
    )


def test_a_signature_whose_message_was_laid_out_anew_does_not_hold():
    """The file was published with other blanks than it was signed with: what it says is read, and proves nothing."""
    data = (DATA / "seychelles_signed.xml").read_bytes()
    unsigned = read_cap((DATA / "seychelles_unsigned.xml").read_bytes())
    assert read_cap(data) == unsigned
    assert is_signed(data)
    assert not is_signed((DATA / "seychelles_unsigned.xml").read_bytes())
    with pytest.raises(CapError, match="Signature verification failed"):
        signed_part(data, [_certificate_inside(data)], at=datetime(2024, 8, 1, tzinfo=UTC))
    with pytest.raises(CapError, match="expired"):
        signed_part(data, [_certificate_inside(data)], at=datetime(2025, 8, 1, tzinfo=UTC))


def test_a_signature_that_is_none_or_of_an_old_kind_is_no_proof(signer):
    for name in ("usa_paaq_tsunami_cancellation_2013", "earthquake_iso8859_1"):
        with pytest.raises(CapError, match="no certificate that is known made the signature"):
            signed_part((DATA / f"{name}.xml").read_bytes(), [signer[1]], at=datetime.now(UTC))


def test_findings_are_plain_data():
    checked = check_cap((DATA / "usa_paaq_tsunami_cancellation_2013.xml").read_bytes())
    (finding,) = checked.findings
    assert finding.line == 20
    assert msgspec.to_builtins(finding)["where"] == "alert/info[1]/expires"
