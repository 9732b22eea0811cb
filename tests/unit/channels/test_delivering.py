"""A message goes until it is confirmed; what a channel missed is told before anything else, or overtaken by the end."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tocsin.channels import Deliverer, Parcel, delivering
from tocsin.clock import SystemClock
from tocsin.errors import ChannelError
from tocsin.exchange import release_to_public


class Wire:
    """A channel that fails until it is mended."""

    def __init__(self, name, *, broken=False):
        self.name = name
        self.broken = broken
        self.tried = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.carried = []

    async def carry(self, _released, message):
        self.tried.set()
        await self.gate.wait()
        if self.broken:
            raise ChannelError("no answer", channel=self.name)
        self.carried.append(message.alert.msg_type)
        return "done"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(delivering, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(delivering, "LONGEST_WAIT_S", 0.002)


async def until(true):
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - what is waited for is told by nobody
            await asyncio.sleep(0.001)


def run(story, work):
    async def main():
        told = []
        wires = {name: Wire(name) for name in ("good", "bad")}
        wires["bad"].broken = True
        deliverer = Deliverer(
            wires, release=release_to_public, clock=SystemClock(),
            tell=lambda message, body: told.append((message.body.message, body.channel, body.state)),
        )  # fmt: skip
        parcels = [Parcel(message, file, message.body.alert_id) for message, file in story[1]]
        await work(deliverer, parcels, wires, told)
        await deliverer.stop()

    asyncio.run(main())


def test_a_channel_that_fails_holds_up_no_other_and_is_tried_again(story):
    async def work(deliverer, parcels, wires, told):
        deliverer.put(parcels[0], "good")
        deliverer.put(parcels[0], "bad")
        deliverer.put(parcels[0], "good")  # it is on its way already
        await until(lambda: ("alert", "bad", "failed") in told)
        assert wires["good"].carried == ["Alert"]
        wires["bad"].broken = False
        await until(lambda: ("alert", "bad", "delivered") in told)
        assert wires["bad"].carried == ["Alert"]

    run(story, work)


def test_a_danger_is_never_told_after_its_end(story):
    async def work(deliverer, parcels, wires, told):
        deliverer.put(parcels[0], "bad")
        await wires["bad"].tried.wait()
        deliverer.put(parcels[1], "bad")
        await until(lambda: ("alert", "bad", "overtaken") in told)
        wires["bad"].broken = False
        await until(lambda: ("cancel", "bad", "delivered") in told)
        assert wires["bad"].carried == ["Cancel"]

    run(story, work)


def test_nor_when_two_alerts_turned_out_to_be_one(story):
    async def work(deliverer, parcels, wires, told):
        alert, end = replace(parcels[0], about="another"), parcels[1]
        deliverer.put(alert, "bad")
        deliverer.put(alert, "good")
        await until(lambda: ("alert", "bad", "failed") in told and ("alert", "good", "delivered") in told)
        for name in wires:
            deliverer.put(end, name)
        await until(lambda: ("alert", "bad", "overtaken") in told and ("cancel", "good", "delivered") in told)
        wires["bad"].broken = False
        await until(lambda: ("cancel", "bad", "delivered") in told)
        assert (wires["bad"].carried, wires["good"].carried) == (["Cancel"], ["Alert", "Cancel"])
        assert ("alert", "good", "overtaken") not in told

    run(story, work)


def test_what_is_under_way_is_waited_for(story):
    async def work(deliverer, parcels, wires, told):
        wires["good"].gate.clear()
        deliverer.put(replace(parcels[0], about="another"), "good")
        await wires["good"].tried.wait()
        deliverer.put(parcels[1], "good")
        await asyncio.sleep(0.01)
        assert told == []
        wires["good"].gate.set()
        await until(lambda: ("cancel", "good", "delivered") in told)
        assert wires["good"].carried == ["Alert", "Cancel"]
        assert told == [("alert", "good", "delivered"), ("cancel", "good", "delivered")]

    run(story, work)


def test_failures_are_told_ever_more_rarely(story):
    async def work(deliverer, parcels, _wires, told):
        deliverer.put(parcels[0], "bad")
        await until(lambda: len(told) >= 4)  # the first, second, fourth, eighth
        assert set(told) == {("alert", "bad", "failed")}

    run(story, work)


def test_a_channel_that_is_no_more_is_shown(story):
    async def work(deliverer, parcels, _wires, told):
        deliverer.put(parcels[0], "gone")
        await until(lambda: ("alert", "gone", "failed") in told)

    run(story, work)
