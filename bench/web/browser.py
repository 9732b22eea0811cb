"""A real Chromium on the watch floor: when its first view stands, how often it draws, when it shows what was told.

It runs in a process of its own, so that what drives it does not hold up what serves it.
"""

from __future__ import annotations

import gzip
import os
import shutil
import statistics
import time
from itertools import pairwise
from multiprocessing.connection import Connection

import msgspec
from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = (
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
)  # fmt: skip

# noted where it happens: each animation frame, and each number that the page says it has shown
_NOTES = """
const notes = (window.notes = { frames: [], shown: [] })
const tick = (t) => { notes.frames.push(t); requestAnimationFrame(tick) }
requestAnimationFrame(tick)
const send = WebSocket.prototype.send
WebSocket.prototype.send = function (data) {
  const said = JSON.parse(data)
  if (said.say === 'shown') notes.shown.push([said.number, performance.timeOrigin + performance.now()])
  return send.call(this, data)
}
"""


class Noted(msgspec.Struct, frozen=True):
    """What the browser noted."""

    first_view_s: float
    """From asking for the address until the map is drawn and the panels stand; median of some cold starts."""
    script_kb: float
    """Compressed, of what it loaded for that."""
    frames_ms: list[float]
    """Between one animation frame and the next."""
    shown_at_s: list[tuple[int, float]]
    """Number of the feed, and when the page had drawn up to it, seconds since 1970."""


def browse(invitations: list[str], size: tuple[int, int], pipe: Connection) -> None:
    """Start cold for each invitation; watch with the last one between two words on the pipe."""
    executable = os.environ.get("TOCSIN_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        try:
            pipe.send(_watch(browser, invitations, size, pipe))
        finally:
            browser.close()


def _watch(browser: Browser, invitations: list[str], size: tuple[int, int], pipe: Connection) -> Noted:
    starts, script_kb = [], 0.0
    for address in invitations:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="en-GB")
        page = context.new_page()
        page.add_init_script(_NOTES)
        scripts: list[str] = []
        page.on(
            "response", lambda answer, kept=scripts: kept.append(answer.url) if answer.url.endswith(".js") else None
        )
        began_s = time.monotonic()
        page.goto(address)
        page.locator(".map[data-drawn=yes]").wait_for(timeout=60_000)
        page.get_by_role("tab").first.wait_for()
        starts.append(time.monotonic() - began_s)
        script_kb = sum(len(gzip.compress(page.request.get(url).body())) for url in scripts) / 1e3
        if address != invitations[-1]:
            context.close()
    pipe.send("watching")
    page.evaluate("notes.frames.length = 0")
    pipe.recv()
    return _noted(page, statistics.median(starts), script_kb)


def _noted(page: Page, first_view_s: float, script_kb: float) -> Noted:
    found = page.evaluate("notes")
    frames = found["frames"]
    return Noted(
        first_view_s, script_kb, [after - before for before, after in pairwise(frames)],
        [(number, at_ms / 1e3) for number, at_ms in found["shown"]],
    )  # fmt: skip
