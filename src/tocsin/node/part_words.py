"""What the exchange process of a member and its other processes, its parts, say to each other.

One JSON object a line, over a socket in the member's folder that is its owner's alone.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from tocsin.exchange import Rejected
from tocsin.records import Record

SOCKET = "data/parts.sock"
LINE_BYTES = 16 * 1024 * 1024
DESKS = "desks"
"""Name of the part that runs the desks when they are apart."""
ALERTS = "alerts"
"""Name of the part that runs alerts to the public."""
WEB = "web"
"""Name of the part that runs the watch floor."""


class Attach(msgspec.Struct, frozen=True, kw_only=True, tag="attach", tag_field="say"):
    """The first thing that a part says."""

    part: str
    """Its name; one process at a time has it."""
    pid: int
    born_s: float
    """When it was started, on the machine's monotonic clock: of two with one name the younger stays."""
    is_urgent: bool = False
    """Whether what is admitted is to go to disk at once, since the part works on it."""


class Submit(msgspec.Struct, frozen=True, kw_only=True, tag="submit", tag_field="say"):
    """Issue these records of our own."""

    number: int
    """Counted by the part."""
    records: tuple[Record, ...]
    is_again: bool = False
    """It was said before, and whether it was done is not known."""


class Refuse(msgspec.Struct, frozen=True, kw_only=True, tag="refuse", tag_field="say"):
    """Put into the quarantine what a desk could not take."""

    refused: tuple[Rejected, ...]


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag="progress", tag_field="say"):
    """The part has dealt with all records up to an order."""

    order: int
    problems: dict[str, str] = {}
    """Of desks, by name."""


PartSays = Attach | Submit | Refuse | Progress


class Attached(msgspec.Struct, frozen=True, kw_only=True, tag="attached", tag_field="say"):
    """The part is known now."""

    generation: int
    order: int
    """Of the last record in the store."""


class News(msgspec.Struct, frozen=True, kw_only=True, tag="news", tag_field="say"):
    """The store holds records up to an order."""

    order: int


class Taken(msgspec.Struct, frozen=True, kw_only=True, tag="taken", tag_field="say"):
    """What was submitted is sealed and on disk, or was refused."""

    number: int
    error: str = ""


class Replaced(msgspec.Struct, frozen=True, kw_only=True, tag="replaced", tag_field="say"):
    """Another process has the part's name now; nothing more is taken from this one."""

    by_pid: int


class NoPlace(msgspec.Struct, frozen=True, kw_only=True, tag="no_place", tag_field="say"):
    """This node has no such part: it does that work itself."""


ExchangeSays = Attached | News | Taken | Replaced | NoPlace


class PartStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A process that is attached to the node."""

    name: str
    pid: int
    generation: int
    """Counted over all parts since the node's start."""
    attached_at: datetime
    lag: int
    """Records that the store holds and the part has not dealt with."""
    problems: dict[str, str] = {}
    """Of its desks, by name."""
