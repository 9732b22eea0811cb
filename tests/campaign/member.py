"""One member's node in a process of its own, with a producer whose log says what it was promised.

Orders come on standard input and events go to standard output, one JSON object a line.
"""

from __future__ import annotations

import asyncio
import faulthandler
import json
import os
import signal
import sys
from datetime import datetime, timedelta
from pathlib import Path

import structlog
import uvloop
from tests.campaign.workload import Producer

from tocsin.clock import SystemClock
from tocsin.node import ControlSocket, Node, read_config
from tocsin.node.process import leave_threads, prefer_the_loop

CLOCK_FILE = "clock-offset"


class SteppedClock(SystemClock):
    """The machine's clock, wrong by the seconds that a file names."""

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_RDONLY)

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=float(os.pread(self._file, 32, 0)))


async def main(home: Path) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGUSR2, show_tasks)
    config = read_config(home / "member.toml")
    node = Node(config, clock=SteppedClock(home / CLOCK_FILE))
    await node.start()
    prefer_the_loop()
    producer = Producer(node, home / "produced.jsonl")
    try:
        async with ControlSocket(node):
            tell(up=node.exchange.epoch)
            reader = asyncio.StreamReader()
            await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
            orders = asyncio.create_task(obey(producer, reader, stop))
            try:
                await node.serve(stop)
            finally:
                orders.cancel()
                await producer.stop()
                await asyncio.gather(orders, return_exceptions=True)
    finally:
        await node.stop()
    tell(left=True)
    await leave_threads()


async def obey(producer: Producer, reader: asyncio.StreamReader, stop: asyncio.Event) -> None:
    while line := await reader.readline():
        order = json.loads(line)
        match order["do"]:
            case "work":
                producer.detections = order["detections"]
                producer.begin(order["rate"], order["seed"])
            case "burst":
                producer.burst(order["count"], order["seed"])
            case "rest":
                await producer.rest()
                tell(rested=True)
    stop.set()  # whoever gave the orders is gone


def show_tasks() -> None:
    """Write where each task stands to the log, for whoever finds the process hung."""
    for task in asyncio.all_tasks():
        task.print_stack(file=sys.stderr)


def tell(**event: object) -> None:
    os.write(1, json.dumps(event).encode() + b"\n")


if __name__ == "__main__":
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    uvloop.run(main(Path(sys.argv[1])))
