"""What a person of this member asks of the running node, to release a record or to change; over a socket in its folder.

Who may write to the member's folder may ask: the socket is its owner's alone (mode 0600). One JSON line is a
request, one comes back.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Self

import msgspec

from tocsin.codec import decode, encode
from tocsin.consult import ConsultOrder, DraftOrder
from tocsin.errors import ConfigError, DomainError, NotReleasableError, TocsinError
from tocsin.exchange import Outgoing, carry_out
from tocsin.exercise.orders import ExerciseOrder
from tocsin.node.changing import Changes
from tocsin.node.claiming import Tell, claim_records, keys_told
from tocsin.node.consulting import consult_record
from tocsin.node.exercising import Propose, record_for
from tocsin.node.node import Node
from tocsin.node.notices import notice_record, withdrawn
from tocsin.node.planning import ProposePlan, SignPlan, plan_record
from tocsin.node.sharing import Share, object_records
from tocsin.records import Admitted, Destination, Downgrade, LaunchNotice, Peer
from tocsin.signing import SignedDocument

SOCKET = "data/control.sock"
_LINE_BYTES = 16 * 1024 * 1024
"""A roster is in it, with every member's certificate."""
_TOLD_AT_ONCE = 500
"""Records of a ledger that are sealed in one go, all or none: nothing else goes on meanwhile."""
_LONGEST_PATH = 100
"""Bytes; the system's limit is 108 with the closing zero."""


class Release(msgspec.Struct, frozen=True, kw_only=True, tag="release", tag_field="do"):
    """Let a record go that waits for a person."""

    record_id: str


class RecallOrder(msgspec.Struct, frozen=True, kw_only=True, tag="recall", tag_field="do"):
    """Ask everyone to purge a record of ours."""

    record_id: str
    reason: str


class DowngradeOrder(msgspec.Struct, frozen=True, kw_only=True, tag="downgrade", tag_field="do"):
    """Widen named fields of records of ours, as a releaser has signed."""

    order: Downgrade


class Announce(msgspec.Struct, frozen=True, kw_only=True, tag="announce", tag_field="do"):
    """Issue what is announced of a space launch."""

    notice: LaunchNotice
    to: tuple[str, ...]
    """Codes of the members that may have it; this one is always among them."""
    status: str = "actual"
    source: str = ""
    """Where it was published."""
    replaces: str = ""
    """Id of a notice of ours whose place it takes."""


class CallOff(msgspec.Struct, frozen=True, kw_only=True, tag="call_off", tag_field="do"):
    """Take back a notice of ours."""

    record_id: str


class ApplyRoster(msgspec.Struct, frozen=True, kw_only=True, tag="apply_roster", tag_field="do"):
    """Put the next roster in force."""

    document: str
    """The signed roster (``signing.SignedDocument``) as JSON text."""


class RevokeKey(msgspec.Struct, frozen=True, kw_only=True, tag="revoke_key", tag_field="do"):
    """Take back a key, and tell every member of it."""

    document: str
    """The signed revocation (``signing.SignedDocument``) as JSON text."""


class Reload(msgspec.Struct, frozen=True, kw_only=True, tag="reload", tag_field="do"):
    """Read the member's TOML, keys and certificates again."""


Order = (
    Release | RecallOrder | DowngradeOrder | Announce | CallOff | ApplyRoster | RevokeKey | Reload | Propose
    | ExerciseOrder | Tell | ProposePlan | SignPlan | Share | DraftOrder | ConsultOrder
)  # fmt: skip


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an order."""

    error: str = ""
    """Why it was not done; empty if it was."""
    record_id: str = ""
    """Of the record that was made, if one was."""
    frames: int = 0
    sent_to: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    """Where it still does not go, and why."""
    told: tuple[str, ...] = ()
    """What changed and what is still to be done, in words, a sentence each."""


async def carry(node: Node, changes: Changes, order: Order) -> Done:
    """Carry out an order at a node.

    Raises:
        TocsinError: It may not be done.
    """
    match order:
        case Release(record_id=record_id):
            return _done(_release(node, record_id))
        case RecallOrder(record_id=record_id, reason=reason):
            return _done(node.recall(_own(node, record_id).record, reason))
        case DowngradeOrder(order=downgrade):
            sources = [_own(node, record_id) for record_id in downgrade.source_ids]
            made = carry_out(downgrade, sources, node.config.exchange, new_id=node.new_id, now=node.clock.now())
            return _done(node.issue(made, at_once=True))
        case Announce():
            if order.replaces:
                _own(node, order.replaces)
            record = notice_record(
                node, order.notice, to=order.to, status=order.status, source=order.source, replaces=order.replaces
            )
            return _done(node.issue([record], at_once=True), record.id)
        case CallOff(record_id=record_id):
            record = withdrawn(node, _own(node, record_id))
            return _done(node.issue([record], at_once=True), record.id)
        case ApplyRoster() | RevokeKey() | Reload():
            return Done(told=tuple(await _change(changes, order)))
        case Propose() | ExerciseOrder() | ProposePlan() | SignPlan():
            return await _exercise(node, order)
        case Tell() | Share() | DraftOrder() | ConsultOrder():
            return await _tell(node, order)


async def _change(changes: Changes, order: ApplyRoster | RevokeKey | Reload) -> list[str]:
    match order:
        case ApplyRoster(document=document):
            return list(await changes.apply_roster(_signed(document)))
        case RevokeKey(document=document):
            return list(await changes.revoke(_signed(document)))
        case Reload():
            return list(await changes.reload())


async def _exercise(node: Node, order: Propose | ExerciseOrder | ProposePlan | SignPlan) -> Done:
    await node.keeper.flush()  # what was told of the exercise a moment ago counts
    if isinstance(order, ProposePlan | SignPlan):
        record = await asyncio.to_thread(plan_record, node, order)
    else:
        record = await asyncio.to_thread(record_for, node, order)
    done = _done(node.issue([record], at_once=True), record.id)
    return msgspec.structs.replace(done, told=(record.status.partition(":")[2],))


async def _consult(node: Node, order: DraftOrder | ConsultOrder) -> Done:
    await node.kept()  # what was said a moment ago, here and by our desk, counts
    record = await asyncio.to_thread(consult_record, node, order)
    done = _done(node.issue([record], at_once=True), record.id)
    await node.kept()
    return done


async def _tell(node: Node, order: Tell | Share | DraftOrder | ConsultOrder) -> Done:
    if isinstance(order, DraftOrder | ConsultOrder):
        return await node.desks.between(lambda: _consult(node, order))
    await node.keeper.flush()  # what was told under the same keys a moment ago counts
    if isinstance(order, Share):
        records = await asyncio.to_thread(object_records, node, order)
    else:
        records = await asyncio.to_thread(claim_records, node, order)
    made = []
    for begin in range(0, len(records), _TOLD_AT_ONCE):
        if begin:  # a warning goes in between
            await node.kept()
            await node.keeper.flush()
        made.append(_done(node.issue(records[begin : begin + _TOLD_AT_ONCE], at_once=True)))
    return Done(
        frames=sum(done.frames for done in made),
        sent_to=tuple(sorted({code for done in made for code in done.sent_to})),
        held=tuple(sorted({line for done in made for line in done.held})), told=keys_told(records),
    )  # fmt: skip


class ControlSocket:
    """Takes orders while the node runs: ``async with ControlSocket(node)``.

    Raises:
        ConfigError: The folder's path is too long for a socket, or it cannot be made.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self.changes = Changes(node)
        self._path = node.config.path(SOCKET)
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        if len(os.fsencode(self._path)) > _LONGEST_PATH:
            raise ConfigError("this path is too long for a socket", path=str(self._path), advice="Use a shorter folder")
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, self._path, limit=_LINE_BYTES)
        except OSError as error:
            raise ConfigError(f"cannot be made: {error.strerror}", path=str(self._path)) from error
        finally:
            os.umask(before)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            done = await carry(self._node, self.changes, decode(await reader.readuntil(), Order, max_bytes=_LINE_BYTES))  # type: ignore[arg-type]
        except TocsinError as error:
            done = Done(error=str(error))
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            done = Done(error="an order is one line of JSON")
        writer.write(encode(done) + b"\n")
        await writer.drain()
        writer.close()


async def ask(home: Path, order: Order) -> Done:
    """Ask a running node.

    Args:
        home: The member's folder.
        order: What is to be done.

    Raises:
        ConfigError: No node runs from this folder.
        DomainError: The order is too long.
    """
    path, line = home / SOCKET, encode(order) + b"\n"
    if len(line) > _LINE_BYTES:
        raise DomainError(f"an order of {len(line)} bytes, of at most {_LINE_BYTES}", advice="Split it")
    try:
        reader, writer = await asyncio.open_unix_connection(path, limit=_LINE_BYTES)
    except OSError as error:
        raise ConfigError("no node of this member runs", path=str(path), advice="Start it with: tocsin up") from error
    writer.write(line)
    await writer.drain()
    answer = await reader.readline()
    writer.close()
    return decode(answer, Done, max_bytes=_LINE_BYTES)


def _signed(text: str) -> SignedDocument:
    return decode(text.encode(), SignedDocument, max_bytes=_LINE_BYTES)


def _release(node: Node, record_id: str) -> Outgoing:
    if node.config.exchange.release_by == "passkey":
        raise NotReleasableError("policy releases by a releaser's passkey alone", advice="Use the watch floor")
    return node.approve(record_id)


def _own(node: Node, record_id: str) -> Admitted:
    found = node.store.find(record_id, originator=node.member)
    if found is None:
        raise NotReleasableError(f"this member has issued no record {record_id[:128]}", advice="See: tocsin records")
    return found.admitted


def _done(outgoing: Outgoing, record_id: str = "") -> Done:
    return Done(
        record_id=record_id,
        frames=len(outgoing.frames),
        sent_to=tuple(sorted({released.destination.code for released in outgoing.sends})),
        held=tuple(sorted({f"{_name(held.destination)}: {held.reason}" for held in outgoing.held})),
    )


def _name(destination: Destination) -> str:
    return destination.code if isinstance(destination, Peer) else type(destination).__name__
