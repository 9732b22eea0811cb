"""A member with its watch floor as a process, and a part of it here that says what a test wants said."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Coroutine
from pathlib import Path

import httpx
import uvloop
from playwright.sync_api import Page

from tocsin.clock import SystemClock
from tocsin.node import read_config
from tocsin.node.attached import AttachedPart
from tocsin.records import Record

TOCSIN = (sys.executable, "-m", "tocsin")
PASSWORD = "a long enough sentence"


class Running:
    """``tocsin up`` in a folder, and a part attached to it on a loop of its own.

    Args:
        home: The folder with the member's TOML.
        url: Where its page will be.
    """

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        self.url = url
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._up = subprocess.Popen([*TOCSIN, "up", "--config", str(home)], stderr=subprocess.PIPE, text=True)
        self._part = AttachedPart(read_config(home / "member.toml"), "test", clock=SystemClock())
        self._attached = asyncio.run_coroutine_threadsafe(self._part.run(), self._loop)

    def hand_in(self, *records: Record) -> None:
        """Have the member issue records, as another of its programs does."""

        async def submit() -> None:
            self._part.submit_soon(records)
            await self._part.settled()

        self._do(submit())

    def stop(self) -> None:
        """End it."""
        self._attached.cancel()
        self._up.send_signal(signal.SIGTERM)
        self._up.communicate(timeout=60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

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


def tocsin(home: Path, *words: str, ends_with: int = 0) -> str:
    """Run a command for the member of a folder; return what it says."""
    done = subprocess.run(
        [*TOCSIN, *words, "--config", str(home)], input=PASSWORD, text=True, check=False, capture_output=True
    )
    assert done.returncode == ends_with, done.stdout + done.stderr
    return done.stdout


def code_for(home: Path, name: str, pseudonym: str, role: str) -> str:
    """Add a person; return the code that enrols them, once."""
    told = tocsin(home, "people", "add", name, "--pseudonym", pseudonym, "--role", role, "--enrol")
    found = re.search(r"[0-9a-f]{8}(-[0-9a-f]{8}){3}", told)
    assert found is not None, told
    return found[0]


def add_authenticator(page: Page) -> None:
    """Give a browser an authenticator of its own, which says yes to everything."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def enrol(page: Page, code: str, pseudonym: str, key: str) -> None:
    """Sign a person in by code and add a passkey under a name; the list of passkeys stays open."""
    page.get_by_role("button", name="I have an enrolment code").click()
    page.get_by_label("Enrolment code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name=re.compile(rf"{pseudonym}.*Passkeys")).click()
    mine = page.get_by_role("region", name="Passkeys")
    mine.get_by_label("What to call it").fill(key)
    mine.get_by_role("button", name="Add a passkey").click()
    mine.get_by_text(key, exact=True).wait_for()
