"""The report as a page: whole, self-contained, and deaf to hostile text."""

from __future__ import annotations

from html.parser import HTMLParser

import msgspec
import pytest
from shapely.geometry import box

from exercise_play import STATUS, small_play
from sealed import CODES
from tocsin.charts.maps import Base
from tocsin.debrief import gather, newest_exercise, page
from tocsin.exercise.after_action import after_action
from tocsin.exercise.comparing import compare
from tocsin.exercise.results import AfterAction
from tocsin.exercise.voices import Discretion
from tocsin.paper import base_map
from tocsin.records import BundleFile, Operator
from tocsin.store import Batch, HeldItem, Store
from tocsin.warning import WarningSettings

NAMES = {("KOR", "WO-7"): "Kim"}
FETCHES = {"src", "href", "srcset", "action", "data", "poster", "xlink:href", "background", "formaction"}


class Page(HTMLParser):
    """What stands in a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.words = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def report():
    return made()


def made(*, discretion=None, codes=()):
    play = small_play()
    return after_action(
        play.holdings(*codes), status=STATUS, discretion=discretion or Discretion(), settings=WarningSettings()
    )


def test_the_page_tells_everything_and_fetches_nothing(report):
    compared = msgspec.structs.replace(report, comparison=compare(report, report))
    text = page(compared, base_map())
    shown = Page(text)
    assert not {"script", "iframe", "object", "embed", "link", "img", "form"} & set(shown.tags)
    assert not [name for name, _ in shown.attributes if name in FETCHES or name.startswith("on")]
    assert "url(" not in text.replace("url(#sheet)", "")
    assert "@import" not in text
    words = " ".join(shown.words)
    assert "EXERCISE EXERCISE EXERCISE" in words
    assert "RELEASABLE TO JPN" in words
    assert "<script>alert(1)</script>" in words  # as words, and nothing else
    for said in (
        "Training objectives", "Injects: expected and observed", "The chain of times", "What was held back, and why",
        "What was missed", "Messages and decisions by role", "Lessons and comments", "Beside an earlier run",
        "They are equal in everything compared", "Decide <together>",
    ):  # fmt: skip
        assert said in words, said
    assert text.count("<svg") > 5


def test_a_page_for_others_names_nobody():
    own = page(made(discretion=Discretion(shows_names=True, names=NAMES)), Base())
    assert "WO-7" in own
    assert "(Kim)" in own
    shared = page(made(discretion=Discretion(is_shared=True, names=NAMES), codes=("USA",)), Base())
    assert "WO-7" not in shared
    assert "Kim" not in shared
    assert "EC-1" not in shared.replace("says", "")


def test_a_report_is_read_back_as_it_was(report):
    assert msgspec.json.decode(msgspec.json.encode(report), type=AfterAction) == report


def test_a_report_is_made_of_what_its_readers_may_have(tmp_path):
    play = small_play()
    with Store.open(tmp_path / "store.db") as store:
        (holding,) = play.holdings("JPN")
        frames = play.frames["JPN"]
        held = tuple(HeldItem(held=each.held, held_at=each.held_at) for each in holding.withheld)
        store.commit(Batch(frames=tuple(frames), held=held))
        assert newest_exercise(store) == STATUS
        own = gather(store, "JPN", status=STATUS, outlet=Operator("JPN"))
        shared = gather(store, "JPN", status=STATUS, outlet=BundleFile(CODES))
    assert {each.record.id for each in own.admitted} == {each.record.id for each in holding.admitted}
    assert len(own.withheld) == 1
    assert shared.withheld == ()
    assert {each.record.marking.releasable_to for each in own.admitted} == {CODES, ("JPN",)}
    assert {each.record.marking.releasable_to for each in shared.admitted} == {CODES}


def test_maps_reach_across_the_date_line(report):
    far = type(report.flights[0].site)(lat_deg=30.0, lon_deg=-170.0)
    flights = tuple(msgspec.structs.replace(flight, impact=far) for flight in report.flights)
    moved = msgspec.structs.replace(report, flights=flights)
    assert "Where it was" in page(moved, Base(land=(box(120.0, 30.0, 180.0, 60.0),)))
