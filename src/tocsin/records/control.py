"""Records by which the exchange itself is run: heads, requests, downgrades, recalls, revocations (spec 7 to 11)."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from tocsin.clock import require_utc
from tocsin.markings import Marking
from tocsin.records.record import Precedence

MAX_NUMBER = 2**53 - 1
"""The highest number of a frame: what every JSON reader and every database takes as an exact integer."""

_EPOCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


def require_epoch(epoch: str) -> None:
    """Refuse what is no name of an epoch; others repeat it in their heads each second, so it is short.

    Raises:
        ValueError: It is empty, too long or holds a character outside A-Z a-z 0-9 . _ : -
    """
    if not _EPOCH.fullmatch(epoch):
        raise ValueError(f"epoch {epoch[:80]!r} is empty, too long or holds a character outside A-Z a-z 0-9 . _ : -")


class Head(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The last frame of a chain; the chain's audience and status are those of the record that carries this."""

    originator: str
    precedence: Precedence
    epoch: str
    number: int
    """0: the epoch holds no frame yet."""
    hash: str = ""
    resumes: tuple[str, int, str] | None = None
    """Epoch, number and hash of the last durable head before this epoch."""

    def __post_init__(self) -> None:
        require_epoch(self.epoch)
        numbers = (self.number,) if self.resumes is None else (self.number, self.resumes[1])
        if not all(0 <= number <= MAX_NUMBER for number in numbers):
            raise ValueError(f"a head's numbers are from 0 to {MAX_NUMBER}")


class Heads(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far the originator's chains of one audience and status go, and how far it holds others'.

    The body of ``exchange.heads``.
    """

    clock_at: datetime
    """The originator's clock as it signs."""
    heads: tuple[Head, ...]
    held: tuple[Head, ...] = ()
    """Of other originators' chains of the same audience and status: the last frame up to which nothing is missing."""
    count: int = 0
    """Of the heads of this audience and status within the epoch, upwards: what tells old heads from new ones."""
    tick: int | None = None
    """Number of a replay's tick; a live node leaves it out."""

    def __post_init__(self) -> None:
        require_utc(self.clock_at)
        if not 0 <= self.count <= MAX_NUMBER:
            raise ValueError(f"count is from 0 to {MAX_NUMBER}")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Asks whoever holds them for frames that are missing (``exchange.request``)."""

    originator: str
    precedence: Precedence
    epoch: str
    after: int
    """The last number before the gap; 0 if it begins with the first frame."""
    up_to: int

    def __post_init__(self) -> None:
        require_epoch(self.epoch)
        if not 0 <= self.after < self.up_to <= MAX_NUMBER:
            raise ValueError(f"a request is for numbers after one from 0 up to a higher one of at most {MAX_NUMBER}")


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A person as partners see one: a role and a pseudonym. Names stay at home."""

    role: str
    pseudonym: str


class Downgrade(msgspec.Struct, frozen=True, kw_only=True):
    """A releaser widens the marking of named fields of named records (``exchange.downgrade``, spec 9).

    ``signature`` is the releaser's, base64, over ``statement()`` with the person's own key; the member that
    employs the person checks it before anything leaves.
    """

    source_ids: tuple[str, ...]
    fields: tuple[str, ...]
    """Top-level fields of the source's body that may go; all others stay."""
    marking: Marking
    """Of what comes out."""
    reason: str
    releaser: Person
    keyid: str
    signature: str

    def statement(self) -> bytes:
        """Return the bytes that the releaser signs: this struct without its signature."""
        return msgspec.json.encode(msgspec.structs.replace(self, signature=""), order="deterministic")


class Recall(msgspec.Struct, frozen=True, kw_only=True):
    """The originator asks that a record's content be purged everywhere; its digest stays (``exchange.recall``)."""

    record_id: str
    reason: str


class Revocation(msgspec.Struct, frozen=True, kw_only=True):
    """A member takes back one of its own keys alone (``exchange.revocation``, spec 11.6)."""

    document: str
    """The signed revocation (``signing.SignedDocument``) as JSON text."""
