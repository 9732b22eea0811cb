"""Commands as processes, on real servers: a member runs, is looked at, read, proved, and stops when told."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.nodes import House, numbered
from tests.servers import eventually, on_loop

from tocsin.node import Node, read_config

pytestmark = [pytest.mark.servers, pytest.mark.timeout(400)]
TOCSIN = (sys.executable, "-m", "tocsin")


async def _start(*words: object) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *TOCSIN, *map(str, words), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )  # fmt: skip


async def _done(*words: object) -> tuple[int, str, str]:
    process = await _start(*words)
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def _line_with(stream: asyncio.StreamReader | None, word: str) -> str:
    assert stream is not None
    async with asyncio.timeout(120):
        while line := await stream.readline():
            if word in line.decode():
                return line.decode()
    raise AssertionError(f"the stream ended without {word!r}")


def _servers_under(folder: Path) -> list[int]:
    found = []
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            try:
                words = (each / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if "nats-server" in words and str(folder) in words:
                found.append(int(each.name))
    return found


async def _follows(sender: Node, receiver: Path) -> None:
    """See that ``records follow`` tells of what comes in, and ends with Ctrl-C."""
    follow = await _start("records", "follow", "--config", receiver, "--json")
    try:
        assert follow.stdout is not None
        reading = asyncio.ensure_future(follow.stdout.readline())
        async with asyncio.timeout(120):
            number = 100
            while not reading.done():  # it follows what comes after it began, and tells nobody when that is
                sender.issue([numbered("KOR", number, ("JPN",))])
                number += 1
                await asyncio.wait((reading,), timeout=1.0)
        assert json.loads(reading.result())["record"]["id"].startswith("KOR-001")
        follow.send_signal(signal.SIGINT)
        _, err = await follow.communicate()
        assert (follow.returncode, err) == (130, b"")
    finally:
        if follow.returncode is None:
            follow.kill()
            await follow.communicate()


@on_loop
async def _a_warning_crosses(tmp_path: Path) -> None:
    house = House(tmp_path, codes=("JPN", "KOR"))
    jpn, kor = house.homes["JPN"], house.homes["KOR"]
    up = await _start("up", "--config", jpn, "--log", "json")
    sender = Node(read_config(kor / "member.toml"))
    try:
        told = json.loads(await _line_with(up.stderr, '"serving"'))
        assert told["member"] == "JPN"
        await sender.start()

        async def linked() -> bool:
            return all(link.connected for link in (await sender.bus.links()).values())

        await eventually(linked)
        await _follows(sender, jpn)
        sent = [numbered("KOR", number, ("JPN",)) for number in range(3)]
        sender.issue(sent)

        async def held() -> bool:
            _, out, _ = await _done("records", "show", sent[-1].id, "--config", jpn, "--json")
            return bool(out)

        await eventually(held, timeout_s=120)
        code, out, _ = await _done("status", "--config", jpn, "--json")
        status = json.loads(out)
        assert (code, status["schema"], status["member"]) == (0, "tocsin.status/1", "JPN")
        assert status["links"][0]["connected"]
        await _line_with(up.stderr, '"ready"')
        code, out, err = await _done("check", "--config", jpn)
        assert code == 0, out + err
        assert "links: KOR: up" in out
        code, _, err = await _done("up", "--config", jpn)
        assert code == 1
        assert "open for writing already" in err
        assert "Traceback" not in err
        bundle = tmp_path / "out.bundle"
        code, out, err = await _done("records", "export", "--to", bundle, "--for", "KOR", "--config", jpn)
        assert code == 0, err
        for source in (bundle, jpn):
            code, out, _ = await _done("verify", source)
            assert (code, out[:5]) == (0, "sound")
    finally:
        if sender.is_started:
            await sender.stop()
        up.send_signal(signal.SIGTERM)
        _, err = await up.communicate()
    assert up.returncode == 0
    assert "Traceback" not in err.decode()
    last = [json.loads(line)["event"] for line in err.decode().splitlines()[-2:]]
    assert "left" in last  # and maybe that a desk, which compiles for the first time, is not waited for
    assert _servers_under(tmp_path) == []


def test_a_warning_crosses_is_seen_and_proved(tmp_path: Path) -> None:
    _a_warning_crosses(tmp_path)


@on_loop
async def _ctrl_c(tmp_path: Path) -> None:
    house = House(tmp_path, codes=("JPN", "KOR"))
    up = await _start("up", "--config", house.homes["KOR"])

    async def has_server() -> bool:
        return bool(_servers_under(tmp_path))

    await eventually(has_server, timeout_s=60)  # the node is still about to start then
    up.send_signal(signal.SIGINT)
    _, err = await up.communicate()
    assert (up.returncode, b"Traceback" in err) == (0, False)
    assert _servers_under(tmp_path) == []


def test_ctrl_c_while_a_node_starts(tmp_path: Path) -> None:
    _ctrl_c(tmp_path)


def test_a_health_address_that_is_taken_stops_the_node(tmp_path: Path) -> None:
    house = House(tmp_path, codes=("JPN", "KOR"))
    toml = house.homes["KOR"] / "member.toml"
    text = toml.read_text()
    taken = read_config(toml).bus.client_listen
    toml.write_text(
        text.replace(f'[health]\nlisten = "{read_config(toml).health.listen}"', f'[health]\nlisten = "{taken}"')
    )
    found = subprocess.run([*TOCSIN, "up", "--config", str(toml)], capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "cannot listen on" in found.stderr
    assert "Traceback" not in found.stderr
    assert _servers_under(tmp_path) == []
