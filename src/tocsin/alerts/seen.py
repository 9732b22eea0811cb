"""Alerts as people see them before they confirm one: on the watch floor, at the terminal, in JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from tocsin.alerts.consents import Consent
from tocsin.alerts.desk import AlertDesk
from tocsin.alerts.guards import CapStatus, Case, Refusal, cap_status, counts, refusals, wanted
from tocsin.alerts.thread import Thread, digest_of
from tocsin.records import (
    ENDS,
    Admitted,
    Alert,
    AlertArea,
    AlertDelivery,
    AlertGrounds,
    AlertText,
    LocalName,
    Message,
    Person,
    Stage,
)

SENDER = Person(role="alert_officer", pseudonym="")
"""Whoever would send: why a message is held is told as an alert officer would learn it."""

Place = Literal["sent", "next", "begun", "end", "ready", "old"]
"""``sent``: it went out; ``next``: the newest alert or update that waits; ``begun``: an earlier one that somebody has
confirmed, and which may still go; ``end``: a cancel or all-clear of what was told, which waits; ``ready``: the
correction that is kept for ``next``; ``old``: what newer ones took the place of."""


class AreaSeen(msgspec.Struct, frozen=True, kw_only=True):
    """An area of a message, with what its risk was as the message was drafted."""

    area: str
    """Id of a warning area."""
    code: str
    """ISO 3166-2."""
    names: tuple[LocalName, ...]
    probability: float | None = None
    """Of an impact within it, from 0 to 1; null if it was not told."""
    earliest_at: datetime | None = None
    latest_at: datetime | None = None


class ConfirmationSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What one person said to a message."""

    person: Person
    is_yes: bool
    at: datetime
    text: str
    counts: bool | None
    """Whether it is a yes that counts, or counted when it was sent; null: it waits at another member, whose policy is
    not known here."""


class ChannelSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a message on one channel."""

    channel: str
    state: Literal["waits", "delivered", "failed", "overtaken"]
    """``waits``: not heard of yet; ``failed``: it is tried again."""
    attempts: int
    at: datetime
    """When that was heard; with ``waits``, when the message was sent."""
    detail: str


class MessageSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One message of an alert."""

    id: str
    """Of the ``alerts.alert`` record: what people approve."""
    digest: str
    """SHA-256 of that record's bytes, hexadecimal."""
    number: int
    message: Message
    place: Place
    drafted_at: datetime
    sent_at: datetime | None
    latest_at: datetime | None
    """Of the impact; past it an alert or update is held."""
    reason: str
    """With ``cancel``: what was wrong."""
    areas: tuple[AreaSeen, ...]
    freed: tuple[AreaSeen, ...]
    texts: tuple[AlertText, ...]
    freed_texts: tuple[AlertText, ...]
    grounds: AlertGrounds | None
    confirmations: int
    """How many people of different roles it takes."""
    confirmed: tuple[ConfirmationSeen, ...]
    wanted: tuple[tuple[str, ...], ...]
    """Confirmations that are missing: of each, the roles that may give it."""
    held: tuple[Refusal, ...]
    """Why it may not go, one guard each."""
    channels: tuple[ChannelSeen, ...]
    """Of what was sent."""
    through: tuple[str, ...]
    """Names of the channels that it goes through."""


class AlertSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One alert with all its messages."""

    key: str
    """Tells it from all others, of whatever member."""
    alert_id: str
    event_id: str
    originator: str
    """Whose public it is for."""
    status: str
    cap_status: CapStatus
    """Which world it is of, as the public is told."""
    synthetic: bool
    audience: tuple[str, ...]
    caveats: tuple[str, ...]
    stage: Stage | None
    """What the member tells of the event now; null if nothing."""
    outcome: str | None
    is_sent: bool
    is_over: bool
    messages: tuple[MessageSeen, ...]
    """In the order in which they were drafted."""


def see_thread(thread: Thread, desk: AlertDesk | None, now: datetime) -> AlertSeen:
    """Return an alert as people see it.

    Args:
        thread: The alert.
        desk: Of the member whose alert it is; None for another member's: its guards are its own.
        now: UTC.
    """
    newest = thread.drafts[-1]
    record, launch = newest.record, None if thread.launch is None else thread.launch.body
    event_id = newest.body.event_id if launch is None else launch.event_id
    places = places_of(thread)
    return AlertSeen(
        key=f"{record.originator}/{thread.alert_id}", alert_id=thread.alert_id, event_id=event_id,
        originator=record.originator, status=record.status, cap_status=cap_status(newest), synthetic=record.synthetic,
        audience=record.marking.releasable_to, caveats=record.marking.caveats,
        stage=None if launch is None else launch.stage, outcome=None if launch is None else launch.outcome,
        is_sent=thread.is_sent, is_over=thread.is_over,
        messages=tuple(_message(each, places[each.record.id], thread, desk, now) for each in thread.drafts),
    )  # fmt: skip


def places_of(thread: Thread) -> Mapping[str, Place]:
    """Return where each message of an alert stands, by id."""
    told = tuple(each.record.id for each in thread.told().messages)
    due = None if thread.is_over else thread.newest("alert", "update")
    ready = None if due is None else thread.correction_of(due)

    def place(draft: Admitted) -> Place:
        record_id, is_end = draft.record.id, draft.body.message in ENDS
        if record_id in thread.sent:
            return "sent"
        if draft is due:
            return "next"
        if draft is ready:
            return "ready"
        if thread.is_over or draft.body.changes != told:
            return "old"
        if is_end:
            return "end"
        return "begun" if any(each.is_yes for each in thread.consents.get(record_id, ())) else "old"

    return {each.record.id: place(each) for each in thread.drafts}


def _message(draft: Admitted, place: Place, thread: Thread, desk: AlertDesk | None, now: datetime) -> MessageSeen:
    body: Alert = draft.body
    record_id = draft.record.id
    sent = thread.sent.get(record_id)
    case = None if desk is None or place in ("old", "sent") else desk.case(record_id, SENDER, now)
    return MessageSeen(
        id=record_id, digest=digest_of(draft), number=body.number, message=body.message, place=place,
        drafted_at=draft.record.issued_at, sent_at=None if sent is None else sent.body.sent_at,
        latest_at=body.latest_at, reason=body.reason, areas=_areas(body.areas, body.grounds),
        freed=_areas(body.freed, body.grounds), texts=body.texts, freed_texts=body.freed_texts, grounds=body.grounds,
        confirmations=body.confirmations, confirmed=_confirmed(record_id, thread, case),
        wanted=() if case is None else wanted(case), held=() if case is None else refusals(case),
        through=body.channels,
        channels=tuple(
            _channel(channel, thread.deliveries.get((record_id, channel)), sent.body.sent_at)
            for channel in body.channels
        )
        if sent is not None else (),
    )  # fmt: skip


def _confirmed(record_id: str, thread: Thread, case: Case | None) -> tuple[ConfirmationSeen, ...]:
    sent = thread.sent.get(record_id)

    def stands(consent: Consent) -> bool | None:
        if sent is not None:  # what counted then counts for good
            return consent.approval.record.id in sent.body.approvals
        return None if case is None else consent.is_yes and counts(consent, case)

    return tuple(
        ConfirmationSeen(person=each.person, is_yes=each.is_yes, at=each.at, text=each.text, counts=stands(each))
        for each in thread.consents.get(record_id, ())
    )  # fmt: skip


def _areas(areas: Sequence[AlertArea], grounds: AlertGrounds | None) -> tuple[AreaSeen, ...]:
    risks = {risk.area: risk for risk in (() if grounds is None else grounds.at_risk)}

    def seen(area: AlertArea) -> AreaSeen:
        risk = risks.get(area.area)
        return AreaSeen(
            area=area.area, code=area.code, names=area.names, probability=None if risk is None else risk.probability,
            earliest_at=None if risk is None else risk.earliest_at, latest_at=None if risk is None else risk.latest_at,
        )  # fmt: skip

    return tuple(seen(area) for area in areas)


def _channel(channel: str, delivery: AlertDelivery | None, sent_at: datetime) -> ChannelSeen:
    if delivery is None:
        return ChannelSeen(channel=channel, state="waits", attempts=0, at=sent_at, detail="")
    return ChannelSeen(
        channel=channel, state=delivery.state, attempts=delivery.attempts, at=delivery.at, detail=delivery.detail
    )  # fmt: skip
