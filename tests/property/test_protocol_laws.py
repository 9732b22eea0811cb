"""Laws of records, markings and frames, for whatever Hypothesis can think of."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import assume, event, example, given
from hypothesis import strategies as st

from tocsin.codec import decode, encode
from tocsin.errors import MarkingError, NotReleasableError, RecordError, StatusMixError
from tocsin.exchange import FRAME_TYPE, PROTOCOL, Envelope, Header, Reason, Sanitising, open_frame, without_records
from tocsin.exchange.frames import salted_digest
from tocsin.exchange.sanitise import sanitise
from tocsin.markings import (
    PUBLIC,
    Marking,
    PublicWarning,
    Tlp,
    combine,
    combine_status,
    derive,
    is_within,
    marking_for,
    status_class,
)
from tocsin.records import BODIES, Detection, Head, Heads, Recall, Record, Source, body_of, with_body
from tocsin.signing import KeyRevocation, KeyRole, Roster, SignedDocument
from tocsin.testing import make_federation
from tocsin.testing import strategies as tocsin_st
from tocsin.testing.federation import START, key_of, make_detection

ALL = ("JPN", "KOR", "USA")
SHAPES = [Record, SignedDocument, Roster, KeyRevocation, *BODIES.values()]

markings = tocsin_st.markings()
sealed = tocsin_st.frames(key_of)


def json_like():
    """Return JSON with the names that records and frames use, in the wrong places."""
    shapes = (Record, Detection, Heads, Head, Header, Envelope)
    names = st.sampled_from([*(name for shape in shapes for name in shape.__struct_fields__), "salt", "record"])
    leaves = st.one_of(
        tocsin_st.json_values, st.sampled_from(["KOR", "test", "flash", "warning.detection", "2026-01-15T06:00:00Z"]),
        st.integers(-(10**40), 10**40),
    )  # fmt: skip
    inner = st.recursive(leaves, lambda deeper: st.dictionaries(names, deeper, max_size=6), max_leaves=20)
    return st.dictionaries(names, inner, max_size=12).map(lambda value: json.dumps(value).encode())


# -- decoding


@given(st.one_of(st.binary(max_size=200), json_like()), st.sampled_from(SHAPES))
@example(b"[" * 100_000, Record)
@example(b'{"a":' * 50_000, Record)
@example(b'{"lat_deg":1' + b"0" * 400 + b"}", BODIES["warning.detection"])
def test_any_bytes_are_a_record_or_a_record_error(data, shape):
    try:
        found = decode(data, shape)
    except RecordError as error:
        event(type(error).__name__)
    else:
        assert isinstance(found, shape)


@given(tocsin_st.records())
def test_records_read_back_as_they_were_written(record):
    raw = encode(record)
    again = decode(raw, Record)
    assert encode(again) == raw
    assert msgspec.structs.replace(again, body=record.body) == record
    assert bytes(again.body) == bytes(record.body)
    body_of(again)


@given(tocsin_st.records(), st.data())
def test_a_record_cut_or_spoilt_is_a_record_or_a_record_error(record, data):
    raw = bytearray(encode(record))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(raw[: data.draw(st.integers(0, len(raw)))])
    for spoilt in (bytes(raw), cut):
        try:
            body_of(decode(spoilt, Record))
        except RecordError:
            event("refused")


# -- markings


@given(markings, markings, markings)
def test_combining_is_associative_commutative_idempotent_and_never_widens(first, second, third):
    assert combine(first, second) == combine(second, first)
    assert combine(combine(first, second), third) == combine(first, combine(second, third))
    assert combine(first, first) == first
    both = combine(first, second)
    assert is_within(both, first)
    assert is_within(both, second)
    for member in (*tocsin_st.CODES, "XXX"):
        assert both.allows([member]) == (first.allows([member]) and second.allows([member]))
    assert both.public_warning is not PublicWarning.YES or first.public_warning is PublicWarning.YES
    assert set(both.caveats) == {*first.caveats, *second.caveats}


@given(markings, markings, markings)
def test_within_is_an_order(first, second, third):
    assert is_within(first, first)
    if is_within(first, second) and is_within(second, first):
        assert first == second
    if is_within(first, second) and is_within(second, third):
        assert is_within(first, third)


@given(st.sampled_from(tocsin_st.CODES), st.lists(markings, min_size=1, max_size=5))
def test_deriving_never_widens(member, sources):
    try:
        derived = derive(member, sources)
    except MarkingError:
        assert not all(source.allows([member]) for source in sources)
        return
    assert derived.allows([member])
    for source in sources:
        assert is_within(derived, source)
    if derived.caveats:
        assert derived.releasable_to == (member,)
        assert derived.public_warning is PublicWarning.NO


@given(markings)
def test_the_top_is_neutral(marking):
    top = Marking(releasable_to=(PUBLIC,), public_warning=PublicWarning.YES, tlp=Tlp.CLEAR)
    assert is_within(marking, top) or marking.tlp is None  # no label at all is no narrower than the widest
    assert combine(marking, msgspec.structs.replace(top, tlp=None)) == marking


# -- statuses


@given(st.lists(tocsin_st.statuses, min_size=2, max_size=4))
def test_exercises_and_tests_claim_what_they_touch(statuses):
    def fold(items):
        whole = items[0]
        for item in items[1:]:
            whole = combine_status(whole, item)
        return whole

    try:
        whole = fold(statuses)
    except StatusMixError:
        exercises = {status for status in statuses if status_class(status) == "exercise"}
        tests = {status_class(status) for status in statuses} == {"test"}
        assert len(exercises) > 1 or ("test" in statuses and not tests)
        with pytest.raises(StatusMixError):
            fold(statuses[::-1])
        return
    assert fold(statuses[::-1]) == whole
    assert whole in statuses
    assert whole != "actual" or set(statuses) == {"actual"}


@given(tocsin_st.statuses, st.booleans(), tocsin_st.statuses, st.booleans())
def test_status_and_synthetic_are_contagious(status, synthetic, claimed, claims_synthetic):
    kor = make_federation().exchange("KOR")
    source = msgspec.structs.replace(make_detection("a", "KOR", ALL, status=status), synthetic=synthetic)
    derived = msgspec.structs.replace(
        make_detection("b", "KOR", ALL, status=claimed), synthetic=claims_synthetic, sources=(Source(record="a"),)
    )
    kor.submit([source])
    if claimed == status and (claims_synthetic or not synthetic):
        assert kor.submit([derived]).frames
    else:
        with pytest.raises(StatusMixError):
            kor.submit([derived])


@given(
    markings.filter(lambda marking: marking.allows(["KOR"])), markings.filter(lambda marking: marking.allows(["KOR"]))
)
def test_only_what_is_within_its_source_is_submitted(source, derived):
    kor = make_federation().exchange("KOR")
    kor.submit([msgspec.structs.replace(make_detection("a", "KOR", ALL), marking=source)])
    record = msgspec.structs.replace(make_detection("b", "KOR", ALL), marking=derived, sources=(Source(record="a"),))
    if is_within(derived, derive("KOR", [source])):
        assert kor.submit([record]).frames
    else:
        with pytest.raises(NotReleasableError):
            kor.submit([record])


# -- frames


@given(st.one_of(st.binary(max_size=300), json_like()))
def test_no_bytes_make_the_door_fall(data):
    incoming = make_federation().exchange("JPN").receive(data, via="KOR", path="live")
    assert incoming.frame is None
    assert [rejected.data for rejected in incoming.refused] == [data]


odd_times = st.sampled_from(["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-01-15T06:00:60Z"])
odd_values = st.one_of(tocsin_st.json_values, odd_times, st.integers(-(10**30), 10**30), st.just("E" * 10_000))
odd_header = st.dictionaries(st.sampled_from(Header.__struct_fields__), odd_values, max_size=2)
odd_heads = st.fixed_dictionaries(
    {"clock_at": st.one_of(st.just("2026-01-15T06:00:00Z"), odd_times), "heads": st.lists(
        st.fixed_dictionaries(
            {"originator": st.sampled_from(["KOR", "JPN", "XXX"]), "precedence": st.just("flash"),
             "epoch": st.text(max_size=3), "number": st.integers(-1, 2**60)},
            optional={"hash": st.text(max_size=3), "resumes": st.tuples(st.just("E"), st.integers(-1, 5), st.text())},
        ), max_size=3)},
    optional={"tick": st.integers(-5, 5), "count": st.integers(-1, 2**60), "held": st.just([])},
)  # fmt: skip
odd_requests = st.fixed_dictionaries(
    {"originator": st.text(max_size=3), "precedence": st.just("bulk"), "epoch": st.just("E"),
     "after": st.integers(-2, 2**60), "up_to": st.integers(-2, 2**60)}
)  # fmt: skip


@given(
    st.sampled_from([0, 1]),
    odd_header,
    st.lists(
        st.one_of(
            tocsin_st.json_values.map(lambda value: ("record", value)),
            st.dictionaries(st.sampled_from(Record.__struct_fields__), odd_values, max_size=2).map(
                lambda change: ("warning.detection", change)
            ),
            odd_heads.map(lambda body: ("exchange.heads", {"body": body, "precedence": "routine"})),
            odd_requests.map(lambda body: ("exchange.request", {"body": body, "precedence": "routine"})),
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_no_member_can_sign_what_makes_the_door_fall(number, change, inside):
    """A member that means harm has a good key: whatever it signs comes in or is refused, and life goes on."""
    raws = []
    for kind, what in inside:
        plain = msgspec.to_builtins(json.loads(encode(make_detection("a", "KOR", ALL))))
        raws.append(json.dumps(what if kind == "record" else plain | {"kind": kind} | what).encode())
    header = {
        "protocol": PROTOCOL, "originator": "KOR", "audience": "JPN-KOR-USA", "status": "test", "number": number,
        "precedence": "routine" if number == 0 else "flash", "epoch": "E", "sealed_at": "2026-01-15T06:00:00Z",
        "digests": [salted_digest("00", raw) for raw in raws],
    } | change  # fmt: skip
    header_bytes, key = json.dumps(header).encode(), key_of("KOR", KeyRole.TEST)
    data = encode(
        {
            "header": msgspec.Raw(header_bytes), "keyid": key.keyid, "signature": key.sign(FRAME_TYPE, header_bytes),
            "records": [{"salt": "00", "record": msgspec.Raw(raw)} for raw in raws],
        }
    )  # fmt: skip
    jpn = make_federation().exchange("JPN")
    incoming = jpn.receive(data, via="KOR", path="live")
    event("came in" if incoming.frame else incoming.refused[0].reason.value)
    assert incoming.frame is None or len(incoming.frame.records) + len(incoming.refused) >= len(raws)
    jpn.requests()
    jpn._clock.advance(10)
    for sends in (jpn.requests().sends, jpn.heads().sends):
        for released in sends:
            assert len(released.data) < 20_000
            answer = make_federation().exchange("USA").receive(released.data, via="JPN", path="live")
            assert answer.frame
            assert not answer.refused


@given(sealed)
def test_a_sealed_frame_comes_in_as_it_was_sealed(found):
    data, records = found
    incoming = make_federation().exchange("JPN").receive(data, via="KOR", path="durable")
    assert not incoming.refused
    assert incoming.frame.data == data
    assert [admitted.raw for admitted in incoming.frame.records] == [encode(record) for record in records]
    assert [admitted.record.id for admitted in incoming.frame.records] == [record.id for record in records]


@given(sealed, st.data())
def test_a_frame_with_one_byte_changed_never_comes_in_as_something_else(found, data):
    frame, records = found
    at = data.draw(st.integers(0, len(frame) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != frame[at]))
    spoilt = frame[:at] + bytes([byte]) + frame[at + 1 :]
    incoming = make_federation().exchange("JPN").receive(spoilt, via="KOR", path="live")
    if incoming.frame is not None:  # blanks, and the last bits of base64, say nothing
        event("came in")
        assert not incoming.refused
        assert [admitted.raw for admitted in incoming.frame.records] == [encode(record) for record in records]
        assert incoming.frame.ref == open_frame(frame, max_bytes=1_000_000).ref
    else:
        event(incoming.refused[0].reason.value)


@given(
    st.lists(st.tuples(st.sets(st.integers(0, 3)), st.integers(0, 1)), min_size=1, max_size=8),
    st.integers(0, 8), st.integers(0, 3),
)  # fmt: skip
def test_copies_of_a_frame_complete_each_other_in_any_order(copies, recall_turn, recalled):
    """What has come in is what any copy held, each record once, but for what was recalled before it came."""
    federation = make_federation()
    kor, jpn = federation.exchange("KOR"), federation.exchange("JPN")
    records = [make_detection(f"r{number}", "KOR", ALL) for number in range(4)]
    (whole,) = kor.submit(records).frames
    order = with_body(
        "exchange.recall", Recall(record_id=f"r{recalled}", reason="x"), id="recall", originator="KOR",
        marking=records[0].marking, status="test", precedence=records[0].precedence, issued_at=START,
    )  # fmt: skip
    (recall,) = kor.submit([order]).frames
    held = set()
    for turn, (lacking, blanks) in enumerate(copies):
        if turn == recall_turn:
            assert jpn.receive(recall, via="KOR", path="live").frame
        copy = without_records(whole, lacking).replace(b',"keyid"', b" " * blanks + b',"keyid"')
        incoming = jpn.receive(copy, via="USA", path="live")
        expected = {0, 1, 2, 3} - lacking - held
        if recall_turn <= turn and turn:  # the first copy comes in as it is, and the store purges it
            expected -= {recalled}
        if turn and not expected:
            assert incoming.is_duplicate
            continue
        assert {admitted.index for admitted in incoming.frame.records} == expected
        assert incoming.frame.completes is (turn > 0)
        assert incoming.frame.ref == open_frame(whole, max_bytes=1_000_000).ref
        kept = open_frame(incoming.frame.data, max_bytes=1_000_000)
        assert expected.isdisjoint(kept.lacking)
        held |= expected
        event(f"{len(held)} of 4 held")


@given(
    st.sampled_from(["mesh", "hub", "line"]),
    tocsin_st.audiences(["KOR"]),
    tocsin_st.statuses,
    st.lists(tocsin_st.bodies, min_size=1, max_size=4),
)
def test_what_is_released_the_audience_admits_and_nobody_else(links, audience, status, bodies):
    federation = make_federation(tocsin_st.CODES, links)
    kor = federation.exchange("KOR")
    records = [
        msgspec.structs.replace(
            make_detection(f"a{number}", "KOR", audience, status=status), kind=kind, body=msgspec.Raw(encode(body))
        )
        for number, (kind, body) in enumerate(bodies)
    ]
    out = kor.submit(records)
    for released in out.sends:
        assert released.destination.code in audience
        assert released.destination.code in federation.roster.neighbours("KOR")
    unreached = {item.destination.code for item in out.held}
    reached = set(audience) - unreached - {"KOR"}
    for data in out.frames:
        assert kor.receive(data, via="KOR", path="self").frame
        inside = open_frame(data, max_bytes=1_000_000).header.members
        for code in tocsin_st.CODES:
            incoming = federation.exchange(code).receive(data, via="KOR", path="live")
            if code in inside:
                assert len(incoming.frame.records) == len(records)
            else:
                assert [rejected.reason for rejected in incoming.refused] == [Reason.NOT_FOR_US]
        if reached:
            assert set(inside) == set(audience)
        else:
            assert inside == ("KOR",)


# -- sanitised copies


@given(tocsin_st.detections, tocsin_st.moments, markings, st.floats(0.1, 600), st.floats(10, 1e5))
def test_a_coarse_copy_reads_everywhere_and_names_nothing(body, observed_at, marking, time_grid_s, position_grid_m):
    assume(body.independence_group and body.range_m is not None)
    marking = msgspec.structs.replace(marking, releasable_to=("JPN", "KOR"), caveats=())
    original = msgspec.structs.replace(
        make_detection("the-original", "KOR", ["JPN"]), body=msgspec.Raw(encode(body)), observed_at=observed_at,
        marking=marking, supersedes="the-one-before",
    )  # fmt: skip
    kor = make_federation().exchange("KOR")
    found = kor.receive(kor.submit([original]).frames[0], via="KOR", path="self").frame.records[0]
    how = Sanitising(releasable_to=ALL, time_grid_s=time_grid_s, position_grid_m=position_grid_m)
    copy = sanitise(found, how, new_id="c", issued_at=START)
    assert copy == sanitise(found, how, new_id="c", issued_at=START)
    coarse = body_of(decode(encode(copy), Record))
    assert (coarse.sensor, coarse.range_m, coarse.azimuth_deg) == (None, None, None)
    assert coarse.independence_group == body.independence_group
    assert coarse.position_sigma_m**2 >= position_grid_m**2 / 12
    assert (copy.synthetic, copy.status, copy.parents, copy.supersedes) == (True, "test", (), None)
    assert b"the-o" not in encode(copy)
    assert copy.marking == msgspec.structs.replace(marking, releasable_to=ALL)
    assert marking_for(*ALL).allows(copy.marking.releasable_to)
