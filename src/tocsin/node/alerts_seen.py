"""What a member's store tells of its alerts: for the terminal, and for whoever asks in JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from tocsin.alerts import AlertDesk, CapStatus, Thread, cap_status
from tocsin.node.alerts_office import RESUMED, office_of, read_history
from tocsin.node.config import MemberConfig
from tocsin.node.public_warning import is_open
from tocsin.node.wiring import open_store
from tocsin.records import Admitted, Alert, Message, Person
from tocsin.store import standing_in

SENDER = Person(role="alert_officer", pseudonym="")
"""Whoever would send: why a message is held is told as an alert officer would learn it."""


class MessageSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One message of an alert."""

    id: str
    """Of the ``alerts.alert`` record: what people approve."""
    number: int
    message: Message
    state: Literal["sent", "waits"]
    areas: tuple[str, ...]
    confirmed_by: tuple[str, ...]
    confirmations: int
    held: tuple[str, ...]
    """Why it may not go, one guard each."""
    channels: dict[str, str]
    """By channel: ``delivered``, ``failed``, ``overtaken``, or ``waits``."""


class AlertSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One alert with all its messages."""

    alert_id: str
    event_id: str
    cap_status: CapStatus
    is_over: bool
    messages: tuple[MessageSeen, ...]


def see_alerts(config: MemberConfig, *, now: datetime) -> tuple[AlertSeen, ...]:
    """Return the alerts of the last two days, the oldest first.

    Raises:
        ConfigError: ``[alerts]`` cannot be used.
        StoreError: The store cannot be read.
    """
    with open_store(config, read_only=True) as store:
        desk = AlertDesk(
            office_of(config), is_open=lambda: is_open(config),
            standing=lambda approval: standing_in(store, approval).is_verified,
        )  # fmt: skip
        _, history = read_history(store, config.member.code, desk.resumes, since=now - RESUMED)
        desk.resume(history, now - RESUMED, now)
        return tuple(_alert(thread, desk, now) for thread in desk.threads)


def _alert(thread: Thread, desk: AlertDesk, now: datetime) -> AlertSeen:
    first: Alert = thread.drafts[0].body
    return AlertSeen(
        alert_id=thread.alert_id, event_id=first.event_id, cap_status=cap_status(thread.drafts[0]),
        is_over=thread.is_over, messages=tuple(_message(each, thread, desk, now) for each in thread.drafts),
    )  # fmt: skip


def _message(draft: Admitted, thread: Thread, desk: AlertDesk, now: datetime) -> MessageSeen:
    body: Alert = draft.body
    record_id = draft.record.id
    is_sent = record_id in thread.sent
    told = {channel: thread.deliveries.get((record_id, channel)) for channel in body.channels}
    return MessageSeen(
        id=record_id, number=body.number, message=body.message, state="sent" if is_sent else "waits",
        areas=tuple(area.area for area in body.areas), confirmations=body.confirmations,
        confirmed_by=tuple(
            f"{each.person.pseudonym} ({each.person.role})"
            for each in thread.consents.get(record_id, ())
            if each.is_yes
        ),
        held=() if is_sent else tuple(refusal.reason for refusal in desk.why_held(record_id, SENDER, now)),
        channels={name: delivery.state if delivery is not None else "waits" for name, delivery in told.items()}
        if is_sent else {},
    )  # fmt: skip
