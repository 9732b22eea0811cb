"""The how-tos that change a federation, typed as they stand, against running members, with records flowing."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import random
import re
import shlex
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.nodes import read_disk
from tests.servers import eventually, on_loop

from tocsin.cli.app import run
from tocsin.node import load_trust, read_config
from tocsin.node.proving import prove
from tocsin.signing import KeyRole

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]

ROOT = Path(__file__).parents[2]
SHELL = re.compile(r"^( *)```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
PORT = re.compile(r"\b42(\d\d)\b")
PORTS = 40


def typed(page: str) -> list[str]:
    """Return the lines that a page tells people to type."""
    text = (ROOT / "docs/how-to" / page).read_text(encoding="utf-8")
    return [line.strip() for _, fence in SHELL.findall(text) for line in fence.splitlines() if line.strip()]


class Person(io.StringIO):
    """Somebody at a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass
class Desk:
    """Where somebody types what a page says; members run with traffic in place of a bare ``up``."""

    folder: Path
    base_port: int
    running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    told: dict[str, list[dict]] = field(default_factory=dict)
    _readers: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.folder / "tryout"

    async def type(self, line: str) -> str:
        """Type one line, answer yes to whatever asks, and return what it shows."""
        words = shlex.split(PORT.sub(lambda found: str(self.base_port + int(found[1])), line))
        if words[:3] != ["uv", "run", "tocsin"]:
            process = await asyncio.create_subprocess_exec(*words, cwd=self.folder)
            assert await process.wait() == 0, line
            return ""
        if words[3] == "up":
            await self._up(words[-1])
            return ""
        code, shown = await asyncio.to_thread(self._run, words[3:])
        assert code == 0, (line, shown)
        return shown

    def _run(self, words: list[str]) -> tuple[int, str]:
        """Run a command as a process of its own would, with a person at the terminal who says yes."""
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown), contextlib.chdir(self.folder):
            stdin, sys.stdin = sys.stdin, Person("yes\n")
            try:
                return run(words), shown.getvalue()
            finally:
                sys.stdin = stdin

    async def stop(self, code: str) -> None:
        process = self.running.pop(code)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0

    async def more(self, *codes: str, status: str | None = None, count: int = 5) -> None:
        """Wait until members have so many more records on disk."""
        before = {code: self._count(code, status) for code in codes or self.running}

        async def enough() -> bool:
            return all(self._count(code, status) >= had + count for code, had in before.items())

        await eventually(enough, timeout_s=20.0)

    def _count(self, code: str, status: str | None) -> int:
        return sum("id" in told and status in (None, told["status"]) for told in self.told[code])

    async def _up(self, folder: str) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.up_with_traffic", folder, cwd=self.folder, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert process.stdout is not None
        first = json.loads(await process.stdout.readline())
        code = first["up"]
        self.running[code] = process
        lines = self.told[code] = []
        self._readers.append(asyncio.create_task(self._read(process.stdout, lines)))

    async def _read(self, stream: asyncio.StreamReader, lines: list[dict]) -> None:
        while line := await stream.readline():
            lines.append(json.loads(line))

    async def until_level(self, *, except_for: frozenset[str] = frozenset()) -> None:
        """Wait until everybody who may have a record and still is a member has it."""
        wanted = {
            (code, told["id"])
            for lines in list(self.told.values())
            for told in lines
            if "id" in told and told["id"] not in except_for
            for code in told["audience"]
            if code in self.running
        }

        async def level() -> bool:
            held = {code: read_disk(self.home / code).ids for code in self.running}
            return all(one in held[code] for code, one in wanted)

        await eventually(level, timeout_s=40.0)
        assert len(wanted) > 100

    def require_sound(self, code: str) -> None:
        proof = prove(self.home / code, roster=None, on_progress=lambda _done, _of: None)
        assert (proof.is_sound, proof.breaks, proof.gaps) == (True, (), ())

    async def close(self) -> None:
        for code in list(self.running):
            await self.stop(code)
        for reader in self._readers:
            await reader


def all_free(base_port: int) -> bool:
    """Tell whether nobody has the ports from here on; they lie below those that the system hands out by itself."""
    with contextlib.ExitStack() as stack:
        for port in range(base_port, base_port + PORTS):
            one = stack.enter_context(socket.socket())
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    one = Desk(folder, next(base for base in random.sample(range(11_000, 32_000, 100), 200) if all_free(base)))
    try:
        yield one
    finally:
        for process in one.running.values():
            process.kill()
            await process.wait()
        await asyncio.gather(*one._readers, return_exceptions=True)


@on_loop
async def test_the_roster_changes(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        for line in typed("change-the-roster.md"):
            if "--remove AUS" in line:
                await one.until_level()
                await one.stop("AUS")
            shown = await one.type(line)
            if line.startswith("uv run tocsin roster apply"):
                assert "is in force here" in shown
                await one.more(*one.running)
        await one.until_level()
        await one.close()
        for code in ("JPN", "KOR", "USA", "AUS"):
            one.require_sound(code)
        assert [each.version for each in load_trust(read_config(one.home / "JPN/member.toml")).rosters] == [1, 2, 3]
        assert {told["id"] for told in one.told["AUS"] if "id" in told} <= read_disk(one.home / "KOR").ids.keys()


@on_loop
async def test_keys_and_certificates_rotate(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        for line in typed("rotate-keys.md"):
            shown = await one.type(line)
            if " apply " in line or " reload " in line:
                await one.more(*one.running)
        assert "0 errors, 0 warnings" in shown
        await one.until_level()
        await one.close()
        for code in ("JPN", "KOR", "USA"):
            one.require_sound(code)
        trust = load_trust(read_config(one.home / "USA/member.toml"))
        live = [key.keyid for roster in trust.rosters for key in roster.member("KOR").keys_of(KeyRole.LIVE)]
        old, new = dict.fromkeys(live)
        assert trust.retired_at("KOR", old)
        assert trust.retired_at("KOR", new) is None
        assert not any("refused" in told for lines in one.told.values() for told in lines)


@on_loop
async def test_a_key_is_taken_back(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        for line in typed("take-back-a-key.md"):
            before = {told["id"] for told in one.told.get("KOR", []) if told.get("status") == "actual"}
            shown = await one.type(line)
            if "revoke --role live" in line:
                assert "on its way to JPN, USA" in shown
                kept = before
            if " apply " in line:
                await one.more("JPN", "USA")
        await one.more("KOR", status="actual")
        actual = {told["id"] for told in one.told["KOR"] if told.get("status") == "actual"}
        between = actual - kept - {told["id"] for told in one.told["KOR"][-20:] if "id" in told}
        await one.until_level(except_for=frozenset(between))
        await one.close()
        assert any("taken back" in told.get("refused", "") for told in one.told["KOR"])
