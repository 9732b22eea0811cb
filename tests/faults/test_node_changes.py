"""Whole nodes that change while traffic flows from every member: nothing lost, nothing doubled, nothing leaked."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.nodes import CODES, House, Local, audit, running, until_level
from tests.rosters import in_force, next_roster
from tests.servers import eventually, on_loop
from tests.traffic import flowing

from tocsin.codec import encode
from tocsin.node import status_of
from tocsin.signing import Link

pytestmark = pytest.mark.servers

FOUR = ("AUS", *CODES)


@on_loop
async def test_a_fourth_member_joins(tmp_path: Path) -> None:
    house = House(tmp_path, later=["AUS"])
    async with running(house, without=["AUS"]) as nodes:
        async with flowing(nodes, FOUR) as traffic:
            await traffic.more(nodes)
            links = (*house.links, *(Link(dialler="AUS", listener=code) for code in CODES))
            document = next_roster(house, members=[*house.roster.members, house.introductions["AUS"]], links=links)
            for node in nodes.values():
                told = await node.changes.apply_roster(document)
                assert "AUS joins" in told
                await traffic.more(nodes, 10)
            assert in_force(house.homes["USA"]) == document
            (house.homes["AUS"] / "roster.json").write_bytes(encode(document))
            aus = nodes["AUS"] = Local(house, "AUS")
            await aus.start()
            traffic.begin(aus)
            await traffic.more(nodes)
            for node in nodes.values():
                await eventually(lambda node=node: is_sound(node))
            await traffic.more(nodes)
        await until_level(house, [node.told for node in nodes.values()])
        await aus.stop()
        del nodes["AUS"]
    audit(house, [node.told for node in (*nodes.values(), aus)])


async def is_sound(node: Local) -> bool:
    return (await status_of(node.node)).problems == []
