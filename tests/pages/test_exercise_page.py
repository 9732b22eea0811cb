"""The white cell: a controller works an exercise on the page, a player answers and ends it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.pages.axe import faults, faults_in_every_look
from tests.pages.conftest import Member

from tocsin.records import body_of
from tocsin.store import RecordQuery, Store

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]

SCENARIO = """
format: tocsin.exercise/1
id: bell
name: Bell at dawn
members: [JPN, KOR]
clock: {ends: "1:00:00"}
inject:
  - {id: hello, at: 0, kind: message, sender: Joint control, text: Good morning}
  - id: ask
    at: 1
    kind: decision
    question: Do we tell the ferries?
    options: [tell them, wait]
    role: watch_officer
    expect: [{id: called, what: judged, within: "5:00", text: The watch calls its minister., by: [KOR]}]
  - {id: late, at: "40:00", kind: message, sender: Joint control, text: Not this}
  - {id: last, at: "50:00", kind: message, sender: Joint control, text: Nor this}
"""


def test_an_exercise_is_worked_answered_and_ended_on_the_page(look, member: Member) -> None:
    controller, officer = look(locale="en-GB"), look(locale="en-GB")
    member.sign_in(controller, "Ari")
    member.sign_in(officer)
    member.propose("dawn-1", SCENARIO)
    cell, player = controller.page.get_by_role("tabpanel"), officer.page.get_by_role("tabpanel")
    controller.page.get_by_role("tab", name="Exercises").click()
    expect(cell).to_contain_text("EXERCISE EXERCISE EXERCISE")
    cell.get_by_role("button", name="Consent to this text").click()
    expect(cell).to_contain_text("running", timeout=30_000)

    # whatever else the officer looks at, the question is told; the keyboard is enough to answer it
    strip = officer.page.get_by_role("status").filter(has_text="EXERCISE EXERCISE EXERCISE: a decision is asked")
    expect(strip).to_be_visible(timeout=30_000)
    assert officer.page.get_by_role("region", name="Marking").get_by_text("EXERCISE EXERCISE EXERCISE").is_visible()
    strip.get_by_role("button", name="Answer").focus()
    officer.page.keyboard.press("Enter")
    expect(player).to_contain_text("Good morning")
    expect(player.get_by_text("Injects to come")).to_have_count(0)  # players would know what is to come
    player.get_by_role("button", name="tell them").focus()
    officer.page.keyboard.press("Enter")
    expect(cell).to_contain_text("watch officer WO-7")
    expect(strip).to_have_count(0)

    cell.get_by_text("Expected reactions").click()
    cell.get_by_role("button", name="It came").click()
    expect(cell.get_by_role("group", name="called KOR")).to_contain_text("EC-4")
    cell.get_by_role("button", name="Skip late").click()
    expect(cell).to_contain_text("skipped")
    cell.get_by_role("textbox", name="New time of last").fill("0:00:00")
    cell.get_by_role("button", name="Move last").click()
    expect(cell).to_contain_text("Move it to a later time")
    cell.get_by_text("Add an inject").click()
    cell.get_by_role("button", name="Add it").click()
    expect(cell).to_contain_text("Fill in, or correct: Id, From, Text")
    cell.get_by_label("Id", exact=True).fill("more-1")
    cell.get_by_label("From", exact=True).fill("Coast guard")
    cell.locator("details").get_by_label("Text", exact=True).first.fill('Two "ferries" are at sea')
    cell.get_by_role("button", name="Add it").click()
    expect(player).to_contain_text('Two "ferries" are at sea')
    cell.get_by_role("button", name="Pause").click()
    expect(cell).to_contain_text("PAUSED")
    assert faults_in_every_look(controller.page) == {}
    assert faults(officer.page) == []

    player.get_by_placeholder("Why it ends").fill("real event")
    player.get_by_role("button", name="ENDEX").click()  # one press
    for panel in (cell, player):
        expect(panel).to_contain_text("Nothing of it is in the picture any more")
    expect(cell.get_by_role("button", name="Pause")).to_have_count(0)
    assert controller.complaints == [
        one for one in controller.complaints if "409" in one
    ]  # what was refused on purpose
    assert officer.complaints == []

    with Store.open(member.home / "data/store.db", read_only=True) as store:
        records = [each.admitted.record for each in store.records(RecordQuery(status="exercise:dawn-1"))]
    said = {
        (record.kind, body.by.role, body.by.pseudonym)
        for record in records
        if record.originator == "KOR" and getattr(body := body_of(record), "by", None) is not None
    }
    assert {
        ("exercise.consent", "exercise_controller", "EC-4"), ("exercise.decision", "watch_officer", "WO-7"),
        ("exercise.reaction", "exercise_controller", "EC-4"), ("exercise.inject", "exercise_controller", "EC-4"),
        ("exercise.clock", "exercise_controller", "EC-4"), ("exercise.end", "watch_officer", "WO-7"),
    } <= said  # fmt: skip
