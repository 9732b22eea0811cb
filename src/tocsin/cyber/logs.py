"""Files of events: STIX bundles, JSON lines, tables."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from tocsin.codec import decode
from tocsin.cyber.indicators import MOST_BYTES, objects_of
from tocsin.cyber.mapping import LogMapping
from tocsin.cyber.observations import Observation, observed_data
from tocsin.errors import FeedError, MalformedRecordError


class Unread(msgspec.Struct, frozen=True):
    """A line that tells no event, and why."""

    line: int
    reason: str


Event = Observation | Unread | None
"""None: a line with nothing in it that is looked at."""


def bundle_events(data: bytes, *, source: str) -> Iterator[Observation]:
    """Yield the ``observed-data`` of a STIX bundle.

    Raises:
        FeedError: It is no bundle, or one of its objects is none.
    """
    try:
        found = objects_of(data, source=source, advice="Lines and tables need a --mapping, such as zeek")
        objects = [decode(raw, dict[str, Any], max_bytes=MOST_BYTES) for raw in found]
        yield from observed_data(objects)
    except MalformedRecordError as error:
        raise FeedError(str(error), source=source) from error


def json_events(lines: Iterable[bytes], mapping: LogMapping) -> Iterator[Event]:
    """Yield what each line of JSON says was seen."""
    decoder = msgspec.json.Decoder(dict[str, Any])
    for number, line in enumerate(lines, start=1):
        try:
            yield mapping.observation(decoder.decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            yield Unread(number, f"no JSON object: {error}")
        except MalformedRecordError as error:
            yield Unread(number, str(error))


def table_events(lines: Iterable[bytes], mapping: LogMapping) -> Iterator[Event]:
    """Yield what each row of a table in CSV says was seen; its first line names the columns."""
    table = csv.DictReader(line.decode("utf-8-sig", "replace") for line in lines)
    while True:
        try:
            row = next(table, None)
            if row is None:
                return
            yield mapping.observation(row)
        except (csv.Error, MalformedRecordError) as error:
            yield Unread(table.line_num, str(error))
