"""How long a flash warning takes while a third member floods the receiver: ``python -m bench.abuse``.

Three members in a mesh, each with a server of its own. KOR and USA are nodes, each in a process of its own; JPN has
valid keys and floods USA in one way after the other. KOR sends flash detections at a steady rate; the time is from
before they are sealed there until USA has admitted them, by the one monotonic clock of this machine. Each flood follows
an idle stretch, so that what else the machine does weighs on both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
import uvloop
from tests.nodes import CODES, House
from tests.rogue import ALL, Rogue

from bench.load.members import Use
from tocsin.clock import SystemClock
from tocsin.errors import BusUnavailableError, TocsinError
from tocsin.node import Node, Watcher, read_config, status_of
from tocsin.node.process import collect_when_calm, prefer_the_loop
from tocsin.records import ChainId, FrameRef, Head, Heads, Peer, Precedence, Released
from tocsin.testing.federation import make_detection

ROOT = Path(__file__).parents[1]
CLOCK = SystemClock()
WAYS = ("flash", "opaque", "routine", "bulk", "huge", "rubbish", "heads", "worlds")


def say(value: object) -> None:
    print(json.dumps(value), flush=True)


# -- the parts ------------------------------------------------------------------------------------------------------


async def orders() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def footprint(home: Path) -> dict[str, float]:
    usage = subprocess.run(["du", "-sm", str(home)], capture_output=True, text=True, check=False).stdout
    memory = Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0]
    return {"rss_mb": int(memory) / 1024, "disk_mb": int(usage.split()[0])}


async def watch_loop(late_s: list[float]) -> None:
    """Note how late the loop is, a hundred times a second."""
    while True:
        due_s = CLOCK.monotonic_s() + 0.01
        await asyncio.sleep(0.01)
        late_s.append(CLOCK.monotonic_s() - due_s)


async def honest(home: Path) -> None:
    """A node that sends on order and tells when what KOR sent is in."""
    seen: dict[str, float] = {}

    def on_admitted(frame) -> None:
        if frame.ref.chain.originator == "KOR" and home.name != "KOR":
            for admitted in frame.records:
                seen[admitted.record.id] = CLOCK.monotonic_s()

    node = Node(read_config(home / "member.toml"), watcher=Watcher(on_admitted=on_admitted))
    await node.start()
    prefer_the_loop()
    late_s: list[float] = []
    beside = [
        asyncio.create_task(collect_when_calm(lambda: node.pacing.is_calm)), asyncio.create_task(watch_loop(late_s)),
    ]  # fmt: skip
    say({"server_pid": node.server.pid})
    reader = await orders()
    while line := await reader.readline():
        order = json.loads(line)
        if "send" in order:
            sent = {}
            for number in range(order["send"]):
                id_ = f"{order['name']}-{number}"
                record = make_detection(id_, "KOR", CODES, issued_at=CLOCK.now())
                sent[id_] = CLOCK.monotonic_s()
                node.issue([record])
                await asyncio.sleep(1 / order["rate"])
            say(sent)
        else:
            try:
                problems = (await status_of(node)).problems
            except TocsinError as error:
                problems = [f"JPN: no status: {error}"]
            usage = node.exchange.ledger.usage()
            say({"seen": seen, **footprint(home),
                 "problems": [problem for problem in problems if "JPN" in problem][:4],
                 "shed": sum(use.shed for use in usage if use.via == "JPN"),
                 "late_ms": [1000 * float(late) for late in np.percentile(late_s, [50, 99, 100])],
                 "frames": sum(use.frames for use in usage if use.via == "JPN")})  # fmt: skip
            seen.clear()
            late_s.clear()
    for task in beside:
        task.cancel()
    await node.stop()


async def flooder(home: Path, *, is_elsewhere: bool) -> None:
    """JPN without a node: floods USA in the way that it is told until the next order.

    Args:
        home: Its folder.
        is_elsewhere: It and its server take of the cores what the others leave, as if on a machine of their own.
    """
    if is_elsewhere:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    house = House.__new__(House)
    house.homes = {"JPN": home}
    rogue = Rogue(house, epoch=f"flood-{os.getpid()}")
    await rogue.start()
    say({"server_pid": rogue.server.pid})
    reader = await orders()
    task, sent = None, [0]
    while line := await reader.readline():
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        task = None
        way = json.loads(line)
        if way:
            sent[0] = 0
            task = asyncio.create_task(flood(rogue, way, sent))
        else:
            say(sent[0])
    await rogue.stop()


async def flood(rogue: Rogue, way: str, sent: list[int]) -> None:
    number = 0
    precedence = {"routine": Precedence.ROUTINE, "bulk": Precedence.BULK, "huge": Precedence.BULK}.get(
        way, Precedence.FLASH
    )
    chain = ChainId("JPN", ALL, "test", precedence)
    body = msgspec.Raw(b'{"x":"%b"}' % (b"x" * 400_000))
    rubbish = b"[" * 1000
    while True:
        number += 1
        record = make_detection(f"flood-{way}-{number}", "JPN", CODES, issued_at=CLOCK.now(), precedence=precedence)
        if way == "opaque":  # of a kind that no desk works on
            record = msgspec.structs.replace(record, kind="flood.opaque", body=msgspec.Raw(b'{"a":1}'))
        if way == "huge":
            record = msgspec.structs.replace(record, kind="flood.huge", body=body)
        if way == "heads":
            head = Head(originator="KOR", precedence=Precedence.FLASH, epoch=f"x{number}", number=9)
            rogue.control("exchange.heads", Heads(clock_at=CLOCK.now(), heads=(), held=(head,) * 20, count=number))
        else:
            if way == "rubbish":
                data = rubbish
            elif way == "worlds":
                data = rogue.seal([record], number=1, epoch=f"{rogue.epoch}-{number}").data
            else:
                data = rogue.seal([record], chain=chain).data
            ref = FrameRef(chain, "rogue", 1, os.urandom(32).hex())
            released = Released(Peer("USA"), data, ref, record.kind)
            while True:
                try:
                    rogue.bus.submit(released, hop="USA")
                    break
                except BusUnavailableError:
                    await asyncio.sleep(0.005)
        sent[0] += 1
        if number % 20 == 0:
            await asyncio.sleep(0)


# -- the whole ------------------------------------------------------------------------------------------------------


class Part:
    def __init__(self, role: str, home: Path, *more: str) -> None:
        self.code, self.role = home.name, role
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.abuse", "--part", role, "--home", str(home), *more],
            cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(home / "bench.log").open("w"),
        )  # fmt: skip
        self.server_pid = 0

    def use(self) -> tuple[Use, Use]:
        """Return what it and its server have used."""
        return Use.of(self.process.pid), Use.of(self.server_pid)

    def tell(self, order: object) -> None:
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def hear(self):
        while line := self.process.stdout.readline():
            try:
                return json.loads(line)
            except ValueError:
                continue  # a line of the log
        raise RuntimeError("a part has ended; see its bench.log")

    def end(self) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def quantiles(sent: dict, seen: dict) -> tuple[float, float, int]:
    delays = [1000 * (seen[one] - at) for one, at in sent.items() if one in seen]
    return (*np.percentile(delays, [50, 99]), len(sent) - len(delays)) if delays else (np.nan, np.nan, len(sent))


def run(seconds: float, rate: float, ways: tuple[str, ...], show: Callable[[str], None], *, is_elsewhere: bool) -> None:
    with TemporaryDirectory() as folder:
        house = House(Path(folder))
        kor, usa = Part("honest", house.homes["KOR"]), Part("honest", house.homes["USA"])
        jpn = Part("flooder", house.homes["JPN"], *(["--elsewhere"] if is_elsewhere else []))
        parts = (kor, usa, jpn)
        try:
            for part in parts:
                part.server_pid = part.hear()["server_pid"]

            def stretch(name: str, way: str) -> tuple[float, float, int, dict, int]:
                jpn.tell(way)
                kor.tell({"send": int(seconds * rate), "rate": rate, "name": name})
                sent = kor.hear()
                usa.tell({"report": 1})
                report = usa.hear()
                count = 0
                if way:
                    jpn.tell("")
                    count = jpn.hear()
                return (*quantiles(sent, report["seen"]), report, count)

            def settle() -> None:
                jpn.tell("")
                jpn.hear()

            settle()
            kor.tell({"send": 100, "rate": 50.0, "name": "warm"})
            kor.hear()
            show(f"{'flood':9}{'sent/s':>8}{'shed':>8}{'idle p50':>10}{'p99':>8}{'flood p50':>11}{'p99':>8}"
                 f"{'ratio p50':>11}{'p99':>6}{'late':>6}{'RSS MB':>8}{'disk MB':>9}")  # fmt: skip
            for way in ways:
                kor.tell({"send": int(seconds * rate), "rate": rate, "name": f"idle-{way}"})
                calm = kor.hear()
                usa.tell({"report": 1})
                idle = quantiles(calm, usa.hear()["seen"])
                before, began_s = [part.use() for part in parts], CLOCK.monotonic_s()
                p50, p99, late, report, count = stretch(way, way)
                took_s = CLOCK.monotonic_s() - began_s
                show(f"{way:9}{count / seconds:8.0f}{report['shed']:8}{idle[0]:10.1f}{idle[1]:8.1f}"
                     f"{p50:11.1f}{p99:8.1f}"
                     f"{p50 / idle[0]:11.1f}{p99 / idle[1]:6.1f}{late:6}{report['rss_mb']:8.0f}{report['disk_mb']:9.0f}"
                )  # fmt: skip
                for problem in report["problems"]:
                    show(f"          {problem}")
                p50, p99, most = report["late_ms"]
                show(f"          USA's loop is late by {p50:.1f} ms at p50, {p99:.1f} at p99, {most:.1f} at most")
                for part, was in zip(parts, before, strict=True):
                    for name, then, now in zip((part.role, "server"), was, part.use(), strict=True):
                        cores, queued = (now.cpu_s - then.cpu_s) / took_s, (now.queued_s - then.queued_s) / took_s
                        show(f"          {part.code} {name:8} {cores:5.2f} cores, {queued:5.2f} without one")
        finally:
            for part in parts:
                part.end()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each stretch")
    parser.add_argument("--rate", type=float, default=25.0, help="flash detections a second from KOR to USA")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--part", choices=("honest", "flooder"), help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--elsewhere", action="store_true", help="the flooder takes what others leave of the cores")
    given = parser.parse_args()
    if given.part is not None:
        uvloop.run(honest(given.home) if given.part == "honest" else flooder(given.home, is_elsewhere=given.elsewhere))
    else:
        show = partial(print, flush=True)
        run(given.seconds, given.rate, tuple(given.ways.split(",")), show, is_elsewhere=given.elsewhere)


if __name__ == "__main__":
    main()
