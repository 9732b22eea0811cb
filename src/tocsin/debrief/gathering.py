"""From a member's store to what a report may be made of: everything in it passes the door outward."""

from __future__ import annotations

from tocsin.exchange import release_record
from tocsin.exercise.holding import Holding, Withheld
from tocsin.records import BundleFile, Operator, Released
from tocsin.store import RecordQuery, Store


def gather(store: Store, member: str, *, status: str, outlet: Operator | BundleFile) -> Holding:
    """Return what a report for some readers may be made of.

    Args:
        store: The member's.
        member: Whose copy it is.
        status: Of the exercise.
        outlet: Who reads the report: the member's own people, or those of all members of an audience. What is kept
            back from others is not told to them.

    Raises:
        StoreError: The store cannot be read.
    """
    query = RecordQuery(status=status, copies=True)
    admitted = tuple(
        stored.admitted
        for stored in store.records(query)
        if isinstance(release_record(stored.admitted, outlet), Released)
    )
    is_own = isinstance(outlet, Operator)
    withheld = tuple(Withheld(item.held, item.held_at) for item in store.links.held()) if is_own else ()
    return Holding(member=member, admitted=admitted, withheld=withheld)


def newest_exercise(store: Store) -> str | None:
    """Return the status of the exercise that was proposed last; None if a store holds none."""
    found = next(store.records(RecordQuery(kinds=("exercise.exercise",), newest_first=True, limit=1)), None)
    return None if found is None else found.admitted.record.status
