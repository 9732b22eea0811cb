"""Indicators out of bundles and tables: what is used, and what is told of the rest."""

from __future__ import annotations

import json

import pytest

from tocsin.cyber.indicators import Known, Refused, defanged, read_indicators, refanged
from tocsin.cyber.logs import Unread, bundle_events, json_events, table_events
from tocsin.cyber.mapping import shipped_mapping
from tocsin.errors import FeedError

ID = "indicator--5cb65e2f-f502-5620-96c2-66f62e2b9e1{}"


def bundle(*objects):
    return json.dumps({"type": "bundle", "id": "bundle--1", "objects": objects}).encode()


def indicator(number=0, **changes):
    return {
        "type": "indicator", "id": ID.format(number), "modified": "2026-11-28T09:00:00Z", "pattern_type": "stix",
        "pattern": "[domain-name:value = 'evil.test']", "valid_from": "2026-11-28T09:00:00Z", "name": "n", **changes,
    }  # fmt: skip


def read(data, **options):
    return list(read_indicators(data, source="f", **options))


def test_the_newest_version_counts():
    later = indicator(modified="2026-11-29T09:00:00Z", name="later", valid_until="2027-01-01T00:00:00Z")
    [known] = read(bundle(indicator(), later, indicator(name="early", modified="2026-11-01T09:00:00Z")))
    assert known.name == "later"
    assert known.indicator.valid_until_us > known.indicator.valid_from_us > 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"revoked": True}, "revoked"),
        ({"pattern": "nonsense"}, "no STIX pattern"),
        ({"pattern_type": "yara"}, "yara"),
        ({"valid_from": "soon"}, "valid_from"),
        ({"id": "indicator--1"}, "UUID"),
        ({"pattern": 7}, "str"),
        ({"pattern": "[ipv4-addr:value = '10.0.0.1']"}, "private"),
    ],
)
def test_what_is_not_used_is_told_with_its_reason(change, reason):
    [good, bad] = sorted(read(bundle(indicator(1), indicator(**change))), key=lambda one: isinstance(one, Refused))
    assert isinstance(good, Known)
    assert reason in bad.reason


def test_what_everybody_meets_is_used_where_it_is_asked_for():
    [known] = read(bundle(indicator(pattern="[ipv4-addr:value = '10.0.0.1']")), careful=False)
    assert isinstance(known, Known)


def test_a_table():
    rows = ["type,value,note", "domain,Evil[.]Test.,x", "file-md5,D41D8CD98F00B204E9800998ECF8427F,", "url,hxxp://a.b/C'd,",
            "ip,2001:470::1,", "ipv4,45.61.0.0/16,", "car,1,", "domain,,"]  # fmt: skip
    found = read("\n".join(rows).encode())
    literals = [one.indicator.expression.condition.literals[0] for one in found if isinstance(one, Known)]
    assert literals == [
        "evil.test", "d41d8cd98f00b204e9800998ecf8427f", "http://a.b/C'd", "2001:470::1", "45.61.0.0/16"
    ]  # fmt: skip
    assert [one.id for one in found if isinstance(one, Refused)] == ["line 7", "line 8"]
    assert read("\n".join(rows).encode()) == found  # the same ids again


@pytest.mark.parametrize("row", ["sha256,zz", "md5,d41d8cd98f", "ipv4,2001:470::1", "ip,1.2.3", "ipv6,45.61.0.0/16"])
def test_a_value_of_a_table_that_can_be_seen_nowhere_is_told(row):
    [told] = read(f"type,value\n{row}".encode())
    assert told.id == "line 2"
    assert row.split(",")[1] in told.reason


def test_which_value_of_a_table_everybody_meets_is_told_defanged():
    [told] = read(b"type,value\nipv4,10.0.0.1")
    assert "10[.]0[.]0[.]1" in told.reason


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff", b"a,b\n1,2", b'{"type": "report"}', b'{"type": "bundle", "objects": 7}', b"[" * 100_000,
     b'{"type":"bundle","objects":[' + b"[" * 100_000],
)  # fmt: skip
def test_no_indicators(data):
    with pytest.raises(FeedError, match="f: "):
        read(data)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://evil.test/a.b?c=d@e", "hxxp://evil[.]test/a[.]b?c=d[@]e"),
        ("HTTPS://1.2.3.4", "hxxpS://1[.]2[.]3[.]4"),
        ("a@evil.test", "a[@]evil[.]test"),
        ("abcdef", "abcdef"),
    ],
)
def test_defanged(text, shown):
    assert defanged(text) == shown
    assert refanged(shown).lower() == text.lower()


def test_lines_that_are_none_are_told_and_the_rest_is_read():
    lines = [b'{"ts": 1, "query": "a.test"}\n', b"x\n", b"\xff\n", b"[" * 10_000, b'{"query": "a"}', b'{"ts": 2}']
    read_ = list(json_events(lines, shipped_mapping("zeek")))
    assert [one.line if isinstance(one, Unread) else one and one.first_us for one in read_] == [
        1_000_000, 2, 3, 4, 5, None
    ]  # fmt: skip


def test_rows_that_are_none_are_told_and_the_rest_is_read():
    lines = [b"time,domain\n", b"2026-11-28T09:00:00Z,a.test\n", b"soon,a.test\n", b"7,b.test\n"]
    one, bad, other = table_events(lines, shipped_mapping("csv"))
    assert (bad.line, other.first_us, len(one.objects)) == (3, 7_000_000, 1)


def test_a_bundle_of_events_that_is_none():
    with pytest.raises(FeedError):
        list(bundle_events(bundle({"type": "observed-data", "id": "o"}), source="f"))
