from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from tocsin.codec import decode, encode
from tocsin.errors import MalformedRecordError, StatusMixError
from tocsin.markings import marking_for
from tocsin.records import (
    BODIES,
    Detection,
    Opaque,
    Position,
    Precedence,
    Record,
    Source,
    body_of,
    check_body,
    json_schemas,
    with_body,
)
from tocsin.testing.federation import START, make_detection

FIELDS = {
    "kind": "cargo.unheard", "id": "x-1", "originator": "KOR", "marking": marking_for("JPN", "KOR"), "status": "test",
    "precedence": Precedence.ROUTINE, "issued_at": START, "body": msgspec.Raw(b"{}"),
}  # fmt: skip


def test_a_record_reads_back_as_it_was_written():
    record = make_detection("KOR-1", "KOR", ["JPN"])
    again = decode(encode(record), Record)
    assert again == record
    assert encode(again) == encode(record)
    assert body_of(again).sensor == Position(lat_deg=38.0, lon_deg=138.5)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "detection"}, "is not room.noun"),
        ({"kind": "Warning.detection"}, "is not room.noun"),
        ({"id": ""}, "is empty, too long"),
        ({"id": "a" * 129}, "is empty, too long"),
        ({"id": "a b"}, "holds a character outside"),
        ({"id": "-a"}, "holds a character outside"),
        ({"originator": "kor"}, "three capital letters"),
        ({"originator": "USA"}, "missing from releasable_to"),
        ({"issued_at": START.replace(tzinfo=None)}, "not in UTC"),
        ({"observed_at": START.astimezone(timezone(timedelta(hours=9)))}, "not in UTC"),
        ({"expires_at": START.replace(tzinfo=None)}, "not in UTC"),
    ],
)
def test_what_breaks_a_rule_is_refused(change, says):
    with pytest.raises(ValueError, match=says):
        Record(**FIELDS | change)


def test_a_wrong_status_is_refused():
    with pytest.raises(StatusMixError):
        Record(**FIELDS | {"status": "war"})


def test_a_public_record_needs_nobody_named():
    assert Record(**FIELDS | {"marking": marking_for("PUBLIC")}).marking.audience == "PUBLIC"


def test_times_on_the_wire_are_utc():
    data = encode(Record(**FIELDS))
    with pytest.raises(MalformedRecordError, match="not in UTC"):
        decode(data.replace(b"06:00:00Z", b"15:00:00+09:00"), Record)
    with pytest.raises(MalformedRecordError, match="not in UTC"):
        decode(data.replace(b"06:00:00Z", b"06:00:00"), Record)


def test_room_and_parents():
    record = Record(**FIELDS | {"sources": (Source(record="a"), Source(cites="a book"), Source(record="b"))})
    assert record.room == "cargo"
    assert record.parents == ("a", "b")


def test_a_source_is_one_thing():
    for fields in ({}, {"record": "a", "cites": "b"}):
        with pytest.raises(ValueError, match="either a record or what it cites"):
            Source(**fields)
    for fields in ({"cites": "b", "originator": "KOR"}, {"record": "a", "originator": "kor"}):
        with pytest.raises(ValueError, match="is not that of a record"):
            Source(**fields)


def test_a_source_without_originator_is_read_and_written_as_ever():
    assert encode(Source(record="a")) == b'{"record":"a"}'
    assert decode(b'{"record":"a"}', Source) == Source(record="a", originator="")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_body_without_end_is_refused_where_it_is_made(value):
    body = Detection(
        sensor=Position(lat_deg=0, lon_deg=0), azimuth_deg=0, elevation_deg=0, angle_sigma_deg=1, bias_sigma_deg=value
    )
    with pytest.raises(MalformedRecordError, match=r"cannot be written in JSON at \$\.bias_sigma_deg"):
        with_body("warning.detection", body, **{k: v for k, v in FIELDS.items() if k not in ("kind", "body")})


def test_a_list_without_end_is_refused_where_it_is_made():
    class Curve(msgspec.Struct):
        heights: list[float]

    with pytest.raises(MalformedRecordError, match=r"at \$\.heights\[1\]"):
        with_body("x.curve", Curve([1.0, float("nan")]), **{k: FIELDS[k] for k in FIELDS if k not in ("kind", "body")})


def test_a_kind_that_nobody_knows_is_opaque():
    record = Record(**FIELDS)
    assert body_of(record) == Opaque()
    check_body(record)


@pytest.mark.parametrize(
    ("kind", "body", "says"),
    [
        ("warning.detection", b'{"azimuth_deg":"north"}', r"body of warning.detection: .* at \$\.body\.azimuth_deg"),
        ("warning.detection", b"[]", r"Expected `object`"),
        ("cargo.unheard", b"[]", "Expected `object`"),
        ("cargo.unheard", b'{"a":1,"a":2}', "stands twice"),
        ("cargo.unheard", b"{", "."),
    ],
)
def test_a_body_that_others_could_not_read_is_refused(kind, body, says):
    with pytest.raises(MalformedRecordError, match=says):
        check_body(Record(**FIELDS | {"kind": kind, "body": msgspec.Raw(body)}))


def test_schemas_are_there_for_all_kinds():
    assert set(json_schemas()) == {"record", *BODIES}


def test_moments_keep_microseconds():
    moment = datetime(2026, 1, 15, 6, 0, 0, 123456, tzinfo=UTC)
    assert decode(encode(Record(**FIELDS | {"observed_at": moment})), Record).observed_at == moment
