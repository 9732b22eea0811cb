"""One member at work: the only place where rooms are put together.

A frame that comes in passes the exchange's door, is passed on where it must be, handed to the desks, and kept; what
the desks make of it goes out again. Live copies are for speed and durable ones for completeness; both come through
here, and the exchange merges them.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Sequence
from functools import partial

import structlog

from tocsin.bus import Bus, BusConfig, Server, cancel_for_good
from tocsin.clock import Clock, SystemClock
from tocsin.errors import BusError, NotReleasableError
from tocsin.exchange import Exchange, Incoming, Outgoing, Rejected
from tocsin.node.arriving import Arriving
from tocsin.node.config import MemberConfig
from tocsin.node.decisions import Decisions
from tocsin.node.desk_work import DeskWork, UntilReady
from tocsin.node.desks import DeskContext, open_desks
from tocsin.node.giving_back import GivingBack
from tocsin.node.issuing import Issuer
from tocsin.node.keeping import Keeper
from tocsin.node.lost_tail import LostTail
from tocsin.node.metrics import Metrics
from tocsin.node.orders import Orders
from tocsin.node.pacing import Pacing
from tocsin.node.refusing import Refusing
from tocsin.node.resuming import resume
from tocsin.node.returning import OwnFrames
from tocsin.node.rosters import load_trust
from tocsin.node.sending import Sender
from tocsin.node.storage_watch import StorageWatch
from tocsin.node.taking_up import held_label, read_so_far, restore, take_back_tails
from tocsin.node.valve import Valve
from tocsin.node.watcher import Watcher
from tocsin.node.wiring import NATS_FOLDER, bus_config, load_keys, open_store
from tocsin.records import Admitted, AdmittedFrame, Precedence, Recall, Record, with_body

HEADS_EVERY_S = 1.0
PREPARE_AGAIN_S = 2.0

log = structlog.get_logger()


class Node:
    """A member's node. ``start`` it, then ``serve`` or drive it with ``gather`` and ``step``, then ``stop`` it.

    Args:
        config: The member's TOML.
        clock: The time of records; a replay hands in its own.
        new_id: Gives record ids.
        paced: For a replay: what comes in waits for ``gather``, and heads are signed only by ``sign_heads``.
        watcher: Sees frames and records go by.
        until_ready: What the desks wait for before they take anything; is handed what tells people about it.
    """

    def __init__(
        self,
        config: MemberConfig,
        *,
        clock: Clock | None = None,
        new_id: Callable[[], str] = lambda: secrets.token_hex(16),
        paced: bool = False,
        watcher: Watcher | None = None,
        until_ready: UntilReady | None = None,
    ) -> None:
        self.config = config
        self.member = config.member.code
        self.clock = clock or SystemClock()
        self.metrics = Metrics(self.member)
        self.new_id = new_id
        self._paced = paced
        self._watcher = watcher or Watcher()
        self._until_ready = until_ready
        self._own = OwnFrames(self._let_in)
        self._tasks: list[asyncio.Task[None]] = []
        self._reconnected = asyncio.Event()
        self.is_started = False
        self.bus: Bus
        self.server: Server | None = None

    # -- life -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the store, start the server, join the links, take up what was left undone.

        Raises:
            ConfigError: The configuration cannot be used.
            StoreError: The store cannot be opened.
            BusError: The server does not start or refuses us.
        """
        trust = load_trust(self.config)
        keys = load_keys(self.config, trust.roster)
        self.desks = DeskWork(
            open_desks(DeskContext(self.member, self.config, self.new_id)) if self.config.node.desks == "here" else [],
            self.clock, issue=self.issue,
            refuse=self.refuse, on_own=self._watcher.on_own,
        )  # fmt: skip
        wired = bus_config(self.config, trust.roster)
        self.bus = Bus(
            wired, clock=SystemClock(), on_up=self._reconnected.set,
            on_down=lambda why: log.warning("own server lost", why=why),
        )  # fmt: skip
        self.lost_tail = LostTail(self.bus)
        self.store = open_store(self.config)
        self.keeper = Keeper(self.store, on_committed=self.metrics.committed, before_flush=self.finish)
        self.pacing = Pacing(SystemClock(), waiting=lambda: self.keeper.waiting)
        self.metrics.watch_backlog(lambda: self.keeper.backlog_bytes)
        self.exchange = Exchange(
            self.member, trust=trust, keys=keys, policy=self.config.exchange, clock=self.clock,
            memory=self.store.chains, look_up=partial(held_label, self.store), has_quotas=not self._paced,
        )  # fmt: skip
        self.refusing = Refusing(self.keeper, self.metrics, SystemClock())
        self.arriving = Arriving(
            self.exchange, self.keeper, self._handle, clock=SystemClock(), metrics=self.metrics,
            are_desks_behind=lambda: not self._paced and self.desks.is_behind,
        )  # fmt: skip
        self.sender = Sender(self.bus, self.keeper, self.metrics, self.clock)
        self.giving_back = GivingBack(self.exchange, self.store, self.sender.send, self.metrics.shed)
        self._issuer = Issuer(
            self.exchange, self.sender, self.keeper, own=self._own, clock=self.clock,
            on_sealed=self._watcher.on_sealed, batches=not self._paced,
        )  # fmt: skip
        self.sender.on_acknowledged = self._issuer.seal_due
        self.decisions = Decisions(self.exchange, self._issuer, self.keeper)
        self.valve = Valve(self.member, self.clock, self._take_in)
        self.orders = Orders(self.exchange, self.keeper, self.clock, erase=self.bus.shelf.erase_record)
        try:
            await self._join(Server(wired) if wired.server == "embedded" else None)
        except BaseException:
            await self._abandon()
            raise
        self.is_started = True
        log.info("joined", member=self.member, epoch=self.exchange.epoch, links=trust.roster.neighbours(self.member))

    async def _join(self, server: Server | None) -> None:
        restore(self.exchange, self.store, self.orders)
        self.server = server
        self.storage = StorageWatch(self.bus, server, self.config.path(NATS_FOLDER), SystemClock())
        if server is not None:
            await server.start()
        await self.bus.connect(epoch=self.exchange.epoch)
        await self.bus.prepare()
        self.sender.begin(await take_back_tails(self.bus, self.exchange, self.keeper, self.orders))
        self._reconnected.clear()
        self._tasks = [asyncio.create_task(self.keeper.run(), name=f"{self.member} keeper")]
        self._send_again()
        await self.bus.listen(
            self.arriving.on_live, self.arriving.on_durable, cursors=read_so_far(self.bus, self.store)
        )
        works: list[Callable[[], Coroutine[None, None, None]]] = [
            self._prepare_again_for_ever, self.storage.run, self.lost_tail.run, self.giving_back.run,
        ]  # fmt: skip
        if not self._paced:
            works += [self._sign_heads_for_ever, self._work_desks, self._keep_links]
        self._tasks += [asyncio.create_task(work(), name=f"{self.member} {work.__qualname__}") for work in works]

    async def serve(self, stop: asyncio.Event) -> None:
        """Work until told to stop.

        Raises:
            BusError: The server refuses us, or has ended and cannot be started again.
            TocsinError: A part of the node failed for good.
        """
        watched: list[asyncio.Task[object]] = [
            asyncio.create_task(stop.wait()), asyncio.create_task(self.bus.wait_failed()),
        ]  # fmt: skip
        if self.server is not None:
            watched.append(asyncio.create_task(self._keep_server(self.server)))
        try:
            done, _ = await asyncio.wait([*watched, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in watched:
                task.cancel()
            await asyncio.gather(*watched, return_exceptions=True)
        for ended in done:
            ended.result()

    async def stop(self) -> None:
        """Leave: send what is sealed, keep what is admitted, stop the server."""
        self.is_started = False
        self.finish()
        await asyncio.gather(*map(cancel_for_good, self._tasks[1:]))
        await self.bus.close()
        await self._abandon()
        log.info("left", member=self.member)

    async def _abandon(self) -> None:
        await self.orders.stop()
        await asyncio.gather(*map(cancel_for_good, self._tasks))
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self.bus.close(drain_s=0.0)
        if self.server is not None:
            await self.server.stop()
        self.keeper.close()

    def finish(self) -> None:
        """Let nothing wait: seal what was accepted, and let in what was sealed."""
        self._issuer.seal_all()
        self._own.take()

    async def take_up(self, wired: BusConfig) -> None:
        """Go on with the peers of a roster that is in force from now on; from the call on frames go to these alone.

        Raises:
            BusError: The own server does not do what it must; it is asked again until it does.
        """
        self._reconnected.set()  # the copies of new peers are made there, once their links are up
        await self.bus.reconfigure(wired, cursors=lambda: read_so_far(self.bus, self.store))
        self.sender.add(await self.bus.shelf.ends())

    def read_again(self) -> None:
        """Read the copies once more from where frames were refused that may count by now, and say where we are."""
        for stream, place in self.arriving.unverified.items():
            self.bus.readers.read_again(stream, after=place)
        self.arriving.unverified.clear()
        if not self._paced:
            self.sign_heads()

    # -- outward ----------------------------------------------------------------------------------------------------

    def issue(self, records: Sequence[Record], *, at_once: bool = False) -> Outgoing:
        """Seal records of our own and send what is released; some milliseconds later they pass our own door.

        While many frames are under way, records wait for each other, for 10 ms at most, and travel in one frame.

        Args:
            records: Ours; all of them or, on an error, none.
            at_once: Never wait.

        Returns:
            What is held back, and the frames that were sealed in this call.

        Raises:
            NotReleasableError: A record is not ours, or goes further than its sources may.
            StatusMixError: A record's status is not that of its sources.
        """
        return self._issuer.issue(records, at_once=at_once)

    async def wait_for_room(self) -> None:
        """Wait until the store and the line have room: whoever issues more than they take asks before each call."""
        await self.keeper.wait_for_room()
        await self.sender.wait_for_room()

    async def kept(self) -> None:
        """Wait until all that was issued so far is on this member's disk, with where each frame still has to go.

        That is the node's promise: what is kept reaches every member to whom it was released, once and unchanged,
        whatever fails (links, servers, peers, this node) but the disk itself. While the disk takes nothing it waits.
        """
        self._issuer.seal_all()
        await self._own.let_in()
        await self.keeper.flush()

    def approve(self, record_id: str) -> Outgoing:
        """Release a record that waited for a person.

        Raises:
            NotReleasableError: Nothing of that id waits.
        """
        return self._issuer.approve(record_id)

    def recall(self, target: Record, reason: str) -> Outgoing:
        """Ask that a record of our own be purged wherever it went.

        Raises:
            NotReleasableError: It is another member's.
        """
        if target.originator != self.member:
            raise NotReleasableError(f"{target.id} is of {target.originator}; only its originator recalls it")
        order = with_body(
            "exchange.recall", Recall(record_id=target.id, reason=reason), id=self.new_id(), originator=self.member,
            marking=target.marking, status=target.status, precedence=Precedence.ROUTINE, issued_at=self.clock.now(),
            synthetic=target.synthetic,
        )  # fmt: skip
        return self.issue([order], at_once=True)

    def sign_heads(self, *, tick: int | None = None, status: str = "actual") -> None:
        """Tell the others where our chains end, and ask for what is missing here.

        Args:
            tick: Number of a replay's tick.
            status: The heads of this one are signed though nothing was said in it yet.
        """
        audiences = {self.exchange.trust.roster.codes, *map(tuple, map(sorted, self.config.warning.audiences))}
        worlds = [("-".join(audience), status) for audience in audiences]
        for outgoing in (self.exchange.heads(tick=tick, worlds=worlds), self.exchange.requests()):
            for released in outgoing.sends:
                self.bus.publish_control(released, hop=released.destination.code)

    # -- inward -----------------------------------------------------------------------------------------------------

    def gather(self) -> list[Admitted]:
        """Take out what came in since the last time, in an order that does not depend on arrival."""
        self._own.take()
        self.valve.open()
        return sorted(
            self.desks.take_inbox(),
            key=lambda entry: (entry.record.issued_at, entry.record.originator, entry.record.id),
        )

    def step(self, gathered: Sequence[Admitted]) -> None:
        """Hand what was gathered to the desks."""
        self.desks.step(gathered)

    def _handle(self, incoming: Incoming) -> None:
        frame = incoming.frame
        for released in incoming.relays:
            self.sender.send(released)
        self.refuse(incoming.refused)
        if incoming.is_duplicate:
            self.metrics.duplicate()
            return
        if frame is None:
            return
        self._watcher.on_heads()
        if frame.ref.number == 0:
            self._answer(incoming)
            return
        if frame.ref.chain.originator == self.member != frame.via:
            self.lost_tail.note()
        if not self.valve.keeps_back(frame):
            self._take_in(frame)

    def _take_in(self, frame: AdmittedFrame) -> None:
        self.pacing.note(frame.ref.chain.precedence)
        self._watcher.on_admitted(frame)
        self.desks.put(frame.records)
        self.keeper.frame(frame)
        self.metrics.admitted(frame)
        for admitted in frame.records:
            self.orders.obey(admitted)
        if frame.via == self.member:
            self.decisions.take(frame.records)

    def refuse(self, rejected: list[Rejected]) -> None:
        """Put refusals into the quarantine, and log them."""
        self.refusing.refuse(rejected)

    def _answer(self, incoming: Incoming) -> None:
        if incoming.request is None:
            return
        self.giving_back.ask(*incoming.request)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _let_in(self, data: bytes, is_new: bool) -> None:  # noqa: FBT001 - as OwnFrames calls it
        incoming = self.exchange.receive(data, via=self.member, path="self")
        self._handle(incoming)
        if incoming.frame is not None and is_new:
            self._issuer.issue_copies(incoming.frame, self.new_id)

    async def _sign_heads_for_ever(self) -> None:
        while True:
            self.sign_heads()
            self.sender.publish_unsent()
            self.valve.open()
            await asyncio.sleep(HEADS_EVERY_S)

    async def _keep_server(self, server: Server) -> None:
        """Start our server again whenever it ends."""
        while True:
            code = await server.wait_ended()
            log.error("own server ended, starting it again", code=code)
            await server.start()

    async def _work_desks(self) -> None:
        await self.desks.prepare(self._until_ready)
        await self.keeper.flush()  # what the outboxes gave back is part of the past
        span_s, now = self.config.node.resume_s, self.clock.now()
        await asyncio.to_thread(resume, self.desks.desks, self.store, span_s=span_s, now=now)
        await self.desks.run()

    async def _keep_links(self) -> None:
        await self.bus.keep_links(self.server)

    async def _prepare_again_for_ever(self) -> None:
        """See after every reconnect that the streams are there: a server may come back with an empty disk."""
        while True:
            await self._reconnected.wait()
            self._reconnected.clear()
            try:
                await self.bus.prepare()
            except BusError as error:
                log.warning("streams not prepared", error=str(error))
                self._reconnected.set()  # asked again: a cluster may have no leader for a while
                await asyncio.sleep(PREPARE_AGAIN_S)

    def _send_again(self) -> None:
        for unacked in self.store.links.unacked():
            if unacked.data is not None and unacked.hop in self.exchange.trust.roster.neighbours(self.member):
                again = self.exchange.release_again(unacked.data, unacked.ref, unacked.kind, hop=unacked.hop)
                self.sender.publish(again)
