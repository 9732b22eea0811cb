"""The bus of one member: frames out to the outboxes, frames in at once and by the copies, and how the links do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from tocsin.bus import names
from tocsin.bus.config import BusConfig, Lane
from tocsin.bus.connection import Connection
from tocsin.bus.copies import Cursor
from tocsin.bus.diagnosis import LinkDiagnosis
from tocsin.bus.in_force import ConfigInForce
from tocsin.bus.keys import read_seed
from tocsin.bus.lease import Lease
from tocsin.bus.links import LinkState, LinkWatch
from tocsin.bus.mending import LinkMender
from tocsin.bus.preparation import part_from, prepare_copies, prepare_outboxes, until_linked, until_ready
from tocsin.bus.publisher import Ack, Publisher
from tocsin.bus.readers import CopyReaders, OnDurable
from tocsin.bus.server import LOG_FILE, Server
from tocsin.bus.shelf import Shelf
from tocsin.clock import Clock
from tocsin.errors import BusError, BusUnavailableError, ReplacedError
from tocsin.records.trusted import Peer, Released

OnLive = Callable[[bytes, str], None]
"""Called in the read loop with a frame and the peer whose link it came by; must be quick and must not wait."""

_LEASE_S = 30.0
"""A cluster that has just been started has no leader for some seconds."""


class Bus:
    """A member's connection to its own server.

    Bulk and the copies have connections of their own, so that a backlog never stands before a warning.

    Args:
        config: The member's bus.
        clock: Tells when links came up and how long to wait for acknowledgements.
        on_up: Called when the connection to the own server is back.
        on_down: Called when it is lost, with the reason.
    """

    def __init__(
        self,
        config: BusConfig,
        *,
        clock: Clock,
        on_up: Callable[[], None] | None = None,
        on_down: Callable[[str], None] | None = None,
    ) -> None:
        self._in_force = ConfigInForce(config)
        self._clock = clock
        self._on_up = on_up
        self._on_down = on_down
        self._lease = Lease(config)
        app, system = read_seed(config.app_seed_file).seed, read_seed(config.system_seed_file).seed
        self._main = self._connection(app, "main", "main")
        self._copies = self._connection(app, "copies", None)
        self._bulk = self._connection(app, "bulk", "bulk")
        self._system = self._connection(system, "system", None)
        self._publishers = {"main": Publisher(self._main, clock), "bulk": Publisher(self._bulk, clock)}
        self.shelf = Shelf(self._in_force, self._copies, self._system, clock)
        """What lies in our own streams."""
        self.readers = CopyReaders({"main": self._copies, "bulk": self._bulk}, clock, on_failed=self._fail)
        """Who reads our copies of the peers' outboxes."""
        self._heard_s: dict[str, float] = {}
        self._failure: asyncio.Future[None] | None = None
        log_file = Path(config.store_dir) / LOG_FILE
        diagnosis = LinkDiagnosis(self._in_force, log_file) if config.server == "embedded" else None
        self._links = LinkWatch(self._in_force, home=self._main, system=self._system, clock=clock, diagnosis=diagnosis)

    @property
    def config(self) -> BusConfig:
        """The configuration in force."""
        return self._in_force.config

    @property
    def is_up(self) -> bool:
        """Whether the own server can be reached now."""
        return self._main.is_up

    @property
    def in_flight(self) -> int:
        """How many frames wait for the acknowledgement of an outbox."""
        return sum(publisher.in_flight for publisher in self._publishers.values())

    async def connect(self, *, timeout_s: float = 10.0, epoch: str | None = None) -> None:
        """Connect to the own server, and keep connected until ``close``.

        Args:
            timeout_s: Patience, seconds.
            epoch: What this process writes: on a server that others could use, too, whoever did so before is cut off.

        Raises:
            BusAuthError: The server refuses a key.
            BusUnavailableError: No server answers within ``timeout_s`` seconds.
        """
        self._failure = asyncio.get_running_loop().create_future()
        try:
            for connection in self._connections():
                await connection.open(timeout_s=timeout_s)
            for publisher in self._publishers.values():
                await publisher.start()
            if epoch is not None and self.config.server == "external":
                ours = {connection.identity for connection in self._connections()}
                take = partial(self._lease.take, epoch, home=self._main, system=self._system, ours=ours)
                await until_ready(take, timeout_s=_LEASE_S)
        except BusError:
            await self.close(drain_s=0.0)
            raise

    async def prepare(self, *, timeout_s: float = 30.0) -> None:
        """Create or adjust outboxes, their durable consumers and the copies; does nothing twice.

        On the very first start it gives the links some seconds to come up, for a copy that is made before its outbox
        can be reached waits longer than that for its second try.

        Raises:
            BusError: JetStream refuses, or is not ready within ``timeout_s`` seconds.
        """
        await until_ready(partial(self._lease.look_again, self._main), timeout_s=timeout_s)
        await self.prepare_outboxes(timeout_s=timeout_s)
        await until_linked(self._main, self._in_force.config, self._links.connected, clock=self._clock)
        await until_ready(partial(prepare_copies, self._main, self._in_force.config), timeout_s=timeout_s)

    async def prepare_outboxes(self, *, timeout_s: float = 30.0) -> None:
        """Do the first half of ``prepare``.

        Whoever starts several members at once lets all of them do this before any goes on, so that every copy finds
        its outbox.

        Raises:
            BusError: JetStream refuses, or is not ready within ``timeout_s`` seconds.
        """
        await until_ready(partial(prepare_outboxes, self._main, self._in_force.config), timeout_s=timeout_s)

    async def reconfigure(self, config: BusConfig, *, cursors: Callable[[], Iterable[Cursor]]) -> None:
        """Take up while running what changed about our peers; the server has it already.

        From the call on, before anything is waited for, frames go to the peers of the new configuration and to no
        other. The copies of those that came are made by ``prepare``; those that left are read no more.

        Args:
            config: Of the same member and server.
            cursors: Tells how far the copies of the new peers were read before.

        Raises:
            BusError: JetStream refuses, or is not ready.
        """
        former = {peer.code for peer in self._in_force.config.peers}
        self._in_force.replace(config)
        present = {peer.code for peer in config.peers}
        for code in former - present:
            await self.readers.drop(code)
            self._heard_s.pop(code, None)
        known = {cursor.stream: cursor for cursor in cursors()} if present - former else {}
        for code in sorted(present):
            self.readers.add(code, known)
        await self.prepare_outboxes()

    async def part_from(self, peer: str) -> None:
        """Empty the outboxes for a peer that left, and drop our copies of its own; see ``preparation.part_from``.

        Raises:
            BusError: JetStream refuses or does not answer.
        """
        await part_from(self._main, self._in_force.config.member, peer)

    async def keep_links(self, server: Server | None) -> None:
        """Mend links that are up and silent until cancelled.

        Args:
            server: Ours, if it is embedded.
        """
        reload = server.reload_again if server is not None else None
        await LinkMender(self._links, self._heard_s.get, self._clock, reload=reload).run()

    def submit(self, released: Released[Peer], *, hop: str) -> asyncio.Future[Ack]:
        """Publish a frame at once; the future ends when the outbox has it. See ``Publisher.submit``.

        Args:
            released: What policy let go to the peer.
            hop: The peer whose outbox takes it: the destination, or a member on the way to it.

        Raises:
            BusError: The frame is too large.
            BusUnavailableError: Too much waits already, or the bus is closed.
            ConfigError: There is no link to ``hop``.
        """
        self._in_force.config.peer(hop)
        return self._publishers[names.lane_of(released.ref.chain.precedence)].submit(released, hop=hop)

    async def publish(self, released: Released[Peer], *, hop: str) -> Ack:
        """Publish a frame and wait until the outbox has it on disk; tried again with the same id until then.

        Args:
            released: What policy let go to the peer.
            hop: As in ``submit``.

        Raises:
            BusError: The frame can never be stored.
            BusUnavailableError: The bus was closed first.
            ConfigError: There is no link to ``hop``.
        """
        self._in_force.config.peer(hop)
        return await self._publishers[names.lane_of(released.ref.chain.precedence)].publish(released, hop=hop)

    def publish_control(self, released: Released[Peer], *, hop: str) -> bool:
        """Send a control frame live only: not kept, not acknowledged.

        Returns:
            False if there is no connection; the frame is gone then.

        Raises:
            ConfigError: There is no link to ``hop``.
        """
        self._in_force.config.peer(hop)
        return self._main.send(names.control_subject(hop).encode(), released.data)

    async def listen(self, on_live: OnLive, on_durable: OnDurable, *, cursors: Iterable[Cursor] = ()) -> None:
        """Begin to receive; returns when the server knows.

        Args:
            on_live: For frames and control frames as they come, none of them for certain.
            on_durable: For every frame of every copy in its order; the next waits until it is done.
            cursors: How far copies were read before; a copy without one is read from its beginning.

        Raises:
            BusUnavailableError: The own server cannot be reached.
        """
        me = self._in_force.config.member

        def live(subject: bytes, _reply: bytes, data: bytes, _headers: bytes | None) -> None:
            via = self._in_force.codes.get(subject[len(names.RECEIVED) + 1 :].partition(b".")[0])
            if via is not None:
                self._heard_s[via] = self._clock.monotonic_s()
                on_live(data, via)

        for subject in (f"{names.RECEIVED}.*.tocsin.v1.{me}.>", f"{names.RECEIVED}.*.{names.control_subject(me)}"):
            await self._main.subscribe(subject, live)
        await self._main.subscribe(names.RESETS, self._on_reset)
        known = {cursor.stream: cursor for cursor in cursors}
        self.readers.begin(on_durable)
        for peer in self._in_force.config.peers:
            self.readers.add(peer.code, known)

    def _on_reset(self, subject: bytes, _reply: bytes, _data: bytes, _headers: bytes | None) -> None:
        peer = names.peer_of_reset(subject.decode())
        if peer is not None:
            self._links.resets.note(peer, self._clock.monotonic_s())

    async def links(self) -> dict[str, LinkState]:
        """Return the state of every link by the peer's code.

        Raises:
            BusError: The own server does not answer.
        """
        return await self._links.states()

    async def link_problem(self, peer: str) -> str:
        """Say in words why a peer's link is not up; empty if it is.

        Raises:
            BusError: The own server does not answer.
            ConfigError: There is no such link.
        """
        return await self._links.problem(peer)

    @property
    def silent_servers(self) -> tuple[str, ...]:
        """Servers of our own cluster that did not answer when ``links`` last asked."""
        return self._links.silent_servers

    async def kick_link(self, peer: str) -> int:
        """Cut a peer's connections: after a reload that took its key away, for the link that is up stays up.

        Raises:
            BusError: The own server does not answer.
        """
        return await self._links.kick(peer)

    async def wait_failed(self) -> None:
        """Wait until the bus cannot work any more, and raise why: put it into the node's task group.

        Raises:
            BusAuthError: The server refuses our key.
            ReplacedError: Another process of this member writes to its outboxes now.
            Exception: What a receiver of durable frames raised.
        """
        if self._failure is None:
            raise BusUnavailableError("the bus is not connected")
        await asyncio.shield(self._failure)

    async def close(self, *, drain_s: float = 5.0) -> None:
        """Wait for acknowledgements for ``drain_s`` seconds at most, then disconnect for good."""
        await self.readers.close()
        for publisher in self._publishers.values():
            if drain_s > 0:
                await publisher.drain(timeout_s=drain_s)
            await publisher.stop()
        for connection in self._connections():
            await connection.close()
        if self._failure is not None and not self._failure.done():
            self._failure.cancel()

    def _connections(self) -> tuple[Connection, ...]:
        return (self._main, self._copies, self._bulk, self._system)

    def _connection(self, seed: str, name: str, lane: Lane | None) -> Connection:
        connection: Connection

        async def up() -> None:
            if lane is not None:
                self._publishers[lane].resend_all()
            if name == "main" and self._on_up is not None:
                self._on_up()

        def down() -> None:
            self.readers.interrupt()
            self.shelf.interrupt()
            if name == "main" and self._on_down is not None:
                self._on_down(connection.problem)

        config = self._in_force.config
        connection = Connection(
            config,
            seed=seed,
            name=f"{config.member} {name}",
            on_up=up,
            on_down=down,
            on_refused=self._fail,
            before_up=self._lease.look,
        )
        return connection

    def _fail(self, error: BaseException) -> None:
        if isinstance(error, BusError | ReplacedError):
            why = error if isinstance(error, BusError) else BusUnavailableError(str(error))
            for publisher in self._publishers.values():
                publisher.fail_all(why)
        if self._failure is not None and not self._failure.done():
            self._failure.set_exception(error)
            self._failure.exception()  # told to whoever waits; nobody waiting is no fault
