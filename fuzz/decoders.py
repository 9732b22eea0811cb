"""Decoders of what comes from others as JSON: codec, records, bodies, frames, markings, orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from conformance.receiver import labels, shapes
from conformance.receiver.reader import Frame
from conformance.receiver.shapes import RefusedError

from fuzz.choices import Choices, Example, spoilt
from fuzz.examples import ANY, BODIES, FRAMES, MARKINGS, ORDERS, RECORDS
from fuzz.target import need
from tocsin.codec import decode, encode
from tocsin.errors import MalformedRecordError, MarkingError, StatusMixError, UnsupportedVersionError
from tocsin.exchange import open_frame, without_records
from tocsin.markings import Marking, combine, combine_status, derive, is_within
from tocsin.node.control import Order
from tocsin.records import BODIES as SHAPES
from tocsin.records import MAX_BYTES, Record, check_body


def _bytes(data: bytes, examples: Sequence[Example]) -> bytes:
    """Return input for a decoder: the bytes as they are, or an example spoilt as they decide."""
    choices = Choices(data)
    return choices.rest() if choices.byte() & 1 else spoilt(choices.of(examples), choices)


def check_json(data: bytes) -> None:
    """The codec takes what RFC 8259 and clause 1.2 take, and what it took it writes so that it reads the same."""
    data = _bytes(data, ANY)
    try:
        value = decode(data, dict[str, Any])
    except MalformedRecordError:
        value = None
    try:
        other = shapes.read_json(data)[0]
    except RefusedError:
        other = None
    other = other if isinstance(other, dict) else None
    need((value is None) == (other is None), f"one reader takes it, the other does not: {data!r}")
    if value is not None:
        need(decode(encode(value), dict[str, Any]) == value, "written and read again it is another")
        need(value == other, "the two readers read different things")


def check_record(data: bytes) -> None:
    """A record and its body are taken or refused as malformed, as the second reader does."""
    data = _bytes(data, RECORDS)
    try:
        record = decode(data, Record)
        check_body(record)
    except MalformedRecordError:
        record = None
    try:
        shapes.check_record(shapes.read_json(data)[0])
        other = True
    except RefusedError:
        other = False
    need((record is not None) == other, f"one reader takes it, the other does not: {data!r}")
    if record is not None:
        need(decode(encode(record), Record) == record, "written and read again it is another")


def check_bodies(data: bytes) -> None:
    """A body of every kind is taken or refused as the second reader does, and reads back as it was written."""
    choices = Choices(data)
    kind = choices.of(sorted(SHAPES))
    raw = choices.rest() if choices.byte() & 1 else spoilt(BODIES[kind], choices)
    try:
        body = decode(raw, SHAPES[kind])
    except MalformedRecordError:
        body = None
    try:
        shapes.check_body(kind, shapes.read_json(raw)[0])
        other = True
    except RefusedError:
        other = False
    need((body is not None) == other, f"one reader takes a body of {kind}, the other does not: {raw!r}")
    if body is not None:
        need(decode(encode(body), SHAPES[kind]) == body, "written and read again it is another")


def check_frame(data: bytes) -> None:
    """A frame opens or is refused as by the second reader; taking records out changes neither hash nor signature."""
    data = _bytes(data, FRAMES)
    reason, frame = "", None
    try:
        frame = open_frame(data, max_bytes=MAX_BYTES)
    except MalformedRecordError:
        reason = "malformed"
    except UnsupportedVersionError:
        reason = "unknown_version"
    try:
        other = Frame(data)
        other_reason = ""
    except RefusedError as refusal:
        other_reason = str(refusal)
    need(reason == other_reason, f"{reason or 'opens'} here, {other_reason or 'opens'} there: {data!r}")
    if frame is None:
        return
    need(frame.ref.hash == other.hash, "the two readers know it by different hashes")
    purged = without_records(data, {0})
    again = open_frame(purged, max_bytes=MAX_BYTES)
    need(again.header_bytes == frame.header_bytes, "the header changed")
    need((again.keyid, again.signature) == (frame.keyid, frame.signature), "the signature changed")
    need([bytes(slip.record) for slip in again.slips[1:]] == [bytes(slip.record) for slip in frame.slips[1:]], "slips")
    need(without_records(purged, {0}) == purged, "taking out what is gone changes something")


def check_marking(data: bytes) -> None:
    """Markings and statuses combine as by the second reader, and never widen."""
    choices = Choices(data)
    found = []
    for _ in range(2):
        try:
            found.append(decode(spoilt(choices.of(MARKINGS), choices), Marking))
        except MalformedRecordError:
            return
    first, second = found
    both = combine(first, second)
    plain = [_plain(each) for each in (first, second)]
    need(labels.combine(*plain) == _plain(both), "the two combine differently")
    need(combine(second, first) == both, "the order matters")
    need(is_within(both, first), "wider than the first")
    need(is_within(both, second), "wider than the second")
    member = choices.of(("JPN", "KOR", "USA", "AUS"))
    try:
        derived = _plain(derive(member, found))
    except MarkingError:
        derived = None
    need(labels.derive(member, plain) == derived, "the two derive differently")
    statuses = [choices.of(("actual", "test", "exercise:a", "exercise:b", choices.text())) for _ in range(2)]
    try:
        status = combine_status(*statuses)
    except StatusMixError:
        status = None
    need(labels.combine_status(*statuses) == status, f"the two combine {statuses} differently")


def _plain(marking: Marking) -> Any:
    return msgspec.json.decode(encode(marking))


def check_order(data: bytes) -> None:
    """A line on the control socket is an order or malformed."""
    data = _bytes(data, ORDERS)
    try:
        order: Any = decode(data, Order, max_bytes=65_536)  # type: ignore[arg-type]
    except MalformedRecordError:
        return
    need(decode(encode(order), Order) == order, "written and read again it is another")  # type: ignore[arg-type]
