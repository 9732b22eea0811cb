"""Routes of the door: who is signed in; in by password, passkey, code or link, and out; one's own passkeys."""

from __future__ import annotations

import asyncio
import secrets

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.exceptions import NotAuthorizedException
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Redirect

from tocsin.errors import SignatureError
from tocsin.web.acting_shapes import (
    Ceremony,
    Code,
    NewPasskey,
    PasskeyItem,
    PasskeyUsed,
    SessionItem,
    SignIn,
)
from tocsin.web.ceremonies import LASTS_S
from tocsin.web.floor import (
    Floor,
    account_of,
    address_of,
    floor_of,
    found_session,
    from_our_page,
    token_of,
)
from tocsin.web.sessions import LONGEST_S

_MOST_ASKED = 30
"""Challenges of one minute for browsers at one address that have not signed in."""

AnyRequest = Request[None, None, State]


@get("/session", summary="Where this is, and who has signed in")
async def session(request: AnyRequest) -> SessionItem:
    """Return what the page may know before and after one signs in."""
    return floor_of(request).session_item(found_session(request))


@post("/sign-in", summary="Sign in by name and password", status_code=200)
async def sign_in(request: AnyRequest, data: JSONBody[SignIn]) -> Response[SessionItem]:
    """Begin a session; its token comes as a cookie."""
    floor = floor_of(request)
    token = await asyncio.to_thread(floor.sessions.sign_in, data.name, data.password, address=address_of(request))
    if token is None:
        raise NotAuthorizedException("name and password do not fit")
    return _begun(floor, token)


@get("/enter", summary="Sign in once by a link", include_in_schema=False)
async def enter(request: AnyRequest, once: FromQuery[str]) -> Redirect:
    """Begin a session by a one-time token, and go on to the page."""
    floor = floor_of(request)
    token = floor.sessions.enter(once)
    if token is None:
        raise NotAuthorizedException("this link was used already, or is too old")
    return Redirect("/", cookies=[_session_cookie(floor, token)])


@post("/sign-out", summary="End the session", guards=[from_our_page], status_code=204)
async def sign_out(request: AnyRequest) -> None:
    """End the session."""
    floor_of(request).sessions.end(token_of(request))


@post("/enrol", summary="Sign in once by an enrolment code, to add a passkey", status_code=200)
async def enrol(request: AnyRequest, data: JSONBody[Code]) -> Response[SessionItem]:
    """Begin a session by the code that ``tocsin people add`` or ``people enrol`` gave."""
    floor = floor_of(request)
    who = f"address {address_of(request)}"
    floor.sessions.require_patience(who)
    token = await asyncio.to_thread(floor.sessions.enter_by_code, data.code)
    if token is None:
        floor.sessions.tried(who)
        raise NotAuthorizedException("this code is not known, was used already, or is too old")
    return _begun(floor, token)


@post("/sign-in/passkey/options", summary="Begin to sign in by a passkey", status_code=200)
async def passkey_options(request: AnyRequest) -> Response[Ceremony]:
    """Return what the browser has to ask for; the answer is good once, from this browser, for five minutes."""
    floor = floor_of(request)
    who = f"asks for a passkey, address {address_of(request)}"
    floor.sessions.require_patience(who, most=_MOST_ASKED)
    floor.sessions.tried(who)  # whoever asks without end would push out what others were asked
    browser = secrets.token_urlsafe(32)
    options = floor.require_passkeys().ask_who(browser)
    return Response(Ceremony(options=options), cookies=[_cookie(floor, _before(floor), browser, LASTS_S)])


@post("/sign-in/passkey", summary="Sign in by a passkey", status_code=200)
async def sign_in_by_passkey(request: AnyRequest, data: JSONBody[PasskeyUsed]) -> Response[SessionItem]:
    """Begin a session of whoever's passkey answered."""
    floor = floor_of(request)
    who = f"address {address_of(request)}"
    floor.sessions.require_patience(who)
    browser = request.cookies.get(_before(floor), "")
    try:
        account = await asyncio.to_thread(floor.require_passkeys().sign_in, browser, data)
    except SignatureError:
        floor.sessions.tried(who)
        raise
    return _begun(floor, floor.sessions.begin(account))


@get("/passkeys", summary="One's own passkeys")
async def passkeys(request: AnyRequest) -> tuple[PasskeyItem, ...]:
    """Return the passkeys of whoever is signed in."""
    return tuple(
        PasskeyItem(id=each.id, label=each.label, added_at=each.added_at) for each in account_of(request).passkeys
    )


@post("/passkeys/options", summary="Begin to add a passkey", guards=[from_our_page], status_code=200)
async def new_passkey_options(request: AnyRequest) -> Ceremony:
    """Return what the browser has to ask for; the answer is good once, in this session, for five minutes."""
    return Ceremony(options=floor_of(request).require_passkeys().ask_new(token_of(request), account_of(request)))


@post("/passkeys", summary="Add a passkey", guards=[from_our_page], status_code=201)
async def add_passkey(request: AnyRequest, data: JSONBody[NewPasskey]) -> PasskeyItem:
    """Take in what the authenticator made."""
    keys = floor_of(request).require_passkeys()
    made = await asyncio.to_thread(keys.add, token_of(request), account_of(request), data.label, data.passkey)
    return PasskeyItem(id=made.id, label=made.label, added_at=made.added_at)


@post("/passkeys/{passkey_id:str}/remove", summary="Remove a passkey", guards=[from_our_page], status_code=204)
async def remove_passkey(request: AnyRequest, passkey_id: FromPath[str]) -> None:
    """Take a passkey away; other members who know it are told soon (``Vouching``)."""
    await asyncio.to_thread(floor_of(request).require_passkeys().remove, account_of(request), passkey_id)


def _begun(floor: Floor, token: str) -> Response[SessionItem]:
    return Response(floor.session_item(floor.sessions.of(token)), cookies=[_session_cookie(floor, token)])


def _before(floor: Floor) -> str:
    """Return the name of the cookie that binds a sign-in by passkey to the browser that asked for it."""
    return f"{floor.cookie}_before"


def _session_cookie(floor: Floor, token: str) -> Cookie:
    return _cookie(floor, floor.cookie, token, LONGEST_S)


def _cookie(floor: Floor, name: str, value: str, lasts_s: float) -> Cookie:
    return Cookie(
        key=name, value=value, httponly=True, samesite="strict", secure=floor.is_secure, path="/", max_age=int(lasts_s)
    )  # fmt: skip
