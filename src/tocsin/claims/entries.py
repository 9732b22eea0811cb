"""Rows of a ledger, from whatever file they were read, become entries: checked, and in an order that can be told.

Each entry becomes one record. ``source = "csis"`` names an entry of the file (or one that was told before from another
file by the same member), ``"KOR/KOR-claims-ev001"`` a record of any member.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from graphlib import CycleError, TopologicalSorter
from typing import Any

import msgspec

from tocsin.claims.grades import band_of
from tocsin.errors import DomainError, FeedError
from tocsin.records import (
    CargoCount,
    Claim,
    ClaimItem,
    ClaimLink,
    ClaimSource,
    Judgement,
    Movement,
    Question,
    RecordRef,
    Vessel,
    Weighing,
)

MOST_ENTRIES = 100_000
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
ADVICE = "See docs/how-to/keep-a-ledger-of-claims.md"

TABLES: dict[str, tuple[str, type[msgspec.Struct], tuple[str, ...]]] = {
    "source": ("claims.source", ClaimSource, ()),
    "item": ("claims.item", ClaimItem, ("source", "derived_from")),
    "claim": ("claims.claim", Claim, ("rests_on",)),
    "link": ("claims.link", ClaimLink, ("of", "to")),
    "judgement": ("claims.judgement", Judgement, ("claim",)),
    "question": ("claims.question", Question, ()),
    "weighing": ("claims.weighing", Weighing, ("question", "evidence")),
    "vessel": ("cargo.vessel", Vessel, ("identities.rests_on",)),
    "movement": ("cargo.movement", Movement, ("vessels", "rests_on", "legs.rests_on")),
    "count": ("cargo.count", CargoCount, ("rests_on",)),
}
"""What a table of the file becomes, and which of its fields name other entries; after a dot, those of each part."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row as it was read, not checked yet."""

    table: str
    fields: dict[str, Any]
    """With ``key`` and ``cites``, as a file in TOML holds them."""
    source: str
    """The file, and the place in it where that is no line."""
    line: int | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One record to be."""

    kind: str
    key: str
    """From the file; what was told under the same key before is revised."""
    line: int | None
    body: msgspec.Raw
    refs: tuple[RecordRef, ...]
    """The records that it names."""
    cites: tuple[str, ...] = ()
    """Where it is published: URLs, references."""


def record_id(member: str, key: str) -> str:
    """Return the id of the first record of a key."""
    return f"{member}-claims-{key}"


def require_key(key: str) -> str:
    """Return a key as it is.

    Raises:
        DomainError: It is none.
    """
    if not _KEY.fullmatch(key):
        raise DomainError(f"{key[:80]!r} is no key", advice="Give one of letters, digits, _ and -, such as ev001")
    return key


def entries_of(rows: Iterable[Row], *, member: str, left_out: list[FeedError] | None = None) -> list[Entry]:
    """Check rows and put them in order.

    Args:
        rows: As a file holds them.
        member: Whose they are.
        left_out: Where given, what is wrong with a row is added here and the row left out, with all that names it.

    Returns:
        The entries in an order in which none comes before what it names.

    Raises:
        FeedError: Something is wrong with a row, with its place, and ``left_out`` is not given.
    """
    entries: dict[str, Entry] = {}
    places: dict[str, Row] = {}
    bad: set[str] = set()
    for row in rows:
        try:
            entry = _entry(row, member)
            if entry.key in entries:
                raise _wrong(
                    row, f"the key {entry.key} was given before, in {_place(places[entry.key])}",
                    "Keys are unique in a file, whatever the table",
                )  # fmt: skip
            if len(entries) >= MOST_ENTRIES:
                raise _wrong(row, f"more than {MOST_ENTRIES} entries", "Split the file")
        except FeedError as error:
            if left_out is None or len(entries) >= MOST_ENTRIES:
                raise
            left_out.append(error)
            bad.add(record_id(member, str(row.fields.get("key"))))
            continue
        entries[entry.key], places[entry.key] = entry, row
    bad -= {record_id(member, key) for key in entries}
    ordered: list[Entry] = []
    for entry in _ordered(entries, places, member):
        missing = [ref.record for ref in entry.refs if ref.originator == member and ref.record in bad]
        if missing and left_out is not None:
            told = f"{entry.key} names {missing[0].removeprefix(record_id(member, ''))}, which was left out"
            left_out.append(_wrong(places[entry.key], told, "Mend that one first"))
            bad.add(record_id(member, entry.key))
        else:
            ordered.append(entry)
    return ordered


def _wrong(row: Row, message: str, advice: str) -> FeedError:
    return FeedError(message, source=row.source, line=row.line, advice=advice)


def _place(row: Row) -> str:
    return f"line {row.line}" if row.line is not None else row.source


def _entry(row: Row, member: str) -> Entry:
    table = row.table
    if table not in TABLES:
        raise _wrong(row, f"unknown table {table[:80]}", f"There are: {', '.join(TABLES)}")
    kind, shape, naming = TABLES[table]
    given = dict(row.fields)
    key, cites = given.pop("key", None), given.pop("cites", [])
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        advice = "Give one of letters, digits, _ and -, such as ev001"
        raise _wrong(row, f"a {table} without a key, or with one that is none", advice)
    known = (*shape.__struct_fields__, "key", "cites")
    for field in given:
        if field not in known:
            raise _wrong(row, f"{table} {key}: unknown field {field[:80]}", f"There are: {', '.join(known)}")
    refs = _resolved(row, given, naming, member)
    try:
        body = msgspec.convert(given, shape)
        _require_known(given, body)
        if isinstance(body, Judgement):
            band_of(body.scale, body.word)
        cited = msgspec.convert(cites, tuple[str, ...])
        raw = msgspec.Raw(msgspec.json.encode(body))
    except (msgspec.ValidationError, ValueError, DomainError) as error:  # half a surrogate pair is a ValueError
        raise _wrong(row, f"{table} {key}: {error}", ADVICE) from error
    return Entry(kind=kind, key=key, line=row.line, body=raw, refs=refs, cites=cited)


def _require_known(given: object, made: object, path: str = "") -> None:
    """Refuse a field of a part that its struct does not know: a slip of the pen would otherwise be lost in silence."""
    if isinstance(made, msgspec.Struct) and isinstance(given, dict):
        for name, value in given.items():
            if name not in made.__struct_fields__:
                known = ", ".join(made.__struct_fields__)
                raise ValueError(f"unknown field {path}{str(name)[:80]}; there are: {known}")
            _require_known(value, getattr(made, name), f"{path}{name}.")
    elif isinstance(made, tuple) and isinstance(given, list):
        for value, part in zip(given, made, strict=True):
            _require_known(value, part, path)


def _resolved(row: Row, given: dict[str, Any], naming: tuple[str, ...], member: str) -> tuple[RecordRef, ...]:
    """Put references in place of the names in some fields, and return them."""
    refs: dict[RecordRef, None] = {}

    def named(value: object) -> dict[str, str]:
        ref = _ref(value, member)
        if ref is None:
            raise _wrong(
                row, f"{row.table} {row.fields['key']}: {str(value)[:80]!r} names no entry",
                "Name a key of this file, or a record as KOR/its-id",
            )  # fmt: skip
        refs[ref] = None
        return {"originator": ref.originator, "record": ref.record}

    for path in naming:
        _name_entries(given, path, named)
    return tuple(refs)


def _name_entries(fields: dict[str, Any], path: str, named: Callable[[object], dict[str, str]]) -> None:
    """Put references in the place of what a field names, after a dot that of each part."""
    field, _, inner = path.partition(".")
    value = fields.get(field)
    if inner and isinstance(value, list):
        fields[field] = parts = [dict(part) if isinstance(part, dict) else part for part in value]
        for part in parts:
            if isinstance(part, dict):
                _name_entries(part, inner, named)
    elif not inner and value is not None:
        fields[field] = [named(each) for each in value] if isinstance(value, list) else named(value)


def _ref(value: object, member: str) -> RecordRef | None:
    if isinstance(value, dict):  # as a record holds it
        value = f"{value.get('originator')}/{value.get('record')}"
    if not isinstance(value, str):
        return None
    originator, slash, record = value.partition("/")
    if slash:
        return (
            RecordRef(originator=originator, record=record) if re.fullmatch("[A-Z]{3}", originator) and record else None
        )
    return RecordRef(originator=member, record=record_id(member, value)) if _KEY.fullmatch(value) else None


def _ordered(entries: dict[str, Entry], places: dict[str, Row], member: str) -> list[Entry]:
    """Put what is named before what names it."""
    by_id = {record_id(member, key): entry for key, entry in entries.items()}
    order = TopologicalSorter(
        {key: [by_id[ref.record].key for ref in entry.refs if ref.originator == member and ref.record in by_id]
         for key, entry in entries.items()}
    )  # fmt: skip
    try:
        return [entries[key] for key in order.static_order()]
    except CycleError as error:
        circle = error.args[1]
        raise _wrong(
            places[circle[0]], f"these rest on each other in a circle: {', '.join(circle)}",
            "Say what each one rests on first; what came later cannot be a source of what was before",
        ) from error  # fmt: skip
