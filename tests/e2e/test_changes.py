"""A member as a process takes up its files again, by command and by signal, and a roster by command."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.nodes import House
from tests.rosters import next_roster
from tests.servers import on_loop

from tocsin.codec import encode
from tocsin.signing import Link

pytestmark = [pytest.mark.servers, pytest.mark.timeout(400)]
TOCSIN = (sys.executable, "-m", "tocsin")


async def start(*words: object) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *TOCSIN, *map(str, words), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )  # fmt: skip


async def done(*words: object) -> tuple[int | None, str]:
    """Run a command; return its exit code and all that it said."""
    process = await start(*words)
    out, err = await process.communicate()
    return process.returncode, (out + err).decode()


async def line_with(stream: asyncio.StreamReader | None, word: str) -> None:
    assert stream is not None
    async with asyncio.timeout(120):
        while line := await stream.readline():
            if word in line.decode():
                return
    raise AssertionError(f"the stream ended without {word!r}")


@on_loop
async def test_files_and_rosters_are_taken_up_by_a_process(tmp_path: Path) -> None:
    house = House(tmp_path, codes=("JPN", "USA"), later=["KOR"])
    home = house.homes["USA"]
    up = await start("up", "--config", home, "--log", "json")
    try:
        await line_with(up.stderr, '"serving"')
        assert await done("reload", "--config", home) == (0, "nothing changed\n")
        house.edit("USA", 'action = "release"', 'action = "ask"')
        up.send_signal(signal.SIGHUP)
        await line_with(up.stderr, "exchange.release is now")
        house.edit("USA", 'action = "ask"', 'action = "sometimes"')
        up.send_signal(signal.SIGHUP)
        await line_with(up.stderr, '"not reloaded"')
        code, said = await done("reload", "--config", home)
        assert code == 1
        assert "member.toml: [exchange] Invalid enum value 'sometimes'" in said
        house.edit("USA", 'action = "sometimes"', 'action = "ask"')
        everybody = [*house.roster.members, house.introductions["KOR"]]
        document = next_roster(house, members=everybody, links=[*house.links, Link(dialler="KOR", listener="USA")])
        file = tmp_path / "next.json"
        file.write_bytes(encode(document))
        code, said = await done("roster", "apply", file, "--config", home, "--yes")
        assert (code, "Version 2 is in force here." in said) == (0, True), said
        up.send_signal(signal.SIGTERM)
        await up.communicate()
        assert up.returncode == 0
    finally:
        if up.returncode is None:
            up.kill()
            await up.wait()
    assert (home / "roster.json").read_bytes() == file.read_bytes()
