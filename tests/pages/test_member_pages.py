"""A member's own page while its peer speaks: real and exercise apart, hostile text, a cut line, a hidden tab."""

from __future__ import annotations

import itertools
import json
import re
import secrets
from datetime import timedelta

import msgspec
import pytest
from playwright.sync_api import expect
from tests.pages.axe import faults_in_every_look
from tests.pages.conftest import Looker, Member
from tests.pages.running import add_authenticator, enrol

from tocsin.clock import SystemClock
from tocsin.markings import marking_for
from tocsin.records import Launch, LaunchPoint, Precedence, Record, TrackPoint

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]

_revision = itertools.count(1)
HOSTILE = "<img src=x onerror=\"document.title='pwned'\"><script>window.pwned=1</script>\u202e{{7*7}}" + "A" * 3000


def launch(event_id: str, status: str, *, stage: str = "detected", label: str = "ballistic") -> Record:
    now = SystemClock().now()
    body = Launch(
        event_id=event_id, stage=stage, revision=next(_revision), label=label, detections=6,
        launch_point=LaunchPoint(lat_deg=39.2, lon_deg=125.7, radius_km=4.0), launched_at=now - timedelta(seconds=60),
        track=TrackPoint(
            at=now, lat_deg=39.5, lon_deg=127.0, altitude_m=1e5, speed_mps=2e3, heading_deg=90.0, climb_deg=30.0,
            sigma_m=100.0,
        ),
        sensors=("JPN:x",), last_detection_at=now,
    )  # fmt: skip
    return Record(
        kind="warning.launch", id=secrets.token_hex(8), originator="JPN", marking=marking_for("JPN", "KOR"),
        status=status, precedence=Precedence.FLASH, issued_at=now, body=msgspec.Raw(msgspec.json.encode(body)),
    )  # fmt: skip


@pytest.fixture
def officer(look, member: Member) -> Looker:
    looker = look(locale="en-GB")
    member.sign_in(looker)
    return looker


def test_an_exercise_is_never_styled_as_real(officer: Looker, member: Member) -> None:
    page = officer.page
    member.say(launch("drill-1", "exercise:bell-1"))
    banner = page.get_by_role("region", name="Marking")
    expect(banner).to_contain_text("EXERCISE")
    expect(banner).to_contain_text("bell-1")
    expect(page).to_have_title(re.compile(r"^\[EXERCISE"))
    assert page.locator(".world-actual").count() == 0
    member.say(launch("real-1", "actual"))
    expect(banner).to_contain_text("ACTUAL")
    expect(banner).to_contain_text("EXERCISE")
    cards = page.locator("[class*=world-exercise]")
    assert cards.count() >= 1


def test_one_id_in_two_worlds_stays_two_events(officer: Looker, member: Member) -> None:
    member.say(
        launch("twin", "actual", label="ballistic"), launch("twin", "exercise:bell-1", label="possible space launch")
    )
    page = officer.page
    expect(page.get_by_text("possible space launch", exact=False).first).to_be_visible()
    events = [event for event in officer.api("picture")["events"] if event["event_id"] == "twin"]
    assert {event["status"] for event in events} == {"actual", "exercise:bell-1"}
    page.reload()
    page.get_by_role("tab", name="Event").wait_for()
    page.get_by_role("button", name="Table", exact=True).click()
    table = page.get_by_role("region", name="All that the map shows")
    expect(
        table.get_by_role("heading", name=re.compile("possible space launch.*bell-1", re.IGNORECASE))
    ).to_be_visible()
    headings = table.get_by_role("heading").all_text_contents()
    assert [text for text in headings if "ballistic" in text and "bell" not in text]


def test_hostile_text_is_shown_as_text(officer: Looker, member: Member) -> None:
    member.say(launch("hostile", "exercise:bell-2", label=HOSTILE[:2500]))
    page = officer.page
    expect(page.get_by_text("onerror", exact=False).first).to_be_visible()
    assert page.evaluate("window.pwned") is None
    assert "pwned" not in page.title()
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]


def test_a_remark_goes_out_and_comes_back_beside_the_event(officer: Looker, member: Member) -> None:
    member.say(launch("asked", "exercise:bell-3"))
    page = officer.page
    page.get_by_text("bell-3").first.wait_for()
    event = next(event for event in officer.api("picture")["events"] if event["event_id"] == "asked")
    session = officer.api("session")
    said = {
        "originator": "JPN", "record_id": event["members"]["JPN"]["record_id"], "act": "query",
        "text": "<b>seen by whom?</b>",
    }  # fmt: skip
    answer = page.request.post(member.url + "api/v1/remarks", data=said, headers={"X-Tocsin-CSRF": session["csrf"]})
    assert answer.status == 202, answer.text()

    def remarks() -> list:
        return [remark for remark in _remarks(officer, "asked") if remark["act"] != "seen"]

    for _ in range(100):
        if remarks():
            break
        page.wait_for_timeout(100)
    (remark,) = remarks()
    assert (remark["person"]["pseudonym"], remark["text"]) == ("WO-7", "<b>seen by whom?</b>")
    assert "Min" not in str(remark)


def test_no_stage_is_lost_while_the_line_is_cut(officer: Looker, member: Member) -> None:
    page = officer.page
    member.say(launch("cut", "exercise:bell-4"))
    page.get_by_text("bell-4").first.wait_for()
    page.evaluate("cut()")
    expect(page.get_by_text("NOT CONNECTED").first).to_be_visible()
    member.say(launch("cut", "exercise:bell-4", stage="assessed"))
    member.say(launch("cut-2", "exercise:bell-6"))
    for _ in range(300):
        shown = {event["event_id"]: event for event in officer.api("picture")["events"]}
        if "cut-2" in shown:
            break
        page.wait_for_timeout(100)
    assert shown["cut"]["members"]["JPN"]["stage"] == "assessed"
    assert page.get_by_text("bell-6").count() == 0
    page.evaluate("window.isCut = false")
    expect(page.get_by_role("status").filter(has_text="Connected")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("bell-6").first).to_be_visible()
    entry = page.get_by_role("button", name=re.compile("bell-4"))
    expect(entry).to_contain_text("Assessed")
    epochs = {told["epoch"] for body in officer.bodies if (told := _hello(body)) is not None}
    assert len(epochs) == 1  # one run of numbers: it went on after the last, and did not begin anew


def _hello(body: str) -> dict | None:
    return json.loads(body) if body.startswith('{"say":"hello"') else None


def test_an_event_is_acknowledged_with_the_keyboard_alone(officer: Looker, member: Member) -> None:
    page = officer.page
    member.say(launch("keys", "exercise:bell-7"))
    page.get_by_text("bell-7").first.wait_for()
    _tab_to(page, "bell-7")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=re.compile("bell-7"))).to_have_attribute("aria-pressed", "true")
    _tab_to(page, "Acknowledge")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tabpanel")).to_contain_text("WO-7")


def _tab_to(page, words: str) -> None:
    for _ in range(150):
        page.keyboard.press("Tab")
        if words in page.evaluate("document.activeElement.closest('button')?.textContent ?? ''"):
            return
    raise AssertionError(f"no key leads to {words}")


def test_a_new_event_is_told_in_a_hidden_tab(officer: Looker, member: Member) -> None:
    page = officer.page
    page.locator("body").get_by_text("Connected").wait_for()
    other = page.context.new_page()
    other.goto("about:blank")
    other.bring_to_front()
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {get: () => true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    member.say(launch("hidden", "exercise:bell-5"))
    expect(page).to_have_title(re.compile(r"^\(\d+\) \["), timeout=15_000)
    expect(page.get_by_role("alert").filter(has_text=re.compile("exercise", re.IGNORECASE)).first).to_be_attached()


@pytest.fixture
def releaser(look, member: Member) -> Looker:
    """A browser with an authenticator, at the address under which passkeys work."""
    looker = look(locale="en-GB")
    add_authenticator(looker.page)
    looker.page.goto(member.local_url)
    return looker


def test_a_releaser_enrols_a_passkey_signs_in_with_it_and_releases_what_waits(releaser: Looker, member: Member) -> None:
    page = releaser.page
    enrol(page, member.code, "R-1", "<i>blue</i> key")
    expect(page.get_by_role("region", name="Passkeys").get_by_text("<i>blue</i> key")).to_be_visible()
    assert faults_in_every_look(page) == {}
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Sign out").click()
    assert faults_in_every_look(page) == {}
    page.get_by_role("button", name="Sign in with a passkey").click()

    note = Record(
        kind="harbour.tide", id="waits-1", originator="KOR", marking=marking_for("JPN", "KOR"), status="test",
        precedence=Precedence.ROUTINE, issued_at=SystemClock().now(),
        body=msgspec.Raw(msgspec.json.encode({"hostile": HOSTILE[:200]})),
    )  # fmt: skip
    member.hand_in(note)
    page.get_by_role("tab", name="Held").click()
    panel = page.get_by_role("tabpanel")
    expect(panel).to_contain_text("waits for a person")
    expect(panel).to_contain_text("JPN")
    panel.get_by_text("Details").click()
    expect(panel.get_by_text("onerror", exact=False)).to_be_visible()
    assert page.evaluate("window.pwned") is None
    assert faults_in_every_look(page) == {}
    expect(panel.get_by_role("button", name="Release", exact=True)).to_have_count(0)  # policy wants a passkey
    panel.get_by_placeholder("Reason").fill("to allies")
    panel.get_by_role("button", name="Release and sign by passkey").click()
    expect(panel).to_contain_text("Nothing waits.")
    for _ in range(200):
        if member.at_peer("harbour.tide") and member.at_peer("watch.approval"):
            break
        page.wait_for_timeout(100)
    assert member.at_peer("harbour.tide") == ["waits-1"]
    assert member.at_peer("watch.approval") == ["verified"]


def test_an_event_on_a_screen_is_told_to_the_others(officer: Looker, member: Member) -> None:
    member.say(launch("looked-at", "test", label="looked at"))
    page = officer.page
    page.get_by_role("button", name=re.compile("looked at")).click()
    expect(page.get_by_role("tabpanel").get_by_text("Seen by")).to_be_visible()
    for _ in range(200):
        if said := _remarks(officer, "looked-at"):
            break
        page.wait_for_timeout(100)
    assert [(remark["originator"], remark["act"]) for remark in said] == [("KOR", "seen")]
    page.reload()
    page.get_by_role("tab", name="Event").wait_for()
    page.wait_for_timeout(300)
    assert len(_remarks(officer, "looked-at")) == 1


def test_what_was_laid_out_is_approved_though_a_newer_one_has_come(officer: Looker, member: Member) -> None:
    member.say(launch("laid-out", "exercise:bell-8"))
    page = officer.page
    page.get_by_role("button", name=re.compile("bell-8")).click()
    panel = page.get_by_role("tabpanel")
    panel.get_by_role("button", name="Approve").click()
    seen = next(event for event in officer.api("picture")["events"] if event["event_id"] == "laid-out")["members"][
        "JPN"
    ]
    expect(panel).to_contain_text(seen["digest"][:12])
    member.say(launch("laid-out", "exercise:bell-8", stage="assessed"))
    expect(panel).to_contain_text("A newer revision has come", timeout=30_000)
    assert faults_in_every_look(page) == {}
    panel.get_by_role("button", name="Approve", exact=True).click()
    expect(panel).to_contain_text("an earlier revision", timeout=30_000)
    event = next(event for event in officer.api("picture")["events"] if event["event_id"] == "laid-out")
    assert [each["about_record"] for each in event["approvals"]] == [seen["record_id"]]


def _remarks(looker: Looker, event_id: str) -> list:
    found = next(event for event in looker.api("picture")["events"] if event["event_id"] == event_id)
    return found["remarks"]
