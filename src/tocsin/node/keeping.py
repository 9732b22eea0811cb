"""Group commits: what a node has to remember goes into the store many at a time, off the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import structlog

from tocsin.errors import FencedError, StoreError
from tocsin.exchange import Rejected
from tocsin.records import AdmittedFrame, Destination, Peer, Released
from tocsin.store import Batch, Committed, Cursor, HeldItem, Store, Unacked

_RETRY_S = 1.0
GATHER_S = 0.05
"""Between the first thing to write and the transaction that writes it: a frame that its peers' outboxes acknowledge
in that time never needs a row that says it waits, and one transaction costs more than the frames in it."""
_REFUSED_IN_MEMORY = 200

ROOM_BYTES = 8 * 1024 * 1024
"""Frames that wait for a transaction while another is being written; whoever can wait is asked to beyond that. With
their records taken apart they need some five times as much memory."""

MOST_BYTES = 8 * ROOM_BYTES
"""Frames in memory beyond which live copies are passed over; their durable copies come when there is room."""

log = structlog.get_logger()


@dataclass
class Pending:
    """What the next transaction will write."""

    frames: list[AdmittedFrame] = field(default_factory=list)
    refused: list[Rejected] = field(default_factory=list)
    cursors: dict[str, Cursor] = field(default_factory=dict)
    held: list[HeldItem] = field(default_factory=list)
    settled: list[tuple[str, Destination]] = field(default_factory=list)
    sealed: dict[tuple[str, str], Unacked] = field(default_factory=dict)
    acked: set[tuple[str, str]] = field(default_factory=set)

    def batch(self) -> Batch:
        """Return it in the store's terms."""
        return Batch(
            frames=tuple(self.frames), refused=tuple(self.refused), cursors=tuple(self.cursors.values()),
            held=tuple(self.held), settled=tuple(self.settled), sealed=tuple(self.sealed.values()),
            acked=tuple(sorted(self.acked)),
        )  # fmt: skip


class Keeper:
    """Writes to the store in one thread; what comes meanwhile waits for the next transaction.

    A store that fails (a full disk) holds nothing up: warnings go on, ``problem`` says what is wrong, and the same
    batch is tried again until it is written. A store that another process has taken over is another matter: then
    ``run`` ends with ``FencedError``, and so must the node.

    Args:
        store: Where to.
        on_committed: Called after each transaction with the order of the last record in the store.
        before_flush: Called by ``flush``, to give what is still on its way here.
    """

    def __init__(
        self,
        store: Store,
        *,
        on_committed: Callable[[int], None],
        before_flush: Callable[[], None] = lambda: None,
    ) -> None:
        self.store = store
        self.problem = ""
        self.gather_s = GATHER_S
        """How long a transaction waits for more to write."""
        self.followers: list[Callable[[int], None]] = []
        """Called like ``on_committed``, after it."""
        self._on_committed = on_committed
        self._before_flush = before_flush
        self._pending = Pending()
        self._batch = Pending()
        """What the last commit is about; on disk once that has succeeded."""
        self._commit: Future[Committed] | None = None
        self._dirty = asyncio.Event()
        self._is_urgent = asyncio.Event()
        self._fenced: FencedError | None = None
        self._bytes = 0
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._done = 0
        self._noted = 0
        self._progress = asyncio.Condition()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")

    @property
    def waiting(self) -> int:
        """How many admitted frames are not on disk yet."""
        is_written = self._commit is None or (self._commit.done() and not self.problem)
        return len(self._pending.frames) + (0 if is_written else len(self._batch.frames))

    @property
    def backlog_bytes(self) -> int:
        """Bytes of the frames that wait for the next transaction."""
        return self._bytes

    @property
    def is_full(self) -> bool:
        """Whether so much waits that whoever can wait should."""
        return not self._has_room.is_set()

    async def wait_for_room(self) -> None:
        """Wait until the store has caught up so far that more may come."""
        while not self._has_room.is_set():
            await self._has_room.wait()

    def frame(self, frame: AdmittedFrame) -> None:
        """Keep an admitted frame."""
        self._pending.frames.append(frame)
        self._bytes += len(frame.data)
        if self._bytes >= ROOM_BYTES:
            self._has_room.clear()
            self._is_urgent.set()
        self._note()

    def refused(self, rejected: list[Rejected]) -> None:
        """Put refusals into the quarantine."""
        if rejected:
            self._pending.refused += rejected
            if self.problem:  # nobody who sends rubbish fills our memory while the disk is full
                del self._pending.refused[:-_REFUSED_IN_MEMORY]
            self._note()

    def cursor(self, cursor: Cursor) -> None:
        """Remember how far a stream was read."""
        self._pending.cursors[cursor.stream] = cursor
        self._note()

    def held(self, items: list[HeldItem]) -> None:
        """Remember what waits or stays."""
        if items:
            self._pending.held += items
            self._note()

    def settled(self, record_id: str, destination: Destination) -> None:
        """Forget that something waited."""
        self._pending.settled.append((record_id, destination))
        self._note()

    def sealed(self, released: Released[Peer], unacked: Unacked) -> None:
        """Remember that a frame is on its way to a peer's outbox."""
        self._pending.sealed[released.ref.hash, unacked.hop] = unacked
        self._note()

    def acked(self, frame_hash: str, hop: str) -> None:
        """Remember that an outbox has it; one that was not written down yet never needs to be."""
        if self._pending.sealed.pop((frame_hash, hop), None) is None:
            self._pending.acked.add((frame_hash, hop))
            self._note()

    async def run(self) -> None:
        """Commit until cancelled.

        Raises:
            FencedError: Another process has taken the store over.
        """
        while True:
            await self._until_dirty()
            self._dirty.clear()
            self._batch, self._pending, upto = self._pending, Pending(), self._noted
            self._bytes = 0
            self._has_room.set()
            try:
                committed = await self._until_written()
            except FencedError as error:
                async with self._progress:
                    self._fenced, self.problem = error, str(error)
                    self._progress.notify_all()
                raise
            async with self._progress:
                self._done = upto
                self._progress.notify_all()
            self._on_committed(committed.last_order)
            for follower in self.followers:
                follower(committed.last_order)

    async def _until_dirty(self) -> None:
        """Wait for something to write; an idle writer asks now and then whether it still is the writer."""
        try:
            async with asyncio.timeout(self.store.heartbeat_s):
                await self._dirty.wait()
        except TimeoutError:
            return
        await self._gather()

    async def _gather(self) -> None:
        try:
            async with asyncio.timeout(self.gather_s):
                await self._is_urgent.wait()
        except TimeoutError:
            return
        self._is_urgent.clear()

    async def _until_written(self) -> Committed:
        while True:
            self._commit = self._thread.submit(self.store.commit, self._batch.batch())
            try:
                committed = await asyncio.wrap_future(self._commit)
            except FencedError:
                raise
            except StoreError as error:
                if not self.problem:
                    log.warning("the store cannot be written", error=str(error))
                self.problem = str(error)
                await asyncio.sleep(_RETRY_S)
            else:
                if self.problem:
                    log.warning("the store can be written again")
                self.problem = ""
                return committed

    async def flush(self) -> None:
        """Wait until all that was given so far is on disk.

        Raises:
            FencedError: It never will be.
        """
        self._before_flush()
        goal = self._noted
        if self._done < goal:
            self._is_urgent.set()
        async with self._progress:
            await self._progress.wait_for(lambda: self._done >= goal or self._fenced is not None)
        if self._done < goal and self._fenced is not None:
            raise self._fenced

    async def in_thread(self, function: Callable[[], object]) -> object:
        """Do something else with the store, in its turn."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    def close(self) -> None:
        """Write what is left, as far as the store takes it, then close the store; ``run`` was cancelled before."""
        for pending in (self._unwritten(), self._pending):
            if pending == Pending():
                continue
            try:
                self._thread.submit(self.store.commit, pending.batch()).result()
            except StoreError as error:
                log.warning("the last records could not be written", frames=len(pending.frames), error=str(error))
        self._thread.shutdown()
        self.store.close()

    def _unwritten(self) -> Pending:
        """Return the batch whose commit has failed, or was given up before it began; waits for one that goes on."""
        if self._commit is None:
            return Pending()
        self._commit.cancel()
        return self._batch if self._commit.cancelled() or self._commit.exception() is not None else Pending()

    def _note(self) -> None:
        self._noted += 1
        self._dirty.set()
