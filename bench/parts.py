"""What it costs to run the desks apart from the exchange: ``python -m bench.parts``.

JPN runs as ``tocsin up`` on this machine, once with the desks inside, once with ``tocsin up --part desks`` beside it.
USA hands in the detections of one reconstructed flight as they happen, each for both. Measured is what JPN's store
tells of each launch record that JPN issued: the time from the admission of the newest detection that it rests on to its
own sealing. That is the whole way from the door through the desk, and with the desks apart by way of the disk, the
other process and back; the desk's own computing is in it both times.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import statistics
import sys
import tempfile
from pathlib import Path

import structlog
import uvloop
from tests.flights import fly, plots
from tests.nodes import House, Local, until

from tocsin.errors import TocsinError
from tocsin.node import MemberStatus, read_config
from tocsin.node.asking import ask_status
from tocsin.store import RecordQuery, Store

PAIR = ("JPN", "USA")


async def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=90.0, help="how long the flight is followed, each time")
    arguments.add_argument("--rounds", type=int, default=2)
    chosen = arguments.parse_args()
    found: dict[str, list[float]] = {"here": [], "apart": []}
    for _ in range(chosen.rounds):
        for desks in found:
            with tempfile.TemporaryDirectory() as folder:
                found[desks] += await follow(Path(folder), desks, chosen.seconds)
    say(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for desks, taken in found.items():
        cuts = statistics.quantiles(taken, n=100)
        say(
            f"desks {desks:<6} {len(taken)} launch records, from admission to sealing: "
            f"p50 {cuts[49] * 1e3:.1f} ms, p90 {cuts[89] * 1e3:.1f} ms, p99 {cuts[98] * 1e3:.1f} ms"
        )


async def follow(folder: Path, desks: str, seconds: float) -> list[float]:
    """Run JPN while a launch goes on, and return the times of its launch records, seconds."""
    house = House(folder, codes=PAIR)
    house.edit("USA", "[health]", '[node]\ndesks = "apart"\n\n[health]')
    house.edit("JPN", "[health]", f'[node]\ndesks = "{desks}"\n\n[health]')
    home, usa = house.homes["JPN"], Local(house, "USA")
    words = [[]] if desks == "here" else [[], ["--part", "desks"]]
    processes = [await up(home, *more) for more in words]
    await usa.start()
    try:
        await until(lambda: is_ready(home, desks), timeout_s=60)
        flying = asyncio.create_task(fly(usa.node, plots("USA", PAIR, flown_s=95.0)))
        await asyncio.sleep(seconds)
        flying.cancel()
        return times(home)
    finally:
        for process in reversed(processes):
            process.send_signal(signal.SIGTERM)
            await process.wait()
        await usa.stop()


async def up(home: Path, *more: str) -> asyncio.subprocess.Process:
    """Start one process of JPN."""
    with (home / "up.log").open("ab") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tocsin", "up", "--config", str(home), *more, stdout=log, stderr=log
        )


def is_ready(home: Path, desks: str) -> bool:
    """Tell whether JPN runs as it should."""
    try:
        status: MemberStatus
        status, _ = ask_status(read_config(home / "member.toml").health.listen)
    except TocsinError:
        return False
    return all(link.connected for link in status.links) and (desks == "here" or bool(status.parts))


def times(home: Path) -> list[float]:
    """Read from JPN's store how long each launch record took, but for the first two: there plots came all at once."""
    with Store.open(home / "data/store.db", read_only=True) as store:
        admitted = {
            stored.admitted.record.id: stored.admitted.admitted_at
            for stored in store.records(RecordQuery(kinds=("warning.detection",)))
        }
        taken = []
        for stored in store.records(RecordQuery(kinds=("warning.launch",), originator="JPN")):
            record = stored.admitted.record
            rests_on = [admitted[source.record] for source in record.sources if source.record in admitted]
            if record.marking.releasable_to == PAIR and rests_on:
                taken.append((stored.admitted.sealed_at - max(rests_on)).total_seconds())
    return taken[2:]


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    uvloop.run(main())
