"""What a person sees of a replay: that it is one, what was known when, and nothing that was not released to them."""

from __future__ import annotations

import json
import re
from datetime import datetime

import pytest
from playwright.sync_api import expect
from tests.pages.axe import AXE, LANGUAGES, SCHEMES, faults
from tests.pages.conftest import Demo, Looker

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def jpn(browser, ended: Demo):
    """JPN's window on the replay that is over."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark", locale="en-GB")
    looker = Looker.on(context)
    looker.page.goto(ended.pages["JPN"])
    looker.page.get_by_role("tab", name="Event").wait_for()
    expect(looker.page.get_by_role("region", name="Marking")).to_be_visible()
    yield looker
    context.close()


def test_the_banner_says_that_it_is_a_replay_and_no_warning(jpn) -> None:
    banner = jpn.page.get_by_role("region", name="Marking")
    expect(banner).to_contain_text("REPLAY")
    expect(banner).to_contain_text("TEST")
    expect(banner).to_contain_text("not a warning")
    expect(banner).to_contain_text("SYNTHETIC")
    expect(jpn.page).to_have_title(re.compile(r"^\[REPLAY TEST\]"))
    assert not banner.evaluate("node => node.className").count("world-actual")


def test_the_event_is_told_with_its_stages_and_who_says_so(jpn) -> None:
    panel = jpn.page.get_by_role("tabpanel")
    for word in ("Detected", "Assessed", "Predicted", "Closed", "JPN", "KOR", "USA", "Hokkaido"):
        expect(panel).to_contain_text(word)
    expect(jpn.page.locator("button[aria-pressed=true]", has_text="Launch")).to_have_count(1)
    picture = jpn.api("picture")
    (event,) = picture["events"]
    assert set(event["members"]) == {"JPN", "KOR", "USA"}


def test_looking_back_shows_what_the_store_knew_and_says_that_it_is_not_now(jpn) -> None:
    page = jpn.page
    (event,) = jpn.api("picture")["events"]
    times = event["members"]["JPN"]["times"]
    between = times["assessed"]["admitted_at"]
    with page.expect_response(lambda answer: "known_at" in answer.url) as answered:
        page.get_by_role("slider", name=re.compile("known", re.IGNORECASE)).evaluate(
            "(node, at) => { node.value = at; node.dispatchEvent(new Event('input', {bubbles: true})) }",
            _ms(between) + 1000,
        )
    told = answered.value.json()
    expect(page.get_by_text(re.compile("not now", re.IGNORECASE)).first).to_be_visible()
    assert told["is_now"] is False
    (then,) = told["events"]
    assert "predicted" not in then["members"]["JPN"]["times"]
    held = jpn.api(f"records?kind=warning.launch&limit=500&known_at={told['at'].replace('+', '%2B')}")["records"]
    newest = {(each["originator"], *each["audience"]): each["id"] for each in reversed(held)}  # the newest comes first
    assert {each["record_id"] for each in then["members"].values()} <= set(newest.values())
    expect(page).to_have_title(re.compile("not now", re.IGNORECASE))
    page.get_by_role("button", name="Now", exact=True).click()
    expect(page.get_by_role("tabpanel")).to_contain_text("Closed")


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def test_the_table_says_what_the_map_shows(jpn) -> None:
    page = jpn.page
    page.get_by_role("button", name="Table", exact=True).click()
    table = page.get_by_role("table").first
    expect(table).to_be_visible()
    expect(page.get_by_role("region", name="Table")).to_contain_text("JPN")
    own = page.get_by_role("row", name=re.compile("JPN-radar-a"))
    expect(own).to_contain_text("1000 km")  # what it covers is said of one's own sensors alone
    expect(page.get_by_role("row", name=re.compile("KOR-radar-a"))).to_contain_text("not known")
    page.get_by_role("button", name="Map", exact=True).click()
    page.get_by_role("button", name="Sensors").click()
    page.get_by_role("button", name="Table", exact=True).click()
    expect(own).to_have_count(0)
    page.get_by_role("button", name="Map", exact=True).click()
    page.get_by_role("button", name="Sensors").click()


def test_what_sharing_gives_is_told(jpn) -> None:
    expect(jpn.page.get_by_role("heading", name=re.compile("What sharing gives"))).to_be_visible()


def test_a_picture_of_the_map_says_what_it_is(jpn) -> None:
    page = jpn.page
    page.get_by_text("Save", exact=True).click()
    with page.expect_download() as begun:
        page.get_by_role("button", name="PNG").click()
    assert begun.value.suggested_filename == "tocsin-REPLAY-TEST-JPN.png"
    with page.expect_download() as begun:
        page.get_by_role("link", name="GeoJSON").click()
    assert begun.value.suggested_filename.startswith("Tocsin-REPLAY-TEST-REL-TO-")
    page.get_by_text("Save", exact=True).click()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_any_view(jpn, language: str, scheme: str) -> None:
    page = jpn.page
    page.get_by_role("button", name=LANGUAGES[language]).click()
    page.emulate_media(color_scheme=scheme)
    assert page.evaluate("document.documentElement.lang") == language
    views = [page.get_by_role("tab").nth(number) for number in range(page.get_by_role("tab").count())] + [
        page.locator(".views button").nth(1)
    ]
    found = {}
    for number, view in enumerate(views):
        view.click()
        found[number] = faults(page, RULES)
    page.locator(".views button").nth(0).click()
    page.get_by_role("tab").nth(0).click()
    page.get_by_role("button", name="English").click()
    assert not any(found.values()), found


FOCUSED = """() => {
  const node = document.activeElement
  return (node?.getAttribute('aria-label') || node?.textContent || '').trim().slice(0, 40)
}"""


def test_the_keyboard_reaches_everything(jpn) -> None:
    page = jpn.page
    page.evaluate("document.activeElement?.blur()")
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(FOCUSED))
    text = " | ".join(reached)
    for word in ("English", "Map", "Table", "Event", "Acknowledge"):
        assert word in text, reached
    page.get_by_role("tab", name="Event").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Alerts")).to_be_focused()
    expect(page.get_by_role("tab", name="Alerts")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowLeft")


def test_what_was_not_released_to_a_member_is_nowhere_on_its_page(jpn, look, ended: Demo) -> None:
    """JPN's assessments for itself alone must not be at KOR: in no page, message or answer."""
    own = [record["id"] for record in jpn.api("records?originator=JPN&audience=JPN&limit=500")["records"]]
    assert own
    looker = look()
    looker.page.goto(ended.pages["KOR"])
    looker.page.get_by_role("tab", name="Records").click()
    looker.page.get_by_role("tabpanel").wait_for()
    everything = looker.page.content() + "".join(looker.bodies) + json.dumps(looker.api("picture"))
    after = 0
    while (page := looker.api(f"records?newest=false&limit=500&after={after}"))["records"]:
        everything += json.dumps(page)
        after = page["next"] or 10**12
    assert [record_id for record_id in own if record_id in everything] == []
    assert looker.api(f"records/JPN/{own[0]}")["error"] == "no such record is shown here"


def test_what_waits_in_the_demo_can_be_released(jpn) -> None:
    page = jpn.page
    page.get_by_role("tab", name="Held").click()
    panel = page.get_by_role("tabpanel")
    expect(panel).to_contain_text("waits for a person")
    panel.get_by_role("button", name="Release", exact=True).click()
    expect(panel).to_contain_text("Nothing waits.", timeout=30_000)
    page.get_by_role("tab", name="Event").click()


def test_nobody_else_is_asked_for_anything_and_nothing_is_complained_of(jpn) -> None:
    assert len(jpn.hosts) == 1
    assert next(iter(jpn.hosts)).startswith("127.0.0.1:")
    assert jpn.complaints == []
    assert AXE.is_file()


def test_the_banner_stays_in_sight_whatever_is_jumped_to(jpn) -> None:
    page = jpn.page
    page.evaluate("document.activeElement?.blur()")
    skip, banner = page.get_by_role("link", name="Skip to the panels"), page.get_by_role("region", name="Marking")
    skip.focus()
    assert skip.bounding_box()["y"] >= banner.bounding_box()["height"]  # nor does anything cover it
    skip.press("Enter")
    assert page.evaluate("document.activeElement.id") == "panels"
    page.get_by_role("tabpanel").evaluate("node => node.scrollTop = node.scrollHeight")
    page.evaluate("document.querySelector('.foot').scrollIntoView()")
    assert (banner.bounding_box()["x"], banner.bounding_box()["y"]) == (0, 0)
