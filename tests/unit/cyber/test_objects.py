"""STIX objects of files: what their markings let go, and that they stay as they are to the byte."""

from __future__ import annotations

import json

import pytest

from tocsin.codec import decode
from tocsin.cyber.objects import bundle_of, read_objects
from tocsin.cyber.tlp import LABELS, label_of, marking_of
from tocsin.errors import FeedError, MalformedRecordError
from tocsin.markings import Tlp
from tocsin.records import StixObject

ID = "5cb65e2f-f502-5620-96c2-66f62e2b9e10"
RED1 = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"
RED2 = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
GREEN = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"
STATEMENT = "marking-definition--00000000-0000-4000-8000-000000000001"


def malware(**more):
    return {"type": "malware", "id": f"malware--{ID}", **more}


def label(**more):
    body = decode(json.dumps(malware(**more)).encode(), StixObject)
    return label_of(body, statements=(STATEMENT,), unmarked=Tlp.AMBER)


@pytest.mark.parametrize(
    ("markings", "read"),
    [
        ({}, Tlp.AMBER),
        ({"object_marking_refs": [GREEN]}, Tlp.GREEN),
        ({"object_marking_refs": [STATEMENT]}, Tlp.AMBER),
        ({"object_marking_refs": [GREEN, RED1]}, Tlp.RED),
        (
            {"object_marking_refs": [GREEN], "granular_markings": [{"marking_ref": RED2, "selectors": ["name"]}]},
            Tlp.RED,
        ),
        ({"object_marking_refs": ["marking-definition--unknown"]}, Tlp.RED),
        ({"granular_markings": [{"lang": "ko", "selectors": ["name"]}]}, Tlp.AMBER),
    ],
)
def test_the_strictest_label_counts_and_an_unknown_one_is_red(markings, read):
    assert label(**markings) is read


@pytest.mark.parametrize("tlp", Tlp)
def test_red_never_leaves_by_itself(tlp):
    marking = marking_of(tlp, member="KOR", to=("JPN", "USA"))
    stays = tlp in (Tlp.RED, Tlp.AMBER_STRICT)
    assert (marking.releasable_to, marking.tlp) == (("KOR",) if stays else ("JPN", "KOR", "USA"), tlp)


def test_a_definition_of_the_protocol_is_everybodys():
    for id_ in LABELS:
        body = StixObject(type="marking-definition", id=id_)
        assert label_of(body, statements=(), unmarked=Tlp.RED) is Tlp.CLEAR


def test_objects_stay_as_they_are_to_the_byte():
    raw = b'{ "type":"malware",\n  "id": "malware--%b", "x_custom": {"a" : [1.50, "\\u00e9"]} }' % ID.encode()
    read = read_objects(b'{"type": "bundle", "objects": [' + raw + b"]}", source="f")
    assert [bytes(one) for one in read.objects] == [raw]
    assert bytes(read_objects(bundle_of([raw]), source="f").objects[0]) == raw


def test_what_is_no_object_is_told_and_the_rest_is_read():
    statement = {"type": "marking-definition", "id": STATEMENT, "definition_type": "statement"}
    bad = [
        malware(id="malware--1"), malware(type="tool"), malware(modified="yesterday"), {"type": "malware"}, 7,
        {"type": "indicator", "id": f"indicator--{ID}", "pattern_type": "stix", "pattern": "["},
        malware(x="x" * 500_000),
    ]  # fmt: skip
    data = json.dumps({"type": "bundle", "objects": [*bad, malware(), statement]}).encode()
    read = read_objects(data, source="f")
    assert (len(read.objects), len(read.refused), read.statements) == (2, len(bad), (STATEMENT,))


def test_a_table_becomes_the_same_indicators_each_time():
    data = b"type,value\ndomain,evil.test\ncar,x\n"
    one, other = read_objects(data, source="f"), read_objects(data, source="f")
    assert [bytes(raw) for raw in one.objects] == [bytes(raw) for raw in other.objects]
    assert json.loads(bytes(one.objects[0]))["pattern"] == "[domain-name:value = 'evil.test']"
    assert len(one.refused) == 1


def test_no_file_of_objects():
    with pytest.raises(FeedError):
        read_objects(b"x", source="f")


@pytest.mark.parametrize(
    "change", [{"type": "X"}, {"id": "malware--" + ID.upper()}, {"created": "2026-13-01T00:00:00Z"}]
)
def test_no_object(change):
    with pytest.raises(MalformedRecordError):
        decode(json.dumps(malware(**change)).encode(), StixObject)
