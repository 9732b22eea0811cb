"""A signed statement: verified by keys alone, and any changed letter breaks it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.consult import PAYLOAD_TYPE, Paragraph, make_statement, prove
from tocsin.errors import DomainError, SignatureError, TocsinError
from tocsin.records import decode, encode
from tocsin.signing import KeyRole, Signature, SignedDocument
from tocsin.testing import make_federation

MEMBERS = ("JPN", "KOR", "USA")
FEDERATION = make_federation(MEMBERS)
ROSTERS = (FEDERATION.roster,)
letters = st.characters(codec="utf-8")


def text(words="We condemn it.", *, status="actual"):
    return make_statement(
        id="joint-1", drafter="JPN", status=status, members=MEMBERS, titles={"en": "T", "ko": "가"},
        paragraphs=[Paragraph(id="p-1", texts={"en": words, "ko": "규탄한다."})],
    )  # fmt: skip


def signed(payload, *, by=MEMBERS, role=KeyRole.LIVE):
    document = SignedDocument(payload_type=PAYLOAD_TYPE, payload=payload)
    for code in by:
        document = document.signed_by(code, FEDERATION.keys[code][role])
    return document


def test_three_signatures_are_verified_with_keys_alone():
    proof = prove(decode(encode(signed(text())), SignedDocument), ROSTERS)
    assert (proof.signed, proof.unsigned, proof.is_complete) == (MEMBERS, (), True)


@given(by=st.sets(st.sampled_from(MEMBERS)))
def test_who_has_not_signed_is_told(by):
    proof = prove(signed(text(), by=sorted(by)), ROSTERS)
    assert set(proof.signed) == by
    assert set(proof.unsigned) == set(MEMBERS) - by


@given(place=st.integers(0, 10_000), letter=letters)
def test_a_signature_holds_for_one_text_alone(place, letter):
    document = signed(text())
    place %= len(document.payload)
    payload = document.payload[:place] + letter + document.payload[place + 1 :]
    if payload == document.payload:
        return
    with pytest.raises((SignatureError, DomainError)):
        prove(msgspec.structs.replace(document, payload=payload), ROSTERS)


@given(words=st.text(letters, min_size=1, max_size=60))
def test_no_signature_fits_another_text(words):
    try:
        other = text(words)
    except DomainError:
        return
    ours = signed(text())
    if other != ours.payload:
        with pytest.raises(SignatureError):
            prove(msgspec.structs.replace(ours, payload=other), ROSTERS)


@given(data=st.data())
def test_any_byte_of_the_file_changed_says_less_or_is_refused(data):
    whole = encode(signed(text()))
    place = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255))
    try:
        proof = prove(decode(whole[:place] + bytes([byte]) + whole[place + 1 :], SignedDocument), ROSTERS)
    except TocsinError:
        return
    assert proof.statement == prove(signed(text()), ROSTERS).statement
    assert set(proof.signed) <= set(MEMBERS)


@pytest.mark.parametrize("role", [KeyRole.EXERCISE, KeyRole.TEST, KeyRole.ROSTER])
def test_a_key_of_another_role_signs_nothing(role):
    proof = prove(signed(text(), role=role), ROSTERS)
    assert (proof.signed, proof.unknown) == ((), MEMBERS)
    exercise = prove(signed(text(status="exercise:alpha"), role=KeyRole.EXERCISE), ROSTERS)
    assert exercise.is_complete


def test_a_signature_by_another_members_key_counts_for_nobody():
    document = signed(text(), by=("JPN", "KOR"))
    forged = Signature(member="USA", keyid=document.signatures[0].keyid, signature=document.signatures[0].signature)
    proof = prove(msgspec.structs.replace(document, signatures=(*document.signatures, forged)), ROSTERS)
    assert (proof.unsigned, proof.unknown) == (("USA",), ("USA",))


def test_what_was_signed_as_something_else_is_no_statement():
    document = SignedDocument(payload_type="application/vnd.tocsin.roster.v1+json", payload=text())
    with pytest.raises(DomainError, match="no statement"):
        prove(document.signed_by("JPN", FEDERATION.keys["JPN"][KeyRole.LIVE]), ROSTERS)
