"""The ledgers of claims that the people of one member may see: one for each status, kept for whoever looks.

Nothing is read before somebody looks, and then only what has come since the last look: a member whose people never open
the claims pays nothing for them, and one with very many reads them once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.claims import Ledger
from tocsin.claims.origins import Ref
from tocsin.consult import Index
from tocsin.records import Claim, ClaimLink, Movement, Question, WatchFloor
from tocsin.store import RecordQuery, Store
from tocsin.web.shown import show

ROOMS = ("claims.*", "cargo.*", "consult.*")


@dataclass
class Shelf:
    """The ledger and the joint statements of one status, with what a page lists of them."""

    ledger: Ledger
    statements: Index
    claims: list[Ref] = field(default_factory=list)
    """Every version, in the order of coming in."""
    questions: list[Ref] = field(default_factory=list)
    movements: list[Ref] = field(default_factory=list)
    denials: list[Ref] = field(default_factory=list)
    """Links by which something is denied."""
    moments: list[datetime] = field(default_factory=list)
    """When frames came in that held something of it; each once, oldest first."""


class ClaimBook:
    """Ledgers by status. ``open`` is for one thread at a time, and others wait."""

    def __init__(self) -> None:
        self._shelves: dict[str, Shelf] = {}
        self._order = 0
        """Of the last record that was read."""
        self._turn = threading.Lock()

    @contextmanager
    def open(self, store: Store, floor: WatchFloor) -> Iterator[dict[str, Shelf]]:
        """Let in what has come, and give out the ledgers; they are whole and still as long as they are open.

        Args:
            store: What this member holds.
            floor: Nothing comes in that may not be shown there.

        Raises:
            StoreError: The store cannot be read.
        """
        with self._turn:
            self._read(store, floor)
            yield self._shelves

    def forget(self) -> None:
        """Read everything anew at the next look: something was recalled."""
        with self._turn:
            self._shelves, self._order = {}, 0

    def _read(self, store: Store, floor: WatchFloor) -> None:
        for shown in show(store.records(RecordQuery(kinds=ROOMS, after_order=self._order)), floor):
            self._order = shown.order
            record = shown.record
            shelf = self._shelves.get(record.status)
            if shelf is None:
                shelf = self._shelves[record.status] = Shelf(Ledger(record.status), Index(record.status))
            shelf.ledger.take(shown.admitted)
            shelf.statements.take([shown.admitted])
            if not shelf.moments or shelf.moments[-1] < shown.admitted_at:
                shelf.moments.append(shown.admitted_at)
            ref = (record.originator, record.id)
            if isinstance(shown.body, Claim):
                shelf.claims.append(ref)
            elif isinstance(shown.body, Question):
                shelf.questions.append(ref)
            elif isinstance(shown.body, Movement):
                shelf.movements.append(ref)
            elif isinstance(shown.body, ClaimLink) and shown.body.relation == "denies":
                shelf.denials.append(ref)
