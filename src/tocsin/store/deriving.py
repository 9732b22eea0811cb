"""From a frame to the rows that can be asked for: everything here can be made again from frames and journal."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, delete, select

from tocsin.errors import MalformedRecordError
from tocsin.records import BODIES, Admitted, AdmittedFrame, Record, decode
from tocsin.store import schema
from tocsin.store.inserting import insert_rows
from tocsin.store.schema import hash_of_id, stamp

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_CHUNK = 400


class _EventPart(msgspec.Struct):
    event_id: str | None = None
    alias: str | None = None


_NO_EVENT = _EventPart()
_WITHOUT_EVENT = frozenset(kind for kind, shape in BODIES.items() if "event_id" not in shape.__struct_fields__)

# made once, since every commit asks
_KNOWN = select(schema.records.c.id, schema.records.c.content).where(
    schema.records.c.id_hash.in_(bindparam("hashes", expanding=True))
)


class RecordRow(NamedTuple):
    """One row of ``records``, in the order of its columns."""

    admission_order: int
    frame_order: int
    id: str
    id_hash: int
    kind: str
    room: str
    originator: str
    audience: str
    status: str
    precedence: str
    issued_at: int
    observed_at: int | None
    admitted_at: int
    event_id: str | None
    event_alias: str | None
    supersedes: str | None
    cancels: str | None
    synthetic: bool
    opaque: bool
    is_copy: bool
    content: bytes
    digest: str
    start: int
    length: int


def record_rows(frame: AdmittedFrame, *, order: int) -> list[RecordRow]:
    """Return one row of ``records`` for each record of a frame, all marked as no copy.

    Args:
        frame: With its records; those recalled are left out of it.
        order: Of the frame in the journal.

    Raises:
        ValueError: A record's bytes do not stand in the frame's.
    """
    rows = []
    data, admitted_at = frame.data, stamp(frame.admitted_at)
    end = gap = 0
    for admitted in frame.records:
        raw = admitted.raw
        start = end + gap  # records of one frame stand at equal distances; looking for each costs more than all else
        if not data.startswith(raw, start):
            start = data.find(raw, end)
        if start < 0:
            raise ValueError(f"record {admitted.index} does not stand word for word in frame {frame.ref.hash}")
        gap, end = start - end, start + len(raw)
        rows.append(_row(admitted, order=order, admitted_at=admitted_at, start=start))
    return rows


def mark_copies(connection: Connection, rows: list[RecordRow]) -> list[RecordRow]:
    """Return the rows with ``is_copy`` set where the record stands word for word in an earlier frame.

    Args:
        connection: Of the transaction that will insert the rows.
        rows: In the order of admission.
    """
    seen: set[tuple[str, bytes]] = set()
    hashes = sorted({row.id_hash for row in rows})
    for start in range(0, len(hashes), _CHUNK):
        found = connection.execute(_KNOWN, {"hashes": hashes[start : start + _CHUNK]})
        seen.update((id_, content) for id_, content in found)
    marked = []
    for row in rows:
        key = (row.id, row.content)
        marked.append(row._replace(is_copy=True) if key in seen else row)
        seen.add(key)
    return marked


def insert_records(connection: Connection, rows: list[RecordRow]) -> None:
    """Write the rows, marking copies first."""
    insert_rows(connection, schema.records, mark_copies(connection, rows))


def forget(connection: Connection) -> None:
    """Empty the derived table."""
    connection.execute(delete(schema.records))


def _row(admitted: Admitted, *, order: int, admitted_at: int, start: int) -> RecordRow:
    record = admitted.record
    kind, observed_at = record.kind, record.observed_at
    event = _NO_EVENT if kind in _WITHOUT_EVENT else _event_of(record)
    return RecordRow(
        order + admitted.index,
        order,
        record.id,
        hash_of_id(record.id),
        kind,
        record.room,
        record.originator,
        record.marking.audience,
        record.status,
        record.precedence.value,
        stamp(record.issued_at),
        None if observed_at is None else stamp(observed_at),
        admitted_at,
        _reference(event.event_id),
        _reference(event.alias) if kind == "warning.same_event" else None,
        _reference(record.supersedes),
        _reference(record.cancels),
        record.synthetic,
        kind not in BODIES,
        False,
        blake2b(admitted.raw, digest_size=16).digest(),
        admitted.digest,
        start,
        len(admitted.raw),
    )


def _reference(text: str | None) -> str | None:
    # A peer may write anything here; what is no id refers to nothing, and some databases refuse some characters.
    return text if text is not None and _ID.fullmatch(text) else None


def _event_of(record: Record) -> _EventPart:
    try:
        return decode(record.body, _EventPart, outermost=False)
    except MalformedRecordError:
        return _NO_EVENT
