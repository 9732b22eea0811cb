"""Numbered detections from several members without end, so that something is always under way while they change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from tests.nodes import Local, issue


class Traffic:
    """What some members issue, each for an audience that may change.

    Args:
        audience: Of what each issues, until ``address`` says otherwise.
        rate: Records a second of each.
    """

    def __init__(self, audience: Sequence[str], *, rate: float = 60.0) -> None:
        self.audience = tuple(audience)
        self._rate = rate
        self._numbers: dict[str, int] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, node: Local) -> None:
        """Let a member issue."""
        self._tasks[node.code] = asyncio.create_task(self._run(node), name=f"traffic of {node.code}")

    async def _run(self, node: Local) -> None:
        while True:
            first = self._numbers.get(node.code, 0)
            self._numbers[node.code] = first + 5
            audience = tuple(code for code in self.audience if code in node.node.exchange.trust.roster.codes)
            await issue(node.node, range(first, first + 5), audience, node.told, rate=self._rate)

    async def end(self, *codes: str) -> None:
        """Let some members, or all, issue no more, after what they have begun is safe."""
        tasks = [self._tasks.pop(code) for code in codes or tuple(self._tasks)]
        for task in tasks:
            task.cancel()
        for done in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(done, Exception):
                raise done

    async def more(self, nodes: Mapping[str, Local], count: int = 30) -> None:
        """Wait until each of some members has so many more on disk."""
        goals = {code: len(node.told.acked) + count for code, node in nodes.items()}
        async with asyncio.timeout(30):
            while any(len(nodes[code].told.acked) < goal for code, goal in goals.items()):  # noqa: ASYNC110
                await asyncio.sleep(0.05)  # what is acknowledged is noted, not told


@asynccontextmanager
async def flowing(nodes: Mapping[str, Local], audience: Sequence[str]) -> AsyncIterator[Traffic]:
    """Let all these members issue until the block ends."""
    traffic = Traffic(audience)
    for node in nodes.values():
        traffic.begin(node)
    try:
        yield traffic
    finally:
        await traffic.end()
