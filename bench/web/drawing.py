"""One page in a real browser while hundreds of objects move: how smoothly it draws, and how soon it shows what came in.

Every track is an event of its own, let in through the door with its trail and impact. Then all of them move ten times a
second, and with each move one event comes in anew through the door and the store.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from pathlib import Path

import msgspec

from bench.web.browser import Noted, browse
from bench.web.report import Line, percentile
from bench.web.scene import VISITOR, Desk, launch, served
from tocsin.clock import SystemClock
from tocsin.web import Gateway
from tocsin.web.shapes import TracksNow

TRAIL = 8
"""Points of each trail."""
STARTS = 3
_SETTLE_S = 3.0


async def draw(folder: Path, tracks: int, seconds: float, rate: float, size: tuple[int, int]) -> list[Line]:
    """Serve, open the page, let everything move, and return the report's lines."""
    async with served(folder) as (desk, gateway, address, sessions):
        _fill(desk, gateway, tracks)
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        addresses = [f"http://{address}/enter?once={sessions.invite(VISITOR)}" for _ in range(STARTS)]
        process = context.Process(target=browse, args=(addresses, size, theirs))
        process.start()
        await asyncio.to_thread(ours.recv)
        told = await _move(desk, gateway, seconds, rate)
        load = os.getloadavg()[0]
        ours.send("enough")
        noted: Noted = await asyncio.to_thread(ours.recv)
        process.join()
    rates = [1e3 / each for each in noted.frames_ms]
    late_s = [late for late in (_drawn_after(number, at_s, noted) for number, at_s in told) if late is not None]
    return [
        Line(f"{tracks} tracks at {rate:g} Hz for {seconds:g} s, {size[0]}x{size[1]}, load {load:.1f}"),
        Line("  frames a second, median", f"{percentile(rates, 50):.0f}", "40 or more"),
        Line("  frames a second, p5", f"{percentile(rates, 5):.0f}"),
        Line("  admitted to drawn, p50", f"{percentile(late_s, 50) * 1e3:.0f} ms"),
        Line("  admitted to drawn, p95", f"{percentile(late_s, 95) * 1e3:.0f} ms", "under 150 ms"),
        Line("  never drawn", f"{len(told) - len(late_s)} of {len(told)}", "0"),
        Line(f"  first view, cold, with {tracks} events", f"{noted.first_view_s:.2f} s", "under 2 s"),
        Line("  scripts of the first view, compressed", f"{noted.script_kb:.0f} kB", "under 250 kB"),
    ]


def _fill(desk: Desk, gateway: Gateway, tracks: int) -> None:
    for revision in range(1, TRAIL + 1):
        for number in range(tracks):
            record = launch(f"E-{number}", revision=revision, label="ballistic", at_s=revision * 10.0, place=number + 1)
            gateway.take(desk.admit(record))


async def _move(desk: Desk, gateway: Gateway, seconds: float, rate: float) -> list[tuple[int, float]]:
    """Let everything move; return the number of each event that came in, and when it was let in."""
    await asyncio.sleep(_SETTLE_S)
    told = []
    begin_s, moves = time.monotonic(), 0
    tracks = gateway.book.tracks()
    while time.monotonic() < begin_s + seconds:
        moves += 1
        now = SystemClock().now()
        moved = tuple(
            msgspec.structs.replace(track, at=now, lon_deg=track.lon_deg + moves / rate / 50) for track in tracks
        )  # fmt: skip
        gateway.feed.tell_now(TracksNow(at=now, tracks=moved, plots=moves))
        at_s, event = time.time(), moves % len(tracks)
        record = launch(f"E-{event}", revision=TRAIL + moves, label="ballistic", at_s=90.0, place=event + 1)
        gateway.take(desk.admit(record))
        told.append((gateway.feed.number - 1, at_s))
        await asyncio.sleep(max(0.0, begin_s + moves / rate - time.monotonic()))
    await asyncio.sleep(1.0)
    return told


def _drawn_after(number: int, at_s: float, noted: Noted) -> float | None:
    return next((shown_s - at_s for shown, shown_s in noted.shown_at_s if shown >= number), None)
