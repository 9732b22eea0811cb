"""Records by the thousand: nothing is lost, and what is issued one by one shares frames."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.nodes import CODES, House, Told, audit, numbered, read_disk, record_id, running, until, until_level
from tests.servers import on_loop

pytestmark = pytest.mark.servers

COUNT = 2000


@on_loop
async def test_what_is_issued_one_by_one_in_a_flood_shares_frames_and_all_of_it_arrives(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with running(house) as nodes:
        kor = nodes["KOR"].node
        for number in range(COUNT):
            await kor.wait_for_room()
            kor.issue([numbered("KOR", number, CODES)])
            if number % 10 == 9:
                await asyncio.sleep(0)
        await kor.keeper.flush()
        told = Told()
        told.note((record_id("KOR", number) for number in range(COUNT)), CODES)
        await until_level(house, [told])
    audit(house, [told])
    assert len(read_disk(house.homes["JPN"]).frames) < COUNT / 3


@on_loop
async def test_a_peer_that_was_away_catches_up_with_all_that_was_said(tmp_path: Path) -> None:
    house = House(tmp_path)
    told = Told()
    told.note((record_id("KOR", number) for number in range(COUNT)), CODES)
    async with running(house) as nodes:
        await nodes["JPN"].stop()
        kor = nodes["KOR"].node
        for first in range(0, COUNT, 250):
            await kor.wait_for_room()
            kor.issue([numbered("KOR", number, CODES) for number in range(first, first + 250)])
        await kor.keeper.flush()
        await until_level(house, [told], without=["JPN"])
        await nodes["JPN"].start()
        await until(lambda: nodes["JPN"].node.metrics.last_order >= COUNT)
    audit(house, [told])
