"""A ledger as a table for spreadsheets: one row a record, in one layout, and no cell that a spreadsheet would compute.

Source:
    RFC 4180; OWASP, CSV Injection.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from tocsin.claims import TABLES, Row
from tocsin.codec import decode
from tocsin.errors import FeedError, MalformedRecordError, MarkingError
from tocsin.interchange.coming import TABLE_OF, Received, key_of
from tocsin.interchange.leaving import Leaving
from tocsin.markings import Marking, PublicWarning, Tlp

ABOUT = (
    "table", "key", "id", "originator", "releasable_to", "public_warning", "tlp", "caveats", "status", "synthetic",
    "issued_at", "supersedes", "cites",
)  # fmt: skip
"""Columns of every row."""

COLUMNS = (*ABOUT, *dict.fromkeys(field for _, shape, _ in TABLES.values() for field in shape.__struct_fields__))
"""All columns: after these the fields of the bodies."""

_LISTS = frozenset({"releasable_to", "caveats", "derived_from", "rests_on", "origins", "vessels"})
"""In one cell, with semicolons between."""
_JSON = frozenset({
    "cites", "custody", "places", "quantities", "person", "hypotheses", "gaps", "identities", "origin", "destination",
    "legs", "place", "quantity", "baseline",
})  # fmt: skip
_NUMBERS = frozenset({"credibility", "size_bytes"})
_COMPUTED = re.compile("^[=+\\-@\t\r\n'＝＋－＠]")
"""What spreadsheets take for a formula, full-width signs too, and the apostrophe that says it is none."""
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_MOST_ROWS = 200_000


def to_csv(entries: Sequence[Leaving]) -> bytes:
    """Return a ledger as CSV in UTF-8, with the mark at its beginning by which spreadsheets know that."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        if entry.record.kind not in TABLE_OF:  # a reach test is computed, and told by no ledger
            continue
        values = _about(entry) | msgspec.to_builtins(entry.body)
        writer.writerow([_cell(name, values.get(name)) for name in COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def _about(entry: Leaving) -> dict[str, Any]:
    record = entry.record
    key = key_of(entry.thread[0][1], record.originator)
    return {
        "table": TABLE_OF[record.kind], "key": key, "id": record.id, "originator": record.originator,
        "releasable_to": record.marking.releasable_to, "public_warning": record.marking.public_warning.value,
        "tlp": record.marking.tlp.value if record.marking.tlp else None, "caveats": record.marking.caveats,
        "status": record.status, "synthetic": record.synthetic,
        "issued_at": record.issued_at.isoformat().replace("+00:00", "Z"), "supersedes": record.supersedes,
        "cites": entry.cites,
    }  # fmt: skip


def _cell(name: str, value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case {"originator": originator, "record": record} if name not in _JSON:
            text = f"{originator}/{record}"
        case list() | tuple() if name in _LISTS:
            text = "; ".join(_cell("", each) for each in value)
        case list() | tuple() | dict():
            text = json.dumps(value, ensure_ascii=False) if value else ""
        case _:
            text = str(value)
    text = _NO_TEXT.sub("\ufffd", text)
    return f"'{text}" if name and _COMPUTED.match(text) else text


def read_csv(text: str, received: Received) -> None:
    """Read a table in this layout; columns may be left out and stand in any order.

    Raises:
        FeedError: It is no such table.
    """
    if "\0" in text:
        raise FeedError("holds a NUL: it is no text", source=received.source, advice="Save it as CSV in UTF-8")
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for line, cells in _lines(reader, received.source):
        if line == 1:
            names = [name.strip() for name in cells]
            _require_columns(names, received.source)
            continue
        if not any(cells):
            continue
        if len(cells) != len(names):
            told = f"{len(cells)} cells, where the header has {len(names)}"
            received.wrong.append(FeedError(told, source=received.source, line=line, advice="Quote cells with commas"))
            continue
        try:
            _row({name: _plain(cell) for name, cell in zip(names, cells, strict=True)}, line, received)
        except (MarkingError, MalformedRecordError, ValueError) as error:
            advice = "See docs/reference/ledger-formats.md"
            received.wrong.append(FeedError(str(error)[:300], source=received.source, line=line, advice=advice))


def _lines(reader: Any, source: str) -> Iterator[tuple[int, list[str]]]:
    begun = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise FeedError(f"no CSV: {error}", source=source, line=begun, advice="Save it as CSV in UTF-8") from error
        if cells is None:
            return
        if begun > _MOST_ROWS:
            raise FeedError(f"more than {_MOST_ROWS} rows", source=source, advice="Split it")
        yield begun, cells
        begun = reader.line_num + 1


def _require_columns(names: list[str], source: str) -> None:
    advice = f"There are: {', '.join(COLUMNS)}"
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        raise FeedError(f"unknown column {unknown[0][:80]!r}", source=source, line=1, advice=advice)
    if len(set(names)) < len(names) or not {"table", "key"} <= set(names):
        raise FeedError("the header names table and key, and no column twice", source=source, line=1, advice=advice)


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _COMPUTED.match(cell[1:]) else cell


def _row(cells: dict[str, str], line: int, received: Received) -> None:
    table, originator = cells["table"].strip(), cells.get("originator", "").strip()
    if originator and originator != received.member:
        received.pass_over_member(originator)
        return
    if originator and not cells["key"]:
        received.passed_over["told by this member otherwise than from a ledger file"] += 1
        return
    _bind(cells, received)
    columns = msgspec.structs.fields(TABLES[table][1]) if table in TABLES else ()
    needed = {column.name for column in columns if column.required and column.type is str}  # may be the empty text
    fields: dict[str, Any] = {"key": cells["key"].strip()}
    for name, cell in cells.items():
        if name in ABOUT and name != "cites":
            continue
        if cell or name in needed:
            fields[name] = _value(name, cell)
    received.rows.append(Row(table=table, fields=fields, source=received.source, line=line))


def _bind(cells: dict[str, str], received: Received) -> None:
    """Take note of what a row forbids; a row that somebody wrote may say nothing of it."""
    if cells.get("releasable_to", "").strip():
        received.narrow(
            Marking(
                releasable_to=tuple(_list(cells["releasable_to"])),
                public_warning=PublicWarning(cells.get("public_warning") or "no"),
                tlp=Tlp(cells["tlp"]) if cells.get("tlp") else None,
                caveats=tuple(_list(cells.get("caveats", ""))),
            )
        )
    if status := cells.get("status", "").strip():
        received.statuses.add(status)
    received.synthetic = received.synthetic or cells.get("synthetic", "").strip().lower() == "true"


def _value(name: str, cell: str) -> Any:
    if name in _LISTS:
        return _list(cell)
    if name in _JSON:
        return decode(cell.encode(), object)
    if name in _NUMBERS and re.fullmatch(r"-?[0-9]{1,18}", cell.strip()):
        return int(cell)
    if name.endswith("_at") or name in ("since", "until"):
        return f"{cell}T00:00:00Z" if re.fullmatch(r"\d{4}-\d\d-\d\d", cell) else cell
    return cell


def _list(cell: str) -> list[str]:
    return [each.strip() for each in cell.split(";") if each.strip()]
