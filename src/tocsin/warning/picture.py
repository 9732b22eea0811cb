"""One fusion for one audience and one status: what all of that audience may know, and nothing else.

Whatever a picture says rests only on records that every member of its audience may have. That is what makes it lawful
to release, and why nothing passes from one picture to another but published records.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from tocsin.markings import Marking
from tocsin.records import Admitted, Launch, Precedence, Record, SameEvent, Source, body_of, with_body
from tocsin.warning.announced import Notice
from tocsin.warning.areas import WarningAreas
from tocsin.warning.coverage import Coverage
from tocsin.warning.event import Event
from tocsin.warning.events import Candidate, Ledger, gate_in_words, own_source
from tocsin.warning.fusion import Counts, Fusion
from tocsin.warning.matching import clear_pairs
from tocsin.warning.peers import Peers, track_of
from tocsin.warning.plots import moment_of, plot_of, seconds_of
from tocsin.warning.resuming import Said, match
from tocsin.warning.settings import WarningSettings
from tocsin.warning.telling import Telling, sources_of
from tocsin.warning.told import TrackBook, may_begin, nearest
from tocsin.warning.track import Track


def id_stream(seed: str) -> Callable[[], str]:
    """Return a source of ids that depends on nothing but its seed.

    Each picture has its own, so that not even the ids of one tell how much another has to say.
    """
    count = 0

    def next_id() -> str:
        nonlocal count
        count += 1
        return hashlib.sha256(f"{seed}\n{count}".encode()).hexdigest()[:32]

    return next_id


def may_use(record: Record, member: str, audience: tuple[str, ...]) -> bool:
    """Tell whether a whole audience of a member may have what derives from a record."""
    if record.marking.caveats and audience != (member,):
        return False
    return record.marking.allows(audience)


@dataclass
class Picture:
    """The launches as one audience may see them, for one status."""

    member: str
    audience: tuple[str, ...]
    """Sorted; the member among them."""
    status: str
    settings: WarningSettings
    areas: WarningAreas
    new_id: Callable[[], str]
    is_own: bool = False
    """The member's own picture: it takes over the ids that published records use, whichever is lower."""
    notices: tuple[Notice, ...] = ()
    """Announced launches that the whole audience may know of."""
    coverage: Coverage = field(default_factory=Coverage)
    """What the sensors are known to see."""
    tells_tracks: bool = False
    """Whether its tracks are told to the audience."""
    fusion: Fusion = field(init=False)
    clock_suspect: int = 0
    """Detections that were shown but not fused, for their originator's clock was off."""
    _events: list[Event] = field(default_factory=list)
    _peers: TrackBook = field(default_factory=TrackBook)
    _heard_s: dict[str, float] = field(default_factory=dict)
    """When the last plot of each member came, seconds since 1970."""
    _ledger: Ledger = field(default_factory=Ledger)
    _known_pairs: set[tuple[str, str]] = field(default_factory=set)
    _keys: int = 0

    def __post_init__(self) -> None:
        self.fusion = Fusion(self.settings)

    @property
    def counts(self) -> Counts:
        """What became of the plots."""
        return self.fusion.counts

    @property
    def is_idle(self) -> bool:
        """Whether it follows nothing, of its own or of a peer."""
        return self.fusion.is_idle and not self._ledger.entries and not self._events and self._peers.is_empty

    def may_use(self, record: Record) -> bool:
        """Tell whether the whole audience may have what derives from a record."""
        return record.status == self.status and may_use(record, self.member, self.audience)

    def take(self, admitted: Sequence[Admitted], published: Sequence[Record], now: datetime) -> list[Record]:
        """Fuse what came in and return what is to be said of it.

        Args:
            admitted: Of any kind, status and marking; what this picture may not use is passed over.
            published: What wider pictures of this member say in the same breath.
            now: UTC.
        """
        usable = [entry for entry in admitted if self.may_use(entry.record)]
        plots = []
        for entry in usable:
            if entry.record.kind != "warning.detection":
                continue
            if entry.clock_suspect:
                self.clock_suspect += 1
                continue
            plot = plot_of(entry)
            if plot is not None:
                plots.append(plot)
        now_s = seconds_of(now)
        self.coverage.note(plots)
        self._heard_s |= {plot.record.originator: now_s for plot in plots}
        touched = self.fusion.take(plots, now_s)
        self._read(usable, published, now)
        events = {id(event.track): event for event in self._events}
        fresh = [track for track in touched if track.is_confirmed and id(track) not in events]
        for event in self._events:
            if any(event.track is track for track in touched):
                event.notices = self.notices
                event.follow()
        self._events += [self._opened(track) for track in fresh]
        self._hear(usable, now_s)
        said = self._unite(now)
        counts = self.fusion.counts_of_groups()
        for event in self._events:
            event.counted = counts.get(id(event.track), event.counted)
            said += self._issue(event, event.due(now_s), now)
            said += self._tell(event, now)
        return said

    def _hear(self, usable: Iterable[Admitted], now_s: float) -> None:
        """Bring tracks of peers to the events that they are of, and begin events of those that are of none."""
        self._peers.take((each for each in usable if each.record.originator != self.member), self.settings, now_s)
        if self._peers.is_empty:
            return
        self._hand_over()
        self._peers.link(self._events, self.settings)
        for entry in self._peers.homeless(self._heard_s, now_s):
            # the event of another may be its own by now
            if entry.link is None and may_begin(entry.told, self._events, self.settings):
                event = self._opened(track_of(entry.told, self.settings), entry.told.body.event_id)
                self._events.append(event)
                entry.link = event.key
                self._peers.link(self._events, self.settings)
        for event in self._events:
            told = self._peers.of(event.key)
            if told or event.peers.told:
                event.hear(told)

    def _hand_over(self) -> None:
        """Let an event whose first plots came now take the place of one that rested on peers' tracks alone."""
        elders = [event for event in self._events if not event.has_plots and event.last is not None]
        young = [event for event in self._events if event.has_plots and event.last is None]
        if not elders or not young:
            return
        costs = [[nearest(each.track, old.peers.told, self.settings) for old in elders] for each in young]
        for row, column in clear_pairs(np.array(costs)):
            elder, heir = elders[column], young[row]
            heir.succeed(elder)
            self._peers.hand_over(elder.key, heir.key)
            self._ledger.hand_over(elder.key, heir.key)
            self._events.remove(elder)

    def _tell(self, event: Event, now: datetime) -> list[Record]:
        """Tell an event's track to the audience, if that is wanted and due."""
        body = event.track_due(seconds_of(now)) if self.tells_tracks else None
        if body is None:
            return []
        return [event.telling.record(body, event.track, record_id=self.new_id(), status=self.status, now=now)]

    def tick(self, published: Sequence[Record], now: datetime) -> list[Record]:
        """Close what has ended and forget what came to nothing.

        Args:
            published: What wider pictures of this member say in the same breath.
            now: UTC.
        """
        now_s = seconds_of(now)
        self._read((), published, now)
        said = []
        for event in list(self._events):
            closing = event.close(now_s)
            if closing is None:
                continue
            said += self._issue(event, [closing], now)
            self._end(event, now_s)
        self.fusion.forget(now_s)
        self._ledger.forget(now_s)
        self._peers.forget(now_s)
        return said

    def parted(self, new_id: Callable[[], str], said: Ledger, ids: Mapping[str, str]) -> Picture:
        """Return the member's own picture as one that goes on from all that this one knows; this stays as it is.

        Args:
            new_id: Of the own picture.
            said: What this member publishes, here and in narrower pictures.
            ids: Of the open records that were issued here to those that stand for them in the own picture.
        """
        coverage = self.coverage.copy()
        copies = {id(track): track.copy() for track in self.fusion.tracks}
        fed = list(copies.values())
        copies |= {id(event.track): event.track.copy() for event in self._events if not event.has_plots}
        events, entries = [], {key: replace(entry) for key, entry in said.entries.items()}
        for event in self._events:
            published = event.last_record_id or ""
            track, last, peers = copies[id(event.track)], ids.get(published), event.peers.copy()
            events.append(replace(event, track=track, coverage=coverage, last_record_id=last, peers=peers))
            if (self.member, published) in entries:
                entries[self.member, published].link = event.key
        entries |= {key: replace(entry) for key, entry in self._ledger.entries.items()}
        own = replace(
            self,
            audience=(self.member,),
            new_id=new_id,
            is_own=True,
            tells_tracks=False,
            coverage=coverage,
            _events=events,
            _peers=self._peers.copy(),
            _heard_s=dict(self._heard_s),
            _ledger=Ledger(entries, dict(self._ledger.outdated)),
            _known_pairs=set(self._known_pairs),
        )
        own.fusion = self.fusion.copy(fed)
        return own

    def adopt(
        self, said: Sequence[Said], pairs: Iterable[tuple[str, str]], told: Mapping[str, str], now_s: float
    ) -> None:
        """Go on from what was said before, in place of what this picture would have said while it was rebuilt.

        Args:
            said: By this member, to any audience, in this status.
            pairs: Event ids that it declared to be one, in records that this picture may use.
            told: The latest record of each track that it told of, by track id.
            now_s: Seconds since 1970.
        """
        self._known_pairs.update(pairs)
        rests_on = {event.key: event.rests_on for event in self._events}
        ours = match(rests_on, [each for each in said if each.record.marking.releasable_to == self.audience])
        for event in list(self._events):
            event.telling.go_on(event.track, told)
            before = ours.get(event.key)
            if before is None:
                event.forget_said()
            elif before.is_open:
                said_at_s = seconds_of(before.record.issued_at)
                event.go_on(before.record.id, before.launch, said_at_s, has_predicted=before.has_predicted)
            else:
                self._end(event, now_s)
        self._ledger.entries = {
            key: entry for key, entry in self._ledger.entries.items() if not entry.source.startswith("own ")
        }
        wider = [each for each in said if each.is_open and each.record.marking.releasable_to != self.audience]
        for audience in sorted({each.record.marking.releasable_to for each in wider}):
            shown = [each for each in wider if each.record.marking.releasable_to == audience]
            shown = [each for each in shown if self.may_use(each.record)]
            links = {each.record.id: key for key, each in match(rests_on, shown).items()}
            for each in shown:
                self._ledger.note(own_source(each.record), each.record, each.launch, moment_of(now_s))
                self._ledger.entries[each.record.originator, each.record.id].link = links.get(each.record.id)

    def _opened(self, track: Track, event_id: str = "") -> Event:
        self._keys += 1
        peers, telling = Peers(self.member), Telling(self.member, self.audience)
        event = Event(
            self._keys, event_id, track, self.settings, self.areas, peers, telling, self.notices, self.coverage
        )
        if event.has_plots:
            event.follow()
        return event

    def _end(self, event: Event, now_s: float) -> None:
        """Follow a closed event no longer."""
        self._events.remove(event)
        self.fusion.drop(event.track)
        self._ledger.forget(now_s, closed=event.key)
        self._peers.end(event.key)

    def _read(self, usable: Iterable[Admitted], published: Iterable[Record], now: datetime) -> None:
        for entry in usable:
            record = entry.record
            if record.originator == self.member:
                continue
            if record.kind == "warning.launch" and isinstance(entry.body, Launch):
                source = f"peer {record.originator} {record.marking.audience}"
                self._ledger.note(source, record, entry.body, now)
            elif record.kind == "warning.same_event" and isinstance(entry.body, SameEvent):
                self._known_pairs.add((entry.body.event_id, entry.body.alias))
        for record in published:
            if record.kind == "warning.launch" and self.may_use(record):
                self._ledger.note(own_source(record), record, body_of(record), now)

    def _unite(self, now: datetime) -> list[Record]:
        """Give new events their ids and bring together those that are one launch."""
        self._ledger.link([Candidate(event.key, event.track, event.origin) for event in self._events], self.settings)
        said, linked_to = [], self._ledger.by_link()
        for event in self._events:
            linked = sorted(linked_to.get(event.key, ()), key=lambda entry: entry.source)
            if event.event_id and not linked:
                continue
            ids = [entry.launch.event_id for entry in linked]
            in_use = {other.event_id for other in self._events if other is not event}
            ids = [event_id for event_id in ids if event_id not in in_use]
            if not event.event_id:
                event.event_id = self._first_id(ids)
            elif ids and self.is_own:
                self._rename(event, ids[0])
            else:
                for other_id in ids:
                    said += self._same_event(event, other_id, now)
                    self._rename(event, min(event.event_id, other_id))
        return said

    def _first_id(self, ids: Sequence[str]) -> str:
        if not ids:
            return self.new_id()
        return ids[0] if self.is_own else min(ids)

    def _rename(self, event: Event, event_id: str) -> None:
        if event.event_id != event_id:
            event.event_id = event_id
            event.is_renamed = True

    def _same_event(self, event: Event, other_id: str, now: datetime) -> list[Record]:
        if other_id == event.event_id:
            return []
        pair = (min(event.event_id, other_id), max(event.event_id, other_id))
        if pair in self._known_pairs:
            return []
        self._known_pairs.add(pair)
        body = SameEvent(event_id=pair[0], alias=pair[1], gate=gate_in_words(self.settings))
        linked = [
            place
            for place, entry in self._ledger.entries.items()
            if entry.link == event.key and entry.launch.event_id == other_id
        ]
        own = [] if event.last_record_id is None else [(self.member, event.last_record_id)]
        record = with_body(
            "warning.same_event",
            body,
            id=self.new_id(),
            originator=self.member,
            marking=self._marking(event),
            status=self.status,
            precedence=Precedence.IMMEDIATE,
            issued_at=now,
            synthetic=event.is_synthetic,
            sources=tuple(Source(record=parent, originator=originator) for originator, parent in (*own, *linked)),
        )
        return [record]

    def _marking(self, event: Event) -> Marking:
        return Marking(releasable_to=self.audience, public_warning=event.public_warning)

    def _issue(self, event: Event, launches: Iterable[Launch], now: datetime) -> list[Record]:
        said = []
        for launch in launches:
            is_first = launch.stage == "detected" or (launch.stage == "predicted" and not event.has_predicted)
            event.has_predicted = event.has_predicted or launch.stage == "predicted"
            others = (
                *(event.peers.used[key].record for key in sorted(event.peers.used)),
                *(told.record for told in event.announced),
            )
            record = with_body(
                "warning.launch",
                launch,
                id=self.new_id(),
                originator=self.member,
                marking=self._marking(event),
                status=self.status,
                precedence=Precedence.FLASH if is_first else Precedence.IMMEDIATE,
                issued_at=now,
                observed_at=launch.last_detection_at,
                synthetic=event.is_synthetic,
                sources=sources_of(event.track, others),
                supersedes=event.last_record_id,
            )
            event.last_record_id = record.id
            said.append(record)
        return said
