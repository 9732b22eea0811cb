"""A member with its watch floor and its alerts as one process; this one says what its desks would say."""

from __future__ import annotations

import asyncio
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import uvloop
from tests.alert_member import predicted, prepare
from tests.nodes import House
from tests.servers import free_ports

from tocsin.clock import SystemClock
from tocsin.markings import PublicWarning, marking_for
from tocsin.node import read_config
from tocsin.node.attached import AttachedPart
from tocsin.records import Precedence, with_body

TOCSIN = (sys.executable, "-m", "tocsin")
PEOPLE = {"Hana": ("AO-1", "alert_officer"), "Ken": ("WO-1", "watch_officer")}


class AlertingMember:
    """JPN, with passkeys, a feed and a folder; two people have codes that enrol them."""

    def __init__(self, directory: Path) -> None:
        house = House(directory, codes=("JPN", "USA"))
        self.home = house.homes["JPN"]
        page, self.port = free_ports(2)
        self.url = f"http://localhost:{page}/"
        self.certificate = prepare(self.home, self.port, passkeys=True)
        house.edit("JPN", '[web]\nrun = "here"', f'[web]\nrun = "here"\nlisten = "127.0.0.1:{page}"')
        self.codes = {name: self._enrol(name, *who) for name, who in PEOPLE.items()}
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._up = subprocess.Popen([*TOCSIN, "up", "--config", str(self.home)], stderr=subprocess.PIPE, text=True)
        self._part = AttachedPart(read_config(self.home / "member.toml"), "test", clock=SystemClock())
        self._attached = asyncio.run_coroutine_threadsafe(self._part.run(), self._loop)
        self._wait_for_page()

    def see(self, **fields) -> None:
        """Have the desk say what it sees of a launch."""
        record = with_body(
            "warning.launch", predicted(SystemClock().now(), **fields), id=secrets.token_hex(8), originator="JPN",
            status="actual", precedence=Precedence.FLASH, issued_at=SystemClock().now(),
            marking=marking_for("JPN", "USA", public_warning=PublicWarning.YES),
        )  # fmt: skip

        async def submit() -> None:
            self._part.submit_soon([record])
            await self._part.settled()

        asyncio.run_coroutine_threadsafe(submit(), self._loop).result(60)

    def close(self, **fields) -> None:
        """Have the desk say that the event is over."""
        self.see(**{"stage": "closed", "outcome": "impact", "areas": (), "impact": None, "revision": 9, **fields})

    def open_channels(self) -> None:
        """Let the check pass that opens the channels; that no peer is there is its one complaint."""
        assert "channels to the public are open" in self.run("check", "--public-warning", ends_with=1)

    def run(self, *words: str, ends_with: int = 0) -> str:
        """Run a command; return what it says."""
        done = subprocess.run(
            [*TOCSIN, *words, "--config", str(self.home)], text=True, check=False, capture_output=True
        )  # fmt: skip
        assert done.returncode == ends_with, done.stdout + done.stderr
        return done.stdout

    def read(self, path: str) -> bytes:
        """Return what the feed answers."""
        return httpx.get(f"http://127.0.0.1:{self.port}/{path}").content

    def stop(self) -> None:
        """End it."""
        self._attached.cancel()
        self._up.send_signal(signal.SIGTERM)
        self._up.communicate(timeout=60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _enrol(self, name: str, pseudonym: str, role: str) -> str:
        told = self.run("people", "add", name, "--pseudonym", pseudonym, "--role", role, "--enrol")
        found = re.search(r"[0-9a-f]{8}(-[0-9a-f]{8}){3}", told)
        assert found is not None, told
        return found[0]

    def _wait_for_page(self) -> None:
        deadline_s = time.monotonic() + 120
        while time.monotonic() < deadline_s:
            try:
                httpx.get(self.url + "api/v1/session")
            except httpx.TransportError:
                time.sleep(0.2)
            else:
                return
        raise AssertionError("no page came up")


def enrol(page, member: AlertingMember, name: str) -> None:
    """Sign a person in by code, in a browser with an authenticator of its own, and add a passkey."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto(member.url)
    page.get_by_role("button", name="I have an enrolment code").click()
    page.get_by_label("Enrolment code").fill(member.codes[name])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name=re.compile(rf"{PEOPLE[name][0]}.*Passkeys")).click()
    mine = page.get_by_role("region", name="Passkeys")
    mine.get_by_label("What to call it").fill("key")
    mine.get_by_role("button", name="Add a passkey").click()
    mine.get_by_text("key", exact=True).wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Alerts").click()
