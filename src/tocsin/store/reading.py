"""Answers to ``RecordQuery``: rows to records, page by page, so that no long read holds up the writer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, Select, and_, func, literal, or_, select, union_all

from tocsin.markings import PUBLIC
from tocsin.records import Admitted, ChainId, FrameRef, Precedence, Record, decode
from tocsin.store import schema
from tocsin.store.faults import translated
from tocsin.store.shapes import RecordQuery, StoredRecord, Window

_PAGE = 256
_FRAMES_AT_ONCE = 32
"""Of up to 1 MB each."""

_records = schema.records.c
_journal = schema.journal.c
_frames = schema.frames.c


def read_records(engine: Engine, database: str, query: RecordQuery) -> Iterator[StoredRecord]:
    """Yield the records that a query asks for, as the store stands when the first is asked for.

    Raises:
        StoreError: The database failed.
    """
    with translated(database, "read"), engine.begin() as connection:
        last = connection.execute(select(func.max(_records.admission_order))).scalar() or 0
    below = last + 1 if query.before_order is None else min(query.before_order, last + 1)
    after = query.after_order
    left = query.limit
    while left is None or left > 0:
        page = _PAGE if left is None else min(_PAGE, left)
        with translated(database, "read"), engine.begin() as connection:
            rows = connection.execute(_statement(query, after=after, below=below, last=last, page=page)).all()
            hashes = sorted({row.hash for row in rows})
            found: dict[int, StoredRecord] = {}
            for start in range(0, len(hashes), _FRAMES_AT_ONCE):
                some = hashes[start : start + _FRAMES_AT_ONCE]
                frames = connection.execute(select(_frames.hash, _frames.data).where(_frames.hash.in_(some)))
                data = {frame.hash: frame.data for frame in frames}
                found.update((row.admission_order, _stored(row, data[row.hash])) for row in rows if row.hash in data)
        yield from (found[row.admission_order] for row in rows)
        if len(rows) < page:
            return
        if query.newest_first:
            below = rows[-1].admission_order
        else:
            after = rows[-1].admission_order
        left = None if left is None else left - page


def _statement(query: RecordQuery, *, after: int, below: int, last: int, page: int) -> Select[Any]:
    joined = schema.records.join(schema.journal, _journal.admission_order == _records.frame_order).join(
        schema.frames, _frames.hash == _journal.hash
    )
    order = _records.admission_order
    return (
        select(
            order, _records.frame_order, _records.digest, _records.start, _records.length, _journal.hash,
            _journal.via, _journal.admitted_at, _journal.clock_suspect, _journal.chain_open, _frames.originator,
            _frames.audience, _frames.status, _frames.precedence, _frames.epoch, _frames.number, _frames.sealed_at,
        )
        .select_from(joined)
        .where(*_within_page(query, after=after, below=below, last=last, page=page))
        .order_by(order.desc() if query.newest_first else order)
        .limit(page)
    )  # fmt: skip


def _within_page(
    query: RecordQuery, *, after: int, below: int, last: int, page: int
) -> Iterator[ColumnElement[bool]]:  # fmt: skip
    order = _records.admission_order
    span = (order > after, order < below)
    # what a whole room covers must not be told twice
    kinds = [
        kind
        for kind in dict.fromkeys(query.kinds)
        if kind.endswith(".*") or f"{kind.partition('.')[0]}.*" not in query.kinds
    ]
    if len(kinds) < 2:
        yield from (*span, *_conditions(query, last=last))
        return
    # each kind by its own index, in order: with OR, every page would sort all that is left
    found = union_all(
        *(select(order).where(*span, *_conditions(replace(query, kinds=(kind,)), last=last)) for kind in kinds)
    )
    first = found.selected_columns[0]
    yield order.in_(found.order_by(first.desc() if query.newest_first else first).limit(page))


def _conditions(query: RecordQuery, *, last: int) -> Iterator[ColumnElement[bool]]:
    exact = (
        (_records.originator, query.originator),
        (_records.status, query.status),
        (_records.synthetic, query.synthetic),
        (_records.is_copy, None if query.copies else False),
    )
    yield from (column == value for column, value in exact if value is not None)
    if query.ids is not None:
        yield _records.id_hash.in_(sorted(map(schema.hash_of_id, query.ids)))
        yield _records.id.in_(query.ids)
    if query.kinds:
        yield or_(*(_kind_is(kind) for kind in query.kinds))
    if query.event_id is not None:
        yield or_(_records.event_id == query.event_id, _records.event_alias == query.event_id)
    if query.member is not None:
        yield _may_have(query.member)
    for window in query.windows:
        yield from _within(window)
    if query.as_known_at is not None:
        yield _records.admitted_at <= query.as_known_at
    if query.current_only:
        yield ~_replaced(query, last=last)


def _may_have(member: str) -> ColumnElement[bool]:
    audience = literal("-") + _records.audience + literal("-")
    # not LIKE, in which SQLite takes small letters for capitals and PostgreSQL does not
    return or_(_records.audience == PUBLIC, func.replace(audience, f"-{member}-", "") != audience)


def _kind_is(kind: str) -> ColumnElement[bool]:
    if kind.endswith(".*"):
        return _records.room == kind.removesuffix(".*")
    return _records.kind == kind


def _within(window: Window) -> Iterator[ColumnElement[bool]]:
    column = {"observed": _records.observed_at, "issued": _records.issued_at, "admitted": _records.admitted_at}
    if window.since is not None:
        yield column[window.time] >= window.since
    if window.until is not None:
        yield column[window.time] < window.until


def _replaced(query: RecordQuery, *, last: int) -> ColumnElement[bool]:
    """Tell of a row whether a later record replaced it; nobody replaces another's record, nor across statuses."""
    later = schema.records.alias("later")
    known = [later.c.admission_order <= last]
    if query.as_known_at is not None:
        known.append(later.c.admitted_at <= query.as_known_at)
    same = and_(later.c.originator == _records.originator, later.c.status == _records.status, *known)
    return or_(
        *(
            select(later.c.id).where(reference == _records.id, same).correlate(schema.records).exists()
            for reference in (later.c.supersedes, later.c.cancels)
        )
    )


def _stored(row: Row[Any], data: bytes) -> StoredRecord:
    raw = data[row.start : row.start + row.length]
    admitted = Admitted(
        # it was looked at for repeated keys at the door
        record=decode(raw, Record, outermost=False),
        raw=raw,
        digest=row.digest,
        frame=frame_ref(row),
        index=row.admission_order - row.frame_order,
        admitted_at=row.admitted_at,
        sealed_at=row.sealed_at,
        via=row.via,
        clock_suspect=row.clock_suspect,
        chain_open=row.chain_open,
    )
    return StoredRecord(order=row.admission_order, admitted=admitted)


def frame_ref(row: Row[Any]) -> FrameRef:
    """Return a frame's place in its chain from a row that has its columns."""
    chain = ChainId(row.originator, row.audience, row.status, Precedence(row.precedence))
    return FrameRef(chain=chain, epoch=row.epoch, number=row.number, hash=schema.hash_of_key(row.hash))
