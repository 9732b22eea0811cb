"""Routes that change something: signing in and out, remarks, the log of the shift."""

from __future__ import annotations

import asyncio

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.exceptions import NotAuthorizedException, NotFoundException
from litestar.params import FromQuery, JSONBody
from litestar.response import Redirect

from tocsin.web.acting import log_entry, remark_on
from tocsin.web.floor import COOKIE, Floor, floor_of, found_session, from_our_page, person_of
from tocsin.web.sessions import LONGEST_S
from tocsin.web.shapes import Accepted, LogRequest, RemarkRequest, SessionItem, SignIn

AnyRequest = Request[None, None, State]


@get("/session", summary="Where this is, and who has signed in")
async def session(request: AnyRequest) -> SessionItem:
    """Return what the page may know before and after one signs in."""
    return floor_of(request).session_item(found_session(request))


@post("/sign-in", summary="Sign in by name and password", status_code=200)
async def sign_in(request: AnyRequest, data: JSONBody[SignIn]) -> Response[SessionItem]:
    """Begin a session; its token comes as a cookie."""
    floor = floor_of(request)
    address = request.client.host if request.client is not None else ""
    token = await asyncio.to_thread(floor.sessions.sign_in, data.name, data.password, address=address)
    if token is None:
        raise NotAuthorizedException("name and password do not fit")
    return Response(floor.session_item(floor.sessions.of(token)), cookies=[_cookie(floor, token)])


@get("/enter", summary="Sign in once by a link", include_in_schema=False)
async def enter(request: AnyRequest, once: FromQuery[str]) -> Redirect:
    """Begin a session by a one-time token, and go on to the page."""
    floor = floor_of(request)
    token = floor.sessions.enter(once)
    if token is None:
        raise NotAuthorizedException("this link was used already, or is too old")
    return Redirect("/", cookies=[_cookie(floor, token)])


@post("/sign-out", summary="End the session", guards=[from_our_page], status_code=204)
async def sign_out(request: AnyRequest) -> None:
    """End the session."""
    floor_of(request).sessions.end(request.cookies.get(COOKIE))


@post("/remarks", summary="Say something of a record", guards=[from_our_page], status_code=202)
async def remark(request: AnyRequest, data: JSONBody[RemarkRequest]) -> Accepted:
    """Make a record of what a person says of another; all who have that have this, too."""
    gateway = floor_of(request).gateway
    person = person_of(request)
    about = await asyncio.to_thread(gateway.find, data.originator, data.record_id)
    if about is None:
        raise NotFoundException("no such record is shown here")
    made = remark_on(
        about, data, person, member=gateway.member.code, record_id=gateway.new_id(), now=gateway.now(),
        event_id=getattr(about.body, "event_id", ""),
    )  # fmt: skip
    gateway.member.issue([made])
    return Accepted(record_id=made.id)


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


def _cookie(floor: Floor, token: str) -> Cookie:
    return Cookie(
        key=COOKIE, value=token, httponly=True, samesite="strict", secure=floor.is_secure, path="/",
        max_age=int(LONGEST_S),
    )  # fmt: skip
