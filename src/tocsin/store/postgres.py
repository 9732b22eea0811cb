"""All that is PostgreSQL's alone: connections, the writer's lock, and wiping what was deleted.

The writer's one connection holds a session lock, so that a second writer is refused. A lock is lost with its session,
and a writer that lost it may not know: so each transaction also checks the generation (``about.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from tocsin.errors import StoreError
from tocsin.store import about
from tocsin.store.wiping import Wiped

OLDEST_VERSION = 14

_HEARTBEAT_S = 5.0
_LOCK = 0x746F6373  # "tocs"; the other half of the key is the schema's name
_SMALL_BYTES = 256 * 1024**2
"""Rewritten when the store opens, which takes about 2 s."""
_WAIT_FOR_READERS = "5s"
_LOCK_NOT_AVAILABLE = "55P03"

_CONNECT = {"client_encoding": "UTF8", "connect_timeout": 3, "keepalives_idle": 30, "tcp_user_timeout": 10_000}
# jit: its compiler takes longer than any query here
# The server lets go of the lock of a writer whose machine is gone within a minute.
_WRITER_SETTINGS = {
    "jit": "off",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
# A plan made for any LIMIT reads the whole table for the newest hundred.
# A reader may be the node's loop: it fails rather than waits.
_READER_SETTINGS = {
    "jit": "off",
    "plan_cache_mode": "force_custom_plan",
    "default_transaction_read_only": "on",
    "lock_timeout": "2s",
}
_SIZE_AND_OWNER = text(
    "SELECT pg_total_relation_size(oid), pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('frames')"
)  # from others PostgreSQL takes the order to vacuum, and does nothing
_WITH_CONTENT = "frames, records, outbox, held, quarantine"


class PostgresDatabase:
    """One store in PostgreSQL.

    Args:
        url: Without a password.
        password_file: Its first line is the password; otherwise libpq looks (PGPASSFILE, ``.pgpass``).
        read_only: Take no lock and write nothing.
    """

    heartbeat_s: float | None = _HEARTBEAT_S

    def __init__(self, url: URL, *, password_file: Path | None, read_only: bool) -> None:
        self.name = url.set(drivername="postgresql").render_as_string(hide_password=True)
        self.generation = ""
        self._password_file = password_file
        self.reader = self._engine(
            url, "tocsin reader", _READER_SETTINGS, pool_pre_ping=True, isolation_level="REPEATABLE READ"
        )
        self.writer: Engine | None = None
        if not read_only:
            self.writer = self._engine(url, "tocsin writer", _WRITER_SETTINGS, pool_size=1, max_overflow=0)

    def require_fit(self, connection: Connection) -> None:
        """Make sure that a store can be kept on this server.

        Raises:
            StoreError: It is too old, keeps text in another encoding, or is a standby and the store is to be written.
        """
        version = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
        if version < OLDEST_VERSION:
            raise StoreError(f"{self.name} is PostgreSQL {version}", advice=f"Use {OLDEST_VERSION} or newer")
        encoding = connection.execute(text("SHOW server_encoding")).scalar()
        if encoding != "UTF8":
            raise StoreError(
                f"{self.name} keeps text as {encoding}",
                advice="Make the database with: createdb --encoding=UTF8 --template=template0",
            )
        if self.writer is not None and connection.execute(text("SELECT pg_is_in_recovery()")).scalar():
            raise StoreError(f"{self.name} is a standby, which takes no writes", advice="Name the primary server")

    def wipe(self, writer: Engine, *, opening: bool) -> Wiped:
        """Take the remains of what was deleted out of the tables.

        A vacuum leaves nothing that a query can reach, but bytes in unused places of the tables' files. A rewrite
        leaves none there; it keeps everybody out while it lasts, so it is done only when a small store opens.
        """
        with writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            size, is_owner = connection.execute(_SIZE_AND_OWNER).one()
            if not opening or size > _SMALL_BYTES or not is_owner:
                connection.execute(text(f"VACUUM {_WITH_CONTENT}"))
                return Wiped.LATER
            try:
                connection.execute(text(f"SET lock_timeout = '{_WAIT_FOR_READERS}'"))
                connection.execute(text(f"VACUUM (FULL) {_WITH_CONTENT}"))
                connection.execute(text("RESET lock_timeout"))
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                    connection.execute(text("RESET lock_timeout"))
                    return Wiped.BLOCKED
                raise
        return Wiped.DONE

    def close(self) -> None:
        """End the connections, and with them the lock."""
        self.reader.dispose()
        if self.writer is not None:
            self.writer.dispose()

    def _engine(self, url: URL, application: str, settings: Mapping[str, str], **pool: Any) -> Engine:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"), poolclass=QueuePool, **pool,
            connect_args={**_CONNECT, "application_name": application},
        )  # fmt: skip
        event.listen(engine, "do_connect", partial(self._connect, settings))
        return engine

    def _connect(
        self, settings: Mapping[str, str], dialect: Dialect, _record: object, args: Any, parameters: dict[str, Any]
    ) -> psycopg.Connection[Any]:
        if self._password_file is not None:
            parameters["password"] = _first_line(self._password_file)
        connection: psycopg.Connection[Any] = dialect.connect(*args, **parameters)  # type: ignore[assignment]
        try:
            for name, value in settings.items():
                connection.execute("SELECT set_config(%s, %s, false)", (name, value))
            connection.commit()
            if settings is _WRITER_SETTINGS:
                self._become_writer(connection)
        except BaseException:
            with suppress(psycopg.Error):
                connection.close()
            raise
        return connection

    def _become_writer(self, connection: psycopg.Connection[Any]) -> None:
        """Take the lock in a new session: at the start, and whenever the session before was lost."""
        # an acknowledged commit is on the disk, whatever the server does for others
        connection.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
        taken = connection.execute(
            "SELECT pg_try_advisory_lock(%s, hashtext(current_schema()))", (_LOCK,)
        ).fetchone()  # fmt: skip
        connection.commit()
        if taken == (True,):
            return
        if self.generation:
            now = connection.execute("SELECT value FROM about WHERE key = %s", (about.GENERATION,)).fetchone()
            if now is not None and now[0] != self.generation:
                raise about.fenced(self.name, ours=self.generation, now=now[0])
        holder = connection.execute(
            "SELECT pid, coalesce(host(client_addr), 'this machine'), backend_start::timestamptz(0)::text"
            " FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND classid = %s AND granted",
            (_LOCK,),
        ).fetchone()
        who = "" if holder is None else f" (server process {holder[0]}, from {holder[1]}, since {holder[2]})"
        raise StoreError(
            f"{self.name} is open for writing already{who}",
            advice="One node writes to a store; stop the other, or open it read-only. If its machine is gone, the "
            "server ends its session within a minute",
        )


def _first_line(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").split("\n", 1)[0]
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise StoreError(
            f"cannot read the password in {file}: {reason}",
            advice="Its first line is the password; the user that runs Tocsin must be able to read it",
        ) from error
