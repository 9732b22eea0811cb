"""Laws of the after-action report: whatever members hold of an exercise, and in whatever order."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from exercise_play import CONTROLLER, SITE, STATUS, Play
from sealed import CODES, START
from tocsin.exercise.after_action import after_action
from tocsin.exercise.comparing import compare
from tocsin.exercise.holding import Holding
from tocsin.exercise.voices import Discretion
from tocsin.records import ExerciseMessage, Flown, Person, Reaction
from tocsin.warning import WarningSettings

laws = settings(max_examples=30, deadline=None)
NAMES = {("KOR", "WO-7"): "Kim Minjun", ("JPN", "WO-1"): "Sato", ("USA", "EC-1"): "Ann"}
WORDS = [*NAMES.values(), *(pseudonym for _, pseudonym in NAMES), "sato", "and", "(Kim Minjun)", "WO-7:", "Annex"]


@cache
def pool() -> dict[str, tuple]:
    """What members may have said and done, as each of them admitted it: more than fits together."""
    play = Play()
    play.propose()
    flown = Flown(name="f", launched_at=START + timedelta(seconds=60), site=SITE)
    play.inject("launch-1", at_s=60, flown=(flown,))
    play.inject("ask", at_s=240, kind="decision")
    play.inject("quiet", at_s=600, kind="false_detections")
    play.inject("never", at_s=900, kind="message")
    for n, by in enumerate(CODES * 3):
        record = play.launch(
            "E-1", ("detected", "predicted", "closed")[n // 3], at_s=70 + 55 * n, by=by, revision=n + 1
        )
        person = Person(role="watch_officer", pseudonym=("WO-1", "WO-7")[n % 2])
        play.remark(record, ("concur", "seen", "query")[n % 3], at_s=80 + 60 * n, by=by, event="E-1", text="?",
                    person=person)  # fmt: skip
        play.decide("ask", ("yes", "no")[n % 2], at_s=235 + 20 * n, by=by, person=person)
        play.put("exercise.message", ExerciseMessage(sender=WORDS[n % len(WORDS)], text="?"), at_s=n, by=by)
        reaction = Reaction(inject="launch-1", reaction="judged", member="USA", is_met=n % 2 == 0, by=CONTROLLER,
                            seen_at=START + timedelta(seconds=40 * n))  # fmt: skip
        play.put("exercise.reaction", reaction, at_s=40 * n, by=by)
        play.launch(f"X-{n}", "detected", at_s=590 + 40 * n, by=by, left=())
    return {holding.member: holding.admitted for holding in play.holdings()}


def made(holdings, discretion=Discretion()):  # noqa: B008 - frozen
    return after_action(holdings, status=STATUS, discretion=discretion, settings=WarningSettings())


@st.composite
def holdings(draw):
    """Some of what each member may hold, the proposal always among it, in any order."""
    found = []
    for member, admitted in pool().items():
        chosen = draw(st.lists(st.sampled_from(admitted[1:]), max_size=25, unique_by=id))
        found.append(Holding(member, tuple(draw(st.permutations([admitted[0], *chosen])))))
    return found


@given(holdings(), st.data())
@laws
def test_neither_order_nor_doubles_change_a_report(copies, data):
    shuffled = [
        Holding(each.member, tuple(data.draw(st.permutations(each.admitted * data.draw(st.integers(1, 2))))))
        for each in data.draw(st.permutations(copies))
    ]
    first, second = made(copies), made(shuffled)
    assert first == second
    assert compare(first, second).is_equal


@given(holdings())
@laws
def test_no_reaction_counts_twice_or_after_its_limit(copies):
    report = made(copies)
    records = {}
    whats = {("launch-1", "detected"): "detected", ("launch-1", "predicted"): "predicted", ("ask", "yes"): "decision"}
    for inject in report.injects:
        for each in inject.reactions:
            if each.standing == "met" and each.after_s is not None:
                assert 0 <= each.after_s <= each.within_s
            if each.standing == "late":
                assert each.after_s > each.within_s
            if each.standing in ("met", "late") and each.record:
                what = whats.get((inject.inject, each.reaction), each.reaction in ("concur", "answer") and "remark")
                records.setdefault((what, each.record), []).append(each)
    assert all(len(answered) == 1 for answered in records.values())
    for objective in report.objectives:
        assert objective.score is None or 0 <= objective.score <= 1


@cache
def sayings() -> dict[str, tuple]:
    """Comments that name people in every way, as each member admitted them."""
    play = Play()
    for n, word in enumerate(WORDS):
        text = f"{word} said to {WORDS[n - 1]}, {WORDS[n - 2]}: well done, {word}"
        play.comment(text, by=CODES[n % 3], person=Person(role=word, pseudonym="WO-7"))
    return {holding.member: holding.admitted for holding in play.holdings()}


@given(st.sets(st.sampled_from(range(len(WORDS)))), holdings())
@laws
def test_a_copy_for_others_holds_no_name(said, copies):
    merged = [
        Holding(each.member, (*each.admitted, *(sayings()[each.member][n] for n in sorted(said)))) for each in copies
    ]
    text = msgspec.json.encode(made(merged, Discretion(is_shared=True, names=NAMES))).decode()
    for name in (*NAMES.values(), *(pseudonym for _, pseudonym in NAMES)):
        assert re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is None, name
