"""The reach test: its three answers, what stands beside them, and figures worked out by hand."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest
from shapely.geometry import shape

from tocsin.cargo import (
    Silence,
    collection,
    draw,
    features_of_test,
    find_port,
    known_ports,
    movement_features,
    reach_test,
)
from tocsin.cargo import sea as grid_of
from tocsin.cargo.areas import area_in_reach
from tocsin.codec import encode
from tocsin.records import CargoPlace, Fix, Movement, MovementLeg

AT = datetime(2023, 9, 1, tzinfo=UTC)
OFF_DUNAI = (42.80, 132.42)


def silence(hours, *, begin=OFF_DUNAI, end=OFF_DUNAI, alongside=8.0, most=18.0, shown=12.0):
    fixes = (
        Fix(at=AT + timedelta(hours=after), lat_deg=lat, lon_deg=lon)
        for after, (lat, lon) in ((0, begin), (hours, end))
    )
    begin_fix, end_fix = fixes
    return Silence(
        begin=begin_fix, end=end_fix, hours_alongside=alongside, most_kn=most, most_reason="assumed", shown_kn=shown,
        shown_reason="off Busan" if shown else "", vessel_name="Angara",
    )  # fmt: skip


def run(asked, ports=None, suspected=("KPRJN",)):
    return reach_test(
        grid_of(), asked, known_ports() if ports is None else ports, [find_port(code) for code in suspected]
    )


@pytest.fixture(scope="module")
def day():
    return run(silence(24))


def of(test, name):
    return next(each for each in test.reach.ports if each.port.name.startswith(name))


def test_every_port_in_reach_stands_beside_the_suspected_one(day):
    first, *others = day.reach.ports
    assert first.is_suspected
    assert first.port.wpi == 60510
    assert not any(each.is_suspected for each in others)
    names = {each.port.name for each in others}
    assert {"Chongjin", "Zarubino", "Posyet", "Vladivostok"} <= names
    assert all(each.answer != "impossible" for each in others)


def test_the_figures_of_a_port(day):
    rajin = of(day, "Rajin")
    # 2 x 99.8 nmi of geodesic less 2 x 5 km; the way is 2 x 104.5 nmi, and 2 x 5 km more
    assert rajin.least_nmi == pytest.approx(194.6, abs=0.2)
    assert rajin.route_nmi == pytest.approx(214.4, rel=0.02)
    assert rajin.needed_kn == pytest.approx(rajin.route_nmi / 16, abs=0.1)
    assert rajin.hours_left == pytest.approx(24 - rajin.route_nmi / 12, abs=0.1)
    assert rajin.answer == "unclear"  # 13.4 kn are needed, 12 were shown


def test_the_three_answers():
    assert of(run(silence(24, shown=14.0)), "Rajin").answer == "possible"
    assert of(run(silence(24, shown=None)), "Rajin").answer == "unclear"
    assert of(run(silence(24, most=12.1)), "Rajin").answer == "impossible"  # 16 h at 12.1 kn are 193.6 nmi
    assert of(run(silence(24, most=12.2)), "Rajin").answer == "unclear"
    assert of(run(silence(7)), "Rajin").answer == "impossible"  # shorter than it would have lain


def test_a_suspected_port_out_of_reach_is_listed_and_others_are_not():
    test = run(silence(16, alongside=8.0))
    assert of(test, "Rajin").answer == "impossible"
    assert "Chongjin" not in {each.port.name for each in test.reach.ports}


def test_a_port_whose_position_is_wrong_by_more_is_excluded_later():
    exact = CargoPlace(name="x", lat_deg=42.2333, lon_deg=130.3, within_km=0.0)
    vague = CargoPlace(name="x", lat_deg=42.2333, lon_deg=130.3, within_km=40.0)
    asked = silence(24, most=12.2)
    answers = [reach_test(grid_of(), asked, [port]).reach.ports for port in (exact, vague)]
    assert answers[0] == ()  # not in reach, and nobody asked
    assert answers[1][0].answer == "unclear"


def test_a_fix_that_is_not_at_sea_leaves_everything_unclear():
    test = run(silence(60, begin=(45.0, 105.0), end=(42.8, 132.4), most=40.0, shown=30.0))
    assert test.fields is None
    assert all((each.answer, each.route_nmi) == ("unclear", None) for each in test.reach.ports if each.least_nmi < 2080)
    assert area_in_reach(test, 40.0).is_empty
    assert "<svg" in draw(test)


def test_what_makes_no_sense_is_refused():
    for hours in (-1, 0):
        with pytest.raises(ValueError, match="later than"):
            silence(hours)
    for asked in (silence(24, most=-1.0), silence(24, shown=20.0), silence(24, alongside=-1.0)):
        with pytest.raises(ValueError, match=r"above zero|zero or more"):
            run(asked, ports=())


def test_the_area_is_on_water_holds_the_fix_and_grows_with_speed(day):
    slow, fast = area_in_reach(day, 12.0), area_in_reach(day, 18.0)
    assert slow.area < fast.area
    assert fast.buffer(0.03).covers(slow)
    assert slow.covers(shape({"type": "Point", "coordinates": OFF_DUNAI[::-1]}))
    lats = fast.bounds[1]
    assert 42.80 - 24 * 18 / 2 / 60 * 1.03 - 0.1 < lats < 42.80 - 24 * 18 / 2 / 60  # straight south and back


def test_the_map_shows_an_area_and_names_what_was_asked(day):
    text = draw(day)
    root = ET.fromstring(text)
    words = "".join(root.itertext())
    assert "could have been, not where it was" in words
    assert "no evidence" in words
    assert "Rajin (asked about)" in words
    assert "Vladivostok: possible; at least" in words
    assert "<polyline" not in text


def test_geojson_of_a_test_and_across_the_antimeridian(day):
    told = json.loads(encode(collection(features_of_test(day))))
    kinds = [each["properties"]["what"] for each in told["features"]]
    assert kinds[:2] == ["area in reach"] * 2
    assert {each["geometry"]["type"] for each in told["features"]} == {"MultiPolygon", "MultiPoint", "Point"}
    assert told["features"][2]["properties"]["assumptions"]
    far = reach_test(grid_of(), silence(24, begin=(51.0, 179.5), end=(51.0, -179.5)), known_ports())
    area = json.loads(encode(features_of_test(far)[0]))["geometry"]
    parts = shape(area)
    assert parts.is_valid
    assert all(part.bounds[0] >= -180 and part.bounds[2] <= 180 for part in parts.geoms)
    assert {part.bounds[2] == 180 for part in parts.geoms} == {True, False}
    assert all(part.exterior.is_ccw for part in parts.geoms)


def test_a_movement_is_places_and_no_line():
    movement = Movement(
        title="t", origin=CargoPlace(name="Rajin", wpi=60510), destination=CargoPlace(name="somewhere"),
        legs=(MovementLeg(mode="sea", basis="seen", origin=CargoPlace(name="somewhere")),),
    )  # fmt: skip
    whole, leg = json.loads(encode(movement_features(movement, denied_by=["s"], record_id="r")))
    assert whole["geometry"] == {"type": "MultiPoint", "coordinates": [[130.3, 42.233333]]}
    assert whole["properties"]["denied_by"] == ["s"]
    assert (leg["geometry"], leg["properties"]["part_of"]) == (None, "r")
