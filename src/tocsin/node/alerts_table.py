"""``[alerts]``: how a member alerts its public, as its TOML says."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import msgspec

from tocsin.alerts import AlertSettings, Confirmations
from tocsin.channels import ChannelTable


class AlertsTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[alerts]``: alerts to this member's public; off unless told otherwise."""

    run: Literal["off", "here", "apart"] = "off"
    """``here``: in the process that runs the exchange; ``apart``: in one of its own, ``tocsin up --part alerts``."""
    sender: str = ""
    """Who sends, as CAP names it: an address such as ``alerts@civil-protection.example``."""
    sender_names: dict[str, str] = {}
    """What the public knows the sender as, by language (``ja-JP``); under ``""`` for all others."""
    confirmations: Confirmations = Confirmations()
    """How many people, each of another role, confirm each kind of message."""
    passkeys: bool = True
    """Whether a confirmation counts only with the person's own signature by passkey."""
    certificate: str | None = None
    """Path of the certificate (PEM) by which others check the XML signatures of messages; its key is on P-256."""
    key: str | None = None
    """Path of its private key (PEM)."""
    test_every_h: float | None = None
    """How often each channel is tested by a message of status Test: hours, from 0.1 to 24; without it never."""
    folder: str = "data/alerts"
    """Path of the folder that keeps every message that went out, word for word."""
    channels: tuple[ChannelTable, ...] = ()
    """The ways to the public."""
    exercise_channels: tuple[str, ...] = ()
    """Names of those channels that carry exercises and tests, too, marked as such; the others only what is real."""

    def __post_init__(self) -> None:
        names = [channel.name for channel in self.channels]
        if len(set(names)) < len(names):
            raise ValueError("two channels have one name")
        if unknown := set(self.exercise_channels) - set(names):
            raise ValueError(f"exercise_channels names {min(unknown)}, which is no channel")
        if self.test_every_h is not None and not 0.1 <= self.test_every_h <= 24.0:
            raise ValueError("test_every_h is between 0.1 and 24")
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key come together")
        if self.run != "off":
            self.settings()

    @property
    def test_every(self) -> timedelta | None:
        """How often each channel is tested; None: never."""
        return None if self.test_every_h is None else timedelta(hours=self.test_every_h)

    def settings(self) -> AlertSettings:
        """Return the policy.

        Raises:
            ValueError: Something is missing.
        """
        return AlertSettings(
            sender=self.sender, sender_names=self.sender_names, confirmations=self.confirmations,
            passkeys=self.passkeys, channels=tuple(channel.name for channel in self.channels),
            exercise_channels=self.exercise_channels,
        )  # fmt: skip
