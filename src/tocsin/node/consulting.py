"""Consultations at a node: what people of the member do in one, and where each stands by the member's store."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tocsin.codec import decode
from tocsin.consult import (
    KINDS,
    ConsultOrder,
    Desk,
    DraftOrder,
    Index,
    StatementProof,
    find,
    keys_of,
    prove,
    record_of,
    signed_statement,
)
from tocsin.consult.state import consultation_of
from tocsin.errors import DomainError, FeedError, MalformedRecordError
from tocsin.markings import status_class
from tocsin.node.config import MemberConfig
from tocsin.node.node import Node
from tocsin.node.rosters import load_rosters, load_trust
from tocsin.node.wiring import open_store
from tocsin.records import Record
from tocsin.records.consult import MAX_STATEMENT_BYTES
from tocsin.signing import SignedDocument, read_roster
from tocsin.store import RecordQuery, Store


def consult_record(node: Node, order: DraftOrder | ConsultOrder) -> Record:
    """Return the record that an order about a consultation asks for.

    Raises:
        DomainError: It may not be done, or not now, or one of the members is not in the roster.
        MarkingError: The status is none.
        NotReleasableError: There is no key at hand that signs the status.
    """
    status_class(order.status)
    if isinstance(order, DraftOrder):
        node.exchange.trust.roster.require(order.members)
    at = Desk(
        index=index_of(node.store, order.status), member=node.member, now=node.clock.now(), new_id=node.new_id,
        sign=node.exchange.sign,
    )  # fmt: skip
    return record_of(order, at)


def index_of(store: Store, status: str, as_of: datetime | None = None) -> Index:
    """Return the consultations of one status that a store holds.

    Args:
        store: Whose records.
        status: ``actual``, ``test`` or ``exercise:<id>``.
        as_of: UTC, as it was known here then; None: now.

    Raises:
        StoreError: It cannot be read.
    """
    index = Index(status)
    query = RecordQuery(kinds=KINDS, status=status, as_known_at=as_of)
    index.take(stored.admitted for stored in store.records(query))
    return index


def read_consultations(config: MemberConfig, status: str, as_of: datetime | None = None) -> Index:
    """Return the consultations of one status that a member's store holds.

    Raises:
        StoreError: The store cannot be read.
        MarkingError: The status is none.
    """
    status_class(status)
    with open_store(config, read_only=True) as store:
        return index_of(store, status, as_of)


def final_text(config: MemberConfig, index: Index, name: str, now: datetime) -> SignedDocument:
    """Return what is agreed in a consultation, with the signatures that verify by the rosters this member has known.

    Raises:
        DomainError: There is no such consultation, or it is not agreed.
        ConfigError: The rosters cannot be used.
    """
    standing = consultation_of(index, find(index, name), now)
    if standing is None:
        raise DomainError(f"no text of {name[:80]} is held", advice="See: tocsin consult list")
    return signed_statement(index, standing, keys_of(load_trust(config).rosters, index.status))


def prove_file(file: Path, roster: Path) -> StatementProof:
    """Check a signed statement offline, by a roster and those before it that lie beside it.

    Raises:
        FeedError: The file cannot be read, or is no signed document.
        ConfigError: The roster cannot be used.
        DomainError: It holds no statement.
        SignatureError: A signature in it is wrong.
    """
    try:
        with file.open("rb") as opened:
            data = opened.read(3 * MAX_STATEMENT_BYTES)
    except OSError as error:
        raise FeedError(f"cannot be read: {error.strerror}", source=str(file)) from error
    try:
        document = decode(data, SignedDocument)
    except MalformedRecordError as error:
        advice = "Take what `tocsin consult export` wrote, the .json"
        raise FeedError(f"no signed statement: {error}", source=str(file), advice=advice) from error
    return prove(document, [read_roster(each) for each in load_rosters(roster)])
