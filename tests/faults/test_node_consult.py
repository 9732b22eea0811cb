"""A joint statement on running members: a cut line suspends the deadline; whole, it is agreed, signed, verified."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from tests.nodes import CODES, House, running
from tests.servers import eventually, on_loop

from tocsin.cli.app import run
from tocsin.clock import SystemClock
from tocsin.consult import Consultation, consultation_of
from tocsin.node import ControlSocket, Node
from tocsin.node.consulting import index_of

pytestmark = pytest.mark.servers

DRAFT = """
id = "joint-1"
members = ["JPN", "KOR", "USA"]
[title]
en = "Joint statement"
ko = "공동성명"
[zones]
KOR = "Asia/Seoul"
[[paragraph]]
id = "launches"
en = "We condemn the launch."
ko = "발사를 규탄한다."
"""


def test_a_cut_line_suspends_the_deadline_and_a_whole_one_lets_it_stand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    @on_loop
    async def scenario() -> None:
        house = House(tmp_path, wired=True)
        wires = [house.wire(code, "USA") for code in ("JPN", "KOR")]

        async def tocsin(code: str, *words: str, by: bool = True) -> str:
            given = ["--by", f"{code}-1", "--status", "test", "--config", str(house.homes[code])] if by else []
            assert await asyncio.to_thread(run, ["consult", *words, *given]) == 0, capsys.readouterr().err
            return capsys.readouterr().out

        async with running(house) as nodes:
            live = {code: nodes[code].node for code in CODES}
            async with ControlSocket(live["JPN"]), ControlSocket(live["KOR"]), ControlSocket(live["USA"]):
                (tmp_path / "draft.toml").write_text(DRAFT, encoding="utf-8")
                await tocsin("JPN", "draft", str(tmp_path / "draft.toml"))
                await eventually(lambda: _has(live["JPN"], lambda seen: all(m.holds_text_at for m in seen.members)))
                for wire in wires:
                    await wire.cut()
                await tocsin("JPN", "silence", "joint-1", "--within", "4s", "--minimum", "2s", "--grace", "1s")
                for code in ("JPN", "KOR"):
                    await eventually(lambda code=code: _stands(live[code], "suspended"))
                    assert (await _seen(live[code])).waits_for == ("USA",)
                for wire in wires:
                    await wire.start()
                await eventually(lambda: _stands(live["USA"], "suspended"))

                await tocsin("JPN", "silence", "joint-1", "--within", "6s", "--minimum", "1s", "--grace", "1s")
                for code in CODES:
                    await eventually(lambda code=code: _stands(live[code], "agreed"))
                for code in CODES:
                    await tocsin(code, "sign", "joint-1")
                await eventually(lambda: _has(live["JPN"], lambda seen: not seen.waits_for))
                await tocsin("JPN", "issue", "joint-1")
                await eventually(lambda: _stands(live["USA"], "issued"))

                file, home = tmp_path / "statement.json", house.homes["USA"]
                options = ["--status", "test", "--config", str(home)]
                await tocsin("USA", "export", "joint-1", str(file), *options, by=False)
                shown = await tocsin("USA", "show", "joint-1", *options, by=False)
                assert "TEST TEST TEST" in shown
                assert "We condemn the launch." in shown
                roster = str(home / "roster.json")
                proof = json.loads(await tocsin("USA", "verify", str(file), "--roster", roster, "--json", by=False))
                assert (proof["signed"], proof["unsigned"]) == (list(CODES), [])
                file.write_bytes(file.read_bytes().replace(b"condemn", b"condone"))
                assert await asyncio.to_thread(run, ["consult", "verify", str(file), "--roster", roster]) == 1

    scenario()


async def _seen(node: Node) -> Consultation:
    await node.keeper.flush()
    found = consultation_of(index_of(node.store, "test"), ("JPN", "joint-1"), SystemClock().now())
    assert found is not None
    return found


async def _stands(node: Node, phase: str) -> bool:
    return (await _seen(node)).phase == phase


async def _has(node: Node, what) -> bool:
    return what(await _seen(node))
