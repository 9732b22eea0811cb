"""The one place where the databases' own exceptions become ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tocsin.errors import StoreError

_ADVICE = (
    ("SQLITE_FULL", "Free space on its disk and try again; nothing of this batch was written"),
    ("SQLITE_IOERR", "The disk failed or is full; see to it and try again: nothing of this batch was written"),
    ("SQLITE_CORRUPT", "The file is damaged: put it aside and restore a copy; peers give back what they hold"),
    ("SQLITE_NOTADB", "This file is no store of Tocsin: name another, or put it aside"),
    ("SQLITE_READONLY", "Give the user that runs Tocsin the right to write to the file and its folder"),
    ("SQLITE_CANTOPEN", "The file and its folder must exist, and be readable by the user that runs Tocsin"),
    ("SQLITE_BUSY", "Another process is writing to the file without the lock; stop it"),
    # PostgreSQL's, by SQLSTATE
    ("53100", "Free space on the server's disk and try again; nothing of this batch was written"),
    ("53300", "The server has no connection left: raise max_connections, or stop what takes them"),
    ("57P", "The server is stopping, starting, or ended our session; it is tried again"),
    ("58", "The server's disk failed or is full; see to it and try again"),
    ("42501", "Make the role the owner of the database, or grant it what it needs (for readers: SELECT)"),
    ("22003", "A number is beyond 64 bits"),
    ("25006", "The server takes no writes: name the primary server, not a standby"),
    ("55P03", "Somebody has locked the tables; it is tried again"),
    ("XX001", "The database is damaged: restore a copy; peers give back what they hold"),
    ("XX002", "An index is damaged: rebuild it with REINDEX"),
)
# what libpq says of a connection that was not made comes without a code
_ON_CONNECT = (
    ("authentication failed", "See pg_hba.conf, and the password: store.password_file, PGPASSFILE or .pgpass"),
    ("no password supplied", "Name a file with the password in store.password_file, or use PGPASSFILE or .pgpass"),
    ("pg_hba.conf", "The server's pg_hba.conf must let this user in from here"),
    ('role "', "Make the role with: createuser ROLE"),
    ('database "', "Make the database with: createdb --encoding=UTF8 --owner=ROLE DATABASE"),
    ("SSL", "See sslmode and sslrootcert in the URL, and ssl in the server's postgresql.conf"),
    ("certificate", "See sslmode, sslrootcert, sslcert and sslkey in the URL"),
    ("starting up", "The server is starting; it is tried again"),
)
_UNREACHABLE = "The server must run and be reachable from here; what is to be written is tried again"


@contextmanager
def translated(database: str, doing: str) -> Iterator[None]:
    """Raise ``StoreError`` for whatever the database raises inside.

    Args:
        database: Which one, for the message.
        doing: What was tried, for the message: ``cannot <doing> <database>``.

    Raises:
        StoreError: The database failed.
    """
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        origin = error.orig if isinstance(error, DBAPIError) else error
        raise StoreError(f"cannot {doing} {database}: {_first_line(origin)}", advice=_advice(origin)) from error
    except PoolTimeoutError as error:
        raise StoreError(f"cannot {doing} {database}: every connection is in use") from error
    except OverflowError as error:
        raise StoreError(f"cannot {doing} {database}: a number is beyond 64 bits") from error


def _advice(origin: BaseException | None) -> str:
    code = getattr(origin, "sqlite_errorname", None) or getattr(origin, "sqlstate", None)
    if code is not None:
        return next((text for prefix, text in _ADVICE if code.startswith(prefix)), "")
    if type(origin).__name__ != "OperationalError" or isinstance(origin, sqlite3.Error):
        return ""
    return next((text for part, text in _ON_CONNECT if part in str(origin)), _UNREACHABLE)


def _first_line(origin: BaseException | None) -> str:
    """Return the message without PostgreSQL's further lines, which may quote the statement and its values."""
    return str(origin).strip().split("\n", 1)[0]
