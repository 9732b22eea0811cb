"""A real PostgreSQL for tests: one cluster a session in a folder of its own, a schema for each store."""

from __future__ import annotations

import os
import pwd
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from tests.servers import free_ports

PASSWORD = "correct-horse"
USER = "tocsin"
FAST = ("fsync=off",)
"""No test cuts the power, and a killed server needs no fsync."""
_OPTIONS = (
    "shared_buffers=32MB", "max_connections=60", "autovacuum=off", "log_line_prefix=%m ",
)  # fmt: skip


def binaries() -> Path | None:
    """Return the folder of initdb and its like, the newest of several; None without PostgreSQL."""
    if (found := shutil.which("initdb")) is not None:
        return Path(found).resolve().parent
    folders = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((each.parent for each in folders), key=lambda each: int(each.parent.name), default=None)


class Cluster:
    """One server with its data. It refuses to run as root, and is then run as another user."""

    def __init__(self, home: Path, programs: Path, *, options: Sequence[str] = FAST) -> None:
        self._programs = programs
        self._options = (*_OPTIONS, *options)
        self._identity = {}
        if os.geteuid() == 0:
            names = {entry.pw_name: entry for entry in pwd.getpwall()}
            user = names.get("postgres") or names["nobody"]
            self._identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(home, user.pw_uid, user.pw_gid)
        home.chmod(0o755)
        self.home = home
        self.data = home / "data"
        (self.port,) = free_ports(1)
        self._schemas = count()
        secret = home / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self._initdb(
            "-D", str(self.data), "-U", USER, "--auth-local=trust", "--auth-host=scram-sha-256",
            f"--pwfile={secret}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        secret.unlink()
        self.start()

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        options = (
            *self._options,
            f"port={self.port}",
            "listen_addresses=127.0.0.1",
            f"unix_socket_directories={self.home}",
        )
        arguments = [part for option in options for part in ("-c", option)]
        with (self.home / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [str(self._programs / "postgres"), "-D", str(self.data), *arguments], cwd="/",
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self._identity,
            )  # fmt: skip
        give_up_at = time.monotonic() + 20
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                assert self._server.poll() is None, _log(self.home)
                assert time.monotonic() < give_up_at, _log(self.home)
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Stop it, ending all sessions."""
        self._server.send_signal(signal.SIGINT)
        assert self._server.wait(20) == 0, _log(self.home)

    def kill(self) -> None:
        """Kill the server and all of its processes without warning."""
        watched = []
        for each in _children(self._server.pid):
            with suppress(ProcessLookupError):  # a session that has just ended
                watched.append(os.pidfd_open(each))
        self._server.kill()
        self._server.wait(20)
        for each in watched:
            signal.pidfd_send_signal(each, signal.SIGKILL)
            assert select.select([each], [], [], 20)[0], "it has not ended"
            os.close(each)

    def execute(self, statement: str) -> list[tuple]:
        """Run a statement as the administrator."""
        with psycopg.connect(host=str(self.home), port=self.port, user=USER, dbname="postgres", autocommit=True) as one:
            cursor = one.execute(statement)
            return cursor.fetchall() if cursor.description is not None else []

    def new_url(self) -> str:
        """Return the URL of a place where no store is yet."""
        schema = f"s{next(self._schemas)}"
        self.execute(f"CREATE SCHEMA {schema}")
        self.last_url = self.url(schema)
        return self.last_url

    def url(self, schema: str, *, host: str | None = None) -> str:
        """Return the URL of a schema; over the socket unless told otherwise."""
        options = quote(f"-csearch_path={schema}")
        return f"postgresql://{USER}@/postgres?host={host or self.home}&port={self.port}&options={options}"

    def end_sessions(self, application: str) -> int:
        """End sessions by the name of their application, as an administrator does."""
        found = self.execute(
            f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = '{application}'"
        )
        return len(found)

    def _initdb(self, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._programs / "initdb"), *arguments], cwd="/", text=True, check=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **self._identity,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Run a cluster; without PostgreSQL the test is skipped, and in CI it fails."""
    programs = binaries()
    if programs is None:
        reason = "PostgreSQL is not installed (Debian's package: postgresql)"
        if os.environ.get("TOCSIN_CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    home = Path(tempfile.mkdtemp(prefix="tocsin-pg-"))
    try:
        cluster = Cluster(home, programs)
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(home)


def _children(leader: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended since
            continue
        if parent == leader:
            found.append(int(stat.parent.name))
    return found


def _log(home: Path) -> str:
    file = home / "log"
    return file.read_text()[-2000:] if file.exists() else ""
