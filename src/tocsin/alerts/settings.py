"""How a member alerts: who speaks, who confirms, through what; and the one table of who may do what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from tocsin.records import MESSAGES, Message

Step = Literal["draft", "confirm", "send", "update", "cancel", "all_clear"]

DUTIES: Mapping[Step, frozenset[str]] = {
    "draft": frozenset({"software", "watch_officer", "alert_officer"}),
    "confirm": frozenset({"watch_officer", "alert_officer"}),
    "send": frozenset({"alert_officer"}),
    "update": frozenset({"alert_officer"}),
    "cancel": frozenset({"watch_officer", "alert_officer"}),
    "all_clear": frozenset({"alert_officer"}),
}
"""Who may do what, by the roles of the watch floor; nobody else may. ``send`` is sending the first message; ``update``,
``cancel`` and ``all_clear`` are sending those. A wrong alert has to end even if no alert officer is there."""

_CHANNEL = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_SENDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/-]{2,120}")


class Confirmations(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many people, each of another role, confirm each kind of message: 1 or 2."""

    alert: int = 2
    """The first message about an event."""
    update: int = 1
    cancel: int = 1
    """It was wrong: a correction is to take one step."""
    all_clear: int = 1

    def __post_init__(self) -> None:
        for message in MESSAGES:
            if self.of(message) not in (1, 2):
                raise ValueError(f"confirmations.{message} is 1 or 2: nothing goes to the public without a person")

    def of(self, message: Message) -> int:
        """Return how many confirm a kind of message."""
        count: int = getattr(self, message)
        return count


class AlertSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Policy of a member for alerts to its public."""

    sender: str
    """Who sends, as CAP names it: an address such as ``alerts@civil-protection.example``."""
    sender_names: dict[str, str]
    """What the public knows the sender as, by language; by ``""`` for all others."""
    confirmations: Confirmations = Confirmations()
    """How many people have to confirm a message."""
    passkeys: bool = True
    """Whether a confirmation counts only with the person's own signature by passkey."""
    channels: tuple[str, ...]
    """Names of the channels that an alert goes through."""
    exercise_channels: tuple[str, ...] = ()
    """Names of those that what is not real goes through, marked as such: exercises, tests and simulations."""

    def __post_init__(self) -> None:
        if not _SENDER.fullmatch(self.sender):
            raise ValueError(
                f"sender {self.sender[:80]!r} is letters, digits and . _ : @ / -, without blanks or commas"
            )
        if "" not in self.sender_names or not all(self.sender_names.values()):
            raise ValueError('sender_names has a name under "", for every language that has none of its own')
        if not self.channels:
            raise ValueError("channels are one or more")
        for channel in (*self.channels, *self.exercise_channels):
            if not _CHANNEL.fullmatch(channel):
                raise ValueError(f"channel {channel[:40]!r} is small letters, digits and hyphens")

    def channels_for(self, *, is_real: bool) -> frozenset[str]:
        """Return the channels that a message of one world goes through."""
        return frozenset(self.channels if is_real else self.exercise_channels)


def may(role: str, step: Step) -> bool:
    """Tell whether a role may take a step."""
    return role in DUTIES[step]


def step_of(message: Message) -> Step:
    """Return the step that sending a message is."""
    return "send" if message == "alert" else message
