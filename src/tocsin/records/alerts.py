"""Alerts to the public: what is to be told, that it was sent, and what came of each channel.

A message is one ``alerts.alert`` record and never changes: what people approve (``digest``) is what goes out. Words of
urgency, severity and certainty are those of CAP 1.2.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from tocsin.clock import require_utc
from tocsin.records.control import Person
from tocsin.records.warning import AreaRisk

Message = Literal["alert", "update", "cancel", "all_clear"]
"""``alert``: the first; ``update``: what changed; ``cancel``: it was wrong; ``all_clear``: it is over."""

MESSAGES: tuple[Message, ...] = ("alert", "update", "cancel", "all_clear")
ENDS: tuple[Message, ...] = ("cancel", "all_clear")
"""Those after which nothing more is told of an alert."""

Corner = tuple[float, float]
"""Longitude and latitude, degrees."""


class LocalName(msgspec.Struct, frozen=True, kw_only=True):
    """What an area is called in a language."""

    language: str
    """BCP 47, such as ``ja-JP``."""
    name: str


class AlertArea(msgspec.Struct, frozen=True, kw_only=True):
    """An area that is told something, by name, code and outline."""

    area: str
    """Id of a warning area, such as ``JP-13/island-4``."""
    code: str
    """ISO 3166-2, of the whole that it is part of."""
    names: tuple[LocalName, ...]
    rings: tuple[tuple[Corner, ...], ...]
    """Its outlines, each closed."""


class AlertText(msgspec.Struct, frozen=True, kw_only=True):
    """What is told in one language."""

    language: str
    event: str
    headline: str
    description: str
    instruction: str


class AlertGrounds(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the message rests on, for those who have to confirm it."""

    launch: str
    """Id of the ``warning.launch`` record."""
    revision: int
    label: str
    """What the object is taken for."""
    grade_basis: str
    detections: int
    last_detection_at: datetime | None = None
    at_risk: tuple[AreaRisk, ...] = ()
    """Areas of this member alone."""
    lost_age_s: float | None = None
    """With a track that was lost: how old its last plot was as the message was drafted."""


class Alert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message to the public of one member, as drafted (``alerts.alert``)."""

    alert_id: str
    """The same in all messages about one event to this public."""
    event_id: str
    message: Message
    number: int
    """1 for the first draft of this alert, then upwards."""
    areas: tuple[AlertArea, ...]
    """At risk; with ``cancel`` and ``all_clear``, all that were told of a risk before."""
    freed: tuple[AlertArea, ...] = ()
    """With ``update``: told of a risk before, and at risk no longer."""
    texts: tuple[AlertText, ...]
    freed_texts: tuple[AlertText, ...] = ()
    """For ``freed``, in the same languages."""
    changes: tuple[str, ...] = ()
    """Ids of the ``alerts.alert`` records that were sent before and that this one changes."""
    channels: tuple[str, ...]
    """Where it goes: with all but ``alert``, every one that carried a message before."""
    confirmations: int
    """How many people have to confirm it, each of another role."""
    reason: str = ""
    """With ``cancel``: what was wrong."""
    urgency: Literal["Immediate", "Expected", "Past"]
    severity: Literal["Extreme", "Severe", "Minor"]
    certainty: Literal["Observed", "Likely", "Possible", "Unlikely"]
    earliest_at: datetime | None = None
    """Of the impact."""
    latest_at: datetime | None = None
    """Of the impact; after it an ``alert`` or ``update`` is held."""
    expires_at: datetime
    grounds: AlertGrounds | None = None

    def __post_init__(self) -> None:
        for moment in (self.earliest_at, self.latest_at, self.expires_at):
            if moment is not None:
                require_utc(moment)


class AlertSent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message goes out (``alerts.sent``): every guard let it, and from here on channels carry it."""

    alert: str
    """Id of the ``alerts.alert`` record."""
    digest: str
    """SHA-256 of that record's bytes, hexadecimal: what was approved."""
    approvals: tuple[str, ...]
    """Ids of the records by which people approved it."""
    by: Person
    """Who sent it."""
    identifier: str
    """By which CAP names the message."""
    sender: str
    sent_at: datetime
    """Whole seconds."""

    def __post_init__(self) -> None:
        require_utc(self.sent_at)


class AlertDelivery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of one message on one channel (``alerts.delivery``); each supersedes the one before."""

    alert: str
    channel: str
    state: Literal["delivered", "failed", "overtaken"]
    """``failed``: it is tried again; ``overtaken``: it never got through, and a later message of the same alert goes in
    its place, so that nobody reads of a danger after its end."""
    attempts: int
    at: datetime
    detail: str = ""
    """What the channel answered, or why it failed."""

    def __post_init__(self) -> None:
        require_utc(self.at)


class ChannelTest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A test of a member's channels to the public (``alerts.test``): it tells of no danger and names no area."""

    channels: tuple[str, ...]
    """Names of the channels that carry it."""
    texts: tuple[AlertText, ...]
    identifier: str
    """By which CAP names the message."""
    sender: str
    sent_at: datetime
    """Whole seconds."""
    expires_at: datetime

    def __post_init__(self) -> None:
        require_utc(self.sent_at)
        require_utc(self.expires_at)
