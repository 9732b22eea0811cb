"""Gives members the frames that they ask for (spec 7.5), a few at a time and within their quota (spec 15.1).

A request is small and its answer is not: whoever asks for everything again and again would otherwise have us read and
send without end, on the loop that warnings go through.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from itertools import islice

import structlog

from tocsin.errors import StoreError
from tocsin.exchange import Exchange
from tocsin.records import AdmittedFrame, ChainId, Peer, Released, Request
from tocsin.store import Store, StoredFrame, reread

REQUESTS = 64
"""Requests of one member that wait; what comes on top is passed over, and asked for again by whoever means it."""

FRAMES_AT_ONCE = 16
"""Read and sent in one turn."""

_LOOK_AGAIN_S = 0.1

Asked = tuple[ChainId, Request]

log = structlog.get_logger()


class GivingBack:
    """Answers the requests that come to one node.

    Args:
        exchange: Says what may go to whom, and keeps the accounts.
        store: Where the frames are.
        send: Sends one.
        on_passed_over: Told of each member whose request was passed over.
    """

    def __init__(
        self,
        exchange: Exchange,
        store: Store,
        send: Callable[[Released[Peer]], None],
        on_passed_over: Callable[[str], None],
    ) -> None:
        self._exchange = exchange
        self._store = store
        self._send = send
        self._on_passed_over = on_passed_over
        self._asked: dict[str, OrderedDict[Asked, Iterator[StoredFrame]]] = {}
        """By member what it asked for, oldest first, with what is left of the answer."""
        self._is_due = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many requests are not answered yet."""
        return sum(map(len, self._asked.values()))

    def ask(self, chain: ChainId, request: Request, asker: str) -> None:
        """Take a request; one that waits already is the same one."""
        if asker not in self._exchange.trust.roster.neighbours(self._exchange.member):
            return  # another neighbour of the one that asks will answer
        asked = self._asked.setdefault(asker, OrderedDict())
        if (chain, request) in asked:
            return
        if len(asked) >= REQUESTS:
            self._exchange.ledger.note_passed_over(asker)
            self._on_passed_over(asker)
            return
        asked[chain, request] = self._store.chains.frames(
            chain, epoch=request.epoch, after=request.after, up_to=request.up_to
        )
        self._is_due.set()

    async def run(self) -> None:
        """Answer until cancelled, one member after the other."""
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            while self._asked:
                waits_s = [await self._give_some(asker, asked) for asker, asked in list(self._asked.items())]
                self._asked = {asker: asked for asker, asked in self._asked.items() if asked}
                await asyncio.sleep(min(*waits_s, _LOOK_AGAIN_S))

    async def _give_some(self, asker: str, asked: OrderedDict[Asked, Iterator[StoredFrame]]) -> float:
        """Give a part of what a member asked for first; return the seconds until it may have more."""
        ledger = self._exchange.ledger
        wait_s = ledger.wait_to_give_s(asker)
        if wait_s > 0:
            return wait_s
        first, frames = next(iter(asked.items()))
        found: list[AdmittedFrame] = []
        try:
            found = await asyncio.to_thread(lambda: [reread(each) for each in islice(frames, FRAMES_AT_ONCE)])
        except StoreError as error:
            log.warning("frames cannot be given back", to=asker, error=str(error))
        given = self._exchange.give_back(found, asker)
        for released in given:
            self._send(released)
        ledger.note_given(asker, max(1, len(given)), sum(len(released.data) for released in given))
        if len(found) < FRAMES_AT_ONCE:
            del asked[first]
        return 0.0
