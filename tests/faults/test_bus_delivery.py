"""Frames between real servers: who gets what, and what a cut, a freeze or a crash costs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.servers import Member, all_linked, eventually, frame, make_federation, on_loop, running

from tocsin.errors import BusError, ConfigError
from tocsin.records.record import Precedence

pytestmark = pytest.mark.servers


@on_loop
async def test_a_frame_reaches_its_peer_by_both_paths_and_nobody_else(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path)) as members:
        pairs = [(one, other) for one in members for other in members if one != other]
        sent = {pair: frame(*pair, 1) for pair in pairs}
        acks = await asyncio.gather(*(members[one].bus.publish(sent[one, to], hop=to) for one, to in pairs))
        assert {ack.stream for ack in acks} == {f"OUT_{one}_{to}" for one, to in pairs}
        for code, member in members.items():
            expected = sorted((sent[one, to].data, one) for one, to in pairs if to == code)
            inbox = member.inbox
            await inbox.until(lambda inbox=inbox: len(inbox.live) >= 2 and len(inbox.durable) >= 2)
            assert sorted(inbox.live) == expected
            assert sorted(inbox.durable) == expected


@on_loop
async def test_bulk_goes_by_its_own_copy_and_never_live(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path, ("USA", "JPN"))) as members:
        for one, to in (("USA", "JPN"), ("JPN", "USA")):
            bulk = frame(one, to, 1, precedence=Precedence.BULK)
            ack = await members[one].bus.publish(bulk, hop=to)
            assert ack.stream == f"OUT_{one}_{to}_BULK"
            inbox = members[to].inbox
            await inbox.until(lambda inbox=inbox: bool(inbox.durable))
            assert inbox.durable == [(bulk.data, one)]
            assert set(inbox.cursors) == {f"IN_{one}_BULK"}
            # flash after it on the live path: had bulk been sent live, it would have come first
            await members[one].bus.publish(frame(one, to, 2), hop=to)
            await inbox.until(lambda inbox=inbox: bool(inbox.live))
            assert inbox.live == [(frame(one, to, 2).data, one)]


@on_loop
async def test_a_stalled_bulk_receiver_does_not_hold_up_a_warning(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path, ("USA", "JPN"))) as members:
        usa, jpn = members["USA"], members["JPN"]
        stalled = asyncio.Event()
        flash: list[bytes] = []
        arrived = asyncio.Event()

        async def on_durable(data: bytes, _via: str, cursor: object) -> None:
            if getattr(cursor, "stream", "").endswith("_BULK"):
                stalled.set()
                await asyncio.Event().wait()
            flash.append(data)
            arrived.set()

        await jpn.bus.close()
        await jpn.connect_with(on_durable)
        for number in range(40):
            await usa.bus.publish(frame("USA", "JPN", number, precedence=Precedence.BULK, size=100_000), hop="JPN")
        await stalled.wait()
        await usa.bus.publish(frame("USA", "JPN", 100), hop="JPN")
        await arrived.wait()
        assert flash == [frame("USA", "JPN", 100).data]


@on_loop
async def test_control_frames_are_live_and_not_kept(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path, ("USA", "JPN"))) as members:
        usa, jpn = members["USA"], members["JPN"]
        heads = frame("USA", "JPN", 0, is_control=True)
        assert usa.bus.publish_control(heads, hop="JPN")
        await jpn.inbox.until(lambda: bool(jpn.inbox.live))
        assert jpn.inbox.live == [(heads.data, "USA")]
        link = (await usa.bus.links())["JPN"]
        assert (link.main.outbox_last_seq, link.bulk.outbox_last_seq) == (0, 0)


@on_loop
async def test_the_same_frame_twice_is_stored_once(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path, ("USA", "JPN"))) as members:
        first = await members["USA"].bus.publish(frame("USA", "JPN", 1), hop="JPN")
        again = await members["USA"].bus.publish(frame("USA", "JPN", 1), hop="JPN")
        assert (first.duplicate, again.duplicate) == (False, True)
        assert first.seq == again.seq


@on_loop
async def test_a_hub_passes_a_frame_on_unchanged(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path, hub="USA")) as members:
        usa, jpn, kor = members["USA"], members["JPN"], members["KOR"]
        original = frame("KOR", "JPN", 1)
        with pytest.raises(ConfigError, match="no link to JPN"):
            kor.bus.submit(original, hop="JPN")
        await kor.bus.publish(original, hop="USA")
        await usa.inbox.until(lambda: bool(usa.inbox.live))
        assert usa.inbox.live == [(original.data, "KOR")]
        await usa.bus.publish(original, hop="JPN")
        await jpn.inbox.until(lambda: bool(jpn.inbox.live) and bool(jpn.inbox.durable))
        assert jpn.inbox.live == jpn.inbox.durable == [(original.data, "USA")]


@on_loop
async def test_a_cut_link_costs_delay_and_no_frame(tmp_path: Path) -> None:
    federation = make_federation(tmp_path, ("USA", "JPN"), wired=True)
    async with running(federation) as members:
        wire = federation.wires["JPN", "USA"]
        await both_ways(members, range(20))
        await wire.cut()
        await both_ways(members, range(20, 60))
        await asyncio.sleep(3.0)  # the length of the outage is what is tested
        await wire.start()
        await both_ways(members, range(60, 80))
        await complete(members, 80)


@on_loop
async def test_a_frozen_link_costs_delay_and_no_frame(tmp_path: Path) -> None:
    federation = make_federation(tmp_path, ("USA", "JPN"), wired=True)
    async with running(federation) as members:
        wire = federation.wires["JPN", "USA"]
        await both_ways(members, range(20))
        wire.freeze()
        await both_ways(members, range(20, 60))
        await asyncio.sleep(3.0)  # the length of the outage is what is tested
        wire.thaw()
        await both_ways(members, range(60, 80))
        await complete(members, 80)


@on_loop
async def test_the_receivers_server_is_killed(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path, ("USA", "JPN"))) as members:
        usa, jpn = members["USA"], members["JPN"]
        await publish_range(usa, "JPN", range(20))
        await jpn.crash()
        await publish_range(usa, "JPN", range(20, 40))
        await jpn.server.start()
        await publish_range(usa, "JPN", range(40, 60))
        await received(jpn, "USA", 60)


@on_loop
async def test_the_senders_server_is_killed_while_it_publishes(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path, ("USA", "JPN"))) as members:
        usa, jpn = members["USA"], members["JPN"]
        await publish_range(usa, "JPN", range(20))
        in_flight = [usa.bus.submit(frame("USA", "JPN", number), hop="JPN") for number in range(20, 220)]
        await in_flight[40]
        await usa.crash()
        late = [usa.bus.submit(frame("USA", "JPN", number), hop="JPN") for number in range(220, 240)]
        await usa.server.start()
        acks = await asyncio.gather(*in_flight, *late)
        assert len({ack.seq for ack in acks}) == 220
        await received(jpn, "USA", 240, in_order=False)


@on_loop
async def test_reading_goes_on_behind_the_cursor(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path, ("USA", "JPN"))) as members:
        usa, jpn = members["USA"], members["JPN"]
        await publish_range(usa, "JPN", range(30))
        await jpn.inbox.until(lambda: len(jpn.inbox.durable) == 30)
        cursors = tuple(jpn.inbox.cursors.values())
        await jpn.down()
        await publish_range(usa, "JPN", range(30, 50))
        jpn.inbox.durable.clear()
        await jpn.up(cursors=cursors)
        await jpn.inbox.until(lambda: len(jpn.inbox.durable) >= 20)
        assert jpn.inbox.durable_from("USA") == [frame("USA", "JPN", number).data for number in range(30, 50)]


@on_loop
async def test_a_cursor_of_a_copy_made_anew_is_not_believed(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path, ("USA", "JPN"))) as members:
        usa, jpn = members["USA"], members["JPN"]
        await publish_range(usa, "JPN", range(10))
        await jpn.inbox.until(lambda: len(jpn.inbox.durable) == 10)
        [cursor] = jpn.inbox.cursors.values()
        await jpn.bus.close()
        jpn.inbox.durable.clear()
        stale = type(cursor)(cursor.stream, "2020-01-01T00:00:00Z", cursor.seq)
        await jpn.connect(cursors=(stale,))
        await jpn.inbox.until(lambda: len(jpn.inbox.durable) >= 10)
        assert len(jpn.inbox.durable) == 10


@on_loop
async def test_the_own_outbox_is_read_from_a_cursor_to_its_end(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path, ("USA", "JPN"))) as members:
        usa = members["USA"]
        assert usa.bus.shelf.outboxes() == ("OUT_USA_JPN", "OUT_USA_JPN_BULK")
        assert [item async for item in usa.bus.shelf.tail("OUT_USA_JPN")] == []
        await publish_range(usa, "JPN", range(30))
        everything = [item async for item in usa.bus.shelf.tail("OUT_USA_JPN")]
        assert [data for data, _ in everything] == [frame("USA", "JPN", number).data for number in range(30)]
        rest = [item async for item in usa.bus.shelf.tail("OUT_USA_JPN", everything[19][1])]
        assert rest == everything[20:]
        assert [item async for item in usa.bus.shelf.tail("OUT_USA_JPN", everything[-1][1])] == []
        with pytest.raises(BusError, match="no stream OUT_USA_PRK"):
            [item async for item in usa.bus.shelf.tail("OUT_USA_PRK")]


@on_loop
async def test_a_backlog_waits_at_the_server_while_the_receiver_is_busy(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path, ("USA", "JPN"))) as members:
        usa, jpn = members["USA"], members["JPN"]
        jpn.inbox.may_go_on.clear()
        size, count = 500_000, 240
        for number in range(count):
            await usa.bus.publish(frame("USA", "JPN", number, size=size), hop="JPN")
        await all_copied(members, "USA", "JPN", count)
        held = sum(len(item.data) for reader, _ in jpn.bus.readers._at_work.values() for item in reader._items)
        assert held < size * count / 2
        jpn.inbox.may_go_on.set()
        await received(jpn, "USA", count, size=size)


@on_loop
async def test_a_frame_too_large_is_refused_at_once(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path, ("USA", "JPN"))) as members:
        with pytest.raises(BusError, match="larger than the server takes"):
            await members["USA"].bus.publish(frame("USA", "JPN", 1, size=1024 * 1024 + 1), hop="JPN")
        await publish_range(members["USA"], "JPN", range(3))  # the connection is none the worse
        await received(members["JPN"], "USA", 3)


async def publish_range(member: Member, to: str, numbers: range) -> None:
    for number in numbers:
        await member.bus.publish(frame(member.code, to, number), hop=to)


async def both_ways(members: dict[str, Member], numbers: range) -> None:
    await asyncio.gather(
        publish_range(members["USA"], "JPN", numbers),
        publish_range(members["JPN"], "USA", numbers),
    )


async def received(member: Member, via: str, count: int, *, in_order: bool = True, size: int = 400) -> None:
    """Wait for the durable frames; each came once, and what came live is among them."""
    inbox = member.inbox
    expected = [frame(via, member.code, number, size=size).data for number in range(count)]
    await inbox.until(lambda: len(inbox.durable_from(via)) >= count)
    got = inbox.durable_from(via)
    assert (got if in_order else sorted(got)) == (expected if in_order else sorted(expected))
    assert {data for data, peer in inbox.live if peer == via} <= set(expected)


async def complete(members: dict[str, Member], count: int) -> None:
    await received(members["JPN"], "USA", count)
    await received(members["USA"], "JPN", count)
    await all_linked(members)


async def all_copied(members: dict[str, Member], owner: str, peer: str, count: int) -> None:
    async def copied() -> bool:
        return (await members[owner].bus.links())[peer].main.peer_acked_seq >= count

    await eventually(copied, timeout_s=30)
