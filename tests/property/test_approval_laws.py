"""Laws of decisions: what a passkey signed verifies as it stands, and nothing that differs from it by anything does."""

from __future__ import annotations

import base64
from datetime import timedelta
from functools import cache

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.authenticators import ORIGIN, PRESENT, RP_ID, Authenticator
from tests.sealed import START, Federation, make_record

from tocsin.codec import encode
from tocsin.errors import SignatureError
from tocsin.exchange import challenge_of, digest_of, standing_of
from tocsin.records import Admitted, Approval, Assertion, Credential, Person
from tocsin.signing import (
    SignedByPasskey,
    from_base64url,
    require_passkey,
    to_base64url,
    verify_passkey,
)

PARTS = ("client_data", "authenticator_data", "signature")
SORTS = ("p256", "ed25519", "rsa")
RELEASER = Person(role="releaser", pseudonym="R-1")
CHALLENGE = bytes(range(32))


@cache
def authenticator(sort: str) -> Authenticator:
    return Authenticator(sort)


@cache
def about() -> Admitted:
    return Federation().admitted(make_record("subject")).records[0]


def admitted(kind: str, body: msgspec.Struct, *, at_s: float = 60.0, originator: str = "JPN", status: str = "test"):
    record = make_record(
        f"{kind}-{at_s}", kind=kind, body=msgspec.to_builtins(body), originator=originator, status=status,
        issued_at=START + timedelta(seconds=at_s),
    )  # fmt: skip
    return Federation().admitted(record).records[0]


def credential(key: Authenticator, **changes) -> Credential:
    fields = {
        "credential": to_base64url(key.id), "pseudonym": "R-1", "roles": ("releaser",), "rp_id": RP_ID,
        "public_key": to_base64url(key.public_info), "origin": ORIGIN, "valid_from": START,
    }  # fmt: skip
    return Credential(**fields | changes)


def approval(**changes) -> Approval:
    fields = {
        "act": "release", "originator": "JPN", "record": "subject", "digest": digest_of(about().raw),
        "person": RELEASER, "text": "to allies",
    }  # fmt: skip
    return Approval(**fields | changes)


def signed(key: Authenticator, decision: Approval, member: str = "JPN") -> Approval:
    return msgspec.structs.replace(decision, assertion=key.assertion(challenge_of(decision, member)))


def code(decision: Approval, *told: Credential, seen: Admitted | None = None, **fields) -> str:
    known = [admitted("watch.credential", each, at_s=n, **fields) for n, each in enumerate(told)]
    return standing_of(admitted("watch.approval", decision), seen or about(), known).code


@pytest.mark.parametrize("sort", SORTS)
def test_what_was_signed_verifies(sort: str) -> None:
    key = authenticator(sort)
    assert code(signed(key, approval()), credential(key)) == "verified"
    other = Authenticator()
    assert code(signed(key, approval()), credential(other), credential(key)) == "verified"


@pytest.mark.parametrize(
    "change",
    [
        {"act": "approve"}, {"originator": "KOR"}, {"record": "subjecu"}, {"text": "to allieS"}, {"text": ""},
        {"person": Person(role="analyst", pseudonym="R-1")}, {"person": Person(role="releaser", pseudonym="R-2")},
        {"digest": "0" * 64},
    ],
    ids=str,
)  # fmt: skip
def test_no_part_of_the_decision_can_be_another(change: dict) -> None:
    key = authenticator("p256")
    told = credential(key, roles=("releaser", "analyst")), credential(key, pseudonym="R-2")
    spoilt = msgspec.structs.replace(signed(key, approval()), **change)
    assert code(spoilt, *told) in ("broken", "another_record")


@given(st.integers(0, 10_000), st.integers(1, 255))
@settings(max_examples=60, deadline=None)
def test_any_changed_byte_of_what_was_approved_fails(place: int, mask: int) -> None:
    key, whole = authenticator("p256"), about()
    spoilt = bytearray(whole.raw)
    spoilt[place % len(spoilt)] ^= mask
    other = Admitted(
        whole.record, bytes(spoilt), whole.digest, whole.frame, whole.index, whole.admitted_at, whole.sealed_at, "JPN"
    )  # fmt: skip
    assert code(signed(key, approval()), credential(key), seen=other) == "another_record"


@given(st.sampled_from(SORTS), st.sampled_from(PARTS), st.integers(0, 10_000), st.integers(1, 255))
@settings(max_examples=120, deadline=None)
def test_any_changed_byte_of_the_signature_and_of_what_it_covers_fails(
    sort: str, name: str, place: int, mask: int
) -> None:
    key = authenticator(sort)
    good = key.parts(CHALLENGE, RP_ID)
    parts = {
        "client_data": good["clientDataJSON"], "authenticator_data": good["authenticatorData"],
        "signature": good["signature"],
    }  # fmt: skip
    check(key, parts)
    spoilt = bytearray(parts[name])
    spoilt[place % len(spoilt)] ^= mask
    with pytest.raises(SignatureError):
        check(key, parts | {name: bytes(spoilt)})


def check(key: Authenticator, parts: dict[str, bytes]) -> None:
    verify_passkey(
        SignedByPasskey(**parts), challenge=CHALLENGE, public_key=key.public_info, rp_id=RP_ID, origin=ORIGIN
    )  # fmt: skip


@given(st.binary(max_size=600), st.binary(max_size=200), st.binary(max_size=100), st.binary(max_size=100))
def test_whatever_bytes_come_they_are_refused_in_words(client: bytes, data: bytes, signature: bytes, key: bytes):
    with pytest.raises(SignatureError):
        verify_passkey(
            SignedByPasskey(client_data=client, authenticator_data=data, signature=signature), challenge=CHALLENGE,
            public_key=key, rp_id=RP_ID, origin=ORIGIN,
        )  # fmt: skip
    with pytest.raises(SignatureError):
        require_passkey(key)


@given(st.binary(max_size=100))
def test_base64_for_urls_comes_back(data: bytes) -> None:
    text = to_base64url(data)
    assert from_base64url(text) == data
    assert text == base64.urlsafe_b64encode(data).decode().rstrip("=")
    for spoilt in (text + "=", text + "é", text + "\n"):
        with pytest.raises(ValueError, match="base64"):
            from_base64url(spoilt)


def test_anothers_passkey_another_page_and_another_time_fail() -> None:
    key, other = authenticator("p256"), Authenticator()
    decision = signed(key, approval())
    assert code(decision) == "credential_unknown"
    assert code(decision, credential(other)) == "credential_unknown"
    assert code(decision, credential(other, credential=to_base64url(key.id))) == "broken"
    assert code(decision, credential(key), originator="USA") == "credential_unknown"
    assert code(decision, credential(key), status="actual") == "credential_unknown"
    assert code(decision, credential(key, origin="https://watch.example")) == "broken"
    assert code(decision, credential(key, rp_id="example")) == "broken"
    assert code(decision, credential(key, pseudonym="R-2")) == "another_person"
    assert code(decision, credential(key, roles=("analyst",))) == "another_person"
    assert code(decision, credential(key, valid_from=START + timedelta(hours=1))) == "not_valid_then"
    gone = credential(key, valid_until=START + timedelta(seconds=59))
    assert code(decision, credential(key), gone) == "not_valid_then"
    later = credential(key, valid_until=START + timedelta(seconds=61))
    assert code(decision, credential(key), later) == "verified"
    assert code(msgspec.structs.replace(decision, assertion=None), credential(key)) == "unsigned"
    missing = standing_of(admitted("watch.approval", decision), None, [admitted("watch.credential", credential(key))])
    assert missing.code == "record_missing"


def test_a_signature_for_one_member_does_not_serve_another() -> None:
    key = authenticator("p256")
    stolen = admitted("watch.approval", signed(key, approval()), originator="USA")
    known = admitted("watch.credential", credential(key), originator="USA")
    assert standing_of(stolen, about(), [known]).code == "broken"


@pytest.mark.parametrize("flags", [0, PRESENT, 0x04])
def test_who_was_not_verified_has_not_signed(flags: int) -> None:
    key = Authenticator(flags=flags)
    assert code(signed(key, approval()), credential(key)) == "broken"


def test_parts_that_run_into_each_other_are_told_apart() -> None:
    one = approval(record="ab", originator="JPN", text="c")
    other = approval(record="a", originator="JPN", text="bc")
    assert challenge_of(one, "JPN") != challenge_of(other, "JPN")
    assert approval().statement("JPN").startswith(b"3:JPN,7:release,3:JPN,7:subject,64:")


def test_what_cannot_be_is_no_record() -> None:
    good = {"credential": "AAAA", "client_data": "AAAA", "authenticator_data": "AAAA", "signature": "AAAA"}
    for name in good:
        for wrong in ("", "A", "AA==", "é", "A" * 4100):
            with pytest.raises(ValueError, match=name):
                Assertion(**good | {name: wrong})
    with pytest.raises(ValueError, match="digest"):
        approval(digest="0" * 63)
    with pytest.raises(ValueError, match="text"):
        approval(text="x" * 2001)
    with pytest.raises(ValueError, match="roles"):
        credential(authenticator("p256"), roles=())
    assert encode(approval()).count(b"assertion") == 0
