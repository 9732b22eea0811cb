"""What one commit writes, table by table, within the transaction that the store holds open."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, func, insert, select, update

from tocsin.exchange import Reason, Rejected, without_records
from tocsin.exchange.frames import MAX_RECORDS
from tocsin.records import AdmittedFrame, ChainId, Record
from tocsin.store import deriving, schema
from tocsin.store.indexes import indexes_text
from tocsin.store.links import destination_text
from tocsin.store.shapes import Batch, Cursor, HeldItem, Unacked
from tocsin.store.slips import count_of, lacking

_DETAIL_CHARACTERS = 1000
_EVIDENCE_BYTES = 4096
_CHUNK = 400

_frames = schema.frames.c


def last_order(connection: Connection) -> int:
    """Return the last order that a frame of the journal takes up; 0 if there is none."""
    table = schema.journal.c
    row = connection.execute(
        select(table.admission_order, table.orders).order_by(table.admission_order.desc()).limit(1)
    ).first()
    return 0 if row is None else row.admission_order + row.orders - 1


def write_frames(
    connection: Connection, frames: Iterable[AdmittedFrame], *, recalled: Collection[tuple[str, str]]
) -> int:
    """Write the frames that are new, their journal and their records.

    Args:
        connection: Of the open transaction.
        frames: In the order in which they were admitted.
        recalled: Ids and originators of records whose content must not be written.

    Returns:
        How many were new.
    """
    candidates: dict[str, AdmittedFrame] = {}
    completing: list[AdmittedFrame] = []
    for frame in frames:
        if frame.completes:
            completing.append(frame)
        elif frame.ref.number > 0:
            candidates.setdefault(frame.ref.hash, frame)
    known = _known(connection, list(candidates))
    new = {hash_: candidate for hash_, candidate in candidates.items() if hash_ not in known}
    _insert_frames(connection, new, recalled)
    parts = 0
    for frame in completing:  # each may complete the one before
        part = _part(connection, frame)
        _insert_frames(connection, part, recalled)
        parts += len(part)
    return len(new) + parts


def _insert_frames(
    connection: Connection, frames: Mapping[str, AdmittedFrame], recalled: Collection[tuple[str, str]]
) -> None:
    """Write frames by their keys, their journal and their records."""
    order = last_order(connection) + 1
    frame_rows, journal_rows = [], []
    record_rows: list[deriving.RecordRow] = []
    for key, frame in frames.items():
        orders = max((record.index + 1 for record in frame.records), default=1)
        kept = _without_recalled(frame, recalled)
        frame_rows.append(_frame_row(kept, key=key))
        journal_rows.append(_journal_row(frame, key=key, order=order, orders=orders))
        record_rows.extend(deriving.record_rows(kept, order=order))
        order += orders
    if frame_rows:
        connection.execute(insert(schema.frames), frame_rows)
        connection.execute(insert(schema.journal), journal_rows)
        deriving.insert_records(connection, record_rows)


def _part(connection: Connection, frame: AdmittedFrame) -> dict[str, AdmittedFrame]:
    """Return by its key what a copy adds to the frame that is held: the records that this lacks, and nothing else."""
    found = connection.execute(select(_frames.data).where(schema.parts_of(_frames.hash, frame.ref.hash))).scalars()
    held = [lacking(data) for data in found]
    if not held:
        return {frame.ref.hash: frame}
    late = frozenset.intersection(*held) - lacking(frame.data)
    if not late:
        return {}
    others = set(range(MAX_RECORDS)) - late
    records = tuple(admitted for admitted in frame.records if admitted.index in late)
    part = replace(frame, data=without_records(frame.data, others), records=records)
    return {schema.part_key(frame.ref.hash, len(held)): part}


def write_links(connection: Connection, batch: Batch) -> None:
    """Write cursors, what waits, and the outbox.

    Raises:
        ValueError: A frame for the outbox has no bytes, and the store does not hold it.
    """
    for cursor in batch.cursors:
        _write_cursor(connection, cursor)
    for item in batch.held:
        _unhold(connection, item.held.record_id, destination_text(item.held.destination))
        connection.execute(insert(schema.held).values(_held_row(item)))
    for record_id, destination in batch.settled:
        _unhold(connection, record_id, destination_text(destination))
    if batch.sealed:
        _write_sealed(connection, batch.sealed)
    for frame_hash, hop in batch.acked:
        table = schema.outbox.c
        connection.execute(delete(schema.outbox).where(table.hash == frame_hash, table.hop == hop))


def write_refused(connection: Connection, refused: Iterable[Rejected], *, ring: int) -> None:
    """Write to the quarantine and let go of the oldest entries of each peer beyond ``ring``."""
    table = schema.quarantine.c
    position = _next(connection, schema.quarantine)
    rows = [_refused_row(entry, position=position + index) for index, entry in enumerate(refused)]
    if not rows:
        return
    connection.execute(insert(schema.quarantine), rows)
    for via in sorted({row["via"] for row in rows}):
        beyond = select(table.position).where(table.via == via).order_by(table.position.desc()).offset(ring).limit(1)
        oldest = connection.execute(beyond).scalar()
        if oldest is not None:
            connection.execute(delete(schema.quarantine).where(table.via == via, table.position <= oldest))
    for via, reason in sorted({(row["via"], row["reason"]) for row in rows}):
        more = sum(row["via"] == via and row["reason"] == reason for row in rows)
        _count(connection, via=via, reason=reason, more=more)


def _known(connection: Connection, hashes: list[str]) -> set[str]:
    known: set[str] = set()
    for start in range(0, len(hashes), _CHUNK):
        some = hashes[start : start + _CHUNK]
        known.update(connection.execute(select(schema.frames.c.hash).where(schema.frames.c.hash.in_(some))).scalars())
    return known


def _without_recalled(frame: AdmittedFrame, recalled: Collection[tuple[str, str]]) -> AdmittedFrame:
    gone = {admitted.index for admitted in frame.records if _key(admitted.record) in recalled}
    if not gone:
        return frame
    kept = tuple(admitted for admitted in frame.records if admitted.index not in gone)
    return replace(frame, data=without_records(frame.data, gone), records=kept)


def _key(record: Record) -> tuple[str, str]:
    return (record.id, record.originator)


def _frame_row(frame: AdmittedFrame, *, key: str) -> dict[str, Any]:
    epoch, number, hash_ = frame.resumes or (None, None, None)
    return {
        "hash": key,
        **_place(frame.ref.chain),
        "epoch": frame.ref.epoch,
        "number": frame.ref.number,
        "previous": frame.previous,
        "resumes_epoch": epoch,
        "resumes_number": number,
        "resumes_hash": hash_,
        "sealed_at": frame.sealed_at,
        "data": frame.data,
    }


def _place(chain: ChainId) -> dict[str, str]:
    return {
        "originator": chain.originator,
        "audience": chain.audience,
        "status": chain.status,
        "precedence": chain.precedence.value,
    }


def _journal_row(frame: AdmittedFrame, *, key: str, order: int, orders: int) -> dict[str, Any]:
    return {
        "admission_order": order,
        "orders": orders,
        "refused": count_of(frame.data) - len(frame.records),
        "indexes": indexes_text([record.index for record in frame.records]),
        "hash": key,
        "path": frame.path,
        "via": frame.via,
        "admitted_at": frame.admitted_at,
        "clock_suspect": frame.clock_suspect,
        "chain_open": frame.chain_open,
    }


def _write_cursor(connection: Connection, cursor: Cursor) -> None:
    connection.execute(delete(schema.cursors).where(schema.cursors.c.stream == cursor.stream))
    connection.execute(insert(schema.cursors).values(stream=cursor.stream, created=cursor.created, seq=cursor.seq))


def _unhold(connection: Connection, record_id: str, destination: str) -> None:
    table = schema.held.c
    connection.execute(delete(schema.held).where(and_(table.record_id == record_id, table.destination == destination)))


def _held_row(item: HeldItem) -> dict[str, Any]:
    return {
        "record_id": item.held.record_id,
        "destination": destination_text(item.held.destination),
        "kind": item.held.kind,
        "reason": item.held.reason,
        "detail": _plain(item.held.detail),
        "held_at": item.held_at,
    }


def _write_sealed(connection: Connection, sealed: tuple[Unacked, ...]) -> None:
    table = schema.outbox.c
    hashes = sorted({entry.ref.hash for entry in sealed})
    stored = _known(connection, hashes)
    waiting = set[tuple[str, str]]()
    for start in range(0, len(hashes), _CHUNK):
        some = hashes[start : start + _CHUNK]
        found = connection.execute(select(table.hash, table.hop).where(table.hash.in_(some)))
        waiting.update((hash_, hop) for hash_, hop in found)
    position = _next(connection, schema.outbox)
    rows: list[dict[str, Any]] = []
    for entry in sealed:
        if (entry.ref.hash, entry.hop) in waiting:
            continue
        if entry.data is None and entry.ref.hash not in stored:
            raise ValueError(f"frame {entry.ref.hash} is not in the store, so the outbox needs its bytes")
        waiting.add((entry.ref.hash, entry.hop))
        rows.append(
            {
                "position": position + len(rows),
                "hash": entry.ref.hash,
                "hop": entry.hop,
                **_place(entry.ref.chain),
                "epoch": entry.ref.epoch,
                "number": entry.ref.number,
                "kind": entry.kind,
                "sealed_at": entry.sealed_at,
                "data": None if entry.ref.hash in stored else entry.data,
            }
        )
    if rows:
        connection.execute(insert(schema.outbox), rows)


def _refused_row(entry: Rejected, *, position: int) -> dict[str, Any]:
    return {
        "position": position,
        "at": entry.at,
        "via": entry.via,
        "path": entry.path,
        "reason": entry.reason.value,
        "detail": _plain(entry.detail),
        "hash": entry.hash,
        "data": _evidence(entry),
        "size": len(entry.data),
    }


def _evidence(entry: Rejected) -> bytes | None:
    if len(entry.data) <= _EVIDENCE_BYTES:
        return entry.data or None
    if entry.reason is Reason.EQUIVOCATION:
        # header and signature alone prove it, and must be whole to do so
        return without_records(entry.data, set(range(MAX_RECORDS)))
    return entry.data[:_EVIDENCE_BYTES]


def _count(connection: Connection, *, via: str, reason: str, more: int) -> None:
    table = schema.refusals.c
    changed = connection.execute(
        update(schema.refusals).where(table.via == via, table.reason == reason).values(total=table.total + more)
    )
    if changed.rowcount == 0:
        connection.execute(insert(schema.refusals).values(via=via, reason=reason, total=more))


def _next(connection: Connection, table: Table) -> int:
    return (connection.execute(select(func.max(table.c.position))).scalar() or 0) + 1


def _plain(text: str) -> str:
    """Cut a text that a peer may have had a hand in, and take out what a database may refuse."""
    return text[:_DETAIL_CHARACTERS].replace("\x00", "\\0").encode(errors="replace").decode()
