"""What goes in comes out: commits, queries, links, opening and closing."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from sealed import START, Federation, make_record
from tocsin.errors import StoreError
from tocsin.markings import marking_for
from tocsin.records import BundleFile, Held, Operator, Peer, Precedence
from tocsin.store import Batch, Cursor, HeldItem, RecordQuery, Store, Unacked, Window, schema
from tocsin.store.deriving import RecordRow
from tocsin.store.reading import _statement as statement


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.db"


@pytest.fixture
def store(place):
    with Store.open(place) as opened:
        yield opened


@pytest.fixture
def federation():
    return Federation()


def ids(stored):
    return [each.admitted.record.id for each in stored]


def test_what_was_admitted_comes_back_word_for_word(store, federation):
    frame = federation.admitted(make_record("a", observed_at=START), make_record("b"))
    assert store.commit(Batch(frames=(frame,))).frames == 1
    assert tuple(each.admitted for each in store.records()) == frame.records
    assert [each.order for each in store.records()] == [1, 2]
    (kept,) = store.chains.frames()
    assert (kept.data, kept.ref, kept.previous, kept.resumes) == (frame.data, frame.ref, frame.previous, frame.resumes)
    assert (kept.via, kept.path, kept.admitted_at, kept.sealed_at) == ("JPN", "live", START, START)


def test_a_second_commit_of_a_frame_changes_nothing(store, federation):
    frame = federation.admitted(make_record("a"))
    store.commit(Batch(frames=(frame, frame)))
    again = store.commit(Batch(frames=(replace(frame, path="durable"),)))
    assert (again.frames, again.last_order) == (0, 1)
    assert [each.path for each in store.chains.frames()] == ["live"]


def test_control_frames_are_not_kept(store, federation):
    frame = federation.admitted(make_record("a"))
    control = replace(frame, ref=replace(frame.ref, number=0))
    assert store.commit(Batch(frames=(control,))).frames == 0
    assert list(store.chains.frames()) == []


def test_queries_narrow(store, federation):
    day = timedelta(days=1)
    pair = marking_for("JPN", "KOR")
    records = [
        make_record("m1", observed_at=START),
        make_record("e1", kind="cyber.unknown", body={"event_id": "EV1"}, issued_at=START + day),
        make_record("s1", kind="warning.same_event", body={"event_id": "EV0", "alias": "EV1", "gate": "g"}),
        make_record("u1", originator="USA", synthetic=True),
        make_record("p1", marking=pair, observed_at=START + day),
        make_record("x1", status="exercise:iron-bell"),
        make_record("pub", marking=marking_for("PUBLIC")),
        make_record("odd", kind="freight.other", body={"event_id": "not an id\x00"}, supersedes="\x00 nothing"),
    ]
    for record in records:
        store.commit(Batch(frames=(federation.admitted(record),)))
        federation.clock.advance(1)

    def found(**query):
        return set(ids(store.records(RecordQuery(**query))))

    everything = {record.id for record in records}
    assert found() == everything
    assert found(kinds=("freight.note",)) == {"m1", "u1", "p1", "x1", "pub"}
    assert found(kinds=("freight.*",)) == {"m1", "u1", "p1", "x1", "pub", "odd"}
    assert found(kinds=("cyber.*", "freight.other")) == {"e1", "odd"}
    assert found(event_id="EV1") == {"e1", "s1"}
    assert found(originator="USA") == found(synthetic=True) == {"u1"}
    assert found(status="exercise:iron-bell") == {"x1"}
    assert found(member="USA") == everything - {"p1"}
    assert found(member="PUB") == {"pub"}, "PUBLIC goes to everybody, and is not found as part of a word"
    assert found(ids=("p1",)) == {"p1"}
    assert found(windows=(Window(time="observed", since=START, until=START + day),)) == {"m1"}
    assert found(windows=(Window(time="issued", since=START + day),)) == {"e1"}
    second = timedelta(seconds=1)
    assert found(windows=(Window(time="admitted", since=START + second, until=START + 2 * second),)) == {"e1"}
    assert found(as_known_at=START + second) == {"m1", "e1"}
    assert ids(store.records(RecordQuery(newest_first=True, limit=2))) == ["odd", "pub"]
    assert ids(store.records(RecordQuery(newest_first=True, limit=2, before_order=7))) == ["x1", "p1"]
    assert ids(store.follow(6)) == ["pub", "odd"]
    assert store.find("u1").admitted.record == records[3]
    assert store.find("nothing") is None


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_query_goes_on_over_many_pages(store, federation, newest_first):
    frames = tuple(federation.admitted(*(make_record(f"r{n}.{m}") for m in range(37))) for n in range(20))
    store.commit(Batch(frames=frames))
    expected = [f"r{n}.{m}" for n in range(20) for m in range(37)]
    found = ids(store.records(RecordQuery(newest_first=newest_first)))
    assert found == (expected[::-1] if newest_first else expected)
    assert len(list(store.records(RecordQuery(newest_first=newest_first, limit=300)))) == 300
    assert list(store.records(RecordQuery(limit=0))) == []


def test_current_leaves_out_what_its_originator_replaced(store, federation):
    batch = [
        make_record("old"),
        make_record("gone"),
        make_record("foreign"),
        make_record("actual", status="actual"),
    ]
    store.commit(Batch(frames=tuple(federation.admitted(record) for record in batch)))
    federation.clock.advance(60)
    then = federation.clock.now() - timedelta(seconds=1)
    batch = [
        make_record("new", supersedes="old"),
        make_record("taken-back", cancels="gone"),
        make_record("rude", originator="USA", cancels="foreign"),
        make_record("drill", status="exercise:one", supersedes="actual"),
    ]
    store.commit(Batch(frames=tuple(federation.admitted(record) for record in batch)))
    assert ids(store.current()) == ["foreign", "actual", "new", "taken-back", "rude", "drill"]
    assert ids(store.current("freight.*", as_known_at=then)) == ["old", "gone", "foreign", "actual"]


def test_one_record_in_two_frames_is_one_record(store, federation):
    record = make_record("held", originator="KOR")
    own = federation.admitted(record, own=True, path="self")
    store.commit(Batch(frames=(own,)))
    store.commit(Batch(frames=(federation.admitted(record, path="self"), federation.admitted(record, path="self"))))
    assert ids(store.records()) == ["held"]
    assert ids(store.records(RecordQuery(copies=True))) == ["held"] * 3
    before = [(each.order, each.admitted) for each in store.records(RecordQuery(copies=True))]
    store.rebuild()
    assert [(each.order, each.admitted) for each in store.records(RecordQuery(copies=True))] == before
    assert ids(store.records()) == ["held"]


def test_what_the_door_refused_of_a_frame_stays_out_after_a_rebuild(store, federation):
    wrong = make_record("wrong", precedence=Precedence.FLASH)
    result = federation.receive(federation.seal(make_record("a"), wrong, make_record("c")))
    assert len(result.refused) == 1
    store.commit(Batch(frames=(result.frame,), refused=result.refused))
    assert ids(store.records()) == ["a", "c"]
    assert store.rebuild() == 2
    assert [(each.order, each.admitted.index) for each in store.records()] == [(1, 0), (3, 2)]
    store.commit(Batch(frames=(federation.admitted(make_record("d")),)))
    assert store.find("d").order == 4


def test_links_survive_a_restart(place, federation):
    stored, loose = federation.admitted(make_record("a")), federation.admitted(make_record("b"))
    entry = Unacked(hop="USA", ref=stored.ref, kind="cargo.movement", sealed_at=START)
    other = replace(entry, ref=loose.ref, data=loose.data)
    waits = HeldItem(held=Held("a", "cargo.movement", Peer("USA"), "needs_person", "why"), held_at=START)
    shown = HeldItem(held=Held("a", "cargo.movement", Operator("KOR"), "policy"), held_at=START)
    filed = HeldItem(held=Held("b", "cargo.movement", BundleFile(("JPN", "KOR")), "marking"), held_at=START)
    with Store.open(place) as store:
        store.commit(
            Batch(
                frames=(stored,), cursors=(Cursor(stream="IN_JPN", created="c1", seq=7),),
                held=(waits, shown, filed), sealed=(entry, other, replace(entry, hop="JPN"), entry),
            )
        )  # fmt: skip
        store.commit(Batch(cursors=(Cursor(stream="IN_JPN", created="c2", seq=1),), settled=(("a", Peer("USA")),)))
    with Store.open(place) as store:
        assert store.links.cursor("IN_JPN") == Cursor(stream="IN_JPN", created="c2", seq=1)
        assert store.links.cursor("IN_USA") is None
        assert store.links.held() == (shown, filed)
        assert store.links.unacked("USA") == (replace(entry, data=stored.data), other)
        store.commit(Batch(acked=((stored.ref.hash, "USA"),), sealed=(replace(entry, hop="JPN"),)))
        assert [(each.ref, each.hop) for each in store.links.unacked()] == [(loose.ref, "USA"), (stored.ref, "JPN")]


def test_an_outbox_entry_needs_bytes_from_somewhere(store, federation):
    frame = federation.admitted(make_record("a"))
    entry = Unacked(hop="USA", ref=frame.ref, kind="cargo.movement", sealed_at=START)
    with pytest.raises(ValueError, match="needs its bytes"):
        store.commit(Batch(sealed=(entry,), cursors=(Cursor(stream="s", created="c", seq=1),)))
    assert store.links.cursor("s") is None


def test_the_file_is_for_its_owner_alone(path, federation):
    path.touch(mode=0o644)
    with Store.open(f"sqlite:///{path}") as store:
        store.commit(Batch(frames=(federation.admitted(make_record("a")),)))
        files = sorted(path.parent.iterdir())
        assert {file.name for file in files} == {f"store.db{end}" for end in ("", "-shm", "-wal", ".lock")}
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_one_writer_many_readers(place, federation):
    with Store.open(place) as store:
        with pytest.raises(StoreError, match="open for writing already"):
            Store.open(place)
        with Store.open(place, read_only=True) as reader:
            store.commit(Batch(frames=(federation.admitted(make_record("a")),)))
            assert ids(reader.records()) == ["a"]
            with pytest.raises(StoreError, match="read-only"):
                reader.commit(Batch())
            with pytest.raises(StoreError, match="read-only"):
                reader.rebuild()
            with pytest.raises(StoreError, match="read-only"):
                reader.recall("a", originator="JPN", recalled_at=START)
        code = "import sys; from tocsin.store import Store; Store.open(sys.argv[1])"
        other = subprocess.run([sys.executable, "-c", code, str(place)], capture_output=True, text=True, check=False)
        assert "One node writes to a store" in other.stderr
    with Store.open(place, read_only=True) as reader:
        assert ids(reader.records()) == ["a"]
    Store.open(place).close()


def test_a_reader_sees_one_state_while_the_writer_adds(store, federation):
    store.commit(Batch(frames=tuple(federation.admitted(make_record(f"old{n}")) for n in range(300))))
    query = store.records(RecordQuery(current_only=True))
    first = next(query)
    store.commit(Batch(frames=(federation.admitted(make_record("new", supersedes="old299")),)))
    assert ids([first, *query]) == [f"old{n}" for n in range(300)]
    assert ids(store.current())[-2:] == ["old298", "new"]


def test_a_follower_in_another_thread_neither_repeats_nor_loses(store, federation):
    frames = [federation.admitted(*(make_record(f"{n}.{m}") for m in range(n % 4 + 1))) for n in range(120)]
    expected = [f"{n}.{m}" for n in range(120) for m in range(n % 4 + 1)]
    seen: list[str] = []
    committed, done = threading.Condition(), threading.Event()

    def follow() -> None:
        order = 0
        while not done.is_set() or len(seen) < len(expected):
            for each in store.follow(order):
                seen.append(each.admitted.record.id)
                order = each.order
            with committed:
                committed.wait(timeout=0.05)

    follower = threading.Thread(target=follow, daemon=True)
    follower.start()
    for start in range(0, 120, 7):
        store.commit(Batch(frames=tuple(frames[start : start + 7])))
        with committed:
            committed.notify_all()
    done.set()
    follower.join(30)
    assert seen == expected


@pytest.mark.parametrize(
    ("place", "message"),
    [("mysql://there/db", "no database that this version writes to"), ("missing/store.db", "folder must exist")],
)
def test_where_no_store_can_be(tmp_path, place, message):
    with pytest.raises(StoreError, match=message):
        Store.open(place if ":" in place else tmp_path / place)


def test_read_only_does_not_make_a_store(path):
    with pytest.raises(StoreError, match="there is no store"):
        Store.open(path, read_only=True)
    assert not path.exists()


def test_somebody_elses_database_is_left_alone(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    for read_only in (False, True):
        with pytest.raises(StoreError, match="no store of Tocsin"):
            Store.open(path, read_only=read_only)


def test_a_newer_store_is_refused(path):
    Store.open(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute("UPDATE about SET value = '4' WHERE key = 'schema_version'")
    newer.close()
    for read_only in (False, True):
        with pytest.raises(StoreError, match="newer Tocsin"):
            Store.open(path, read_only=read_only)


def test_a_number_that_no_database_holds_is_a_clear_error(store, federation):
    frame = federation.admitted(make_record("a"))
    with pytest.raises(StoreError, match="beyond 64 bits"):
        store.commit(Batch(frames=(replace(frame, ref=replace(frame.ref, number=2**64)),)))
    assert list(store.records()) == []


def test_the_tables_can_be_made_in_postgresql():
    for table in schema.metadata.sorted_tables:
        text = str(CreateTable(table).compile(dialect=postgresql.dialect()))
        assert "BIGINT" in text or table.name == "about"
    query = RecordQuery(kinds=("a.*",), member="JPN", current_only=True, newest_first=True)
    text = str(statement(query, after=0, below=9, last=9, page=5).compile(dialect=postgresql.dialect()))
    assert "EXISTS" in text


@pytest.mark.parametrize("read_only", [False, True])
def test_a_folder_is_no_store(tmp_path, read_only):
    mode = tmp_path.stat().st_mode
    with pytest.raises(StoreError, match=r"is no file|cannot open"):
        Store.open(tmp_path, read_only=read_only)
    assert tmp_path.stat().st_mode == mode


def test_a_link_that_leads_nowhere_is_no_store(tmp_path, path):
    path.symlink_to(tmp_path / "missing" / "store.db")
    with pytest.raises(StoreError, match="cannot make"):
        Store.open(path)


def test_the_columns_of_records_are_those_of_a_row():
    assert tuple(schema.records.c.keys()) == RecordRow._fields


def test_a_store_of_the_first_form_is_brought_up_to_date_when_its_node_runs(path, federation):
    with Store.open(path) as store:
        store.commit(Batch(frames=tuple(federation.admitted(make_record(name)) for name in ("a", "b"))))
        held = list(store.records())
    with sqlite3.connect(path) as older:
        older.execute("DROP INDEX records_by_id_hash")
        older.execute("ALTER TABLE records DROP COLUMN id_hash")
        older.execute("UPDATE about SET value = '1' WHERE key = 'schema_version'")
    older.close()
    with pytest.raises(StoreError, match="schema version 1"):
        Store.open(path, read_only=True)
    with Store.open(path) as store:
        assert list(store.records()) == held
        assert store.find("b") == held[1]
    with Store.open(path, read_only=True) as store:
        assert store.find("a") == held[0]


def test_many_ids_are_found_at_once_of_whichever_member(store, federation):
    ours = federation.admitted(*(make_record(f"r{number}") for number in range(600)))
    theirs = federation.admitted(make_record("r7", originator="KOR"))
    store.commit(Batch(frames=(ours, theirs)))
    wanted = [*(f"r{number}" for number in range(0, 600, 2)), "r7", "r7", "none"]
    found = [(each.admitted.record.originator, each.admitted.record.id) for each in store.find_all(wanted)]
    assert sorted(found) == sorted(
        [*(("JPN", f"r{number}") for number in range(0, 600, 2)), ("JPN", "r7"), ("KOR", "r7")]
    )
    assert ids(store.find_all(wanted, originator="KOR")) == ["r7"]
    assert list(store.find_all([])) == []
    assert list(store.records(RecordQuery(ids=()))) == []


@pytest.mark.parametrize("newest_first", [False, True])
def test_several_kinds_over_many_pages_come_once_each_and_in_order(store, federation, newest_first):
    kinds = ("freight.note", "freight.other", "cyber.unknown")
    made = [make_record(f"r{number}", kind=kinds[number % 3]) for number in range(900)]
    made.append(make_record("later", kind="cyber.unknown", supersedes="r2"))
    store.commit(Batch(frames=(federation.admitted(*made),)))

    def found(*wanted, **query):
        found = ids(store.records(RecordQuery(kinds=wanted, newest_first=newest_first, **query)))
        return found[::-1] if newest_first else found

    everything = [record.id for record in made]
    assert found("freight.*", "cyber.unknown", "freight.note", "freight.*", "nothing.*") == everything
    assert found(*kinds) == everything
    assert found("freight.note", "cyber.unknown") == [each.id for each in made if each.kind != "freight.other"]
    assert found(*kinds, current_only=True) == [each for each in everything if each != "r2"]
    assert len(found(*kinds, limit=300)) == 300
