"""What PostgreSQL alone can do to a store: sessions end, servers die, others take over, secrets leak."""

from __future__ import annotations

import threading

import psycopg
import pytest
from tests.postgres import PASSWORD, USER

from sealed import START, Federation, make_record
from tocsin.errors import FencedError, StoreError
from tocsin.exchange import Reason, Rejected
from tocsin.store import Batch, Cursor, RecordQuery, Store, postgres

SECRET = "0f5ac1b7-spilled"
BIG = {"secret": SECRET + "".join(f"{n:06x}" for n in range(3000))}


@pytest.fixture
def url(cluster):
    return cluster.new_url()


@pytest.fixture
def federation():
    return Federation()


def ids(stored):
    return [each.admitted.record.id for each in stored]


def test_a_lost_session_is_made_anew_as_long_as_nobody_took_over(cluster, url, federation):
    frames = [federation.admitted(make_record(f"a{n}")) for n in range(3)]
    with Store.open(url) as store:
        store.commit(Batch(frames=tuple(frames[:1])))
        assert ids(store.records()) == ["a0"]
        assert cluster.end_sessions("tocsin writer") == 1
        with pytest.raises(StoreError, match="it is tried again") as caught:
            store.commit(Batch(frames=tuple(frames[:2])))
        assert not isinstance(caught.value, FencedError)
        assert store.commit(Batch(frames=tuple(frames))).frames == 2
        with pytest.raises(StoreError, match="open for writing already"):
            Store.open(url)
        assert cluster.end_sessions("tocsin reader") >= 1
        assert ids(store.records()) == ["a0", "a1", "a2"]


def test_whoever_was_replaced_writes_no_more(cluster, url, federation):
    frames = [federation.admitted(make_record(f"a{n}")) for n in range(3)]
    with Store.open(url) as old:
        old.commit(Batch(frames=tuple(frames[:1])))
        cluster.end_sessions("tocsin writer")
        with Store.open(url) as new:
            new.commit(Batch(frames=tuple(frames[:2])))
            with pytest.raises(StoreError, match="tried again"):  # it hears that its session is gone
                old.commit(Batch(frames=tuple(frames)))
            with pytest.raises(FencedError, match="taken over"):  # and that another has the lock
                old.commit(Batch(frames=tuple(frames)))
        for write in (  # also when the other has gone again
            lambda: old.commit(Batch(frames=tuple(frames))),
            lambda: old.recall("a0", originator="JPN", recalled_at=START),
            old.rebuild,
        ):
            with pytest.raises(FencedError, match="taken over"):
                write()
        assert ids(old.records()) == ["a0", "a1"]


def test_a_new_writer_waits_for_the_transaction_that_the_old_one_has_begun(cluster, url, federation):
    """A session that lost its lock and not its life, as behind a pooler, is fenced by the generation alone."""
    with Store.open(url) as old:
        assert old._writer is not None
        with old._writing() as connection:
            connection.exec_driver_sql("SELECT pg_advisory_unlock_all()")
            opened = threading.Event()
            new: list[Store] = []

            def take_over():
                new.append(Store.open(url))
                opened.set()

            other = threading.Thread(target=take_over)
            other.start()
            assert not opened.wait(0.3)
        assert opened.wait(20)
        other.join()
        with new[0], pytest.raises(FencedError):
            old.commit(Batch(cursors=(Cursor(stream="s", created="c", seq=1),)))
        assert old.links.cursor("s") is None


def test_a_killed_server_loses_nothing_that_was_promised(cluster, url, federation):
    frames = [federation.admitted(make_record(f"a{n}", body={"text": "x" * 3000})) for n in range(400)]
    promised = [0]
    under_way = threading.Event()
    with Store.open(url) as store:

        def commit_all():
            for start in range(0, 400, 4):
                batch = Batch(
                    frames=tuple(frames[start : start + 4]),
                    cursors=(Cursor(stream="s", created="c", seq=start + 4),),
                )
                try:
                    store.commit(batch)
                except StoreError:
                    under_way.set()
                    return
                promised[0] = start + 4
                if start >= 40:
                    under_way.set()

        committing = threading.Thread(target=commit_all)
        committing.start()
        assert under_way.wait(30)
        cluster.kill()
        committing.join(30)
        assert 40 <= promised[0] < 400
        with pytest.raises(StoreError, match=r"must run and be reachable|tried again"):
            list(store.records())
        cluster.start()
        seq = store.links.cursor("s").seq
        assert seq in {promised[0], promised[0] + 4}
        assert ids(store.records()) == [f"a{n}" for n in range(seq)]
        try:
            again = store.commit(Batch(frames=tuple(frames)))
        except StoreError:  # it first heard of the end of its session
            again = store.commit(Batch(frames=tuple(frames)))
        assert again.frames == 400 - seq
        before = [(each.order, each.admitted) for each in store.records()]
        assert store.rebuild() == 400
        assert [(each.order, each.admitted) for each in store.records()] == before


def test_order_is_that_of_the_bytes_whatever_the_language_of_the_database(cluster, federation):
    names = ("b.1", "B.1", "a-1", "a.1", "A1", "Z", "a1")
    cluster.execute("CREATE DATABASE swedish TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'sv-SE' LOCALE 'C'")
    url = cluster.url("public").replace("/postgres?", "/swedish?")
    with Store.open(url) as store:
        store.commit(Batch(cursors=tuple(Cursor(stream=name, created="c", seq=1) for name in names)))
        refused = tuple(
            Rejected(Reason.SIGNATURE, "", f"{n:064x}", name, "live", START, b"{}") for n, name in enumerate(names)
        )
        store.commit(Batch(refused=refused))
        assert [via for via, _ in store.links.refusals()] == sorted(names)


def test_a_standby_an_old_encoding_and_somebody_elses_tables_are_refused(cluster, url):
    cluster.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")
    with pytest.raises(StoreError, match="encoding=UTF8"):
        Store.open(cluster.url("public").replace("/postgres?", "/latin?"))
    with pytest.raises(StoreError, match="createdb"):
        Store.open(cluster.url("public").replace("/postgres?", "/nowhere?"))
    with pytest.raises(StoreError, match="there is no store"):
        Store.open(url, read_only=True)
    schema = url.rpartition("%3D")[2]
    cluster.execute(f"CREATE TABLE {schema}.theirs (x int)")
    for read_only in (False, True):
        with pytest.raises(StoreError, match="no store of Tocsin"):
            Store.open(url, read_only=read_only)


def test_a_reader_may_be_a_role_that_can_do_nothing_else(cluster, url, federation):
    schema = url.rpartition("%3D")[2]
    cluster.execute(f"CREATE ROLE auditor_{schema} LOGIN")
    with Store.open(url) as store:
        store.commit(Batch(frames=(federation.admitted(make_record("a")),)))
        cluster.execute(f"GRANT USAGE ON SCHEMA {schema} TO auditor_{schema}")
        theirs = url.replace(f"//{USER}@", f"//auditor_{schema}@")
        with pytest.raises(StoreError, match="SELECT"):
            Store.open(theirs, read_only=True)
        cluster.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO auditor_{schema}")
        with Store.open(theirs, read_only=True) as reader:
            assert ids(reader.records()) == ["a"]
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), reader._reader.begin() as connection:
                raise_from_driver(connection, "DELETE FROM frames")


def raise_from_driver(connection, statement):
    connection.connection.dbapi_connection.execute(statement)


def test_passwords_come_from_files_and_are_in_no_message(cluster, url, tmp_path):
    over_network = cluster.url(url.rpartition("%3D")[2], host="127.0.0.1")
    file = tmp_path / "password"
    with pytest.raises(StoreError, match="cannot read the password"):
        Store.open(over_network, password_file=file)
    file.write_text("wrong-horse\n")
    with pytest.raises(StoreError, match=r"pg_hba\.conf, and the password") as caught:
        Store.open(over_network, password_file=file)
    assert "wrong-horse" not in repr(caught.value) + str(caught.value)
    file.write_text(f"{PASSWORD}\n")
    with Store.open(over_network, password_file=file) as store:
        assert PASSWORD not in store.name
    for secret in (
        f"postgresql://{USER}:{PASSWORD}@127.0.0.1/postgres",
        f"postgresql://{USER}@127.0.0.1/postgres?password={PASSWORD}",
        f"postgresql://{USER}:{PASSWORD}@127.0.0.1:port/postgres",
    ):
        with pytest.raises(StoreError) as caught:
            Store.open(secret)
        assert PASSWORD not in str(caught.value)


def on_disk(cluster):
    cluster.execute("CHECKPOINT")
    return b"".join(file.read_bytes() for file in (cluster.data / "base").rglob("*") if file.is_file())


def test_recalled_content_is_out_of_reach_at_once_and_out_of_the_tables_after_a_restart(cluster, url, federation):
    others = [federation.admitted(make_record(f"o{n}", body={"text": "x" * (n * 37 % 3000)})) for n in range(60)]
    small = federation.admitted(make_record("small", body={"secret": SECRET}))
    frame = federation.admitted(make_record("before"), make_record("spilled", body=BIG), make_record("after"))
    with Store.open(url) as store:
        store.commit(Batch(frames=(*others[:30], frame, small, *others[30:])))
        assert SECRET.encode() in on_disk(cluster)
        assert store.recall("spilled", originator="JPN", recalled_at=START) == 1
        assert store.recall("small", originator="JPN", recalled_at=START) == 1
        assert store.find("spilled") is None
        assert len(list(store.records(RecordQuery(copies=True)))) == 62
    with Store.open(url) as store:
        assert SECRET.encode() not in on_disk(cluster)
        assert store.find("before").admitted == frame.records[0]
        assert store.rebuild() == 62


def test_a_large_store_is_not_rewritten_while_a_node_starts(cluster, url, federation, monkeypatch):
    monkeypatch.setattr(postgres, "_SMALL_BYTES", 0)
    with Store.open(url) as store:
        store.commit(Batch(frames=(federation.admitted(make_record("spilled", body=BIG)),)))
        store.recall("spilled", originator="JPN", recalled_at=START)
    with Store.open(url) as store:
        assert store.find("spilled") is None
    monkeypatch.undo()
    with Store.open(url):
        assert SECRET.encode() not in on_disk(cluster)


def test_a_reader_that_lingers_keeps_nobody_from_opening(cluster, url, federation, monkeypatch):
    monkeypatch.setattr(postgres, "_WAIT_FOR_READERS", "100ms")
    with Store.open(url) as store:
        store.commit(Batch(frames=(federation.admitted(make_record("spilled", body=BIG)),)))
        store.recall("spilled", originator="JPN", recalled_at=START)
    with Store.open(url, read_only=True) as reader, reader._reader.begin() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM frames")
        with Store.open(url) as store:
            store.commit(Batch(frames=(federation.admitted(make_record("b")),)))
    with Store.open(url) as store:
        assert SECRET.encode() not in on_disk(cluster)
        assert ids(store.records()) == ["b"]
