"""A member that alerts its public, with two people who confirm by passkey; this process says what its desks would."""

from __future__ import annotations

import secrets
from pathlib import Path

import httpx
from playwright.sync_api import Page
from tests.alert_member import predicted, prepare
from tests.nodes import House
from tests.pages.running import Running, add_authenticator, code_for, tocsin
from tests.pages.running import enrol as enrol_by_code
from tests.servers import free_ports

from tocsin.clock import SystemClock
from tocsin.markings import PublicWarning, marking_for
from tocsin.records import Precedence, with_body

PEOPLE = {"Hana": ("AO-1", "alert_officer"), "Ken": ("WO-1", "watch_officer")}


class AlertingMember(Running):
    """JPN, with passkeys, a feed and a folder; two people have codes that enrol them."""

    def __init__(self, directory: Path) -> None:
        house = House(directory, codes=("JPN", "USA"))
        home = house.homes["JPN"]
        page, self.port = free_ports(2)
        prepare(home, self.port, passkeys=True)
        house.edit("JPN", '[web]\nrun = "here"', f'[web]\nrun = "here"\nlisten = "127.0.0.1:{page}"')
        self.codes = {name: code_for(home, name, *who) for name, who in PEOPLE.items()}
        super().__init__(home, f"http://localhost:{page}/")
        self._wait_for_page()

    def see(self, **fields) -> None:
        """Have the desk say what it sees of a launch."""
        now = SystemClock().now()
        self.hand_in(
            with_body(
                "warning.launch", predicted(now, **fields), id=secrets.token_hex(8), originator="JPN",
                status="actual", precedence=Precedence.FLASH, issued_at=now,
                marking=marking_for("JPN", "USA", public_warning=PublicWarning.YES),
            )
        )  # fmt: skip

    def close(self, **fields) -> None:
        """Have the desk say that the event is over."""
        self.see(**{"stage": "closed", "outcome": "impact", "areas": (), "impact": None, "revision": 9, **fields})

    def open_channels(self) -> None:
        """Let the check pass that opens the channels; that no peer is there is its one complaint."""
        assert "channels to the public are open" in tocsin(self.home, "check", "--public-warning", ends_with=1)

    def read(self, path: str) -> bytes:
        """Return what the feed answers."""
        return httpx.get(f"http://127.0.0.1:{self.port}/{path}").content


def enrol(page: Page, member: AlertingMember, name: str) -> None:
    """Sign a person in by code, in a browser with an authenticator of its own, add a passkey, and show the alerts."""
    add_authenticator(page)
    page.goto(member.url)
    enrol_by_code(page, member.codes[name], PEOPLE[name][0], "key")
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Alerts").click()
