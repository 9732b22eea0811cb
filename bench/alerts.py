"""How long an alert takes within this program, and how many readers its feed bears: ``python -m bench.alerts``.

Two members, each with node and watch floor, and the first's alerts by two channels (feed, folder), all in one process.
Measured are the time from a predicted launch being issued to a page of each member's watch floor having its draft with
the correction, from the last approval being issued to the delivery on both channels being in the store, and reads of
the feed a second over connections that stay open, packed, from clients in the same process while the last alert goes
out. Looking into the store every 10 ms is in the times of approvals.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import uvloop
import websockets
from tests.alert_member import Alerting
from tests.alert_room import OFFICER, WATCH
from tests.nodes import House, Local
from tests.servers import free_ports

from tocsin.clock import SystemClock
from tocsin.node import read_config
from tocsin.node.config import MemberConfig
from tocsin.node.parts import Parts
from tocsin.node.public_warning import check_public_warning
from tocsin.node.web_part import WebPart
from tocsin.web import Account, People

ALERTS = 40
READERS = 20
READ_S = 5.0


async def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), codes=("JPN", "USA"))
        feed_port, *pages = free_ports(3)
        alerting, peer = Alerting(house, feed_port, page=pages[0]), Local(house, "USA")
        house.edit("USA", "[health]", f'[web]\nrun = "apart"\nlisten = "127.0.0.1:{pages[1]}"\n\n[health]')
        people = People(alerting.config.path(alerting.config.web.people))
        people.add("A", "a long sentence", pseudonym="AO-1", roles=("alert_officer",))
        people.add("W", "another long sentence", pseudonym="WO-1", roles=("watch_officer",))
        check_public_warning(alerting.config, now=SystemClock().now())
        await asyncio.gather(alerting.local.start(), peer.start())
        try:
            async with (
                Parts(alerting.node),
                Parts(peer.node),
                alerting.part(),
                screen(alerting.config) as own,
                screen(read_config(house.homes["USA"] / "member.toml")) as other,
            ):
                times = [await alert(alerting, f"E-{number}", own, other) for number in range(ALERTS)]
                reading = asyncio.gather(*(read(alerting.port) for _ in range(READERS)))
                await alert(alerting, "E-last", own, other)
                reads = sum(await reading)
        finally:
            await asyncio.gather(alerting.local.stop(), peer.stop())
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {ALERTS} alerts")
    for place, words in enumerate(("launch to draft on own screen", "on the peer's", "last approval to both channels")):
        found = sorted(each[place] for each in times)
        print(f"{words}: p50 {found[len(found) // 2] * 1e3:.0f} ms, p95 {found[int(len(found) * 0.95)] * 1e3:.0f} ms")
    print(f"feed: {reads / READ_S:.0f} reads a second by {READERS} readers")


@asynccontextmanager
async def screen(config: MemberConfig) -> AsyncIterator[dict[str, float]]:
    """Serve a member's watch floor and listen to its feed as a page does; yields when drafts came, by event."""
    part, stop = WebPart(config), asyncio.Event()
    serving = asyncio.create_task(part.serve(stop))
    await part.is_served.wait()
    visitor = Account(name="visitor", pseudonym="V-1", roles=("watch_officer",), password="")
    async with httpx.AsyncClient() as client:
        await client.get(part.invite(visitor))
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}
    address = part.listen.url.replace("http", "ws") + "api/v1/feed"
    came: dict[str, float] = {}

    async def listen() -> None:
        async with websockets.connect(address, additional_headers=headers, max_size=None) as feed:
            async for text in feed:
                said = json.loads(text)
                if said["say"] == "alert" and {each["place"] for each in said["alert"]["messages"]} >= {
                    "next",
                    "ready",
                }:
                    came.setdefault(said["alert"]["event_id"], time.perf_counter())

    listening = asyncio.create_task(listen())
    try:
        yield came
    finally:
        listening.cancel()
        stop.set()
        await asyncio.gather(serving, listening, return_exceptions=True)


async def alert(
    alerting: Alerting, event: str, own: dict[str, float], other: dict[str, float]
) -> tuple[float, float, float]:
    """Let one alert happen; return how long it took to both screens, and to the channels, seconds."""
    began_s = time.perf_counter()
    alerting.see(event_id=event)
    await alerting.until(lambda: event in own and event in other)
    shown = (own[event] - began_s, other[event] - began_s)
    (message,) = _of(alerting, "alert", event)
    alerting.approve(message, WATCH)
    began_s = time.perf_counter()
    alerting.approve(message, OFFICER)
    both = {(message.record.id, "feed"), (message.record.id, "folder")}
    await alerting.until(lambda: both <= alerting.delivered())
    return (*shown, time.perf_counter() - began_s)


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
