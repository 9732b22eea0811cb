"""The picture: what is known of each event, made of records one after the other.

The page shows the picture of now, and any earlier one: that is made of the records that were here by then, in the same
way, so both are the same to the last figure. Nothing of one status is ever put together with anything of another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from typing import Literal

import msgspec

from tocsin.exchange import ApprovalStanding
from tocsin.exercise.gate import Gate
from tocsin.markings import PUBLIC, Marking, combine, marking_for, status_class
from tocsin.records import APPROVAL, Admitted, Approval, Detection, Launch, Record, Remark, SameEvent, Stage
from tocsin.warning.gain import is_useful
from tocsin.web.sensors import SensorBook
from tocsin.web.shapes import (
    ApprovalItem,
    Assessment,
    EventItem,
    Moments,
    RemarkItem,
    ScreenMarking,
    TrackItem,
    TrailPoint,
)
from tocsin.web.shown import Shown

KINDS = ("warning.launch", "warning.same_event", "watch.remark", APPROVAL)
"""What the events are made of."""

CLOSED_STAYS = timedelta(hours=1)
"""How long a closed event stays in the picture."""

SILENT_STAYS = timedelta(hours=6)
"""How long one stays that nobody closes."""

LONGEST_TRAIL = 900
"""Points: at one a second, a quarter of an hour; of a longer trail every second point goes, and again."""

MOST_EARLY = 50
"""Records of which decisions are kept until they come, and decisions about each."""

News = Literal["new", "stage", "revision", "remark", "approval", "joined"]

Judge = Callable[[Admitted], ApprovalStanding]
"""Tells whether the person named in a decision has signed it."""

_Key = tuple[str, str]
"""Status and event id."""


@dataclass
class _View:
    """What one member has told of an event to one audience."""

    newest: Shown
    launch: Launch
    trail: list[TrailPoint] = field(default_factory=list)
    times: dict[Stage, Moments] = field(default_factory=dict)
    useful_at: datetime | None = None

    def take(self, shown: Shown, launch: Launch) -> None:
        self.times.setdefault(launch.stage, _moments(shown, launch))
        if self.useful_at is None and is_useful(launch):
            self.useful_at = shown.record.issued_at
        track = launch.track
        if track is not None and (not self.trail or track.at > self.trail[-1][3]):
            self.trail.append((track.lon_deg, track.lat_deg, track.altitude_m, track.at))
            if len(self.trail) > LONGEST_TRAIL:
                del self.trail[1:-1:2]
        if launch.revision >= self.launch.revision:
            self.newest, self.launch = shown, launch

    def item(self) -> Assessment:
        record = self.newest.record
        told = {name: getattr(self.launch, name) for name in Launch.__struct_fields__}
        return Assessment(
            **told, originator=record.originator, audience=record.marking.releasable_to, record_id=record.id,
            digest=self.newest.digest, issued_at=record.issued_at, order=self.newest.order, trail=tuple(self.trail),
            times=dict(self.times), useful_at=self.useful_at, clock_suspect=self.newest.admitted.clock_suspect,
            chain_open=self.newest.admitted.chain_open,
        )  # fmt: skip


@dataclass
class _Event:
    """One event of one status."""

    status: str
    event_id: str
    opened_at: datetime
    changed_at: datetime
    aliases: set[str] = field(default_factory=set)
    views: dict[tuple[str, str], _View] = field(default_factory=dict)
    """By originator and audience."""
    remarks: dict[tuple[str, str], RemarkItem] = field(default_factory=dict)
    approvals: dict[tuple[str, str], ApprovalItem] = field(default_factory=dict)
    marking: Marking | None = None
    synthetic: bool = False

    @property
    def key(self) -> str:
        return f"{self.status}/{self.event_id}"

    def mark(self, record: Record, at: datetime | None) -> None:
        """Take a record's marking in; without a time it changes nothing else."""
        if at is not None:
            self.changed_at = max(self.changed_at, at)
        self.synthetic = self.synthetic or record.synthetic
        self.marking = record.marking if self.marking is None else combine(self.marking, record.marking)

    def join(self, other: _Event) -> None:
        self.aliases |= other.aliases | {self.event_id, other.event_id}
        self.event_id = min(self.event_id, other.event_id)
        self.aliases.discard(self.event_id)
        self.opened_at = min(self.opened_at, other.opened_at)
        self.changed_at = max(self.changed_at, other.changed_at)
        for key, view in other.views.items():
            held = self.views.get(key)
            if held is None or held.newest.order < view.newest.order:
                self.views[key] = view
        self.remarks |= other.remarks
        self.approvals |= other.approvals
        self.synthetic = self.synthetic or other.synthetic
        if other.marking is not None:
            self.marking = other.marking if self.marking is None else combine(self.marking, other.marking)

    @property
    def best(self) -> dict[str, _View]:
        """Of each member, what it tells from most plots; of two alike, the newer."""
        found: dict[str, _View] = {}
        for (originator, _), view in self.views.items():
            held = found.get(originator)
            if held is None or _weight(view) > _weight(held):
                found[originator] = view
        return found

    @property
    def is_closed(self) -> bool:
        return bool(self.views) and all(view.launch.stage == "closed" for view in self.views.values())

    def leading(self, member: str) -> str:
        best = self.best
        if member in best or not best:
            return member
        return max(best, key=lambda code: (best[code].launch.detections, code))


class PictureBook:
    """The events that a member knows of.

    Args:
        member: Whose picture it is.
        judge: Tells what decisions are worth; without one none are in the picture.
    """

    def __init__(self, member: str, judge: Judge | None = None) -> None:
        self._member = member
        self._judge = judge
        self._early: dict[tuple[str, str], list[Shown]] = {}
        """Decisions by the record that they are about, which has not come yet."""
        self._events: dict[_Key, _Event] = {}
        self._names: dict[_Key, _Key] = {}
        """From every id an event ever had to the one that it goes by."""
        self._of_record: dict[tuple[str, str], _Key] = {}
        self.sensors = SensorBook()
        self.plots = 0
        self._gate = Gate(member)

    def hear(self, admitted: Iterable[Admitted]) -> bool:
        """Hear which exercises this member takes part in; tell whether one of the picture is over, and out of it.

        Args:
            admitted: Of any kind, before they are taken in; whoever looks need not be allowed to see them.
        """
        self._gate.pass_on(admitted)
        closed = self._gate.closed()
        for status in closed:
            self._drop([key for key in self._events if key[0] == status])
            self.sensors.drop(status)
        return bool(closed)

    def is_open(self, status: str) -> bool:
        """Tell whether what has this status belongs into the picture: no exercise without consent or after its end."""
        return self._gate.is_open(status)

    def take(self, shown: Shown) -> tuple[EventItem, News] | None:
        """Take in a record; return the event that it changes and how, or none if it changes none."""
        if not self.is_open(shown.record.status):
            return None
        match shown.body:
            case Launch() as launch:
                return self._take_launch(shown, launch)
            case SameEvent() as same:
                return self._take_same(shown, same)
            case Remark() as remark:
                return self._take_remark(shown, remark)
            case Approval() as approval:
                return self._take_approval(shown, approval)
            case Detection() as detection:
                self.plots += 1
                self.sensors.take(shown, detection)
        return None

    def events(self) -> tuple[EventItem, ...]:
        """Return the events, the one that changed last first."""
        ordered = sorted(self._events.values(), key=lambda event: (event.changed_at, event.event_id), reverse=True)
        return tuple(self._item(event) for event in ordered if event.views)

    @property
    def keys(self) -> set[str]:
        """The keys of all events."""
        return {event.key for event in self._events.values()}

    def not_seen_yet(self, key: str) -> tuple[str, str] | None:
        """Return originator and id of what most members have of an event, unless this member told that it saw it.

        Args:
            key: Of the event.
        """
        event = next((each for each in self._events.values() if each.key == key and each.views), None)
        if event is None or any(
            remark.act == "seen" and remark.originator == self._member for remark in event.remarks.values()
        ):
            return None
        newest = max(event.views.values(), key=lambda view: (_reach(view), view.newest.order)).newest.record
        return newest.originator, newest.id

    def event(self, event_id: str, status: str | None = None) -> EventItem | None:
        """Return an event by any of its ids, or none."""
        for (in_status, known), key in self._names.items():
            if known == event_id and status in (None, in_status) and self._events[key].views:
                return self._item(self._events[key])
        return None

    def tracks(self) -> tuple[TrackItem, ...]:
        """Return where the objects of open events were last."""
        found = []
        for event in self._events.values():
            view = event.best.get(event.leading(self._member))
            if view is None or event.is_closed or view.launch.track is None:
                continue
            found.append(
                TrackItem(
                    **msgspec.structs.asdict(view.launch.track), key=event.key, event_id=event.event_id,
                    status=event.status, originator=view.newest.record.originator,
                )
            )  # fmt: skip
        return tuple(found)

    def marking(self) -> ScreenMarking:
        """Return the marking of all events together: who may see the whole screen."""
        events = [event for event in self._events.values() if event.marking is not None]
        whole = reduce(combine, (event.marking for event in events if event.marking is not None), _WIDEST)
        audience = whole.releasable_to if self._member in whole.releasable_to or whole == _WIDEST else (self._member,)
        return ScreenMarking(
            audience=audience if events else marking_for(self._member).releasable_to,
            caveats=whole.caveats,
            worlds=tuple(sorted({status_class(event.status) for event in events})),
            statuses=tuple(sorted({event.status for event in events})),
            has_synthetic=any(event.synthetic for event in events),
        )

    def forget(self, now: datetime) -> bool:
        """Drop what has been closed or silent for long; tell whether any event was."""
        self.sensors.forget(now, SILENT_STAYS)
        old = [
            key
            for key, event in self._events.items()
            if now - event.changed_at > (CLOSED_STAYS if event.is_closed else SILENT_STAYS)
        ]
        self._drop(old)
        return bool(old)

    def _drop(self, keys: list[_Key]) -> None:
        for key in keys:
            del self._events[key]
        if keys:
            gone = set(keys)
            self._names = {name: key for name, key in self._names.items() if key not in gone}
            self._of_record = {record: key for record, key in self._of_record.items() if key not in gone}

    def _take_launch(self, shown: Shown, launch: Launch) -> tuple[EventItem, News]:
        record = shown.record
        event, is_new = self._open(record.status, launch.event_id, shown.admitted_at)
        event.mark(record, shown.admitted_at)
        self._of_record[record.originator, record.id] = (event.status, event.event_id)
        key = (record.originator, record.marking.audience)
        view = event.views.get(key)
        stage_before = view.launch.stage if view is not None else None
        if view is None:
            view = event.views[key] = _View(shown, launch)
        view.take(shown, launch)
        for early in self._early.pop((record.originator, record.id), ()):
            self._take_approval(early, early.body)
        news: News = "new" if is_new else "stage" if stage_before != launch.stage else "revision"
        return self._item(event), news

    def _take_same(self, shown: Shown, same: SameEvent) -> tuple[EventItem, News] | None:
        status, at = shown.record.status, shown.admitted_at
        first, _ = self._open(status, same.event_id, at)
        second, _ = self._open(status, same.alias, at)
        if first is not second:
            del self._events[status, first.event_id], self._events[status, second.event_id]
            olds = {(status, first.event_id), (status, second.event_id)}
            first.join(second)
            key = (status, first.event_id)
            self._events[key] = first
            self._names = {name: key if old in olds else old for name, old in self._names.items()}
            self._of_record = {name: key if old in olds else old for name, old in self._of_record.items()}
        first.mark(shown.record, at)
        return (self._item(first), "joined") if first.views else None

    def _take_remark(self, shown: Shown, remark: Remark) -> tuple[EventItem, News] | None:
        record = shown.record
        key = self._of_record.get((remark.originator, remark.record))
        if key is None or key[0] != record.status:
            return None
        event = self._events[key]
        event.mark(record, None if remark.act == "seen" else shown.admitted_at)
        event.remarks[record.originator, record.id] = RemarkItem(
            originator=record.originator, record_id=record.id, about_originator=remark.originator,
            about_record=remark.record, act=remark.act, person=remark.person, text=remark.text,
            issued_at=record.issued_at, audience=record.marking.releasable_to,
        )  # fmt: skip
        return self._item(event), "remark"

    def _take_approval(self, shown: Shown, approval: Approval) -> tuple[EventItem, News] | None:
        if self._judge is None:
            return None
        record, about = shown.record, (approval.originator, approval.record)
        key = self._of_record.get(about)
        if key is None:  # what is released comes behind the decision to release it
            early = self._early.setdefault(about, [])
            early.append(shown)
            del early[:-MOST_EARLY]
            while len(self._early) > MOST_EARLY:
                del self._early[next(iter(self._early))]
            return None
        if key[0] != record.status:
            return None
        event = self._events[key]
        event.mark(record, shown.admitted_at)
        standing = self._judge(shown.admitted)
        event.approvals[record.originator, record.id] = ApprovalItem(
            originator=record.originator, record_id=record.id, about_originator=approval.originator,
            about_record=approval.record, act=approval.act, person=approval.person, text=approval.text,
            issued_at=record.issued_at, standing=standing.code, detail=standing.detail,
        )  # fmt: skip
        return self._item(event), "approval"

    def _open(self, status: str, event_id: str, at: datetime) -> tuple[_Event, bool]:
        key = self._names.get((status, event_id))
        if key is not None:
            return self._events[key], not self._events[key].views
        event = _Event(status, event_id, at, at)
        self._names[status, event_id] = (status, event_id)
        self._events[status, event_id] = event
        return event, True

    def _item(self, event: _Event) -> EventItem:
        marking = event.marking if event.marking is not None else marking_for(self._member)
        audience = marking.releasable_to if self._member in marking.releasable_to else (self._member,)
        return EventItem(
            key=event.key, event_id=event.event_id, aliases=tuple(sorted(event.aliases)), status=event.status,
            world=status_class(event.status), synthetic=event.synthetic,
            audience=(PUBLIC,) if marking.releasable_to == (PUBLIC,) else audience,
            opened_at=event.opened_at, changed_at=event.changed_at, is_closed=event.is_closed,
            leading=event.leading(self._member),
            members={code: view.item() for code, view in sorted(event.best.items())},
            remarks=tuple(sorted(event.remarks.values(), key=lambda remark: (remark.issued_at, remark.record_id))),
            approvals=tuple(sorted(event.approvals.values(), key=lambda each: (each.issued_at, each.record_id))),
        )  # fmt: skip


_WIDEST = Marking(releasable_to=(PUBLIC,))


def _reach(view: _View) -> int:
    audience = view.newest.record.marking.releasable_to
    return 0 if audience == (PUBLIC,) else len(audience)


def _weight(view: _View) -> tuple[int, int]:
    return (view.launch.detections, view.newest.order)


def _moments(shown: Shown, launch: Launch) -> Moments:
    return Moments(
        observed_at=launch.last_detection_at, issued_at=shown.record.issued_at, sealed_at=shown.admitted.sealed_at,
        admitted_at=shown.admitted_at,
    )  # fmt: skip
