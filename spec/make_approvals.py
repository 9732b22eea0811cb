"""Write ``spec/approvals/cases.json``: decisions, passkeys, and what each decision is worth (clause 16.5).

The same bytes at every run: keys come from seeds that everybody can read here. Run by ``just spec``; a test compares
what is committed with what ``cases`` returns, and judges each case with this implementation.
"""  # noqa: INP001 - a script, not a package

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tocsin.exchange import challenge_of, digest_of
from tocsin.markings import marking_for
from tocsin.records import Approval, Assertion, Credential, Person, Record, Source, encode
from tocsin.records.record import Precedence, with_body
from tocsin.signing import to_base64url

FILE = Path(__file__).resolve().parent / "approvals" / "cases.json"
NOW = datetime(2026, 1, 15, 12, 0, 0, tzinfo=UTC)
AUDIENCE = ("JPN", "KOR", "USA")
ORIGIN, RP_ID = "https://watch.example", "watch.example"
RELEASER = Person(role="releaser", pseudonym="R-1")
SUBJECT = encode(
    Record(
        kind="harbour.tide", id="KOR-1", originator="KOR", marking=marking_for(*AUDIENCE), status="test",
        precedence=Precedence.ROUTINE, issued_at=NOW, body=msgspec.Raw(b'{"height_m":1.5}'),
    )
)  # fmt: skip

_Key = Ed25519PrivateKey | ec.EllipticCurvePrivateKey


def _seed(name: str) -> bytes:
    return hashlib.sha256(f"tocsin vector passkey {name}".encode()).digest()


def _ed25519(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(_seed(name))


def _p256(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(_seed(name), "big"), ec.SECP256R1())


def _sign(key: _Key, data: bytes) -> bytes:
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(data)
    return key.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True))


def _assertion(key: _Key, name: str, challenge: bytes, **spoilt: Any) -> Assertion:
    client = {
        "type": spoilt.get("type", "webauthn.get"), "challenge": to_base64url(challenge),
        "origin": spoilt.get("origin", ORIGIN), "crossOrigin": spoilt.get("cross_origin", False),
    }  # fmt: skip
    client_data = json.dumps(client, separators=(",", ":")).encode()
    flags = spoilt.get("flags", 0b101)
    data = hashlib.sha256(spoilt.get("rp_id", RP_ID).encode()).digest() + bytes([flags]) + (7).to_bytes(4, "big")
    return Assertion(
        credential=to_base64url(_seed(name)[:16]), client_data=to_base64url(client_data),
        authenticator_data=to_base64url(data),
        signature=to_base64url(_sign(key, data + hashlib.sha256(client_data).digest())),
    )  # fmt: skip


def _credential(key: _Key, name: str, **changes: Any) -> Record:
    info = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    record = {"originator": changes.pop("by", "KOR"), "status": changes.pop("status", "test")}
    body = Credential(
        **{
            "credential": to_base64url(_seed(name)[:16]), "pseudonym": "R-1", "roles": ("releaser",), "rp_id": RP_ID,
            "public_key": to_base64url(info), "origin": ORIGIN, "valid_from": NOW - timedelta(days=1),
        }
        | changes
    )  # fmt: skip
    return with_body(
        "watch.credential", body, id=f"C-{name}", marking=marking_for(*AUDIENCE), precedence=Precedence.IMMEDIATE,
        issued_at=NOW, **record,
    )  # fmt: skip


def _decision(body: Approval, by: str = "KOR") -> Record:
    return with_body(
        "watch.approval", body, id="A-1", originator=by, marking=marking_for(*AUDIENCE), status="test",
        precedence=Precedence.IMMEDIATE, issued_at=NOW, sources=(Source(record="KOR-1", originator="KOR"),),
    )  # fmt: skip


PLAIN = Approval(
    act="release", originator="KOR", record="KOR-1", digest=digest_of(SUBJECT), person=RELEASER, text="to allies: 공개"
)  # fmt: skip


def _signed(key: _Key, name: str, body: Approval = PLAIN, *, member: str = "KOR", **spoilt: Any) -> Approval:
    assertion = _assertion(key, name, challenge_of(body, member), **spoilt)
    return msgspec.structs.replace(body, assertion=assertion)


def cases() -> Iterator[dict[str, Any]]:
    """Yield every case."""
    key, other, curve = _ed25519("one"), _ed25519("two"), _p256("curve")
    good, known = _signed(key, "one"), _credential(key, "one")

    def case(
        why: str, result: str, body: Approval, *told: Record, by: str = "KOR", record: bytes | None = SUBJECT
    ) -> dict[str, Any]:
        return {
            "why": why, "result": result, "record": None if record is None else record.decode(),
            "approval": encode(_decision(body, by)).decode(), "credentials": [encode(each).decode() for each in told],
        }  # fmt: skip

    replaced = msgspec.structs.replace
    yield case("Ed25519.", "verified", good, known)
    yield case("ECDSA on P-256.", "verified", _signed(curve, "curve"), _credential(curve, "curve"))
    yield case("The member alone answers for it.", "unsigned", PLAIN, known)
    yield case("Nobody has told of the passkey.", "credential_unknown", good)
    yield case("Another member has.", "credential_unknown", good, _credential(key, "one", by="USA"))
    yield case("It is known for what is actual.", "credential_unknown", good, _credential(key, "one", status="actual"))
    yield case(
        "One byte of the record is another.", "another_record", good, known, record=SUBJECT.replace(b"1.5", b"1.6")
    )
    yield case("The record is not here.", "record_missing", good, known, record=None)
    yield case("Another act than was signed.", "broken", replaced(good, act="approve"), known)
    yield case("Another reason than was signed.", "broken", replaced(good, text="to allies"), known)
    yield case("Another passkey signed.", "broken", _signed(other, "one"), known)
    yield case("Another person's passkey.", "another_person", good, _credential(key, "one", pseudonym="R-2"))
    yield case("Not in this role.", "another_person", good, _credential(key, "one", roles=("analyst",)))
    yield case("Taken back before.", "not_valid_then", good, _credential(key, "one", valid_until=NOW))
    ended = _credential(key, "one", valid_until=NOW + timedelta(seconds=1))
    yield case("Taken back afterwards.", "verified", good, known, ended)
    late = _credential(key, "one", valid_from=NOW + timedelta(seconds=1))
    yield case("Not there yet.", "not_valid_then", good, late)
    yield case("Signed on another page.", "broken", _signed(key, "one", origin="https://watch.example.org"), known)
    yield case("Signed inside a page of others.", "broken", _signed(key, "one", cross_origin=True), known)
    yield case("Made for another domain.", "broken", _signed(key, "one", rp_id="example"), known)
    yield case("Of another ceremony.", "broken", _signed(key, "one", type="webauthn.create"), known)
    yield case("The person was not verified.", "broken", _signed(key, "one", flags=0b001), known)
    stolen = _credential(key, "one", by="USA")
    yield case("Signed for one member, said by another.", "broken", good, stolen, by="USA")


def main() -> None:
    """Write the cases."""
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")


def text() -> str:
    """Return the file."""
    return json.dumps(list(cases()), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
