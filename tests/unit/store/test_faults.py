"""A full disk, a damaged file, one that may not be written, a killed process: a clear error, never half a batch."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import sealed
from sealed import Federation, make_record
from tocsin.errors import StoreError
from tocsin.store import Batch, Cursor, Store

COMMITTER = """
import sys
from sealed import Federation, make_record
from tocsin.store import Batch, Cursor, Store

federation, run = Federation(), sys.argv[2]
frames = [federation.admitted(make_record(f"{run}.{n}", body={"text": "x" * 3000}), epoch=run) for n in range(300)]
store = Store.open(sys.argv[1])
for n in range(0, 300, 10):
    store.commit(Batch(frames=tuple(frames[n:n + 10]), cursors=(Cursor(stream=run, created="c", seq=n + 10),)))
    print(n + 10, flush=True)
"""
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(sealed.__file__).parent)}


def test_killed_at_any_moment_the_store_holds_whole_batches(tmp_path):
    path = tmp_path / "store.db"
    for run, lines in enumerate((1, 4, 9, 15)):
        command = [sys.executable, "-c", COMMITTER, str(path), str(run)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
            for _ in range(lines):
                promised = int(process.stdout.readline())
            process.send_signal(signal.SIGKILL)
            process.wait()
        with Store.open(path) as store:
            seq = store.links.cursor(str(run)).seq
            assert seq >= promised
            numbers = [each.ref.number for each in store.chains.admitted_frames() if each.ref.epoch == str(run)]
            assert numbers == list(range(1, seq + 1))
            before = [(each.order, each.admitted) for each in store.records()]
            assert [order for order, _ in before] == list(range(1, len(before) + 1))
            assert store.rebuild() == len(before)
            assert [(each.order, each.admitted) for each in store.records()] == before
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_a_full_disk_leaves_nothing_half_written(tmp_path):
    federation = Federation()
    frames = [federation.admitted(make_record(f"a{n}", body={"text": "x" * 20_000})) for n in range(30)]
    with Store.open(tmp_path / "store.db") as store:
        store.commit(Batch(frames=tuple(frames[:2])))
        with store._writer.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 20}")
        with pytest.raises(StoreError, match="Free space"):
            store.commit(Batch(cursors=(Cursor(stream="s", created="c", seq=1),), frames=tuple(frames[2:])))
        assert len(list(store.records())) == 2
        assert store.links.cursor("s") is None
        with store._writer.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=1000000")
        assert store.commit(Batch(frames=tuple(frames))).frames == 28


def test_a_limit_on_the_size_of_files_is_a_full_disk(tmp_path):
    code = """
import resource, sys
from sealed import Federation, make_record
from tocsin.errors import StoreError
from tocsin.store import Batch, Store

federation = Federation()
frames = tuple(federation.admitted(make_record(f"a{n}", body={"text": "x" * 20_000})) for n in range(30))
with Store.open(sys.argv[1]) as store:
    store.commit(Batch(frames=frames[:2]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    try:
        store.commit(Batch(frames=frames))
    except StoreError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(store.commit(Batch(frames=frames)).frames)
"""
    command = [sys.executable, "-c", code, str(tmp_path / "store.db")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT)
    message, new = done.stdout.splitlines()
    assert "nothing of this batch was written" in message
    assert new == "28"


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "store.db"
    federation = Federation()
    with Store.open(path) as store:
        store.commit(Batch(frames=tuple(federation.admitted(make_record(f"a{n}")) for n in range(300))))
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + os.urandom(len(whole) - 8192))
    with pytest.raises(StoreError, match="damaged"), Store.open(path) as store:
        list(store.records())
    path.write_bytes(b"certainly not a database" * 400)
    for read_only in (False, True):
        with pytest.raises(StoreError, match="no store of Tocsin"):
            Store.open(path, read_only=read_only)


@pytest.fixture
def read_only_place():
    """A store in a folder in which nobody may write, readable by the user that the test then is."""
    place = Path(tempfile.mkdtemp())
    federation = Federation()
    with Store.open(place / "store.db") as store:
        store.commit(Batch(frames=(federation.admitted(make_record("a")),)))
    if os.geteuid() == 0:
        os.chown(place / "store.db", 65534, 65534)
    (place / "store.db").chmod(0o400)
    place.chmod(0o555)
    yield place
    place.chmod(0o700)
    shutil.rmtree(place)


def test_a_store_on_a_read_only_medium_can_be_read_and_not_written(read_only_place):
    code = """
import os, sys
from tocsin.errors import StoreError
from tocsin.store import Store

if os.geteuid() == 0:
    os.setuid(65534)  # root may write anywhere
with Store.open(sys.argv[1], read_only=True) as store:
    print([each.admitted.record.id for each in store.records()])
try:
    Store.open(sys.argv[1])
except StoreError as error:
    print(error)
"""
    command = [sys.executable, "-c", code, str(read_only_place / "store.db")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT)
    found, message = done.stdout.splitlines()
    assert found == "['a']"
    assert "open the store read-only" in message
    assert sorted(each.name for each in read_only_place.iterdir()) == ["store.db", "store.db.lock"]
