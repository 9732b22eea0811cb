"""The store of one member: one writer, any number of readers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, inspect

from tocsin.clock import require_utc
from tocsin.errors import StoreError, TocsinError
from tocsin.store import about, copying, deriving, recalling, schema, writing
from tocsin.store.chains import Chains
from tocsin.store.copying import Copied
from tocsin.store.faults import translated
from tocsin.store.links import Links
from tocsin.store.places import Database, is_url, open_database
from tocsin.store.reading import read_records
from tocsin.store.rereading import reread
from tocsin.store.shapes import Batch, Committed, RecordQuery, StoredRecord
from tocsin.store.wiping import Wiped

QUARANTINE_RING = 1000
"""Entries kept for each peer."""

_ROWS_AT_ONCE = 1000
_IDS_AT_ONCE = 256

_READABLE_VERSIONS = ("2", str(schema.SCHEMA_VERSION))
"""Their tables are as they are now; this program may put into them what an older one does not understand."""

_OLDER_VERSIONS = ("1",)
"""Their frames and journal are as they are now, and the derived table is not."""


class Store:
    """What a member has admitted, and what it needs to go on after a restart.

    Make it with ``open``. Commits come from one thread at a time; queries may come from any thread, and from other
    processes that opened the store read-only. A query sees the store as it stood when it began.
    """

    def __init__(self, database: Database, *, quarantine_ring: int) -> None:
        self._database = database
        self._reader = database.reader
        self._writer = database.writer
        self._name = database.name
        self._turn = threading.Lock()
        self._ring = quarantine_ring
        self._recalled: set[tuple[str, str]] = set()
        self.chains = Chains(self._reader, self._name)
        self.links = Links(self._reader, self._name)

    @classmethod
    def open(
        cls,
        url_or_path: str | Path,
        *,
        password_file: Path | None = None,
        read_only: bool = False,
        quarantine_ring: int = QUARANTINE_RING,
    ) -> Self:
        """Open a store, and make it first if it does not exist.

        Args:
            url_or_path: A file, ``sqlite:///`` and a file, or ``postgresql://user@host/database``.
            password_file: For PostgreSQL: a file with the password in its first line.
            read_only: Take no lock, write nothing, and do not make the file.
            quarantine_ring: How many refused frames are kept for each peer.

        Raises:
            StoreError: Another process writes to it, it is newer than this program, no store, or cannot be opened.
        """
        database = open_database(url_or_path, password_file=password_file, read_only=read_only)
        store = cls(database, quarantine_ring=quarantine_ring)
        try:
            store._prepare()
        except TocsinError:
            store.close()
            raise
        return store

    @property
    def name(self) -> str:
        """The file or URL, without any secret."""
        return self._name

    @property
    def heartbeat_s(self) -> float | None:
        """How often an idle writer should commit an empty batch, to hear if it was replaced; None if it cannot be."""
        return self._database.heartbeat_s

    def close(self) -> None:
        """Close the database and let another writer have it. What was committed stays."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def commit(self, batch: Batch) -> Committed:
        """Write a batch, all of it or nothing; when it returns, it is on the disk.

        Raises:
            FencedError: Another process has taken the store over; nothing was written, nor will be.
            StoreError: The store is read-only, or the database failed. Nothing was written, unless the connection
                was lost at the very end; to commit the same batch again does no harm.
            ValueError: The batch contradicts itself; nothing was written.
        """
        with self._turn, translated(self._name, "write to"), self._writing() as connection:
            new = writing.write_frames(connection, batch.frames, recalled=self._recalled)
            writing.write_links(connection, batch)
            writing.write_refused(connection, batch.refused, ring=self._ring)
            return Committed(frames=new, last_order=writing.last_order(connection))

    def records(self, query: RecordQuery | None = None) -> Iterator[StoredRecord]:
        """Yield the records that a query asks for (all, without one), in the order of admission.

        Raises:
            StoreError: The database failed.
        """
        return read_records(self._reader, self._name, RecordQuery() if query is None else query)

    def find(self, record_id: str, *, originator: str | None = None) -> StoredRecord | None:
        """Return a record by its id, or None if none is held.

        Args:
            record_id: The id. Ids are anybody's to choose: of records of several members the first admitted is meant.
            originator: Only a record of this member.
        """
        return next(self.records(RecordQuery(ids=(record_id,), originator=originator, limit=1)), None)

    def find_all(self, record_ids: Iterable[str], *, originator: str | None = None) -> Iterator[StoredRecord]:
        """Yield the records of some ids that are held, many at a time.

        Args:
            record_ids: Any number; of several members' records of one id all are meant.
            originator: Only records of this member.
        """
        wanted = tuple(dict.fromkeys(record_ids))
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            yield from self.records(RecordQuery(ids=wanted[start : start + _IDS_AT_ONCE], originator=originator))

    def current(self, *kinds: str, as_known_at: datetime | None = None) -> Iterator[StoredRecord]:
        """Yield the records of some kinds (all, without any) that nothing has superseded or cancelled."""
        return self.records(RecordQuery(kinds=kinds, as_known_at=as_known_at, current_only=True))

    def follow(self, after_order: int) -> Iterator[StoredRecord]:
        """Yield what was admitted after an order, up to now; call again with the last order to go on."""
        return self.records(RecordQuery(after_order=after_order))

    def recall(self, record_id: str, *, originator: str, recalled_at: datetime, is_own: bool = False) -> int:
        """Purge a record's content wherever it stands, for good; header, digests and signature of its frame stay.

        The recall is remembered: should the record come (again), its content is taken out before it is written.

        Args:
            record_id: The record.
            originator: Who recalls it; another member's record of the same id is left alone.
            recalled_at: UTC.
            is_own: The originator is this member: what waits under the id waits no more.

        Returns:
            How many copies of the content were taken out.

        Raises:
            StoreError: The database failed, or a reader that would not end kept the old content in the log; then it
                is wiped when the store is next opened, or by the next recall.
        """
        require_utc(recalled_at)
        with self._turn:
            with translated(self._name, "write to"), self._writing() as connection:
                removed = recalling.write_recall(
                    connection, record_id=record_id, originator=originator, recalled_at=recalled_at, is_own=is_own
                )
                if removed:
                    about.write(connection, "wipe", "pending")
            self._recalled.add((record_id, originator))
            if self._wipe_if_pending() is Wiped.BLOCKED:
                raise StoreError(
                    f"recalled content is out of {self._name}, but not yet out of its log: a reader is at work",
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
        with self._turn, translated(self._name, "rebuild"), self._writing() as connection:
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

    def copy_to(self, target: Self, *, on_progress: Callable[[int, int], None] = lambda _done, _total: None) -> Copied:
        """Carry all that is here over into an empty store, in one transaction; both are open for writing.

        Args:
            target: The other store, as it was just made.
            on_progress: Called with steps done and steps in all.

        Raises:
            StoreError: A database failed, the target is not empty, or the copy is not the same. Then it stays empty.
        """
        with (
            self._turn, target._turn, translated(f"{self._name} to {target._name}", "copy"), self._writing() as here,
            target._writing() as there,
        ):  # fmt: skip
            return copying.copy(here, self.chains, there, on_progress=on_progress)

    def _prepare(self) -> None:
        engine = self._reader if self._writer is None else self._writer
        with translated(self._name, "open"), engine.begin() as connection:
            self._database.require_fit(connection)
            tables = set(inspect(connection).get_table_names())
            if not tables and self._writer is not None:
                schema.metadata.create_all(connection)
                about.write(connection, "schema_version", str(schema.SCHEMA_VERSION))
            elif not tables and is_url(self._name):
                raise StoreError(f"there is no store at {self._name}", advice="It is made when the node first runs")
            elif "about" not in tables:
                raise StoreError(f"{self._name} is no store of Tocsin", advice="Name another")
            version = about.read(connection, "schema_version")
            is_older = version in _OLDER_VERSIONS
            if is_older and self._writer is None:
                raise StoreError(
                    f"{self._name} has schema version {version}, this program knows {schema.SCHEMA_VERSION}",
                    advice="It is brought up to date when the node of this version first runs",
                )
            if version not in _READABLE_VERSIONS and not is_older:
                raise StoreError(
                    f"{self._name} has schema version {version}, this program knows {schema.SCHEMA_VERSION}",
                    advice="It was written by a newer Tocsin: install that, or put the store aside",
                )
            self._recalled = recalling.recalled_keys(connection)
            if self._writer is not None:
                generation = about.begin_generation(connection)
                if not is_older:
                    about.write(connection, "schema_version", str(schema.SCHEMA_VERSION))
        if self._writer is not None:
            self._database.generation = generation
            if is_older:
                self._bring_up_to_date()
            # a reader that lingers delays the wiping, and keeps nobody's node from starting
            self._wipe_if_pending(opening=True)

    def _bring_up_to_date(self) -> None:
        """Give the derived table its present form; if this is cut short, the next opening does it again."""
        with translated(self._name, "bring up to date"), self._writing() as connection:
            schema.records.drop(connection)
            schema.records.create(connection)
        self.rebuild()
        with translated(self._name, "bring up to date"), self._writing() as connection:
            about.write(connection, "schema_version", str(schema.SCHEMA_VERSION))

    def _wipe_if_pending(self, *, opening: bool = False) -> Wiped:
        """Wipe what was recalled; tell whether anything is left of it."""
        with translated(self._name, "wipe"):
            with self._writing() as connection:
                pending = about.read(connection, "wipe") == "pending"
            if not pending or self._writer is None:
                return Wiped.DONE
            wiped = self._database.wipe(self._writer, opening=opening)
            if wiped is Wiped.DONE:
                with self._writing() as connection:
                    about.write(connection, "wipe", "done")
        return wiped

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if self._writer is None:
            raise StoreError(f"{self._name} is open read-only", advice="Open it without read_only to write")
        with self._writer.begin() as connection:
            about.require_generation(connection, self._database.generation, database=self._name)
            yield connection
