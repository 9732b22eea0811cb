"""What a node must remember reaches the disk in batches, outlives a full disk, and is not lost on the way out."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
import uvloop
from tests.servers import on_loop

from sealed import Federation, make_record
from tocsin.errors import StoreError
from tocsin.exchange import Reason, Rejected
from tocsin.node.keeping import Keeper
from tocsin.records import Held, Peer, Released
from tocsin.store import Cursor, HeldItem, Store, Unacked


@pytest.fixture
def federation():
    return Federation()


def big(federation, number):
    return federation.admitted(make_record(f"big-{number}", body={"text": "x" * 40_000}))


def rejected(federation, number=0):
    return Rejected(Reason.SIGNATURE, f"no. {number}", "0" * 64, "JPN", "live", federation.clock.now(), b"{}")


def sending(frame, hop):
    released = Released(Peer(hop), frame.data, frame.ref, "cargo.movement")
    return released, Unacked(hop=hop, ref=frame.ref, kind="cargo.movement", sealed_at=frame.sealed_at, data=frame.data)


@contextlib.asynccontextmanager
async def running(keeper):
    task = asyncio.create_task(keeper.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_all_that_comes_in_one_turn_is_one_transaction(store, federation):
    @on_loop
    async def scenario():
        orders = []
        keeper = Keeper(store, on_committed=orders.append)
        async with running(keeper):
            frames = [federation.admitted(make_record(f"r{n}")) for n in range(20)]
            for frame in frames:
                keeper.frame(frame)
            keeper.cursor(Cursor(stream="IN_JPN", created="c", seq=1))
            keeper.cursor(Cursor(stream="IN_JPN", created="c", seq=20))
            keeper.refused([rejected(federation)])
            keeper.held([HeldItem(held=Held("r1", "cargo.movement", Peer("USA"), "policy"), held_at=frame.sealed_at)])
            released, unacked = sending(frames[0], "USA")
            keeper.sealed(released, unacked)
            await keeper.flush()
        assert orders == [20]
        assert [stored.admitted.record.id for stored in store.records()] == [f"r{n}" for n in range(20)]
        assert store.links.cursor("IN_JPN").seq == 20
        assert store.links.refusals() == {("JPN", "bad_signature"): 1}
        assert [item.held.record_id for item in store.links.held()] == ["r1"]
        assert [entry.hop for entry in store.links.unacked()] == ["USA"]
        keeper.close()

    scenario()


def test_what_an_outbox_took_before_it_was_written_down_is_never_written_down(store, federation):
    @on_loop
    async def scenario():
        keeper = Keeper(store, on_committed=lambda _order: None)
        frame = federation.admitted(make_record("r1"))
        keeper.sealed(*sending(frame, "USA"))
        keeper.sealed(*sending(frame, "KOR"))
        keeper.acked(frame.ref.hash, "USA")
        async with running(keeper):
            await keeper.flush()
            assert [entry.hop for entry in store.links.unacked()] == ["KOR"]
            keeper.acked(frame.ref.hash, "KOR")
            await keeper.flush()
            assert store.links.unacked() == ()
        keeper.close()

    scenario()


def test_a_full_disk_is_told_and_nothing_is_lost_once_there_is_room(store, federation, fill_disk, monkeypatch):
    monkeypatch.setattr("tocsin.node.keeping._RETRY_S", 0.05)

    @on_loop
    async def scenario():
        keeper = Keeper(store, on_committed=lambda _order: None)
        async with running(keeper):
            fill_disk(full=True)
            for number in range(3):
                keeper.frame(big(federation, number))
            while not keeper.problem:  # noqa: ASYNC110 - only the keeper knows
                await asyncio.sleep(0.01)
            assert "full" in keeper.problem
            keeper.frame(big(federation, 3))
            fill_disk(full=False)
            await keeper.flush()
            assert keeper.problem == ""
        assert [stored.admitted.record.id for stored in store.records()] == [f"big-{n}" for n in range(4)]
        keeper.close()

    scenario()


def test_rubbish_does_not_fill_the_memory_while_the_disk_is_full(store, federation, fill_disk):
    @on_loop
    async def scenario():
        keeper = Keeper(store, on_committed=lambda _order: None)
        async with running(keeper):
            fill_disk(full=True)
            keeper.frame(big(federation, 0))
            while not keeper.problem:  # noqa: ASYNC110 - only the keeper knows
                await asyncio.sleep(0.01)
            for number in range(5000):
                keeper.refused([rejected(federation, number)])
            assert len(keeper._pending.refused) == 200
            assert keeper._pending.refused[-1].detail == "no. 4999"
            fill_disk(full=False)
        keeper.close()

    scenario()


@pytest.mark.parametrize("has_room", [True, False])
def test_a_node_that_leaves_while_the_disk_is_full_tries_once_more(tmp_path, federation, has_room):
    """Also for the batch whose turn it was when the disk was found full."""
    path = tmp_path / "own.db"

    async def scenario():
        store = Store.open(path)
        keeper = Keeper(store, on_committed=lambda _order: None)
        with store._writer.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        async with running(keeper):
            keeper.frame(big(federation, 0))
            while not keeper.problem:  # noqa: ASYNC110 - only the keeper knows
                await asyncio.sleep(0.01)
            keeper.frame(big(federation, 1))
        if has_room:
            with store._writer.connect() as connection:
                connection.exec_driver_sql("PRAGMA max_page_count=1000000")
        keeper.close()

    uvloop.run(scenario())
    with Store.open(path) as store:  # the lock was let go, in any case
        assert [stored.admitted.record.id for stored in store.records()] == (["big-0", "big-1"] if has_room else [])


def test_what_came_after_the_last_commit_is_written_on_the_way_out(tmp_path, federation):
    path = tmp_path / "own.db"

    async def scenario():
        keeper = Keeper(Store.open(path), on_committed=lambda _order: None)
        async with running(keeper):
            keeper.frame(big(federation, 0))
            await keeper.flush()
            keeper.frame(big(federation, 1))
            await asyncio.sleep(0)  # its commit has begun
        keeper.frame(big(federation, 2))
        keeper.close()

    uvloop.run(scenario())
    with Store.open(path) as store:
        assert [stored.admitted.record.id for stored in store.records()] == ["big-0", "big-1", "big-2"]


def test_other_work_takes_its_turn_behind_the_commits(store, federation):
    @on_loop
    async def scenario():
        keeper = Keeper(store, on_committed=lambda _order: None)
        async with running(keeper):
            keeper.frame(federation.admitted(make_record("r1")))
            await keeper.flush()
            assert await keeper.in_thread(lambda: len(list(store.records()))) == 1

            def fail():
                raise StoreError("as it happens")

            with pytest.raises(StoreError, match="as it happens"):
                await keeper.in_thread(fail)
        keeper.close()

    scenario()
