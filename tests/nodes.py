"""Whole nodes for tests: folders, keys, wires between their servers, nodes here or in processes, and an audit."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
import tomllib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import msgspec
import psycopg
from tests.servers import Wire, eventually, free_ports

from tocsin.clock import SystemClock
from tocsin.exchange import verify_frames
from tocsin.node import Addresses, Node, Plan, Watcher, links_for, make_federation, make_member, read_config
from tocsin.node.changing import Changes
from tocsin.records import Precedence, Record
from tocsin.signing import Link, Roster, RosterMember
from tocsin.testing.federation import make_detection

ROOT = Path(__file__).parents[1]
CODES = ("JPN", "KOR", "USA")
KIND = "warning.detection"


class Homes(Protocol):
    """Folders of members, and the rosters that were in force among them, oldest first."""

    homes: dict[str, Path]
    rosters: list[Roster]


class House:
    """The folders of some members, with wires in place of the lines between them.

    Args:
        directory: Where to make them.
        topology: ``mesh``, or ``hub`` with USA in the middle.
        codes: The members.
        later: Members whose folders are there and whom the roster does not know yet.
        wired: Whether every link goes through a ``Wire``.
        ports: Ports to listen on; the system's choice unless given.
    """

    def __init__(
        self, directory: Path, topology: str = "mesh", *, codes: Sequence[str] = CODES, later: Sequence[str] = (),
        wired: bool = False, ports: Iterator[int] | None = None,
    ) -> None:  # fmt: skip
        self.codes = tuple(codes)
        self.links = links_for(topology, codes, hub="USA")
        ports = ports or iter(free_ports(3 * (len(codes) + len(later)) + len(self.links)))
        plans = [
            Plan(code, code, directory / code, Addresses(*(f"127.0.0.1:{next(ports)}" for _ in range(3))))
            for code in (*codes, *later)
        ]
        self.homes = {plan.code: plan.home for plan in plans}
        self.plans = {plan.code: plan for plan in plans}
        self.roster: Roster = make_federation(
            [self.plans[code] for code in codes], self.links, name="test", now=SystemClock().now()
        )
        self.rosters = [self.roster]
        """All that were in force, oldest first."""
        dialled = links_for(topology, sorted({*codes, *later}), hub="USA")
        self.introductions: dict[str, RosterMember] = {
            code: make_member(
                self.plans[code], dials=[link.listener for link in dialled if link.dialler == code],
                now=SystemClock().now(), audiences=[],
            )
            for code in later
        }  # fmt: skip
        """What members that join later tell of themselves."""
        self.wires: dict[Link, Wire] = {}
        if wired:
            for link in self.links:
                leaf = self.plans[link.listener].addresses.leaf
                self.wires[link] = Wire(int(leaf.rpartition(":")[2]), port=next(ports))
            for code in codes:
                dials = {link.listener: wire.port for link, wire in self.wires.items() if link.dialler == code}
                table = ", ".join(f'{peer} = "127.0.0.1:{port}"' for peer, port in dials.items())
                self.edit(code, "[bus]\n", f"[bus]\ndial = {{ {table} }}\n")

    def edit(self, code: str, old: str, new: str) -> None:
        """Change a member's TOML."""
        file = self.homes[code] / "member.toml"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))

    def wire(self, one: str, other: str) -> Wire:
        """Return the wire between two members."""
        return next(wire for link, wire in self.wires.items() if {link.dialler, link.listener} == {one, other})


@dataclass
class Told:
    """What a producer was told is safe."""

    acked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Audience by record id."""

    def note(self, ids: Iterable[str], audience: Sequence[str]) -> None:
        """Note records that are on the originator's disk."""
        self.acked |= dict.fromkeys(ids, tuple(audience))


class Local:
    """A node in this process, served as ``tocsin up`` serves it."""

    def __init__(self, house: House, code: str, *, watcher: Watcher | None = None) -> None:
        self.code = code
        self.home = house.homes[code]
        self.told = Told()
        self.watcher = watcher
        self._node: Node | None = None
        self._stop = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None

    @property
    def node(self) -> Node:
        """The node that runs."""
        assert self._node is not None
        return self._node

    async def start(self) -> None:
        """Start it with what its folder says now."""
        self._node = Node(read_config(self.home / "member.toml"), watcher=self.watcher)
        await self._node.start()
        self._stop = asyncio.Event()
        self._serving = asyncio.create_task(self._node.serve(self._stop))
        self.changes = Changes(self._node)

    async def stop(self) -> None:
        """Stop it; what made it fail before is raised."""
        serving, self._serving = self._serving, None
        if serving is None:
            return
        self._stop.set()
        try:
            await serving
        finally:
            await self.node.stop()

    async def until_ended(self) -> None:
        """Wait until it gives up by itself; ``stop`` then raises why."""
        assert self._serving is not None
        async with asyncio.timeout(20):
            await asyncio.wait([self._serving])

    async def issue(
        self,
        numbers: range,
        audience: Sequence[str],
        *,
        rate: float = 200.0,
        precedence: Precedence = Precedence.FLASH,
    ) -> None:
        """Issue numbered detections and wait until the last is on disk."""
        await issue(self.node, numbers, audience, self.told, rate=rate, precedence=precedence)


async def issue(
    node: Node,
    numbers: range,
    audience: Sequence[str],
    told: Told,
    *,
    rate: float,
    precedence: Precedence = Precedence.FLASH,
) -> None:
    """Issue one detection after the other, each told of as safe once the store has it."""
    for number in numbers:
        record = msgspec.structs.replace(numbered(node.member, number, audience), precedence=precedence)
        node.issue([record])
        if number % 5 == 4 or number == numbers[-1]:
            await node.keeper.flush()
            told.note((record_id(node.member, n) for n in range(numbers[0], number + 1)), audience)
        await asyncio.sleep(1 / rate)


def numbered(code: str, number: int, audience: Sequence[str]) -> Record:
    """Return one detection."""
    return make_detection(record_id(code, number), code, audience, issued_at=SystemClock().now())


def record_id(code: str, number: int) -> str:
    """Return the id of a numbered detection."""
    return f"{code}-{number:05d}"


class Remote:
    """A node in a process of its own, that can be killed (``tests/node_process.py``).

    Args:
        house: The folders.
        code: The member.
        root: The source tree that it runs; another one's is another version of Tocsin.
    """

    def __init__(self, house: Homes, code: str, *, root: Path = ROOT) -> None:
        self.root = root
        self.code = code
        self.home = house.homes[code]
        self.told = Told()
        self.epochs: list[str] = []
        self.server_pid = 0
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    async def start(self) -> None:
        """Start it and wait until it has joined."""
        count = len(self.epochs)
        log = (self.home / "process.log").open("ab")
        with log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, str(self.root / "tests/node_process.py"), str(self.home / "member.toml"),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
                env={**os.environ, "PYTHONPATH": f"{self.root / 'src'}{os.pathsep}{self.root}"},
            )  # fmt: skip
        self._reader = asyncio.create_task(self._read(self._process))
        await self._until(lambda: len(self.epochs) > count)

    def begin(self, numbers: range, audience: Sequence[str], *, rate: float = 200.0) -> None:
        """Let it begin to issue numbered detections."""
        assert self._process is not None
        assert self._process.stdin is not None
        order = {"from": numbers.start, "to": numbers.stop, "audience": list(audience), "rate": rate}
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    async def issue(self, numbers: range, audience: Sequence[str], *, rate: float = 200.0) -> None:
        """Issue numbered detections and wait until all are told of as safe."""
        self.begin(numbers, audience, rate=rate)
        await self.until_acked(record_id(self.code, numbers[-1]))

    async def until_acked(self, one: str) -> None:
        """Wait until a record is told of as safe."""
        await self._until(lambda: one in self.told.acked)

    async def kill(self, *, server_too: bool = True) -> None:
        """Kill the node without warning, and its server with it or not before it notices."""
        assert self._process is not None
        assert self._reader is not None
        server = os.pidfd_open(self.server_pid)
        try:
            if server_too:
                os.kill(self.server_pid, 9)
            self._process.kill()
            await self._process.wait()
            await self._reader
            await until_readable(server)
        finally:
            os.close(server)
        self._process = None

    async def stop(self) -> None:
        """Let it end as it does on SIGTERM."""
        if self._process is None or self._reader is None:
            return
        self._process.terminate()
        async with asyncio.timeout(120):  # a desk that computes in a thread is waited for
            assert await self._process.wait() == 0, (self.home / "process.log").read_text()[-3000:]
        await self._reader
        self._process = None

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            said = json.loads(line)
            if "epoch" in said:
                self.server_pid = said["server_pid"]
                self.epochs.append(said["epoch"])
            else:
                self.told.note(said["acked"], said["audience"])
            self._changed.set()
        self._changed.set()

    async def _until(self, is_true: Callable[[], bool]) -> None:
        async with asyncio.timeout(40):
            while not is_true():
                assert self._process is not None
                assert self._reader is not None
                assert not self._reader.done(), (self.home / "process.log").read_text()[-3000:]
                self._changed.clear()
                await self._changed.wait()


async def until_readable(descriptor: int) -> None:
    """Wait until a descriptor is readable; a process's is once it has ended."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        async with asyncio.timeout(20):
            await ready.wait()
    finally:
        loop.remove_reader(descriptor)


@asynccontextmanager
async def running(
    house: House, *, remote: Sequence[str] = (), without: Sequence[str] = ()
) -> AsyncIterator[dict[str, Any]]:
    """Run the members (``Local``, or ``Remote`` in processes of their own) but for some."""
    nodes: dict[str, Local | Remote] = {
        code: Remote(house, code) if code in remote else Local(house, code)
        for code in house.codes
        if code not in without
    }
    async with AsyncExitStack() as stack:
        for wire in house.wires.values():
            await wire.start()
            stack.push_async_callback(wire.cut)
        for node in nodes.values():
            stack.push_async_callback(node.stop)
        await asyncio.gather(*(node.start() for node in nodes.values()))
        yield nodes


# -- what lies on the disks, read without Tocsin's own store --------------------------------------------------------


@dataclass
class Disk:
    """What one member's store holds."""

    frames: list[bytes]
    ids: Counter[str]
    """Of detections, by how many frames they came in."""
    believed: set[str]
    """Ids of the detections that can be asked for; a frame may hold others, that the door refused."""
    foreign: list[str]
    """Ids of records that can be asked for and whose marking does not name the member."""
    refused: list[tuple[str, str, str]]
    """Peer, reason and detail of what was refused."""


def read_disk(home: Path) -> Disk:
    """Read a member's store as it stands, also while its node runs."""
    with closing(_database(home)) as database:
        frames = [row[0] for row in database.execute("SELECT data FROM frames")]
        refused = database.execute("SELECT via, reason, detail FROM quarantine").fetchall()
        records = database.execute("SELECT id, kind, audience FROM records").fetchall()
    slips = [slip.get("record", {}) for data in frames for slip in json.loads(data)["records"]]
    ids = Counter(record["id"] for record in slips if record.get("kind") == KIND)
    believed = {id_ for id_, kind, _ in records if kind == KIND}
    foreign = [id_ for id_, _, audience in records if home.name not in audience.split("-")]
    return Disk(frames, ids, believed, foreign, refused)


def _database(home: Path) -> Any:
    url = tomllib.loads((home / "member.toml").read_text())["store"].get("url")
    if url is None:
        return sqlite3.connect(f"file:{home / 'data/store.db'}?mode=ro", uri=True)
    return psycopg.connect(url)


async def until_level(house: Homes, told: Iterable[Told], *, without: Sequence[str] = ()) -> None:
    """Wait until every member's store holds all that the producers were told is safe and that it may have."""
    acked = _acked(told)
    homes = {code: home for code, home in house.homes.items() if code not in without}

    async def level() -> bool:
        for code, home in homes.items():
            held = read_disk(home).ids
            if any(code in audience and one not in held for one, audience in acked.items()):
                return False
        return True

    try:
        await eventually(level, timeout_s=40.0)
    except TimeoutError:
        missing = {
            code: [one for one, audience in acked.items() if code in audience and not read_disk(home).ids[one]]
            for code, home in homes.items()
        }
        raise AssertionError({code: (len(ids), ids[:3], ids[-1:]) for code, ids in missing.items()}) from None


def audit(house: Homes, told: Iterable[Told], *, refused_by: Sequence[str] = (), without: Sequence[str] = ()) -> None:
    """Nothing lost, nothing doubled, nothing outside its audience, every chain whole.

    Args:
        house: The folders; no node runs.
        told: What the producers were told.
        refused_by: Members that were right to refuse something.
        without: Members that kept nothing, and of whom nothing good is expected.
    """
    acked = _acked(told)
    assert acked
    for code, home in house.homes.items():
        if code in without:
            continue
        disk = read_disk(home)
        lost = [
            one for one, audience in acked.items() if code in audience and one not in disk.ids.keys() & disk.believed
        ]
        assert lost == [], (code, len(lost), lost[:5])
        leaked = [one for one, audience in acked.items() if code not in audience and one in disk.ids]
        assert leaked == disk.foreign == [], code
        doubled = [one for one, count in disk.ids.items() if count > 1]
        assert doubled == [], (code, doubled[:5])
        report = verify_frames(disk.frames, house.rosters)
        assert [each for each in report.breaks if not each.where.startswith(tuple(without))] == [], code
        assert [gap for gap in report.gaps if gap.chain.originator not in without] == [], code
        assert code in refused_by or disk.refused == [], (code, disk.refused[:5])


def _acked(told: Iterable[Told]) -> dict[str, tuple[str, ...]]:
    return {one: audience for each in told for one, audience in each.acked.items()}


async def until(is_true: Callable[[], bool], *, timeout_s: float = 20.0) -> None:
    """Look again and again at what nobody tells of."""

    async def ask() -> bool:
        return is_true()

    await eventually(ask, timeout_s=timeout_s)


async def gathered(*work: Awaitable[None]) -> None:
    """Do several things at once."""
    await asyncio.gather(*work)
