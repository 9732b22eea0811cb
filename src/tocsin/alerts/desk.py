"""The alert desk of one member: drafts what launches call for, and lets out what people have confirmed.

It never sends by itself. A correction of every message is drafted as soon as the message is, so that it is there before
the message goes, and takes one step to send.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from tocsin.alerts.consents import Consent, consent_of
from tocsin.alerts.drafting import NotDrafted, Office, Told, draft, draft_end, draft_lost
from tocsin.alerts.guards import Case, Refusal, Standing, counts, refusals
from tocsin.alerts.settings import may, step_of
from tocsin.alerts.texts import Reason
from tocsin.alerts.thread import Thread, Threads, digest_of
from tocsin.markings import derive
from tocsin.records import (
    APPROVAL,
    ENDS,
    Admitted,
    Alert,
    AlertDelivery,
    AlertSent,
    Launch,
    Message,
    Person,
    Precedence,
    Record,
    SameEvent,
    Source,
    body_of,
    with_body,
)

REMEMBERED = timedelta(hours=24)
"""How long an alert that is over is kept in memory; the store keeps all."""

RESUMED = timedelta(hours=48)
"""How far back in the store whoever begins looks for alerts."""

UNDER_WAY = timedelta(seconds=10)
"""How long a message that was let out is not let out again, while the record of it is on its way to disk."""

MOVED = timedelta(seconds=60)
"""A change of the time of impact by more than this calls for a new draft."""


@dataclass(frozen=True)
class NotSent:
    """Why a message did not go."""

    refusals: tuple[Refusal, ...]


class AlertDesk:
    """Turns launches into messages that wait for people, and confirmed messages into sent ones.

    Args:
        office: Who alerts.
        is_open: Whether the channels to the public are open.
        standing: Tells whether a person's own passkey stands behind an approval.
    """

    resumes = ("alerts.*", "warning.launch", "warning.same_event", APPROVAL)
    """Kinds of the records that ``resume`` wants."""

    @classmethod
    def wants(cls, record: Record) -> bool:
        """Tell by its label whether a record is to be taken in: plots by the thousand are not."""
        return record.room == "alerts" or record.kind in cls.resumes

    def __init__(self, office: Office, *, is_open: Callable[[], bool], standing: Standing) -> None:
        self._office = office
        self._is_open = is_open
        self._standing = standing
        self.threads = Threads(office.member)
        self._going: dict[str, datetime] = {}
        """When messages were let out whose ``alerts.sent`` has not come back yet."""
        self._last: dict[str, Alert] = {}
        """The newest draft of each event, admitted or under way."""

    def take(self, admitted: Sequence[Admitted], now: datetime) -> list[Record]:
        """Take records in, and return the messages that they call for.

        Args:
            admitted: A batch in order; kinds of other rooms are passed over.
            now: UTC.
        """
        made: list[Record] = []
        for entry in admitted:
            thread = self.threads.take(entry)
            if entry.record.originator != self._office.member:
                continue
            if isinstance(entry.body, Launch):
                made += self._on_launch(entry, thread, now)
            elif isinstance(entry.body, SameEvent) and thread is not None:
                made += self._united(thread, now)
            elif isinstance(entry.body, Alert) and thread is not None:
                self._note(entry.body)
                made += self._correction(entry, thread, now)
            elif isinstance(entry.body, AlertSent) and thread is not None:
                made += self._narrowed(thread, now)
        return made

    def tick(self, now: datetime) -> list[Record]:
        """Forget what is long over; time alone brings nothing about."""
        self.threads.forget(now - REMEMBERED)
        self._going = {record_id: at for record_id, at in self._going.items() if now - at < UNDER_WAY}
        known = {thread.alert_id for thread in self.threads}
        self._last = {
            event: last for event, last in self._last.items() if last.alert_id in known or last.expires_at > now
        }
        return []

    def drop(self, status: str) -> None:
        """Forget the alerts of an exercise that is over; the store keeps all."""
        self.threads.drop(status)

    def resume(self, history: Sequence[Admitted], begin: datetime, now: datetime) -> None:  # noqa: ARG002 - as all desks
        """Go on with the alerts that are on record; nothing is drafted anew of what was."""
        for entry in history:
            self.threads.take(entry)
            if isinstance(entry.body, Alert) and entry.record.originator == self._office.member:
                self._note(entry.body)

    def catch_up(self, now: datetime) -> list[Record]:
        """Return the messages that were called for while nobody was here, after ``resume``."""
        made: list[Record] = []
        for entry in self.threads.newest_launches():
            impact = entry.body.impact
            thread = self.threads.of_event(entry.body.event_id)
            is_under_way = thread is not None and thread.is_sent
            if is_under_way or (impact is not None and impact.last_at >= now):
                made += self._on_launch(entry, thread, now)
        for thread in self.threads:
            for waiting in thread.drafts:
                if waiting.record.id not in thread.sent:
                    made += self._correction(waiting, thread, now)
        return made

    def end(
        self, alert_id: str, message: Message, now: datetime, *, reason: Reason = "sent_in_error"
    ) -> Record | NotDrafted:
        """Draft the end of an alert: ``cancel`` if it was wrong, ``all_clear`` if it is over."""
        thread = next((each for each in self.threads if each.alert_id == alert_id), None)
        if thread is None or thread.launch is None:
            return NotDrafted(f"there is no alert {alert_id[:128]}")
        if thread.is_over:
            return NotDrafted("this alert has ended")
        return draft_end(message, thread.launch, thread.told(), self._office, now, reason=reason)

    def case(self, record_id: str, by: Person, now: datetime) -> Case | None:
        """Return a message with all that decides whether a person may send it now; None if it is not here."""
        thread = self.threads.of_message(record_id)
        message = thread.find(record_id) if thread is not None else None
        if thread is None or message is None:
            return None
        return Case(
            message=message, thread=thread, office=self._office, by=by, now=now, is_open=self._is_open(),
            standing=self._standing, name_of=self.threads.name_of,
        )  # fmt: skip

    def why_held(self, record_id: str, by: Person, now: datetime) -> tuple[Refusal, ...]:
        """Return every reason why a person may not send a message now; empty: it may go."""
        case = self.case(record_id, by, now)
        return refusals(case) if case is not None else (Refusal("own", "there is no such message here"),)

    def on_approval(self, approval: Admitted, now: datetime) -> Record | NotSent | None:
        """Let a message out with the yes that was the last it wanted; it is tried once, and never later by itself.

        Args:
            approval: A ``watch.approval`` that was taken in.
            now: UTC.

        Returns:
            As ``send``; None if it is no yes to a message of this member.
        """
        consent = consent_of(approval)
        if consent is None or not consent.is_yes or approval.record.originator != self._office.member:
            return None
        case = self.case(consent.message, consent.person, now)
        if case is None:
            return None
        step = step_of(case.body.message)
        people = [each.person for each in self._counted(case)]
        by = next((person for person in reversed(people) if may(person.role, step)), consent.person)
        return self.send(consent.message, by, now)

    def send(self, record_id: str, by: Person, now: datetime) -> Record | NotSent:
        """Let a message out, if every guard lets it.

        Args:
            record_id: Of the ``alerts.alert`` record.
            by: Who sends it.
            now: UTC.

        Returns:
            The ``alerts.sent`` record by which channels carry it, or every reason why not.
        """
        case = self.case(record_id, by, now)
        if case is None:
            return NotSent((Refusal("own", "there is no such message here"),))
        if found := refusals(case):
            return NotSent(found)
        if now - self._going.get(record_id, now - UNDER_WAY) < UNDER_WAY:
            return NotSent((Refusal("order", "it is on its way"),))
        self._going[record_id] = now
        message = case.message
        approvals = [each.approval for each in self._counted(case)]
        body = AlertSent(
            alert=record_id, digest=digest_of(message), approvals=tuple(each.record.id for each in approvals), by=by,
            identifier=f"{self._office.member}-{record_id}", sender=self._office.settings.sender,
            sent_at=now.replace(microsecond=0),
        )  # fmt: skip
        return self._record("alerts.sent", body, [message, *approvals], now)

    def delivery(self, message: Admitted, body: AlertDelivery, now: datetime) -> Record:
        """Make the record of what came of a message on a channel."""
        return self._record("alerts.delivery", body, [message], now)

    def _on_launch(self, entry: Admitted, thread: Thread | None, now: datetime) -> Iterator[Record]:
        launch: Launch = entry.body
        if entry.record.id not in self.threads.launches_of(launch.event_id):
            return  # of a narrower audience than what is told of the event already
        if thread is not None and thread.is_over:
            return
        if thread is not None and thread.is_split and launch.stage != "closed":
            yield from self._united(thread, now)
            return
        told = self._told(launch.event_id, thread)
        made: Record | NotDrafted
        if thread is None or not thread.is_sent:
            is_due = self._is_news(launch) or (thread is not None and _widens(entry, thread.drafts[-1]))
            made = draft(entry, told, self._office, now) if is_due else NotDrafted("nothing new")
        elif launch.stage == "closed":
            made = (
                draft_lost(entry, told, self._office, now)
                if launch.outcome == "lost"
                else draft_end("all_clear", entry, told, self._office, now)
            )
        elif launch.stage == "predicted" and not self._office.territory.own(launch.areas):
            made = draft_end("all_clear", entry, told, self._office, now)
        else:
            made = draft(entry, told, self._office, now) if self._is_news(launch) else NotDrafted("nothing new")
        if isinstance(made, Record):
            self._note(body_of(made))
            yield made

    def _correction(self, entry: Admitted, thread: Thread, now: datetime) -> Iterator[Record]:
        """Draft what will be sent if a message turns out to be wrong."""
        grounds = entry.body.grounds
        launch = thread.launches.get(grounds.launch) if grounds is not None else None
        is_end = entry.body.message in ENDS
        if launch is None or is_end or thread.correction_of(entry) is not None:
            return
        made = draft_end("cancel", launch, thread.told_with(entry), self._office, now)
        if isinstance(made, Record):
            yield made

    def _united(self, thread: Thread, now: datetime) -> Iterator[Record]:
        """Draft the update that takes the place of all that was told of one launch as of two, and the correction."""
        launch, told = thread.launch, thread.told()
        ids = tuple(each.record.id for each in told.messages)
        if launch is None or not thread.is_split or any(each.body.changes == ids for each in thread.drafts):
            return
        made = [draft_end("cancel", launch, told, self._office, now)]
        made.append(draft(launch, replace(told, number=told.number + 1), self._office, now))
        for each in made:
            if isinstance(each, Record):
                self._note(body_of(each))
                yield each

    def _narrowed(self, thread: Thread, now: datetime) -> Iterator[Record]:
        """Draft the update of what has gone out while a narrower draft was there already."""
        launch, told = thread.launch, thread.told()
        if launch is None or thread.is_over or launch.body.stage != "predicted":
            return
        if self._office.territory.own(launch.body.areas) != told.at_risk:
            made = draft(launch, self._told(launch.body.event_id, thread), self._office, now)
            if isinstance(made, Record):
                self._note(body_of(made))
                yield made

    def _is_news(self, launch: Launch) -> bool:
        """Tell whether a launch says other areas or another time than the newest draft of its event."""
        last = self._last_of(launch.event_id)
        if last is None or launch.impact is None or last.latest_at is None:
            return True
        latest_at = launch.impact.last_at
        same_areas = self._office.territory.own(launch.areas) == tuple(area.area for area in last.areas)
        return not same_areas or abs(latest_at - last.latest_at) > MOVED

    def _note(self, body: Alert) -> None:
        last = self._last_of(body.event_id)
        if body.message in ("alert", "update") and (last is None or body.number > last.number):
            self._last[self.threads.name_of(body.event_id)] = body

    def _last_of(self, event_id: str) -> Alert | None:
        name = self.threads.name_of(event_id)
        found = [last for event, last in self._last.items() if self.threads.name_of(event) == name]
        return max(found, key=lambda last: last.number, default=None)

    def _told(self, event_id: str, thread: Thread | None) -> Told:
        last = self._last_of(event_id)
        number = max(last.number if last is not None else 0, thread.number if thread is not None else 0)
        if thread is None:
            return Told(alert_id=last.alert_id if last is not None else self._office.new_id(), number=number)
        return replace(thread.told(), number=number)

    def _counted(self, case: Case) -> list[Consent]:
        return [each for each in case.consents if counts(each, case)]

    def _record(self, kind: str, body: msgspec.Struct, parents: Sequence[Admitted], now: datetime) -> Record:
        message = parents[0].record
        return with_body(
            kind, body, id=self._office.new_id(), originator=self._office.member,
            marking=derive(self._office.member, [each.record.marking for each in parents]), status=message.status,
            precedence=Precedence.FLASH, issued_at=now, synthetic=any(each.record.synthetic for each in parents),
            sources=tuple(Source(record=each.record.id, originator=each.record.originator) for each in parents),
        )  # fmt: skip


def _widens(launch: Admitted, drafted: Admitted) -> bool:
    """Tell whether more partners could check a message by a launch than by what was drafted."""
    return len(launch.record.marking.releasable_to) > len(drafted.record.marking.releasable_to)
