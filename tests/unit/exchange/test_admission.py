"""The door inward: each way a frame can be wrong, with the reason that is given for it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from tocsin.codec import encode
from tocsin.errors import MalformedRecordError
from tocsin.exchange import PROTOCOL, Envelope, Reason, open_frame, without_records
from tocsin.exchange.frames import FRAME_TYPE, Place, salted_digest, seal_frame
from tocsin.records import MAX_NUMBER, ChainId, Heads, Precedence, Recall, Request
from tocsin.signing import RETIREMENT_GRACE, KeyRole, LastHead
from tocsin.testing import make_federation
from tocsin.testing.federation import START, key_of, make_detection

ALL = ("JPN", "KOR", "USA")
CHAIN = ChainId("KOR", "JPN-KOR-USA", "test", Precedence.FLASH)


@pytest.fixture
def federation():
    return make_federation()


@pytest.fixture
def jpn(federation):
    return federation.exchange("JPN")


def seal(*records, chain=CHAIN, epoch="E", number=1, previous="", resumes=None, sealed_at=START, key=None):
    raws = [record if isinstance(record, bytes) else encode(record) for record in records]
    place = Place(chain, epoch, number, previous, resumes, sealed_at)
    return seal_frame(place, raws, key or key_of("KOR", KeyRole.TEST), lambda count: bytes(range(count))).data


def detection(id_="KOR-1", **changes):
    return msgspec.structs.replace(make_detection(id_, "KOR", ALL), **changes)


def header_with(change, *, key=None, raws=(b"{}",), salts=("00",), **envelope):
    """Sign a header of our own making."""
    header = {
        "protocol": PROTOCOL, "originator": "KOR", "audience": "JPN-KOR-USA", "status": "test", "precedence": "flash",
        "epoch": "E", "number": 1, "sealed_at": "2026-01-15T06:00:00Z",
        "digests": [salted_digest(salt, record) for salt, record in zip(salts, raws, strict=True)],
    } | change  # fmt: skip
    key = key or key_of("KOR", KeyRole.TEST)
    header_bytes = encode(header)
    return encode(
        {
            "header": msgspec.Raw(header_bytes), "keyid": key.keyid, "signature": key.sign(FRAME_TYPE, header_bytes),
            "records": [
                {"salt": salt, "record": msgspec.Raw(record)} for salt, record in zip(salts, raws, strict=True)
            ],
        } | envelope
    )  # fmt: skip


def refusal(exchange, data, via="KOR", path="live"):
    incoming = exchange.receive(data, via=via, path=path)
    assert incoming.frame is None
    assert not incoming.is_duplicate
    assert not incoming.relays
    (rejected,) = incoming.refused
    assert (rejected.via, rejected.path, rejected.at) == (via, path, START)
    assert rejected.hash == hashlib.sha256(data).hexdigest()
    return rejected


def test_a_good_frame_comes_in_whole(jpn):
    data = seal(detection("KOR-1"), detection("KOR-2"))
    incoming = jpn.receive(data, via="KOR", path="live")
    frame = incoming.frame
    assert not incoming.refused
    assert (frame.data, frame.ref.number, frame.via, frame.path) == (data, 1, "KOR", "live")
    assert [admitted.record.id for admitted in frame.records] == ["KOR-1", "KOR-2"]
    assert [admitted.index for admitted in frame.records] == [0, 1]
    for admitted, slip in zip(frame.records, open_frame(data, max_bytes=10_000).slips, strict=True):
        assert admitted.raw == bytes(slip.record)
        assert admitted.digest == salted_digest(slip.salt, admitted.raw)
        assert admitted.body.azimuth_deg == 301.0
        assert (admitted.clock_suspect, admitted.chain_open) == (False, False)


@pytest.mark.parametrize(
    ("make", "reason", "says"),
    [
        (lambda: b"", Reason.MALFORMED, "Expecting value"),
        (lambda: b"\xff\xfe", Reason.MALFORMED, "not UTF-8"),
        (lambda: b"[]", Reason.MALFORMED, "Expected `object`"),
        (lambda: b"[" * 9000, Reason.MALFORMED, "nested too deeply"),
        (lambda: seal(detection()).replace(b'"keyid"', b'"keyid":"a","keyid"'), Reason.MALFORMED, "stands twice"),
        (lambda: seal(detection()).replace(b'"id":"KOR-1"', b'"id":"KOR-1","id":"KOR-2"'), Reason.MALFORMED, "twice"),
        (lambda: seal(detection()).replace(b'"id":"KOR-1"', b'"id":"KOR-2"'), Reason.MALFORMED, "fit its digest"),
        (lambda: seal(detection()).replace(b"301.0", b"NaN"), Reason.MALFORMED, "NaN"),
        (lambda: seal(detection()).replace(b'"number":1', b'"number":-1'), Reason.MALFORMED, "number from 0"),
        (lambda: header_with({"number": MAX_NUMBER + 1, "previous": "x"}), Reason.MALFORMED, "number from 0"),
        (lambda: header_with({"number": 10**30, "previous": "x"}), Reason.MALFORMED, "number from 0"),
        (lambda: header_with({"previous": "x"}), Reason.MALFORMED, "only the second and later"),
        (lambda: header_with({"number": 2, "resumes": ["D", 1, "h"]}), Reason.MALFORMED, "only the first frame"),
        (lambda: header_with({"resumes": ["D", 0, "h"]}), Reason.MALFORMED, "resumes has a number"),
        (lambda: header_with({"number": 2, "previous": "\x00"}), Reason.MALFORMED, "in hexadecimal"),
        (lambda: header_with({"number": 2, "previous": "0" * 10_000}), Reason.MALFORMED, "in hexadecimal"),
        (lambda: header_with({"resumes": ["D", 1, "\x00"]}), Reason.MALFORMED, "in hexadecimal"),
        (lambda: header_with({"resumes": ["D\x00", 1, "0" * 64]}), Reason.MALFORMED, "epoch"),
        (lambda: header_with({"status": "war"}), Reason.MALFORMED, "is no status"),
        (lambda: header_with({"sealed_at": "2026-01-15T06:00:00+09:00"}), Reason.MALFORMED, "UTC"),
        (lambda: header_with({"sealed_at": "2026-01-15T06:00:00"}), Reason.MALFORMED, "UTC"),
        (lambda: header_with({}, records=[]), Reason.MALFORMED, "1 digests for 0 records"),
        (lambda: header_with({"digests": []}, raws=(), salts=()), Reason.MALFORMED, "1 to 1000 records"),
        (lambda: header_with({}, records=[{"recalled": False}]), Reason.MALFORMED, "a slip holds"),
        (lambda: header_with({}, records=[{"recalled": True, "salt": "00"}]), Reason.MALFORMED, "a slip holds"),
        (lambda: header_with({"protocol": "tocsin/2"}), Reason.VERSION, "speaks 'tocsin/2'"),
        (lambda: header_with({"protocol": "tocsin/11"}), Reason.VERSION, "speaks 'tocsin/11'"),
        (lambda: header_with({"originator": "PRK"}), Reason.UNKNOWN_MEMBER, "PRK is not in the roster"),
        (lambda: header_with({"audience": "KOR-USA"}), Reason.NOT_FOR_US, "audience KOR-USA"),
        (lambda: header_with({"audience": "KOR"}), Reason.NOT_FOR_US, "audience KOR of"),
        (lambda: header_with({"audience": "JPN-USA"}), Reason.NOT_FOR_US, "audience JPN-USA"),
        (lambda: header_with({"audience": "KOR-JPN"}), Reason.NOT_FOR_US, "audience KOR-JPN"),
        (lambda: header_with({"audience": "JPN-JPN-KOR"}), Reason.NOT_FOR_US, "audience"),
        (lambda: seal(detection(), key=key_of("KOR", KeyRole.TEST, 9)), Reason.UNKNOWN_KEY, "KOR has no key"),
        (lambda: seal(detection(), key=key_of("USA", KeyRole.TEST)), Reason.UNKNOWN_KEY, "KOR has no key"),
        (lambda: seal(detection(), key=key_of("KOR", KeyRole.ROSTER)), Reason.UNKNOWN_KEY, "KOR has no key"),
        (lambda: seal(detection(), key=key_of("KOR", KeyRole.LIVE)), Reason.KEY_ROLE, "a live key of KOR signed"),
        (lambda: header_with({"status": "actual"}), Reason.KEY_ROLE, "signed a frame of status actual"),
        (lambda: header_with({"status": "exercise:a"}), Reason.KEY_ROLE, "a test key"),
        (
            lambda: header_with({"status": "exercise:a"}, key=key_of("KOR", KeyRole.LIVE)),
            Reason.KEY_ROLE, "a live key of KOR signed a frame of status exercise:a",
        ),
        (
            lambda: header_with({"status": "actual"}, key=key_of("KOR", KeyRole.EXERCISE)),
            Reason.KEY_ROLE, "exercise key of KOR signed a frame of status actual",
        ),
        (lambda: header_with({}, signature="AAAA"), Reason.SIGNATURE, "does not verify"),
        (lambda: header_with({}, signature="nächstens"), Reason.SIGNATURE, "does not verify"),
        (lambda: seal(detection()).replace(b'"epoch":"E"', b'"epoch":"F"'), Reason.SIGNATURE, "does not verify"),
    ],
)  # fmt: skip
def test_each_reason(jpn, make, reason, says):
    data = make()
    rejected = refusal(jpn, data)
    assert rejected.reason is reason
    assert says in rejected.detail
    assert rejected.data == (b"" if reason is Reason.NOT_FOR_US else data)


def test_of_what_is_too_large_the_beginning_is_kept_and_the_hash_is_of_all(jpn):
    data = b"x" * (jpn.policy.max_received_bytes + 1)
    rejected = refusal(jpn, data)
    assert rejected.reason is Reason.TOO_LARGE
    assert rejected.data == data[:4096]


def test_a_key_taken_back(federation, jpn):
    keyid = federation.keys["KOR"][KeyRole.TEST].keyid
    head = LastHead(audience="JPN-KOR-USA", status="test", precedence="flash", epoch="E", number=1)
    jpn.trust.revoke(federation.revocation("KOR", keyid, [head]))
    first = seal(detection("KOR-1"))
    second = seal(detection("KOR-2"), number=2, previous=open_frame(first, max_bytes=10_000).ref.hash)
    rejected = refusal(jpn, second)
    assert rejected.reason is Reason.REVOKED
    assert rejected.ref.number == 2
    assert jpn.receive(first, via="KOR", path="durable").frame.ref.number == 1
    assert refusal(jpn, seal(detection("KOR-3"), epoch="F")).reason is Reason.REVOKED


def test_two_frames_with_one_number(jpn):
    one, other = seal(detection("KOR-1")), seal(detection("KOR-2"))
    assert jpn.receive(one, via="KOR", path="live").frame
    rejected = refusal(jpn, other, via="USA", path="durable")
    assert rejected.reason is Reason.EQUIVOCATION
    assert rejected.data == other
    assert rejected.ref.number == 1
    assert "contradicts what KOR signed before" in rejected.detail


def test_a_frame_that_links_to_another_than_the_one_held(jpn):
    jpn.receive(seal(detection("KOR-1")), via="KOR", path="live")
    second = seal(detection("KOR-2"), number=2, previous="0" * 64)
    incoming = jpn.receive(second, via="KOR", path="live")
    assert [admitted.record.id for admitted in incoming.frame.records] == ["KOR-2"]
    assert incoming.frame.chain_open
    (rejected,) = incoming.refused
    assert (rejected.reason, rejected.data) == (Reason.EQUIVOCATION, second)
    assert "not of the chain that KOR signed before" in rejected.detail
    third = seal(detection("KOR-3"), number=3, previous=open_frame(second, max_bytes=10_000).ref.hash)
    assert not jpn.receive(third, via="KOR", path="live").refused


def test_a_frame_that_the_one_after_it_does_not_link_to(jpn):
    one, other = seal(detection("KOR-1")), seal(detection("KOR-9"))
    second = seal(detection("KOR-2"), number=2, previous=open_frame(one, max_bytes=10_000).ref.hash)
    assert jpn.receive(second, via="KOR", path="live").frame.chain_open
    assert refusal(jpn, other).reason is Reason.EQUIVOCATION
    assert jpn.receive(one, via="KOR", path="durable").frame


def test_the_same_frame_again_is_a_duplicate_however_it_is_wrapped(jpn):
    data = seal(detection())
    assert jpn.receive(data, via="KOR", path="live").frame
    for copy in (data, data.replace(b'"keyid"', b' "keyid"'), data):
        again = jpn.receive(copy, via="USA", path="durable")
        assert again.is_duplicate
        assert again.frame is None
        assert not again.refused


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"status": "actual"}, "status actual in a frame of status test"),
        ({"precedence": Precedence.BULK}, "precedence bulk in a frame of flash"),
        ({"marking": make_detection("a", "KOR", ["JPN"]).marking}, "audience JPN-KOR in a frame for JPN-KOR-USA"),
        ({"marking": make_detection("a", "KOR", ["PUBLIC"]).marking}, "audience PUBLIC in a frame for JPN-KOR-USA"),
        ({"originator": "USA"}, "originator USA in a frame of KOR"),
        ({"kind": "exchange.heads", "body": msgspec.Raw(encode(Heads(clock_at=START, heads=())))}, "with number 1"),
    ],
)
def test_a_record_that_contradicts_its_frame_stays_out_and_the_others_come_in(jpn, change, says):
    incoming = jpn.receive(seal(detection("KOR-1"), detection("KOR-2", **change)), via="KOR", path="live")
    assert [admitted.record.id for admitted in incoming.frame.records] == ["KOR-1"]
    (rejected,) = incoming.refused
    assert rejected.reason is Reason.MISMATCH
    assert says in rejected.detail
    assert rejected.ref == incoming.frame.ref


@pytest.mark.parametrize(
    "raw", [b"{}", b"7", *(encode(detection()).replace(b"301.0", wrong) for wrong in (b'"north"', b"400"))]
)  # fmt: skip
def test_a_record_that_is_none_stays_out_and_the_others_come_in(jpn, raw):
    incoming = jpn.receive(seal(raw, detection("KOR-2")), via="KOR", path="live")
    assert [admitted.index for admitted in incoming.frame.records] == [1]
    (rejected,) = incoming.refused
    assert (rejected.reason, rejected.data) == (Reason.MALFORMED, raw)
    assert rejected.hash == hashlib.sha256(raw).hexdigest()


def test_the_body_of_an_unknown_kind_is_an_object_or_stays_out(jpn):
    strange = detection("KOR-2", kind="tide.table", body=msgspec.Raw(b"[1, 2]"))
    known = detection("KOR-3", kind="tide.table", body=msgspec.Raw(b'{"height_m": 2}'))
    incoming = jpn.receive(seal(detection("KOR-1"), strange, known), via="KOR", path="live")
    assert [entry.record.id for entry in incoming.frame.records] == ["KOR-1", "KOR-3"]
    (rejected,) = incoming.refused
    assert rejected.reason is Reason.MALFORMED


def test_a_gap_is_shown_never_refused(jpn):
    first = seal(detection("KOR-1"))
    second = seal(detection("KOR-2"), number=2, previous=open_frame(first, max_bytes=10_000).ref.hash)
    late = jpn.receive(second, via="KOR", path="live").frame
    assert late.chain_open
    assert late.records[0].chain_open
    assert not jpn.receive(first, via="KOR", path="durable").frame.chain_open


def test_a_new_epoch_is_open_until_what_it_resumes_is_held(jpn):
    old = seal(detection("KOR-1"))
    old_hash = open_frame(old, max_bytes=10_000).ref.hash
    assert jpn.receive(
        seal(detection("KOR-2"), epoch="F", resumes=("E", 1, old_hash)), via="KOR", path="live"
    ).frame.chain_open
    assert not jpn.receive(old, via="KOR", path="durable").frame.chain_open
    assert not jpn.receive(
        seal(detection("KOR-3"), epoch="G", resumes=("E", 1, old_hash)), via="KOR", path="live"
    ).frame.chain_open
    assert jpn.receive(
        seal(detection("KOR-4"), epoch="H", resumes=("E", 1, "f" * 64)), via="KOR", path="live"
    ).frame.chain_open


@pytest.mark.parametrize(
    ("offset_s", "path", "suspect"),
    [(4, "live", False), (6, "live", True), (6, "durable", True), (-4, "live", False), (-6, "live", True),
     (-86_400, "durable", False), (-86_400, "file", False), (86_400 * 365, "live", True)],
)  # fmt: skip
def test_a_clock_that_is_off_is_shown_never_refused(jpn, offset_s, path, suspect):
    data = seal(detection(), sealed_at=START + timedelta(seconds=offset_s))
    frame = jpn.receive(data, via="KOR", path=path).frame
    assert frame.clock_suspect is suspect
    assert frame.records[0].clock_suspect is suspect


def test_what_is_not_known_is_kept_byte_for_byte_and_passed_on():
    """A newer member's kinds, fields and minor version mean nothing to this program, and lose nothing in it."""
    hub = make_federation(links="hub").exchange("USA")
    raw = encode(detection()).replace(b'"kind":"warning.detection"', b'"kind":"seismic.event", "felt" : {"by":"all"}')
    data = header_with(
        {"protocol": "tocsin/1.7", "colour": "red"}, raws=(raw,), salts=("aa",), hint={"for": "later"}
    )  # fmt: skip
    incoming = hub.receive(data, via="KOR", path="live")
    assert not incoming.refused
    assert incoming.frame.data == data
    assert incoming.frame.records[0].raw == raw
    assert type(incoming.frame.records[0].body).__name__ == "Opaque"
    (relay,) = incoming.relays
    assert (relay.destination.code, relay.data, relay.kind) == ("JPN", data, "seismic.event")


def test_a_record_taken_out_leaves_a_frame_that_holds(jpn):
    data = seal(detection("KOR-1"), detection("KOR-2"))
    recalled = without_records(data, {0})
    assert b"KOR-1" not in recalled
    assert open_frame(recalled, max_bytes=10_000).slips[0].salt == ""
    incoming = jpn.receive(recalled, via="KOR", path="durable")
    assert [admitted.record.id for admitted in incoming.frame.records] == ["KOR-2"]
    assert incoming.frame.ref == open_frame(data, max_bytes=10_000).ref
    both, envelope = without_records(data, {0, 1}), msgspec.json.decode(data, type=Envelope)
    assert bytes(msgspec.json.decode(both, type=Envelope).header) == bytes(envelope.header)


def ids(incoming):
    return [admitted.record.id for admitted in incoming.frame.records]


def recall(id_, member="KOR"):
    body = msgspec.Raw(encode(Recall(record_id=id_, reason="names a sensor")))
    order = msgspec.structs.replace(make_detection(f"{member}-recall", member, ALL), kind="exchange.recall", body=body)
    return seal(order, chain=replace(CHAIN, originator=member), epoch="R", key=key_of(member, KeyRole.TEST))


def test_a_fuller_copy_lets_in_what_somebody_on_the_way_took_out_and_nothing_twice():
    usa = make_federation(links="hub").exchange("USA")
    data = seal(detection("KOR-1"), detection("KOR-2"), detection("KOR-3"))
    first = usa.receive(without_records(data, {0, 2}), via="KOR", path="live")
    assert not first.frame.completes
    assert [released.is_again for released in first.relays] == [False]
    second = usa.receive(without_records(data, {2}), via="KOR", path="durable")
    assert ids(second) == ["KOR-1"]
    assert usa.receive(without_records(data, {2}).replace(b'"keyid"', b' "keyid"'), via="KOR", path="live").is_duplicate
    whole = usa.receive(data, via="KOR", path="durable")
    assert ids(whole) == ["KOR-3"]
    assert whole.frame.completes
    assert (whole.frame.data, whole.frame.ref) == (data, first.frame.ref)
    assert [(released.is_again, released.data) for released in whole.relays] == [(True, data)]
    assert usa.receive(without_records(data, {0, 1, 2}), via="KOR", path="live").is_duplicate


def test_what_its_originator_recalled_stays_out_of_a_fuller_copy(jpn):
    data = seal(detection("KOR-1"), detection("KOR-2"), detection("KOR-3"))
    assert jpn.receive(without_records(data, {1, 2}), via="USA", path="live").frame
    assert jpn.receive(recall("KOR-2"), via="KOR", path="live").frame
    assert jpn.receive(recall("KOR-1", "USA"), via="USA", path="live").frame
    fuller = jpn.receive(data, via="KOR", path="live")
    assert ids(fuller) == ["KOR-3"]
    assert fuller.frame.data == without_records(data, {1})
    assert jpn.receive(data.replace(b'"keyid"', b' "keyid"'), via="KOR", path="live").is_duplicate


def test_a_record_that_is_none_is_refused_once_when_a_fuller_copy_brings_it(jpn):
    data = seal(detection("KOR-1"), b'{"id":"KOR-2"}', detection("KOR-3"))
    assert jpn.receive(without_records(data, {1, 2}), via="USA", path="live").frame
    fuller = jpn.receive(data, via="KOR", path="live")
    assert ids(fuller) == ["KOR-3"]
    assert [refused.reason for refused in fuller.refused] == [Reason.MALFORMED]
    assert jpn.receive(data.replace(b'"keyid"', b' "keyid"'), via="KOR", path="live").is_duplicate


def test_control_frames_hold_control_records_alone(jpn):
    incoming = jpn.receive(seal(detection(), number=0), via="KOR", path="live")
    assert incoming.frame.records == ()
    assert incoming.refused[0].reason is Reason.MISMATCH
    assert not incoming.is_duplicate
    assert not incoming.relays


def test_a_request_without_measure_is_cut_short(jpn):
    body = Request(originator="JPN", precedence=Precedence.FLASH, epoch="E", after=7, up_to=MAX_NUMBER)
    record = msgspec.structs.replace(detection(), kind="exchange.request", body=msgspec.Raw(encode(body)))
    data = seal(record, number=0)
    chain, request, asker = jpn.receive(data, via="KOR", path="live").request
    assert (chain.originator, request.after, request.up_to, asker) == ("JPN", 7, 507, "KOR")
    varied = data.replace(b'"keyid"', b' "keyid"')
    assert jpn.receive(varied, via="KOR", path="live").is_duplicate
    assert jpn.receive(varied, via="KOR", path="live").request is None


def test_a_public_frame_is_for_everybody(jpn):
    data = seal(make_detection("KOR-1", "KOR", ["PUBLIC"]), chain=chain_to("PUBLIC"))
    assert jpn.receive(data, via="KOR", path="live").frame.records[0].record.id == "KOR-1"


def chain_to(audience):
    return ChainId("KOR", audience, "test", Precedence.FLASH)


def test_the_self_chain_holds_what_is_not_released_yet(federation):
    kor = federation.exchange("KOR")
    data = seal(detection(), chain=chain_to("KOR"))
    assert kor.receive(data, via="KOR", path="self").frame.records[0].record.marking.audience == "JPN-KOR-USA"


def test_a_retired_key_counts_for_what_was_sealed_before(federation, jpn):
    at = START + timedelta(hours=1)
    without = tuple(
        msgspec.structs.replace(each, keys=tuple(key for key in each.keys if key.role is not KeyRole.TEST))
        if each.code == "KOR" else each
        for each in federation.roster.members
    )  # fmt: skip
    following = msgspec.structs.replace(
        federation.roster, version=2, previous=federation.document.hash, issued_at=at, members=without
    )
    jpn.trust.apply(federation.next_roster(following), now=at)
    assert jpn.receive(
        seal(detection(), sealed_at=at + RETIREMENT_GRACE - timedelta(microseconds=1)), via="KOR", path="live"
    ).frame
    late = refusal(jpn, seal(detection("KOR-2"), number=2, sealed_at=at + RETIREMENT_GRACE))
    assert late.reason is Reason.RETIRED
    assert "is retired since 2026-01-15 08:00Z" in late.detail
    heads = detection(kind="exchange.heads", body=msgspec.Raw(encode(Heads(clock_at=START, heads=()))))
    assert refusal(jpn, seal(heads, number=0)).reason is Reason.RETIRED


def test_a_member_that_left_is_still_believed_for_before(federation, jpn):
    at = START + timedelta(hours=1)
    following = msgspec.structs.replace(
        federation.roster, version=2, previous=federation.document.hash, issued_at=at,
        members=tuple(each for each in federation.roster.members if each.code != "KOR"),
        links=tuple(link for link in federation.roster.links if "KOR" not in (link.dialler, link.listener)),
    )  # fmt: skip
    jpn.trust.apply(federation.next_roster(following, signers=["JPN", "USA"]), now=at)
    incoming = jpn.receive(seal(detection(), sealed_at=START), via="USA", path="durable")
    assert incoming.frame
    assert refusal(jpn, seal(detection("KOR-2"), number=2, sealed_at=at + RETIREMENT_GRACE)).reason is Reason.RETIRED


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("frame", b'{"header":', b'{"keyid":"x","header":'),
        ("slip", b'"salt":', b'"salt":"x","salt":'),
        ("record", b'"kind":', b'"kind":"a.b","kind":'),
        ("marking", b'"releasable_to":', b'"releasable_to":["JPN"],"releasable_to":'),
        ("body", b'"sensor_id":', b'"sensor_id":"x","sensor_id":'),
        ("within the body", b'"lat_deg":', b'"lat_deg":1.0,"lat_deg":'),
        ("header", b'"epoch":', b'"epoch":"x","epoch":'),
    ],
)
def test_a_key_that_stands_twice_is_found_in_every_part_of_a_frame(part, old, new):
    good = encode(detection())
    in_record = part in ("record", "marking", "body", "within the body")
    twice = good.replace(old, new, 1) if in_record else good
    data = seal(good, twice)
    data = data if in_record else data.replace(old, new, 1)
    assert data != seal(good, good)
    with pytest.raises(MalformedRecordError, match="stands twice"):
        open_frame(data, max_bytes=1_000_000)
    assert len(open_frame(seal(good, good), max_bytes=1_000_000).records) == 2
