"""Folders, processes and figures of the members under load."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.load.plots import number_of
from tocsin.clock import SystemClock
from tocsin.node import Addresses, Plan, links_for, make_federation
from tocsin.replay.federation import free_ports

CODES = ("JPN", "KOR", "USA")
_QUOTAS = """
[exchange.quotas]
flash = { frames_per_s = 5000.0, bytes_per_s = 40e6 }
routine = { frames_per_s = 5000.0, bytes_per_s = 40e6 }
bulk = { frames_per_s = 5000.0, bytes_per_s = 40e6 }
"""
"""More than a member grants by default, which is 8 MB of warnings a second: what comes live beyond that is shed."""

_SAMPLE_S = 0.5
_TICKS = os.sysconf("SC_CLK_TCK")


def make_members(folder: Path) -> dict[str, Path]:
    """Make a mesh of three; return their folders."""
    ports = iter(free_ports(3 * len(CODES)))
    plans = [
        Plan(code, code, folder / code, Addresses(*(f"127.0.0.1:{next(ports)}" for _ in range(3)))) for code in CODES
    ]
    make_federation(plans, links_for("mesh", CODES, hub="USA"), name="load", now=SystemClock().now())
    for plan in plans:
        with (plan.home / "member.toml").open("a") as file:
            file.write(_QUOTAS)
    return {plan.code: plan.home for plan in plans}


@dataclass
class Use:
    """What a process has used of the machine."""

    cpu_s: float = 0.0
    rss_mb: float = 0.0
    """At most, since it began."""
    queued_s: float = 0.0
    """How long its first thread, in a node the one with the loop, was ready to run and had no core."""

    @classmethod
    def of(cls, pid: int) -> Use:
        """Look at a running process."""
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            status = Path(f"/proc/{pid}/status").read_text()
            queued_ns = int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[1])
        except OSError:
            return cls()
        peak_kb = next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)
        return cls((int(fields[11]) + int(fields[12])) / _TICKS, peak_kb / 1024, queued_ns / 1e9)


@dataclass
class Sample:
    """How far all are at one moment."""

    at_s: float
    issued: int
    stored: dict[str, int]
    behind_s: float


@dataclass
class Member:
    """A member's process."""

    code: str
    home: Path
    process: asyncio.subprocess.Process
    server_pid: int = 0
    told: dict[str, Any] = field(default_factory=dict)
    """What it told last of how far it is."""
    answers: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)

    def order(self, **order: Any) -> None:
        """Give an order."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")

    async def answer(self, word: str, *, patience_s: float = 900.0) -> dict[str, Any]:
        """Return its next answer that has this word; what else it says is dropped."""
        async with asyncio.timeout(patience_s):
            while True:
                said = await self.answers.get()
                if word in said:
                    return said
                if "ended" in said:
                    raise RuntimeError(f"{self.code} has ended; see {self.home}/process.log")

    async def hear(self) -> None:
        """Take in what it says until it ends."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            said = json.loads(line)
            if "at" in said:
                self.told = said
            else:
                self.answers.put_nowait(said)
        self.answers.put_nowait({"ended": True})

    def use(self) -> tuple[Use, Use]:
        """Return what the node and its server have used."""
        return Use.of(self.process.pid), Use.of(self.server_pid)


@asynccontextmanager
async def running(code: str, home: Path) -> AsyncIterator[Member]:
    """Run one member."""
    with (home / "process.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.load.part", str(home), stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=log, limit=1 << 28,
        )  # fmt: skip
    member = Member(code, home, process)
    hearing = asyncio.create_task(member.hear())
    try:
        member.server_pid = (await member.answer("ready"))["server_pid"]
        yield member
    finally:
        if process.returncode is None and process.stdin is not None:
            process.stdin.close()
            async with asyncio.timeout(60):
                await process.wait()
        await hearing


@asynccontextmanager
async def all_running(homes: dict[str, Path]) -> AsyncIterator[dict[str, Member]]:
    """Run these members, begun at once so that their links find each other."""
    async with AsyncExitStack() as stack:
        begun = await asyncio.gather(
            *(stack.enter_async_context(running(code, home)) for code, home in homes.items())
        )  # fmt: skip
        yield {member.code: member for member in begun}


async def until_stored(
    members: Sequence[Member], count: int, samples: list[Sample], *, originator: Member | None, patience_s: float
) -> bool:
    """Take samples until the stores of all these have so many records; tell whether they do."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    while True:
        stored = {member.code: int(member.told.get("stored", 0)) for member in members}
        told = originator.told if originator is not None else {}
        samples.append(Sample(loop.time() - begin, told.get("issued", count), stored, told.get("behind_s", 0.0)))
        if all(number >= count for number in stored.values()):
            return True
        if loop.time() - begin > patience_s or any(member.process.returncode is not None for member in members):
            return False
        await asyncio.sleep(_SAMPLE_S)


def held(home: Path, run: str) -> set[int]:
    """Return the numbers of a run's detections in a member's store."""
    with closing(sqlite3.connect(f"file:{home / 'data/store.db'}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT id FROM records WHERE id LIKE ? AND is_copy = 0", (f"%-{run}-%",))
        return {number_of(id_) for (id_,) in rows}


def percentile(values: Sequence[float], share: float) -> float:
    """Return a percentile of delays, in the unit of the values; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def used_table(before: dict[str, tuple[Use, Use]], members: dict[str, Member], seconds: float) -> list[str]:
    """Return lines of what each process used between two moments."""
    lines = [f"{'':12}{'CPU s':>9}{'of a core':>11}{'RSS max MB':>12}{'loop queued s':>15}"]
    for code, member in members.items():
        for name, old, new in zip((code, f"{code} server"), before[code], member.use(), strict=True):
            cpu_s = new.cpu_s - old.cpu_s
            lines.append(
                f"{name:12}{cpu_s:9.1f}{cpu_s / seconds:11.2f}{new.rss_mb:12.0f}{new.queued_s - old.queued_s:15.2f}"
            )
    return lines


Progress = Callable[[str], None]
