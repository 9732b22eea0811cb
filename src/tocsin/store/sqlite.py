"""All that is SQLite's alone: files, connections, pragmas, and wiping what was deleted."""

from __future__ import annotations

import os
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, delete, event, func, insert, select
from sqlalchemy.pool import QueuePool

from tocsin.errors import StoreError
from tocsin.store import schema
from tocsin.store.lock import WriterLock
from tocsin.store.wiping import Wiped

_BUSY_TIMEOUT_S = 10.0
_MANY = 50_000
"""Rows of the outbox that are written anew in about half a second."""

# synchronous=FULL: a commit is on the disk when it returns. NORMAL would spare its fsync, and foreign frames and
# cursors would come back from the streams, which are synced; but a member's own held records and decisions exist
# nowhere else, and an epoch resumes from the last head that was promised to be durable. Commits are grouped and
# nothing waits for them, so the fsync costs little:
# 4.6 ms against 3.9 ms for a commit of 50 frames on an ordinary disk.
_WRITER_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
    "PRAGMA journal_size_limit=67108864",
    # ids are in no order, so each commit touches pages all over their index: these are kept in memory, and go from
    # the log (64 MB) into the file once for many commits
    "PRAGMA cache_size=-32768",
    "PRAGMA wal_autocheckpoint=16384",
)
_READER_PRAGMAS = ("PRAGMA query_only=ON", "PRAGMA trusted_schema=OFF")


class SqliteDatabase:
    """One store in a file.

    Args:
        path: The file; made if it does not exist and the store is to be written.
        read_only: Take no lock and write nothing.

    Raises:
        StoreError: Another process writes to it, there is none to read, or it cannot be made.
    """

    heartbeat_s: float | None = None  # the system holds the lock for as long as the process lives

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.name = str(path)
        self.generation = ""
        self._lock: WriterLock | None = None
        self.writer: Engine | None = None
        if read_only:
            if not path.exists():
                raise StoreError(f"there is no store at {path}", advice="It is made when the node first runs")
        else:
            self._lock = WriterLock(path)
            try:
                create_file(path)
            except StoreError:
                self._lock.release()
                raise
            self.writer = writer_engine(path)
        self.reader = reader_engine(path)

    def require_fit(self, connection: Connection) -> None:
        """Every SQLite that Python comes with is fit."""

    def wipe(self, writer: Engine, *, opening: bool) -> Wiped:
        """Take what was deleted out of the file, and empty the log."""
        _ = opening
        return Wiped.DONE if wipe(writer) else Wiped.BLOCKED

    def close(self) -> None:
        """Close the file and let another writer have it."""
        self.reader.dispose()
        if self.writer is not None:
            self.writer.dispose()
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def create_file(path: Path) -> None:
    """Make the database file if there is none, and let nobody but its owner read it.

    Raises:
        StoreError: The folder is missing or may not be written to.
    """
    if path.exists() and not path.is_file():
        raise StoreError(f"{path} is no file", advice="Name the database file itself")
    try:
        # Never open a file that exists: closing it would drop the locks that SQLite holds on it in this process.
        if not path.exists():
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        elif path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise StoreError(
            f"cannot make {path} or keep it from others: {error.strerror}",
            advice="The folder must exist and be writable, and the file belong to the user that runs Tocsin",
        ) from error


def writer_engine(path: Path) -> Engine:
    """Return the engine that writes: one connection, and the write lock from the start of each transaction."""
    engine = create_engine(
        "sqlite://", creator=partial(_connect, path, "rw", _WRITER_PRAGMAS), poolclass=QueuePool, pool_size=1,
        max_overflow=0,
    )  # fmt: skip
    event.listen(engine, "begin", partial(_begin, "BEGIN IMMEDIATE"))
    return engine


def reader_engine(path: Path) -> Engine:
    """Return an engine that cannot write; each transaction sees one state of the database."""
    mode = "ro"
    if not os.access(path.parent, os.W_OK) and not path.with_name(path.name + "-wal").exists():
        mode = "ro&immutable=1"  # a store on a read-only medium: there is no place for SQLite's index of the log
    engine = create_engine("sqlite://", creator=partial(_connect, path, mode, _READER_PRAGMAS), poolclass=QueuePool)
    event.listen(engine, "begin", partial(_begin, "BEGIN"))
    return engine


def wipe(engine: Engine) -> bool:
    """Take what was deleted out of the file, and empty the log.

    ``secure_delete`` overwrites what is deleted where it stands, and leaves what was moved before: a page that gives
    rows to its neighbour keeps their bytes. Frames never move: they are only added at the end, and a recall keeps
    their length. Outbox and quarantine shrink and grow, so they are written anew; a large outbox takes the file with
    it. The derived table and the indexes may keep names, times and hashes of what was recalled, never its words.

    Returns:
        Whether all is gone; False if a reader still needs the old state.
    """
    with engine.begin() as connection:
        is_large = connection.execute(select(func.count()).select_from(schema.outbox)).scalar_one() > _MANY
        for table in (schema.quarantine,) if is_large else (schema.outbox, schema.quarantine):
            rows = connection.execute(select(table)).mappings().all()
            connection.execute(delete(table))
            if rows:
                connection.execute(insert(table), [dict(row) for row in rows])
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        if is_large:
            cursor.execute("VACUUM")
        (busy, _, _) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        cursor.close()
    finally:
        raw.close()
    return not busy


def _connect(path: Path, mode: str, pragmas: tuple[str, ...]) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode={mode}",
        uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False,
    )  # fmt: skip
    try:
        for pragma in pragmas:
            connection.execute(pragma).close()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _begin(statement: str, connection: Any) -> None:
    connection.exec_driver_sql(statement)
