"""Each channel carries a message whole, says what confirmed it, and fails with words."""

from __future__ import annotations

import asyncio
import gzip
import http.server
import socketserver
import threading
from datetime import timedelta
from typing import ClassVar

import msgspec
import pytest
from lxml import etree
from tests.alert_room import Room
from tests.sealed import START

from tocsin.cap import read_cap
from tocsin.channels import ChannelTable, Feed, Folder, Mail, Webhook
from tocsin.clock import ManualClock
from tocsin.errors import ChannelError
from tocsin.exchange import release_to_public
from tocsin.markings import PublicWarning, marking_for
from tocsin.records import Held, PublicChannel

ATOM = "{http://www.w3.org/2005/Atom}"


def carry(channel, released_and_file):
    return asyncio.run(channel.carry(*released_and_file))


# the door


def test_only_an_alert_whose_marking_allows_it_goes_to_the_public():
    room = Room()
    room.see()
    launch = room.thread().launch
    assert isinstance(release_to_public(launch, PublicChannel("feed")), Held)
    closed = room.record("alerts.alert", room.find(room.waiting("alert")).body, marking=marking_for("JPN"))
    (admitted,) = room.federation.admitted(closed).records
    assert release_to_public(admitted, PublicChannel("feed")).reason == "marking"
    strange = marking_for("JPN", public_warning=PublicWarning.YES)
    strange = msgspec.structs.replace(strange, caveats=("NOVEL",))
    (admitted,) = room.federation.admitted(room.record("alerts.alert", admitted.body, marking=strange)).records
    assert "NOVEL" in release_to_public(admitted, PublicChannel("feed")).detail


def test_what_was_let_go_to_one_channel_is_not_for_another(tmp_path, let_go):
    with pytest.raises(ValueError, match="is not for folder"):
        carry(Folder("folder", tmp_path), let_go(0, "feed"))


# the feed


async def get(feed, path, *, method="GET", **headers):
    sent = []

    async def send(event):
        sent.append(event)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await feed({"type": "http", "method": method, "path": path, "headers": raw}, None, send)
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


@pytest.fixture
def feed(let_go):
    made = Feed("feed", title="Civil Protection", address="https://alerts.example/", clock=ManualClock(START))
    assert carry(made, let_go(0, "feed")) == "shown, 1 in the feed"
    assert carry(made, let_go(1, "feed")) == "shown, 2 in the feed"
    assert carry(made, let_go(1, "feed")) == "shown, 2 in the feed"  # again does no harm
    return made


def test_the_feed_shows_the_newest_first_and_leads_to_each_message(feed, story):
    async def read():
        status, headers, body = await get(feed, "/feed.atom")
        assert (status, headers[b"cache-control"]) == (200, b"public, max-age=5")
        entries = etree.fromstring(body).findall(f"{ATOM}entry")
        assert [entry.findtext(f"{ATOM}title")[:11] for entry in entries] == ["FALSE ALARM", "BALLISTIC M"]
        link = entries[0].find(f"{ATOM}link").get("href")
        status, headers, body = await get(feed, link.removeprefix("https://alerts.example"))
        assert (status, headers[b"content-type"]) == (200, b"application/cap+xml; charset=utf-8")
        assert b"immutable" in headers[b"cache-control"]
        assert read_cap(body) == story[1][1][1].alert

    asyncio.run(read())


def test_who_has_the_newest_learns_so_in_some_bytes(feed):
    async def read():
        _, headers, body = await get(feed, "/feed.atom")
        tag = headers[b"etag"].decode()
        status, _, nothing = await get(feed, "/feed.atom", if_none_match=f'"other", {tag}')
        assert (status, nothing) == (304, b"")
        status, headers, packed = await get(feed, "/feed.atom", accept_encoding="br, gzip")
        assert headers[b"content-encoding"] == b"gzip"
        assert gzip.decompress(packed) == body
        assert int(headers[b"content-length"]) == len(packed) < len(body)
        assert (await get(feed, "/feed.atom", method="HEAD"))[2] == b""
        assert (await get(feed, "/feed.atom", method="POST"))[0] == 405
        assert (await get(feed, "/alerts/../member.toml"))[0] == 404

    asyncio.run(read())


def test_what_is_old_leaves_the_feed(let_go):
    clock = ManualClock(START)
    feed = Feed("feed", title="t", address="https://a.example/", clock=clock)
    carry(feed, let_go(0, "feed"))
    clock.advance(timedelta(days=3).total_seconds())
    assert carry(feed, let_go(1, "feed")) == "shown, 0 in the feed"


# the folder


def test_a_file_appears_whole_and_once(tmp_path, let_go):
    folder = Folder("folder", tmp_path / "out")
    released, file = let_go(0, "folder")
    assert carry(folder, (released, file)) == f"written to {file.name}"
    carry(folder, (released, file))
    assert [each.name for each in (tmp_path / "out").iterdir()] == [file.name]
    assert (tmp_path / "out" / file.name).read_bytes() == file.data
    (tmp_path / "file").write_text("")
    with pytest.raises(ChannelError, match=r"folder: .*file"):
        carry(Folder("folder", tmp_path / "file"), let_go(0, "folder"))


# the webhook


class Hook(http.server.BaseHTTPRequestHandler):
    status = 200
    got: ClassVar = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).got.append((dict(self.headers), body))
        self.send_response(type(self).status)
        if type(self).status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def serving(server):
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server.server_address[1]


def test_a_webhook_posts_and_an_answer_of_2xx_confirms(tmp_path, let_go):
    (tmp_path / "token").write_text("secret-1\n")
    with http.server.HTTPServer(("127.0.0.1", 0), Hook) as server:
        port = serving(server)
        hook = Webhook("hook", f"http://127.0.0.1:{port}/in", token_file=tmp_path / "token")
        released, file = let_go(0, "hook")
        assert carry(hook, (released, file)) == "answered 200"
        headers, body = Hook.got.pop()
        assert body == file.data
        assert headers["Authorization"] == "Bearer secret-1"
        assert headers["Content-Type"] == "application/cap+xml"
        for status in (503, 302):  # a redirect is followed nowhere: neither the message nor the token
            Hook.status = status
            with pytest.raises(ChannelError, match=str(status)):
                carry(hook, (released, file))
        assert len(Hook.got) == 2
        server.shutdown()
    with pytest.raises(ChannelError, match="refused"):
        carry(hook, (released, file))


# mail


class Letters(socketserver.StreamRequestHandler):
    got: ClassVar = []
    refuses = b""

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline().strip():
            word = line[:4].upper()
            if word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                letter = b""
                while not letter.endswith(b"\r\n.\r\n"):
                    letter += self.rfile.readline()
                type(self).got.append(letter)
            refused = word == b"RCPT" and type(self).refuses and type(self).refuses in line
            self.wfile.write(b"550 nobody\r\n" if refused else b"250 ok\r\n")


def test_a_letter_has_every_language_and_the_file(let_go):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Letters) as server:
        table = ChannelTable(
            name="mail", kind="mail", server=f"127.0.0.1:{serving(server)}", mail_from="a@jpn.example",
            mail_to=("x@city.example", "y@city.example"), is_encrypted=False,
        )  # fmt: skip
        assert carry(Mail(table), let_go(1, "mail")) == "accepted for 2"
        letter = Letters.got.pop()
        assert b"X-CAP-Status: Actual" in letter
        assert b"References: <" in letter
        assert b"cap+xml" in letter
        Letters.refuses = b"y@"
        with pytest.raises(ChannelError, match=r"refused y@city\.example"):
            carry(Mail(table), let_go(1, "mail"))
        encrypted = msgspec.structs.replace(table, is_encrypted=True)
        with pytest.raises(ChannelError, match="STARTTLS"):
            carry(Mail(encrypted), let_go(1, "mail"))
        server.shutdown()


# tables


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"name": "A", "kind": "folder", "path": "x"}, "small letters"),
        ({"name": "a", "kind": "folder"}, "needs path"),
        ({"name": "a", "kind": "folder", "path": "x", "url": "https://x"}, "has no url"),
        ({"name": "a", "kind": "webhook", "url": "http://far.example/"}, "https"),
        ({"name": "a", "kind": "webhook", "url": "file:///etc/passwd"}, "https"),
        ({"name": "a", "kind": "feed", "listen": "127.0.0.1:1", "address": "https://x"}, "slash"),
        ({"name": "a", "kind": "mail", "server": "h:25", "mail_from": "a@b", "mail_to": ["c d@e"]}, "no address"),
    ],
)
def test_a_table_that_cannot_work_says_why(table, says):
    with pytest.raises(msgspec.ValidationError, match=says):
        msgspec.convert(table, ChannelTable)
