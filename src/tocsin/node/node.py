"""One member at work: the only place where rooms are put together.

A frame that comes in passes the exchange's door, is passed on where it must be, handed to the desks, and kept; what
the desks make of it goes out again. Live copies are for speed and durable ones for completeness; both come through
here, and the exchange merges them.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from tocsin.bus import Ack, Bus, Server
from tocsin.bus import Cursor as StreamCursor
from tocsin.clock import Clock, SystemClock
from tocsin.codec import decode
from tocsin.errors import BusError, ConfigError, MarkingError, NotReleasableError, StatusMixError, TocsinError
from tocsin.exchange import Exchange, Incoming, Label, Outgoing, strictest
from tocsin.node.config import MemberConfig
from tocsin.node.desks import DeskContext, open_desks
from tocsin.node.keeping import Keeper
from tocsin.node.metrics import Metrics
from tocsin.node.wiring import bus_config, load_keys, load_trust
from tocsin.records import Admitted, AdmittedFrame, Peer, Precedence, Recall, Record, Released, Revocation, with_body
from tocsin.signing import SignedDocument
from tocsin.store import Cursor, HeldItem, RecordQuery, Store, Unacked, reread

HEADS_EVERY_S = 1.0

log = structlog.get_logger()


@dataclass
class Watcher:
    """Whoever wants to see what a node does; every call must be quick."""

    on_sealed: Callable[[str], None] = lambda _hash: None
    """A frame of ours is sealed and about to leave."""
    on_admitted: Callable[[AdmittedFrame], None] = lambda _frame: None
    """A frame is in and about to be handed to the desks."""
    on_own: Callable[[Record], None] = lambda _record: None
    """A desk of ours has made a record."""
    on_heads: Callable[[], None] = lambda: None
    """Somebody's heads or a frame came in: what is missing may be here now."""


class Node:
    """A member's node. ``start`` it, then ``serve`` or drive it with ``step``, then ``stop`` it.

    Args:
        config: The member's TOML.
        clock: The time of records; a replay hands in its own.
        new_id: Gives record ids.
        paced: What comes in waits for ``step``, and heads are signed only by ``sign_heads``: for a replay.
        watcher: Sees frames and records go by.
    """

    def __init__(
        self,
        config: MemberConfig,
        *,
        clock: Clock | None = None,
        new_id: Callable[[], str] = lambda: secrets.token_hex(16),
        paced: bool = False,
        watcher: Watcher | None = None,
    ) -> None:
        self.config = config
        self.member = config.member.code
        self.clock = clock or SystemClock()
        self.metrics = Metrics(self.member)
        self._new_id = new_id
        self._paced = paced
        self._watcher = watcher or Watcher()
        self._inbox: list[Admitted] = []
        self._unsent: list[Released[Peer]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._desks_due = asyncio.Event()
        self.is_started = False
        self.server: Server | None = None
        self._server_ended: asyncio.Task[int] | None = None

    # -- life -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the store, start the server, join the links, take up what was left undone.

        Raises:
            ConfigError: The configuration cannot be used.
            StoreError: The store cannot be opened.
            BusError: The server does not start or refuses us.
        """
        trust = load_trust(self.config)
        self.desks = open_desks(DeskContext(self.member, self.config, self._new_id))
        wired = bus_config(self.config, trust.roster)
        path = self.config.path(self.config.store.file)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.store = Store.open(path)
        self.keeper = Keeper(self.store, on_committed=self.metrics.committed)
        try:
            self.exchange = Exchange(
                self.member, trust=trust, keys=load_keys(self.config, trust.roster), policy=self.config.exchange,
                clock=self.clock, memory=self.store.chains, look_up=self._label_of,
            )  # fmt: skip
            self._restore()
            self.bus = Bus(wired, clock=SystemClock(), on_down=lambda why: log.warning("own server lost", why=why))
            if wired.server == "embedded":
                self.server = Server(wired)
                await self.server.start()
            await self.bus.connect()
            await self.bus.prepare()
            await self._take_back_tails()
        except BaseException:
            await self._abandon()
            raise
        self._tasks = [asyncio.create_task(self.keeper.run(), name=f"{self.member} keeper")]
        self._send_again()
        cursors = [self.store.links.cursor(stream) for stream in self.bus.copies()]
        await self.bus.listen(
            self._on_live, self._on_durable,
            cursors=[StreamCursor(c.stream, c.created, c.seq) for c in cursors if c is not None],
        )  # fmt: skip
        if not self._paced:
            for work in (self._sign_heads_for_ever, self._run_desks_for_ever):
                self._tasks.append(asyncio.create_task(work(), name=f"{self.member} {work.__name__}"))
        self.is_started = True
        log.info("joined", member=self.member, epoch=self.exchange.epoch, links=trust.roster.neighbours(self.member))

    async def serve(self, stop: asyncio.Event) -> None:
        """Work until told to stop.

        Raises:
            BusError: The server refuses us, or has ended and does not come back.
            TocsinError: A part of the node failed for good.
        """
        waiting = [asyncio.create_task(stop.wait()), asyncio.create_task(self.bus.wait_failed()), *self._tasks]
        if self.server is not None:
            waiting.append(asyncio.create_task(self._keep_server()))
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            if task not in self._tasks and task not in done:
                task.cancel()
        for task in done:
            if task is not waiting[0]:
                task.result()

    async def stop(self) -> None:
        """Leave: send what is sealed, keep what is admitted, stop the server."""
        for task in self._tasks[1:]:
            task.cancel()
        await asyncio.gather(*self._tasks[1:], return_exceptions=True)
        await self.bus.close()
        await self._abandon()
        log.info("left", member=self.member)

    async def _abandon(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if hasattr(self, "bus"):
            await self.bus.close(drain_s=0.0)
        if self.server is not None:
            await self.server.stop()
        self.keeper.close()

    # -- outward ----------------------------------------------------------------------------------------------------

    def issue(self, records: Sequence[Record]) -> Outgoing:
        """Seal records of our own, release them, and take them in through our own door.

        Raises:
            NotReleasableError: A record is not ours, or goes further than its sources may.
            StatusMixError: A record's status is not that of its sources.
        """
        outgoing = self.exchange.submit(records)
        self._carry(outgoing)
        return outgoing

    def approve(self, record_id: str) -> Outgoing:
        """Release a record that waited for a person.

        Raises:
            NotReleasableError: Nothing of that id waits.
        """
        outgoing = self.exchange.approve(record_id)
        for code in self.exchange.trust.roster.codes:
            self.keeper.settled(record_id, Peer(code))
        self._carry(outgoing)
        return outgoing

    def recall(self, target: Record, reason: str) -> Outgoing:
        """Ask that a record of our own be purged wherever it went.

        Raises:
            NotReleasableError: It is another member's.
        """
        if target.originator != self.member:
            raise NotReleasableError(f"{target.id} is of {target.originator}; only its originator recalls it")
        order = with_body(
            "exchange.recall", Recall(record_id=target.id, reason=reason), id=self._new_id(), originator=self.member,
            marking=target.marking, status=target.status, precedence=Precedence.ROUTINE, issued_at=self.clock.now(),
            synthetic=target.synthetic,
        )  # fmt: skip
        return self.issue([order])

    def sign_heads(self, *, tick: int | None = None) -> None:
        """Tell the others where our chains end, and ask for what is missing here."""
        status = "actual" if tick is None else "test"
        audiences = {self.exchange.trust.roster.codes, *map(tuple, map(sorted, self.config.warning.audiences))}
        worlds = [("-".join(audience), status) for audience in audiences]
        for outgoing in (self.exchange.heads(tick=tick, worlds=worlds), self.exchange.requests()):
            for released in outgoing.sends:
                self.bus.publish_control(released, hop=released.destination.code)

    # -- inward -----------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Hand what came in since the last step to the desks, in an order that does not depend on arrival."""
        inbox, self._inbox = self._inbox, []
        inbox.sort(key=lambda entry: (entry.record.issued_at, entry.record.originator, entry.record.id))
        self._run_desks(inbox)

    def _on_live(self, data: bytes, via: str) -> None:
        self._handle(self.exchange.receive(data, via=via, path="live"))

    def _on_durable(self, data: bytes, via: str, cursor: StreamCursor) -> None:
        self._handle(self.exchange.receive(data, via=via, path="durable"))
        self.keeper.cursor(Cursor(stream=cursor.stream, created=cursor.created, seq=cursor.seq))

    def _handle(self, incoming: Incoming) -> None:
        frame = incoming.frame
        for released in incoming.relays:
            self._send(released)
        if incoming.refused:
            self.metrics.refused(incoming.refused)
            self.keeper.refused(incoming.refused)
            for rejected in incoming.refused:
                log.warning("refused", via=rejected.via, reason=rejected.reason.value, detail=rejected.detail)
        if incoming.is_duplicate:
            self.metrics.duplicate()
            return
        if frame is None:
            return
        self._watcher.on_heads()
        if frame.ref.number == 0:
            if incoming.request is not None:
                self._answer(incoming)
            return
        self.metrics.admitted(frame)
        self._watcher.on_admitted(frame)
        self.keeper.frame(frame)
        self._inbox += frame.records
        self._desks_due.set()
        for admitted in frame.records:
            if admitted.record.room == "exchange":
                self._obey(admitted)

    def _obey(self, admitted: Admitted) -> None:
        """Carry out a record by which the exchange itself is run."""
        body, originator = admitted.body, admitted.record.originator
        if isinstance(body, Recall):
            work = partial(self.store.recall, body.record_id, originator=originator, recalled_at=self.clock.now())
            self._tasks.append(asyncio.create_task(self._recall(work), name=f"{self.member} recall"))
        elif isinstance(body, Revocation):
            self._revoke(admitted)

    def _revoke(self, admitted: Admitted) -> None:
        try:
            revocation = self.exchange.trust.revoke(decode(admitted.body.document.encode(), SignedDocument))
        except TocsinError as error:
            log.warning("revocation refused", originator=admitted.record.originator, error=str(error))
        else:
            log.warning("key revoked", member=revocation.member, keyid=revocation.keyid)

    async def _recall(self, work: Callable[[], int]) -> None:
        await self.keeper.flush()  # the record may be in the same batch
        await self.keeper.in_thread(work)

    def _answer(self, incoming: Incoming) -> None:
        if incoming.request is None:
            return
        chain, request, asker = incoming.request
        found = self.store.chains.frames(chain, epoch=request.epoch, after=request.after, up_to=request.up_to)
        for released in self.exchange.give_back(map(reread, found), asker):
            self._send(released)

    # -- desks ------------------------------------------------------------------------------------------------------

    def _run_desks(self, admitted: Sequence[Admitted]) -> None:
        now = self.clock.now()
        for desk in self.desks:
            made = [*desk.take(admitted, now), *desk.tick(now)]
            if made:
                self._issue_made(made)

    def _issue_made(self, made: list[Record]) -> None:
        try:
            self.issue(made)
        except (NotReleasableError, StatusMixError, MarkingError) as error:
            log.warning("a desk made a record that may not be", error=str(error))
            return
        for record in made:
            self._watcher.on_own(record)

    async def _run_desks_for_ever(self) -> None:
        while True:
            try:
                async with asyncio.timeout(0.25):
                    await self._desks_due.wait()
            except TimeoutError:
                pass
            self._desks_due.clear()
            inbox, self._inbox = self._inbox, []
            self._run_desks(inbox)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _carry(self, outgoing: Outgoing) -> None:
        for released in outgoing.sends:
            self._watcher.on_sealed(released.ref.hash)
            self._send(released)
        now = self.clock.now()
        self.keeper.held([HeldItem(held=held, held_at=now) for held in outgoing.held])
        for data in outgoing.frames:
            incoming = self.exchange.receive(data, via=self.member, path="self")
            self._handle(incoming)
            if incoming.frame is not None:
                self._sanitise(incoming.frame)

    def _sanitise(self, frame: AdmittedFrame) -> None:
        copies = [self.exchange.sanitised_copy(admitted, self._new_id()) for admitted in frame.records]
        wanted = [copy for copy in copies if copy is not None]
        if wanted:
            self.issue(wanted)

    def _send(self, released: Released[Peer]) -> None:
        hop = released.destination.code
        if released.is_control:
            self.bus.publish_control(released, hop=hop)
            return
        unacked = Unacked(
            hop=hop, ref=released.ref, kind=released.kind, sealed_at=self.clock.now(), data=released.data
        )  # fmt: skip
        self.keeper.sealed(released, unacked)
        self._publish(released)

    def _publish(self, released: Released[Peer]) -> None:
        hop = released.destination.code
        try:
            future = self.bus.submit(released, hop=hop)
        except (BusError, ConfigError) as error:
            log.warning("not sent yet", hop=hop, error=str(error))
            self._unsent.append(released)
            return
        self.metrics.sent(hop)
        future.add_done_callback(partial(self._acknowledged, released.ref.hash, hop))

    def _acknowledged(self, frame_hash: str, hop: str, future: asyncio.Future[Ack]) -> None:
        if not future.cancelled() and future.exception() is None:
            self.keeper.acked(frame_hash, hop)

    async def _sign_heads_for_ever(self) -> None:
        while True:
            self.sign_heads()
            unsent, self._unsent = self._unsent, []
            for released in unsent:
                self._publish(released)
            await asyncio.sleep(HEADS_EVERY_S)

    async def _keep_server(self) -> None:
        """Start our server again whenever it ends."""
        while self.server is not None:
            code = await self.server.wait_ended()
            log.error("own server ended, starting it again", code=code)
            await self.server.start()

    # -- taking up --------------------------------------------------------------------------------------------------

    def _restore(self) -> None:
        for chain, epoch, state in self.store.chains.states():
            self.exchange.restore(chain, epoch, state)
        for item in self.store.links.held():
            found = self.store.find(item.held.record_id, originator=self.member)
            if found is not None and item.held.reason == "needs_person":
                self.exchange.restore_held(found.admitted.record)
        for stored in self.store.records(RecordQuery(kinds=("exchange.revocation",))):
            self._revoke(stored.admitted)
        for stored in self.store.records(RecordQuery(kinds=("exchange.recall",))):  # a crash may have come between
            order = stored.admitted
            self.store.recall(
                order.body.record_id, originator=order.record.originator, recalled_at=order.record.issued_at
            )

    async def _take_back_tails(self) -> None:
        """Take in what our outboxes hold and our store lost with a crash, before anything new is numbered."""
        for stream in self.bus.outboxes():
            kept = self.store.links.cursor(stream)
            cursor = StreamCursor(kept.stream, kept.created, kept.seq) if kept is not None else None
            async for data, reached in self.bus.tail(stream, cursor):
                incoming = self.exchange.receive(data, via=self.member, path="durable")
                if incoming.frame is not None:
                    self.keeper.frame(incoming.frame)
                self.keeper.cursor(Cursor(stream=reached.stream, created=reached.created, seq=reached.seq))
        self.exchange.resume()

    def _send_again(self) -> None:
        for unacked in self.store.links.unacked():
            if unacked.data is not None and unacked.hop in self.exchange.trust.roster.neighbours(self.member):
                again = self.exchange.release_again(unacked.data, unacked.ref, unacked.kind, hop=unacked.hop)
                self._publish(again)

    def _label_of(self, record_id: str) -> Label | None:
        """Return the label of a record, the strictest if several members used one id."""
        labels = [
            Label(stored.admitted.record.marking, stored.admitted.record.status, stored.admitted.record.synthetic)
            for stored in self.store.records(RecordQuery(id=record_id))
        ]
        return strictest(labels)
