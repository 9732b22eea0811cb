"""Many pages at once: ``python -m bench.web``.

One watch floor over a real store tells events ten times a second, as a busy launch does; clients in another process
listen over real WebSockets, each signed in. Printed is how long a message takes from being told to being in a client's
hands, over all clients, and whether any numbered message was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import resource
import socket
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from bench.web.clients import clients
from bench.web.scene import Desk, launch
from tocsin.clock import SystemClock
from tocsin.web import Account, Floor, Gateway, Listen, People, Sessions, serve_floor

PERCENTILES = (50, 95, 99)


async def serve(folder: Path, count: int, seconds: float, rate: float) -> list[str]:
    """Serve, tell, and return the report's lines."""
    desk = Desk(folder / "store.db")
    gateway = Gateway(desk, clock=SystemClock(), new_id=lambda: "x")
    sessions = Sessions(People(folder / "people.json"), SystemClock())
    visitor = Account(name="v", pseudonym="V-1", roles=("watch_officer",), password="")
    tokens = [sessions.enter(sessions.invite(visitor)) or "" for _ in range(count)]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    is_served = asyncio.Event()
    floor = Floor(gateway, sessions, "bench", is_secure=False)
    serving = asyncio.create_task(serve_floor(floor, Listen(address=address), is_served))
    await is_served.wait()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    stop_at_s = time.monotonic() + seconds + 12.0
    process = context.Process(target=clients, args=(address, tokens, stop_at_s, theirs))
    process.start()
    while gateway.feed.clients < count:  # noqa: ASYNC110 - they come from another process
        await asyncio.sleep(0.1)
    used = resource.getrusage(resource.RUSAGE_SELF)
    begin_s = time.monotonic()
    told = 0
    while time.monotonic() < begin_s + seconds:
        told += 1
        label = f"{time.monotonic():.6f}"
        gateway.take(desk.admit(launch("E-1", revision=told, label=label, at_s=told / rate)))
        await asyncio.sleep(max(0.0, begin_s + told / rate - time.monotonic()))
    spent = resource.getrusage(resource.RUSAGE_SELF)
    delays, missed = await asyncio.to_thread(ours.recv)
    process.join()
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    desk.store.close()
    delays.sort()
    figures = "  ".join(
        f"p{share} {delays[min(len(delays) - 1, int(len(delays) * share / 100))] * 1e3:.1f} ms" for share in PERCENTILES
    )
    busy = (spent.ru_utime + spent.ru_stime - used.ru_utime - used.ru_stime) / seconds
    return [
        f"{count} clients, {told} stages in {seconds:g} s, admission and store included",
        f"told to received: {figures}; of {told * count} messages {len(delays)} came, {missed} gaps in numbers",
        f"server: {busy:.2f} of a core, {spent.ru_maxrss / 1024:.0f} MB",
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.web", description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=10.0, help="stages a second")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tocsin-web-") as folder:
        lines = uvloop.run(serve(Path(folder), given.clients, given.seconds, given.rate))
    sys.stdout.write("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
