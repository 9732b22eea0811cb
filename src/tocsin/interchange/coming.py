"""What a file of any format brings: rows of a ledger, what was passed over and why, what the file forbids."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import msgspec

from tocsin.claims import TABLES, Row
from tocsin.codec import decode
from tocsin.errors import FeedError, MalformedRecordError, NotReleasableError, StatusMixError
from tocsin.markings import Marking, combine, is_within, marking_for
from tocsin.records import MAX_PROPOSITION, Record

MOST_BYTES = 64_000_000
"""Of a file; longer ones are refused unread."""

TABLE_OF = {kind: table for table, (kind, _, _) in TABLES.items()}
"""The table of a ledger file that tells a kind."""


@dataclass
class Received:
    """What was read from a file."""

    source: str
    """Its name."""
    member: str
    """Who reads it."""
    rows: list[Row] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    """Why, and how many."""
    wrong: list[FeedError] = field(default_factory=list)
    """What cannot become a row at all."""
    statuses: set[str] = field(default_factory=set)
    marking: Marking | None = None
    """The widest that no record in the file forbids; None if none bears any."""
    synthetic: bool = False

    def place(self, what: str) -> str:
        """Return a place in the file as errors name it."""
        return f"{self.source}, {what}"

    def add(self, table: str, place: str, /, **fields: Any) -> None:
        """Add a row; fields that are None are left out."""
        given = {name: value for name, value in fields.items() if value is not None}
        self.rows.append(Row(table=table, fields=given, source=self.place(place)))

    def refuse(self, place: str, message: str, advice: str) -> None:
        """Take note of what cannot become a row."""
        self.wrong.append(FeedError(message, source=self.place(place), advice=advice))

    def narrow(self, marking: Marking) -> None:
        """Take note of who may have what is in the file."""
        self.marking = marking if self.marking is None else combine(self.marking, marking)

    def bind(self, marking: Marking, status: str, *, synthetic: bool) -> None:
        """Take note of what a record in the file forbids."""
        self.narrow(marking)
        self.statuses.add(status)
        self.synthetic = self.synthetic or synthetic

    def add_record(self, data: Any, place: str) -> None:
        """Add the row of a record that a file holds whole; one of another member is passed over.

        Args:
            data: The record, as JSON or as what was read from it.
            place: In the file.
        """
        try:
            record = decode(data if isinstance(data, bytes) else msgspec.json.encode(data), Record)
            body = decode(record.body, dict[str, Any])
        except (MalformedRecordError, ValueError) as error:
            self.refuse(place, f"holds a record that cannot be read: {str(error)[:300]}", "Export it again")
            return
        table = TABLE_OF.get(record.kind)
        key = key_of(record.id, self.member)
        if table is None:
            self.passed_over[f"of kind {record.kind}, which no ledger file tells"] += 1
        elif record.originator != self.member:
            self.pass_over_member(record.originator)
        elif key is None:
            self.passed_over["told by this member otherwise than from a ledger file"] += 1
        else:
            cites = [source.cites for source in record.sources if source.cites]
            self.bind(record.marking, record.status, synthetic=record.synthetic)
            self.add(table, place, **{**body, "key": key, "cites": cites})

    def pass_over_member(self, originator: str) -> None:
        """Pass over a record of another member."""
        self.passed_over[f"of {originator}: what {originator} tells comes from {originator}, signed"] += 1


def require_kept(received: Received, *, to: tuple[str, ...], status: str, synthetic: bool) -> None:
    """See to it that what a file holds is told as nothing else, and to nobody else, than the file allows.

    Args:
        received: The file.
        to: Codes of the members that are to have it.
        status: As it is to be told.
        synthetic: Whether it is to be told as invented.

    Raises:
        StatusMixError: The file is of another status, or invented.
        NotReleasableError: Its marking is narrower.
    """
    others = received.statuses - {status}
    if others:
        raise StatusMixError(
            f"{received.source} holds records of status {', '.join(sorted(others))}, not {status}",
            advice=f"Say --status {min(others)}, if that is what it is",
        )
    if received.synthetic and not synthetic:
        raise StatusMixError(f"{received.source} holds what is invented", advice="Say --synthetic")
    meant = marking_for(received.member, *to)
    if received.marking is not None and not is_within(meant, received.marking):
        marking = received.marking
        also = [*marking.caveats, *([marking.tlp.value] if marking.tlp else [])]
        raise NotReleasableError(
            f"{received.source} is for {marking.audience or 'nobody together'}"
            + (f" with {', '.join(also)}, which an import cannot keep" if also else f", not for {meant.audience}"),
            advice="" if also else "Name these members, or fewer, with --to",
        )


def key_of(record_id: str, member: str) -> str | None:
    """Return the key in a ledger file from which a record was told, whichever version it is; None if from none."""
    match = re.fullmatch(rf"{member}-claims-([A-Za-z0-9][A-Za-z0-9_-]{{0,79}})(?:\.[1-9][0-9]*)?", record_id)
    return match[1] if match else None


def new_key(*parts: str) -> str:
    """Return a key for something that a foreign file names in its own way."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", "-".join(parts)).strip("-")
    return plain[:79] or "x"


def moment(text: Any, *, is_end: bool = False) -> str | None:
    """Return a moment of a foreign file in UTC; a day, month or year means its beginning, or its last day's.

    Only for spans: that something was in a month is no statement about its first day.
    """
    if not isinstance(text, str):
        return None
    match = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", text.strip())
    if match is None:
        return text.strip() or None
    year, month, day = int(match[1]), match[2], match[3]
    try:
        if day is not None:
            whole = date(year, int(month), int(day))
        elif is_end:
            last = int(month or 12)
            whole = date(year + last // 12, last % 12 + 1, 1) - timedelta(days=1)
        else:
            whole = date(year, int(month or 1), 1)
    except ValueError:
        return text  # what reads it says what is wrong
    return f"{whole.isoformat()}T00:00:00Z"


def day(text: Any) -> str | None:
    """Return a moment as ``moment`` does, but only where at least the day is given."""
    return None if isinstance(text, str) and re.fullmatch(r"\d{4}(-\d\d)?", text.strip()) else moment(text)


def one_line(text: Any) -> str:
    """Return a text of a foreign file as a proposition may hold it; one that was cut short ends in [...]."""
    plain = " ".join(text.split()) if isinstance(text, str) else ""
    return plain if len(plain) <= MAX_PROPOSITION else f"{plain[: MAX_PROPOSITION - 6]} [...]"


def json_object(data: bytes, source: str) -> Any:
    """Return a JSON value from outside.

    Raises:
        FeedError: It is none.
    """
    try:
        return decode(data, object, max_bytes=MOST_BYTES)
    except MalformedRecordError as error:
        raise FeedError(
            f"no JSON: {str(error)[:300]}", source=source, advice="Export it again from where it comes from"
        ) from error
