"""How long an alert takes within this program, and how many readers its feed bears: ``python -m bench.alerts``.

One member with a node, its alerts and two channels (feed, folder) in one process. Measured are the time from a
predicted launch being issued to its draft being in the store, from the last approval being issued to the delivery on
both channels being in the store, and reads of the feed a second over connections that stay open, packed, from clients
in the same process while the last alert goes out. Looking into the store every 10 ms is in the times.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path

import uvloop
from tests.alert_member import Alerting
from tests.alert_room import OFFICER, WATCH
from tests.nodes import House
from tests.servers import free_ports

from tocsin.clock import SystemClock
from tocsin.node.parts import Parts
from tocsin.node.public_warning import check_public_warning
from tocsin.web import People

ALERTS = 40
READERS = 20
READ_S = 5.0


async def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        alerting = Alerting(House(Path(folder), codes=("JPN", "USA")), *free_ports(1))
        people = People(alerting.config.path(alerting.config.web.people))
        people.add("A", "a long sentence", pseudonym="AO-1", roles=("alert_officer",))
        people.add("W", "another long sentence", pseudonym="WO-1", roles=("watch_officer",))
        check_public_warning(alerting.config, now=SystemClock().now())
        await alerting.local.start()
        try:
            async with Parts(alerting.node), alerting.part():
                times = [await alert(alerting, f"E-{number}") for number in range(ALERTS)]
                reading = asyncio.gather(*(read(alerting.port) for _ in range(READERS)))
                await alert(alerting, "E-last")
                reads = sum(await reading)
        finally:
            await alerting.local.stop()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {ALERTS} alerts")
    for place, words in enumerate(("launch to draft", "last approval to both channels")):
        found = sorted(each[place] for each in times)
        print(f"{words}: p50 {found[len(found) // 2] * 1e3:.0f} ms, p95 {found[int(len(found) * 0.95)] * 1e3:.0f} ms")
    print(f"feed: {reads / READ_S:.0f} reads a second by {READERS} readers")


async def alert(alerting: Alerting, event: str) -> tuple[float, float]:
    """Let one alert happen; return how long draft and delivery took, seconds."""
    began_s = time.perf_counter()
    alerting.see(event_id=event)
    (message,) = await alerting.until(lambda: _of(alerting, "alert", event))
    drafted_s = time.perf_counter() - began_s
    await alerting.until(lambda: _of(alerting, "cancel", event))
    alerting.approve(message, WATCH)
    began_s = time.perf_counter()
    alerting.approve(message, OFFICER)
    both = {(message.record.id, "feed"), (message.record.id, "folder")}
    await alerting.until(lambda: both <= alerting.delivered())
    return drafted_s, time.perf_counter() - began_s


async def read(port: int) -> int:
    """Read the feed again and again; return how often."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    count, until_s = 0, time.perf_counter() + READ_S
    while time.perf_counter() < until_s:
        writer.write(b"GET /feed.atom HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n")
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        count += 1
    writer.close()
    return count


def _of(alerting: Alerting, message: str, event: str) -> list:
    return [each for each in alerting.waiting(message) if each.body.event_id == event]


if __name__ == "__main__":
    uvloop.run(main())
