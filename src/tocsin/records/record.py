"""The record: one fact, typed and immutable, as it stands on the wire (spec 1)."""

from __future__ import annotations

import re
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any

import msgspec

from tocsin.clock import require_utc
from tocsin.errors import MalformedRecordError
from tocsin.markings import PUBLIC, Marking, status_class

_KIND = re.compile(r"[a-z][a-z0-9-]{0,31}\.[a-z][a-z0-9_]{0,31}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_MEMBER = re.compile(r"[A-Z]{3}")


@lru_cache(maxsize=1024)  # few are in use; what is too long is not remembered, for a peer may send any
def _is_kind(text: str) -> bool:
    return _KIND.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _is_member(text: str) -> bool:
    return _MEMBER.fullmatch(text) is not None


def require_member(code: str) -> None:
    """Refuse what is no code of a member.

    Raises:
        ValueError: It is not three capital letters.
    """
    if len(code) != 3 or not _is_member(code):
        raise ValueError(f"member {code[:80]!r} is not three capital letters")


class Precedence(Enum):
    """What may never wait behind what, most urgent first."""

    FLASH = "flash"
    IMMEDIATE = "immediate"
    ROUTINE = "routine"
    BULK = "bulk"


class Source(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a record rests on: another record, or something outside that is cited (spec 1.6)."""

    record: str | None = None
    """Id of a record."""
    originator: str = ""
    """Of that record; empty: of any record of that id."""
    cites: str | None = None
    """A publication, data set or method, in words or as a URL."""

    def __post_init__(self) -> None:
        if (self.record is None) == (self.cites is None):
            raise ValueError("a source names either a record or what it cites")
        if self.originator and (self.record is None or len(self.originator) != 3 or not _is_member(self.originator)):
            raise ValueError(f"originator {self.originator[:80]!r} of a source is not that of a record")


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fact of one originator. It changes only by a later record that supersedes, cancels or recalls it.

    Raises:
        ValueError: A field breaks a rule of spec 1.
        MarkingError: The originator is not among those who may have the record.
    """

    kind: str
    """``room.noun``, such as ``warning.detection``."""
    id: str
    """Unique for ever; at most 128 letters, digits and ``._:-``."""
    originator: str
    """The member that vouches for it, ISO 3166-1 alpha-3."""
    marking: Marking
    status: str
    """``actual``, ``test`` or ``exercise:<id>``."""
    precedence: Precedence
    issued_at: datetime
    """When the originator made it."""
    observed_at: datetime | None = None
    """When what it tells of was seen, at the sensor."""
    expires_at: datetime | None = None
    synthetic: bool = False
    """Simulated, or derived from something simulated."""
    sources: tuple[Source, ...] = ()
    supersedes: str | None = None
    """Id of the record that this one takes the place of."""
    cancels: str | None = None
    """Id of the record that this one takes back."""
    body: msgspec.Raw
    """The fact itself, a JSON object whose shape follows from ``kind``."""

    def __post_init__(self) -> None:
        if len(self.kind) > 65 or not _is_kind(self.kind):
            raise ValueError(f"kind {self.kind[:80]!r} is not room.noun in small letters")
        if not _ID.fullmatch(self.id):
            raise ValueError(f"id {self.id[:80]!r} is empty, too long or holds a character outside A-Z a-z 0-9 . _ : -")
        if len(self.originator) != 3 or not _is_member(self.originator):
            raise ValueError(f"originator {self.originator[:80]!r} is not three capital letters")
        if self.marking.releasable_to != (PUBLIC,) and self.originator not in self.marking.releasable_to:
            raise ValueError("the originator is missing from releasable_to")
        status_class(self.status)
        for moment in (self.issued_at, self.observed_at, self.expires_at):
            if moment is not None:
                require_utc(moment)

    @property
    def room(self) -> str:
        """The part of the kind before the dot."""
        return self.kind.partition(".")[0]

    @property
    def parents(self) -> tuple[str, ...]:
        """Ids of the records among the sources."""
        return tuple(source.record for source in self.sources if source.record is not None)


def with_body(
    record_kind: str,
    body: msgspec.Struct,
    *,
    id: str,  # noqa: A002 - the field's own name
    originator: str,
    marking: Marking,
    status: str,
    precedence: Precedence,
    issued_at: datetime,
    **times_and_sources: Any,
) -> Record:
    """Make a record from a typed body.

    Args:
        record_kind: The record's ``kind``.
        body: One of the structs of ``tocsin.records``.
        id: The record's id.
        originator: The member that vouches for it.
        marking: Who may have it.
        status: ``actual``, ``test`` or ``exercise:<id>``.
        precedence: How urgent it is.
        issued_at: UTC.
        times_and_sources: ``observed_at``, ``expires_at``, ``synthetic``, ``sources``, ``supersedes``, ``cancels``.

    Raises:
        MalformedRecordError: The body holds a number that JSON cannot carry (NaN or infinity).
        ValueError: A field breaks a rule of spec 1.
    """
    _require_finite(msgspec.to_builtins(body), "$")
    return Record(
        kind=record_kind, id=id, originator=originator, marking=marking, status=status, precedence=precedence,
        issued_at=issued_at, body=msgspec.Raw(msgspec.json.encode(body)), **times_and_sources,
    )  # fmt: skip


def _require_finite(value: Any, path: str) -> None:
    if isinstance(value, float):
        if value - value != 0.0:
            raise MalformedRecordError(f"{value} cannot be written in JSON", path=path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _require_finite(inner, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            _require_finite(inner, f"{path}[{index}]")
