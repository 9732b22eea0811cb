"""What all channels to the public have in common: they take what was let go to them, and say what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tocsin.cap import CapAlert
from tocsin.records import PublicChannel, Released


@dataclass(frozen=True)
class CapFile:
    """A message as it goes out: the same bytes on every channel."""

    alert: CapAlert
    data: bytes
    """CAP 1.2 in UTF-8, signed."""

    @property
    def name(self) -> str:
        """Of the file, without a folder."""
        return f"{self.alert.identifier}.xml"


class Channel(Protocol):
    """One way to the public, or to those who pass messages on to it."""

    @property
    def name(self) -> str:
        """As the configuration calls it."""
        ...

    async def carry(self, released: Released[PublicChannel], message: CapFile) -> str:
        """Carry a message; again what was carried does no harm.

        Args:
            released: The record of the message, let go to this channel.
            message: What it says.

        Returns:
            What confirms it, in words.

        Raises:
            ChannelError: It did not get through; it is tried again.
        """
        ...


def require_own(channel: str, released: Released[PublicChannel]) -> None:
    """See that a message was let go to this channel and not to another.

    Raises:
        ValueError: It was not: our own mistake.
    """
    if released.destination.name != channel:
        raise ValueError(f"what was let go to {released.destination.name} is not for {channel}")
