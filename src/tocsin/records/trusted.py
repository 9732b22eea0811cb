"""Trust as a type: what came in through the door, and what may go out by it.

Only ``tocsin.exchange`` makes these (a test sees to it). Rooms and the store take ``Admitted``; every egress takes
``Released`` for its own destination.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

from tocsin.records.kinds import body_of
from tocsin.records.record import Precedence, Record


@dataclass(frozen=True)
class ChainId:
    """Frames are numbered within one of these (spec 5)."""

    originator: str
    audience: str
    """``JPN-KOR-USA``; the originator alone for its {self} chain."""
    status: str
    precedence: Precedence

    @property
    def members(self) -> tuple[str, ...]:
        """The audience as single members, or ``PUBLIC``."""
        return tuple(self.audience.split("-"))


@dataclass(frozen=True)
class FrameRef:
    """A frame's place in its chain."""

    chain: ChainId
    epoch: str
    number: int
    """From 1; 0 for a control frame, which is in no chain and not kept."""
    hash: str
    """SHA-256 of the signed header, hexadecimal."""


@dataclass(frozen=True)
class Admitted:
    """A record that came through the door, verified."""

    record: Record
    raw: bytes
    """The record as received, byte for byte."""
    digest: str
    """Salted, as in the frame's header."""
    frame: FrameRef
    index: int
    """Place within the frame, from 0."""
    admitted_at: datetime
    sealed_at: datetime
    via: str
    """The peer whose link it came by; the member itself for its own records."""
    clock_suspect: bool = False
    """The originator's clock was further from ours than policy allows."""
    chain_open: bool = False
    """An earlier frame of the chain was missing when this one came."""

    @cached_property
    def body(self) -> Any:
        """The typed body, or ``Opaque``."""
        return body_of(self.record)


@dataclass(frozen=True)
class AdmittedFrame:
    """A frame that came through the door, with its records in their order."""

    ref: FrameRef
    data: bytes
    """The frame as received, byte for byte; if it completes another, without what was recalled."""
    previous: str
    resumes: tuple[str, int, str] | None
    records: tuple[Admitted, ...]
    admitted_at: datetime
    sealed_at: datetime
    via: str
    path: str
    """``self``, ``live``, ``durable`` or ``file``."""
    clock_suspect: bool = False
    chain_open: bool = False
    completes: bool = False
    """An earlier copy of the frame lacked some of its records: these alone are among ``records``."""


@dataclass(frozen=True)
class Peer:
    """Destination: another member, over its link."""

    code: str


@dataclass(frozen=True)
class Operator:
    """Destination: the people of this member at a terminal."""

    member: str


@dataclass(frozen=True)
class BundleFile:
    """Destination: an exported bundle, for the members named."""

    audience: tuple[str, ...]


@dataclass(frozen=True)
class WatchFloor:
    """Destination: the people of this member who have signed in to its watch floor."""

    member: str


@dataclass(frozen=True)
class Outlet:
    """Destination: a program of others that reads the picture, and all who may look at what it shows."""

    name: str
    audience: tuple[str, ...]
    """Members, sorted; or ``PUBLIC`` alone."""


@dataclass(frozen=True)
class PublicChannel:
    """Destination: the public, by one channel."""

    name: str


Destination = Peer | Operator | BundleFile | WatchFloor | Outlet | PublicChannel

D_co = TypeVar("D_co", bound=Destination, covariant=True)


@dataclass(frozen=True)
class Released(Generic[D_co]):
    """Bytes that policy and marking let go to one destination.

    For a ``Peer`` these are a frame; for the others one record.
    """

    destination: D_co
    data: bytes
    ref: FrameRef
    kind: str
    """Of the (first) record, for routing and for lists; never for trust."""
    is_control: bool = False
    """Goes live only and is not kept."""
    is_again: bool = False
    """It was asked for, or completes another: no outbox may take it for a double of what it had before."""


@dataclass(frozen=True)
class Held:
    """A record that stays, and why."""

    record_id: str
    kind: str
    destination: Destination
    reason: str
    """``policy``, ``no_route``, ``needs_person`` or ``marking``."""
    detail: str = ""
    record: Record | None = field(default=None, compare=False)
