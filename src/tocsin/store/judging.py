"""What a decision in the store is worth, by what else the store holds (spec 16)."""

from __future__ import annotations

from tocsin.exchange import ApprovalStanding, standing_of
from tocsin.records import CREDENTIAL, Admitted, Approval
from tocsin.store.shapes import RecordQuery
from tocsin.store.store import Store


def standing_in(store: Store, approval: Admitted) -> ApprovalStanding:
    """Tell whether the person whom a decision names has signed it.

    Args:
        store: Of the member that asks.
        approval: A ``watch.approval``.

    Raises:
        StoreError: The store cannot be read.
    """
    body: Approval = approval.body
    about = store.find(body.record, originator=body.originator)
    told = credentials_of(store, approval.record.originator)
    return standing_of(approval, None if about is None else about.admitted, told)


def credentials_of(store: Store, member: str) -> list[Admitted]:
    """Return what a member has told of its people's passkeys: its ``watch.credential`` records.

    Raises:
        StoreError: The store cannot be read.
    """
    query = RecordQuery(kinds=(CREDENTIAL,), originator=member)
    return [stored.admitted for stored in store.records(query)]
