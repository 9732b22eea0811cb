from __future__ import annotations

import msgspec
import pytest

from tocsin.codec import MAX_BYTES, decode, encode
from tocsin.errors import MalformedRecordError
from tocsin.markings import Marking
from tocsin.records import Record


class Place(msgspec.Struct, frozen=True):
    name: str
    height: float = 0.0


def test_round_trip():
    assert decode(encode(Place("Fuji", 3776.0)), Place) == Place("Fuji", 3776.0)


def test_unknown_fields_are_passed_over():
    assert decode(b'{"name":"Fuji","prefecture":"Shizuoka"}', Place) == Place("Fuji")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"name":"a","name":"b"}', "'name' stands twice"),
        (b'{"name":"a","x":{"y":1,"\\u0079":2}}', "'y' stands twice"),
        (b'{"name":"a","height":NaN}', "NaN is not JSON"),
        (b'{"name":"a","height":-Infinity}', "-Infinity is not JSON"),
        (b'{"name":"a","height":1e400}', "out of range"),
        (b'{"name":"\xff"}', "not UTF-8"),
        (b'{"name":"\\ud800"}', "."),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"name":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b"\xef\xbb\xbf{}", "Expecting value"),
        (b"", "Expecting value"),
        (b'{"name":"a"} {}', "Extra data"),
        (b'{"height":1.0}', "missing required field `name`"),
        (b"1" * 5000, "digits"),
        (b"[]", "Expected `object`"),
    ],
)
def test_what_a_lenient_decoder_lets_through_is_refused(data, says):
    with pytest.raises(MalformedRecordError, match=says):
        decode(data, Place)


def test_a_repeated_member_list_cannot_widen_a_marking():
    with pytest.raises(MalformedRecordError, match="'releasable_to' stands twice"):
        decode(b'{"releasable_to":["KOR"],"releasable_to":["JPN","KOR"]}', Marking)


def test_size_is_bounded():
    with pytest.raises(MalformedRecordError, match="1000013 bytes, of at most 1000000"):
        decode(b'{"name":"' + b"a" * (MAX_BYTES + 2) + b'"}', Place)
    with pytest.raises(MalformedRecordError, match="of at most 4"):
        decode(msgspec.Raw(b'{"name":"a"}'), Place, max_bytes=4)


def test_the_path_of_a_fault_is_told():
    with pytest.raises(MalformedRecordError) as caught:
        decode(b'{"name":"a","height":"tall"}', Place)
    assert caught.value.path == "$.height"
    assert str(caught.value) == "Expected `float`, got `str` at $.height"


def test_our_own_rules_become_malformed():
    with pytest.raises(MalformedRecordError, match="is no status"):
        decode(
            b'{"kind":"a.b","id":"x","originator":"KOR","marking":{"releasable_to":["KOR"]},"status":"war",'
            b'"precedence":"flash","issued_at":"2026-01-01T00:00:00Z","body":{}}',
            Record,
        )


def test_parts_of_what_was_looked_at_are_not_looked_at_again():
    assert decode(b'{"name":"a","name":"b"}', Place, outermost=False) == Place("b")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"name":"a","height":1.0,"extra":1e400}', "out of range"),
        (b'{"name":"a","height":1.0,"extra":[{"deep":-1e999}]}', "out of range"),
        (rb'{"name":"a","height":1.0,"extra":"\ud800"}', "surrogate"),
        (rb'{"name":"a","height":1.0,"extra":["\udc00\ud800"]}', "surrogate"),
    ],
)
def test_what_stands_in_members_that_a_struct_does_not_know_is_looked_at(data, says):
    with pytest.raises(MalformedRecordError, match=says):
        decode(data, Place)
