"""Each rule that the schema misses, broken once; every such message is valid by the schema."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from shapely.geometry import box
from tests.cap_messages import SENT, SQUARE, alert, info

from tocsin.alerts import HomeArea, territory_of
from tocsin.cap import (
    Area,
    Circle,
    NamedValue,
    Reference,
    broken_rules,
    check_cap,
    known_messages,
    read_cap,
    write_cap,
)
from tocsin.errors import CapError

EARLIER = Reference(sender="alerts@jpn.example", identifier="jpn-0", sent=SENT - timedelta(minutes=5))


def area(**changed):
    return Area(**{"area_desc": "Hokkaido", **changed})


def with_area(**changed):
    return alert(infos=(info(areas=(area(**changed),)),))


def with_corners(*corners):
    return with_area(polygons=(tuple(corners),))


BROKEN = {
    "identifier": alert(identifier="jpn 1"),
    "sender": alert(sender="a,b"),
    "scope": alert(scope="Private"),
    "note": alert(status="Exercise"),
    "references-missing": alert(msg_type="Cancel"),
    "references-itself": alert(msg_type="Update", references=(alert().reference,)),
    "references-later": alert(msg_type="Update", references=(
        Reference(sender="s", identifier="i", sent=SENT + timedelta(seconds=1)),)),
    "references-twice": alert(msg_type="Update", references=(EARLIER, EARLIER)),
    "info-missing": alert(infos=()),
    "area-missing": alert(infos=(info(areas=()),)),
    "expires": alert(infos=(info(expires=SENT),)),
    "onset": alert(infos=(info(onset=SENT + timedelta(hours=1)),)),
    "polygon": with_corners(*SQUARE[:-1]),
    "circle": with_area(circles=(Circle(lat_deg=91.0, lon_deg=0.0, radius_km=1.0),)),
    "area-words": with_area(),
    "ceiling": with_area(polygons=(SQUARE,), ceiling_ft=100.0),
    "languages": alert(infos=(info(), info("en-US", urgency="Expected"))),
}  # fmt: skip


def test_our_alert_breaks_none():
    assert check_cap(write_cap(alert())).findings == ()


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_told_with_where_what_and_what_to_do(rule):
    (finding,) = check_cap(write_cap(BROKEN[rule])).findings
    assert finding.rule == rule
    assert finding.where.startswith("alert")
    assert finding.line > 0
    assert finding.what
    assert finding.advice


@pytest.mark.parametrize(
    ("polygon", "what"),
    [
        (SQUARE[:3], "3 corners make no polygon"),
        (((43.0, 141.0), (44.0, 142.0), (43.0, 142.0), (44.0, 141.0), (43.0, 141.0)), "crosses"),
        (((43.0, 141.0), (43.0, 142.0), (43.0, 143.0), (43.0, 141.0)), "crosses or touches"),
        (((143.0, 41.0), (143.0, 42.0), (144.0, 42.0), (143.0, 41.0)), "not on the earth"),
    ],
)
def test_a_polygon_is_one(polygon, what):
    (finding,) = broken_rules(with_corners(*polygon))
    assert what in finding.what


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"expires": SENT + timedelta(minutes=30)}, "expires differs"),
        ({"instruction": None}, "instruction differs"),
        ({"areas": (area(polygons=(SQUARE,)),)}, "area differs"),
    ],
)
def test_whoever_reads_one_language_learns_all(changed, what):
    (finding,) = broken_rules(alert(infos=(info(), info("ko-KR", **changed))))
    assert what in finding.what


def test_a_language_that_says_less_is_told():
    (finding,) = broken_rules(alert(infos=(info(), info(), info("en-US"))))
    assert finding.what == "1 info in en-us, 2 in ja-JP"


def test_the_same_area_may_have_another_name_in_another_language():
    local = info(areas=(area(area_desc="北海道", polygons=(SQUARE,)), area(area_desc="青森県", circles=(
        Circle(lat_deg=40.8, lon_deg=140.7, radius_km=5.0),))))  # fmt: skip
    other = info("en-US", areas=tuple(reversed(local.areas)))
    assert broken_rules(alert(infos=(local, other))) == ()


def update(**changed):
    return alert(**{"identifier": "jpn-2", "sent": SENT + timedelta(minutes=2), "msg_type": "Cancel",
                    "references": (alert().reference,), **changed})  # fmt: skip


def rules_beside(message, *others):
    return [finding.rule for finding in check_cap(write_cap(message), known=known_messages(others)).findings]


def test_references_lead_to_messages():
    assert rules_beside(update(), alert()) == []
    assert rules_beside(update()) == ["references-dangling"]
    assert rules_beside(update(), alert(sent=SENT + timedelta(seconds=1))) == ["references-dangling"]
    same_moment = update(references=(Reference(**{**_fields(alert().reference), "sent": SENT.astimezone(UTC)}),))
    assert rules_beside(same_moment, alert()) == []  # the same moment, written otherwise


def _fields(reference):
    return {name: getattr(reference, name) for name in reference.__struct_fields__}


def test_an_exercise_cannot_change_what_is_real():
    assert rules_beside(update(status="Exercise", note="EX"), alert()) == ["references-status"]


def test_what_was_cancelled_is_not_changed_again():
    third = update(identifier="jpn-3", msg_type="Update", sent=SENT + timedelta(minutes=3))
    assert rules_beside(third, alert(), update()) == ["references-cancelled"]
    assert rules_beside(update(), alert(), update()) == []  # the cancellation itself is among what is known


def test_the_end_reaches_every_area_that_had_the_alert():
    two = NamedValue(value_name="ISO3166-2", value="JP-02")
    wider = alert(infos=(info(areas=(*info().areas, area(area_desc="Aomori", geocodes=(two,)))),))
    message = update()
    (finding,) = check_cap(write_cap(message), known=known_messages([wider])).findings
    assert (finding.rule, "JP-02" in finding.what) == ("areas-left", True)


def outside(message):
    outline = box(140.9, 42.9, 142.1, 44.1)
    areas = (HomeArea(id=id_, name_en="", name_local="", outline=outline) for id_ in ("JP-01", "JP-13/island-4"))
    territory = territory_of("JPN", areas)
    return [finding.what for finding in check_cap(write_cap(message), territory=territory).findings]


def test_areas_are_within_the_senders_own_territory():
    assert outside(alert()) == []
    assert outside(with_area(geocodes=(NamedValue(value_name="tocsin:area", value="JP-13/island-4"),))) == []
    (abroad,) = outside(with_area(geocodes=(NamedValue(value_name="ISO3166-2", value="KR-11"),)))
    assert "KR-11 is no area of JPN" in abroad
    (beyond,) = outside(with_corners(*SQUARE[:-2], (44.0, 140.0), SQUARE[0]))
    assert "reaches beyond" in beyond
    (circle,) = outside(with_area(circles=(Circle(lat_deg=43.5, lon_deg=141.5, radius_km=1.0),)))
    assert "circle" in circle
    (unknown,) = outside(with_area(geocodes=(NamedValue(value_name="SAME", value="015000"),)))
    assert "ISO 3166-2" in unknown


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (alert(note="bell \x07"), "XML"),
        (alert(sent=SENT.replace(microsecond=5)), "whole seconds"),
        (alert(sent=SENT.replace(tzinfo=None)), "whole seconds"),
        (with_corners((float("nan"), 1.0)), "nan"),
        (alert(status="actual"), "status"),
        (alert(infos=(info(categories=()),)), "category"),
    ],
)
def test_what_cannot_stand_in_cap_is_not_written(message, says):
    with pytest.raises(CapError, match=says):
        write_cap(message)


def test_utc_is_written_as_the_standard_says():
    data = write_cap(alert(sent=SENT.astimezone(UTC)))
    assert b"<sent>2026-01-30T22:50:00-00:00</sent>" in data
    assert read_cap(data).sent == SENT
