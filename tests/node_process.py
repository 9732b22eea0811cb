"""Runs one node and issues numbered detections on request, for tests that kill it.

Orders come on standard input, one JSON object a line; what is safe is told on standard output in the same form.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import structlog
import uvloop
from tests.nodes import Told, issue

from tocsin.node import Node, read_config


class Teller(Told):
    """Tells the parent."""

    def note(self, ids, audience):
        print(json.dumps({"acked": list(ids), "audience": list(audience)}), flush=True)  # noqa: T201 - how it talks to its parent


async def main(file: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    node = Node(read_config(Path(file)))
    await node.start()
    assert node.server is not None
    print(json.dumps({"epoch": node.exchange.epoch, "server_pid": node.server.pid}), flush=True)  # noqa: T201 - how it talks to its parent
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    try:
        async with asyncio.TaskGroup() as group:
            orders = group.create_task(obey(node, reader))
            await node.serve(stop)
            orders.cancel()
    finally:
        await node.stop()


async def obey(node: Node, reader: asyncio.StreamReader) -> None:
    while line := await reader.readline():
        order = json.loads(line)
        await issue(node, range(order["from"], order["to"]), order["audience"], Teller(), rate=order["rate"])


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    uvloop.run(main(sys.argv[1]))
