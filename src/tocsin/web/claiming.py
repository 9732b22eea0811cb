"""Routes of the ledger of claims: read as of any moment; judge, and weigh evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

from litestar import Request, get, post
from litestar.datastructures import State
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from tocsin.claims import Ledger
from tocsin.claims.ledger import ref_of
from tocsin.consult import Index
from tocsin.errors import DomainError
from tocsin.records import Claim, ClaimItem, Question, RecordRef
from tocsin.web.acting import judgement_on, weighing_of
from tocsin.web.acting_shapes import Accepted
from tocsin.web.claim_book import Shelf
from tocsin.web.claim_shapes import (
    JUDGING_ROLES,
    Board,
    ClaimPage,
    ClaimWhole,
    JudgementRequest,
    WeighingRequest,
)
from tocsin.web.claim_views import boards_of, own_judgement, own_weighing, page_of, whole_claim
from tocsin.web.floor import floor_of, from_our_page, person_of
from tocsin.web.gateway import Gateway
from tocsin.web.reading import MOST, utc
from tocsin.web.shown import Shown

Answer = TypeVar("Answer")
AnyRequest = Request[None, None, State]


@get("/claims", summary="The claims of one status, now or as they were known here at a time")
async def claims(
    request: AnyRequest,
    *,
    status: FromQuery[str] = "actual",
    topic: FromQuery[str | None] = None,
    words: FromQuery[str] = "",
    as_of: FromQuery[datetime | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=MOST)] = 200,
) -> ClaimPage:
    """Return claims, the newest here first, each with what supports it and who denies it.

    ``words`` are looked for in what is claimed, who says so, of whom and where.
    """
    gateway, moment = floor_of(request).gateway, _moment(as_of)

    def ask(shelf: Shelf, statuses: tuple[str, ...]) -> ClaimPage:
        return page_of(shelf, statuses, topic=topic, words=words, as_of=moment, limit=limit)

    return await asyncio.to_thread(ask_shelf, gateway, status, ask)


@get("/claims/{originator:str}/{record_id:str}", summary="One claim, with all that is known of it")
async def claim(
    request: AnyRequest,
    originator: FromPath[str],
    record_id: FromPath[str],
    status: FromQuery[str] = "actual",
    as_of: FromQuery[datetime | None] = None,
) -> ClaimWhole | None:
    """Return what supports and contradicts it, who denies it, figures side by side, judgements, and what changed it.

    Null if no such claim stood then, or none is shown here.
    """
    gateway, moment = floor_of(request).gateway, _moment(as_of)

    def ask(shelf: Shelf, _: tuple[str, ...]) -> ClaimWhole | None:
        try:
            return whole_claim(shelf.ledger, (originator, record_id), moment)
        except DomainError:
            return None

    return await asyncio.to_thread(ask_shelf, gateway, status, ask)


@get("/questions", summary="The questions of one status, with the answers that compete")
async def questions(
    request: AnyRequest, status: FromQuery[str] = "actual", as_of: FromQuery[datetime | None] = None
) -> tuple[Board, ...]:
    """Return each question with its evidence, and what each member reads in it for each hypothesis."""
    gateway, moment = floor_of(request).gateway, _moment(as_of)
    return await asyncio.to_thread(ask_shelf, gateway, status, lambda shelf, _: boards_of(shelf, moment))


@post("/judgements", summary="Judge a claim for this member", guards=[from_our_page], status_code=202)
async def judge(request: AnyRequest, data: JSONBody[JudgementRequest]) -> Accepted:
    """Make a record of how likely this member holds a claim to be; it takes the place of the one before."""
    gateway, person = floor_of(request).gateway, person_of(request, JUDGING_ROLES)
    found = await _find(gateway, RecordRef(originator=data.originator, record=data.record_id), Claim)
    judged = (data.originator, data.record_id)
    before = await _before(gateway, found.record.status, lambda ledger, member: own_judgement(ledger, judged, member))
    made = judgement_on(
        found, data, person, member=gateway.member.code, record_id=gateway.new_id(), now=gateway.now(),
        supersedes=before,
    )  # fmt: skip
    gateway.member.issue([made])
    return Accepted(record_id=made.id)


@post("/weighings", summary="Weigh evidence for this member", guards=[from_our_page], status_code=202)
async def weigh(request: AnyRequest, data: JSONBody[WeighingRequest]) -> Accepted:
    """Make a record of what this member reads in evidence for a hypothesis; it takes the place of the one before."""
    gateway, _ = floor_of(request).gateway, person_of(request, JUDGING_ROLES)
    question = await _find(gateway, data.question, Question)
    evidence = await _find(gateway, data.evidence, Claim, ClaimItem)
    asked, read = ref_of(data.question), ref_of(data.evidence)
    before = await _before(
        gateway, question.record.status,
        lambda ledger, member: own_weighing(ledger, asked, read, data.hypothesis, member),
    )  # fmt: skip
    made = weighing_of(
        question, evidence, data, member=gateway.member.code, record_id=gateway.new_id(), now=gateway.now(),
        supersedes=before,
    )  # fmt: skip
    gateway.member.issue([made])
    return Accepted(record_id=made.id)


def _moment(as_of: datetime | None) -> datetime | None:
    return None if as_of is None else utc(as_of)


def ask_shelf(gateway: Gateway, status: str, ask: Callable[[Shelf, tuple[str, ...]], Answer]) -> Answer:
    """Ask the ledger of a status; what is of an exercise is there as long as the rest of it is on the page."""
    with gateway.claims.open(gateway.member.store, gateway.floor) as shelves:
        statuses = tuple(sorted(each for each in shelves if gateway.book.is_open(each)))
        return ask(shelves[status] if status in statuses else Shelf(Ledger(status), Index(status)), statuses)


async def _before(gateway: Gateway, status: str, find: Callable[[Ledger, str], str | None]) -> str | None:
    """Return what this member said of it before, which the new record takes the place of."""
    return await asyncio.to_thread(
        ask_shelf, gateway, status, lambda shelf, _: find(shelf.ledger, gateway.member.code)
    )  # fmt: skip


async def _find(gateway: Gateway, ref: RecordRef, *shapes: type[Any]) -> Shown:
    found = await asyncio.to_thread(gateway.find, ref.originator, ref.record)
    if found is None or not isinstance(found.body, shapes):
        raise NotFoundException("no such record is shown here")
    if not gateway.book.is_open(found.record.status):
        raise ClientException("its exercise is over", status_code=409)
    if gateway.is_replaced(found):
        raise ClientException("a newer version has come: look at it first", status_code=412)
    return found
