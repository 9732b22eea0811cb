"""Carries out what people decided about records that wait: releases and refusals (spec 16.6).

A decision is a record of this member, so it is kept before it counts. One that a crash cut short is not carried out
again at the next start: what waits is still shown as waiting, and a person decides anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog

from tocsin.errors import NotReleasableError, TocsinError
from tocsin.exchange import Exchange
from tocsin.node.issuing import Issuer
from tocsin.node.keeping import Keeper
from tocsin.records import APPROVAL, Admitted, Approval
from tocsin.store import standing_in

log = structlog.get_logger()


class Decisions:
    """What one node does because one of its people decided it.

    Args:
        exchange: Knows what waits, and whose policy says what a decision needs.
        issuer: Lets go.
        keeper: Whose store holds decisions and passkeys.
    """

    def __init__(self, exchange: Exchange, issuer: Issuer, keeper: Keeper) -> None:
        self._exchange = exchange
        self._issuer = issuer
        self._keeper = keeper
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, records: Iterable[Admitted]) -> None:
        """Carry out what is a decision of ours about what waits; all else is passed over."""
        for admitted in records:
            record = admitted.record
            if record.kind != APPROVAL or record.originator != self._exchange.member:
                continue
            body: Approval = admitted.body
            if body.originator == record.originator and body.act in ("release", "refuse"):
                task = asyncio.create_task(self._carry_out(admitted, body), name=f"decision {record.id}")
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, admitted: Admitted, body: Approval) -> None:
        if body.record not in self._exchange.held:
            return  # it is about something else than what waits: a message to the public, or what was decided before
        try:
            await self._keeper.flush()
            await self._keeper.in_thread(lambda: self._require(admitted, body))
            if body.act == "release":
                self._issuer.approve(body.record)
            else:
                self._issuer.refuse(body.record)
        except TocsinError as error:
            log.warning("a decision is not carried out", record=body.record, act=body.act, error=str(error))
        else:
            log.info("decided", record=body.record, act=body.act, person=body.person.pseudonym)

    def _require(self, admitted: Admitted, body: Approval) -> None:
        """See that a decision counts: one that claims a passkey in vain never does."""
        standing = standing_in(self._keeper.store, admitted)
        is_asked = body.act == "release" and self._exchange.policy.release_by == "passkey"
        if standing.is_false or (is_asked and not standing.is_verified):
            raise NotReleasableError(f"no passkey stands behind it: {standing.code} {standing.detail}".strip())
        if is_asked and body.person.role != "releaser":
            raise NotReleasableError(f"{body.person.pseudonym} decided as {body.person.role}, not as releaser")
