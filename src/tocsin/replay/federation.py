"""A whole federation on this machine, made for one replay and thrown away: real servers, real keys, status ``test``.

Every member is a process of its own, as it is in the world, and has its own server and its own store.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import structlog

from tocsin.bus import LinkState
from tocsin.calibration.compiling import compile_kernels
from tocsin.clock import SystemClock
from tocsin.errors import BusError, ConfigError, TocsinError
from tocsin.node import Addresses, Plan, links_for, make_federation
from tocsin.replay.member import AskLinks, Failed, Flush, Issue, Order, Report, Setting, Step, Stop, run_member
from tocsin.replay.processes import context
from tocsin.signing import Link
from tocsin.store import Store

STATUS = "test"
_ENDING_S = 20.0
_LOOK_AGAIN_S = 0.05

log = structlog.get_logger()


class Throwaway:
    """Members that wait for the replay's orders.

    Args:
        codes: The members.
        links: Who is joined with whom.
        audiences: For whom assessments are published.
        seed: Of the members' record ids.
        is_watched: Whether watch floors will follow the members.
        status: Of all that is played.
        knows_alone: Whether members also tell what they would have known alone.
    """

    def __init__(
        self,
        codes: Sequence[str],
        *,
        links: Sequence[Link],
        audiences: Sequence[tuple[str, ...]],
        seed: int,
        is_watched: bool = False,
        status: str = STATUS,
        knows_alone: bool = True,
    ) -> None:
        self._status = status
        self._knows_alone = knows_alone
        self.codes = tuple(sorted(codes))
        self._links = tuple(links)
        self._audiences = tuple(audiences)
        self._seed = seed
        self._is_watched = is_watched
        self._home = Path(tempfile.mkdtemp(prefix="tocsin-replay-"))
        self._members: dict[str, _Process] = {}
        self._reports: dict[str, Report] = {}
        """Of the first half of the tick."""

    async def start(self, scenario_start: datetime) -> None:
        """Make the members' folders and start their nodes.

        Args:
            scenario_start: Where the scenario's clocks begin, UTC.

        Raises:
            TocsinError: A node does not start.
        """
        ports = iter(free_ports(3 * len(self.codes)))
        plans = [
            Plan(code, code, self._home / code, Addresses(*(f"127.0.0.1:{next(ports)}" for _ in range(3))))
            for code in self.codes
        ]
        # certificates are checked by real clocks, whatever day the scenario plays on
        make_federation(plans, self._links, name="replay", now=SystemClock().now(), audiences=self._audiences)
        for plan in plans:
            setting = Setting(
                plan.code, plan.home, self.heard_by(plan.code), scenario_start, self._seed, self._is_watched,
                self._status, self._knows_alone,
            )  # fmt: skip
            self._members[plan.code] = _Process(setting)
        await asyncio.gather(until_compiled(), *(member.joined() for member in self._members.values()))

    async def issue(self, tick: int, now: datetime, records: Mapping[str, Sequence[bytes]], *, is_new: bool) -> None:
        """Let every member issue its records of a tick and wait until all of them are where they belong."""
        orders = {code: Issue(tick, now, tuple(records.get(code, ())), is_new) for code in self.codes}
        self._reports = await self._all(orders)

    async def step(self) -> dict[str, tuple[Report, Report]]:
        """Let every member's desks work; return what both halves of the tick brought about."""
        stepped = await self._all(dict.fromkeys(self.codes, Step()))
        return {code: (self._reports[code], stepped[code]) for code in self.codes}

    async def links(self) -> dict[str, dict[str, LinkState]]:
        """Return every member's view of its links."""
        return {code: report.links for code, report in (await self._all(dict.fromkeys(self.codes, AskLinks()))).items()}

    async def flush(self) -> dict[str, Report]:
        """Let every member write everything to disk."""
        return await self._all(dict.fromkeys(self.codes, Flush()))

    @property
    def homes(self) -> dict[str, Path]:
        """The folder of every member, by code."""
        return {code: self._home / code for code in self.codes}

    def open_stores(self) -> dict[str, Store]:
        """Open every member's store for reading."""
        return {code: Store.open(self._home / code / "data/store.db", read_only=True) for code in self.codes}

    async def keep(self, folder: Path) -> None:
        """Stop everything, and leave the members' folders under another name instead of removing them.

        Args:
            folder: Is made; what of it is there already stays.

        Raises:
            ConfigError: It cannot be written.
        """
        await asyncio.gather(*(member.stop() for member in self._members.values()))
        self._members = {}
        try:
            for code, home in self.homes.items():
                shutil.copytree(
                    home, folder / code, dirs_exist_ok=True, ignore=shutil.ignore_patterns("nats", "*.sock")
                )
        except (OSError, shutil.Error) as error:
            raise ConfigError(f"the members' folders cannot be kept: {error}", path=str(folder)) from error

    async def stop(self) -> None:
        """Stop everything and remove the folders."""
        await asyncio.gather(*(member.stop() for member in self._members.values()))
        self._members = {}
        shutil.rmtree(self._home, ignore_errors=True)

    def heard_by(self, code: str) -> tuple[str, ...]:
        """Return the members whose records can reach a member, over links of an audience that both are in."""
        heard = {
            other
            for audience in self._audiences
            if code in audience
            for other in audience
            if other != code and _joined(code, other, set(audience), self._links)
        }
        return tuple(sorted(heard))

    async def _all(self, orders: Mapping[str, Order]) -> dict[str, Report]:
        reports = await asyncio.gather(*(self._members[code].ask(order) for code, order in orders.items()))
        return dict(zip(orders, reports, strict=True))


async def until_compiled() -> None:
    """Wait until what the members compute with is compiled, by one process and not by each in its first launch.

    A member that compiles answers nobody meanwhile, and the others take it for lost.
    """
    process = context.Process(target=_compile, daemon=True)
    process.start()
    try:
        while process.is_alive():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(_LOOK_AGAIN_S)
    finally:
        process.kill()
        process.join()


def _compile() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the replay's to answer
    compile_kernels()


class _Process:
    """The replay's end of one member's process."""

    def __init__(self, setting: Setting) -> None:
        self._code = setting.code
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=setting.code)
        ours, theirs = context.Pipe()
        self._pipe: Connection = ours
        self._process: BaseProcess = context.Process(target=run_member, args=(theirs, setting), daemon=True)
        self._process.start()
        theirs.close()

    async def joined(self) -> None:
        """Wait until the node has started.

        Raises:
            TocsinError: It does not start.
        """
        async with self._turn:
            await self._answer()

    async def ask(self, order: Order) -> Report:
        """Have an order carried out.

        Raises:
            TocsinError: It could not be.
            TimeoutError: Something did not arrive.
        """
        async with self._turn:
            self._pipe.send(order)
            return await self._answer()

    async def stop(self) -> None:
        """End the process, by force if it does not end by itself."""
        try:
            await self.ask(Stop())
        except (TocsinError, TimeoutError, OSError):
            self._process.terminate()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._process.join, _ENDING_S)
        if self._process.is_alive():
            self._process.kill()
        self._pipe.close()
        self._thread.shutdown()

    async def _answer(self) -> Report:
        waiting = asyncio.get_running_loop().run_in_executor(self._thread, self._pipe.recv)
        try:
            answer = await asyncio.shield(waiting)
        except EOFError as error:
            raise BusError(f"the process of {self._code} has ended", advice="Its log may say why") from error
        except asyncio.CancelledError:
            await waiting  # the answer that is under way would be taken for that to the next order
            raise
        if isinstance(answer, Failed):
            raise TimeoutError(answer.message) if answer.is_late else BusError(answer.message, advice=answer.advice)
        if not isinstance(answer, Report):
            raise TypeError(f"{self._code} answered with {type(answer).__name__}")
        for warning in answer.warnings:
            log.warning(warning, member=self._code)
        return answer


def _joined(first: str, second: str, inside: set[str], links: Sequence[Link]) -> bool:
    found, edge = {first}, [first]
    while edge:
        at = edge.pop()
        for link in links:
            for here, there in ((link.dialler, link.listener), (link.listener, link.dialler)):
                if here == at and there in inside and there not in found:
                    found.add(there)
                    edge.append(there)
    return second in found


def links_of(topology: str, codes: Sequence[str], hub: str) -> tuple[Link, ...]:
    """Return the links of ``mesh``, ``hub`` or ``bilateral`` (which has the hub's)."""
    return links_for("mesh" if topology == "mesh" else "hub", codes, hub=hub)


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that nothing listens on now."""
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports
