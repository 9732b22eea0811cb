"""A ledger as people write it: one TOML file of sources, items, claims, what links them, and of cargo, by keys.

Each entry becomes one record. ``source = "csis"`` names an entry of the file (or one that was told before from another
file by the same member), ``"KOR/KOR-claims-ev001"`` a record of any member.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
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

MOST_CHARACTERS = 2_000_000
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
_ADVICE = "See docs/how-to/keep-a-ledger-of-claims.md"

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


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One record to be."""

    kind: str
    key: str
    """From the file; what was told under the same key before is revised."""
    line: int
    body: msgspec.Raw
    refs: tuple[RecordRef, ...]
    """The records that it names."""
    cites: tuple[str, ...] = ()
    """Where it is published: URLs, references."""


def record_id(member: str, key: str) -> str:
    """Return the id of the first record of a key."""
    return f"{member}-claims-{key}"


def read_ledger(text: str, *, name: str, member: str) -> list[Entry]:
    """Read a ledger and check it.

    Args:
        text: The file.
        name: Of the file, for errors.
        member: Whose it is.

    Returns:
        The entries in an order in which none comes before what it names.

    Raises:
        FeedError: Something is wrong with it, with the line of the entry.
    """
    if len(text) > MOST_CHARACTERS:
        raise FeedError(f"{len(text)} characters, of at most {MOST_CHARACTERS}", source=name, advice="Split it")
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FeedError(f"no TOML: {error}", source=name, advice=_ADVICE) from error
    entries: dict[str, Entry] = {}
    for table, number, fields in _tables(data, name):
        entry = _entry(table, fields, name=name, line=_line_of(text, table, number), member=member)
        if entry.key in entries:
            raise FeedError(
                f"the key {entry.key} was given before, in line {entries[entry.key].line}", source=name,
                line=entry.line,
                advice="Keys are unique in a file, whatever the table",
            )  # fmt: skip
        entries[entry.key] = entry
    return _ordered(entries, member, name)


def _tables(data: dict[str, Any], name: str) -> Iterator[tuple[str, int, dict[str, Any]]]:
    for table, rows in data.items():
        if table not in TABLES:
            raise FeedError(f"unknown table {table}", source=name, advice=f"There are: {', '.join(TABLES)}")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise FeedError(f"{table} is no list of tables", source=name, advice=f"Begin each one with [[{table}]]")
        yield from ((table, number, row) for number, row in enumerate(rows))


def _line_of(text: str, table: str, number: int) -> int:
    """Return the line of the so-many-th entry of a table, from 0; 1 if it is written in another way."""
    header = re.compile(rf"^\s*\[\[\s*{table}\s*\]\]", re.MULTILINE)
    starts = [match.end() for match in header.finditer(text)]
    return text.count("\n", 0, starts[number]) + 1 if number < len(starts) else 1


def _entry(table: str, fields: dict[str, Any], *, name: str, line: int, member: str) -> Entry:
    kind, shape, naming = TABLES[table]
    given = dict(fields)
    key, cites = given.pop("key", None), given.pop("cites", [])
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        advice = "Give one of letters, digits, _ and -, such as ev001"
        raise FeedError(f"a {table} without a key, or with one that is none", source=name, line=line, advice=advice)
    known = (*shape.__struct_fields__, "key", "cites")
    for field in given:
        if field not in known:
            raise FeedError(
                f"{table} {key}: unknown field {field}", source=name, line=line, advice=f"There are: {', '.join(known)}"
            )
    refs: list[RecordRef] = []

    def named(value: object) -> dict[str, str]:
        ref = _ref(value, member)
        if ref is None:
            raise FeedError(
                f"{table} {key}: {value!r} names no entry", source=name, line=line,
                advice="Name a key of this file, or a record as KOR/its-id",
            )  # fmt: skip
        refs.append(ref)
        return {"originator": ref.originator, "record": ref.record}

    for field in naming:
        _name_entries(given, field, named)
    try:
        body = msgspec.convert(given, shape)
        if isinstance(body, Judgement):
            band_of(body.scale, body.word)
        cited = msgspec.convert(cites, tuple[str, ...])
    except (msgspec.ValidationError, ValueError, DomainError) as error:
        raise FeedError(f"{table} {key}: {error}", source=name, line=line, advice=_ADVICE) from error
    raw = msgspec.Raw(msgspec.json.encode(body))
    return Entry(kind=kind, key=key, line=line, body=raw, refs=tuple(dict.fromkeys(refs)), cites=cited)


def _name_entries(fields: dict[str, Any], path: str, named: Callable[[object], dict[str, str]]) -> None:
    """Put references in the place of what a field names, after a dot that of each part."""
    field, _, inner = path.partition(".")
    value = fields.get(field)
    if inner and isinstance(value, list):
        for part in value:
            if isinstance(part, dict):
                _name_entries(part, inner, named)
    elif not inner and value is not None:
        fields[field] = [named(each) for each in value] if isinstance(value, list) else named(value)


def _ref(value: object, member: str) -> RecordRef | None:
    if not isinstance(value, str):
        return None
    originator, slash, record = value.partition("/")
    if slash:
        return (
            RecordRef(originator=originator, record=record) if re.fullmatch("[A-Z]{3}", originator) and record else None
        )
    return RecordRef(originator=member, record=record_id(member, value)) if _KEY.fullmatch(value) else None


def _ordered(entries: dict[str, Entry], member: str, name: str) -> list[Entry]:
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
        raise FeedError(
            f"these rest on each other in a circle: {', '.join(circle)}", source=name, line=entries[circle[0]].line,
            advice="Say what each one rests on first; what came later cannot be a source of what was before",
        ) from error  # fmt: skip
