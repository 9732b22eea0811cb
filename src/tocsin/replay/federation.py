"""A whole federation on this machine, made for one replay and thrown away: real servers, real keys, status ``test``."""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from tocsin.clock import ManualClock, SystemClock
from tocsin.node import Addresses, Node, Plan, Watcher, links_for, make_federation, read_config
from tocsin.node.process import prefer_the_loop
from tocsin.signing import Link

STATUS = "test"
PATIENCE_S = 30.0


class Throwaway:
    """Nodes that wait for the replay's steps.

    Args:
        codes: The members.
        links: Who is joined with whom.
        audiences: For whom assessments are published.
        start: Where the scenario's clocks begin.
        new_id: Gives a member's record ids.
    """

    def __init__(
        self,
        codes: Sequence[str],
        *,
        links: Sequence[Link],
        audiences: Sequence[tuple[str, ...]],
        start: datetime,
        new_id: Callable[[str], str],
    ) -> None:
        self.codes = tuple(sorted(codes))
        self.links = tuple(links)
        self.audiences = tuple(audiences)
        self.clocks = {code: ManualClock(start) for code in self.codes}
        self.watchers = {code: Watcher() for code in self.codes}
        self.nodes: dict[str, Node] = {}
        self._new_id = new_id
        self._home = Path(tempfile.mkdtemp(prefix="tocsin-replay-"))
        self._arrived = asyncio.Event()

    async def start(self) -> None:
        """Make the members' folders and start their nodes.

        Raises:
            TocsinError: A node does not start.
        """
        ports = iter(free_ports(3 * len(self.codes)))
        plans = [
            Plan(
                code, code, self._home / code,
                Addresses(*(f"127.0.0.1:{next(ports)}" for _ in range(3))),
            )
            for code in self.codes
        ]  # fmt: skip
        # certificates are checked by real clocks, whatever day the scenario plays on
        make_federation(plans, self.links, name="replay", now=SystemClock().now(), audiences=self.audiences)
        for plan in plans:
            watcher = self.watchers[plan.code]
            watcher.on_heads = self._arrived.set
            self.nodes[plan.code] = Node(
                read_config(plan.home / "member.toml"), clock=self.clocks[plan.code], paced=True, watcher=watcher,
                new_id=partial(self._new_id, plan.code),
            )  # fmt: skip
        try:
            async with asyncio.TaskGroup() as group:
                for node in self.nodes.values():
                    group.create_task(node.start())
        except ExceptionGroup as failed:  # the first that does not start says why; the others were called off
            raise failed.exceptions[0] from None
        prefer_the_loop()
        await self._joined()

    async def stop(self) -> None:
        """Stop everything and remove the folders."""
        await asyncio.gather(*(node.stop() for node in self.nodes.values() if node.is_started), return_exceptions=True)
        shutil.rmtree(self._home, ignore_errors=True)

    def set_time(self, now: datetime) -> None:
        """Set the scenario's time of day, everywhere at once."""
        for clock in self.clocks.values():
            clock.step_to(now)

    async def level(self, tick: int) -> None:
        """Sign the heads of a tick and wait until everyone holds all that they name.

        Raises:
            TimeoutError: Something did not arrive within ``PATIENCE_S`` seconds.
        """
        for code in self.codes:
            self.nodes[code].sign_heads(tick=tick)
        signed_s = SystemClock().monotonic_s()
        deadline_s = signed_s + PATIENCE_S
        while not all(self.is_level(code, tick) for code in self.codes):
            self._arrived.clear()
            try:
                async with asyncio.timeout(0.5):
                    await self._arrived.wait()
            except TimeoutError:
                if SystemClock().monotonic_s() > deadline_s:
                    missing = [code for code in self.codes if not self.is_level(code, tick)]
                    raise TimeoutError(f"tick {tick}: {', '.join(missing)} did not get everything") from None
                for code in self.codes:  # heads go live only; one lost with a link that came up late is signed again
                    self.clocks[code].advance(1e-6)
                    self.nodes[code].sign_heads(tick=tick)

    def is_level(self, code: str, tick: int) -> bool:
        """Tell whether a member holds all that the others signed for at a tick."""
        exchange = self.nodes[code].exchange
        others = tuple(other for other in self.heard_by(code))
        return exchange.neighbours.is_level(exchange.chains, others, tick)

    def heard_by(self, code: str) -> tuple[str, ...]:
        """Return the members whose heads reach a member, over links of an audience that both are in."""
        return tuple(
            sorted(
                {
                    other
                    for audience in self.audiences
                    if code in audience
                    for other in audience
                    if other != code and _joined(code, other, set(audience), self.links)
                }
            )
        )

    async def _joined(self) -> None:
        """Wait until every pair has heard each other: links take a moment to come up."""
        await self.level(0)


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
