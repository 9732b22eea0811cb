"""What may be on the page: a record of the store that the door outward let go to the people of this member."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from tocsin.exchange import digest_of, release_record
from tocsin.markings import status_class
from tocsin.records import Admitted, Outlet, Record, Released, WatchFloor
from tocsin.store import StoredRecord
from tocsin.web.shapes import RecordItem


@dataclass(frozen=True)
class Shown:
    """A record that may be shown; ``show`` makes it, and nothing else."""

    released: Released[WatchFloor | Outlet]
    admitted: Admitted
    order: int

    @property
    def record(self) -> Record:
        """The record."""
        return self.admitted.record

    @property
    def body(self) -> Any:
        """Its typed body, or ``Opaque``."""
        return self.admitted.body

    @property
    def admitted_at(self) -> datetime:
        """When it passed the door."""
        return self.admitted.admitted_at

    @property
    def digest(self) -> str:
        """By what a decision names the record."""
        return digest_of(self.admitted.raw)

    def item(self, *, whole: bool = False) -> RecordItem:
        """Return it as the API tells it.

        Args:
            whole: With its body.
        """
        record, admitted = self.record, self.admitted
        return RecordItem(
            order=self.order, kind=record.kind, id=record.id, originator=record.originator,
            audience=record.marking.releasable_to, status=record.status, world=status_class(record.status),
            precedence=record.precedence.value, issued_at=record.issued_at, sealed_at=admitted.sealed_at,
            admitted_at=admitted.admitted_at, observed_at=record.observed_at, synthetic=record.synthetic,
            clock_suspect=admitted.clock_suspect, chain_open=admitted.chain_open, supersedes=record.supersedes,
            cancels=record.cancels, caveats=record.marking.caveats,
            public_warning=record.marking.public_warning.value, sources=record.sources,
            digest=self.digest,
            body=msgspec.Raw(self.record.body) if whole else None,
        )  # fmt: skip


def show(stored: Iterable[StoredRecord], outlet: WatchFloor | Outlet) -> Iterator[Shown]:
    """Yield what may be shown there; the rest is passed over without a word."""
    for each in stored:
        released = release_record(each.admitted, outlet)
        if isinstance(released, Released):
            yield Shown(released, each.admitted, each.order)
