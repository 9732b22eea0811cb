"""Between the member's records and everybody who looks: one reader of the store, one picture, one feed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Literal, Protocol

import structlog

from tocsin.alerts import RESUMED, AlertDesk, AlertSeen, Office
from tocsin.clock import Clock
from tocsin.errors import TocsinError
from tocsin.exchange import ApprovalStanding
from tocsin.records import Admitted, Outlet, Recall, Record, WatchFloor
from tocsin.store import RecordQuery, Store, StoredRecord, Window, standing_in
from tocsin.warning import WarningSettings
from tocsin.web.alert_book import AlertBook
from tocsin.web.alone import AloneDesk
from tocsin.web.claim_book import ClaimBook
from tocsin.web.feed import Feed
from tocsin.web.picture import KINDS, SILENT_STAYS, Judge, PictureBook
from tocsin.web.sensors import DeclaredSensor
from tocsin.web.shapes import (
    AlertNow,
    EventNews,
    LinksNow,
    LinkState,
    Picture,
    RecordNews,
    SensorItem,
    TracksNow,
)
from tocsin.web.shown import Shown, show

TRACKS_EVERY_S = 0.1
LINKS_EVERY_S = 1.0

PLOTS = "warning.detection"
"""Counted, and not told one by one."""

EXERCISES = ("exercise.exercise", "exercise.consent", "exercise.end")
"""What says whether an exercise is part of the picture."""

log = structlog.get_logger()


class Member(Protocol):
    """What the watch floor needs of the node that it belongs to."""

    @property
    def code(self) -> str:
        """The member, ISO 3166-1 alpha-3."""
        ...

    @property
    def name(self) -> str:
        """In full, for people."""
        ...

    @property
    def store(self) -> Store:
        """Its records, for reading."""
        ...

    def issue(self, records: Sequence[Record]) -> None:
        """Hand in records of our own; what may not be is logged."""
        ...

    async def links(self) -> LinkState:
        """Ask the node how it is."""
        ...


class Gateway:
    """Keeps the picture of now, and tells what changes in it.

    Args:
        member: The node's side.
        clock: Tells the time of the page; in a replay the scenario's.
        new_id: Makes ids of records.
        mode: ``replay`` for a federation of simulated data that is thrown away.
        outlets: Other programs that read a picture; each has one of its own, of what its audience may have.
        sensors: This member's own, as its configuration declares them.
        settings: Of this member's fusion.
        office: By whom this member alerts its public; None if it alerts nobody.
        is_open: Whether its channels to the public are open.
    """

    def __init__(
        self,
        member: Member,
        *,
        clock: Clock,
        new_id: Callable[[], str],
        mode: Literal["live", "replay"] = "live",
        outlets: Sequence[Outlet] = (),
        sensors: Sequence[DeclaredSensor] = (),
        settings: WarningSettings | None = None,
        office: Office | None = None,
        is_open: Callable[[], bool] = lambda: False,
    ) -> None:
        self.member = member
        self.floor = WatchFloor(member.code)
        self.clock = clock
        self.new_id = new_id
        self.mode: Literal["live", "replay"] = mode
        self.feed = Feed()
        self.book = PictureBook(member.code, self._judge)
        self._new_alerts = partial(
            AlertBook, member.code, office=office, is_open=is_open,
            standing=lambda approval: self._judge(approval).is_verified,
        )  # fmt: skip
        self.alerts = self._new_alerts()
        self.outlets = {outlet: PictureBook(member.code) for outlet in outlets}
        self.claims = ClaimBook()
        self.links = LinkState(at=None, problem="not asked yet", links=(), problems=())
        self._declared = tuple(sensors)
        self.alone = AloneDesk(member.code, settings or WarningSettings())
        self._is_moved = True
        self._looked_at: set[str] = set()
        """Keys of events whose first look is told, or about to be."""

    def now(self) -> datetime:
        """Return the time that the page shows: this machine's, or in a replay the scenario's."""
        return self.clock.now()

    def load(self) -> int:
        """Make the picture of what the store holds; return the order of the last record that was looked at.

        Raises:
            StoreError: The store cannot be read.
        """
        newest = next(self.member.store.records(RecordQuery(newest_first=True, limit=1)), None)
        if newest is None:
            return 0
        until = newest.admitted.admitted_at
        self.book = self._book_of(self.floor, until, None, self._judge)
        self.outlets = {outlet: self._book_of(outlet, until, None) for outlet in self.outlets}
        self._load_alerts(until)
        return newest.order

    def take(self, stored: Sequence[StoredRecord]) -> None:
        """Take in what was admitted, in order, and tell it."""
        shown = list(show(stored, self.floor))
        said = [each.admitted for each in stored if each.admitted.record.room == "exercise"]
        is_over = self.book.hear(said)
        for book in self.outlets.values():
            book.hear(said)
        is_recalled = any(isinstance(each.body, Recall) for each in shown)
        if is_recalled:
            self.claims.forget()
        if is_over or is_recalled:
            self._start_anew()
        told: list[Shown] = []
        for each in shown:
            self._take_one(each)
            if each.record.kind != PLOTS and (self.book.is_open(each.record.status) or each.record.room == "exercise"):
                told.append(each)
        if told:
            items = tuple(each.item() for each in told)
            self.feed.tell(lambda number: RecordNews(number=number, records=items))
        self._tell_alerts(self.alerts.news(self.now()))
        for outlet, book in self.outlets.items():
            _fill(book, show(stored, outlet))
        self._is_moved = True

    def find(self, originator: str, record_id: str) -> Shown | None:
        """Return a record that the people of this member may see, or none.

        Raises:
            StoreError: The store cannot be read.
        """
        found = self.member.store.find(record_id, originator=originator)
        return None if found is None else next(show([found], self.floor), None)

    def is_replaced(self, shown: Shown) -> bool:
        """Tell whether its originator has superseded or cancelled a record by now.

        Raises:
            StoreError: The store cannot be read.
        """
        record = shown.record
        query = RecordQuery(ids=(record.id,), originator=record.originator, current_only=True, limit=1)
        return next(self.member.store.records(query), None) is None

    def first_look(self, key: str) -> tuple[str, str] | None:
        """Return originator and id of what people here see of an event, if nobody here has seen the event before.

        Args:
            key: Of the event.
        """
        found = None if key in self._looked_at else self.book.not_seen_yet(key)
        if found is not None:
            self._looked_at.add(key)
        return found

    def picture(self, known_at: datetime | None = None) -> Picture:
        """Return the picture of now, or as it was known here at a time.

        Raises:
            StoreError: The store cannot be read.
        """
        if known_at is None:
            book, at = self.book, self.now()
        else:
            book, at = self.book_at(known_at), known_at
        return Picture(
            at=at, is_now=known_at is None, number=self.feed.number, events=book.events(), marking=book.marking()
        )  # fmt: skip

    def book_at(self, known_at: datetime) -> PictureBook:
        """Return the events as they were known here at a time.

        Raises:
            StoreError: The store cannot be read.
        """
        return self._book_of(self.floor, known_at, known_at, partial(self._judge, known_at=known_at))

    def sensors(self) -> tuple[SensorItem, ...]:
        """Return the sensors that gave plots, and those that the configuration names."""
        return self.book.sensors.items(self._declared, member=self.member.code)

    async def run(self) -> None:
        """Tell where things are and how the links are, until cancelled."""
        await asyncio.gather(self._every(TRACKS_EVERY_S, self._tell_tracks), self._every(LINKS_EVERY_S, self._ask))

    def _take_one(self, shown: Shown) -> None:
        self._take_alert(shown)
        changed = self.book.take(shown)
        if changed is None:
            return
        event, news = changed
        marking = self.book.marking()
        self.feed.tell(lambda number: EventNews(number=number, news=news, event=event, marking=marking))

    def _load_alerts(self, until: datetime) -> None:
        self.alerts = self._new_alerts()
        window = Window(time="admitted", since=until - RESUMED)
        query = RecordQuery(kinds=AlertDesk.resumes, windows=(window,))
        for each in show(self.member.store.records(query), self.floor):
            self._take_alert(each)
        self._look_at_alerts()

    def _take_alert(self, shown: Shown) -> None:
        if self.book.is_open(shown.record.status):
            self.alerts.take(shown)

    def _look_at_alerts(self) -> None:
        now = self.now()
        self._tell_alerts([*self.alerts.look(now), *self.alerts.news(now)])

    def _tell_alerts(self, changed: Sequence[AlertSeen]) -> None:
        for alert in changed:
            self.feed.tell_now(AlertNow(alert=alert), alert.key)
        office = self.alerts.office(self.now())
        self.feed.drop(AlertNow, office.alerts)
        self.feed.tell_now(office)

    def _judge(self, approval: Admitted, known_at: datetime | None = None) -> ApprovalStanding:
        return standing_in(self.member.store, approval, known_at=known_at)

    def _start_anew(self) -> None:
        """Forget what was told and make the picture again: something in it was recalled, or an exercise is over."""
        self.feed.forget()
        self.load()

    def _book_of(
        self, outlet: WatchFloor | Outlet, until: datetime, known_at: datetime | None, judge: Judge | None = None
    ) -> PictureBook:
        """Make a picture of what was admitted in the hours before a time."""
        window = Window(time="admitted", since=until - SILENT_STAYS)
        kinds = (*KINDS, PLOTS) if known_at is None else KINDS
        query = RecordQuery(kinds=kinds, windows=(window,), as_known_at=known_at)
        book = PictureBook(self.member.code, judge)
        exercises = RecordQuery(kinds=EXERCISES, as_known_at=known_at)  # however long ago: one may last for days
        book.hear(each.admitted for each in self.member.store.records(exercises))
        _fill(book, show(self.member.store.records(query), outlet))
        book.forget(until)
        return book

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except TocsinError as error:
                log.warning("the watch floor could not do its work", error=str(error))
            await asyncio.sleep(seconds)

    async def _tell_tracks(self) -> None:
        if self._is_moved and self.feed.clients:
            self._is_moved = False
            self.feed.tell_now(TracksNow(at=self.now(), tracks=self.book.tracks(), plots=self.book.plots))

    async def _ask(self) -> None:
        self.links = await self.member.links()
        self.feed.tell_now(LinksNow(state=self.links))
        now = self.now()
        for book in (self.book, *self.outlets.values()):
            book.forget(now)
        self._looked_at &= self.book.keys
        self._look_at_alerts()
        self._is_moved = True  # tells the time besides, by which pages set their clocks


def _fill(book: PictureBook, shown: Iterable[Shown]) -> None:
    for each in shown:
        book.take(each)
