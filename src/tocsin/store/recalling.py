"""Takes a recalled record's content out of every table, within the store's open transaction (spec 9.5)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from tocsin.errors import MalformedRecordError
from tocsin.exchange import without_records
from tocsin.store import schema
from tocsin.store.slips import indexes_of

_records = schema.records.c
_journal = schema.journal.c
_frames = schema.frames.c


def recalled_keys(connection: Connection) -> set[tuple[str, str]]:
    """Return id and originator of every record recalled, also of those that have not come yet."""
    table = schema.recalls.c
    return {(id_, originator) for id_, originator in connection.execute(select(table.record_id, table.originator))}


def write_recall(
    connection: Connection, *, record_id: str, originator: str, recalled_at: datetime, is_own: bool
) -> int:
    """Remember the recall and take the content out of frames, outbox and quarantine; what waits of it waits no more.

    Args:
        connection: Of the open transaction.
        record_id: The record.
        originator: Whose record it is, and who recalls it.
        recalled_at: UTC.
        is_own: Whether that is this member. Nothing else waits here, and an id is anybody's to choose.

    Returns:
        How many copies of the content were taken out.
    """
    table = schema.recalls.c
    mine = select(table.recalled_at).where(table.record_id == record_id, table.originator == originator)
    if connection.execute(mine).first() is None:
        connection.execute(
            insert(schema.recalls).values(record_id=record_id, originator=originator, recalled_at=recalled_at)
        )
    places = _places(connection, record_id=record_id, originator=originator)
    removed = sum(
        _purge_frame(connection, order=order, frame_hash=hash_, record_id=record_id, originator=originator)
        for order, hash_ in places
    )
    removed += _purge_outbox(connection, record_id=record_id, originator=originator)
    if is_own:
        connection.execute(delete(schema.held).where(schema.held.c.record_id == record_id))
    return removed + _purge_quarantine(connection, record_id=record_id, originator=originator)


def _places(connection: Connection, *, record_id: str, originator: str) -> list[tuple[int, str]]:
    """Return order and hash of the frames that hold the record, also where it was refused at the door."""
    order, hash_ = _journal.admission_order, _journal.hash
    admitted = (
        select(order, hash_)
        .join(schema.records, order == _records.frame_order)
        .where(_records.id_hash == schema.hash_of_id(record_id), _records.id == record_id)
        .where(_records.originator == originator)
        .distinct()
    )
    places = {row.admission_order: row.hash for row in connection.execute(admitted)}
    suspects = connection.execute(select(order, hash_).where(_journal.refused > 0)).all()
    for row in suspects:
        if row.admission_order not in places and indexes_of(_data(connection, row.hash), record_id, originator):
            places[row.admission_order] = row.hash
    return sorted(places.items())


def _data(connection: Connection, frame_hash: str) -> bytes:
    data: bytes = connection.execute(select(_frames.data).where(_frames.hash == frame_hash)).scalar_one()
    return data


def _purge_frame(connection: Connection, *, order: int, frame_hash: str, record_id: str, originator: str) -> int:
    orders = connection.execute(select(_journal.orders).where(_journal.admission_order == order)).scalar_one()
    rows = connection.execute(
        select(_records.admission_order, _records.start, _records.length)
        .where(_records.admission_order.between(order, order + orders - 1))
        .order_by(_records.admission_order)
    ).all()
    data = _data(connection, frame_hash)
    indexes = indexes_of(data, record_id, originator)
    gone = {order + index for index in indexes}
    # Blanks keep its length: in SQLite a row that grows or shrinks makes others move, and they leave traces behind.
    purged = without_records(data, indexes).ljust(len(data))
    connection.execute(update(schema.frames).where(_frames.hash == frame_hash).values(data=purged))
    connection.execute(delete(schema.records).where(_records.admission_order.in_(gone)))
    moved: list[dict[str, Any]] = []
    position = 0
    for row in rows:
        if row.admission_order not in gone:
            raw = data[row.start : row.start + row.length]
            start = purged.index(raw, position)
            position = start + len(raw)
            moved.append({"at": row.admission_order, "now": start})
    if moved:
        connection.execute(
            update(schema.records).where(_records.admission_order == bindparam("at")).values(start=bindparam("now")),
            moved,
        )
    return len(indexes)


def _purge_outbox(connection: Connection, *, record_id: str, originator: str) -> int:
    table = schema.outbox.c
    removed = 0
    for position, data in connection.execute(
        select(table.position, table.data).where(table.data.is_not(None), table.originator == originator)
    ).all():
        indexes = indexes_of(data, record_id, originator)
        if indexes:
            purged = without_records(data, indexes)
            connection.execute(update(schema.outbox).where(table.position == position).values(data=purged))
            removed += len(indexes)
    return removed


def _purge_quarantine(connection: Connection, *, record_id: str, originator: str) -> int:
    """Take the record out of what was refused; header and signature of a whole frame stay, for they may be proof."""
    table = schema.quarantine.c
    removed = 0
    for position, data in connection.execute(
        select(table.position, table.data).where(table.data.is_not(None))
    ).all():  # fmt: skip
        kept = _evidence_without(data, record_id, originator)
        if kept != data:
            connection.execute(update(schema.quarantine).where(table.position == position).values(data=kept))
            removed += 1
    return removed


def _evidence_without(data: bytes, record_id: str, originator: str) -> bytes | None:
    try:
        indexes = indexes_of(data, record_id, originator)
        return without_records(data, indexes) if indexes else data
    except MalformedRecordError:
        return None if _names(data, record_id, originator) else data


def _names(data: bytes, record_id: str, originator: str) -> bool:
    """Tell whether bytes that are no frame, cut or broken, may hold the record: they name it and no other's."""
    if re.search(rb'"id"\s*:\s*"%s"' % re.escape(record_id.encode()), data) is None:
        return False
    named = re.findall(rb'"originator"\s*:\s*"([A-Z]{3})"', data)
    return not named or originator.encode() in named
