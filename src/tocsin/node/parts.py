"""The node's side of its parts: other processes of the member that follow its records and hand in records to issue.

Only this process seals, so chains have one writer however many parts there are. A part has a name, and one process at
a time has that name: when another attaches under it, the connection of the one before is cut, and nothing that it says
afterwards is read.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import struct
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

import structlog

from tocsin.codec import decode, encode
from tocsin.errors import ConfigError, TocsinError
from tocsin.node.keeping import GATHER_S
from tocsin.node.node import Node
from tocsin.node.part_words import (
    DESKS,
    LINE_BYTES,
    SOCKET,
    Attach,
    Attached,
    ExchangeSays,
    News,
    NoPlace,
    PartSays,
    PartStatus,
    Progress,
    Refuse,
    Replaced,
    Submit,
    Taken,
)
from tocsin.store import RecordQuery

LONGEST_PATH = 100
"""Bytes; the system's limit is 108 with the closing zero."""
_URGENT_GATHER_S = 0.002
"""Records reach a part by way of the disk: transactions wait for less company while one works on them."""
_FULL_BYTES = 65_536
"""What may wait for a part that does not read; it is told again when it next says something."""

log = structlog.get_logger()


@dataclass
class _Part:
    """One process that is attached."""

    name: str
    pid: int
    born_s: float
    generation: int
    attached_at: datetime
    writer: asyncio.StreamWriter
    is_urgent: bool = False
    order: int = 0
    problems: dict[str, str] = field(default_factory=dict)
    is_owed_news: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def say(self, said: ExchangeSays) -> None:
        if not self.writer.is_closing():
            self.writer.write(encode(said) + b"\n")

    def tell(self, order: int) -> None:
        transport = self.writer.transport
        self.is_owed_news = transport.get_write_buffer_size() > _FULL_BYTES
        if not self.is_owed_news:
            self.say(News(order=order))


class Parts:
    """Takes parts in while the node runs: ``async with Parts(node)``.

    Raises:
        ConfigError: The folder's path is too long for a socket, or it cannot be made.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._path = node.config.path(SOCKET)
        self._parts: dict[str, _Part] = {}
        self._order = 0
        """Of the last record in the store."""
        self._generations = itertools.count(1)
        self._server: asyncio.Server | None = None
        self._kept: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        if len(os.fsencode(self._path)) > LONGEST_PATH:
            raise ConfigError("this path is too long for a socket", path=str(self._path), advice="Use a shorter folder")
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, self._path, limit=LINE_BYTES)
        except OSError as error:
            raise ConfigError(f"cannot be made: {error.strerror}", path=str(self._path)) from error
        finally:
            os.umask(before)
        newest = next(self._node.store.records(RecordQuery(newest_first=True, limit=1)), None)
        self._order = newest.order if newest is not None else 0
        self._node.keeper.followers.append(self._on_committed)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._node.keeper.followers.remove(self._on_committed)
        if self._server is not None:
            self._server.close()
            for part in tuple(self._parts.values()):
                part.writer.close()
            await self._server.wait_closed()
            self._path.unlink(missing_ok=True)
        for task in self._kept:
            task.cancel()
        await asyncio.gather(*self._kept, return_exceptions=True)

    def status(self) -> tuple[PartStatus, ...]:
        """Return the parts that are attached, by name."""
        return tuple(
            PartStatus(
                name=part.name, pid=part.pid, generation=part.generation, attached_at=part.attached_at,
                lag=max(0, self._order - part.order), problems=part.problems,
            )
            for _, part in sorted(self._parts.items())
        )  # fmt: skip

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        part: _Part | None = None
        try:
            part = self._attach(decode(await reader.readuntil(), Attach, max_bytes=LINE_BYTES), writer)
            while part is not None and self._parts.get(part.name) is part:
                line = await reader.readuntil()
                if self._parts.get(part.name) is not part:  # replaced while this was on its way
                    break
                self._hear(part, decode(line, PartSays, max_bytes=LINE_BYTES))  # type: ignore[arg-type]
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # it has ended
        except (TocsinError, asyncio.LimitOverrunError) as error:
            log.warning("a part says what nobody understands", part=part.name if part else "", error=str(error))
        finally:
            if part is not None and self._parts.get(part.name) is part:
                self._forget(part)
                log.warning("part gone", part=part.name, pid=part.pid)
            writer.close()

    def _attach(self, attach: Attach, writer: asyncio.StreamWriter) -> _Part | None:
        before = self._parts.get(attach.part)
        pid = _pid_of(writer) or attach.pid
        part = _Part(
            attach.part, pid, attach.born_s, next(self._generations), self._node.clock.now(), writer,
            attach.is_urgent,
        )  # fmt: skip
        if attach.part == DESKS and self._node.config.node.desks == "here":
            part.say(NoPlace())
            return None
        if before is not None and before.born_s > attach.born_s:  # one that woke up after it was replaced
            part.say(Replaced(by_pid=before.pid))
            log.warning("part refused: a younger process has its place", part=part.name, pid=pid, by=before.pid)
            return None
        if before is not None:
            before.say(Replaced(by_pid=pid))
            before.writer.close()
            log.warning("part replaced", part=part.name, pid=before.pid, by=pid)
        self._parts[part.name] = part
        self._set_pace()
        order = part.order = self._order
        part.say(Attached(generation=part.generation, order=order))
        log.info("part attached", part=part.name, pid=pid, generation=part.generation)
        return part

    def _forget(self, part: _Part) -> None:
        del self._parts[part.name]
        self._set_pace()

    def _set_pace(self) -> None:
        is_urgent = any(part.is_urgent for part in self._parts.values())
        self._node.keeper.gather_s = _URGENT_GATHER_S if is_urgent else GATHER_S

    def _hear(self, part: _Part, said: PartSays) -> None:
        if part.is_owed_news:
            part.tell(self._order)
        match said:
            case Submit():
                task = asyncio.create_task(self._take(part, said), name=f"{part.name} {said.number}")
                self._kept.add(task)
                task.add_done_callback(self._kept.discard)
            case Refuse(refused=refused):
                self._node.refuse(list(refused))
            case Progress(order=order, problems=problems):
                part.order, part.problems = order, problems
            case Attach():
                raise ConfigError("a part attaches once")

    async def _take(self, part: _Part, submit: Submit) -> None:
        """Issue what a part has made, and say so once it is on disk."""
        try:
            async with part.turn:  # in the order in which it was said, also what is looked for first
                records = list(submit.records)
                if submit.is_again:  # what was issued before is on disk after this, and is not issued again
                    await self._node.keeper.flush()
                    member, find = self._node.member, self._node.store.find
                    records = [record for record in records if find(record.id, originator=member) is None]
                if self._parts.get(part.name) is not part:
                    return
                if records:
                    self._node.issue(records)
            await self._node.keeper.flush()
        except TocsinError as error:
            part.say(Taken(number=submit.number, error=str(error)))
        else:
            part.say(Taken(number=submit.number))

    def _on_committed(self, order: int) -> None:
        self._order = max(order, self._order)  # a commit without records tells of none
        for part in self._parts.values():
            part.tell(self._order)


def _pid_of(writer: asyncio.StreamWriter) -> int:
    """Return the process at the other end, as the kernel knows it; 0 if it is in another container."""
    connection = writer.get_extra_info("socket")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[0])
