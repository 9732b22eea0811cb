"""One member's node in a process of its own: ``python -m bench.load.part <member.toml>``.

Orders come over standard input, one JSON object a line; what it has to tell goes to standard output. Four times a
second it tells how far it is.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop

from bench.load.plots import Answer, Plots
from tocsin.cli.logs import log_to_stderr
from tocsin.node import Node, Watcher, read_config
from tocsin.node.process import collect_when_calm, prefer_the_loop
from tocsin.records import AdmittedFrame, Precedence

_TELL_EVERY_S = 0.25


class Part:
    """The node and what is noted of it."""

    def __init__(self, home: Path) -> None:
        self.node = Node(read_config(home / "member.toml"), watcher=Watcher(on_admitted=self._on_admitted))
        self.issued = 0
        self._issuing: set[asyncio.Task[None]] = set()
        self._delays: dict[str, list[float]] = {"flash": [], "other": []}
        self._behind_s = 0.0
        self._records: dict[str, int] = {}
        """Records of others that came in, by path."""
        self._longest_turn_s = 0.0
        self._turns_s: list[float] = []
        self._longest_collection_s = 0.0
        self._collection_began_s = 0.0
        gc.callbacks.append(self._on_collection)

    def _on_collection(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self._collection_began_s = time.thread_time()  # what it costs, not how busy the machine is
        else:
            took_s = time.thread_time() - self._collection_began_s
            self._longest_collection_s = max(self._longest_collection_s, took_s)

    def _on_admitted(self, frame: AdmittedFrame) -> None:
        now = datetime.now(UTC)
        if frame.path == "self" or not frame.records:
            return
        self._records[frame.path] = self._records.get(frame.path, 0) + len(frame.records)
        is_flash = frame.ref.chain.precedence is Precedence.FLASH
        noted = frame.records if is_flash else frame.records[:1]
        self._delays["flash" if is_flash else "other"] += [
            (now - admitted.record.issued_at).total_seconds() for admitted in noted
        ]

    def _is_calm(self) -> bool:
        return self.node.pacing.is_calm

    async def run(self) -> None:
        """Run the node and carry out orders until standard input ends."""
        await self.node.start()
        self.node.desks.desks = []
        prefer_the_loop()
        stop = asyncio.Event()
        helpers = [
            asyncio.create_task(self.node.serve(stop)), asyncio.create_task(self._tell_for_ever()),
            asyncio.create_task(self._watch_turns()), asyncio.create_task(collect_when_calm(self._is_calm)),
        ]  # fmt: skip
        _say({"ready": True, "server_pid": self.node.server.pid if self.node.server else 0})
        async for order in _orders():
            await self._carry_out(order)
        stop.set()
        for task in (*self._issuing, *helpers[1:]):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*helpers, *self._issuing, return_exceptions=True)
        await self.node.stop()

    async def _carry_out(self, order: dict[str, Any]) -> None:
        match order.pop("do"):
            case "issue":
                task = asyncio.create_task(self._issue(**order))
                self._issuing.add(task)
                task.add_done_callback(self._issuing.discard)
            case "flush":
                await self.node.keeper.flush()
                _say({"flushed": True})
            case "delays":
                taken, self._delays = self._delays, {"flash": [], "other": []}
                turns = sorted(self._turns_s)
                _say(
                    {
                        "delays": taken, "longest_turn_s": self._longest_turn_s,
                        "turn_p99_s": turns[int(len(turns) * 0.99)] if turns else 0.0,
                        "longest_collection_s": self._longest_collection_s,
                    }
                )  # fmt: skip
                self._longest_turn_s = self._longest_collection_s = 0.0
                self._turns_s = []

    async def _issue(
        self,
        *,
        run: str,
        count: int,
        rate: float,
        batch: int,
        precedence: str,
        audience: list[str],
        is_patient: bool = True,
    ) -> None:
        """Issue ``count`` detections, ``batch`` in one call, at ``rate`` a second (0: as fast as may be)."""
        plots = Plots(self.node.member, audience, precedence=precedence, run=run)
        loop = asyncio.get_running_loop()
        begin = loop.time()
        behind_s = 0.0
        for first in range(0, count, batch):
            if rate:
                due = begin + first / rate
                behind_s = max(behind_s, loop.time() - due)
                self._behind_s = max(0.0, loop.time() - due)
                await asyncio.sleep(max(0.0, due - loop.time()))
            else:
                await asyncio.sleep(0)
            if is_patient:
                await self.node.wait_for_room()
            some = range(first, min(count, first + batch))
            self.node.issue([plots.make(number) for number in some])
            self.issued += len(some)
        seconds = loop.time() - begin
        await self.node.keeper.flush()
        _say({"issued": run, "count": count, "seconds": seconds, "behind_s": behind_s})

    async def _tell_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_TELL_EVERY_S)
            told = {"at": time.monotonic(), "issued": self.issued, "stored": self.node.metrics.last_order}
            told |= {"backlog_bytes": self.node.keeper.backlog_bytes, "in_flight": self.node.bus.in_flight}
            _say({**told, "behind_s": self._behind_s, "came": self._records})

    async def _watch_turns(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(0.005)
            late_s = loop.time() - before - 0.005
            self._turns_s.append(late_s)
            self._longest_turn_s = max(self._longest_turn_s, late_s)


async def _orders() -> AsyncIterator[dict[str, Any]]:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


def _say(value: Answer) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run the member whose folder is named."""
    log_to_stderr("json")
    gc.collect()
    uvloop.run(Part(Path(sys.argv[1])).run())


if __name__ == "__main__":
    main()
