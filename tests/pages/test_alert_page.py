"""From a launch to the public and back: two people confirm on the page by passkey, and end it the same way."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect
from tests.pages.alerting import AlertingMember, enrol
from tests.pages.axe import SCHEMES, faults

from tocsin.cap import read_cap

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


@pytest.fixture
def member(tmp_path):
    made = AlertingMember(tmp_path)
    yield made
    made.stop()


def test_two_people_alert_by_passkey_and_the_all_clear_goes_the_same_way(look, member: AlertingMember) -> None:
    officer, watch = look(locale="en-GB").page, look(locale="en-GB").page
    enrol(officer, member, "Hana")
    enrol(watch, member, "Ken")
    panels = [page.get_by_role("tabpanel") for page in (officer, watch)]
    for panel in panels:
        expect(panel).to_contain_text("CHANNELS TO THE PUBLIC ARE OFF")

    member.see()
    for panel in panels:  # which world, which areas, in each language, what holds it, who is wanted
        expect(panel).to_contain_text("REAL. The public will take it for real")
        expect(panel.get_by_role("rowheader", name="Hokkaido JP-01")).to_be_visible()
        expect(panel).to_contain_text("ミサイル発射")
        expect(panel).to_contain_text("The channels are off.")
        expect(panel).to_contain_text("Still wanted: watch officer")
        expect(panel).to_contain_text("The correction is ready")
    for scheme in SCHEMES:
        officer.emulate_media(color_scheme=scheme)
        assert faults(officer) == []
    expect(panels[0].get_by_role("button", name="Approve", exact=True)).to_have_count(0)  # unsigned does not count

    member.open_channels()
    for panel in panels:
        expect(panel).to_contain_text("Channels to the public are open")
    watch.get_by_role("button", name="Approve and sign by passkey").click()
    expect(panels[0]).not_to_contain_text("Still wanted: watch officer")
    expect(panels[0]).to_contain_text("WO-1")
    expect(panels[0]).to_contain_text("With this confirmation it goes out at once, by feed, folder.")
    officer.keyboard.press("Tab")
    button = officer.get_by_role("button", name="Approve and sign by passkey")
    button.focus()
    officer.keyboard.press("Enter")
    for panel in panels:
        expect(panel).to_contain_text("The public was told at")
        expect(panel.get_by_role("row", name=re.compile("^feed .*confirmed"))).to_be_visible()
        expect(panel.get_by_role("row", name=re.compile("^folder .*confirmed"))).to_be_visible()
    (alert,) = cap_files(member)
    assert (alert.status, alert.msg_type) == ("Actual", "Alert")

    member.close()  # the all-clear is drafted by itself, and is one confirmation away
    ending = panels[0].get_by_role("region", name="All-clear (it is over)")
    expect(ending).to_contain_text("Still wanted: alert officer")
    ending.get_by_role("button", name="Approve and sign by passkey").click()
    for panel in panels:
        expect(panel).to_contain_text("The alert has ended.")
        expect(panel.get_by_role("row", name=re.compile("^folder .*confirmed"))).to_have_count(2)
    end = next(each for each in cap_files(member) if each.identifier != alert.identifier)
    assert (end.msg_type, end.references) == ("Update", (alert.reference,))
    assert {info.response_types for info in end.infos} == {("AllClear",)}
    assert {code for info in end.infos for area in info.areas for code in area.geocodes} == {
        code for info in alert.infos for area in info.areas for code in area.geocodes
    }
    assert member.read("feed.atom").count(b"<entry>") == 2


def cap_files(member: AlertingMember) -> list:
    """What the folder got, when it is the same as what the feed shows."""
    deadline_s = time.monotonic() + 60
    while time.monotonic() < deadline_s:
        files = sorted((member.home / "public").glob("*.xml"))
        if files and all(member.read(f"alerts/{file.name}") == file.read_bytes() for file in files):
            return [read_cap(file.read_bytes()) for file in files]
        time.sleep(0.1)
    raise AssertionError("the feed does not show what the folder got")
