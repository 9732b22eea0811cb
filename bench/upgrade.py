"""A federation upgraded member by member with traffic flowing: an older version of Tocsin among the present one.

``python -m bench.upgrade`` takes an older commit out of the repository, makes a federation with its ``tocsin init``
and runs all members with its code. Then it upgrades one member after the other in place (stop, new code, start), with
the others issuing all the time and a while of mixed traffic between, and counts what each store holds of what each
producer was told is safe. Ends with 1 if a record is lost, doubled, leaked or refused.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop
from tests.nodes import CODES, ROOT, Remote, audit, read_disk, until_level

from tocsin.node import load_trust, read_config
from tocsin.signing import Roster

OLDER = "8095e96"
BLOCK = 5000
"""Numbers of one life of one node: what was not told of as safe when it stopped is never issued again."""


@dataclass
class Folders:
    """The members' folders."""

    homes: dict[str, Path]
    rosters: list[Roster] = field(default_factory=list)


def main() -> int:
    """Run it as the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.upgrade", description=__doc__.partition("\n")[0])
    parser.add_argument("--older", default=OLDER, metavar="COMMIT", help="what is upgraded from (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of traffic between two steps")
    parser.add_argument("--rate", type=float, default=40.0, help="records a second of each member")
    given = parser.parse_args()
    with TemporaryDirectory(prefix="tocsin-upgrade-") as folder:
        older = Path(folder) / "older"
        older.mkdir()
        archive = subprocess.run(["git", "archive", given.older], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
        subprocess.run(["tar", "-x", "-C", str(older)], input=archive, check=True)
        house = make(Path(folder) / "federation", older)
        uvloop.run(upgrade(house, older, seconds=given.seconds, rate=given.rate))
    return 0


def make(folder: Path, root: Path) -> Folders:
    """Make a federation as the version in a source tree makes it."""
    subprocess.run(
        [
            sys.executable, "-m", "tocsin", "init", str(folder), "--federation", "--members", ",".join(CODES),
            "--base-port", str(free_block(10 * len(CODES))),
        ],
        env={**os.environ, "PYTHONPATH": str(root / "src")}, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    homes = {code: folder / code for code in CODES}
    return Folders(homes, [load_trust(read_config(homes["USA"] / "member.toml")).roster])


def free_block(length: int) -> int:
    """Return where so many ports begin that nobody listens on now."""
    for base in range(21_000, 32_000, length):
        with ExitStack() as stack:
            try:
                for port in range(base, base + length):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return base
    raise SystemExit("no ports are free")


async def upgrade(house: Folders, older: Path, *, seconds: float, rate: float) -> None:
    """Upgrade the members in turn, and count."""
    nodes = {code: Remote(house, code, root=older) for code in CODES}
    lives: Counter[str] = Counter()

    def begin(node: Remote) -> None:
        first = BLOCK * lives[node.code]
        lives[node.code] += 1
        node.begin(range(first, first + BLOCK), CODES, rate=rate)

    async with AsyncExitStack() as stack:
        for node in nodes.values():
            stack.push_async_callback(node.stop)
        await asyncio.gather(*(node.start() for node in nodes.values()))
        for node in nodes.values():
            begin(node)
        say("all run the older version", nodes)
        await asyncio.sleep(seconds)
        for code in ("USA", "JPN", "KOR"):
            node = nodes[code]
            began_s = time.monotonic()
            await node.stop()
            node.root = ROOT
            await node.start()
            begin(node)
            say(f"{code} upgraded, away for {time.monotonic() - began_s:.1f} s", nodes)
            await asyncio.sleep(seconds)
        await asyncio.gather(*(node.stop() for node in nodes.values()))
        await asyncio.gather(*(node.start() for node in nodes.values()))  # what was under way as they stopped
        await until_level(house, [node.told for node in nodes.values()])
    audit(house, [node.told for node in nodes.values()])
    for code, home in house.homes.items():
        held = Counter(one.partition("-")[0] for one in read_disk(home).ids.elements())
        print(json.dumps({"store": code, "told": len(nodes[code].told.acked), "holds": dict(sorted(held.items()))}))
    print("nothing lost, nothing doubled, nothing leaked, nothing refused; every chain whole")


def say(what: str, nodes: dict[str, Remote]) -> None:
    """Tell how far it is."""
    counts = ", ".join(f"{code} {len(node.told.acked)}" for code, node in nodes.items())
    print(f"{what}; told safe: {counts}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
