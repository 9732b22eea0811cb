"""Laws of CAP: what is written is read back, whatever bytes come end in a value or an error, and a signature binds."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cap_messages import alert

from tocsin.cap import (
    Area,
    CapAlert,
    Circle,
    Info,
    NamedValue,
    Reference,
    Resource,
    broken_rules,
    check_cap,
    model,
    read_cap,
    write_cap,
)
from tocsin.errors import CapError

BLANKS = " \t\r\n"
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), min_size=1
)
text = TEXT.map(lambda each: each.strip(BLANKS)).filter(bool)
maybe = st.none() | text
name = st.text("abcXYZ0189-._:@", min_size=1, max_size=20)
uri = st.sampled_from(["https://a.example/b?c=1&d=2", "../map.png", "urn:x:y"])
number = st.floats(-1e5, 1e5, allow_nan=False).map(lambda each: round(each, 9))
moment = st.builds(
    lambda seconds, minutes: datetime.fromtimestamp(seconds, timezone(timedelta(minutes=minutes))),
    st.integers(86_400, 32_503_680_000), st.integers(-14 * 60, 14 * 60),
)  # fmt: skip
named = st.builds(NamedValue, value_name=text, value=text | st.just(""))


def of(alias):
    return st.sampled_from(get_args(alias))


def many(strategy, least=0):
    return st.lists(strategy, min_size=least, max_size=2).map(tuple)


corner = st.tuples(number, number)
area = st.builds(
    Area, area_desc=text, polygons=many(many(corner, least=1)), geocodes=many(named),
    circles=many(st.builds(Circle, lat_deg=number, lon_deg=number, radius_km=number)),
    altitude_ft=st.none() | number, ceiling_ft=st.none() | number,
)  # fmt: skip
resource = st.builds(
    Resource, resource_desc=text, mime_type=text, size=st.none() | st.integers(0, 10**12), uri=st.none() | uri,
    deref_uri=maybe, digest=maybe,
)  # fmt: skip
info = st.builds(
    Info, language=st.sampled_from(["en-US", "ja-JP", "ko", "mi"]), categories=many(of(model.Category), least=1),
    event=text, response_types=many(of(model.ResponseType)), urgency=of(model.Urgency), severity=of(model.Severity),
    certainty=of(model.Certainty), audience=maybe, event_codes=many(named), effective=st.none() | moment,
    onset=st.none() | moment, expires=st.none() | moment, sender_name=maybe, headline=maybe, description=maybe,
    instruction=maybe, web=st.none() | uri, contact=maybe, parameters=many(named), resources=many(resource),
    areas=many(area),
)  # fmt: skip
messages = st.builds(
    CapAlert, identifier=name, sender=name, sent=moment, status=of(model.Status), msg_type=of(model.MessageType),
    source=maybe, scope=of(model.Scope), restriction=maybe, addresses=maybe, codes=many(text), note=maybe,
    references=many(st.builds(Reference, sender=name, identifier=name, sent=moment)), incidents=maybe, infos=many(info),
)  # fmt: skip


@settings(max_examples=max(settings.default.max_examples // 4, 25))
@given(messages)
def test_what_is_written_is_read_back_and_written_the_same(message):
    data = write_cap(message)
    assert read_cap(data) == message
    assert write_cap(read_cap(data)) == data
    told = [(each.rule, each.where) for each in check_cap(data).findings]
    assert told == [(each.rule, each.where) for each in broken_rules(message)][:50]


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_an_error(data):
    with contextlib.suppress(CapError):
        read_cap(data)


GOOD = write_cap(alert(sent=datetime(2026, 1, 31, tzinfo=UTC)))


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=6), st.integers(0, 6))
def test_a_spoilt_message_is_a_message_or_an_error(place, put, cut):
    data = GOOD[:place] + put + GOOD[place + cut :]
    checked = check_cap(data)
    assert checked.alert is not None or checked.findings
