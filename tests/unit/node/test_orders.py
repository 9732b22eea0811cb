"""Recalls and revocations are carried out: at once, again after a restart, and not on the word of another."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
from tests.servers import on_loop

from tocsin.codec import encode
from tocsin.exchange import Reason
from tocsin.markings import marking_for
from tocsin.node.keeping import Keeper
from tocsin.node.orders import Orders
from tocsin.node.taking_up import restore
from tocsin.records import Precedence, Recall, Revocation, with_body
from tocsin.signing import KeyRole
from tocsin.store import Batch
from tocsin.testing import make_federation
from tocsin.testing.federation import make_detection

CODES = ("JPN", "KOR", "USA")


def order(kind, body, originator, id_="order-1"):
    return with_body(
        kind, body, id=id_, originator=originator, marking=marking_for(*CODES), status="test",
        precedence=Precedence.ROUTINE, issued_at=make_federation().clock.now(),
    )  # fmt: skip


def admitted(sender, receiver, record):
    """Let one member say something to another."""
    [data] = sender.submit([record]).frames
    incoming = receiver.receive(data, via=record.originator, path="live")
    assert incoming.refused == []
    return incoming.frame


@contextlib.asynccontextmanager
async def keeping(store):
    keeper = Keeper(store, on_committed=lambda _order: None)
    task = asyncio.create_task(keeper.run())
    try:
        yield keeper
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        keeper.close()


async def done(orders):
    while orders.unfinished:  # noqa: ASYNC110 - nobody else tells
        await asyncio.sleep(0.005)


def test_a_recall_takes_the_record_that_came_in_the_same_batch(store):
    @on_loop
    async def scenario():
        federation = make_federation()
        jpn, kor = federation.exchange("JPN"), federation.exchange("KOR")
        async with keeping(store) as keeper:
            orders = Orders(kor, keeper, federation.clock)
            keeper.frame(admitted(jpn, kor, make_detection("d1", "JPN", CODES)))
            keeper.frame(admitted(jpn, kor, make_detection("d2", "JPN", CODES)))
            frame = admitted(jpn, kor, order("exchange.recall", Recall(record_id="d1", reason="wrong"), "JPN"))
            keeper.frame(frame)
            orders.obey(frame.records[0])
            assert orders.unfinished == 1
            await done(orders)
            assert store.find("d1") is None
            assert store.find("d2") is not None
            await orders.stop()

    scenario()


def test_nobody_recalls_anothers_record(store):
    @on_loop
    async def scenario():
        federation = make_federation()
        jpn, usa, kor = (federation.exchange(code) for code in ("JPN", "USA", "KOR"))
        async with keeping(store) as keeper:
            orders = Orders(kor, keeper, federation.clock)
            keeper.frame(admitted(jpn, kor, make_detection("d1", "JPN", CODES)))
            frame = admitted(usa, kor, order("exchange.recall", Recall(record_id="d1", reason="spite"), "USA"))
            orders.obey(frame.records[0])
            await done(orders)
            assert store.find("d1") is not None

    scenario()


def test_a_recall_that_the_store_cannot_carry_out_is_tried_until_it_can(store, monkeypatch):
    monkeypatch.setattr("tocsin.node.orders._RETRY_S", 0.01)

    @on_loop
    async def scenario():
        federation = make_federation()
        jpn, kor = federation.exchange("JPN"), federation.exchange("KOR")
        async with keeping(store) as keeper:
            orders = Orders(kor, keeper, federation.clock)
            keeper.frame(admitted(jpn, kor, make_detection("d1", "JPN", CODES)))
            await keeper.flush()
            reader = store._reader.connect()
            transaction = reader.begin()
            assert (
                reader.exec_driver_sql("SELECT count(*) FROM frames").scalar() == 1
            )  # it sees the old state, and stays
            frame = admitted(jpn, kor, order("exchange.recall", Recall(record_id="d1", reason="wrong"), "JPN"))
            orders.obey(frame.records[0])
            await asyncio.get_running_loop().run_in_executor(None, until_out, store)
            assert orders.unfinished == 1
            transaction.rollback()
            reader.close()
            await done(orders)
            assert store.find("d1") is None

    scenario()


def until_out(store):
    while store.find("d1") is not None:
        pass


def test_a_record_that_was_recalled_can_not_be_released_any_more(store):
    @on_loop
    async def scenario():
        federation = make_federation()
        policy = msgspec.convert(
            {"release": [{"kinds": ["*"], "action": "ask"}]}, type(federation.exchange("KOR").policy)
        )
        kor = federation.exchange("KOR", policy=policy)
        async with keeping(store) as keeper:
            orders = Orders(kor, keeper, federation.clock)
            [data] = kor.submit([make_detection("d1", "KOR", CODES)]).frames
            keeper.frame(kor.receive(data, via="KOR", path="self").frame)
            assert set(kor.held) == {"d1"}
            [data] = kor.submit([order("exchange.recall", Recall(record_id="d1", reason="wrong"), "KOR")]).frames
            orders.obey(kor.receive(data, via="KOR", path="self").frame.records[0])
            assert kor.held == {}
            await done(orders)
            assert store.find("d1") is None

    scenario()


def test_a_revocation_is_obeyed_and_obeyed_again_after_a_restart(store):
    @on_loop
    async def scenario():
        federation = make_federation()
        jpn, kor = federation.exchange("JPN"), federation.exchange("KOR")
        keyid = federation.keys["JPN"][KeyRole.LIVE].keyid
        document = encode(federation.revocation("JPN", keyid)).decode()
        async with keeping(store) as keeper:
            orders = Orders(kor, keeper, federation.clock)
            frame = admitted(jpn, kor, order("exchange.revocation", Revocation(document=document), "JPN"))
            keeper.frame(frame)
            orders.obey(frame.records[0])
            assert kor.trust.is_revoked(keyid)
            await keeper.flush()
            again = federation.exchange("KOR", memory=store.chains)
            restore(again, store, Orders(again, keeper, federation.clock))
            assert again.trust.is_revoked(keyid)
            [data] = jpn.submit([make_detection("d1", "JPN", CODES, status="actual")]).frames
            assert [each.reason for each in again.receive(data, via="JPN", path="live").refused] == [Reason.REVOKED]

    scenario()


def test_nobody_revokes_anothers_key_and_rubbish_is_no_order(store):
    @on_loop
    async def scenario():
        federation = make_federation()
        jpn, kor = federation.exchange("JPN"), federation.exchange("KOR")
        keyid = federation.keys["USA"][KeyRole.LIVE].keyid
        forged = federation.revocation("USA", keyid)
        mine = msgspec.structs.replace(forged, signatures=()).signed_by("JPN", federation.keys["JPN"][KeyRole.ROSTER])
        lying = msgspec.structs.replace(forged, signatures=()).signed_by("USA", federation.keys["JPN"][KeyRole.ROSTER])
        async with keeping(store) as keeper:
            orders = Orders(kor, keeper, federation.clock)
            texts = [encode(mine).decode(), encode(lying).decode(), "{", "", '"\\ud800"']
            for number, text in enumerate(texts):
                record = order("exchange.revocation", Revocation(document=text), "JPN", id_=f"order-{number}")
                orders.obey(admitted(jpn, kor, record).records[0])
            assert not kor.trust.is_revoked(keyid)

    scenario()


def test_unfinished_recalls_are_given_up_on_the_way_out_and_taken_up_again(store):
    @on_loop
    async def scenario():
        federation = make_federation()
        jpn, kor = federation.exchange("JPN"), federation.exchange("KOR")
        detection = admitted(jpn, kor, make_detection("d1", "JPN", CODES))
        recall = admitted(jpn, kor, order("exchange.recall", Recall(record_id="d1", reason="wrong"), "JPN"))
        keeper = Keeper(store, on_committed=lambda _order: None)
        orders = Orders(kor, keeper, federation.clock)
        keeper.frame(detection)
        keeper.frame(recall)
        orders.obey(recall.records[0])  # nothing is committed, so it waits
        await orders.stop()
        assert orders.unfinished == 0
        store.commit(Batch(frames=(detection, recall)))
        assert store.find("d1") is not None
        async with keeping(store) as keeper:
            again = federation.exchange("KOR", memory=store.chains)
            orders = Orders(again, keeper, federation.clock)
            restore(again, store, orders)
            await done(orders)
            assert store.find("d1") is None

    scenario()
