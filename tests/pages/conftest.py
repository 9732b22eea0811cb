"""Real Chromium on real watch floors: a replayed federation, and a member whose peer says what the test wants said."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from tests.nodes import House, Local
from tests.pages.running import PASSWORD, TOCSIN, Running, code_for, tocsin
from tests.servers import eventually, free_ports

from tocsin.clock import SystemClock
from tocsin.exercise.orders import ExerciseOrder
from tocsin.markings import marking_for
from tocsin.node.control import ask
from tocsin.node.exercising import Propose, record_for
from tocsin.records import APPROVAL, Consent, Exercise, Person, Precedence, Record, with_body
from tocsin.store import RecordQuery, StoredRecord, standing_in

ROOT = Path(__file__).parents[2]
_ARGUMENTS = (
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
)  # fmt: skip


def _chromium() -> str:
    found = os.environ.get("TOCSIN_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        if os.environ.get("TOCSIN_CI"):
            raise RuntimeError("no Chromium is installed, and without it nothing is known of the page")
        pytest.skip("no Chromium is installed: apt-get install chromium fonts-noto-cjk")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one module: its loop must have left this thread before others' tests run theirs."""
    executable = _chromium()
    if not (ROOT / "src/tocsin/web_dist/index.html").is_file() and not os.environ.get("TOCSIN_CI"):
        pytest.skip("the page is not built: uv sync --reinstall-package tocsin")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(_ARGUMENTS))
        yield browser
        browser.close()


# a line that stays cut until the test says otherwise
_LINE = """
const Real = window.WebSocket
window.sockets = []
window.WebSocket = class extends Real {
  constructor(...given) {
    super(...given)
    window.sockets.push(this)
    if (window.isCut) this.close()
  }
}
window.cut = () => { window.isCut = true; for (const each of window.sockets) each.close() }
"""


@dataclass
class Looker:
    """One browser window with all that it asked for and complained of."""

    page: Page
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)

    @classmethod
    def on(cls, context: BrowserContext) -> Looker:
        looker = cls(context.new_page())
        page = looker.page
        page.add_init_script(_LINE)
        page.on("request", lambda request: looker.hosts.add(urlsplit(request.url).netloc))
        page.on("pageerror", lambda error: looker.complaints.append(str(error)))
        page.on("console", lambda said: said.type in ("error", "warning") and looker.complaints.append(said.text))
        page.on("websocket", lambda socket: socket.on("framereceived", lambda data: looker.bodies.append(str(data))))
        page.on("response", looker._keep)
        return looker

    def _keep(self, answer) -> None:
        if "/api/" in answer.url:
            self.bodies.append(answer.url)

    def api(self, path: str):
        return self.page.request.get(
            f"{urlsplit(self.page.url).scheme}://{urlsplit(self.page.url).netloc}/api/v1/{path}"
        ).json()


@pytest.fixture
def look(browser: Browser) -> Iterator[Callable[..., Looker]]:
    """Open a window."""
    contexts: list[BrowserContext] = []

    def open_(**options) -> Looker:
        contexts.append(browser.new_context(**{"viewport": {"width": 1280, "height": 800}} | options))
        return Looker.on(contexts[-1])

    yield open_
    for context in contexts:
        context.close()


class Demo:
    """``tocsin demo`` with its pages, as a process."""

    def __init__(self, *words: str, cwd: Path) -> None:
        self.process = subprocess.Popen(
            [*TOCSIN, "demo", "--page", "yes", *words], cwd=cwd, text=True, stdout=subprocess.PIPE
        )
        self.pages: dict[str, str] = {}
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.match(r"watch floor of (\w+): (\S+)", line):
                self.pages[found[1]] = found[2]
            if "stay until" in line or ("--speed" in words and "max" not in words and len(self.pages) == 3):
                return
        raise AssertionError("the demo ended before its pages were there")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A replay that is over, every member's page still open; each invitation is good once."""
    demo = Demo("--speed", "max", cwd=tmp_path_factory.mktemp("demo"))
    yield demo
    demo.stop()


class Member(Running):
    """KOR with its watch floor; its peer JPN in a thread of this process says what a test wants said."""

    def __init__(self, directory: Path) -> None:
        self._agreed: set[str] = set()
        house = House(directory, codes=("JPN", "KOR"))
        (port,) = free_ports(1)
        house.edit("KOR", "[health]", f'[web]\nrun = "here"\nlisten = "127.0.0.1:{port}"\n\n[health]')
        home = house.homes["KOR"]
        self.local_url = f"http://localhost:{port}/"
        for name, *who in (
            ("Min", "WO-7", "watch_officer"), ("Ana", "AN-3", "analyst"), ("Ari", "EC-4", "exercise_controller"),
            ("Rei", "RL-2", "releaser"),
        ):  # fmt: skip
            tocsin(home, "people", "add", name, "--pseudonym", who[0], "--role", who[1])
        self.code = code_for(home, "Jin", "R-1", "releaser")
        """Enrols a releaser, once."""
        house.edit("KOR", "[[exchange.release]]", '[exchange]\nrelease_by = "passkey"\n\n[[exchange.release]]')
        super().__init__(home, f"http://127.0.0.1:{port}/")
        self._peer = Local(house, "JPN")
        self._do(self._peer.start())
        self._wait_for_page()

    def say(self, *records: Record) -> None:
        """Have JPN issue records; to an exercise that begins with one of them KOR consents first."""
        for status in {each.status for each in records if each.status.startswith("exercise:")} - self._agreed:
            self._agreed.add(status)
            self._agree(status)
        self._issue_at_peer(*records)

    def propose(self, exercise_id: str, scenario: str) -> None:
        """Have KOR propose an exercise (YAML), and JPN consent to it as soon as it knows of it."""
        order = Propose(scenario=scenario, form="yaml", pseudonym="EC-4", id=exercise_id)
        consent = ExerciseOrder(act="consent", exercise=exercise_id, pseudonym="EC-1")

        async def agree() -> None:
            assert (await ask(self.home, order)).error == ""
            await eventually(self._peer_knows)
            self._peer.node.issue([record_for(self._peer.node, consent)], at_once=True)

        self._do(agree())

    async def _peer_knows(self) -> bool:
        await self._peer.node.keeper.flush()
        return bool(self.at_peer("exercise.exercise"))

    def _agree(self, status: str) -> None:
        digest, person = "0" * 64, Person(role="exercise_controller", pseudonym="EC-1")
        now = SystemClock().now()
        exercise = Exercise(name=status, digest=digest, members=("JPN", "KOR"), starts_at=now)
        consent = Consent(act="consent", digest=digest, by=person)
        told = [
            with_body(
                kind, body, id=secrets.token_hex(8), originator=code, marking=marking_for("JPN", "KOR"), status=status,
                precedence=Precedence.FLASH, issued_at=now,
            )
            for code, kind, body in (("JPN", "exercise.exercise", exercise), ("KOR", "exercise.consent", consent))
        ]  # fmt: skip
        self._issue_at_peer(told[0])
        self.hand_in(told[1])

    def _issue_at_peer(self, *records: Record) -> None:
        async def issue() -> None:
            self._peer.node.issue(list(records), at_once=True)

        self._do(issue())

    def peer_records(self, kind: str) -> list[StoredRecord]:
        """Return what JPN holds of a kind."""
        return list(self._peer.node.store.records(RecordQuery(kinds=(kind,))))

    def wait_at_peer(self, kind: str, originator: str) -> None:
        """Wait until a record of a kind is in JPN's store."""
        deadline_s = time.monotonic() + 60
        while not any(each.admitted.record.originator == originator for each in self.peer_records(kind)):
            assert time.monotonic() < deadline_s, f"no {kind} of {originator} came to JPN"
            time.sleep(0.1)

    def at_peer(self, kind: str) -> list[str]:
        """Return the standing or the id of what JPN holds of a kind."""
        store = self._peer.node.store
        found = [stored.admitted for stored in store.records(RecordQuery(kinds=(kind,), originator="KOR"))]
        return [standing_in(store, each).code if kind == APPROVAL else each.record.id for each in found]

    def stop(self) -> None:
        """End it and its peer."""
        self._do(self._peer.stop())
        super().stop()

    def sign_in(self, looker: Looker, name: str = "Min") -> None:
        """Sign in by the form, as a watch officer or as another."""
        looker.page.goto(self.url)
        looker.page.get_by_label("Name").fill(name)
        looker.page.get_by_label("Password").fill(PASSWORD)
        looker.page.get_by_role("button", name="Sign in").click()
        looker.page.get_by_role("tab", name="Event").wait_for()


@pytest.fixture(scope="module")
def member(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Member]:
    made = Member(tmp_path_factory.mktemp("member"))
    yield made
    made.stop()
