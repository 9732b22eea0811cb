"""The feed over WebSocket: one task reads what the browser says, one writes what is new."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

from litestar import WebSocket, websocket
from litestar.datastructures import State
from litestar.exceptions import WebSocketDisconnect, WebSocketException
from litestar.params import FromQuery

from tocsin.codec import encode
from tocsin.web.feed import TooSlowError
from tocsin.web.floor import floor_of, found_session
from tocsin.web.gateway import Gateway
from tocsin.web.shapes import Hello

SIGN_IN_FIRST, NOT_FROM_HERE, TOO_SLOW = 4401, 4403, 4408
_LOOK_AGAIN_S = 60.0
_LONGEST_WORD = 4096

AnySocket = WebSocket[None, None, State]


@websocket("/feed")
async def feed(socket: AnySocket, since: FromQuery[int] = 0, epoch: FromQuery[str] = "") -> None:
    """Tell what is new, from a number on."""
    if not _is_same_origin(socket):
        await _refuse(socket, NOT_FROM_HERE, "this page is not served from here")
        return
    if found_session(socket) is None:
        await _refuse(socket, SIGN_IN_FIRST, "sign in first")
        return
    await socket.accept()
    gateway = floor_of(socket).gateway
    tasks = [
        asyncio.create_task(work) for work in (_tell(socket, gateway, since, epoch), _hear(socket), _watch(socket))
    ]
    done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    code = next((task.result() for task in done if task.exception() is None), None)
    with suppress(RuntimeError, WebSocketDisconnect, WebSocketException):  # it may be gone already
        if code is not None:
            await socket.close(code)


async def _tell(socket: AnySocket, gateway: Gateway, since: int, epoch: str) -> int | None:
    told = gateway.feed
    await socket.send_data(
        encode(Hello(epoch=told.epoch, number=told.number, at=gateway.now())).decode(), mode="text"
    )  # fmt: skip
    try:
        async for data in told.listen(since, epoch):
            await socket.send_data(data.decode(), mode="text")
    except TooSlowError:
        return TOO_SLOW
    except (WebSocketDisconnect, WebSocketException, RuntimeError):
        return None
    return None


async def _hear(socket: AnySocket) -> int | None:
    """Take what the browser says, so that a closed socket is noticed; nothing that it says changes anything."""
    try:
        while len(await socket.receive_text()) <= _LONGEST_WORD:
            pass
    except (WebSocketDisconnect, WebSocketException):
        return None
    return NOT_FROM_HERE


async def _watch(socket: AnySocket) -> int:
    """End the feed when the session has ended; while it is open the session is in use."""
    while found_session(socket) is not None:  # noqa: ASYNC110 - time alone ends a session
        await asyncio.sleep(_LOOK_AGAIN_S)
    return SIGN_IN_FIRST


async def _refuse(socket: AnySocket, code: int, reason: str) -> None:
    await socket.accept()  # only an accepted socket can tell why it is closed
    await socket.close(code, reason)


def _is_same_origin(socket: AnySocket) -> bool:
    origin = socket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == socket.headers.get("host")
