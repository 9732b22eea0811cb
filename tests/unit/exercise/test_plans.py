"""Plans of exercises: signed by each for itself, over the bytes, and as a calendar."""

from __future__ import annotations

from datetime import date

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exercise_play import CONTROLLER, Play
from tocsin.errors import ConfigError
from tocsin.exercise.plans import calendar, digest_of_plan, standings
from tocsin.node.planning import read_plan
from tocsin.records import ExercisePlan, PlanConsent, PlannedExercise

STATUS = "exercise:plan-27"
DATED = """title = "t"
[[exercises]]
id = "{id}"
name = "b"
begins_on = {begins}
ends_on = 2027-01-01
members = ["JPN"]
"""


def planned(id_, *members, days=2, **given_):
    return PlannedExercise(
        id=id_, name=f"Exercise {id_}", begins_on=date(2027, 3, 15), ends_on=date(2027, 3, 15 + days), members=members,
        **given_,
    )  # fmt: skip


PLAN = ExercisePlan(
    title="2027 to 2029",
    exercises=(planned("all", "JPN", "KOR", "USA", aim="Warn; together", objectives=("a", "b"), domains=("warning",)),
               planned("two", "JPN", "USA", days=0)),
)  # fmt: skip


def signed(play, record, by, *, at_s, act="cosign", digest=None):
    admitted = next(each for each in play.holdings("KOR")[0].admitted if each.record.id == record.id)
    body = PlanConsent(
        act=act, originator=record.originator, plan=record.id, digest=digest or digest_of_plan(admitted), by=CONTROLLER
    )
    play.put("exercise.plan_consent", body, at_s=at_s, by=by, status=STATUS)


@pytest.fixture(scope="module")
def play():
    play = Play()
    record = play.put("exercise.plan", PLAN, at_s=0, by="USA", status=STATUS)
    signed(play, record, "JPN", at_s=10)
    signed(play, record, "KOR", at_s=20, digest="0" * 64)
    return play


def test_a_signature_counts_for_the_bytes_that_it_names(play):
    (standing,) = standings(play.holdings("KOR")[0].admitted)
    assert (standing.id, standing.originator, standing.signed) == ("plan-27", "USA", ("JPN", "USA"))
    assert standing.missing == ("KOR",)
    assert [standing.is_agreed(each) for each in standing.exercises] == [False, True]


def test_the_next_version_is_signed_anew_and_the_latest_word_counts():
    play = Play()
    first = play.put("exercise.plan", PLAN, at_s=0, by="USA", status=STATUS)
    signed(play, first, "JPN", at_s=10)
    play.put("exercise.plan", PLAN, at_s=11, by="KOR", status=STATUS)  # another's, under the same id
    second = play.put("exercise.plan", PLAN, at_s=20, by="USA", status=STATUS, supersedes=first.id)
    (standing,) = standings(play.holdings("KOR")[0].admitted)
    assert (standing.record, standing.signed, standing.missing) == (second.id, ("USA",), ("JPN", "KOR"))
    signed(play, second, "KOR", at_s=30)
    signed(play, second, "KOR", at_s=31, act="withdraw")
    (standing,) = standings(play.holdings("KOR")[0].admitted)
    assert (standing.declined, standing.missing) == (("KOR",), ("JPN",))


@given(st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(shuffler):
    admitted = list(_admitted())
    shuffler.shuffle(admitted)
    assert standings([*admitted, *admitted[:2]]) == standings(_admitted())


_KEPT: list = []


def _admitted():
    if not _KEPT:
        play = Play()
        record = play.put("exercise.plan", PLAN, at_s=0, by="USA", status=STATUS)
        signed(play, record, "JPN", at_s=10, act="decline")
        signed(play, record, "JPN", at_s=11)
        signed(play, record, "KOR", at_s=12)
        _KEPT.extend(play.holdings("KOR")[0].admitted)
    return tuple(_KEPT)


def test_the_calendar_tells_what_is_agreed(play):
    found = icalendar.Calendar.from_ical(calendar(standings(play.holdings("KOR")[0].admitted)))
    events = {str(event["uid"]): event for event in found.walk("VEVENT")}
    every, two = events["all.plan-27.usa@tocsin"], events["two.plan-27.usa@tocsin"]
    assert (every["status"], two["status"]) == ("TENTATIVE", "CONFIRMED")
    assert (every.decoded("dtstart"), every.decoded("dtend")) == (date(2027, 3, 15), date(2027, 3, 18))
    assert two.decoded("dtend") == date(2027, 3, 16)
    assert every["summary"] == "EXERCISE: Exercise all"
    assert "Warn; together\n- a\n- b" in every["description"]
    assert "Not signed by: KOR" in every["description"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "is no TOML"),
        ('title = "t"\nexercises = []', "1 to 500"),
        ('titel = "t"', "unknown field titel"),
        ('title = "t"\n[[exercises]]\nid = "a"\nnmae = "b"', "unknown field nmae"),
        (DATED.format(id="a", begins="2027-02-01"), "ends before it begins"),
        (DATED.format(id="A", begins="2027-01-01"), "is no id"),
    ],
)  # fmt: skip
def test_what_is_no_plan_is_told(tmp_path, text, said):
    file = tmp_path / "plan.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=said):
        read_plan(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_plan(tmp_path / "none.toml")
