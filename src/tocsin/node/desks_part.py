"""The desks of a member in a process of their own: ``tocsin up --part desks``."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Sequence

import structlog

from tocsin.clock import SystemClock
from tocsin.node.attached import AttachedPart, serve_part
from tocsin.node.compiling import until_compiled
from tocsin.node.config import MemberConfig
from tocsin.node.desk_work import DeskWork
from tocsin.node.desks import DeskContext, open_desks
from tocsin.node.part_words import DESKS
from tocsin.node.resuming import resume
from tocsin.records import Admitted

log = structlog.get_logger()


class DesksPart:
    """Runs a member's desks on what its exchange process admits, and hands in what they make.

    Args:
        config: The member's TOML; its ``node.desks`` says ``apart``.
    """

    def __init__(self, config: MemberConfig) -> None:
        clock = self._clock = SystemClock()
        self._resume_s = config.node.resume_s
        self.part = AttachedPart(config, DESKS, clock=clock, is_urgent=True)
        context = DeskContext(config.member.code, config, lambda: secrets.token_hex(16))
        self.work = DeskWork(
            open_desks(context), clock, issue=self.part.submit_soon, refuse=self.part.refuse,
            on_own=lambda _record: None, on_pass=self._on_pass,
        )  # fmt: skip
        self._orders: deque[int] = deque()
        self._is_resumed = asyncio.Event()

    async def serve(self, stop: asyncio.Event) -> None:
        """Work until told to stop.

        Raises:
            ReplacedError: Another process runs the desks now.
            StoreError: The store cannot be read.
        """
        await serve_part(self.part, [self._feed, self._work], stop)

    async def _feed(self) -> None:
        store = await self.part.attached()
        await self.work.prepare(self._until_compiled)
        now = self._clock.now()
        order = await asyncio.to_thread(resume, self.work.desks, store, span_s=self._resume_s, now=now)
        self.part.progress(order)
        self._is_resumed.set()
        async for found in self.part.follow(order):
            self._orders += (stored.order for stored in found)
            self.work.put(stored.admitted for stored in found)

    async def _until_compiled(self, tell: Callable[[str], None]) -> None:
        def tell_both(words: str) -> None:
            tell(words)
            self.part.progress(self.part.known_order, self.work.problems)

        await until_compiled(tell_both)

    async def _work(self) -> None:
        await self._is_resumed.wait()
        await self.work.run()

    def _on_pass(self, seen: Sequence[Admitted]) -> None:
        if not seen:
            return
        order = [self._orders.popleft() for _ in seen][-1]
        self.part.progress(order, self.work.problems)
