"""A CAP message of our own, a certificate to sign it with, and where the real messages are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tocsin.cap import Area, CapAlert, Info, NamedValue

DATA = Path(__file__).parent / "unit" / "cap" / "data"
TOKYO = timezone(timedelta(hours=9))
SENT = datetime(2026, 1, 31, 7, 50, 0, tzinfo=TOKYO)
SQUARE = ((43.0, 141.0), (43.0, 142.0), (44.0, 142.0), (44.0, 141.0), (43.0, 141.0))


def info(language="ja-JP", **changed):
    given = {
        "language": language, "categories": ("Security",), "event": "missile", "response_types": ("Shelter",),
        "urgency": "Immediate", "severity": "Extreme", "certainty": "Likely", "effective": SENT,
        "expires": SENT + timedelta(minutes=20), "headline": "h", "description": "d", "instruction": "i",
        "areas": (Area(area_desc="Hokkaido", polygons=(SQUARE,), geocodes=(
            NamedValue(value_name="ISO3166-2", value="JP-01"),)),),
    }  # fmt: skip
    return Info(**{**given, **changed})


def alert(**changed):
    given = {
        "identifier": "jpn-1", "sender": "alerts@jpn.example", "sent": SENT, "status": "Actual", "msg_type": "Alert",
        "scope": "Public", "infos": (info(), info("en-US")),
    }  # fmt: skip
    return CapAlert(**{**given, **changed})


def certify(name="alerts.jpn.example", curve=None):
    key = ec.generate_private_key(curve or ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365)).sign(key, hashes.SHA256())
    )  # fmt: skip
    return key, certificate
