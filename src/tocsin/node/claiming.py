"""What people of a member tell of claims: entries of a ledger that become records of the running node."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin.claims import KINDS, Entry, Ledger, record_id
from tocsin.errors import NotReleasableError
from tocsin.markings import marking_for
from tocsin.node.config import MemberConfig
from tocsin.node.node import Node
from tocsin.node.revisions import revision_id, told_before
from tocsin.node.wiring import open_store
from tocsin.records import Precedence, Record, Source
from tocsin.store import RecordQuery

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
    roots = {entry.key: record_id(node.member, entry.key) for entry in order.entries}
    before = told_before(node.store, node.member, roots.values())
    told: dict[str, Record] = {}
    newest: dict[str, Record] = {}
    for entry in order.entries:
        root = roots[entry.key]
        last, count = before.get(root, (None, 0))
        if last is not None and last.status != order.status:
            raise NotReleasableError(
                f"{entry.key} was told before with status {last.status}", advice="Use another key"
            )  # fmt: skip
        record = _record(node, order, entry, before=last, id_=revision_id(root, count + 1), newest=newest)
        if last is not None and _is_same(last, record):
            newest[root] = last
        else:
            told[entry.key] = newest[root] = record
    return list(told.values())


def _record(
    node: Node, order: Tell, entry: Entry, *, before: Record | None, id_: str, newest: dict[str, Record]
) -> Record:
    rests_on = []
    for ref in entry.refs:
        is_ours = ref.originator == node.member and ref.record in newest
        # the version that stands, so that its marking counts
        rests_on.append(Source(record=newest[ref.record].id if is_ours else ref.record, originator=ref.originator))
    return Record(
        kind=entry.kind,
        id=id_,
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
