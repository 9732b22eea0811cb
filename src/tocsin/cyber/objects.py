"""STIX objects in files, in and out, byte for byte."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import msgspec

from tocsin.codec import decode, encode
from tocsin.cyber.indicators import Refused, indicator_objects, objects_of
from tocsin.cyber.parsing import parse_pattern
from tocsin.errors import MalformedRecordError, PatternError
from tocsin.records import StixObject

MOST_OBJECT_BYTES = 400_000
"""Of one object: what is larger fits no frame."""


class Objects(msgspec.Struct, frozen=True):
    """What a file holds."""

    objects: list[msgspec.Raw]
    refused: list[Refused]
    statements: tuple[str, ...]
    """Ids of the marking definitions that are statements: they say nothing of who may have an object."""


class _Pattern(msgspec.Struct):
    pattern: str = ""
    pattern_type: str = ""
    definition_type: str = ""


def read_objects(data: bytes, *, source: str) -> Objects:
    """Read a STIX bundle, or a table in CSV with the columns ``type`` and ``value``.

    Raises:
        FeedError: The file is neither.
    """
    refused: list[Refused] = []
    if data.lstrip()[:1] == b"{":
        raws = objects_of(data, source=source)
    else:
        rows = list(indicator_objects(data, source=source))
        refused = [row for row in rows if isinstance(row, Refused)]
        raws = [msgspec.Raw(encode(row)) for row in rows if not isinstance(row, Refused)]
    objects, statements = [], []
    for number, raw in enumerate(raws):
        name = f"object {number}"
        try:
            body = decode(raw, StixObject, max_bytes=MOST_OBJECT_BYTES)
            name = body.id
            words = decode(raw, _Pattern)
            if body.type == "indicator" and words.pattern_type == "stix":
                parse_pattern(words.pattern)
        except (MalformedRecordError, PatternError) as error:
            refused.append(Refused(name, str(error)))
            continue
        objects.append(raw)
        if body.type == "marking-definition" and words.definition_type == "statement":
            statements.append(body.id)
    return Objects(objects, refused, tuple(statements))


def bundle_of(objects: Sequence[bytes]) -> bytes:
    """Return a STIX bundle of objects as they stand."""
    head = f'{{"type":"bundle","id":"bundle--{uuid.uuid4()}","objects":[\n'
    return head.encode() + b",\n".join(objects) + b"\n]}\n"
