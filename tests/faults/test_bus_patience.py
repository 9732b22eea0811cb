"""What the bus does with refusals that pass, with receivers that fail, and with more than fits."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.servers import Member, eventually, frame, make_federation, on_loop, running

from tocsin.bus import publisher
from tocsin.bus.client import Bus
from tocsin.bus.copies import Cursor
from tocsin.bus.server import Server
from tocsin.clock import SystemClock
from tocsin.errors import BusError, BusUnavailableError

pytestmark = pytest.mark.servers


@on_loop
async def test_a_frame_published_before_its_outbox_exists_is_stored_once_it_does(tmp_path: Path) -> None:
    config = make_federation(tmp_path, ("USA", "JPN")).configs["USA"]
    server, bus = Server(config), Bus(config, clock=SystemClock())
    await server.start()
    try:
        await bus.connect()
        early = bus.submit(frame("USA", "JPN", 1), hop="JPN")
        await bus._main.flush()  # the server has seen it and has nowhere to put it
        assert not early.done()
        await bus.prepare_outboxes()
        assert (await early).seq == 1
        assert bus.in_flight == 0
    finally:
        await bus.close()
        await server.stop()


@on_loop
async def test_frames_that_one_outbox_lost_in_silence_are_sent_again_while_another_goes_on(tmp_path: Path) -> None:
    """As when a stream has no leader while the peer's link listens: the server reports neither success nor failure."""
    config = make_federation(tmp_path).configs["USA"]
    server, bus = Server(config), Bus(config, clock=SystemClock())
    await server.start()
    try:
        await bus.connect()
        await bus.prepare_outboxes()
        await bus._system.flush()
        await bus._bulk.subscribe("tocsin.v1.JPN.>", lambda *_: None)  # else the server says that nobody is there
        await bus._main.request("$JS.API.STREAM.DELETE.OUT_USA_JPN")
        lost = [bus.submit(frame("USA", "JPN", number), hop="JPN") for number in range(1, 51)]
        taken = [await bus.publish(frame("USA", "KOR", number), hop="KOR") for number in range(1, 51)]
        assert [ack.stream for ack in taken] == ["OUT_USA_KOR"] * 50
        assert not any(each.done() for each in lost)
        await bus.prepare_outboxes()
        async with asyncio.timeout(20):
            acks = await asyncio.gather(*lost)
        assert [ack.seq for ack in acks] == list(range(1, 51))
    finally:
        await bus.close(drain_s=0.0)
        await server.stop()


@on_loop
async def test_a_full_outbox_that_refuses_is_tried_again_until_there_is_room(tmp_path: Path) -> None:
    config = make_federation(tmp_path, ("USA", "JPN")).configs["USA"]
    server, bus = Server(config), Bus(config, clock=SystemClock())
    await server.start()
    try:
        await bus.connect()
        await bus.prepare_outboxes()
        await set_outbox(bus, discard="new", max_msgs=1)
        await bus.publish(frame("USA", "JPN", 1), hop="JPN")
        second = bus.submit(frame("USA", "JPN", 2), hop="JPN")
        await bus._main.flush()
        assert not second.done()
        await set_outbox(bus, discard="old", max_msgs=-1)
        assert (await second).seq == 2
    finally:
        await bus.close()
        await server.stop()


@on_loop
async def test_an_outbox_that_can_never_take_a_frame_says_so(tmp_path: Path) -> None:
    config = make_federation(tmp_path, ("USA", "JPN")).configs["USA"]
    server, bus = Server(config), Bus(config, clock=SystemClock())
    await server.start()
    try:
        await bus.connect()
        await bus.prepare_outboxes()
        await set_outbox(bus, max_msg_size=100)
        with pytest.raises(BusError, match="the outbox refuses the frame: message size exceeds maximum allowed"):
            await bus.publish(frame("USA", "JPN", 1), hop="JPN")
        assert bus.in_flight == 0
    finally:
        await bus.close()
        await server.stop()


@on_loop
async def test_more_than_may_wait_is_refused_or_waits_for_room(tmp_path: Path) -> None:
    config = make_federation(tmp_path, ("USA", "JPN")).configs["USA"]
    server, bus = Server(config), Bus(config, clock=SystemClock())
    await server.start()
    try:
        await bus.connect()
        await bus.prepare()
        server.kill()
        await server.wait_ended()
        count = publisher.MAX_IN_FLIGHT
        waiting = [bus.submit(frame("USA", "JPN", number, size=40), hop="JPN") for number in range(count)]
        with pytest.raises(BusUnavailableError, match="wait for their acknowledgement"):
            bus.submit(frame("USA", "JPN", count), hop="JPN")
        patient = asyncio.ensure_future(bus.publish(frame("USA", "JPN", count), hop="JPN"))
        await server.start()
        assert (await patient).stream == "OUT_USA_JPN"
        assert len({ack.seq for ack in await asyncio.gather(*waiting)}) == count
    finally:
        await bus.close(drain_s=0.0)
        await server.stop()


@on_loop
async def test_a_receiver_of_durable_frames_that_fails_fails_the_bus(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path, ("USA", "JPN"))) as members:

        async def full(_data: bytes, _via: str, _cursor: Cursor) -> None:
            raise OSError("disk full")

        jpn = members["JPN"]
        await jpn.bus.close()
        await jpn.connect_with(full)
        await members["USA"].bus.publish(frame("USA", "JPN", 1), hop="JPN")
        with pytest.raises(OSError, match="disk full"):
            await jpn.bus.wait_failed()


@on_loop
async def test_a_receiver_of_live_frames_that_fails_is_reported_and_gets_the_next(tmp_path: Path) -> None:
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: reported.append(context))
    async with running(make_federation(tmp_path, ("USA", "JPN"))) as members:
        usa, jpn = members["USA"], members["JPN"]
        good = jpn.inbox.on_live
        jpn.inbox.on_live = bad  # type: ignore[method-assign]
        await jpn.bus.close()
        await jpn.connect()
        await publish_until(usa, lambda: bool(reported))
        assert {str(context["exception"]) for context in reported} == {"a fault of the receiver"}
        assert jpn.bus.is_up
        await jpn.bus.close()
        jpn.inbox.on_live = good  # type: ignore[method-assign]
        await jpn.connect()
        await publish_until(usa, lambda: bool(jpn.inbox.live))
        await jpn.inbox.until(lambda: bool(jpn.inbox.durable))


@on_loop
async def test_a_reader_whose_consumer_is_gone_goes_on_with_a_new_one(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path, ("USA", "JPN"))) as members:
        usa, jpn = members["USA"], members["JPN"]
        await usa.bus.publish(frame("USA", "JPN", 1), hop="JPN")
        await jpn.inbox.until(lambda: len(jpn.inbox.durable) == 1)
        for consumer in await consumers(jpn, "IN_USA"):
            await jpn.bus._main.request(f"$JS.API.CONSUMER.DELETE.IN_USA.{consumer}")
        await usa.bus.publish(frame("USA", "JPN", 2), hop="JPN")
        await jpn.inbox.until(lambda: len(jpn.inbox.durable) == 2)
        assert jpn.inbox.durable_from("USA") == [frame("USA", "JPN", number).data for number in (1, 2)]


@on_loop
async def test_a_bus_that_never_connected(tmp_path: Path) -> None:
    config = make_federation(tmp_path, ("USA", "JPN")).configs["USA"]
    bus = Bus(config, clock=SystemClock())
    with pytest.raises(BusUnavailableError, match="not connected"):
        await bus.wait_failed()
    with pytest.raises(BusUnavailableError, match="no connection"):
        await bus.links()
    await bus.close()


@on_loop
async def test_a_ping_that_was_given_up_does_not_stop_the_reading(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path, ("USA", "JPN"))) as members:
        bus = members["USA"].bus
        ping = asyncio.ensure_future(bus._main.flush())
        await asyncio.sleep(0)  # it is on its way
        ping.cancel()
        await asyncio.gather(ping, return_exceptions=True)
        await bus._main.flush()
        assert (await bus.publish(frame("USA", "JPN", 1), hop="JPN")).seq == 1
        assert bus.is_up


@on_loop
async def test_what_waits_for_an_answer_fails_at_once_when_the_server_is_gone(tmp_path: Path) -> None:
    config = make_federation(tmp_path, ("USA",)).configs["USA"]
    server, bus = Server(config), Bus(config, clock=SystemClock())
    await server.start()
    try:
        await bus.connect()
        await bus._main.subscribe("deaf", lambda *_: None)
        question = asyncio.ensure_future(bus._main.request("deaf", timeout_s=3600))
        await bus._main.flush()
        server.kill()
        with pytest.raises(BusUnavailableError, match="cannot request deaf"):
            await question
    finally:
        await bus.close(drain_s=0.0)
        await server.stop()


def bad(_data: bytes, _via: str) -> None:
    raise RuntimeError("a fault of the receiver")


async def publish_until(member: Member, is_true: Callable[[], bool]) -> None:
    """Publish until a peer was reached live: a server learns a moment later that somebody listens at another."""
    numbers = itertools.count(1)

    async def published() -> bool:
        await member.bus.publish(frame("USA", "JPN", next(numbers)), hop="JPN")
        return is_true()

    await eventually(published)


async def consumers(member: Member, stream: str) -> list[str]:
    answer = await member.bus._main.request(f"$JS.API.CONSUMER.NAMES.{stream}")
    return list(msgspec.json.decode(answer)["consumers"])


async def set_outbox(bus: Bus, **change: object) -> None:
    info = msgspec.json.decode(await bus._main.request("$JS.API.STREAM.INFO.OUT_USA_JPN"))
    answer = await bus._main.request("$JS.API.STREAM.UPDATE.OUT_USA_JPN", {**info["config"], **change})
    assert "error" not in msgspec.json.decode(answer)
