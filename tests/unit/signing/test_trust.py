from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from tocsin.codec import decode
from tocsin.errors import (
    ExpiredError,
    MalformedRecordError,
    RollbackError,
    SignatureError,
    ThresholdError,
    TrustError,
    UnsupportedVersionError,
)
from tocsin.signing import (
    RETIREMENT_GRACE,
    KeyRevocation,
    KeyRole,
    LastHead,
    Link,
    LinkIdentity,
    Roster,
    RosterMember,
    Signature,
    SignedDocument,
    Trust,
    chained,
    unsigned,
)
from tocsin.testing import make_federation
from tocsin.testing.federation import START, key_of

LATER = START + timedelta(days=1)
FOUR = ("AUS", "JPN", "KOR", "USA")


@pytest.fixture
def federation():
    return make_federation()


def successor(of, **changes):
    fields = {"version": 2, "previous": of.document.hash, "issued_at": LATER} | changes
    return msgspec.structs.replace(of.roster, **fields)


def member(code, *keys):
    keys = keys or tuple(key_of(code, role).public for role in KeyRole)
    return RosterMember(code=code, name=code, keys=keys, link=LinkIdentity(certificate=""))


# -- the first roster


def test_the_first_is_signed_by_all(federation):
    trust = federation.trust()
    assert trust.roster == federation.roster
    assert not trust.is_stale(START)
    for missing in federation.roster.codes:
        others = [code for code in federation.roster.codes if code != missing]
        with pytest.raises(ThresholdError, match=f"lacks the signature of {missing}.*Every member signs"):
            Trust(federation.next_roster(federation.roster, signers=others))


def test_a_later_one_that_was_in_force_begins_too(federation):
    document = federation.next_roster(successor(federation), signers=["JPN", "USA"])
    assert Trust(document).roster.version == 2
    with pytest.raises(ThresholdError, match="nobody in this roster"):
        Trust(unsigned(successor(federation)))


def test_only_roster_keys_sign_rosters(federation):
    document = unsigned(federation.roster)
    for code in federation.roster.codes:
        document = document.signed_by(code, federation.keys[code][KeyRole.LIVE])
    with pytest.raises(ThresholdError):
        Trust(document)


def test_one_wrong_signature_spoils_the_document(federation):
    entries = federation.document.signatures
    for forged in (entries[1].signature, "ünsinn"):
        wrong = (msgspec.structs.replace(entries[0], signature=forged), *entries[1:])
        with pytest.raises(SignatureError, match="of JPN on this document is wrong"):
            Trust(msgspec.structs.replace(federation.document, signatures=wrong))


def test_altered_text_is_refused(federation):
    altered = federation.document.payload.replace('"name":"KOR"', '"name":"PRK"')
    with pytest.raises(SignatureError):
        Trust(msgspec.structs.replace(federation.document, payload=altered))


def test_what_is_no_roster_is_refused(federation):
    with pytest.raises(UnsupportedVersionError, match="is no roster of version 1"):
        Trust(msgspec.structs.replace(federation.document, payload_type="text/plain"))
    with pytest.raises(MalformedRecordError):
        Trust(msgspec.structs.replace(federation.document, payload="{}"))


def test_signing_again_takes_the_place_of_the_former(federation):
    again = federation.document.signed_by("KOR", federation.keys["KOR"][KeyRole.ROSTER])
    assert len(again.signatures) == 3
    assert again.signers({"KOR": (federation.keys["KOR"][KeyRole.ROSTER].public,)}) == {"KOR"}


def test_a_signature_in_the_name_of_another_counts_for_nobody(federation):
    key = federation.keys["KOR"][KeyRole.ROSTER]
    document = unsigned(federation.roster).signed_by("USA", key)
    assert document.signers({"USA": (federation.keys["USA"][KeyRole.ROSTER].public,)}) == set()
    assert document.signers({}) == set()


# -- the next one


def test_more_than_half_sign_the_next(federation):
    trust = federation.trust()
    with pytest.raises(ThresholdError, match="1 of 3 members have signed"):
        trust.apply(federation.next_roster(successor(federation), signers=["JPN"]), now=LATER)
    assert trust.roster.version == 1
    trust.apply(federation.next_roster(successor(federation), signers=["JPN", "USA"]), now=LATER)
    assert trust.roster.version == 2


def test_half_of_four_is_not_more_than_half():
    four = make_federation(FOUR)
    with pytest.raises(ThresholdError, match="2 of 4"):
        four.trust().apply(four.next_roster(successor(four), signers=["AUS", "JPN"]), now=LATER)


def test_no_way_back_and_no_fork(federation):
    trust = federation.trust()
    second = federation.next_roster(successor(federation))
    trust.apply(second, now=LATER)
    for document, says in [
        (federation.document, "version 1 is not newer than version 2"),
        (second, "version 2 is not newer"),
        (federation.next_roster(successor(federation, expires_at=LATER + timedelta(days=9))), "is not newer"),
        (federation.next_roster(successor(federation, version=3)), "does not follow.*propose again"),
        (
            federation.next_roster(successor(federation, version=4, previous=second.hash)),
            "Ask for the versions between",
        ),
        (federation.next_roster(successor(federation, federation="other", version=3, previous=second.hash)), "ours is"),
    ]:
        with pytest.raises(RollbackError, match=says):
            trust.apply(document, now=LATER)
    assert trust.document is second


def test_after_expiry_all_must_sign(federation):
    trust = federation.trust()
    late = federation.roster.expires_at
    assert trust.is_stale(late)
    roster = successor(federation, expires_at=late + timedelta(days=365))
    with pytest.raises(ExpiredError, match="all must sign"):
        trust.apply(federation.next_roster(roster, signers=["JPN", "USA"]), now=late)
    trust.apply(federation.next_roster(roster), now=late)
    assert not trust.is_stale(late)


def test_nobody_joins_unasked(federation):
    wide = make_federation(FOUR)
    roster = successor(federation, members=wide.roster.members, links=wide.roster.links)
    trust = federation.trust()
    with pytest.raises(ThresholdError, match="AUS would join without having signed"):
        trust.apply(wide.next_roster(roster, signers=["JPN", "KOR", "USA"]), now=LATER)
    trust.apply(wide.next_roster(roster, signers=["AUS", "JPN", "KOR"]), now=LATER)
    assert trust.roster.codes == FOUR


def test_a_newcomer_does_not_count_towards_the_majority(federation):
    wide = make_federation(FOUR)
    roster = successor(federation, members=wide.roster.members)
    with pytest.raises(ThresholdError, match="1 of 3"):
        federation.trust().apply(wide.next_roster(roster, signers=["AUS", "JPN"]), now=LATER)


def test_keys_follow_the_roster(federation):
    trust = federation.trust()
    new = key_of("KOR", KeyRole.TEST, 1)
    assert trust.key("KOR", new.keyid) is None
    assert trust.key("KOR", federation.keys["KOR"][KeyRole.ROSTER].keyid) is None
    assert trust.key("JPN", federation.keys["KOR"][KeyRole.TEST].keyid) is None
    trust.apply(
        federation.next_roster(federation.with_key(federation.document, federation.roster, "KOR", new)), now=LATER
    )
    assert trust.key("KOR", new.keyid).role is KeyRole.TEST
    assert trust.key("KOR", federation.keys["KOR"][KeyRole.TEST].keyid) is not None


def without_key(of, roster, code, role):
    """Return the roster after one, in which a member no longer lists its key of a role."""
    gone = of.keys[code][role].keyid
    members = tuple(
        msgspec.structs.replace(each, keys=tuple(key for key in each.keys if key.keyid != gone))
        for each in roster.members
    )
    return msgspec.structs.replace(roster, members=members)


def test_a_key_that_is_no_longer_listed_is_retired(federation):
    trust = federation.trust()
    old, new = federation.keys["KOR"][KeyRole.TEST], key_of("KOR", KeyRole.TEST, 1)
    second = federation.next_roster(federation.with_key(federation.document, federation.roster, "KOR", new))
    trust.apply(second, now=LATER)
    assert trust.retired_at("KOR", old.keyid) is None
    third = successor(federation, version=3, previous=second.hash, members=trust.roster.members)
    trust.apply(federation.next_roster(without_key(federation, third, "KOR", KeyRole.TEST)), now=LATER)
    assert trust.key("KOR", old.keyid) is not None
    assert trust.retired_at("KOR", old.keyid) == LATER + RETIREMENT_GRACE
    assert trust.retired_at("KOR", new.keyid) is None
    assert [roster.version for roster in trust.rosters] == [1, 2, 3]
    again = msgspec.structs.replace(third, version=4, previous=trust.document.hash)
    trust.apply(federation.next_roster(again), now=LATER)
    assert trust.retired_at("KOR", old.keyid) is None


def test_the_keys_of_a_member_that_left_are_retired():
    four = make_federation(FOUR)
    trust = four.trust()
    stay = tuple(each for each in four.roster.members if each.code != "AUS")
    links = tuple(link for link in four.roster.links if "AUS" not in (link.dialler, link.listener))
    trust.apply(four.next_roster(successor(four, members=stay, links=links), signers=["JPN", "KOR", "USA"]), now=LATER)
    key = four.keys["AUS"][KeyRole.LIVE]
    assert trust.has_known("AUS")
    assert not trust.has_known("PRK")
    assert trust.retired_at("AUS", key.keyid) == LATER + RETIREMENT_GRACE
    trust.revoke(four.revocation("AUS", key.keyid, [place(3, status="actual")]))
    assert trust.is_void(key.keyid, place(4, status="actual"))


def test_rosters_of_before_are_taken_up_again(federation):
    second = federation.next_roster(successor(federation), signers=["JPN", "USA"])
    third = federation.next_roster(successor(federation, version=3, previous=second.hash), signers=["KOR", "USA"])
    trust = Trust(federation.document, [second, third])
    assert (trust.roster.version, trust.documents) == (3, (federation.document, second, third))
    assert Trust(second, [third]).rosters == trust.rosters[1:]
    with pytest.raises(RollbackError, match="does not follow"):
        Trust(federation.document, [third])
    forked = federation.next_roster(successor(federation, expires_at=LATER + timedelta(days=9)))
    with pytest.raises(RollbackError, match="does not follow"):
        Trust(forked, [third])
    with pytest.raises(ThresholdError, match="1 of 3"):
        Trust(federation.document, [federation.next_roster(successor(federation), signers=["JPN"])])
    late = federation.next_roster(successor(federation, issued_at=federation.roster.expires_at), signers=["JPN", "USA"])
    assert Trust(federation.document, [late]).roster.version == 2  # taken before the first expired, whatever it says


def test_a_roster_issued_before_the_one_in_force_is_refused(federation):
    early = federation.next_roster(successor(federation, issued_at=START - timedelta(seconds=1)))
    with pytest.raises(RollbackError, match="was issued before"):
        federation.trust().apply(early, now=LATER)


def test_a_key_comes_to_no_other_member_and_no_other_role(federation):
    trust = federation.trust()
    old = federation.keys["KOR"][KeyRole.TEST]
    second = federation.next_roster(without_key(federation, successor(federation), "KOR", KeyRole.TEST))
    trust.apply(second, now=LATER)
    third = successor(federation, version=3, previous=second.hash, members=trust.roster.members)
    for code, key, says in [
        ("USA", old.public, "was the test key of KOR; it cannot be the test key of USA"),
        ("KOR", msgspec.structs.replace(old.public, role=KeyRole.LIVE), "it cannot be the live key of KOR"),
    ]:
        members = tuple(
            msgspec.structs.replace(each, keys=(*each.keys, key)) if each.code == code else each
            for each in third.members
        )
        with pytest.raises(TrustError, match=says):
            trust.apply(federation.next_roster(msgspec.structs.replace(third, members=members)), now=LATER)


def test_rosters_are_put_in_order_by_their_hashes(federation):
    second = federation.next_roster(successor(federation))
    third = federation.next_roster(successor(federation, version=3, previous=second.hash))
    fifth = federation.next_roster(successor(federation, version=5, previous="x"))
    everything = [fifth, third, federation.document, second]
    assert chained(everything, anchor=second) == (federation.document, second, third)
    assert chained([], anchor=third) == (third,)
    assert chained([federation.document, fifth], anchor=third) == (third,)


# -- revocations


def place(number, **changes):
    fields = {"audience": "JPN-KOR", "status": "test", "precedence": "flash", "epoch": "E", "number": number}
    return LastHead(**fields | changes)


def test_a_member_takes_back_its_own_key_alone(federation):
    trust = federation.trust()
    keyid = federation.keys["KOR"][KeyRole.TEST].keyid
    assert not trust.is_void(keyid, place(9))
    trust.revoke(federation.revocation("KOR", keyid, [place(3)]))
    assert trust.is_revoked(keyid)
    assert trust.key("KOR", keyid) is not None
    assert [trust.is_void(keyid, place(number)) for number in (0, 1, 3, 4)] == [True, False, False, True]
    for elsewhere in ({"epoch": "F"}, {"audience": "KOR"}, {"status": "actual"}, {"precedence": "bulk"}):
        assert trust.is_void(keyid, place(1, **elsewhere))


def test_nobody_takes_back_anothers_key(federation):
    trust = federation.trust()
    keyid = federation.keys["KOR"][KeyRole.TEST].keyid
    payload = KeyRevocation(member="KOR", keyid=keyid, revoked_at=LATER, last_heads=())
    jpn, kor = federation.keys["JPN"][KeyRole.ROSTER], federation.keys["KOR"][KeyRole.LIVE]
    for document in (
        unsigned(payload),
        unsigned(payload).signed_by("JPN", jpn),
        unsigned(payload).signed_by("KOR", jpn),
        unsigned(payload).signed_by("KOR", kor),
    ):
        with pytest.raises(SignatureError, match="not signed by a roster key of KOR"):
            trust.revoke(document)
    with pytest.raises(SignatureError, match="JPN has no key"):
        trust.revoke(federation.revocation("JPN", keyid))
    stranger = msgspec.structs.replace(payload, member="AUS")
    with pytest.raises(SignatureError, match="AUS has no key"):
        trust.revoke(unsigned(stranger).signed_by("AUS", jpn))
    with pytest.raises(UnsupportedVersionError, match="is no revocation"):
        trust.revoke(federation.document)
    assert not trust.is_revoked(keyid)


def test_what_was_taken_back_stays_so(federation):
    trust = federation.trust()
    keyid = federation.keys["KOR"][KeyRole.TEST].keyid
    first = trust.revoke(federation.revocation("KOR", keyid, [place(3)]))
    assert trust.revoke(federation.revocation("KOR", keyid, [place(99)])) == first
    assert trust.is_void(keyid, place(4))


def test_a_revoked_roster_key_signs_nothing_any_more(federation):
    trust = federation.trust()
    roster_key = federation.keys["KOR"][KeyRole.ROSTER]
    document = federation.revocation("KOR", roster_key.keyid)
    trust.revoke(document)
    trust.revoke(document)  # once more, as after a restart
    with pytest.raises(ThresholdError, match="1 of 3"):
        trust.apply(federation.next_roster(successor(federation), signers=["JPN", "KOR"]), now=LATER)
    with pytest.raises(SignatureError, match="not signed by a roster key"):
        trust.revoke(federation.revocation("KOR", federation.keys["KOR"][KeyRole.TEST].keyid))
    trust.apply(federation.next_roster(successor(federation), signers=["JPN", "USA"]), now=LATER)


def test_a_revocation_holds_whatever_rosters_come_after_it(federation):
    trust = federation.trust()
    old, new = federation.keys["KOR"][KeyRole.ROSTER], key_of("KOR", KeyRole.ROSTER, 1)
    both = federation.with_key(federation.document, federation.roster, "KOR", new)
    second = federation.next_roster(both)
    third = without_key(
        federation, successor(federation, version=3, previous=second.hash, members=both.members), "KOR", KeyRole.ROSTER
    )
    keyid = federation.keys["KOR"][KeyRole.TEST].keyid
    document = federation.revocation("KOR", keyid)
    trust.revoke(document)
    trust.apply(second, now=LATER)
    trust.apply(federation.next_roster(third, signers=["JPN", "USA"]), now=LATER)
    again = Trust(federation.document, trust.documents[1:])
    again.revoke(document)
    assert again.is_revoked(keyid)
    last = Trust(federation.document, trust.documents[1:])
    last.revoke(
        unsigned(KeyRevocation(member="KOR", keyid=old.keyid, revoked_at=LATER, last_heads=())).signed_by("KOR", new)
    )
    with pytest.raises(SignatureError, match="not signed by a roster key of KOR"):
        last.revoke(document)


def test_a_revoked_roster_key_lets_nobody_in(federation):
    wide = make_federation(FOUR)
    with_aus = successor(federation, members=wide.roster.members)
    without = successor(
        federation, version=3, previous=wide.next_roster(with_aus).hash, members=federation.roster.members
    )
    trust = federation.trust()
    trust.apply(wide.next_roster(with_aus), now=LATER)
    trust.revoke(wide.revocation("AUS", wide.keys["AUS"][KeyRole.ROSTER].keyid))
    out = federation.next_roster(without)
    trust.apply(out, now=LATER)
    back = successor(federation, version=4, previous=out.hash, members=wide.roster.members)
    with pytest.raises(ThresholdError, match="AUS would join without having signed"):
        trust.apply(wide.next_roster(back), now=LATER)


# -- what a roster is


def test_a_roster_that_contradicts_itself_is_refused(federation):
    roster = federation.roster
    twice = key_of("JPN", KeyRole.LIVE).public
    fields = {name: getattr(roster, name) for name in roster.__struct_fields__}
    for changes, says in [
        ({"members": roster.members[::-1]}, "sorted by code"),
        ({"members": (*roster.members, roster.members[-1])}, "each once"),
        ({"members": (member("AUS", twice), *roster.members)}, "two members list the same key"),
        ({"version": 2}, "has no previous roster"),
        ({"previous": "x"}, "has no previous roster"),
        ({"version": 0, "previous": "x"}, "has no previous roster"),
        ({"links": (Link(dialler="JPN", listener="AUS"),)}, "does not join two members"),
        ({"links": (Link(dialler="JPN", listener="JPN"),)}, "does not join two members"),
        ({"expires_at": START.replace(tzinfo=None)}, "UTC"),
    ]:
        with pytest.raises(ValueError, match=says):
            Roster(**fields | changes)
    with pytest.raises(ValueError, match="three capital letters"):
        member("aus")
    with pytest.raises(ValueError, match="lists a key twice"):
        member("AUS", twice, twice)
    with pytest.raises(ValueError, match="UTC"):
        KeyRevocation(member="KOR", keyid="k", revoked_at=START.replace(tzinfo=None), last_heads=())


def test_members_and_neighbours():
    line = make_federation(FOUR, "line").roster
    assert line.member("KOR").keys_of(KeyRole.LIVE) == (key_of("KOR", KeyRole.LIVE).public,)
    assert line.member("PRK") is None
    assert [line.neighbours(code) for code in FOUR] == [("JPN",), ("AUS", "KOR"), ("JPN", "USA"), ("KOR",)]


def test_a_document_reads_back(federation):
    again = decode(msgspec.json.encode(federation.document), SignedDocument)
    assert again == federation.document
    assert again.hash == federation.document.hash
    assert isinstance(again.signatures[0], Signature)
