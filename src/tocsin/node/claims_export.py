"""The ledger of claims on its way out in a file: only what all of its readers may have, as it stands from there."""

from __future__ import annotations

import msgspec

from tocsin.claims import KINDS, Ledger
from tocsin.exchange import release_record
from tocsin.interchange import Leaving
from tocsin.node.config import MemberConfig
from tocsin.node.wiring import open_store
from tocsin.records import Outlet, Released
from tocsin.store import RecordQuery


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What leaves, and how much stays."""

    entries: tuple[Leaving, ...]
    stayed: int
    """Records whose marking does not let them go to all of that audience."""


def select_claims(config: MemberConfig, outlet: Outlet, status: str) -> Selection:
    """Return the ledger as it stands for some readers.

    A version that they may not have counts for nothing: the one before, which they may have, stands for them.

    Args:
        config: The member's.
        outlet: What leaves, and who is to read it.
        status: ``actual``, ``test`` or ``exercise:<id>``.

    Raises:
        StoreError: The store cannot be read.
    """
    ledger, stayed = Ledger(status), 0
    let_go: dict[tuple[str, str], Released[Outlet]] = {}
    with open_store(config, read_only=True) as store:
        for stored in store.records(RecordQuery(kinds=KINDS, status=status)):
            released = release_record(stored.admitted, outlet)
            if isinstance(released, Released):
                ledger.take(stored.admitted)
                let_go[stored.admitted.record.originator, stored.admitted.record.id] = released
            else:
                stayed += 1
    entries = []
    for ref in ledger.refs():
        version = ledger.at(ref)
        if version is not None:
            begun_at = next(ledger.history(ref)).issued_at
            entries.append(Leaving(released=let_go[version.ref], thread=ledger.thread(ref), begun_at=begun_at))
    return Selection(entries=tuple(entries), stayed=stayed)
