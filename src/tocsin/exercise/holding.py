"""What a report is made from: the copies of members, and every record of them once, with when it came to whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tocsin.records import Admitted, Held, Record


@dataclass(frozen=True)
class Withheld:
    """A record that a member kept from a destination, since when."""

    held: Held
    held_at: datetime


@dataclass(frozen=True)
class Holding:
    """One member's copy: what it admitted, its own records among it, and what it kept from whom."""

    member: str
    admitted: tuple[Admitted, ...]
    """In any order; a record may stand in several frames."""
    withheld: tuple[Withheld, ...] = ()


@dataclass
class Known:
    """One record, and how it went through the federation as far as the copies tell."""

    record: Record
    body: Any
    admitted_at: dict[str, datetime] = field(default_factory=dict)
    """By member, when its first copy came; the originator's own among them."""
    left_at: datetime | None = None
    """When it was first sealed for anybody but its originator; None: nobody else was to have it."""

    @property
    def key(self) -> tuple[str, str]:
        """By which the record is told from all others."""
        return self.record.originator, self.record.id


def known(holdings: Iterable[Holding], *, status: str) -> tuple[Known, ...]:
    """Bring the copies together: every record of a status once, by time of issue; order and doubles do not matter.

    Args:
        holdings: Of one or more members.
        status: ``exercise:<id>`` or ``test``; records of other worlds are passed over.
    """
    found: dict[tuple[str, str], Known] = {}
    for holding in holdings:
        for entry in holding.admitted:
            record = entry.record
            if record.status != status:
                continue
            one = found.setdefault((record.originator, record.id), Known(record, entry.body))
            came_at = one.admitted_at.get(holding.member, entry.admitted_at)
            one.admitted_at[holding.member] = min(came_at, entry.admitted_at)
            if entry.frame.chain.members != (record.originator,):
                one.left_at = entry.sealed_at if one.left_at is None else min(one.left_at, entry.sealed_at)
    return tuple(sorted(found.values(), key=lambda one: (one.record.issued_at, *one.key)))


def of_kind(entries: Sequence[Known], kind: str) -> tuple[Known, ...]:
    """Return those of one kind, in their order."""
    return tuple(one for one in entries if one.record.kind == kind)
