"""Takes what came through the door to the desks, and lets what they make of it go the way of all records."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import TypeVar

import structlog

from tocsin.clock import Clock
from tocsin.errors import MarkingError, NotReleasableError, RecordError, StatusMixError, StoreError
from tocsin.exchange import Rejected
from tocsin.node.desks import OpenDesk
from tocsin.records import Admitted, Record

TICK_S = 0.25
"""How long a desk waits for the time to be told when nothing comes in."""

AHEAD_RECORDS = 1000
"""Records that may be ahead of desks at work before durable frames wait: what comes live then is not behind many."""

AHEAD_AT_START = 20_000
"""Records that may lie here before the desks are at work, which may take minutes where the filter is compiled: nothing
is behind them then, and memory alone is what they take, some kilobytes each."""

UntilReady = Callable[[Callable[[str], None]], Awaitable[None]]
"""Waits for what desks need; is handed what tells people, in words, what that is."""

T = TypeVar("T")

log = structlog.get_logger()


class DeskWork:
    """The desks of one node at work.

    Args:
        desks: In the order in which they are asked.
        clock: The time of records.
        issue: Seals records of our own and sends what is released.
        refuse: Puts into the quarantine what a desk could not take.
        on_own: Told of each record that a desk has made.
        on_pass: Told of the records that all desks have seen by now.
    """

    def __init__(
        self,
        desks: Sequence[OpenDesk],
        clock: Clock,
        *,
        issue: Callable[[Sequence[Record]], object],
        refuse: Callable[[list[Rejected]], None],
        on_own: Callable[[Record], None],
        on_pass: Callable[[Sequence[Admitted]], None] = lambda _seen: None,
    ) -> None:
        self.desks = list(desks)
        self._clock = clock
        self._issue = issue
        self._refuse = refuse
        self._on_own = on_own
        self._on_pass = on_pass
        self._inbox: list[Admitted] = []
        self._is_due = asyncio.Event()
        self._turn = asyncio.Lock()
        """Of those that work with the desks, and of whoever puts another in place."""
        self._waits_for = ""
        self._is_at_work = False

    @property
    def waiting(self) -> int:
        """How many records no desk has seen yet."""
        return len(self._inbox)

    @property
    def is_behind(self) -> bool:
        """Whether so much waits that whoever can wait should."""
        return len(self._inbox) > (AHEAD_RECORDS if self._is_at_work else AHEAD_AT_START)

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong with each desk, or what it still waits for, in words, by name; without those that are well."""
        said = {desk.name: desk.problem or self._waits_for for desk in self.desks}
        return {name: problem for name, problem in said.items() if problem}

    def put(self, admitted: Iterable[Admitted]) -> None:
        """Lay records before the desks."""
        self._inbox += admitted
        self._is_due.set()

    def take_inbox(self) -> list[Admitted]:
        """Take out what no desk has seen yet."""
        inbox, self._inbox = self._inbox, []
        return inbox

    def step(self, admitted: Sequence[Admitted]) -> None:
        """Hand these to each desk, and issue what comes of them."""
        now = self._clock.now()
        for desk in self.desks:
            self._take_over(desk, list(desk.work(admitted, now)))

    async def prepare(self, until_ready: UntilReady | None) -> None:
        """Wait for what the desks need, if they need something; until ``run`` they count as not ready."""
        if until_ready is None or not self.desks:
            return
        try:
            await until_ready(self._wait_for)
        except Exception:  # whatever it is, the desk will tell of it, and frames come and go without
            log.exception("what the desks need could not be made ready")

    def _wait_for(self, words: str) -> None:
        self._waits_for = words

    async def run(self) -> None:
        """Work until cancelled."""
        self._waits_for = ""
        self._is_at_work = True
        log.info("ready", desks=[desk.name for desk in self.desks])
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._is_due.wait()
            self._is_due.clear()
            async with self._turn:
                inbox = self.take_inbox()
                now = self._clock.now()
                for desk in self.desks:
                    self._take_over(desk, await desk.work_beside(inbox, now))
                self._on_pass(inbox)

    async def between(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do something while no desk works, and one after the other: what it looks at is not changed meanwhile."""
        async with self._turn:
            return await work()

    async def renew(self, desk: OpenDesk, make_ready: Callable[[], Awaitable[object]]) -> None:
        """Put a desk in the place of the one of its name once it is ready; what comes in meanwhile waits for it."""
        async with self._turn:
            await make_ready()
            self.desks = [desk if each.name == desk.name else each for each in self.desks]

    def _take_over(self, desk: OpenDesk, made: list[list[Record]]) -> None:
        for records in made:
            self._issue_made(desk.name, records)
        self._refuse(desk.refused())

    def _issue_made(self, desk: str, made: list[Record]) -> None:
        if not made:
            return
        try:
            self._issue(made)
        except (NotReleasableError, StatusMixError, MarkingError, RecordError) as error:
            if len(made) > 1:  # one that may not be must not take the others with it
                for record in made:
                    self._issue_made(desk, [record])
                return
            log.warning("a desk made a record that may not be", desk=desk, record=made[0].id, error=str(error))
        except StoreError as error:
            log.warning("what a desk made is lost: the store cannot be asked", desk=desk, error=str(error))
        else:
            for record in made:
                self._on_own(record)
