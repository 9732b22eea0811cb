"""Three whole nodes while the lines between them fail: delay, and nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.nodes import CODES, House, audit, gathered, running, until_level
from tests.servers import on_loop

pytestmark = pytest.mark.servers

PAIR = ("JPN", "USA")


@pytest.mark.parametrize("topology", ["mesh", "hub"])
def test_everyone_gets_what_is_for_everyone_and_nobody_else_what_is_for_two(tmp_path: Path, topology: str) -> None:
    @on_loop
    async def scenario() -> None:
        house = House(tmp_path, topology)
        async with running(house) as nodes:
            await gathered(*(node.issue(range(30), CODES) for node in nodes.values()))
            await gathered(*(nodes[code].issue(range(30, 50), PAIR) for code in PAIR))
            await until_level(house, [node.told for node in nodes.values()])
        audit(house, [node.told for node in nodes.values()])

    scenario()


@pytest.mark.parametrize("topology", ["mesh", "hub"])
def test_a_link_is_cut_and_heals(tmp_path: Path, topology: str) -> None:
    @on_loop
    async def scenario() -> None:
        house = House(tmp_path, topology, wired=True)
        wire = house.wire("JPN", "USA")
        async with running(house) as nodes:
            await gathered(*(node.issue(range(20), CODES) for node in nodes.values()))
            await wire.cut()
            await gathered(*(node.issue(range(20, 60), CODES) for node in nodes.values()))
            await gathered(*(nodes[code].issue(range(60, 80), PAIR) for code in PAIR))
            await wire.start()
            await gathered(*(node.issue(range(80, 90), CODES) for node in nodes.values()))
            await until_level(house, [node.told for node in nodes.values()])
        audit(house, [node.told for node in nodes.values()])

    scenario()


@pytest.mark.parametrize("topology", ["mesh", "hub"])
def test_a_link_freezes_and_thaws(tmp_path: Path, topology: str) -> None:
    @on_loop
    async def scenario() -> None:
        house = House(tmp_path, topology, wired=True)
        wire = house.wire("JPN", "USA")
        async with running(house) as nodes:
            await gathered(*(node.issue(range(20), CODES) for node in nodes.values()))
            wire.freeze()
            await gathered(*(node.issue(range(20, 60), CODES) for node in nodes.values()))
            await asyncio.sleep(2.0)  # the length of the freeze is what is tested
            wire.thaw()
            await gathered(*(node.issue(range(60, 70), CODES) for node in nodes.values()))
            await until_level(house, [node.told for node in nodes.values()])
        audit(house, [node.told for node in nodes.values()])

    scenario()
