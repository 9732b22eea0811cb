"""Three members with lines between them, to which a schedule's faults are done."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from time import monotonic

from tests.campaign import reading
from tests.campaign.changes import Changes
from tests.campaign.disks import Disk
from tests.campaign.process import MemberProcess, memory_mb, send
from tests.campaign.proxies import ClientLine, Line
from tests.campaign.scheduler import CODES, Fault, Schedule
from tests.nodes import House

from tocsin.signing import KeyRole

CLOCK_FILE = "clock-offset"
_SAMPLE_S = 0.4
_AFTER_S = 0.7
_UP_S = 60.0
_REST_S = 40.0
_QUIET_S = 60.0
_STOP_S = 30.0
_CHANGE_S = 60.0
_POLL_S = 0.15


class World:
    """What a schedule is done to. ``run`` it once.

    Args:
        directory: Made for this run; everything that the checker reads is there afterwards.
        schedule: What is done.
        has_disks: Whether file systems can be mounted here.
    """

    def __init__(self, directory: Path, schedule: Schedule, *, has_disks: bool) -> None:
        self._directory = directory
        self._schedule = schedule
        self._chance = random.Random(f"tocsin campaign lines {schedule.seed}")
        self._began_s = monotonic()
        self._events = (directory / "events.jsonl").open("a", buffering=1)
        self._is_working = False
        self._memory: dict[str, float] = {}
        ports = _ports(self._chance)
        self._house = House(directory, schedule.topology, ports=ports)
        self._changes = Changes(self._house, note=self.note)
        self._lines: dict[str, Line] = {}
        self._homes: dict[str, ClientLine] = {}
        self._disks: dict[tuple[str, str], Disk] = {}
        for code in CODES:
            self._furnish(code, ports, has_disks=has_disks)
        self.members = {
            code: MemberProcess(code, home, note=self.note, greet=self._greet)
            for code, home in self._house.homes.items()
        }

    def note(self, **event: object) -> None:
        """Write down what happened."""
        self._events.write(json.dumps({"at_s": round(monotonic() - self._began_s, 3), **event}) + "\n")

    async def run(self) -> None:
        """Do everything: start, work under faults, heal, wait until all is level, stop."""
        for line in (*self._lines.values(), *self._homes.values()):
            await line.start()
        keepers = [asyncio.create_task(member.keep()) for member in self.members.values()]
        sampler = asyncio.create_task(self._sample())
        try:
            await self._until_up()
            self._is_working, self._began_s = True, monotonic()
            for member in self.members.values():
                member.order(**self._work(member.code))
            self.note(begun=True)
            await asyncio.gather(*(self._do(place, fault) for place, fault in enumerate(self._schedule.faults)))
            await asyncio.sleep(max(0.0, self._schedule.length_s - (monotonic() - self._began_s)))
            await self._heal()
            await self._until_quiet()
        finally:
            sampler.cancel()
            await self._leave()
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, sampler, return_exceptions=True)
            for line in (*self._lines.values(), *self._homes.values()):
                await line.cut()
            used = {code: disk.used_bytes for (code, part), disk in self._disks.items() if part == "streams"}
            self.note(memory_mb=self._memory, disk_bytes=used)
            self._events.close()

    # -- faults -----------------------------------------------------------------------------------------------------

    async def _do(self, place: int, fault: Fault) -> None:
        await asyncio.sleep(fault.at_s)
        self.note(fault=fault.kind, where=fault.where, part=fault.part, amount=fault.amount, for_s=fault.for_s)
        match fault.kind:
            case "kill":
                await self._kill(fault)
            case "pause":
                await self._pause(fault)
            case "cut" | "freeze" | "delay" | "throttle":
                await self._spoil(self._lines[fault.where], fault)
            case "reorder" | "home_cut":
                await self._spoil(self._homes[fault.where], fault)
            case "disk_full":
                await self._fill(fault)
            case "clock":
                self._set_clock(fault.where, fault.amount)
                await asyncio.sleep(fault.for_s)
                self._set_clock(fault.where, 0.0)
            case "lost_tail":
                await self._lose_tail(fault, self._directory / f"older-{place}")
            case "load":
                seed = f"{self._schedule.seed} burst {place}"
                self.members[fault.where].order(do="burst", count=fault.amount, seed=seed)
                await asyncio.sleep(fault.for_s)
            case "restart":
                await self._restart(fault)
            case "key_change":
                others = [code for code in CODES if code != fault.where]
                order = (fault.where, *others) if fault.amount else (*others, fault.where)
                await self._bounded(
                    self._changes.rotate(fault.where, KeyRole(fault.part), order=order, pause_s=fault.for_s)
                )
            case "renewal":
                await self._bounded(self._changes.renew(fault.where))
            case _:
                raise AssertionError(fault.kind)

    async def _bounded(self, change: Coroutine[None, None, None]) -> None:
        try:
            async with asyncio.timeout(_CHANGE_S):
                await change
        except TimeoutError:
            self.note(never_changed=True)
            raise

    async def _kill(self, fault: Fault) -> None:
        member = self.members[fault.where]
        if fault.part == "server":
            for pid in member.servers():
                send(pid, signal.SIGKILL)
            return
        async with self._down(member, server_too=fault.part == "both"):
            await asyncio.sleep(fault.for_s)

    @asynccontextmanager
    async def _down(self, member: MemberProcess, *, server_too: bool) -> AsyncIterator[None]:
        async with member.turn:
            await member.kill(server_too=server_too)
            try:
                yield
            finally:
                member.allow()

    async def _restart(self, fault: Fault) -> None:
        member = self.members[fault.where]
        async with member.turn:
            if not member.is_up.is_set():
                self.note(not_here=f"{member.code} is down, so it is not told to end")
                return
            code = await member.stop(timeout_s=_STOP_S)
            self.note(restarted=member.code, code=code)
            await asyncio.sleep(fault.for_s)
            member.allow()

    async def _pause(self, fault: Fault) -> None:
        member = self.members[fault.where]
        pids = list(member.servers()) if fault.part != "node" else []
        if fault.part != "server" and member.pid is not None:
            pids.append(member.pid)
        for pid in pids:
            send(pid, signal.SIGSTOP)
        await asyncio.sleep(fault.for_s)
        for pid in pids:
            send(pid, signal.SIGCONT)

    async def _spoil(self, line: Line, fault: Fault) -> None:
        match fault.kind:
            case "cut" | "home_cut":
                await line.cut()
            case "freeze":
                line.freeze(fault.part)
            case "delay":
                line.delay_s = fault.amount
            case "throttle":
                line.bytes_per_s = fault.amount
            case "reorder":
                line.is_shuffled = True
        await asyncio.sleep(fault.for_s)
        await line.heal()

    async def _fill(self, fault: Fault) -> None:
        disks = [
            disk
            for (code, part), disk in self._disks.items()
            if code == fault.where and fault.part in (part, "both")
        ]  # fmt: skip
        if not disks:
            self.note(not_here="no file system can be mounted, so no disk is full")
        for disk in disks:
            if not await asyncio.to_thread(disk.fill):
                self.note(not_full=fault.where)
        await asyncio.sleep(fault.for_s)
        for disk in disks:
            await asyncio.to_thread(disk.free)

    async def _lose_tail(self, fault: Fault, older: Path) -> None:
        member = self.members[fault.where]
        data = member.home / "data"
        store = data / "store.db"
        await asyncio.to_thread(older.mkdir)
        if fault.part == "store":
            await asyncio.to_thread(_copy_store, store, older / "store.db")
        else:
            async with self._down(member, server_too=True):
                await asyncio.to_thread(shutil.copytree, data, older, dirs_exist_ok=True, ignore=_no_sockets)
        await asyncio.sleep(fault.for_s)
        async with self._down(member, server_too=True):
            had = {code: await _hashes(other.home) for code, other in self.members.items() if code != fault.where}
            before, after = reading.record_ids(older / "store.db"), reading.record_ids(store)
            self.note(
                lost=fault.where, part=fault.part, ids=sorted(after - before),
                peers_had=sorted(set().union(*had.values())),
            )  # fmt: skip
            await asyncio.to_thread(_put_back, older, data, streams_too=fault.part == "both")

    def _set_clock(self, code: str, offset_s: float) -> None:
        file = os.open(self._house.homes[code] / CLOCK_FILE, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(file, f"{offset_s:<30.3f}".encode(), 0)  # in its place: it is read at any moment
        finally:
            os.close(file)

    # -- the end ----------------------------------------------------------------------------------------------------

    async def _heal(self) -> None:
        for disk in self._disks.values():
            disk.free()
        for line in (*self._lines.values(), *self._homes.values()):
            await line.heal()
        for member in self.members.values():
            self._set_clock(member.code, 0.0)
        self.note(healed=True)
        await self._until_up()
        await asyncio.sleep(_AFTER_S)  # those that came back have something to say as well
        self._is_working = False

    async def _until_up(self) -> None:
        try:
            async with asyncio.timeout(_UP_S):
                for member in self.members.values():
                    await member.is_up.wait()
        except TimeoutError:
            down = [code for code, member in self.members.items() if not member.is_up.is_set()]
            self.note(never_up=down)
            raise

    async def _until_quiet(self) -> None:
        for member in self.members.values():
            member.has_rested.clear()
            member.order(do="rest")
        try:
            async with asyncio.timeout(_REST_S):
                for member in self.members.values():
                    await member.has_rested.wait()
        except TimeoutError:
            self.note(never_rested=[code for code, member in self.members.items() if not member.has_rested.is_set()])
            raise
        began_s = monotonic()
        homes = self._house.homes
        why = await asyncio.to_thread(reading.unequal, homes)
        while why and monotonic() < began_s + _QUIET_S:
            await asyncio.sleep(_POLL_S)
            why = await asyncio.to_thread(reading.unequal, homes)
        self.note(quiet=not why, why=why, took_s=round(monotonic() - began_s, 2))

    async def _leave(self) -> None:
        for member in self.members.values():
            for pid in (member.pid, *member.servers()):
                if pid is not None:
                    send(pid, signal.SIGCONT)
        codes = await asyncio.gather(*(member.stop(timeout_s=_STOP_S) for member in self.members.values()))
        self.note(left=dict(zip(self.members, codes, strict=True)))

    async def _sample(self) -> None:
        while True:
            for code, member in self.members.items():
                for name, pids in (("node", [member.pid]), ("server", member.servers())):
                    for pid in pids:
                        if pid is not None:
                            key = f"{code} {name}"
                            self._memory[key] = max(self._memory.get(key, 0.0), round(memory_mb(pid), 1))
            await asyncio.sleep(_SAMPLE_S)

    # -- furniture --------------------------------------------------------------------------------------------------

    def _furnish(self, code: str, ports: Iterator[int], *, has_disks: bool) -> None:
        """Put lines and disks where the member's own would be."""
        house, home = self._house, self._house.homes[code]
        dials = {}
        for link in house.links:
            if link.dialler == code:
                leaf = int(house.plans[link.listener].addresses.leaf.rpartition(":")[2])
                line = Line(next(ports), leaf, self._chance)
                self._lines["-".join(sorted((link.dialler, link.listener)))] = line
                dials[link.listener] = line.port
        near = int(house.plans[code].addresses.client.rpartition(":")[2])
        far = next(ports)
        self._homes[code] = ClientLine(near, far, self._chance)
        binary = home / "nats-server"
        real = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
        binary.write_text(f'#!/bin/sh\nexec {real} "$@" --port {far}\n')
        binary.chmod(0o700)
        table = ", ".join(f'{peer} = "127.0.0.1:{port}"' for peer, port in dials.items())
        house.edit(code, "[bus]\n", f'[bus]\nbinary = "{binary}"\ndial = {{ {table} }}\n')
        house.edit(code, "[[exchange.release]]", "[exchange]\nrequest_after_s = 0.7\n\n[[exchange.release]]")
        house.edit(code, 'kinds = ["warning.*",', 'kinds = ["warning.*", "campaign.*",')
        self._set_clock(code, 0.0)
        if has_disks:
            for part, folder in (("store", "data"), ("streams", "data/nats")):
                disk = Disk(home / folder)
                if disk.is_there:
                    self._disks[code, part] = disk

    def _greet(self, code: str) -> dict[str, object]:
        return self._work(code) if self._is_working else {"do": "rest"}

    def _work(self, code: str) -> dict[str, object]:
        seed = f"{self._schedule.seed} {code} {self.members[code].starts}"
        rate, detections = self._schedule.rates[code], self._schedule.detections
        return {"do": "work", "rate": rate, "detections": detections, "seed": seed}


def _ports(chance: random.Random) -> Iterator[int]:
    """Yield ports that nobody listens on, below those that the system gives to connections."""
    while True:
        port = chance.randrange(10_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        yield port


def _copy_store(store: Path, copy: Path) -> None:
    with (
        closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)


def _no_sockets(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if (Path(folder) / name).is_socket()]


def _put_back(older: Path, data: Path, *, streams_too: bool) -> None:
    for file in data.glob("store.db*"):
        file.unlink()
    for file in older.glob("store.db*"):
        shutil.copy(file, data / file.name)
    if streams_too:
        shutil.rmtree(data / "nats/jetstream")
        shutil.copytree(older / "nats/jetstream", data / "nats/jetstream")


async def _hashes(home: Path) -> set[str]:
    """Return the frames that a member holds; a store on a disk that is full is read once that has room again."""
    while True:
        try:
            return reading.hashes(home)
        except sqlite3.OperationalError:
            await asyncio.sleep(0.1)
