"""What time it is on the page: the clock's, in a replay the scenario's, and told even while nothing happens."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
from tests.sealed import START
from tests.unit.web.conftest import Desk, launch

from tocsin.clock import ManualClock
from tocsin.web import Gateway
from tocsin.web.feed import Feed


def _gateway(file: Path, clock: ManualClock) -> Gateway:
    return Gateway(Desk(file), clock=clock, new_id=lambda: "id", mode="replay")


def test_time_goes_on_in_a_replay_while_no_record_comes(tmp_path: Path) -> None:
    clock = ManualClock(START)
    gateway = _gateway(tmp_path / "store.db", clock)
    gateway.take(gateway.member.admit(launch()))
    clock.advance(300)
    assert gateway.picture().at == gateway.now() == START + timedelta(seconds=300)


def test_pages_are_told_the_time_each_second_though_nothing_moves(tmp_path: Path) -> None:
    clock = ManualClock(START)
    gateway = _gateway(tmp_path / "store.db", clock)

    async def times(feed: Feed) -> list[str]:
        working = asyncio.create_task(gateway.run())
        found: list[str] = []
        async for data in feed.listen(0, feed.epoch):
            message = msgspec.json.decode(data)
            if message["say"] == "tracks":
                found.append(message["at"])
                clock.advance(20)
            if len(found) == 2:
                break
        working.cancel()
        return found

    first, second = asyncio.run(times(gateway.feed))
    assert first < second
