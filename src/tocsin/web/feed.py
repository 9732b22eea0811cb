"""The feed: what is new, to everyone who looks, each message made once.

What matters is numbered, kept for a while and never dropped: whoever was away goes on after the last number seen.
Where things are is told to each client as often as it takes it, and only the newest counts. A client that takes
nothing for long is cut off, and comes back for the rest.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, field

from tocsin.codec import encode
from tocsin.web.shapes import AlertNow, EventNews, Gone, LinksNow, OfficeNow, RecordNews, TracksNow

KEPT = 4000
"""Numbered messages that can be had again."""

_MOST_WAITING = 2000
"""Numbered messages that wait for one client before it is cut off."""

Lasting = EventNews | RecordNews
Passing = TracksNow | LinksNow | AlertNow | OfficeNow

_Sort = tuple[type[Passing], str]
"""Which messages take the place of one another."""


class TooSlowError(Exception):
    """A client has not taken what was for it."""


@dataclass(eq=False)
class _Client:
    lasting: deque[bytes] = field(default_factory=deque)
    passing: dict[_Sort, bytes] = field(default_factory=dict)
    is_due: asyncio.Event = field(default_factory=asyncio.Event)
    is_lost: bool = False


class Feed:
    """Hands messages to all clients."""

    def __init__(self) -> None:
        self.epoch = secrets.token_hex(8)
        """Of the numbers: another one after a restart."""
        self.number = 0
        """Of the last numbered message."""
        self._kept: deque[tuple[int, bytes]] = deque(maxlen=KEPT)
        self._newest: dict[_Sort, bytes] = {}
        self._clients: set[_Client] = set()

    @property
    def clients(self) -> int:
        """How many listen now."""
        return len(self._clients)

    def tell(self, make: Callable[[int], Lasting]) -> None:
        """Number a message, keep it and give it to everyone.

        Args:
            make: Makes the message with its number.
        """
        self.number += 1
        data = encode(make(self.number))
        self._kept.append((self.number, data))
        for client in self._clients:
            if len(client.lasting) >= _MOST_WAITING:
                client.is_lost = True
            else:
                client.lasting.append(data)
            client.is_due.set()

    def tell_now(self, message: Passing, about: str = "") -> None:
        """Give everyone a message that takes the place of the one of its sort before it.

        Args:
            message: What is now.
            about: Tells apart what has messages of one sort each, such as alerts.
        """
        data, sort = encode(message), (type(message), about)
        if self._newest.get(sort) == data:
            return
        self._newest[sort] = data
        for client in self._clients:
            client.passing[sort] = data
            client.is_due.set()

    def drop(self, sort: type[Passing], kept: Collection[str]) -> None:
        """Tell nobody any more of what messages of one sort were about, but for what is kept."""
        self._newest = {each: data for each, data in self._newest.items() if each[0] is not sort or each[1] in kept}

    def forget(self) -> None:
        """Let nobody have or keep what was told before: something of it must no longer be shown."""
        self._kept.clear()
        self._newest.clear()
        gone = encode(Gone(number=self.number))
        for client in self._clients:
            client.lasting = deque([gone])
            client.passing.clear()
            client.is_due.set()

    async def listen(self, since: int, epoch: str) -> AsyncIterator[bytes]:
        """Yield encoded messages: those after a number first, then what comes, for ever.

        Args:
            since: The last number that was seen.
            epoch: Of that number.

        Raises:
            TooSlowError: The client takes less than is told.
        """
        client = _Client()
        if epoch != self.epoch or not self._has_after(since):
            client.lasting.append(encode(Gone(number=self.number)))
        else:
            client.lasting.extend(data for number, data in self._kept if number > since)
        client.passing.update(self._newest)
        self._clients.add(client)
        try:
            while True:
                while client.lasting or client.passing:
                    if client.is_lost:
                        raise TooSlowError
                    if client.lasting:
                        yield client.lasting.popleft()
                    else:
                        yield client.passing.pop(next(iter(client.passing)))
                client.is_due.clear()
                await client.is_due.wait()
        finally:
            self._clients.discard(client)

    def _has_after(self, since: int) -> bool:
        if since == self.number:
            return True
        return since < self.number and bool(self._kept) and self._kept[0][0] <= since + 1
