"""Charts: escaped, within their sheet, and made of any figures."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from shapely.geometry import box

from tocsin.charts import bars, maps, svg, timelines

HOSTILE = "<b onload=alert(1)>&\"'"


def read(text):
    return ET.fromstring(text)


def said(text):
    return [each.text for each in read(text).iter() if each.text]


def test_texts_and_attributes_are_escaped():
    drawn = svg.drawing(10, 10, HOSTILE, svg.words(1, 2, HOSTILE, fill=HOSTILE), svg.mark(2, 5, 5, 2))
    assert said(drawn).count(HOSTILE) == 2
    assert read(drawn)[1].attrib["fill"] == HOSTILE


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0:00"), (65, "1:05"), (3725, "1:02:05"), (-61, "−1:01"), (-0.2, "0:00")]
)
def test_times_are_written_as_clocks(seconds, words):
    assert svg.clock(seconds) == words


@pytest.mark.parametrize(("index", "corners"), [(1, 4), (2, 3), (3, 5), (4, 6), (5, 8), (7, 4)])
def test_a_member_has_the_shape_of_the_watch_floor(index, corners):
    """The floor's shapes stand on a tip: four corners are a diamond, and no square."""
    points = [
        tuple(map(float, each.split()))
        for each in re.findall(r"[\d.-]+ [\d.-]+", read(svg.mark(index, 0, 0, 4)).attrib["d"])
    ]
    assert len(points) == corners
    assert points[0] == (0, -5)
    assert min(y for _, y in points) == -5


def test_ticks_are_round_and_few():
    assert svg.ticks(65) == [0, 10, 20, 30, 40, 50, 60]
    for span in (0.5, 7, 100, 1e4, 1e6, 1e7):
        assert len(svg.ticks(span)) <= 9


def test_a_timeline_keeps_its_marks_on_the_sheet():
    rows = [
        timelines.Row("a", [timelines.Mark(at, "#000000", HOSTILE, label="x") for at in (-5.0, 1.0, 1.1, 99.0)]),
        timelines.Row("b", spans=[(1.0, 1.0, "#000000")], is_head=True),
    ]
    drawn = read(timelines.timeline("t", rows, span_s=10.0, across="s"))
    places = [float(each.attrib["cx"]) for each in drawn.iter() if each.tag.endswith("circle")]
    assert len(places) == 4
    assert all(0 <= place <= timelines.WIDTH for place in places)
    assert read(timelines.timeline("nothing", [], span_s=0.0, across="s")) is not None


def test_bars_are_as_long_as_their_parts():
    drawn = read(bars.stacked("t", [bars.Parts(HOSTILE, (("a", 1, "#111111"), ("b", 3, "#222222")), "25%")]))
    wide = {each.attrib["fill"]: float(each.attrib["width"]) for each in drawn.iter() if each.tag.endswith("rect")}
    assert wide["#222222"] == pytest.approx(3 * wide["#111111"])
    assert read(bars.stacked("t", [bars.Parts("none", (("a", 0, "#111111"),), "–")])) is not None


def test_spans_hold_nothing_seconds_and_hours():
    rows = [bars.Span("n" * 99, p50, p95, "#000000", 0, "s") for p50, p95 in ((0.0, 0.0), (2e-5, 4e-3), (3.0, 7200.0))]
    words = said(bars.spans("t", rows))
    assert "20 µs" in words
    assert "0 s" in words
    assert any(word.endswith("…") for word in words)


def test_an_ellipse_has_its_axes():
    corners = maps.ellipse(0.0, 180.0, (111.32, 55.0), 90.0)
    east = [(lon + 360) % 360 for lon, _ in corners]
    assert max(east) - min(east) == pytest.approx(2.0, abs=0.01)
    assert max(lat for _, lat in corners) == pytest.approx(0.497, abs=0.01)


def test_a_map_shows_what_lies_on_both_sides_of_the_date_line():
    base = maps.Base(land=(box(170.0, 0.0, 180.0, 10.0), box(-180.0, 0.0, -170.0, 10.0)))
    spots = [maps.Spot(5.0, lon, "#000000", HOSTILE, sign, label="1") for lon, sign in
             ((175.0, "mark"), (-175.0, "cross"), (179.0, "launch"), (-179.0, "sensor"))]  # fmt: skip
    way = maps.great_circle((175.0, 5.0), (-175.0, 5.0))
    drawn = maps.chart_map("t", base, [maps.Outline(way, "#000000", "way", is_region=False, is_dashed=True)], spots)
    words = said(drawn)
    assert {"178° E", "180°", "178° W"} <= set(words)
    land = [each for each in read(drawn).iter() if each.attrib.get("fill-rule") == "evenodd"]
    assert len(land) == 2
    assert read(maps.chart_map("nothing", maps.Base(), [], [])) is not None
