"""STIX objects that people of a member hand to the running node, and what its store holds of everybody's."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

import msgspec

from tocsin.codec import decode
from tocsin.cyber.times import parse_time
from tocsin.cyber.tlp import label_of, marking_of
from tocsin.exchange import release_record
from tocsin.markings import Tlp
from tocsin.node.config import MemberConfig
from tocsin.node.node import Node
from tocsin.node.revisions import revision_id, told_before
from tocsin.node.wiring import open_store
from tocsin.records import Admitted, Outlet, Precedence, Record, Released, StixObject
from tocsin.store import RecordQuery

KIND = "cyber.object"

_NAMESPACE = uuid.UUID("0b6c1f2e-7a57-4f0e-8a5b-6f0c9f4f4a11")
"""Of ids of records, which follow from those of the objects."""


class Share(msgspec.Struct, frozen=True, kw_only=True, tag="share_objects", tag_field="do"):
    """Tell STIX objects; what was told before and is the same or newer is not told again."""

    objects: tuple[msgspec.Raw, ...]
    to: tuple[str, ...]
    """Codes of the members that may have what its markings let go."""
    status: str = "actual"
    unmarked: Tlp = Tlp.AMBER
    """What an object without a label is taken as."""
    statements: tuple[str, ...] = ()
    """Ids of marking definitions that are statements."""


def object_records(node: Node, order: Share) -> list[Record]:
    """Return the records of what is new among objects.

    Raises:
        DomainError: One of ``to`` is not in the roster.
        MalformedRecordError: One of them is no STIX object.
    """
    node.exchange.trust.roster.require(order.to)
    read = [(raw, decode(raw, StixObject)) for raw in order.objects]
    earlier = told_before(node.store, node.member, {_root(node, order, body) for _, body in read})
    told: dict[str, Record] = {}
    for raw, body in read:
        root = _root(node, order, body)
        before, number = earlier.get(root, (None, 0))
        before = told.get(root, before)
        if before is not None and (
            bytes(before.body) == bytes(raw) or _is_newer(decode(before.body, StixObject), body)
        ):
            continue
        label = label_of(body, statements=order.statements, unmarked=order.unmarked)
        told[root] = Record(
            kind=KIND,
            id=revision_id(root, number + 1),
            originator=node.member,
            marking=marking_of(label, member=node.member, to=order.to),
            status=order.status,
            precedence=Precedence.ROUTINE if body.type == "sighting" else Precedence.BULK,
            issued_at=node.clock.now(),
            supersedes=revision_id(root, number) if number else None,
            body=raw,
        )
    return list(told.values())


def _root(node: Node, order: Share, body: StixObject) -> str:
    return f"{node.member}-stix-{uuid.uuid5(_NAMESPACE, f'{order.status} {body.id}')}"


def _is_newer(before: StixObject, body: StixObject) -> bool:
    then, now = parse_time(before.modified), parse_time(body.modified)
    return then is not None and now is not None and then > now


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One object in its newest version, and who told it."""

    body: StixObject
    raw: bytes
    tlp: Tlp | None
    told_by: tuple[str, ...]
    """The originators of records of this version, sorted."""


def objects_held(config: MemberConfig, *, status: str, outlet: Outlet | None = None) -> list[Held]:
    """Return every object of a status once, in its newest version, in the order in which they came.

    Args:
        config: The member's.
        status: ``actual``, ``test`` or ``exercise:<id>``.
        outlet: Where they leave to; only what all of its readers may have. None: they are for this member's people.

    Raises:
        StoreError: The store cannot be read.
    """
    with open_store(config, read_only=True) as store:
        query = RecordQuery(kinds=(KIND,), status=status, current_only=outlet is None)
        return newest_of(
            stored.admitted
            for stored in store.records(query)
            if outlet is None or isinstance(release_record(stored.admitted, outlet), Released)
        )


def newest_of(told: Iterable[Admitted]) -> list[Held]:
    """Return each object that records tell of once; of two that tell the same version, both are named."""
    newest: dict[str, Held] = {}
    for admitted in told:
        body, record = admitted.body, admitted.record
        if not isinstance(body, StixObject):
            continue
        held, names = newest.get(body.id), {record.originator}
        if held is not None:
            if _is_newer(held.body, body):
                continue
            if held.body.modified == body.modified:
                names |= set(held.told_by)
        newest[body.id] = Held(body=body, raw=bytes(record.body), tlp=record.marking.tlp, told_by=tuple(sorted(names)))
    return list(newest.values())
