"""Take pictures of the watch floor in real Chromium while a launch is replayed: those of the docs, or every view.

``python docs/images/make_pages.py`` writes the pictures beside it; ``--all FOLDER`` each view in each theme, language
and size, for people to look at.
"""  # noqa: INP001

from __future__ import annotations

import argparse
import itertools
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

HERE = Path(__file__).parent
SPEED = "6"
LANGUAGES = {"en": "English", "ko": "한국어", "ja": "日本語"}
DESK = (1920, 1080)
OTHER_SIZES = {"wall": (3840, 2160), "laptop": (1280, 720), "tablet": (1024, 768), "tablet-upright": (768, 1024)}
TABS = ("event", "alerts", "exercises", "records", "held", "links", "log")
_PATIENCE_MS = 180_000


@contextmanager
def demo() -> Iterator[dict[str, str]]:
    """Run ``tocsin demo``; yields each member's address, which signs one browser in."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tocsin", "demo", "--page", "yes", "--speed", SPEED], text=True, stdout=subprocess.PIPE
    )
    if process.stdout is None:
        raise AssertionError("it is piped")
    pages: dict[str, str] = {}
    for line in process.stdout:
        if found := re.match(r"watch floor of (\w+): (\S+)", line):
            pages[found[1]] = found[2]
        if "REPLAY" in line:
            break
    try:
        yield pages
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


def enter(browser: Browser, address: str) -> BrowserContext:
    """Sign a browser in and wait until an impact is predicted; it is still in flight then."""
    context = browser.new_context(
        viewport={"width": 1600, "height": 900}, color_scheme="dark", locale="en-GB", timezone_id="Asia/Tokyo"
    )
    page = context.new_page()
    page.goto(address)
    page.get_by_role("button", name="Turn the sound on").click()
    page.locator(".countdown strong").first.wait_for(timeout=_PATIENCE_MS)
    return context


def for_the_docs(page: Page) -> None:
    """Take what the documentation shows."""
    page.wait_for_timeout(15_000)  # until it is well on its way
    page.screenshot(path=HERE / "watch-floor.png")
    slider = page.get_by_role("slider")
    slider.evaluate(
        "node => { node.value = Number(node.min) + 0.72 * (Number(node.max) - Number(node.min));"
        " node.dispatchEvent(new Event('input', {bubbles: true})) }"
    )
    page.locator(".strip.now").wait_for()
    page.wait_for_timeout(1000)
    page.screenshot(path=HERE / "watch-floor-not-now.png")


def alert_panel(browser: Browser) -> None:
    """Take an alert that waits for its last confirmation, at a member that alerts its public."""
    sys.path.insert(0, str(HERE.parents[1]))  # the member is that of the tests
    from tests.pages.alerting import PEOPLE, AlertingMember, enrol  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        member = AlertingMember(Path(folder))
        try:
            officer, watch = (
                browser.new_context(
                    viewport={"width": 1500, "height": 1480}, color_scheme="dark", locale="en-GB"
                ).new_page()
                for _ in PEOPLE
            )  # fmt: skip
            for page, name in zip((officer, watch), PEOPLE, strict=True):
                enrol(page, member, name)
            member.see()
            member.open_channels()
            watch.get_by_text("Channels to the public are open").wait_for()
            watch.get_by_role("button", name="Approve and sign by passkey").click()
            officer.get_by_text("With this confirmation it goes out at once").wait_for()
            officer.wait_for_timeout(1000)
            officer.screenshot(path=HERE / "alert-panel.png")
        finally:
            member.stop()


def claims_board(browser: Browser) -> None:
    """Take the board of claims at a member that holds the movements of the example, as two members weigh them."""
    sys.path.insert(0, str(HERE.parents[1]))
    from tests.pages.conftest import Looker, Member  # noqa: PLC0415
    from tests.pages.running import tocsin  # noqa: PLC0415
    from tests.pages.test_claims_page import MOVEMENTS, said  # noqa: PLC0415

    from tocsin.claims import record_id  # noqa: PLC0415
    from tocsin.records import RecordRef, Weighing  # noqa: PLC0415

    def ref(key: str) -> RecordRef:
        return RecordRef(originator="KOR", record=record_id("KOR", key))

    with tempfile.TemporaryDirectory() as folder:
        member = Member(Path(folder))
        try:
            tocsin(member.home, "claims", "import", str(MOVEMENTS), "--to", "JPN")
            context = browser.new_context(
                viewport={"width": 1600, "height": 900}, color_scheme="dark", locale="en-GB", timezone_id="Asia/Seoul"
            )
            looker = Looker.on(context)
            member.sign_in(looker, "Ana")
            page = looker.page
            page.get_by_role("button", name="Claims", exact=True).click()
            page.get_by_text("Claims: 16").wait_for()
            for key, hypothesis, reading in (
                ("ev008", "arms", "consistent"), ("ev008", "civil", "inconsistent"), ("ev003", "civil", "inconsistent"),
                ("ev009", "arms", "neutral"), ("ev009", "civil", "neutral"),
            ):  # fmt: skip
                weighed = Weighing(
                    question=ref("what-was-in-it"), hypothesis=hypothesis, evidence=ref(key), reading=reading
                )
                member.say(said("claims.weighing", weighed))
            page.get_by_role("button", name=re.compile("^The containers held arms")).click()
            page.get_by_role("tab", name="Board").click()
            page.get_by_text("73 freight cars").wait_for()
            page.wait_for_timeout(2000)
            page.screenshot(path=HERE / "claims-board.png")
            archive = Path(folder) / "dossier.zip"
            tocsin(member.home, "claims", "dossier", "ev011", "--to", "JPN,KOR", "--output", str(archive))
            dossier(browser, archive)
        finally:
            member.stop()


def dossier(browser: Browser, archive: Path) -> None:
    """Take the beginning of a dossier's page."""
    with zipfile.ZipFile(archive) as opened:
        text = opened.read("dossier.html").decode()
    page = browser.new_page(viewport={"width": 900, "height": 1500}, color_scheme="light")
    page.set_content(text)
    page.screenshot(path=HERE / "dossier.png")


CELL = """
format: tocsin.exercise/1
id: dawn
name: Bell at dawn
summary: A launch over the sea, a radar that falls silent, and a decision that cannot wait.
members: [JPN, KOR]
clock: {ends: "40:00"}
objective: [{id: decide, name: Decide in time}]
inject:
  - {id: hello, at: 0, kind: message, sender: Joint control, text: Good morning. The exercise begins now.}
  - {id: launch-1, at: 5, kind: launch, title: The first launch, launch: NK-20170828-01}
  - id: ask
    at: 60
    kind: decision
    title: The ferries
    question: Do we tell the ferries now?
    options: [tell them, wait]
    role: watch_officer
    within: "3:00"
    objectives: [decide]
  - {id: outage, at: "6:00", kind: sensor_outage, title: A radar falls silent, sensors: [KOR-radar-b], lasting: "5:00"}
  - {id: launch-2, at: "20:00", kind: launch, title: The second launch, launch: NK-20191128-01}
"""


def white_cell(browser: Browser) -> None:
    """Take what a controller has before them while an exercise runs on two members."""
    sys.path.insert(0, str(HERE.parents[1]))  # the members are those of the tests
    from tests.pages.conftest import Looker, Member  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        member = Member(Path(folder))
        try:
            controller, officer = (
                Looker.on(
                    browser.new_context(
                        viewport={"width": 1500, "height": 1080}, color_scheme="dark", locale="en-GB"
                    )
                )
                for _ in range(2)
            )  # fmt: skip
            member.sign_in(controller, "Ari")
            member.sign_in(officer)
            member.propose("dawn-1", CELL)
            page = controller.page
            page.get_by_role("tab", name="Exercises").click()
            page.get_by_role("button", name="Consent to this text").click()
            officer.page.get_by_role("button", name="Answer").click(timeout=_PATIENCE_MS)
            officer.page.get_by_placeholder("Reason").fill("Ships are under the path")
            officer.page.get_by_role("button", name="tell them").click()
            page.locator(".countdown strong").first.wait_for(timeout=_PATIENCE_MS)
            page.wait_for_timeout(15_000)  # until it is well on its way
            page.screenshot(path=HERE / "white-cell.png")
        finally:
            member.stop()


def everything(page: Page, folder: Path) -> None:
    """Take every view in every theme and language, and in every size once."""
    folder.mkdir(parents=True, exist_ok=True)
    for theme, (code, language) in itertools.product(("dark", "light"), LANGUAGES.items()):
        views(page, DESK, theme, language, folder / f"desk-{theme}-{code}")
    for size, pixels in OTHER_SIZES.items():
        views(page, pixels, "light" if size == "laptop" else "dark", LANGUAGES["en"], folder / size)


def views(page: Page, size: tuple[int, int], theme: Literal["dark", "light"], language: str, name: Path) -> None:
    """Take each view once; the names of the files begin with ``name``."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=theme)
    page.get_by_role("button", name=language).click()
    for tab in TABS:
        page.locator(f"#tab-{tab}").click()
        page.wait_for_timeout(600)
        page.screenshot(path=f"{name}-{tab}.png")
    page.locator(f"#tab-{TABS[0]}").click()
    page.get_by_role("tabpanel").evaluate("node => node.scrollTop = node.scrollHeight")
    page.locator(".views button").nth(1).click()
    page.wait_for_timeout(300)
    page.screenshot(path=f"{name}-table.png")
    page.locator(".views button").nth(0).click()
    page.get_by_role("tabpanel").evaluate("node => node.scrollTop = 0")


def main() -> None:
    """Take the pictures that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="FOLDER")
    wanted = parser.parse_args()
    executable = shutil.which("chromium")
    if executable is None:
        parser.error("no Chromium is installed: apt-get install chromium fonts-noto-cjk")
    with demo() as pages, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-quic"])
        page = enter(browser, pages["JPN"]).pages[0]
        if wanted.all is None:
            for_the_docs(page)
            alert_panel(browser)
            white_cell(browser)
            claims_board(browser)
        else:
            everything(page, wanted.all)
        browser.close()


if __name__ == "__main__":
    main()
