"""Where a store is: which database a file name or URL means."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from tocsin.errors import StoreError
from tocsin.store.sqlite import SqliteDatabase
from tocsin.store.wiping import Wiped

_SECRETS = ("password", "sslpassword", "passwd")


class Database(Protocol):
    """One database that a store is kept in."""

    name: str
    """For messages; holds no secret."""
    generation: str
    """Ours, once we have begun to write."""
    heartbeat_s: float | None
    """How often an idle writer has to make sure that it still is the writer; None if it cannot lose that."""
    reader: Engine
    """Each of its transactions sees one state of the database."""
    writer: Engine | None
    """None if the store is read-only."""

    def require_fit(self, connection: Connection) -> None:
        """Raise ``StoreError`` unless a store can be kept here."""

    def wipe(self, writer: Engine, *, opening: bool) -> Wiped:
        """Take the remains of what was deleted out of the files; ``opening``: nothing else waits for the store."""

    def close(self) -> None:
        """Let another writer have it."""


def is_url(place: str | Path) -> bool:
    """Tell whether a place is named by URL."""
    return "://" in str(place)


def postgres_url(text: str) -> URL:
    """Read the URL of a PostgreSQL database.

    Raises:
        StoreError: It is none, or holds a password.
    """
    scheme, _, rest = text.partition("://")
    if scheme not in {"postgresql", "postgres"}:
        raise StoreError(
            f"{scheme} is no database that this version writes to", advice="Give a file for SQLite, or postgresql://…"
        )
    try:
        url = make_url(f"postgresql://{rest}")
    except (ArgumentError, ValueError):
        raise StoreError(
            "the store's URL cannot be read", advice="Its form is postgresql://user@host:port/database"
        ) from None
    if url.password is not None or any(name in url.query for name in _SECRETS):
        raise StoreError(
            f"the store's URL for {url.host or 'this machine'} holds a password",
            advice="Put it into a file of its own (store.password_file), or into .pgpass",
        )
    return url


def open_database(place: str | Path, *, password_file: Path | None, read_only: bool) -> Database:
    """Return the database that a file name or URL means.

    Raises:
        StoreError: It cannot be used, or another process writes to it.
    """
    text = str(place)
    if not is_url(text):
        return SqliteDatabase(Path(text), read_only=read_only)
    if text.startswith("sqlite:///"):
        return SqliteDatabase(Path(text.removeprefix("sqlite:///")), read_only=read_only)
    url = postgres_url(text)
    if find_spec("psycopg") is None:
        raise StoreError("the driver for PostgreSQL is not installed", advice="pip install 'tocsin[postgres]'")
    from tocsin.store.postgres import PostgresDatabase  # noqa: PLC0415 - an extra

    return PostgresDatabase(url, password_file=password_file, read_only=read_only)
