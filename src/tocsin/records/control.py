"""Records by which the exchange itself is run: heads, requests, downgrades, recalls, revocations (spec 7 to 11)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from tocsin.clock import require_utc
from tocsin.markings import Marking
from tocsin.records.record import Precedence


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


class Heads(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far the originator's chains of one audience and status go, and how far it holds others'.

    The body of ``exchange.heads``.
    """

    clock_at: datetime
    """The originator's clock as it signs."""
    heads: tuple[Head, ...]
    held: tuple[Head, ...] = ()
    """Of other originators' chains of the same audience and status: the last frame up to which nothing is missing."""
    tick: int | None = None
    """Number of a replay's tick; a live node leaves it out."""

    def __post_init__(self) -> None:
        require_utc(self.clock_at)


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Asks whoever holds them for frames that are missing (``exchange.request``)."""

    originator: str
    precedence: Precedence
    epoch: str
    after: int
    up_to: int


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
