"""A store moves from one database to the other, and stays the same store."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from sealed import START, Federation, make_record
from tocsin.errors import StoreError
from tocsin.exchange import Reason, Rejected
from tocsin.records import Held, Peer, Precedence
from tocsin.store import Batch, Cursor, HeldItem, RecordQuery, Store, Unacked, schema


@pytest.fixture
def full(tmp_path):
    """A store with something in every table, a recalled record and one that the door refused among it."""
    federation = Federation()
    frames = [federation.admitted(*(make_record(f"r{n}.{m}", body={"event_id": "E1"}) for m in range(n % 5 + 1)))
              for n in range(150)]  # fmt: skip
    mixed = federation.receive(
        federation.seal(make_record("kept", observed_at=START), make_record("no", precedence=Precedence.FLASH))
    )
    waits = Unacked(hop="USA", ref=frames[0].ref, kind="cargo.movement", sealed_at=START)
    loose = federation.admitted(make_record("loose"), epoch="E2", resumes=("E1", 1, "0" * 64))
    with Store.open(tmp_path / "old.db") as store:
        store.commit(
            Batch(
                frames=(*frames, mixed.frame, loose), refused=(*mixed.refused,), sealed=(waits,),
                cursors=(Cursor(stream="IN_JPN", created="c1", seq=7),),
                held=(HeldItem(held=Held("r1.0", "cargo.movement", Peer("USA"), "policy"), held_at=START),),
            )
        )  # fmt: skip
        store.commit(Batch(refused=(Rejected(Reason.SIGNATURE, "", "0" * 64, "USA", "live", START, b"{}"),)))
        store.recall("r4.2", originator="JPN", recalled_at=START)
        yield store


def contents(store):
    return (
        [(each.order, each.admitted) for each in store.records(RecordQuery(copies=True))],
        list(store.chains.admitted_frames()), list(store.chains.states()), store.links.unacked(), store.links.held(),
        store.links.quarantined(), store.links.refusals(), store.links.cursor("IN_JPN"),
    )  # fmt: skip


def test_all_of_it_is_in_the_copy_and_the_copy_goes_on(full, place):
    told = []
    with Store.open(place) as target:
        copied = full.copy_to(target, on_progress=lambda done, total: told.append((done, total)))
        assert contents(target) == contents(full)
        assert copied.rows["records"] == len(contents(full)[0])
        assert copied.rows["recalls"] == copied.rows["outbox"] == copied.rows["held"] == copied.rows["cursors"] == 1
        assert told == sorted(told)
        assert told[-1][0] == told[-1][1]
        with pytest.raises(StoreError, match="not empty"):
            full.copy_to(target)
    with Store.open(place) as target:
        assert contents(target) == contents(full)
        assert target.rebuild() == copied.rows["records"]
        assert contents(target) == contents(full)
        frame = Federation().admitted(make_record("r4.2"))
        target.commit(Batch(frames=(frame,)))
        assert target.find("r4.2") is None  # recalled for good


def test_a_copy_of_a_copy_has_the_same_digests(full, cluster, tmp_path):
    with Store.open(cluster.new_url()) as server, Store.open(tmp_path / "back.db") as back:
        assert full.copy_to(server) == server.copy_to(back)


@pytest.mark.parametrize("spoil", [{"data": b"{}"}, {"number": 7000}])
def test_a_store_that_was_altered_is_not_copied(full, place, spoil):
    with full._writing() as connection:
        connection.execute(update(schema.frames).where(schema.frames.c.number == 3).values(spoil))
    with Store.open(place) as target:
        with pytest.raises(StoreError, match="was altered"):
            full.copy_to(target)
        assert list(target.chains.admitted_frames()) == []


def test_a_derived_table_that_does_not_follow_from_the_frames_is_found(full, place):
    with full._writing() as connection:
        connection.execute(update(schema.records).where(schema.records.c.id == "r1.1").values(event_id="E2"))
    with Store.open(place) as target:
        with pytest.raises(StoreError, match="table records differs"):
            full.copy_to(target)
        assert list(target.records()) == []
    full.rebuild()
    with Store.open(place) as target:
        full.copy_to(target)
        assert contents(target) == contents(full)
