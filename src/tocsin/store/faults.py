"""The one place where the database's own exceptions become ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from tocsin.errors import StoreError

_ADVICE = (
    ("SQLITE_FULL", "Free space on its disk and try again; nothing of this batch was written"),
    ("SQLITE_IOERR", "The disk failed or is full; see to it and try again: nothing of this batch was written"),
    ("SQLITE_CORRUPT", "The file is damaged: put it aside and restore a copy; peers give back what they hold"),
    ("SQLITE_NOTADB", "This file is no store of Tocsin: name another, or put it aside"),
    ("SQLITE_READONLY", "Give the user that runs Tocsin the right to write to the file and its folder"),
    ("SQLITE_CANTOPEN", "The file and its folder must exist, and be readable by the user that runs Tocsin"),
    ("SQLITE_BUSY", "Another process is writing to the file without the lock; stop it"),
)


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
        name = getattr(origin, "sqlite_errorname", "")
        advice = next((text for prefix, text in _ADVICE if name.startswith(prefix)), "")
        raise StoreError(f"cannot {doing} {database}: {origin}", advice=advice) from error
    except OverflowError as error:
        raise StoreError(f"cannot {doing} {database}: a number is beyond 64 bits") from error
