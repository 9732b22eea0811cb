"""What a cluster of three servers costs and gives a member: ``python -m bench.cluster``.

KOR runs twice on this machine, with one embedded server (R1) and with a cluster of three (R3), each beside a JPN of its
own that dials it. Both disks sync before they acknowledge. First, frames are published to both in turns, and timed
until the outbox has acknowledged them and until JPN has admitted the live copy. Then servers of the cluster are killed
while frames flow, each of them started again before the next.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import structlog
import uvloop
from tests.clusters import Cluster, clustered
from tests.nodes import House, Local, running, until

from tocsin.bus import Ack
from tocsin.clock import SystemClock
from tocsin.node import Watcher
from tocsin.records import AdmittedFrame
from tocsin.testing.federation import make_detection

PAIR = ("JPN", "KOR")
PRIME = 50
BLOCK = 50


@dataclass
class Flow:
    """Frames of one KOR, by hash: when they were published, acknowledged, and admitted at JPN; seconds."""

    sent: dict[str, float] = field(default_factory=dict)
    acked: dict[str, float] = field(default_factory=dict)
    live: dict[str, float] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)

    def on_admitted(self, frame: AdmittedFrame) -> None:
        """Note what JPN has admitted."""
        self.live[frame.ref.hash] = time.monotonic()
        self.paths[frame.ref.hash] = frame.path

    def publish(self, kor: Local) -> None:
        """Seal one detection and hand it to the bus."""
        record = make_detection(kor.node.new_id(), "KOR", PAIR, issued_at=SystemClock().now())
        outgoing = kor.node.exchange.submit([record])
        for data in outgoing.frames:
            kor.node.keeper.frame(kor.node.exchange.receive(data, via="KOR", path="self").frame)
        for released in outgoing.sends:
            name = released.ref.hash

            def acknowledged(_done: asyncio.Future[Ack], name: str = name) -> None:
                self.acked[name] = time.monotonic()

            self.sent[name] = time.monotonic()
            kor.node.bus.submit(released, hop=released.destination.code).add_done_callback(acknowledged)

    def since(self, at: float) -> list[str]:
        """Return the frames published from a moment on, in order."""
        return [name for name, sent in self.sent.items() if sent >= at]


async def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--blocks", type=int, default=20, help="blocks of 50 frames for each of the two")
    arguments.add_argument("--rate", type=float, default=100.0, help="frames a second")
    arguments.add_argument("--kills", type=int, default=3, help="how often each kind of server is killed")
    chosen = arguments.parse_args()
    one, three = Flow(), Flow()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        houses = House(folder / "r1", codes=PAIR), House(folder / "r3", codes=PAIR)
        cluster = await stack.enter_async_context(clustered(houses[1], "KOR"))
        kors = []
        for house, flow in zip(houses, (one, three), strict=True):
            nodes = await stack.enter_async_context(running(house))
            nodes["JPN"].node._watcher = Watcher(on_admitted=flow.on_admitted)  # noqa: SLF001 - measured from outside
            kors.append(nodes["KOR"])
        await compare(kors, (one, three), blocks=chosen.blocks, rate=chosen.rate)
        for what in ("leads the outbox", "has the node", "has the peer's link") * chosen.kills:
            await kill(cluster, kors[1], three, what, rate=chosen.rate)
    lost = set(three.sent) - set(three.live)
    say(f"{len(three.sent)} frames through the cluster, {len(three.acked)} acknowledged, {len(lost)} lost")


async def compare(kors: Sequence[Local], flows: Sequence[Flow], *, blocks: int, rate: float) -> None:
    """Publish to both in turns."""
    for kor, flow in zip(kors, flows, strict=True):
        await stream(kor, flow, PRIME, rate=rate)
    begin = time.monotonic()
    for _ in range(blocks):
        for kor, flow in zip(kors, flows, strict=True):
            await stream(kor, flow, BLOCK, rate=rate)
    for name, flow in zip(("R1", "R3"), flows, strict=True):
        await until(lambda flow=flow: flow.live.keys() >= flow.sent.keys() == flow.acked.keys())
        frames = flow.since(begin)
        say(f"{name}: {len(frames)} frames at {rate:g}/s on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        say(f"  publish to acknowledgement  {spread([flow.acked[each] - flow.sent[each] for each in frames])}")
        say(f"  publish to live admission   {spread([flow.live[each] - flow.sent[each] for each in frames])}")


async def stream(kor: Local, flow: Flow, count: int, *, rate: float) -> None:
    """Publish some frames at a steady rate."""
    for _ in range(count):
        flow.publish(kor)
        await asyncio.sleep(1 / rate)


async def kill(cluster: Cluster, kor: Local, flow: Flow, what: str, *, rate: float) -> None:
    """Kill one server while frames flow, and say what was seen."""
    leader = await cluster.leader("JPN")
    own = cluster.server_at(kor.node.bus._main._socket.connected_url.netloc)  # noqa: SLF001 - shown nowhere else
    link = next(iter(await cluster.linked("X_JPN")))
    victim = {"leads the outbox": leader, "has the node": own, "has the peer's link": link}[what]
    flowing = asyncio.create_task(stream(kor, flow, int(25 * rate), rate=rate))
    await asyncio.sleep(2.0)
    killed = time.monotonic()
    await cluster.kill(victim)
    await flowing
    cluster.start(victim)
    await cluster.until_whole()
    await until(lambda: flow.live.keys() >= flow.sent.keys() == flow.acked.keys(), timeout_s=60)
    after = flow.since(killed)
    acks = sorted(flow.acked[each] for each in after)
    lives = sorted(flow.live[each] for each in after if flow.paths[each] == "live")
    roles = [name for name, server in (("leader", leader), ("node", own), ("link", link)) if server == victim]
    say(
        f"killed the server that {what} (it had: {', '.join(roles)}): acknowledgements paused "
        f"{pause(killed, acks):.1f} s, live admissions {pause(killed, lives):.2f} s; of {len(after)} frames "
        f"{len(lives)} came live, the slowest to be admitted took "
        f"{max(flow.live[each] - flow.sent[each] for each in after):.2f} s"
    )


def pause(begin: float, moments: Sequence[float]) -> float:
    """Return the longest time in which nothing came."""
    return max((b - a for a, b in zip([begin, *moments], moments, strict=False)), default=float("inf"))


def spread(seconds: Sequence[float]) -> str:
    """Return median and 99th percentile in words."""
    cuts = statistics.quantiles(seconds, n=100)
    return f"p50 {cuts[49] * 1e3:.2f} ms, p99 {cuts[98] * 1e3:.2f} ms"


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    uvloop.run(main())
