"""The feed: an Atom document and the messages over HTTP, kept ready as bytes, since an alert is what everybody reads.

Nothing is computed when somebody asks. A reader who has the newest learns so in some bytes (a weak ``ETag``: packed or
not, it says the same), and a cache before it may hold the feed for some seconds and each message for ever.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tocsin.cap import CAP_TYPE, atom_feed, path_of
from tocsin.channels.carrying import CapFile, require_own
from tocsin.clock import Clock
from tocsin.records import PublicChannel, Released

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]

FEED_PATH = "/feed.atom"
FEED_MAX_AGE_S = 5
"""How long a cache may hold the feed."""
KEPT = timedelta(hours=48)
"""How long a message stays in the feed; its file stays as long."""
MOST = 500
"""Messages in the feed, the newest."""


@dataclass(frozen=True)
class _Page:
    body: bytes
    packed: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    tag: bytes


class Feed:
    """Shows messages to whoever asks: an ASGI application, and a channel.

    Args:
        name: Of the channel.
        title: Of the feed.
        address: Under which the public finds it; ends in a slash.
        clock: The time of the feed.
    """

    def __init__(self, name: str, *, title: str, address: str, clock: Clock) -> None:
        self.name = name
        self._title = title
        self._address = address
        self._clock = clock
        self._messages: dict[str, CapFile] = {}
        self._pages: dict[str, _Page] = {}
        self._write()

    async def carry(self, released: Released[PublicChannel], message: CapFile) -> str:
        """Show a message from now on. See ``Channel.carry``."""
        require_own(self.name, released)
        self.show(message)
        return f"shown, {len(self._messages)} in the feed"

    def show(self, message: CapFile) -> None:
        """Show a message that was let go to this channel before."""
        self._messages[message.alert.identifier] = message
        self._write()

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer a request (ASGI)."""
        if scope["type"] != "http":
            return
        page = self._pages.get(scope["path"])
        if page is None:
            await _answer(send, 404, (), b"not here\n")
        elif scope["method"] not in ("GET", "HEAD"):
            await _answer(send, 405, ((b"allow", b"GET, HEAD"),), b"")
        else:
            await _show(page, scope, send)

    def _write(self) -> None:
        now = self._clock.now()
        newest = sorted(self._messages.values(), key=lambda each: each.alert.sent, reverse=True)
        kept = [each for each in newest if now - each.alert.sent < KEPT and not _is_old_test(each, now)][:MOST]
        self._messages = {each.alert.identifier: each for each in kept}
        feed = atom_feed(
            self._title, self._address, [each.alert for each in kept],
            updated_at=kept[0].alert.sent if kept else now.replace(microsecond=0),
        )  # fmt: skip
        pages = {FEED_PATH: _page(feed, b"application/atom+xml", f"public, max-age={FEED_MAX_AGE_S}", now)}
        for each in kept:
            path = f"/{path_of(each.alert.identifier)}"
            before = self._pages.get(path)
            forever = "public, max-age=31536000, immutable"
            pages[path] = before or _page(each.data, CAP_TYPE.encode(), forever, each.alert.sent)
        self._pages = pages


def _is_old_test(file: CapFile, now: datetime) -> bool:
    """Tell whether a message is a test of this channel that has expired: it tells nobody anything any more."""
    infos = file.alert.infos
    is_test = file.alert.status == "Test" and not any(info.areas for info in infos)
    return is_test and all(info.expires is not None and info.expires < now for info in infos)


def _page(body: bytes, kind: bytes, cache: str, changed_at: datetime) -> _Page:
    tag = b'"' + hashlib.sha256(body).hexdigest()[:32].encode() + b'"'
    headers = (
        (b"content-type", kind + b"; charset=utf-8"), (b"etag", b"W/" + tag), (b"cache-control", cache.encode()),
        (b"last-modified", changed_at.strftime("%a, %d %b %Y %H:%M:%S GMT").encode()), (b"vary", b"accept-encoding"),
        (b"access-control-allow-origin", b"*"), (b"x-content-type-options", b"nosniff"),
    )  # fmt: skip
    return _Page(body, gzip.compress(body, mtime=0), headers, tag)


async def _show(page: _Page, scope: Scope, send: Send) -> None:
    asked = dict(scope["headers"])
    tags = [tag.strip().removeprefix(b"W/") for tag in asked.get(b"if-none-match", b"").split(b",")]
    if page.tag in tags or tags == [b"*"]:
        await _answer(send, 304, page.headers, None)
        return
    is_packed = b"gzip" in asked.get(b"accept-encoding", b"")
    body = page.packed if is_packed else page.body
    headers = (*page.headers, (b"content-encoding", b"gzip")) if is_packed else page.headers
    length = ((b"content-length", b"%d" % len(body)),)
    await _answer(send, 200, (*headers, *length), b"" if scope["method"] == "HEAD" else body)


async def _answer(send: Send, status: int, headers: tuple[tuple[bytes, bytes], ...], body: bytes | None) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body or b""})
