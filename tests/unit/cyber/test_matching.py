"""What indicators match: the cases that decide what an operator means, and what hostile ones may cost."""

from __future__ import annotations

import pytest

from tocsin.cyber.detector import Detector, Indicator
from tocsin.cyber.observations import Observation, observed_data
from tocsin.cyber.parsing import MAX_PATTERN, parse_pattern
from tocsin.errors import MalformedRecordError, PatternError

S = 1_000_000


def detector_of(*patterns, **validity):
    detector = Detector()
    detector.add(
        [Indicator(f"indicator--{number}", parse_pattern(one), **validity) for number, one in enumerate(patterns)],
        now_us=0,
    )
    return detector


def seen(at_s, *objects, until_s=None, number=1):
    last_s = at_s if until_s is None else until_s
    return Observation({str(place): one for place, one in enumerate(objects)}, at_s * S, last_s * S, number)


def person(**properties):
    return {"type": "person", **properties}


def matches(pattern, *events):
    detector = detector_of(pattern)
    assert not detector.refused
    return [match for event in events for match in detector.observe(event, now_us=0)]


IPV6 = {"type": "ipv6-addr", "value": "2001:db8::7"}
FLOW = {"type": "network-traffic", "src_ref": "1", "dst_ref": "2", "protocols": ["ipv4", "tcp"]}
ADDRESSES = ({"type": "ipv4-addr", "value": "192.0.2.7"}, {"type": "ipv4-addr", "value": "198.51.100.0/24"})


@pytest.mark.parametrize(
    ("pattern", "holds"),
    [
        ("[network-traffic:dst_ref.value = '198.51.100.0/24']", True),
        ("[network-traffic:src_ref.value ISSUBSET '192.0.2.0/24']", True),
        ("[network-traffic:src_ref.value ISSUBSET '192.0.2.8/29']", False),
        ("[network-traffic:dst_ref.value ISSUPERSET '198.51.100.9']", True),
        ("[network-traffic:dst_ref.value ISSUPERSET '198.51.0.0/16']", False),
        ("[network-traffic:src_ref.value ISSUPERSET '192.0.2.7']", True),
        ("[ipv6-addr:value ISSUBSET '2001:db8::/32']", True),
        ("[ipv6-addr:value ISSUBSET '0.0.0.0/1']", False),
        ("[network-traffic:protocols[*] = 'tcp']", True),
        ("[network-traffic:protocols[0] = 'tcp']", False),
        ("[network-traffic:dst_ref.value = '192.0.2.7']", False),
        ("[EXISTS network-traffic:dst_ref.value]", True),
        ("[EXISTS network-traffic:dst_port]", False),
        ("[network-traffic:src_ref.value = '192.0.2.7' AND network-traffic:protocols[1] = 'tcp']", True),
        ("[ipv4-addr:value = '192.0.2.7' AND ipv4-addr:value = '198.51.100.0/24']", False),  # of one observable
        ("[ipv4-addr:value = '192.0.2.7'] AND [ipv4-addr:value = '198.51.100.0/24']", False),  # of one observation
        ("[ipv4-addr:value IN ('192.0.2.7', '192.0.2.8')]", True),
        ("[ipv4-addr:value NOT IN ('192.0.2.7', '198.51.100.0/24')]", False),
        ("[ipv4-addr:value LIKE '192.0._.%']", True),
        ("[ipv4-addr:value MATCHES '^192\\\\.0']", True),
        ("[ipv4-addr:value NOT LIKE '192%']", True),
        ("[indicator:name = 'x']", False),
    ],
)
def test_one_observation(pattern, holds):
    assert bool(matches(pattern, seen(0, FLOW, *ADDRESSES, IPV6))) is holds


@pytest.mark.parametrize(
    ("pattern", "holds"),
    [
        ("[file:content_hex = 'alice']", True),
        ("[file:content_hex = h'616c696365']", True),
        ("[file:content_hex = b'YWxpY2U=']", True),
        ("[file:content_hex MATCHES '\\\\x61li']", True),
        ("[file:content_hex LIKE 'al%']", True),
        ("[file:content_hex < 'ăl']", False),  # no bytes, and so in no order with them
        ("[file:content_hex NOT < 'ăl']", True),
        ("[file:other_hex = 'alice']", False),  # the observation's value is no hexadecimal
        ("[file:odd = null]", None),
        ("[file:odd IN ('a', 1)]", None),
    ],
)
def test_bytes(pattern, holds):
    event = seen(0, {"type": "file", "content_hex": "616c696365", "other_hex": "x", "odd": None})
    if holds is None:
        with pytest.raises(PatternError):
            parse_pattern(pattern)
    else:
        assert bool(matches(pattern, event)) is holds


ALICE, BOB, CAROL = (person(name=name) for name in ("alice", "bob", "carol"))


@pytest.mark.parametrize(
    ("pattern", "holds"),
    [
        ("[person:name = 'alice'] AND [person:name = 'bob']", True),
        ("[person:name = 'alice'] AND [person:name = 'alice']", False),
        ("[person:name = 'alice'] FOLLOWEDBY [person:name = 'bob']", True),
        ("[person:name = 'bob'] FOLLOWEDBY [person:name = 'alice']", False),
        ("[person:name = 'carol'] FOLLOWEDBY [person:name = 'bob']", True),  # carol was seen over a time
        ("([person:name = 'alice'] AND [person:name = 'bob']) WITHIN 3 SECONDS", True),
        ("([person:name = 'alice'] AND [person:name = 'bob']) WITHIN 2.5 SECONDS", False),
        ("[person:name = 'carol'] REPEATS 2 TIMES", True),  # one observation of two
        ("[person:name = 'carol'] REPEATS 3 TIMES", False),
        ("[person:name LIKE '%'] REPEATS 4 TIMES WITHIN 10 SECONDS", True),
        ("[person:name = 'bob'] START t'1970-01-01T00:00:04Z' STOP t'1970-01-01T00:00:05Z'", True),
        ("[person:name = 'bob'] START '1970-01-01T00:00:04Z' STOP '1970-01-01T00:00:05Z'", True),  # as in STIX 2.0
        ("[person:name = 'bob'] START t'1970-01-01T00:00:03Z' STOP t'1970-01-01T00:00:04Z'", False),
        ("[person:name = 'zoe'] OR [person:name = 'bob']", True),
        ("([person:name = 'alice'] FOLLOWEDBY [person:name = 'bob']) REPEATS 2 TIMES", False),
    ],
)
def test_several_observations(pattern, holds):
    events = [seen(1, ALICE), seen(4, BOB), seen(2, CAROL, until_s=9, number=2)]
    assert bool(matches(pattern, *events)) is holds


def test_pairs_that_only_a_full_assignment_finds():
    events = [seen(at_s, person(age=at_s)) for at_s in range(20)]
    found = matches("([person:age < 20] FOLLOWEDBY [person:age > 5]) REPEATS 10 TIMES", *events)
    assert [(match.first_us, match.last_us, match.times) for match in found] == [(0, 19 * S, 1)]


def test_an_observation_serves_one_match_of_a_pattern():
    assert len(matches("[person:name = 'alice'] REPEATS 2 TIMES", *(seen(at_s, ALICE) for at_s in range(5)))) == 2


def test_an_indicator_counts_while_it_is_valid():
    detector = detector_of("[person:name = 'alice']", valid_from_us=10 * S, valid_until_us=20 * S)
    assert not detector.observe(seen(11, ALICE), now_us=9 * S)
    assert detector.observe(seen(5, ALICE), now_us=10 * S)
    assert not detector.observe(seen(20, ALICE), now_us=21 * S)


def test_what_is_replaced_or_removed_matches_no_more():
    detector = detector_of("[person:name = 'alice']")
    detector.add([Indicator("indicator--0", parse_pattern("[person:name = 'bob']"))], now_us=0)
    assert [len(detector.observe(seen(0, one), now_us=0)) for one in (ALICE, BOB)] == [0, 1]
    assert detector.remove("indicator--0")
    assert not detector.remove("indicator--0")
    assert not detector.observe(seen(0, BOB), now_us=0)


def test_a_new_indicator_is_matched_backwards():
    detector = detector_of()
    for at_s, one in enumerate((ALICE, BOB, ALICE)):
        detector.observe(seen(at_s, one), now_us=0)
    new = Indicator("indicator--9", parse_pattern("[person:name = 'alice'] FOLLOWEDBY [person:name = 'bob']"))
    assert [match.indicator for match in detector.add([new], now_us=0)] == ["indicator--9"]
    assert detector.observe(seen(3, BOB), now_us=0)[0].first_us == 2 * S  # the other alice waits on


@pytest.mark.parametrize(
    "pattern",
    [
        "[a:b MATCHES '(a)\\\\1']",
        "[a:b MATCHES '(?=a)b']",
        "[a:b MATCHES '((a{100}){100}){100}']",
        "[a:b ISSUBSET 'x']",
    ],
)
def test_what_cannot_be_compared_is_refused_and_nothing_else(pattern):
    detector = detector_of(pattern, "[person:name = 'alice']")
    assert list(detector.refused) == ["indicator--0"]
    assert detector.observe(seen(0, ALICE), now_us=0)


@pytest.mark.parametrize(
    "text",
    [
        "", "[", "[a:b]", "[a:b = ]", "a:b = 1", "[a:b = '" + "x" * MAX_PATTERN + "']",
        "[" + "(" * 40 + "a:b = 1" + ")" * 40 + "]", "[a:b = 1] REPEATS 0 TIMES", "[a:b = 1] REPEATS 100000000 TIMES",
        "[a:b = 1] WITHIN 0 SECONDS", "[a:b = h'0']", "[a:b = t'2026-13-01T00:00:00Z']", "[needs-quotes:in-path = 1]",
        "[a:b = 1]" + " WITHIN 1 SECONDS" * 500, " AND ".join(["[a:b = 1]"] * 500),
    ],
)  # fmt: skip
def test_no_pattern(text):
    with pytest.raises(PatternError):
        parse_pattern(text)


def test_a_catastrophic_expression_costs_its_text_and_no_more():
    assert not matches("[a:b MATCHES '^(a+)+$']", seen(0, {"type": "a", "b": "a" * 50_000 + "!"}))


def test_a_pattern_that_takes_too_long_is_used_no_more():
    detector = detector_of("([a:b = 1] FOLLOWEDBY [a:b = 2]) REPEATS 9 TIMES", "[a:b > 0]")
    ages = [1] * 8 + [2] * 8 + [1] * 30  # eight pairs in very many ways, and never a ninth
    found = [m for at_s, b in enumerate(ages) for m in detector.observe(seen(at_s, {"type": "a", "b": b}), now_us=0)]
    assert list(detector.refused) == ["indicator--0"]
    assert len(found) == len(ages)


def test_a_circle_of_references_ends():
    event = Observation({"0": {"type": "a", "next_ref": "0", "name": "n"}}, 0, 0)
    assert detector_of("[a:next_ref.next_ref.next_ref.name = 'n']").observe(event, now_us=0)


def test_observed_data_of_both_versions_is_read():
    times = {"first_observed": "2026-11-28T09:00:00Z", "last_observed": "2026-11-28T09:00:01.5Z", "number_observed": 2}
    new = {"type": "observed-data", "id": "observed-data--1", "object_refs": ["person--1", "person--9"], **times}
    old = {"type": "observed-data", "id": "observed-data--2", "objects": {"0": ALICE}, **times}
    one, other = observed_data([new, {"id": "person--1", **ALICE}, old])
    assert one.objects == {"person--1": {"id": "person--1", **ALICE}}
    assert other.objects == {"0": ALICE}
    assert other.last_us - other.first_us == 1_500_000


@pytest.mark.parametrize("change", [{"first_observed": "x"}, {"number_observed": 0}, {"objects": []}, {"objects": {}}])
def test_observed_data_that_is_none(change):
    whole = {"type": "observed-data", "id": "o", "objects": {"0": ALICE}, "number_observed": 1}
    times = {"first_observed": "2026-11-28T09:00:00Z", "last_observed": "2026-11-28T09:00:00Z"}
    with pytest.raises(MalformedRecordError):
        list(observed_data([{**whole, **times, **change}]))
