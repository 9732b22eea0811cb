"""The second view of the page: the ledger of claims at a member, with what its peer and its own analyst say of it."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.pages.axe import faults, faults_in_every_look
from tests.pages.conftest import Member
from tests.pages.running import tocsin

from tocsin.claims import record_id
from tocsin.clock import SystemClock
from tocsin.consult import ConsultOrder, Desk, DraftOrder, Index, Paragraph, record_of
from tocsin.markings import marking_for
from tocsin.records import Claim, ClaimPlace, Judgement, Precedence, Record, RecordRef, with_body

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]

MOVEMENTS = Path(__file__).parents[2] / "examples/cargo-movements.toml"
HOSTILE = "<img src=x onerror=\"document.title='pwned'\">\u202e" + "A" * 1500


def said(kind: str, body, status: str = "actual", **given) -> Record:
    return with_body(
        kind, body, id=secrets.token_hex(8), originator="JPN", marking=marking_for("JPN", "KOR"), status=status,
        precedence=Precedence.ROUTINE, issued_at=SystemClock().now(), **given,
    )  # fmt: skip


def put(act: str, **more) -> ConsultOrder:
    return ConsultOrder(act=act, consultation="JPN/joint", pseudonym="D-1", role="drafter", **more)


def test_a_statement_goes_round_with_its_differences_until_somebody_breaks_silence(look, member: Member) -> None:
    statements = Index("actual")

    def drafter(order: DraftOrder | ConsultOrder) -> None:
        """Have JPN, which holds the pen, say something."""
        statements.take(stored.admitted for stored in member.peer_records("consult.*"))
        desk = Desk(
            index=statements, member="JPN", now=SystemClock().now(), new_id=lambda: secrets.token_hex(8),
            sign=lambda *_: ("", ""),
        )  # fmt: skip
        member.say(record_of(order, desk))

    def draft(words: str) -> None:
        parts = (Paragraph(id="met", texts={"en": "They met."}), Paragraph(id="concern", texts={"en": words}))
        drafter(
            DraftOrder(id="joint", members=("JPN", "KOR"), titles={"en": "On arms"}, paragraphs=parts, pseudonym="D-1")
        )

    releaser = look(locale="en-GB")
    member.sign_in(releaser, "Rei")
    page = releaser.page
    page.get_by_role("button", name="Claims", exact=True).click()
    page.get_by_role("tab", name="Statements").click()
    expect(page.get_by_text("No joint statement goes round here.")).to_be_visible()
    panel, text = page.locator("#panels"), page.get_by_role("tabpanel")
    draft("They voiced concern.")
    expect(text).to_contain_text("They voiced concern.")
    draft("They voiced <b>profound</b> concern.")
    page.get_by_label("Beside").select_option("1")
    expect(text.locator("ins")).to_have_text("<b>profound</b> ")

    panel.get_by_text("Say something for KOR").click()
    panel.get_by_label("What").select_option("replace")
    panel.get_by_label(re.compile("^Paragraph")).select_option("concern")
    expect(panel.get_by_label("Words (en)")).to_have_value("They voiced <b>profound</b> concern.")
    panel.get_by_label("Words (en)").fill("They voiced alarm.")
    panel.get_by_role("button", name="Send it round").click()
    expect(text.locator(".bracket")).to_contain_text("They voiced alarm.")
    assert faults(page) == []

    member.wait_at_peer("consult.comment", "KOR")
    drafter(put("accept"))
    expect(text.locator(".bracket")).to_have_count(0)
    expect(page.get_by_text("Text 3 ·")).to_be_visible()
    drafter(put("silence", deadline_at=SystemClock().now() + timedelta(hours=3), minimum_s=60.0))
    expect(panel).to_contain_text("under silence")
    panel.get_by_text("Break silence for KOR").click()
    panel.get_by_label("Reasons").last.fill("alarm it is")
    panel.get_by_role("button", name="Break silence").click()
    expect(panel).to_contain_text("silence was broken")
    expect(panel.get_by_role("row", name=re.compile("KOR.*broken"))).to_contain_text("alarm it is")
    assert releaser.complaints == []


def test_an_analyst_reads_judges_and_looks_back(look, member: Member) -> None:
    tocsin(member.home, "claims", "import", str(MOVEMENTS), "--to", "JPN")
    analyst = look(locale="en-GB")
    member.sign_in(analyst, "Ana")
    page = analyst.page
    page.get_by_role("button", name="Claims", exact=True).click()
    expect(page.get_by_text("Claims: 16")).to_be_visible()
    banner = page.get_by_role("region", name="Marking")
    expect(banner).to_contain_text("ACTUAL")
    expect(banner).to_contain_text("JPN-KOR")

    # who says so, on what, and who denies it, beside each other
    page.get_by_role("button", name=re.compile("^The containers held arms")).click()
    panel = page.locator("#panels")
    expect(panel).to_contain_text("2 reports, 1 origin")
    expect(panel).to_contain_text("reliability cannot be judged")
    expect(panel).to_contain_text("✕ O. Burmistrov, Russia (told by The New York Times)")
    expect(panel).to_contain_text("a report of a denial, not one")

    # each member judges for itself, and one sees how it was before
    judged = RecordRef(originator="KOR", record=record_id("KOR", "content"))
    member.say(said("claims.judgement", Judgement(claim=judged, scale="phia", word="realistic possibility")))
    expect(panel).to_contain_text("PHIA: 40–50 %")
    panel.get_by_text("Judge it for KOR").click()
    panel.get_by_label("Likelihood").select_option("likely")
    panel.get_by_role("button", name="Tell this judgement").click()
    expect(panel).to_contain_text("ICD 203: 55–80 %")
    page.get_by_role("button", name="Earlier change").click()
    expect(panel).not_to_contain_text("ICD 203: 55–80 %")
    expect(panel).to_contain_text("PHIA: 40–50 %")
    expect(page.get_by_text("Claims as they were known here at")).to_be_visible()
    expect(page).to_have_title(re.compile("^.NOT NOW ACTUAL"))
    expect(panel.get_by_text("Judge it for KOR")).to_have_count(0)
    page.get_by_role("button", name="Back to now").click()
    assert faults_in_every_look(page) == {}

    # by keys alone: to the board, into a cell, and a reading of one's own
    page.get_by_role("tab", name="Claims").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Nobody has seen: an image of the content")).to_be_visible()
    cell = page.get_by_role("row", name=re.compile("^The images do not show")).get_by_role("button").nth(1)
    expect(cell).to_have_text(re.compile(r"^\s*KOR ○ says nothing"))
    cell.focus()
    page.keyboard.press("Enter")
    expect(panel.get_by_role("heading", level=2)).to_have_text("The images do not show what the containers held")
    board = page.get_by_role("tabpanel")
    board.get_by_label("Reading").select_option("inconsistent")
    board.get_by_role("button", name="Tell this reading").click()
    expect(cell).to_have_text(re.compile("KOR ✕ inconsistent"))
    assert faults(page) == []
    for tab, shown in (("Timeline", "16 claims in the order"), ("Movements", "no course that anybody saw")):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_text(shown)).to_be_visible()
        assert faults(page) == []

    # another world is apart, and what others write is harmless
    places = (
        ClaimPlace(name=HOSTILE, lat_deg=42.2, lon_deg=130.3),
        ClaimPlace(name="Busan", lat_deg=35.1, lon_deg=129.0),
    )
    drill = Claim(proposition=HOSTILE, speaker=HOSTILE, topic=HOSTILE, places=places)
    member.say(said("claims.claim", drill, "exercise:keen-edge", synthetic=True))
    page.get_by_label("World").select_option("exercise:keen-edge")
    expect(banner).to_contain_text("keen-edge")
    expect(banner).not_to_contain_text("ACTUAL")
    page.get_by_role("tab", name="Claims").click()
    page.get_by_role("button", name=re.compile("^<img src=x")).click()
    expect(panel.get_by_role("heading", level=2)).to_contain_text("<img src=x")
    assert page.locator(".world-actual").count() == 0
    assert not page.evaluate("document.body.scrollWidth > innerWidth")
    expect(page).to_have_title(re.compile(r"^\[EXERCISE\]"))
    assert analyst.complaints == []
