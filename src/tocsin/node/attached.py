"""A process of a member beside the one that runs its exchange: it follows what is admitted, and hands in records.

It reads the store itself, read-only, and is only told that there is something new: so what it works with passed the
door, and is on disk. What it hands in is issued by the exchange process, which alone seals. When that process is gone
it waits for the next and goes on where it was.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

import structlog

from tocsin.clock import Clock
from tocsin.codec import decode, encode
from tocsin.errors import ConfigError, ReplacedError
from tocsin.exchange import Rejected
from tocsin.node.config import MemberConfig
from tocsin.node.part_words import (
    LINE_BYTES,
    SOCKET,
    Attach,
    Attached,
    ExchangeSays,
    News,
    NoPlace,
    PartSays,
    Progress,
    Refuse,
    Replaced,
    Submit,
    Taken,
)
from tocsin.node.wiring import open_store
from tocsin.records import Record
from tocsin.store import RecordQuery, Store, StoredRecord

_RETRY_S = 0.25
_SETTLE_S = 5.0
"""How long a part that is to stop waits for what it handed in."""
_AT_ONCE = 512
"""Records that ``follow`` hands over at most in one list."""

log = structlog.get_logger()


class _Waiting(NamedTuple):
    number: int
    records: tuple[Record, ...]


class AttachedPart:
    """One part of a member. ``run`` keeps it attached; the other calls are made beside it.

    Args:
        config: The member's TOML.
        name: Of the part; of two processes with one name the younger stays, and the other's ``run`` ends.
        clock: Tells which of two processes is the younger.
        is_urgent: Whether what is admitted goes to disk at once while this part is attached, at some cost.
    """

    def __init__(self, config: MemberConfig, name: str, *, clock: Clock, is_urgent: bool = False) -> None:
        self.name = name
        self._is_urgent = is_urgent
        self.generation = 0
        """As the exchange process counts; 0 before the part was attached first."""
        self._config = config
        self._born_s = clock.monotonic_s()
        self._store: Store | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._is_attached = asyncio.Event()
        self._news = asyncio.Event()
        self._known_order = 0
        self._numbers = itertools.count(1)
        self._waiting: deque[_Waiting] = deque()
        self._settled = asyncio.Event()

    @property
    def is_attached(self) -> bool:
        """Whether the exchange process is there."""
        return self._is_attached.is_set()

    @property
    def waiting(self) -> int:
        """How many submissions are not known to be done."""
        return len(self._waiting)

    @property
    def known_order(self) -> int:
        """Order of the last record that the exchange process has told of."""
        return self._known_order

    async def run(self) -> None:
        """Attach, and again whenever the exchange process has gone, until cancelled.

        Raises:
            ConfigError: The running node does the part's work itself.
            ReplacedError: Another process has this part's name now.
        """
        path = self._config.path(SOCKET)
        is_told = False
        try:
            while True:
                try:
                    reader, writer = await asyncio.open_unix_connection(path, limit=LINE_BYTES)
                except OSError:
                    if not is_told:
                        log.info("waiting for the exchange process", part=self.name, socket=str(path))
                    is_told = True
                    await asyncio.sleep(_RETRY_S)
                    continue
                is_told = False
                with suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
                    await self._talk(reader, writer)
                log.warning("the exchange process is gone", part=self.name)
                await asyncio.sleep(_RETRY_S)
        finally:
            self._close()
            if self._store is not None:
                self._store.close()
                self._store = None

    async def attached(self) -> Store:
        """Wait until the part is attached, and return the member's store, open for reading alone."""
        while True:
            await self._is_attached.wait()
            if self._store is not None:
                return self._store

    async def follow(
        self, after_order: int | None = None, *, query: RecordQuery | None = None
    ) -> AsyncIterator[list[StoredRecord]]:
        """Yield what is admitted, in order, each list as soon as it is on disk; goes on over restarts of the exchange.

        Args:
            after_order: Where to begin; none: at what comes from now on.
            query: Only what it asks for.

        Raises:
            StoreError: The store cannot be read.
        """
        store = await self.attached()
        order = self._known_order if after_order is None else after_order
        while True:
            self._news.clear()
            known = self._known_order
            found = await asyncio.to_thread(_read, store, replace(query or RecordQuery(), after_order=order))
            if found:
                order = found[-1].order
                yield found
                continue
            order = max(order, known)  # what is missing below is of no interest, or was recalled
            if order >= self._known_order:
                await self._news.wait()

    def progress(self, order: int, problems: dict[str, str] | None = None) -> None:
        """Tell the operator how far this part is, and what is wrong with its desks."""
        self._say(Progress(order=order, problems=problems or {}))

    def submit_soon(self, records: Sequence[Record]) -> None:
        """Hand records of our own in; they are issued in the order of these calls, each once.

        They are handed in again after a restart of the exchange process until they are known to be on disk. What is
        refused is logged, and one record of several that is refused does not take the others with it.
        """
        waiting = _Waiting(next(self._numbers), tuple(records))
        self._waiting.append(waiting)
        self._say(Submit(number=waiting.number, records=waiting.records))

    async def settled(self) -> None:
        """Wait until all that was handed in is issued or refused."""
        while self._waiting:
            self._settled.clear()
            await self._settled.wait()

    def refuse(self, refused: Sequence[Rejected]) -> None:
        """Put into the quarantine what a desk could not take; lost if the exchange process is not there."""
        if refused:
            self._say(Refuse(refused=tuple(refused)))

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._say(Attach(part=self.name, pid=os.getpid(), born_s=self._born_s, is_urgent=self._is_urgent))
        try:
            while True:
                line = await reader.readuntil()
                self._hear(decode(line, ExchangeSays, max_bytes=LINE_BYTES))  # type: ignore[arg-type]
        finally:
            self._close()

    def _hear(self, said: ExchangeSays) -> None:
        match said:
            case Attached():
                self.generation = said.generation
                self._open_store()
                self._know(said.order)
                for waiting in self._waiting:
                    self._say(Submit(number=waiting.number, records=waiting.records, is_again=True))
                self._is_attached.set()
                log.info("attached", part=self.name, generation=said.generation)
            case News(order=order):
                self._know(order)
            case Taken():
                self._settle(said)
            case NoPlace():
                raise ConfigError(
                    f"the running node does the work of {self.name} itself", path="node",
                    advice="Start the node anew, so that it reads this configuration",
                )  # fmt: skip
            case Replaced(by_pid=pid):
                raise ReplacedError(
                    f"another process ({pid}) is the part {self.name} of this member now",
                    advice="Run one process for each part",
                )

    def _settle(self, taken: Taken) -> None:
        found = next((waiting for waiting in self._waiting if waiting.number == taken.number), None)
        if found is None:
            return
        self._waiting.remove(found)
        if taken.error and len(found.records) > 1:  # one that may not be must not take the others with it
            for record in found.records:
                self.submit_soon([record])
        elif taken.error:
            log.warning("a record may not be", part=self.name, record=found.records[0].id, error=taken.error)
        self._settled.set()

    def _know(self, order: int) -> None:
        self._known_order = order
        self._news.set()

    def _open_store(self) -> None:
        if self._store is None:
            self._store = open_store(self._config, read_only=True)

    def _say(self, said: PartSays) -> None:
        writer = self._writer
        if writer is not None and not writer.is_closing():
            writer.write(encode(said) + b"\n")

    def _close(self) -> None:
        self._is_attached.clear()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()


async def serve_part(
    part: AttachedPart, works: Sequence[Callable[[], Coroutine[None, None, None]]], stop: asyncio.Event
) -> None:
    """Keep a part attached and do its works until told to stop, or one of them has failed.

    Raises:
        TocsinError: What a work failed with.
    """
    doing = [asyncio.create_task(work()) for work in (part.run, *works)]
    stopping = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([stopping, *doing], return_when=asyncio.FIRST_COMPLETED)
        if done == {stopping} and part.is_attached:
            with suppress(TimeoutError):
                async with asyncio.timeout(_SETTLE_S):
                    await part.settled()
    finally:
        for task in (stopping, *doing):
            task.cancel()
        await asyncio.gather(stopping, *doing, return_exceptions=True)
    for ended in done:
        ended.result()


def _read(store: Store, query: RecordQuery) -> list[StoredRecord]:
    return list(islice(store.records(query), _AT_ONCE))
