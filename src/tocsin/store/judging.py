"""What a decision in the store is worth, by what else the store holds (spec 16)."""

from __future__ import annotations

from datetime import datetime

from tocsin.exchange import ApprovalStanding, standing_of
from tocsin.records import CREDENTIAL, Admitted, Approval
from tocsin.store.shapes import RecordQuery
from tocsin.store.store import Store


def standing_in(store: Store, approval: Admitted, *, known_at: datetime | None = None) -> ApprovalStanding:
    """Tell whether the person whom a decision names has signed it.

    Args:
        store: Of the member that asks.
        approval: A ``watch.approval``.
        known_at: Only what had been admitted by then counts; None: by now.

    Raises:
        StoreError: The store cannot be read.
    """
    body: Approval = approval.body
    about = store.find(body.record, originator=body.originator)
    if about is not None and known_at is not None and about.admitted.admitted_at > known_at:
        about = None
    told = credentials_of(store, approval.record.originator, known_at=known_at)
    return standing_of(approval, None if about is None else about.admitted, told)


def credentials_of(store: Store, member: str, *, known_at: datetime | None = None) -> list[Admitted]:
    """Return what a member has told of its people's passkeys: its ``watch.credential`` records.

    Args:
        store: Of the member that asks.
        member: Whose people.
        known_at: Those admitted by then; None: by now.

    Raises:
        StoreError: The store cannot be read.
    """
    query = RecordQuery(kinds=(CREDENTIAL,), originator=member, as_known_at=known_at)
    return [stored.admitted for stored in store.records(query)]
