"""One alert from its first draft to its end: every message of it, who approved which, what went out and how it went.

Two events may turn out to be one launch. Then their alerts become one, and what is told next takes the place of all
that was told in both: the public has one alert for one missile, and one end of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from tocsin.alerts.consents import Consent, consent_of
from tocsin.alerts.drafting import Told
from tocsin.records import ENDS, Admitted, Alert, AlertDelivery, AlertSent, Launch, Message, SameEvent


def digest_of(alert: Admitted) -> str:
    """Return what people approve of a message: SHA-256 of the record's bytes, hexadecimal."""
    return hashlib.sha256(alert.raw).hexdigest()


@dataclass
class Thread:
    """All messages of one alert of this member."""

    alert_id: str
    drafts: list[Admitted] = field(default_factory=list)
    """``alerts.alert`` records, in the order in which they came."""
    consents: dict[str, list[Consent]] = field(default_factory=dict)
    """What this member's people said, by the id of the message."""
    sent: dict[str, Admitted] = field(default_factory=dict)
    """``alerts.sent`` records, by the id of the message, in order."""
    deliveries: dict[tuple[str, str], AlertDelivery] = field(default_factory=dict)
    """The newest, by id of the message and channel."""
    launches: dict[str, Admitted] = field(default_factory=dict)
    """This member's ``warning.launch`` records of the event, by id, in order."""

    @property
    def launch(self) -> Admitted | None:
        """The newest of ``launches``."""
        return next(reversed(self.launches.values()), None)

    @property
    def is_split(self) -> bool:
        """Whether the public was told of this as of two things, and no message has said since that they are one."""
        told = [each.record.id for each in self.told().messages]
        return len(told) > 1 and tuple(told[:-1]) != self.told().messages[-1].body.changes

    def absorb(self, other: Thread) -> None:
        """Take another alert in, whose event has turned out to be that of this one."""
        self.drafts = sorted([*self.drafts, *other.drafts], key=lambda each: each.record.issued_at)
        self.consents |= other.consents
        self.sent = dict(sorted((self.sent | other.sent).items(), key=lambda item: item[1].record.issued_at))
        self.deliveries |= other.deliveries

    def find(self, record_id: str) -> Admitted | None:
        """Return a message by its id."""
        return next((each for each in self.drafts if each.record.id == record_id), None)

    def told(self) -> Told:
        """Return what the public has been told."""
        messages = tuple(found for each in self.sent if (found := self.find(each)) is not None)
        channels = frozenset(channel for each in messages for channel in each.body.channels)
        return Told(alert_id=self.alert_id, messages=messages, number=self.number, channels=channels)

    def told_with(self, draft: Admitted) -> Told:
        """Return what the public will have been told once a draft is sent."""
        told = self.told()
        return replace(told, messages=(*told.messages, draft), channels=told.channels | frozenset(draft.body.channels))

    @property
    def number(self) -> int:
        """Of the newest draft; 0 if there is none."""
        return max((each.body.number for each in self.drafts), default=0)

    @property
    def is_sent(self) -> bool:
        """Whether the public was told anything."""
        return bool(self.sent)

    @property
    def is_over(self) -> bool:
        """Whether the last that the public was told is that it ends."""
        told = self.told().messages
        return bool(told) and told[-1].body.message in ENDS

    def newest(self, *messages: Message) -> Admitted | None:
        """Return the newest draft of some kinds of message that was not sent."""
        waiting = [each for each in self.drafts if each.body.message in messages and each.record.id not in self.sent]
        return waiting[-1] if waiting else None

    def correction_of(self, draft: Admitted) -> Admitted | None:
        """Return the cancel that is kept ready for the moment when a draft has been sent, if there is one."""
        ids = {each.record.id for each in self.told_with(draft).messages}
        return next(
            (
                each
                for each in reversed(self.drafts)
                if each.body.message == "cancel" and set(each.body.changes) == ids and each.record.id not in self.sent
            ),
            None,
        )

    def untold(self) -> Iterator[tuple[Admitted, str]]:
        """Yield each message that was sent and each channel that has still to carry it."""
        for record_id in self.sent:
            message = self.find(record_id)
            for channel in message.body.channels if message is not None else ():
                delivery = self.deliveries.get((record_id, channel))
                if message is not None and (delivery is None or delivery.state == "failed"):
                    yield message, channel


class Threads:
    """The alerts of one member, as its records tell of them.

    Args:
        member: ISO 3166-1 alpha-3.
    """

    def __init__(self, member: str) -> None:
        self._member = member
        self._threads: dict[str, Thread] = {}
        self._same_alert: dict[str, str] = {}
        """From the id of an alert to that of the one that took it in."""
        self._of_message: dict[str, Thread] = {}
        self._of_event: dict[str, Thread] = {}
        self._launches: dict[str, dict[str, Admitted]] = {}
        """By event; of the widest audience that this member tells of it."""
        self._names: dict[str, str] = {}
        """From an id that an event had to the one that it goes by."""
        self._event_of: dict[str, str] = {}
        """By id of a launch record of any audience."""

    def __iter__(self) -> Iterator[Thread]:
        return iter(self._threads.values())

    def of_message(self, record_id: str) -> Thread | None:
        """Return the alert that a message belongs to."""
        return self._of_message.get(record_id)

    def of_event(self, event_id: str) -> Thread | None:
        """Return the newest alert about an event."""
        return self._of_event.get(self.name_of(event_id))

    def name_of(self, event_id: str) -> str:
        """Return the id that an event goes by since it was found to be the same as others: the lowest of all."""
        while event_id in self._names:
            event_id = self._names[event_id]
        return event_id

    def take(self, admitted: Admitted) -> Thread | None:
        """Take a record in; return the alert that it belongs to, if it is one of this member's."""
        if admitted.record.originator != self._member:
            return None
        body = admitted.body
        if isinstance(body, Launch):
            return self._take_launch(admitted, body)
        if isinstance(body, SameEvent):
            return self._join(body.event_id, body.alias, admitted.record.status)
        if isinstance(body, Alert):
            return self._take_message(admitted, body)
        if (consent := consent_of(admitted)) is not None:
            return self._take_consent(consent)
        if isinstance(body, (AlertSent, AlertDelivery)):
            thread = self._of_message.get(body.alert)
            if thread is None:
                return None
            if isinstance(body, AlertSent):
                thread.sent.setdefault(body.alert, admitted)
            else:
                thread.deliveries[body.alert, body.channel] = body
            return thread
        return None

    def forget(self, before: datetime) -> None:
        """Forget alerts that are over, or were never sent, and whose last draft is older than a time."""
        for thread in list(self._threads.values()):
            is_done = (thread.is_over and not any(thread.untold())) or not thread.is_sent
            if is_done and thread.drafts[-1].record.issued_at < before:
                self._forget(thread)
        for event_id, launches in list(self._launches.items()):
            is_old = all(each.record.issued_at < before for each in launches.values())
            if is_old and event_id not in self._of_event:
                del self._launches[event_id]
        self._forget_names()

    def drop(self, status: str) -> None:
        """Forget all that is of a status: an exercise that is over. What is of another as well stays."""
        for thread in list(self._threads.values()):
            if all(each.record.status == status for each in thread.drafts):
                self._forget(thread)
        for event_id, launches in list(self._launches.items()):
            if event_id not in self._of_event and all(each.record.status == status for each in launches.values()):
                del self._launches[event_id]
        self._forget_names()

    def launches_of(self, event_id: str) -> dict[str, Admitted]:
        """Return this member's launch records of an event, by id, in order."""
        return self._launches.setdefault(self.name_of(event_id), {})

    def newest_launches(self) -> list[Admitted]:
        """Return the newest launch record of each event."""
        return [next(reversed(launches.values())) for launches in self._launches.values() if launches]

    def _forget(self, thread: Thread) -> None:
        del self._threads[thread.alert_id]
        self._of_message = {key: each for key, each in self._of_message.items() if each is not thread}
        self._of_event = {key: each for key, each in self._of_event.items() if each is not thread}

    def _forget_names(self) -> None:
        kept = self._launches.keys()
        self._event_of = {record: event for record, event in self._event_of.items() if self.name_of(event) in kept}
        self._names = {alias: name for alias, name in self._names.items() if self.name_of(name) in kept}

    def _take_launch(self, admitted: Admitted, body: Launch) -> Thread | None:
        before = self._event_of.get(admitted.record.supersedes or "")
        if before is not None:  # the same track under another id
            self._join(before, body.event_id, admitted.record.status)
        self._event_of[admitted.record.id] = body.event_id
        launches = self.launches_of(body.event_id)
        newest = next(reversed(launches.values()), None)
        # what is told to more partners is what they can check the alert by
        if newest is None or _width(admitted) >= _width(newest):
            launches[admitted.record.id] = admitted
        return self.of_event(body.event_id)

    def _join(self, one: str, other: str, status: str) -> Thread | None:
        """Let two ids mean one event, if all that is known of both is of that status; return its alert, if any."""
        name, alias = sorted((self.name_of(one), self.name_of(other)))
        if name == alias:
            return self._of_event.get(name)
        known = [each for event in (name, alias) for each in self._launches.get(event, {}).values()]
        known += [each for event in (name, alias) if event in self._of_event for each in self._of_event[event].drafts]
        if any(each.record.status != status for each in known):
            return None
        launches = self.launches_of(name)
        both = sorted([*launches.values(), *self.launches_of(alias).values()], key=lambda each: each.record.issued_at)
        launches.clear()
        launches.update((each.record.id, each) for each in both)
        del self._launches[alias]
        self._names[alias] = name
        found = [thread for thread in (self._of_event.get(name), self._of_event.pop(alias, None)) if thread is not None]
        running = [thread for thread in found if not thread.is_over] or found
        for thread in found:
            thread.launches = launches
        if not running:
            return None
        kept = max(running, key=lambda thread: thread.is_sent)
        for thread in running:
            if thread is not kept and not kept.is_over:
                self._absorb(kept, thread)
        self._of_event[name] = kept
        return kept

    def _absorb(self, kept: Thread, other: Thread) -> None:
        kept.absorb(other)
        del self._threads[other.alert_id]
        self._same_alert[other.alert_id] = kept.alert_id
        self._of_message |= {each.record.id: kept for each in other.drafts}

    def _take_consent(self, consent: Consent) -> Thread | None:
        thread = self._of_message.get(consent.message) if consent.originator == self._member else None
        if thread is not None:
            thread.consents.setdefault(consent.message, []).append(consent)
        return thread

    def _take_message(self, admitted: Admitted, body: Alert) -> Thread:
        thread = self._threads.get(self._same_alert.get(body.alert_id, body.alert_id))
        if thread is None:
            thread = Thread(body.alert_id, launches=self.launches_of(body.event_id))
            self._threads[body.alert_id] = thread
        if thread.find(admitted.record.id) is None:
            thread.drafts.append(admitted)
        self._of_message[admitted.record.id] = thread
        self._of_event[self.name_of(body.event_id)] = thread
        return thread


def _width(admitted: Admitted) -> int:
    return len(admitted.record.marking.releasable_to)
