"""Routes of joint statements: where they stand, what differs between two texts, and what people do about one."""

from __future__ import annotations

import asyncio
from functools import reduce
from typing import NoReturn

from litestar import Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody

from tocsin.consult import (
    Consultation,
    ConsultOrder,
    Desk,
    ParagraphDifference,
    consultation_of,
    consultations,
    differences,
    record_of,
)
from tocsin.errors import DomainError
from tocsin.markings import combine
from tocsin.records import Person, Record
from tocsin.web.acting_shapes import Accepted
from tocsin.web.claim_book import Shelf
from tocsin.web.claim_views import marks_of
from tocsin.web.claiming import ask_shelf
from tocsin.web.consult_shapes import DECIDING_ROLES, SPEAKING, SPEAKING_ROLES, StatementRequest, StatementTold
from tocsin.web.floor import floor_of, from_our_page, person_of
from tocsin.web.gateway import Gateway

AnyRequest = Request[None, None, State]


@get("/consultations", summary="The joint statements of one status, and where each stands")
async def statements(request: AnyRequest, status: FromQuery[str] = "actual") -> tuple[StatementTold, ...]:
    """Return every consultation with its texts, its members' receipts and words, and all that is said of it."""
    gateway = floor_of(request).gateway

    def ask(shelf: Shelf, _: tuple[str, ...]) -> tuple[StatementTold, ...]:
        return tuple(_told(shelf, each) for each in consultations(shelf.statements, gateway.now()))

    return await asyncio.to_thread(ask_shelf, gateway, status, ask)


@get("/consultations/{drafter:str}/{name:str}/differences", summary="A text beside an earlier one, word by word")
async def statement_differences(
    request: AnyRequest,
    drafter: FromPath[str],
    name: FromPath[str],
    language: FromQuery[str],
    *,
    number: FromQuery[int],
    before: FromQuery[int],
    status: FromQuery[str] = "actual",
) -> tuple[ParagraphDifference, ...]:
    """Return the whole text of round ``number`` with what became of that of round ``before``."""
    gateway = floor_of(request).gateway

    def ask(shelf: Shelf, _: tuple[str, ...]) -> tuple[ParagraphDifference, ...]:
        standing = consultation_of(shelf.statements, (drafter, name), gateway.now())
        texts = {each.number: each.statement for each in standing.rounds} if standing is not None else {}
        old, new = texts.get(before), texts.get(number)
        if old is None or new is None or language not in new.titles:
            raise NotFoundException("no such text is held here that can be read")
        return differences(old, new, language)

    return await asyncio.to_thread(ask_shelf, gateway, status, ask)


@post("/consultations/orders", summary="Do something about a joint statement", guards=[from_our_page], status_code=202)
async def act_on_statement(request: AnyRequest, data: JSONBody[StatementRequest]) -> Accepted:
    """Make the record of a comment, a proposal, a reservation, a broken silence or of what the drafter does."""
    gateway = floor_of(request).gateway
    person = person_of(request, SPEAKING_ROLES if data.act in SPEAKING else DECIDING_ROLES)
    made = await asyncio.to_thread(
        ask_shelf, gateway, data.status, lambda shelf, _: _record(gateway, shelf, data, person)
    )  # fmt: skip
    gateway.member.issue([made])
    return Accepted(record_id=made.id)


def _told(shelf: Shelf, standing: Consultation) -> StatementTold:
    entry = shelf.statements.entry_at(standing.text.text)
    if entry is None:
        raise AssertionError("it stands in the consultation")
    told = shelf.statements.entries((standing.drafter, standing.id))
    return StatementTold(
        **marks_of(
            shelf.ledger.status, entry.ref, reduce(combine, (each.marking for each in told)),
            synthetic=any(each.synthetic for each in told), issued_at=entry.issued_at, admitted_at=entry.issued_at,
        ),
        standing=standing,
    )  # fmt: skip


def _record(gateway: Gateway, shelf: Shelf, data: StatementRequest, person: Person) -> Record:
    order = ConsultOrder(
        act=data.act, consultation=data.consultation, pseudonym=person.pseudonym, role=person.role,
        status=data.status, paragraph=data.paragraph, texts=data.texts, text=data.text, refs=data.refs,
        deadline_at=data.deadline_at, minimum_s=data.minimum_s, unsigned=data.unsigned,
    )  # fmt: skip
    desk = Desk(
        index=shelf.statements, member=gateway.member.code, now=gateway.now(), new_id=gateway.new_id, sign=_not_here
    )
    return record_of(order, desk)


def _not_here(*_: object) -> NoReturn:
    raise DomainError("the member's key is at the node", advice="Sign there")
