"""What goes into the store and what comes out of it, apart from the records and frames themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tocsin.clock import require_utc
from tocsin.exchange import Rejected
from tocsin.records import Admitted, AdmittedFrame, Destination, FrameRef, Held


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """How far a stream has been read."""

    stream: str
    created: str
    """Tells one stream from another of the same name made later."""
    seq: int


@dataclass(frozen=True, kw_only=True)
class Unacked:
    """A frame sealed for a peer whose server has not yet acknowledged it."""

    hop: str
    """The peer that it goes to next."""
    ref: FrameRef
    kind: str
    """Of the first record."""
    sealed_at: datetime
    data: bytes | None = None
    """The frame; may be left out if the store holds it or gets it in the same batch."""


@dataclass(frozen=True, kw_only=True)
class HeldItem:
    """A record that waits or stays, since when. The record itself is in the member's own chain."""

    held: Held
    held_at: datetime


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What one transaction writes: all of it or nothing."""

    frames: tuple[AdmittedFrame, ...] = ()
    """Those known by their hash already, and control frames (number 0), are passed over."""
    refused: tuple[Rejected, ...] = ()
    """For the quarantine."""
    cursors: tuple[Cursor, ...] = ()
    held: tuple[HeldItem, ...] = ()
    """Takes the place of an earlier entry for the same record and destination."""
    settled: tuple[tuple[str, Destination], ...] = ()
    """Record ids with destinations that no longer wait."""
    sealed: tuple[Unacked, ...] = ()
    acked: tuple[tuple[str, str], ...] = ()
    """Frame hash and hop."""


@dataclass(frozen=True, kw_only=True)
class Committed:
    """What a commit did."""

    frames: int
    """How many were new."""
    last_order: int
    """Of the last record in the store; 0 while it is empty."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """A span of one of a record's three times: from ``since`` on and before ``until``."""

    time: Literal["observed", "issued", "admitted"]
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        for moment in (self.since, self.until):
            if moment is not None:
                require_utc(moment)


@dataclass(frozen=True, kw_only=True)
class RecordQuery:
    """Which records; every condition narrows. The answer is in the order of admission.

    Raises:
        ValueError: ``limit`` is negative, or a time is not in UTC.
    """

    kinds: tuple[str, ...] = ()
    """Exact, or ``room.*``; any of them."""
    ids: tuple[str, ...] | None = None
    """Any of them, of whichever member; without any, none. ``Store.find_all`` takes any number of them."""
    event_id: str | None = None
    """Also finds the records that join this event with another."""
    originator: str | None = None
    status: str | None = None
    member: str | None = None
    """A member that may have the record by its marking."""
    synthetic: bool | None = None
    windows: tuple[Window, ...] = ()
    as_known_at: datetime | None = None
    """Only what was admitted by then, and current by what was known then."""
    current_only: bool = False
    """Without what a later record of the same originator and status superseded or cancelled."""
    copies: bool = False
    """Also the further frames in which the same record came, word for word."""
    after_order: int = 0
    before_order: int | None = None
    newest_first: bool = False
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 0:
            raise ValueError("limit is zero or more")
        if self.as_known_at is not None:
            require_utc(self.as_known_at)


@dataclass(frozen=True, kw_only=True)
class StoredRecord:
    """A record and its place in the order of admission."""

    order: int
    """Total, from 1, never used twice; the cursor for ``after_order``. Numbers may be missing."""
    admitted: Admitted


@dataclass(frozen=True, kw_only=True)
class StoredFrame:
    """A frame as received, but for what was recalled, with what the journal says of it."""

    order: int
    """Of its first record."""
    ref: FrameRef
    data: bytes
    previous: str
    resumes: tuple[str, int, str] | None
    sealed_at: datetime
    admitted_at: datetime
    via: str
    path: str
    clock_suspect: bool
    chain_open: bool
    indexes: tuple[int, ...]
    """Places within the frame of the records that came through the door; some may have been recalled since."""


@dataclass(frozen=True, kw_only=True)
class Quarantined:
    """One entry of the quarantine."""

    at: datetime
    via: str
    """The peer whose link it came by; each has a ring of its own."""
    path: str
    reason: str
    detail: str
    hash: str
    """SHA-256 of what came."""
    data: bytes | None
    """The start of it; None if it was never meant for this member."""
    size: int
    """Bytes of what came, as far as it was handed over."""
