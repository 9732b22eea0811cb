"""Carries a store over into another database, and proves that nothing was lost or changed on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, Table, func, select

from tocsin.errors import StoreError
from tocsin.store import deriving, schema
from tocsin.store.chains import Chains
from tocsin.store.inserting import insert_rows
from tocsin.store.rereading import reread

_ROWS_AT_ONCE = 200
_TRUTH = tuple(table for table in schema.metadata.sorted_tables if table not in {schema.about, schema.records})


@dataclass(frozen=True, kw_only=True)
class Copied:
    """What a copy holds; both stores were read again and agree on all of it."""

    rows: dict[str, int]
    """By table."""
    sha256: dict[str, str]
    """By table, over its rows in the order of their key."""


def copy(source: Connection, chains: Chains, target: Connection, *, on_progress: Callable[[int, int], None]) -> Copied:
    """Copy frames, journal and links word for word, make the records anew from the frames, and compare both stores.

    Args:
        source: Of a transaction in which nothing changes.
        chains: The same store's frames.
        target: Of the transaction that writes to a store that is empty.
        on_progress: Called with rows done and rows in all.

    Raises:
        StoreError: The target is not empty, a frame is not what was admitted, or the copy differs.
    """
    for table in _TRUTH:
        if _count(target, table):
            raise StoreError("the store to copy to is not empty", advice="Name a new file, or an empty database")
    everything = (*_TRUTH, schema.records)
    total = sum(_count(source, table) for table in everything)
    progress = _Progress(total * 3, on_progress)
    for table in _TRUTH:
        for rows in _pages(source, table):
            target.execute(table.insert(), [dict(row) for row in rows])
            progress.step(len(rows))
    for stored in chains.admitted_frames():
        made = deriving.record_rows(reread(stored), order=stored.order)
        insert_rows(target, schema.records, deriving.mark_copies(target, made))
        progress.step(len(made))
    theirs, ours = _digests(source, everything, progress), _digests(target, everything, progress)
    for name, (count, digest) in theirs.items():
        if ours[name] != (count, digest):
            raise StoreError(
                f"table {name} differs in the copy: {count} rows became {ours[name][0]}, or a row is another",
                advice="Nothing was kept of the copy. If it is records: tocsin store rebuild, then copy again",
            )
    return Copied(
        rows={name: count for name, (count, _) in ours.items()},
        sha256={name: digest for name, (_, digest) in ours.items()},
    )


class _Progress:
    def __init__(self, total: int, tell: Callable[[int, int], None]) -> None:
        self._done, self._total, self._tell = 0, total, tell

    def step(self, rows: int) -> None:
        self._done += rows
        self._tell(self._done, self._total)


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _pages(connection: Connection, table: Table) -> Iterator[Sequence[RowMapping]]:
    ordered = select(table).order_by(*table.primary_key.columns)
    yield from connection.execute(ordered, execution_options={"yield_per": _ROWS_AT_ONCE}).mappings().partitions()


def _digests(connection: Connection, tables: Sequence[Table], progress: _Progress) -> dict[str, tuple[int, str]]:
    found = {}
    for table in tables:
        count, digest = 0, hashlib.sha256()
        for rows in _pages(connection, table):
            for row in rows:
                digest.update(repr(tuple(row.values())).encode())
            count += len(rows)
            progress.step(len(rows))
        found[table.name] = (count, digest.hexdigest())
    return found
