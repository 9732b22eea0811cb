"""Does what ``tocsin up`` does, and issues numbered records to everybody in the roster all the while.

What is safe at the member is told on standard output, one JSON object a line.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from itertools import count
from pathlib import Path

import structlog
import uvloop

from tocsin.errors import NotReleasableError
from tocsin.node import ControlSocket, HealthServer, Node, read_config, status_of
from tocsin.testing.federation import make_detection

RATE_PER_S = 20.0


async def main(home: Path) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    config = read_config(home / "member.toml")
    node = Node(config)
    await node.start()
    health = HealthServer(config.health.listen, status=lambda: status_of(node), exposition=node.metrics.exposition)
    try:
        async with ControlSocket(node), asyncio.TaskGroup() as group:
            flowing = group.create_task(flow(node))
            print(json.dumps({"up": node.member}), flush=True)  # noqa: T201 - how it talks to its parent
            await node.serve(stop)
            flowing.cancel()
    finally:
        health.close()
        await node.stop()


async def flow(node: Node) -> None:
    for number in count():
        audience = node.exchange.trust.roster.codes
        record = make_detection(
            f"{node.member}-{number:05d}", node.member, audience, status="actual" if number % 2 else "test",
            issued_at=node.clock.now(),
        )  # fmt: skip
        try:
            node.issue([record])
        except NotReleasableError as error:  # its key is taken back, and there is no new one yet
            print(json.dumps({"refused": str(error)}), flush=True)  # noqa: T201
        else:
            await node.keeper.flush()
            print(json.dumps({"id": record.id, "status": record.status, "audience": audience}), flush=True)  # noqa: T201
        await asyncio.sleep(1 / RATE_PER_S)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    uvloop.run(main(Path(sys.argv[1])))
