"""From a frame to the rows that can be asked for: everything here can be made again from frames and journal."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select

from tocsin.errors import MalformedRecordError
from tocsin.records import BODIES, Admitted, AdmittedFrame, Record, decode
from tocsin.store import schema

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_CHUNK = 400


class _EventPart(msgspec.Struct):
    event_id: str | None = None
    alias: str | None = None


def record_rows(frame: AdmittedFrame, *, order: int) -> list[dict[str, Any]]:
    """Return one row of ``records`` for each record of a frame, all marked as no copy.

    Args:
        frame: With its records; those recalled are left out of it.
        order: Of the frame in the journal.

    Raises:
        ValueError: A record's bytes do not stand in the frame's.
    """
    rows = []
    position = 0
    for admitted in frame.records:
        start = frame.data.find(admitted.raw, position)
        if start < 0:
            raise ValueError(f"record {admitted.index} does not stand word for word in frame {frame.ref.hash}")
        position = start + len(admitted.raw)
        rows.append(_row(admitted, frame=frame, order=order, start=start))
    return rows


def mark_copies(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Set ``is_copy`` on rows whose record stands word for word in an earlier frame.

    Args:
        connection: Of the transaction that will insert the rows.
        rows: In the order of admission.
    """
    table = schema.records.c
    seen: set[tuple[str, bytes]] = set()
    for start in range(0, len(rows), _CHUNK):
        ids = {row["id"] for row in rows[start : start + _CHUNK]}
        found = connection.execute(select(table.id, table.content).where(table.id.in_(ids)).distinct())
        seen.update((id_, content) for id_, content in found)
    for row in rows:
        key = (row["id"], row["content"])
        row["is_copy"] = key in seen
        seen.add(key)


def insert_rows(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Write the rows, marking copies first."""
    if rows:
        mark_copies(connection, rows)
        connection.execute(insert(schema.records), rows)


def forget(connection: Connection) -> None:
    """Empty the derived table."""
    connection.execute(delete(schema.records))


def _row(admitted: Admitted, *, frame: AdmittedFrame, order: int, start: int) -> dict[str, Any]:
    record = admitted.record
    event = _event_of(record)
    return {
        "admission_order": order + admitted.index,
        "frame_order": order,
        "id": record.id,
        "kind": record.kind,
        "room": record.room,
        "originator": record.originator,
        "audience": record.marking.audience,
        "status": record.status,
        "precedence": record.precedence.value,
        "issued_at": record.issued_at,
        "observed_at": record.observed_at,
        "admitted_at": frame.admitted_at,
        "event_id": _reference(event.event_id),
        "event_alias": _reference(event.alias) if record.kind == "warning.same_event" else None,
        "supersedes": _reference(record.supersedes),
        "cancels": _reference(record.cancels),
        "synthetic": record.synthetic,
        "opaque": record.kind not in BODIES,
        "is_copy": False,
        "content": hashlib.blake2b(admitted.raw, digest_size=16).digest(),
        "digest": admitted.digest,
        "start": start,
        "length": len(admitted.raw),
    }


def _reference(text: str | None) -> str | None:
    # A peer may write anything here; what is no id refers to nothing, and some databases refuse some characters.
    return text if text is not None and _ID.fullmatch(text) else None


def _event_of(record: Record) -> _EventPart:
    try:
        return decode(record.body, _EventPart, outermost=False)
    except MalformedRecordError:
        return _EventPart()
