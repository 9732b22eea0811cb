"""A producer: issues records of several kinds, and keeps a log of what it handed over and what it was promised."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import secrets
from pathlib import Path

import msgspec

from tocsin.codec import encode
from tocsin.errors import NotReleasableError
from tocsin.markings import marking_for
from tocsin.node import Node
from tocsin.records import Precedence, Record
from tocsin.testing.federation import make_detection

CODES = ("JPN", "KOR", "USA")
STATUSES = ("actual", "test", "exercise:alpha", "exercise:bravo")
PRECEDENCES = tuple(Precedence)
KINDS = ("campaign.note", "campaign.plan", "campaign.report")


class Producer:
    """Issues records at a node.

    Args:
        node: Where.
        log: One JSON object a line, appended: ``handed`` before a record is given to the node, ``kept`` once the
            node has promised that it will be with all of its audience.
    """

    def __init__(self, node: Node, log: Path) -> None:
        self.detections = 0.0
        """Share of records that the node's own desk works on."""
        self._node = node
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._work: asyncio.Task[None] | None = None
        self._promises: set[asyncio.Task[None]] = set()

    def begin(self, rate: float, seed: str) -> None:
        """Issue ``rate`` records a second from now on."""
        chance = random.Random(seed)
        self._work = self._started(self._go_on(rate, chance))

    def burst(self, count: int, seed: str) -> None:
        """Issue many records besides, as fast as the loop lets."""
        self._started(self._all_at_once(count, random.Random(seed)))

    async def rest(self) -> None:
        """Issue no more, and wait for what the node still has to promise."""
        if self._work is not None:
            self._work.cancel()
        while self._promises:
            await asyncio.wait(self._promises)

    async def stop(self) -> None:
        """Give up."""
        for task in tuple(self._promises):
            task.cancel()
        await asyncio.gather(*self._promises, return_exceptions=True)

    async def _go_on(self, rate: float, chance: random.Random) -> None:
        while True:
            count = chance.choice((1, 1, 1, 2, 5))
            self._issue([self._record(chance) for _ in range(count)])
            await asyncio.sleep(count / rate)

    async def _all_at_once(self, count: int, chance: random.Random) -> None:
        for _ in range(0, count, 10):
            self._issue([self._record(chance) for _ in range(10)])
            await asyncio.sleep(0)

    def _issue(self, records: list[Record]) -> None:
        for record in records:
            digest = hashlib.sha256(encode(record)).hexdigest()
            self._write(
                {
                    "handed": record.id, "kind": record.kind, "audience": record.marking.audience,
                    "status": record.status, "precedence": record.precedence.value, "sha256": digest,
                    "epoch": self._node.exchange.epoch,
                }
            )  # fmt: skip
        try:
            self._node.issue(records)
        except NotReleasableError as error:
            self._write({"refused": [record.id for record in records], "why": str(error)})
            return
        self._started(self._promised([record.id for record in records]))

    async def _promised(self, ids: list[str]) -> None:
        await self._node.kept()
        self._write({"kept": ids})

    def _record(self, chance: random.Random) -> Record:
        me = self._node.member
        peers = [code for code in CODES if code != me]
        audience = chance.choices([(*CODES,), (me, peers[0]), (me, peers[1]), (me,)], (5, 2, 2, 1))[0]
        status = chance.choices(STATUSES, (4, 3, 2, 1))[0]
        precedence = chance.choices(PRECEDENCES, (4, 3, 2, 2))[0]
        id_ = f"{me}-{secrets.token_hex(8)}"
        now = self._node.clock.now()
        if chance.random() < self.detections:
            return make_detection(id_, me, audience, status=status, precedence=precedence, issued_at=now)
        text = chance.choice(("", "말", "波", '\\u0041 "quoted"', "x" * chance.randint(0, 2000)))
        return Record(
            kind=chance.choice(KINDS), id=id_, originator=me, marking=marking_for(*audience), status=status,
            precedence=precedence, issued_at=now, synthetic=True, body=msgspec.Raw(msgspec.json.encode({"text": text})),
        )  # fmt: skip

    def _started(self, work: object) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._promises.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._promises.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._write({"failed": repr(error)})

    def _write(self, entry: dict[str, object]) -> None:
        os.write(self._log, json.dumps(entry).encode() + b"\n")
        os.fsync(self._log)
