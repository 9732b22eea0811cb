"""A recall takes a record's content out of every file, and leaves what proves the frame."""

from __future__ import annotations

import re
import sqlite3
from random import Random

import pytest
from sqlalchemy import select

from sealed import START, Federation, make_record
from tocsin.codec import encode
from tocsin.errors import StoreError
from tocsin.exchange import Reason, Rejected, open_frame, verify_frames, without_records
from tocsin.records import Held, Peer, Precedence
from tocsin.store import Batch, HeldItem, RecordQuery, Store, Unacked, schema, sqlite

SECRET = "0f5ac1b7-spilled"
BIG = {"secret": SECRET + "".join(f"{n:06x}" for n in range(3000))}


@pytest.fixture
def federation():
    return Federation()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.db"


def on_disk(path):
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


def ids(stored):
    return [each.admitted.record.id for each in stored]


@pytest.mark.parametrize("body", [BIG, {"secret": SECRET}])
def test_content_is_gone_from_every_file_and_the_frame_still_verifies(path, federation, body):
    spilled = make_record("spilled", body=body)
    frame = federation.admitted(make_record("before"), spilled, make_record("after", body={"n": 1}))
    salt = open_frame(frame.data, max_bytes=1_000_000).slips[1].salt
    others = [federation.admitted(make_record(f"o{n}", body={"text": "x" * (n * 37 % 3000)})) for n in range(60)]
    with Store.open(path) as store:
        store.commit(Batch(frames=(*others[:30], frame, *others[30:])))
        assert SECRET.encode() in on_disk(path)
        assert store.recall("spilled", originator="JPN", recalled_at=START) == 1
        content = on_disk(path)
        for trace in (SECRET.encode(), salt.encode(), *(b"%06x%06x" % (n, n + 1) for n in range(0, 3000, 7))):
            assert trace not in content
        assert store.find("spilled") is None
        assert store.find("before").admitted == frame.records[0]
        assert store.find("after").admitted == frame.records[2]
        kept = store.chains.frame(frame.ref.hash)
        assert b'{"recalled":true}' in kept.data
        was, now = open_frame(frame.data, max_bytes=1_000_000), open_frame(kept.data, max_bytes=1_000_000)
        assert (now.header_bytes, now.keyid, now.signature) == (was.header_bytes, was.keyid, was.signature)
        report = verify_frames((each.data for each in store.chains.frames()), [federation.trust.roster])
        assert report.is_sound
        assert report.recalled == 1
        before = [(each.order, each.admitted) for each in store.records()]
        assert store.rebuild() == 62
        assert [(each.order, each.admitted) for each in store.records()] == before


def test_a_recall_finds_every_copy(path, federation):
    spilled = make_record("spilled", originator="KOR", body=BIG)
    own = federation.admitted(spilled, own=True, path="self")
    sent = federation.admitted(make_record("x", originator="KOR"), spilled, path="self")
    loose = federation.admitted(make_record("y", originator="KOR"), spilled, path="self")
    broken = federation.receive(federation.seal(spilled)[:2000])
    held = HeldItem(held=Held("spilled", "cargo.movement", Peer("USA"), "policy"), held_at=START)
    waits = tuple(
        Unacked(hop="USA", ref=frame.ref, kind="cargo.movement", sealed_at=START, data=frame.data)
        for frame in (sent, loose)
    )
    with Store.open(path) as store:
        store.commit(Batch(frames=(own, sent), held=(held,), sealed=waits, refused=(broken,)))
        assert store.links.quarantined()[0].data
        assert store.recall("spilled", originator="KOR", recalled_at=START, is_own=True) == 4
        assert b"secret" not in on_disk(path)
        assert store.links.held() == ()
        assert [b'{"recalled":true}' in each.data for each in store.links.unacked()] == [True, True]
        report = verify_frames((each.data for each in store.links.unacked()), [federation.trust.roster])
        assert report.is_sound
        assert ids(store.records()) == ["x"]
        assert store.links.quarantined()[0].data is None


def test_what_was_recalled_never_comes_in_again(path, federation):
    frame = federation.admitted(make_record("a"), make_record("spilled", body=BIG))
    with Store.open(path) as store:
        assert store.recall("spilled", originator="JPN", recalled_at=START) == 0
        assert store.recall("spilled", originator="JPN", recalled_at=START) == 0
    with Store.open(path) as store:
        store.commit(Batch(frames=(frame,)))
        assert b"secret" not in on_disk(path)
        assert ids(store.records()) == ["a"]
        assert store.rebuild() == 1
        (row,) = store.records()
        assert row.order == 1
        store.commit(Batch(frames=(federation.admitted(make_record("b")),)))
        assert store.find("b").order == 3


def test_nobody_recalls_for_another(path, federation):
    frames = (federation.admitted(make_record("a")), federation.admitted(make_record("a", originator="USA")))
    with Store.open(path) as store:
        store.commit(Batch(frames=frames))
        assert store.find("a").admitted.record.originator == "JPN"
        assert store.find("a", originator="USA").admitted.record.originator == "USA"
        store.recall("a", originator="USA", recalled_at=START)
        assert [each.admitted.record.originator for each in store.records(RecordQuery(ids=("a",)))] == ["JPN"]


def test_who_takes_our_id_and_recalls_it_takes_nothing_of_ours(place, federation):
    ours = federation.admitted(make_record("a", originator="KOR", body={"n": 1}), own=True, path="self")
    theirs = federation.admitted(make_record("a", originator="USA", body={"n": 2}))
    waits = HeldItem(held=Held("a", "cargo.movement", Peer("USA"), "needs_person"), held_at=START)
    cut = federation.receive(federation.seal(make_record("a", originator="JPN", body={"text": "x" * 9000}))[:3000])
    whole = federation.receive(federation.seal(make_record("a", originator="JPN"))[:-1] + b',"x":1,"x":1}')
    with Store.open(place) as store:
        store.commit(Batch(frames=(ours, theirs), held=(waits,), refused=(cut, whole)))
        assert store.recall("a", originator="USA", recalled_at=START) == 1
        assert store.links.held() == (waits,)
        assert [each.data for each in store.links.quarantined()] == [whole.data, cut.data]
        assert [each.admitted.record.originator for each in store.records(RecordQuery(ids=("a",)))] == ["KOR"]
        store.recall("a", originator="KOR", recalled_at=START, is_own=True)
        assert store.links.held() == ()


def test_a_recall_leaves_the_proof_of_what_was_refused(place, federation):
    """Whoever tells two things recalls the record, and what proves that it did stays."""
    result = federation.receive(federation.seal(make_record("a"), make_record("b")))
    proof = Rejected(Reason.EQUIVOCATION, "", "h", "JPN", "live", START, result.frame.data)
    with Store.open(place) as store:
        store.commit(Batch(refused=(proof,)))
        assert store.recall("a", originator="JPN", recalled_at=START) == 1
        (kept,) = store.links.quarantined()
        frame = open_frame(kept.data, max_bytes=1_000_000)
        assert [slip.recalled for slip in frame.slips] == [True, False]
        assert verify_frames([kept.data], [federation.trust.roster]).is_sound


def test_a_reader_that_lingers_only_delays_the_wiping(path, federation, monkeypatch):
    monkeypatch.setattr(sqlite, "_BUSY_TIMEOUT_S", 0.05)
    frame = federation.admitted(make_record("spilled", body=BIG))
    with Store.open(path) as store:
        store.commit(Batch(frames=(frame,)))
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM frames").fetchone()
        with pytest.raises(StoreError, match="a reader is at work"):
            store.recall("spilled", originator="JPN", recalled_at=START)
        assert store.find("spilled") is None
        store.commit(Batch(frames=(federation.admitted(make_record("b")),)))
        reader.close()
    with Store.open(path) as store:
        assert b"secret" not in on_disk(path)
        assert ids(store.records()) == ["b"]


def test_a_recalled_record_no_longer_replaces_another(path, federation):
    records = [make_record("old"), make_record("new", supersedes="old")]
    with Store.open(path) as store:
        store.commit(Batch(frames=tuple(federation.admitted(record) for record in records)))
        assert ids(store.current()) == ["new"]
        store.recall("new", originator="JPN", recalled_at=START)
        assert ids(store.current()) == ["old"]
        assert encode(store.find("old").admitted.record) == encode(records[0])


def test_a_recall_reaches_every_part_of_a_frame(path, federation):
    records = [make_record(name, body=BIG | {"name": name}) for name in ("a", "b", "c")]
    data = federation.seal(*records)
    copies = [federation.receive(without_records(data, gone)).frame for gone in ({1, 2}, {2}, set())]
    with Store.open(path) as store:
        store.commit(Batch(frames=tuple(copies)))
        assert ids(store.records()) == ["a", "b", "c"]
        assert [each.order for each in store.records()] == [1, 3, 6]
        assert ids(store.follow(1)) == ["b", "c"]
        assert store.chains.frame(copies[0].ref.hash).data == data
        for name in ("c", "a"):
            assert store.recall(name, originator="JPN", recalled_at=START) == 1
        assert ids(store.records()) == ["b"]
        store.recall("b", originator="JPN", recalled_at=START)
        assert b"secret" not in on_disk(path)
        assert store.chains.lacking(copies[0].ref.hash) == {0, 1, 2}
        assert store.rebuild() == 0


def test_a_recall_reaches_what_the_door_refused_of_a_frame(path, federation):
    spilled = make_record("spilled", body=BIG, precedence=Precedence.FLASH)
    result = federation.receive(federation.seal(make_record("a"), spilled, make_record("c", body={"id": "spilled"})))
    with Store.open(path) as store:
        store.commit(Batch(frames=(result.frame,), refused=result.refused))
        assert store.recall("spilled", originator="JPN", recalled_at=START) == 2
        assert b"secret" not in on_disk(path)
        assert ids(store.records()) == ["a", "c"]
        assert store.rebuild() == 2


def test_a_reader_that_lingers_keeps_nobody_from_opening_the_store(path, federation, monkeypatch):
    monkeypatch.setattr("tocsin.store.sqlite._BUSY_TIMEOUT_S", 0.1)
    with Store.open(path) as store:
        store.commit(Batch(frames=(federation.admitted(make_record("r1")),)))
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM frames").fetchone()
        with pytest.raises(StoreError, match="a reader is at work"):
            store.recall("r1", originator="JPN", recalled_at=START)
    with Store.open(path) as store:
        store.commit(Batch(frames=(federation.admitted(make_record("r2")),)))
        reader.close()
        store.recall("r1", originator="JPN", recalled_at=START)
    assert b'"r1"' not in path.read_bytes()


def pages_of(path):
    content = path.read_bytes()
    return [content[start : start + 4096] for start in range(0, len(content), 4096)]


def test_a_recall_touches_few_pages_however_large_the_store_is(path, federation):
    with Store.open(path) as store:
        for start in range(0, 600, 100):
            frames = (
                federation.admitted(make_record(f"r{n}", body={"text": f"{n:08}" * (n * 37 % 900)}))
                for n in range(start, start + 100)
            )
            store.commit(Batch(frames=tuple(frames)))
        store.recall("r0", originator="JPN", recalled_at=START)
        before = pages_of(path)
        store.recall("r300", originator="JPN", recalled_at=START)
        after = pages_of(path)
        assert len(after) == len(before) > 500
        assert sum(one != other for one, other in zip(before, after, strict=True)) < 40
        assert path.with_name("store.db-wal").stat().st_size < 20_000


@pytest.mark.parametrize("seed", range(2))
def test_a_flood_of_recalls_leaves_no_trace_of_any(path, federation, seed):
    """Rows of every size come and go in every table with content, so that pages are split and joined."""
    random = Random(seed)
    words = {n: [f"zq{random.getrandbits(40):010x}" for _ in range(random.choice((1, 5, 60, 250, 900)))]
             for n in range(160)}  # fmt: skip
    frames = {
        n: federation.admitted(
            make_record(f"n{n}", originator="KOR"),
            make_record(f"r{n}", originator="KOR", body={"words": words[n], "event_id": f"E{n}"}),
            path="self",
        )
        for n in words
    }
    stored = {n for n in words if n % 4}
    with Store.open(path) as store:
        for start in range(0, 160, 20):
            some = range(start, start + 20)
            sealed = [
                Unacked(hop="USA", ref=frames[n].ref, kind="cargo.movement", sealed_at=START, data=frames[n].data)
                for n in some if n not in stored
            ]  # fmt: skip
            broken = [federation.receive(frames[n].data[:-9]) for n in some if n % 3 == 0]
            kept = tuple(frames[n] for n in some if n in stored)
            store.commit(Batch(frames=kept, sealed=tuple(sealed), refused=tuple(broken)))
            gone = [entry for entry in store.links.unacked() if random.random() < 0.3]
            store.commit(Batch(acked=tuple((entry.ref.hash, entry.hop) for entry in gone)))
        recalled = random.sample(sorted(words), 120)
        for n in recalled:
            store.recall(f"r{n}", originator="KOR", recalled_at=START)
        found = {word.decode() for word in re.findall(rb"zq[0-9a-f]{10}", on_disk(path))}
        assert [n for n in recalled if not found.isdisjoint(words[n])] == []
        assert found
        left = [n for n in sorted(stored) if n not in recalled]
        assert [each.admitted.record.id for each in store.records() if each.admitted.record.id[0] == "r"] == [
            f"r{n}" for n in left
        ]
        report = verify_frames((each.data for each in store.chains.frames()), [federation.trust.roster])
        assert [each for each in report.breaks if "record" in each.what] == []
        assert report.recalled == len(stored & set(recalled))
        rows = len(list(store.records()))
        assert store.rebuild() == rows


def test_a_large_outbox_is_wiped_with_the_whole_file(path, federation, monkeypatch):
    monkeypatch.setattr(sqlite, "_MANY", 0)
    frame = federation.admitted(make_record("spilled", originator="KOR", body=BIG), path="self")
    other = federation.admitted(make_record("other"))
    waits = Unacked(hop="USA", ref=frame.ref, kind="cargo.movement", sealed_at=START, data=frame.data)
    with Store.open(path) as store:
        store.commit(Batch(frames=(other,), sealed=(waits,)))
        assert store.recall("spilled", originator="KOR", recalled_at=START) == 1
        assert b"secret" not in on_disk(path)
        assert [b'{"recalled":true}' in each.data for each in store.links.unacked()] == [True]


def test_rows_that_moved_leave_traces_and_wiping_takes_them_out(path):
    """Without the wiping this fails: rows of the outbox come and go, and pages that they left keep their bytes."""
    random = Random(0)
    live: dict[int, list[str]] = {}

    def traces():
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        found = {word.decode() for word in re.findall(rb"zq[0-9a-f]{10}", path.read_bytes())}
        return found - {word for words in live.values() for word in words}

    with Store.open(path) as store:
        with store._writer.begin() as connection:
            for n in range(6000):
                if random.random() < 0.55 or not live:
                    live[n] = [f"zq{random.getrandbits(40):010x}" for _ in range(random.choice((1, 3, 20, 80, 200)))]
                    row = (n, f"{random.getrandbits(64):x}", *"abcdef", 1, "k", 0, " ".join(live[n]).encode())
                    connection.exec_driver_sql(f"INSERT INTO outbox VALUES ({', '.join('?' * 12)})", row)
                else:
                    gone = random.choice(sorted(live))
                    del live[gone]
                    connection.exec_driver_sql("DELETE FROM outbox WHERE position = ?", (gone,))
        assert traces()
        before = store.links._all(select(schema.outbox))
        assert sqlite.wipe(store._writer)
        assert not traces()
        assert store.links._all(select(schema.outbox)) == before
