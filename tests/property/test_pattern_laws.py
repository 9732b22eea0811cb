"""Laws of matching, held against OASIS's own matcher of STIX patterns."""

from __future__ import annotations

import warnings
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tocsin.cyber.detector import Detector, Indicator
from tocsin.cyber.observations import observed_data
from tocsin.cyber.parsing import parse_by_grammar, parse_pattern

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own dependencies
    from stix2matcher.matcher import MatcherException
    from stix2matcher.matcher import match as reference_match

_TEXTS = st.sampled_from(["a", "b", "ab", "a.b", "A", "é", "a\nb", "", "%", "[x]", "10.0.0.1", "10.0.0.0/8", "Å"])
_ADDRESSES = st.sampled_from(["10.0.0.1", "10.0.0.0/8", "10.1.0.0/16", "192.0.2.7", "192.0.2.0/24", "10.0.0.1/32"])
_TIMES = st.integers(0, 40).map(lambda second: f"2026-11-28T09:00:{second:02}.5Z")
_MEMBERS = ["x:name", "x:size", "x:flag", "x:parts[*]"]
_NUMBERS = st.integers(-2, 3) | st.sampled_from([0.5, 1.0, -1.5])


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _number(value: float) -> str:
    return repr(value)


@st.composite
def _tests(draw: st.DrawFn) -> str:
    negated = draw(st.sampled_from(["", " NOT"]))
    kind = draw(st.sampled_from(["=", "order", "in", "like", "matches", "network", "number", "time", "bytes", "truth"]))
    text = st.sampled_from(["x:name", "x:parts[*]", "x:parts[1]", "x:other_ref.name", "x:more_refs[*].name", "y:name"])
    if kind == "=":
        return f"{draw(text)}{negated} {draw(st.sampled_from(['=', '!=']))} {_quoted(draw(_TEXTS))}"
    if kind == "order":
        return f"{draw(text)}{negated} {draw(st.sampled_from(['<', '<=', '>', '>=']))} {_quoted(draw(_TEXTS))}"
    if kind == "in":
        values = draw(st.lists(_TEXTS.map(_quoted), max_size=3) | st.lists(_NUMBERS.map(_number), max_size=3))
        return f"{draw(st.sampled_from(_MEMBERS))}{negated} IN ({', '.join(values)})"
    if kind == "like":
        like = draw(st.lists(st.sampled_from(["a", "b", "%", "_", ".", "é", "["]), max_size=3))
        return f"{draw(text)}{negated} LIKE {_quoted(''.join(like))}"
    if kind == "matches":
        expression = draw(st.sampled_from(["a", "^a", "b$", "a.b", "[a-b]+", "(a|é)", "", "^.*$", r"\[x\]", "Å"]))
        return f"{draw(text)}{negated} MATCHES {_quoted(expression)}"
    if kind == "network":
        operator, path = draw(st.sampled_from([("ISSUBSET", "x:address"), ("ISSUPERSET", "x:network")]))
        literals = _ADDRESSES.filter(lambda one: "/" in one) if operator == "ISSUBSET" else _ADDRESSES
        return f"{path}{negated} {operator} {_quoted(draw(literals))}"
    if kind == "number":
        path = draw(st.sampled_from(["x:size", "x:name", "x:flag"]))
        sign = draw(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]))
        return f"{path}{negated} {sign} {_number(draw(_NUMBERS))}"
    if kind == "time":
        return f"x:at{negated} {draw(st.sampled_from(['=', '!=', '<', '>=']))} t'{draw(_TIMES)}'"
    if kind == "bytes":
        path, sign = draw(st.sampled_from(["x:raw_hex", "x:name"])), draw(st.sampled_from(["=", "!=", "<", ">="]))
        literal = draw(st.sampled_from(["h'61'", "h'ff'", "b'YWI='", "'a'", "'ab'"]))
        return f"{path}{negated} {sign} {literal}"
    return f"x:flag{negated} = {draw(st.sampled_from(['true', 'false']))}"


_CONDITIONS = st.recursive(
    _tests(),
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda three: f"({' '.join(three)})"),
    max_leaves=4,
).map(lambda text: f"[{text}]")


@st.composite
def _observables(draw: st.DrawFn) -> dict[str, Any]:
    whole = {
        "name": draw(_TEXTS | _NUMBERS),
        "parts": draw(st.lists(_TEXTS, max_size=3)),
        "address": draw(_ADDRESSES),
        "network": draw(_ADDRESSES.filter(lambda one: "/" in one)),
        "size": draw(_NUMBERS | st.none() | st.just("1")),
        "at": draw(_TIMES),
        "flag": draw(st.booleans() | st.sampled_from([0, 1])),
        "raw_hex": draw(st.sampled_from(["61", "6162", "ff", "00"])),
        "other_ref": draw(st.sampled_from(["0", "1", "9"])),
        "more_refs": draw(st.lists(st.sampled_from(["0", "1", "9"]), max_size=2)),
    }
    kept = draw(st.sets(st.sampled_from(sorted(whole)), min_size=4))
    return {"type": draw(st.sampled_from(["x", "x", "y"])), **{key: whole[key] for key in sorted(kept)}}


@st.composite
def _observed(draw: st.DrawFn, *, most: int = 4) -> list[dict[str, Any]]:
    events = []
    for number in range(draw(st.integers(1, most))):
        first = draw(st.integers(0, 40))
        last = draw(st.integers(first, min(59, first + draw(st.sampled_from([0, 0, 5, 19])))))
        events.append(
            {
                "type": "observed-data",
                "id": f"observed-data--{number}",
                "first_observed": f"2026-11-28T09:00:{first:02}Z",
                "last_observed": f"2026-11-28T09:00:{last:02}Z",
                "number_observed": draw(st.sampled_from([1, 1, 2])),
                "objects": {str(place): draw(_observables()) for place in range(draw(st.integers(1, 2)))},
            }
        )
    return events


def _ours(pattern: str, events: list[dict[str, Any]]) -> bool:
    """Match as events come, and as an indicator comes to events that are there: both must agree."""
    indicator = Indicator("indicator--1", parse_pattern(pattern))
    forward, backward = Detector(), Detector()
    forward.add([indicator], now_us=0)
    assert not forward.refused
    seen = [match for event in observed_data(events) for match in forward.observe(event, now_us=0)]
    for event in observed_data(events):
        backward.observe(event, now_us=0)
    assert backward.add([indicator], now_us=0) == seen
    return bool(seen)


@given(_CONDITIONS, _observed(most=2))
@settings(max_examples=400, deadline=None)
def test_a_condition_holds_when_the_reference_says_so(pattern: str, events: list[dict[str, Any]]) -> None:
    try:
        expected = bool(reference_match(pattern, events))
    except MatcherException:
        assume(False)
    assert _ours(pattern, events) is expected


_BRACKETS = st.sampled_from(["x:name = 'a'", "x:name = 'b'", "x:size > 0", "x:name LIKE 'a%'", "y:name != 'a'"]).map(
    "[{}]".format
)
_QUALIFIERS = st.sampled_from(
    [
        "REPEATS 2 TIMES",
        "REPEATS 3 TIMES",
        "WITHIN 5 SECONDS",
        "WITHIN 0.5 SECONDS",
        "WITHIN 20 SECONDS",
        "START t'2026-11-28T09:00:10Z' STOP t'2026-11-28T09:00:30Z'",
    ]
)
_EXPRESSIONS = st.recursive(
    _BRACKETS,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["AND", "OR", "FOLLOWEDBY", "FOLLOWEDBY"]), inner).map(
            lambda three: f"({' '.join(three)})"
        )
        | st.tuples(inner, _QUALIFIERS).map(lambda two: f"({' '.join(two)})")
    ),
    max_leaves=5,
)


@given(_EXPRESSIONS, _observed(most=6))
@settings(max_examples=400, deadline=None)
def test_observations_are_bound_when_the_reference_finds_a_binding(pattern: str, events: list[dict[str, Any]]) -> None:
    expected = bool(reference_match(pattern, [_bundle(events)], stix_version="2.1"))
    assert _ours(pattern, events) is expected


def _bundle(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Write events as STIX 2.1 does: observables beside what was observed, which names them."""
    bundle: list[dict[str, Any]] = []
    for event in events:
        named = {ref: f"{one['type']}--{event['id']}-{ref}" for ref, one in event["objects"].items()}
        bundle.append({**event, "object_refs": list(named.values())})
        bundle += ({**one, "id": named[ref]} for ref, one in event["objects"].items())
    return {"type": "bundle", "objects": bundle}


_PATHS = st.sampled_from(["file:name", "file:hashes.'SHA-256'", "a-b:c.d[*].e", "x:y[0]", "url:value", "n:'o p'.q"])


@given(_PATHS, st.text(max_size=20), st.sampled_from(["", " "]))
@settings(deadline=None)
def test_the_short_way_reads_what_the_grammar_reads(path: str, text: str, space: str) -> None:
    pattern = f"[{path}{space}={space}{_quoted(text)}]"
    assert parse_pattern(pattern) == parse_by_grammar(pattern)
