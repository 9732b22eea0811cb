"""The alerts of a member: drafts what launches call for, lets out what people confirmed, and carries it to the public.

A part like any other, beside the exchange or in a process of its own (``tocsin up --part alerts``): what it works on
passed the door and is on disk, and what it makes goes the way of all records.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial

import structlog

from tocsin.alerts import RESUMED, AlertDesk, Liveness, NotSent
from tocsin.cap import CapAlert, read_cap, render_cap, render_test, sign_cap, write_cap
from tocsin.channels import CapFile, Channel, Deliverer, Feed, Folder, Mail, Parcel, Webhook, write_whole
from tocsin.clock import Clock, SystemClock
from tocsin.errors import CapError
from tocsin.exchange import release_to_public
from tocsin.exercise.gate import Gate
from tocsin.node.alerts_office import office_of, read_history
from tocsin.node.attached import AttachedPart, serve_part
from tocsin.node.config import MemberConfig
from tocsin.node.part_words import ALERTS
from tocsin.node.public_warning import is_open
from tocsin.node.signer import load_signer
from tocsin.records import Admitted, AlertDelivery, AlertSent, Approval, ChannelTest
from tocsin.store import Store, standing_in
from tocsin.web import Listen, serve_app

LOOKS_EVERY_S = 5.0
"""How often it is looked whether a test of the channels is due, and how they are."""
TESTS = "tests of channels"
"""What all tests are about, for those who carry them."""

log = structlog.get_logger()


class AlertsPart:
    """Runs a member's alerts.

    Args:
        config: The member's TOML, with ``[alerts]``.
        clock: The time of records.

    Raises:
        ConfigError: The key, the certificate or a channel cannot be used.
    """

    def __init__(self, config: MemberConfig, *, clock: Clock | None = None) -> None:
        self._config = config
        self._clock = clock or SystemClock()
        self.part = AttachedPart(config, ALERTS, clock=SystemClock(), is_urgent=True)
        self._office = office_of(config)
        self._signer = load_signer(config)
        self.channels = open_channels(config, self._clock)
        self._deliverer = Deliverer(
            self.channels, release=release_to_public, tell=self._tell, clock=self._clock
        )  # fmt: skip
        self.liveness = Liveness(self._office, every=config.alerts.test_every)
        self._gate = Gate(config.member.code)
        """No message is drafted, or kept, of an exercise that this member takes no part in, or that is over."""
        self._store: Store | None = None
        self._order = 0
        self.is_served = asyncio.Event()
        """Whether the feed, if there is one, can be read."""
        self.desk = AlertDesk(self._office, is_open=lambda: is_open(config), standing=self._is_persons_own)

    async def serve(self, stop: asyncio.Event) -> None:
        """Work until told to stop.

        Raises:
            ConfigError: The feed cannot be served there.
            ReplacedError: Another process runs this member's alerts now.
            StoreError: The store cannot be read.
        """
        works: list[Callable[[], Coroutine[None, None, None]]] = [self._work, self._look]
        for table in self._config.alerts.channels:
            channel = self.channels[table.name]
            if isinstance(channel, Feed) and table.listen is not None:
                listen = Listen(address=table.listen, setting="alerts.channels.listen")
                works.append(partial(serve_app, channel, listen, self.is_served, is_public=True))
        try:
            await serve_part(self.part, works, stop)
        finally:
            await self._deliverer.stop()

    async def _work(self) -> None:
        self._store = await self.part.attached()
        order = await asyncio.to_thread(self._resume, self._store)
        self._show_again()
        self.part.submit_soon(self.desk.catch_up(self._clock.now()))
        self._carry()
        self._progress(order)
        async for found in self.part.follow(order):
            passed = self._gate.pass_on(stored.admitted for stored in found)
            for status in self._gate.closed():
                self.desk.drop(status)
            self._take([admitted for admitted in passed if AlertDesk.wants(admitted.record)])
            self._carry()
            self._progress(found[-1].order)

    def _resume(self, store: Store) -> int:
        now = self._clock.now()
        order, history = read_history(
            store, self._office.member, self.desk.resumes, since=now - RESUMED, gate=self._gate
        )
        self._gate.closed()
        self.desk.resume(history, now - RESUMED, now)
        for entry in history:
            self.liveness.take(entry)
        return order

    async def _look(self) -> None:
        """Test the channels when it is time to, if they are open, and tell the operator of those that fail."""
        while True:
            await asyncio.sleep(LOOKS_EVERY_S)
            self.test_channels()
            self._progress(self._order)

    def test_channels(self) -> None:
        """Test the channels if it is time to."""
        if self._store is None or not is_open(self._config):
            return
        if (test := self.liveness.due(self._clock.now())) is not None:
            self.part.submit_soon([test])

    def _progress(self, order: int) -> None:
        self._order = order
        failing = [each for each in self.liveness.health(self._clock.now()) if each.problem]
        self.part.progress(order, {each.channel: f"failed its test: {each.problem}" for each in failing})

    def _take(self, admitted: Sequence[Admitted]) -> None:
        now = self._clock.now()
        made = self.desk.take(admitted, now)
        for entry in admitted:
            self.liveness.take(entry)
            if isinstance(entry.body, ChannelTest):
                self._carry_test(entry, entry.body)
            if not isinstance(entry.body, Approval) or entry.record.originator != self._office.member:
                continue
            sent = self.desk.on_approval(entry, now)
            if isinstance(sent, NotSent):
                reasons = [f"{refusal.guard}: {refusal.reason}" for refusal in sent.refusals]
                log.info("an alert waits", message=entry.body.record, reasons=reasons)
            elif sent is not None:
                made.append(sent)
        self.desk.tick(now)
        if made:
            self.part.submit_soon(made)

    def _carry(self) -> None:
        """Hand over to the channels what they have not carried."""
        for thread in self.desk.threads:
            for message, channel in thread.untold():
                if self._deliverer.knows(message.record.id, channel):
                    continue
                try:
                    parcel = Parcel(message, self._file(message), thread.alert_id)
                    self._deliverer.put(parcel, channel)
                except (CapError, OSError) as error:  # our own mistake or a full disk: tried again with the next record
                    log.exception("an alert cannot be written", message=message.record.id, error=str(error))

    def _carry_test(self, entry: Admitted, test: ChannelTest) -> None:
        try:
            parcel = Parcel(entry, self._kept(test.identifier, lambda: render_test(test)), TESTS)
        except (CapError, OSError) as error:
            log.exception("a test of the channels cannot be written", error=str(error))
            return
        for channel in test.channels:
            self._deliverer.put(parcel, channel)

    def _show_again(self) -> None:
        """Put into the feeds what was told before this process began."""
        for thread in self.desk.threads:
            for message in thread.told().messages:
                for name in message.body.channels:
                    channel = self.channels.get(name)
                    delivery = thread.deliveries.get((message.record.id, name))
                    if isinstance(channel, Feed) and delivery is not None and delivery.state == "delivered":
                        channel.show(self._file(message))

    def _file(self, message: Admitted) -> CapFile:
        """Return a message as it goes out; what has gone out once is never written anew."""
        thread = self.desk.threads.of_message(message.record.id)
        if thread is None:
            raise KeyError(message.record.id)
        sent: AlertSent = thread.sent[message.record.id].body
        earlier = [thread.sent[each].body for each in message.body.changes]
        return self._kept(sent.identifier, lambda: render_cap(message, sent, earlier))

    def _kept(self, identifier: str, render: Callable[[], CapAlert]) -> CapFile:
        """Return what is kept of a message word for word; the first time it is rendered and signed."""
        folder = self._config.path(self._config.alerts.folder)
        kept = folder / f"{identifier}.xml"
        if kept.exists():
            data = kept.read_bytes()
            return CapFile(read_cap(data), data)
        alert = render()
        data = write_cap(alert)
        if self._signer is not None:
            key, certificate = self._signer
            data = sign_cap(data, key=key, certificate=certificate)
        file = CapFile(alert, data)
        write_whole(folder, file)
        return file

    def _tell(self, message: Admitted, body: AlertDelivery) -> None:
        self.part.submit_soon([self.desk.delivery(message, body, self._clock.now())])

    def _is_persons_own(self, approval: Admitted) -> bool:
        return self._store is not None and standing_in(self._store, approval).is_verified


def open_channels(config: MemberConfig, clock: Clock) -> dict[str, Channel]:
    """Return the channels of a member, by name."""
    opened: dict[str, Channel] = {}
    for table in config.alerts.channels:
        token = None if table.token_file is None else config.path(table.token_file)
        match table.kind:
            case "feed":
                title = config.alerts.sender_names.get("", config.alerts.sender)
                opened[table.name] = Feed(table.name, title=title, address=table.address or "", clock=clock)
            case "folder":
                opened[table.name] = Folder(table.name, config.path(table.path or ""))
            case "webhook":
                opened[table.name] = Webhook(table.name, table.url or "", token_file=token)
            case "mail":
                opened[table.name] = Mail(table, token_file=token)
    return opened
