"""Runs the measurement: ``python -m bench.exchange [--rounds N]``.

Three members with a server each, in a mesh, all on this machine. From KOR's hand to JPN's, the same bytes at the same
pace, in blocks that take turns: by two nodes with all that belongs to them; by two processes of nats-py on the same
servers; by one TCP connection.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from bench.exchange import report, servers

KINDS = ("nats", "nats_id", "exchange", "tocsin", "socket")
"""``tocsin``: nodes with all that belongs to them; ``exchange``: the same nodes with their desks taken away."""

RATES = {10: 100, 50: 250, 500: 1000}
"""Detections a second, and how many make a block."""

_BEFORE_S = 90.0
"""Lift-off lies this far back when the run begins: the radar sees it by then."""


@dataclass
class Part:
    """A process that sends or receives."""

    process: asyncio.subprocess.Process

    async def ask(self, **order: object) -> list[list[object]]:
        """Give an order and return the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        return await self.hear()

    async def hear(self) -> list[list[object]]:
        """Return the next answer."""
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), 120)
        if not line:
            raise RuntimeError("a process has ended; see its log")
        return json.loads(line)


@dataclass
class Delays:
    """What one kind did at one rate."""

    us: list[float] = field(default_factory=list)
    sent: int = 0
    late: int = 0

    @property
    def lost(self) -> int:
        """Sent and not seen in time."""
        return self.sent - len(self.us)


@asynccontextmanager
async def started(folder: Path, *arguments: str) -> AsyncIterator[Part]:
    """Run one process; its log goes into ``folder``."""
    way, kind, home, _ = arguments
    with (folder / f"{way}-{kind}-{Path(home).name}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.exchange.part", *arguments, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=log, limit=1 << 26,
        )  # fmt: skip
        try:
            yield Part(process)
        finally:
            if process.returncode is None and process.stdin is not None:
                process.stdin.close()
                await asyncio.wait_for(process.wait(), 30)


async def run(rounds: int, rates: dict[int, int], kinds: tuple[str, ...], folder: Path) -> dict[int, dict[str, Delays]]:
    """Measure; return the delays by rate and kind."""
    members = servers.make_members(folder)
    lift_off = repr(time.time() - _BEFORE_S)
    found = {rate: {kind: Delays() for kind in kinds} for rate in rates}
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(servers.running(members))
        home = {code: str(member.home) for code, member in members.items()}
        parts: dict[str, tuple[Part, ...]] = {}
        for kind in dict.fromkeys("tocsin" if kind == "exchange" else kind for kind in kinds):
            codes = (servers.RECEIVER, servers.THIRD) if kind == "tocsin" else (servers.RECEIVER,)
            begun = [
                await stack.enter_async_context(started(folder, "send", kind, home[servers.SENDER], lift_off)),
                *[await stack.enter_async_context(started(folder, "receive", kind, home[c], lift_off)) for c in codes],
            ]
            for part in begun[::-1]:
                await part.hear()
            parts[kind] = tuple(begun)
        parts["exchange"] = parts.get("tocsin", ())
        for kind in kinds:  # caches fill, code compiles, links and copies come up
            for _ in range(3):
                await block(parts[kind], 100, 50, desks=kind == "tocsin")
        for number in range(rounds):
            for rate, count in rates.items():
                for kind in kinds if number % 2 else kinds[::-1]:
                    await collect(found[rate][kind], parts[kind], count, rate, desks=kind == "tocsin")
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
        if "nats" in kinds:
            print(f"the baseline's durable copy holds {await servers.copied(members['JPN'])}", file=sys.stderr)
    return found


async def block(
    parts: tuple[Part, ...], count: int, rate: int, *, desks: bool
) -> tuple[dict[str, int], dict[str, int]]:
    """Send a block; return by id when each was handed over and when it was seen."""
    sender, receiver, *_ = parts
    for part in parts[1:]:
        await part.ask(desks=desks)
    sent = dict(await sender.ask(count=count, rate=rate, desks=desks))
    seen: dict[str, int] = {}
    for id_, at in await receiver.ask(count=count, patience_s=20.0):
        seen.setdefault(id_, at)
    return sent, seen


async def collect(delays: Delays, parts: tuple[Part, ...], count: int, rate: int, *, desks: bool) -> None:
    """Send a block and keep its delays."""
    sent, seen = await block(parts, count, rate, desks=desks)
    delays.sent += len(sent)
    delays.us += [(seen[id_] - at) / 1e3 for id_, at in sent.items() if id_ in seen]
    await asyncio.sleep(0.5)  # disks and stores come to rest


def main() -> None:
    """Measure, print, and write down."""
    parser = argparse.ArgumentParser(prog="python -m bench.exchange", description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--rates", type=lambda text: [int(part) for part in text.split(",")], default=list(RATES))
    parser.add_argument("--kinds", type=lambda text: tuple(text.split(",")), default=KINDS)
    parser.add_argument("--keep", type=Path, help="folder for the members and logs, in place of one thrown away")
    parser.add_argument("--write", action="store_true", help="write results.json and a line into bench/README.md")
    given = parser.parse_args()
    rates = {rate: RATES.get(rate, max(250, 2 * rate)) for rate in given.rates}
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as scratch:
        folder = given.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        found = uvloop.run(run(given.rounds, rates, given.kinds, folder))
    result = report.of_run({rate: {k: d.us for k, d in by.items()} for rate, by in found.items()},
                           {rate: {k: d.lost for k, d in by.items()} for rate, by in found.items()})  # fmt: skip
    print(report.table(result))
    if given.write:
        report.write(result)


if __name__ == "__main__":
    main()
