"""Looks a PostgreSQL server over before a store is entrusted to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from tocsin.clock import require_utc
from tocsin.errors import StoreError
from tocsin.store.faults import translated
from tocsin.store.places import open_database

_CLOCK_S = 5.0

_LOOK = text(
    """SELECT current_setting('server_version') AS version, clock_timestamp() AS clock,
    current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on' AS is_durable,
    pg_is_in_recovery() AS is_standby,
    to_regclass('about') IS NOT NULL AND to_regclass('frames') IS NOT NULL AS holds_store,
    coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
    coalesce(has_table_privilege(to_regclass('frames'), 'INSERT'), false) AS may_insert,
    coalesce(pg_has_role((SELECT relowner FROM pg_class WHERE oid = to_regclass('frames')), 'USAGE'), true) AS is_owner
    """
)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Something about a server that its operator should know."""

    is_serious: bool
    """A store cannot or must not be kept there as it is."""
    what: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class ServerReport:
    """What a server says of itself."""

    version: str
    holds_store: bool
    troubles: tuple[Trouble, ...]


def look_over(url: str, *, password_file: Path | None, now: datetime) -> ServerReport:
    """Ask a server whether a store can be kept on it; writes nothing and takes no lock.

    Args:
        url: Of the database, without a password.
        password_file: Its first line is the password.
        now: UTC, to compare the server's clock with.

    Raises:
        StoreError: It cannot be reached or does not let us in.
    """
    require_utc(now)
    database = open_database(url, password_file=password_file, read_only=True)
    try:
        with translated(database.name, "open"), database.reader.begin() as connection:
            row = connection.execute(_LOOK).one()
            troubles = [*_unfit(database.require_fit, connection), *_troubles(row, now)]
    finally:
        database.close()
    return ServerReport(version=row.version, holds_store=row.holds_store, troubles=tuple(troubles))


def _unfit(require_fit: Any, connection: Connection) -> Iterator[Trouble]:
    try:
        require_fit(connection)
    except StoreError as error:
        yield Trouble(is_serious=True, what=str(error.args[0]), advice=error.advice)


def _troubles(row: Any, now: datetime) -> Iterator[Trouble]:
    if row.is_standby:
        yield Trouble(is_serious=True, what="is a standby, which takes no writes", advice="Name the primary server")
    elif not (row.may_insert if row.holds_store else row.may_create):
        yield Trouble(
            is_serious=True, what="this role may not write there",
            advice="Make it the owner of the database, or of the schema that its search_path names",
        )  # fmt: skip
    elif not row.is_owner:
        yield Trouble(
            is_serious=False, what="this role does not own the tables, so a recall cannot wipe what it deleted",
            advice="Make it the owner: ALTER TABLE … OWNER TO …",
        )  # fmt: skip
    if not row.is_durable:
        yield Trouble(
            is_serious=True, what="loses what it acknowledged when the power fails: fsync or full_page_writes is off",
            advice="Set both to on in postgresql.conf",
        )  # fmt: skip
    apart_s = (row.clock - now).total_seconds()
    if abs(apart_s) > _CLOCK_S:
        yield Trouble(
            is_serious=False, what=f"its clock is {apart_s:+.0f} s from ours",
            advice="Records bear this machine's time; set both, so that its log can be read beside ours",
        )  # fmt: skip
