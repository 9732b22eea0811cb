"""Routes by which people say something: remarks, the log of the shift."""

from __future__ import annotations

import asyncio

from litestar import Request, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import JSONBody

from tocsin.records import Person
from tocsin.web.acting import log_entry, remark_on
from tocsin.web.acting_shapes import Accepted, LogRequest, RemarkRequest, SeenRequest
from tocsin.web.floor import floor_of, from_our_page, person_of
from tocsin.web.gateway import Gateway
from tocsin.web.shown import Shown

AnyRequest = Request[None, None, State]


@post("/remarks", summary="Say something of a record", guards=[from_our_page], status_code=202)
async def remark(request: AnyRequest, data: JSONBody[RemarkRequest]) -> Accepted:
    """Make a record of what a person says of another; all who have that have this, too."""
    gateway = floor_of(request).gateway
    person = person_of(request)
    about = await asyncio.to_thread(gateway.find, data.originator, data.record_id)
    if about is None:
        raise NotFoundException("no such record is shown here")
    return _say(gateway, about, data, person)


@post("/seen", summary="An event is on a screen", guards=[from_our_page], status_code=204)
async def seen(request: AnyRequest, data: JSONBody[SeenRequest]) -> None:
    """Tell the others, once for each event, that people on duty here have it before them."""
    gateway = floor_of(request).gateway
    person = person_of(request)
    about = gateway.first_look(data.key)
    found = None if about is None else await asyncio.to_thread(gateway.find, *about)
    if found is None:
        return
    said = RemarkRequest(originator=found.record.originator, record_id=found.record.id, act="seen")
    _say(gateway, found, said, person)


@post("/log", summary="Write into the log of the shift", guards=[from_our_page], status_code=202)
async def write_log(request: AnyRequest, data: JSONBody[LogRequest]) -> Accepted:
    """Write a line that stays with this member."""
    gateway = floor_of(request).gateway
    made = log_entry(
        data, person_of(request), member=gateway.member.code, record_id=gateway.new_id(), now=gateway.now(),
        status="test" if gateway.mode == "replay" else "actual",
    )  # fmt: skip
    gateway.member.issue([made])
    return Accepted(record_id=made.id)


def _say(gateway: Gateway, about: Shown, said: RemarkRequest, person: Person) -> Accepted:
    made = remark_on(
        about, said, person, member=gateway.member.code, record_id=gateway.new_id(), now=gateway.now(),
        event_id=getattr(about.body, "event_id", ""),
    )  # fmt: skip
    gateway.member.issue([made])
    return Accepted(record_id=made.id)
