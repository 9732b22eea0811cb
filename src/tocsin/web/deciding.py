"""Routes by which people decide: what is held, and releasing, refusing and approving, signed by passkey or not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import islice

from litestar import Request, get, post
from litestar.datastructures import State
from litestar.exceptions import ClientException, NotFoundException, PermissionDeniedException
from litestar.params import JSONBody

from tocsin.errors import NotReleasableError
from tocsin.records import Admitted, Approval, Credential, Peer
from tocsin.store import HeldItem as Stays
from tocsin.store import credentials_of
from tocsin.web.acting import credential_beside, decision_on, decision_record
from tocsin.web.acting_shapes import (
    ALERT,
    Accepted,
    Ceremony,
    DecisionRequest,
    HeldItem,
    SignedDecision,
    deciders,
)
from tocsin.web.floor import account_of, floor_of, from_our_page, person_of, token_of
from tocsin.web.gateway import Gateway
from tocsin.web.shown import Shown

MOST = 200
"""Records that are held and shown; those that wait for a person come first, the newest of each first."""

WAITS = "needs_person"
_ROWS = 2000
"""Of the store's table, which has one for each record and member."""

AnyRequest = Request[None, None, State]


@get("/held", summary="What is held back, and why")
async def held(request: AnyRequest) -> tuple[HeldItem, ...]:
    """Return the records of this member that do not go where their marking lets them, with what is in them."""
    return await asyncio.to_thread(_held, floor_of(request).gateway)


@post("/decisions", summary="Decide about a record", guards=[from_our_page], status_code=202)
async def decide(request: AnyRequest, data: JSONBody[DecisionRequest]) -> Accepted:
    """Release or refuse what waits, or approve a record, as whoever is signed in; without a passkey's signature."""
    floor = floor_of(request)
    about = await asyncio.to_thread(_about, floor.gateway, data)
    person = person_of(request, deciders(data.act, about.record.kind))
    if data.act == "release" and floor.release_by == "passkey":
        raise NotReleasableError("this member releases by passkey alone", advice="Sign the release with your passkey")
    return _issue(floor.gateway, about, decision_on(about, data, person))


@post("/decisions/options", summary="Begin to sign a decision by passkey", guards=[from_our_page], status_code=200)
async def decision_options(request: AnyRequest, data: JSONBody[DecisionRequest]) -> Ceremony:
    """Return what the browser has to ask for: the challenge is the digest of the decision and of the record."""
    floor = floor_of(request)
    about = await asyncio.to_thread(_about, floor.gateway, data)
    person = person_of(request, deciders(data.act, about.record.kind))
    approval = decision_on(about, data, person)
    member = floor.gateway.member.code
    return Ceremony(
        options=floor.require_passkeys().ask_approval(token_of(request), account_of(request), approval, member)
    )  # fmt: skip


@post("/decisions/signed", summary="Decide, signed by passkey", guards=[from_our_page], status_code=202)
async def decide_signed(request: AnyRequest, data: JSONBody[SignedDecision]) -> Accepted:
    """Take the signature over the decision that was asked for last; others can check it."""
    floor = floor_of(request)
    account, keys = account_of(request), floor.require_passkeys()
    approval, passkey = await asyncio.to_thread(keys.approve, token_of(request), account, data.passkey)
    if approval.person.role not in account.roles or approval.person.pseudonym != account.pseudonym:
        raise PermissionDeniedException("your roles have changed: begin again")
    wanted = DecisionRequest(
        originator=approval.originator, record_id=approval.record, digest=approval.digest, act=approval.act,
        text=approval.text, knows_of_newer=data.knows_of_newer,
    )  # fmt: skip
    about = await asyncio.to_thread(_about, floor.gateway, wanted)
    told = await asyncio.to_thread(credentials_of, floor.gateway.member.store, floor.gateway.member.code)
    return _issue(floor.gateway, about, approval, credential=keys.credential(account, passkey), told=told)


def _issue(
    gateway: Gateway,
    about: Shown,
    approval: Approval,
    *,
    credential: Credential | None = None,
    told: Sequence[Admitted] = (),
) -> Accepted:
    made = decision_record(
        about, approval, member=gateway.member.code, record_id=gateway.new_id(), now=gateway.now()
    )  # fmt: skip
    beside = [] if credential is None else credential_beside(made, credential, told, record_id=gateway.new_id())
    gateway.member.issue([*beside, made])  # in one frame, what proves it first
    return Accepted(record_id=made.id)


def _about(gateway: Gateway, request: DecisionRequest) -> Shown:
    """Find what is decided about: releasing is for what waits, and a message to the public waits for a yes."""
    about = gateway.find(request.originator, request.record_id)
    if about is None:
        raise NotFoundException("no such record is shown here")
    if about.digest != request.digest:
        raise ClientException("this record is not what was shown: load the page again", status_code=409)
    if request.act == "approve" and not request.knows_of_newer and gateway.is_replaced(about):
        raise ClientException("a newer one has come since: look at it, or say that you mean this one", status_code=412)
    if request.act in ("release", "refuse") and (request.act, about.record.kind) != ("refuse", ALERT):
        waiting = gateway.member.store.links.held(reason=WAITS, record_id=request.record_id, limit=1)
        if request.originator != gateway.member.code or not waiting:
            raise NotReleasableError("this record does not wait for anybody", advice="Look at Held again")
    return about


def _held(gateway: Gateway) -> tuple[HeldItem, ...]:
    links = gateway.member.store.links
    found = [*links.held(reason=WAITS, limit=_ROWS), *links.held(limit=_ROWS)]
    grouped: dict[tuple[str, str], list[Stays]] = {}
    for stays in found:
        if isinstance(stays.held.destination, Peer):
            grouped.setdefault((stays.held.record_id, stays.held.reason), []).append(stays)
    items = (_item(gateway, rows) for rows in grouped.values())
    return tuple(islice((item for item in items if item is not None), MOST))


def _item(gateway: Gateway, rows: Sequence[Stays]) -> HeldItem | None:
    first = rows[0]
    shown = gateway.find(gateway.member.code, first.held.record_id)
    if shown is None:
        return None
    to = sorted({row.held.destination.code for row in rows if isinstance(row.held.destination, Peer)})
    return HeldItem(
        record=shown.item(whole=True), reason=first.held.reason, detail=first.held.detail, to=tuple(to),
        since=first.held_at,
    )  # fmt: skip
