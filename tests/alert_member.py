"""A member that alerts its public: its node here, its alerts beside it, channels that this machine reads."""

from __future__ import annotations

import asyncio
import urllib.request
from contextlib import asynccontextmanager
from datetime import timedelta

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.alert_room import changed, impact, launch
from tests.cap_messages import certify
from tests.nodes import Local

from tocsin.alerts import digest_of
from tocsin.clock import SystemClock
from tocsin.markings import PublicWarning, marking_for
from tocsin.node import read_config
from tocsin.node.alerts_part import AlertsPart
from tocsin.records import Approval, AreaRisk, Precedence, Source, with_body
from tocsin.store import RecordQuery

SETTINGS = """
[web]
run = "here"

[alerts]
run = "here"
sender = "alerts@jpn.example"
sender_names = {{ "" = "Civil Protection", "ja-JP" = "国民保護" }}
passkeys = false
certificate = "alerts.pem"
key = "alerts.key"

[[alerts.channels]]
name = "feed"
kind = "feed"
listen = "127.0.0.1:{port}"
address = "http://127.0.0.1:{port}/"

[[alerts.channels]]
name = "folder"
kind = "folder"
path = "public"
"""


def prepare(home, port, *, passkeys=False):
    """Let the member of a folder alert its public by a feed on a port and by a folder; return its certificate."""
    key, certificate = certify()
    with (home / "member.toml").open("a") as opened:
        opened.write(SETTINGS.format(port=port).replace("passkeys = false", f"passkeys = {str(passkeys).lower()}"))
    (home / "alerts.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (home / "alerts.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate


def predicted(now, **fields):
    """A launch whose impact is predicted for in five minutes."""
    fell = impact()
    shift = now + timedelta(minutes=5) - fell.at
    moved = {name: getattr(fell, name) + shift for name in ("at", "earliest_at", "latest_at")}
    given = {
        "launched_at": now - timedelta(minutes=4), "last_detection_at": now, "areas": ("JP-01", "JP-02"),
        "impact": changed(fell, **moved),
        "at_risk": tuple(
            AreaRisk(area=area, probability=probability, earliest_at=moved["earliest_at"], latest_at=moved["latest_at"])
            for area, probability in (("JP-01", 0.94), ("JP-02", 0.05))
        ),
    }  # fmt: skip
    return changed(launch(), **given | fields)


class Alerting:
    """JPN with a node, and its alerts beside it."""

    def __init__(self, house, port, *, page=None):
        self.local = Local(house, "JPN")
        self.home = house.homes["JPN"]
        self.port = port
        self.certificate = prepare(self.home, port)
        if page is not None:
            house.edit("JPN", '[web]\nrun = "here"', f'[web]\nrun = "apart"\nlisten = "127.0.0.1:{page}"')
        self.config = read_config(self.home / "member.toml")

    @property
    def node(self):
        return self.local.node

    @asynccontextmanager
    async def part(self):
        part, stop = AlertsPart(self.config), asyncio.Event()
        serving = asyncio.create_task(part.serve(stop))
        try:
            yield part
        finally:
            stop.set()
            await serving

    def records(self, kind):
        return [each.admitted for each in self.node.store.records(RecordQuery(kinds=(kind,), originator="JPN"))]

    async def until(self, what):
        async with asyncio.timeout(60):
            while not (found := await asyncio.to_thread(what)):  # noqa: ASYNC110 - the store is looked at
                await asyncio.sleep(0.01)
        return found

    def put(self, kind, body, *sources, status="actual"):
        record = with_body(
            kind, body, id=self.node.new_id(), originator="JPN", status=status, precedence=Precedence.FLASH,
            issued_at=SystemClock().now(), sources=sources,
            marking=marking_for("JPN", "USA", public_warning=PublicWarning.YES),
        )  # fmt: skip
        self.node.issue([record], at_once=True)

    def see(self, *, status="actual", **fields):
        """A launch whose impact is predicted for in five minutes."""
        self.put("warning.launch", predicted(SystemClock().now(), **fields), status=status)

    def waiting(self, message):
        return [each for each in self.records("alerts.alert") if each.body.message == message]

    def approve(self, message, *people):
        for person in people:
            body = Approval(
                act="approve", originator="JPN", record=message.record.id, digest=digest_of(message), person=person
            )
            self.put("watch.approval", body, Source(record=message.record.id, originator="JPN"))

    def delivered(self):
        return {
            (each.body.alert, each.body.channel)
            for each in self.records("alerts.delivery")
            if each.body.state == "delivered"
        }

    def read(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=10) as answer:
            return answer.read()
