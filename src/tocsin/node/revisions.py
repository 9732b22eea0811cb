"""What this member told before under ids of its own: the first bears the id, each revision counts up behind it."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.records import Record
from tocsin.store import Store


def revision_id(root: str, number: int) -> str:
    """Return the id of the first (1) or a later version of what is told under an id."""
    return root if number == 1 else f"{root}.{number}"


def told_before(store: Store, member: str, roots: Iterable[str]) -> dict[str, tuple[Record, int]]:
    """Return, by id, the last version that was told, and how many were; an id under which nothing was told is left out.

    Raises:
        StoreError: The store cannot be read.
    """
    told: dict[str, tuple[Record, int]] = {}
    number, waiting = 1, list(roots)
    while waiting:
        root_of = {revision_id(root, number): root for root in waiting}
        waiting = []
        for stored in store.find_all(root_of, originator=member):
            record = stored.admitted.record
            root = root_of[record.id]
            told[root] = (record, number)
            waiting.append(root)
        number += 1
    return told
