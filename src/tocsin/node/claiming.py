"""What people of a member tell of claims: entries of a ledger that become records of the running node."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin.claims import KINDS, Entry, Ledger, record_id
from tocsin.errors import NotReleasableError
from tocsin.markings import marking_for
from tocsin.node.config import MemberConfig
from tocsin.node.node import Node
from tocsin.node.wiring import open_store
from tocsin.records import Precedence, Record, Source
from tocsin.store import RecordQuery, Store

_MOST_LINES = 100


class Tell(msgspec.Struct, frozen=True, kw_only=True, tag="tell_claims", tag_field="do"):
    """Tell what a ledger holds; what was told before and is the same is not told again."""

    entries: tuple[Entry, ...]
    to: tuple[str, ...]
    """Codes of the members that may have it; this one is always among them."""
    status: str = "actual"
    synthetic: bool = False


def claim_records(node: Node, order: Tell) -> list[Record]:
    """Return the records of what is new or revised in a ledger.

    Raises:
        DomainError: One of ``to`` is not in the roster.
        NotReleasableError: An entry names one of this member that neither the order nor the store holds.
    """
    node.exchange.trust.roster.require(order.to)
    told: dict[str, Record] = {}
    newest: dict[str, Record] = {}
    for entry in order.entries:
        root = record_id(node.member, entry.key)
        before, count = _newest(node.store, node.member, entry.key, order.status)
        record = _record(node, order, entry, before=before, number=count + 1, newest=newest)
        if before is not None and _is_same(before, record):
            newest[root] = before
        else:
            told[entry.key] = newest[root] = record
    return list(told.values())


def _newest(store: Store, member: str, key: str, status: str) -> tuple[Record | None, int]:
    """Return the last record that was told under a key, and how many were; each revision's id counts up."""
    found, count = None, 0
    while (stored := store.find(_numbered(member, key, count + 1), originator=member)) is not None:
        if stored.admitted.record.status != status:
            raise NotReleasableError(
                f"{key} was told before with status {stored.admitted.record.status}", advice="Use another key"
            )
        found, count = stored.admitted.record, count + 1
    return found, count


def _numbered(member: str, key: str, number: int) -> str:
    return record_id(member, key) if number == 1 else f"{record_id(member, key)}.{number}"


def _record(
    node: Node, order: Tell, entry: Entry, *, before: Record | None, number: int, newest: dict[str, Record]
) -> Record:
    rests_on = []
    for ref in entry.refs:
        is_ours = ref.originator == node.member and ref.record in newest
        # the version that stands, so that its marking counts
        rests_on.append(Source(record=newest[ref.record].id if is_ours else ref.record, originator=ref.originator))
    return Record(
        kind=entry.kind,
        id=_numbered(node.member, entry.key, number),
        originator=node.member,
        marking=marking_for(node.member, *order.to),
        status=order.status,
        precedence=Precedence.ROUTINE,
        issued_at=node.clock.now(),
        synthetic=order.synthetic,
        sources=(*rests_on, *(Source(cites=each) for each in entry.cites)),
        supersedes=None if before is None else before.id,
        body=entry.body,
    )


def _is_same(before: Record, record: Record) -> bool:
    return (bytes(before.body), before.marking, before.synthetic) == (
        bytes(record.body), record.marking, record.synthetic,
    ) and {source.cites for source in before.sources} == {source.cites for source in record.sources}  # fmt: skip


def read_claims(config: MemberConfig, status: str) -> Ledger:
    """Return the ledger of one status that a member's store holds.

    Raises:
        StoreError: The store cannot be read.
    """
    ledger = Ledger(status)
    with open_store(config, read_only=True) as store:
        for stored in store.records(RecordQuery(kinds=KINDS, status=status)):
            ledger.take(stored.admitted)
    return ledger


def keys_told(records: Sequence[Record]) -> tuple[str, ...]:
    """Return a line for each record that was told; of very many, for the first."""
    lines = [f"{'revised' if record.supersedes else 'told'} {record.kind} {record.id}" for record in records]
    more = len(lines) - _MOST_LINES
    return (*lines[:_MOST_LINES], f"and {more} more") if more > 0 else tuple(lines)
