"""The store of one member: one writer, any number of readers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, delete, insert, inspect, select

from tocsin.clock import require_utc
from tocsin.errors import StoreError, TocsinError
from tocsin.store import deriving, recalling, schema, sqlite, writing
from tocsin.store.chains import Chains
from tocsin.store.faults import translated
from tocsin.store.links import Links
from tocsin.store.lock import WriterLock
from tocsin.store.reading import read_records
from tocsin.store.rereading import reread
from tocsin.store.shapes import Batch, Committed, RecordQuery, StoredRecord

QUARANTINE_RING = 1000
"""Entries kept for each peer."""

_ROWS_AT_ONCE = 1000


class Store:
    """What a member has admitted, and what it needs to go on after a restart.

    Make it with ``open``. Commits come from one thread at a time; queries may come from any thread, and from other
    processes that opened the store read-only. A query sees the store as it stood when it began.
    """

    def __init__(self, database: str, *, reader: Engine, writer: Engine | None, lock: WriterLock | None) -> None:
        self._database = database
        self._reader = reader
        self._writer = writer
        self._lock = lock
        self._turn = threading.Lock()
        self._ring = QUARANTINE_RING
        self._recalled: set[tuple[str, str]] = set()
        self.chains = Chains(reader, database)
        self.links = Links(reader, database)

    @classmethod
    def open(cls, url_or_path: str | Path, *, read_only: bool = False, quarantine_ring: int = QUARANTINE_RING) -> Self:
        """Open a store, and make it first if it does not exist.

        Args:
            url_or_path: A file, or ``sqlite:///`` and a file.
            read_only: Take no lock, write nothing, and do not make the file.
            quarantine_ring: How many refused frames are kept for each peer.

        Raises:
            StoreError: Another process writes to it, it is newer than this program, no store, or cannot be opened.
        """
        path = _path_of(url_or_path)
        lock = None if read_only else WriterLock(path)
        try:
            if not read_only:
                sqlite.create_file(path)
            elif not path.exists():
                raise StoreError(f"there is no store at {path}", advice="It is made when the node first runs")
            writer = None if read_only else sqlite.writer_engine(path)
            store = cls(str(path), reader=sqlite.reader_engine(path), writer=writer, lock=lock)
        except TocsinError:
            if lock is not None:
                lock.release()
            raise
        store._ring = quarantine_ring
        try:
            store._prepare()
        except TocsinError:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Close the file and let another writer have it. What was committed stays."""
        self._reader.dispose()
        if self._writer is not None:
            self._writer.dispose()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def commit(self, batch: Batch) -> Committed:
        """Write a batch, all of it or nothing; when it returns, it is on the disk.

        Raises:
            StoreError: The store is read-only, or the database failed; nothing was written.
            ValueError: The batch contradicts itself; nothing was written.
        """
        with self._turn, translated(self._database, "write to"), self._writing() as connection:
            new = writing.write_frames(connection, batch.frames, recalled=self._recalled)
            writing.write_links(connection, batch)
            writing.write_refused(connection, batch.refused, ring=self._ring)
            return Committed(frames=new, last_order=writing.last_order(connection))

    def records(self, query: RecordQuery | None = None) -> Iterator[StoredRecord]:
        """Yield the records that a query asks for (all, without one), in the order of admission.

        Raises:
            StoreError: The database failed.
        """
        return read_records(self._reader, self._database, RecordQuery() if query is None else query)

    def find(self, record_id: str, *, originator: str | None = None) -> StoredRecord | None:
        """Return a record by its id, or None if none is held.

        Args:
            record_id: The id. Ids are anybody's to choose: of records of several members the first admitted is meant.
            originator: Only a record of this member.
        """
        return next(self.records(RecordQuery(id=record_id, originator=originator, limit=1)), None)

    def current(self, *kinds: str, as_known_at: datetime | None = None) -> Iterator[StoredRecord]:
        """Yield the records of some kinds (all, without any) that nothing has superseded or cancelled."""
        return self.records(RecordQuery(kinds=kinds, as_known_at=as_known_at, current_only=True))

    def follow(self, after_order: int) -> Iterator[StoredRecord]:
        """Yield what was admitted after an order, up to now; call again with the last order to go on."""
        return self.records(RecordQuery(after_order=after_order))

    def recall(self, record_id: str, *, originator: str, recalled_at: datetime) -> int:
        """Purge a record's content wherever it stands, for good; header, digests and signature of its frame stay.

        The recall is remembered: should the record come (again), its content is taken out before it is written.

        Args:
            record_id: The record.
            originator: Who recalls it; another member's record of the same id is left alone.
            recalled_at: UTC.

        Returns:
            How many copies of the content were taken out.

        Raises:
            StoreError: The database failed, or a reader that would not end kept the old content in the log; then it
                is wiped when the store is next opened, or by the next recall.
        """
        require_utc(recalled_at)
        with self._turn:
            with translated(self._database, "write to"), self._writing() as connection:
                removed = recalling.write_recall(
                    connection, record_id=record_id, originator=originator, recalled_at=recalled_at
                )
                if removed:
                    _set_about(connection, "wipe", "pending")
            self._recalled.add((record_id, originator))
            if not self._wipe_if_pending():
                raise StoreError(
                    f"recalled content is out of {self._database}, but not yet out of its log: a reader is at work",
                    advice="End the reader; the log is wiped when the store is next opened, or by the next recall",
                )
        return removed

    def rebuild(self) -> int:
        """Make the derived table anew from frames and journal, all of it or nothing.

        Returns:
            How many records there are.

        Raises:
            StoreError: The database failed, or a stored frame is not what it was when it was admitted.
        """
        count = 0
        with self._turn, translated(self._database, "rebuild"), self._writing() as connection:
            deriving.forget(connection)
            rows: list[deriving.RecordRow] = []
            for stored in self.chains.admitted_frames():
                rows += deriving.record_rows(reread(stored), order=stored.order)
                if len(rows) >= _ROWS_AT_ONCE:
                    deriving.insert_records(connection, rows)
                    count += len(rows)
                    rows = []
            deriving.insert_records(connection, rows)
            count += len(rows)
        return count

    def _prepare(self) -> None:
        engine = self._reader if self._writer is None else self._writer
        with translated(self._database, "open"), engine.begin() as connection:
            tables = set(inspect(connection).get_table_names())
            if not tables and self._writer is not None:
                schema.metadata.create_all(connection)
                _set_about(connection, "schema_version", str(schema.SCHEMA_VERSION))
            elif "about" not in tables:
                raise StoreError(f"{self._database} is no store of Tocsin", advice="Name another file")
            version = _about(connection, "schema_version")
            if version != str(schema.SCHEMA_VERSION):
                raise StoreError(
                    f"{self._database} has schema version {version}, this program knows {schema.SCHEMA_VERSION}",
                    advice="It was written by a newer Tocsin: install that, or put the file aside",
                )
            self._recalled = recalling.recalled_keys(connection)
        if self._writer is not None:
            self._wipe_if_pending()  # a reader that lingers delays the wiping, and keeps nobody's node from starting

    def _wipe_if_pending(self) -> bool:
        """Wipe what was recalled; tell whether nothing is left of it."""
        with translated(self._database, "wipe"):
            with self._writing() as connection:
                pending = _about(connection, "wipe") == "pending"
            if pending:
                if self._writer is None or not sqlite.wipe(self._writer):
                    return False
                with self._writing() as connection:
                    _set_about(connection, "wipe", "done")
        return True

    def _writing(self) -> AbstractContextManager[Connection]:
        if self._writer is None:
            raise StoreError(f"{self._database} is open read-only", advice="Open it without read_only to write")
        return self._writer.begin()


def _path_of(url_or_path: str | Path) -> Path:
    text = str(url_or_path)
    scheme, separator, rest = text.partition(":///")
    if not separator:
        if "://" not in text:
            return Path(text)
        scheme = text.partition("://")[0]
    if scheme != "sqlite":
        raise StoreError(f"{scheme} is no database that this version writes to", advice="Give a file for SQLite")
    return Path(rest)


def _about(connection: Connection, key: str) -> str | None:
    return connection.execute(select(schema.about.c.value).where(schema.about.c.key == key)).scalar()


def _set_about(connection: Connection, key: str, value: str) -> None:
    connection.execute(delete(schema.about).where(schema.about.c.key == key))
    connection.execute(insert(schema.about).values(key=key, value=value))
