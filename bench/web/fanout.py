"""Many pages at once: how long a message takes from being told to being in a client's hands.

One watch floor over a real store tells stages ten times a second, as a busy launch does; clients in another process
listen over real WebSockets, each signed in. Counted is besides whether any numbered message was lost.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import time
from pathlib import Path

from bench.web.clients import clients
from bench.web.report import Line, percentile
from bench.web.scene import VISITOR, launch, served


async def fan_out(folder: Path, count: int, seconds: float, rate: float) -> list[Line]:
    """Serve, tell, and return the report's lines."""
    async with served(folder) as (desk, gateway, address, sessions):
        tokens = [sessions.enter(sessions.invite(VISITOR)) or "" for _ in range(count)]
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
    busy = (spent.ru_utime + spent.ru_stime - used.ru_utime - used.ru_stime) / seconds
    return [
        Line(f"{count} clients, {told} stages in {seconds:g} s, admission and store included"),
        Line("  told to received, p50", f"{percentile(delays, 50) * 1e3:.1f} ms"),
        Line("  told to received, p95", f"{percentile(delays, 95) * 1e3:.1f} ms", "under 100 ms"),
        Line("  told to received, p99", f"{percentile(delays, 99) * 1e3:.1f} ms"),
        Line("  messages that did not come, gaps in numbers", f"{told * count - len(delays)}, {missed}", "0, 0"),
        Line("  server", f"{busy:.2f} of a core, {spent.ru_maxrss / 1024:.0f} MB"),
    ]
