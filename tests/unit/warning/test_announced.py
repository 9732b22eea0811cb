from __future__ import annotations

from datetime import timedelta
from functools import cache

import msgspec
import pytest

from launch_feed import ALL, START, admit, detections, flight_of, launches, make_desk, run
from tocsin.geo.geodesic import destination
from tocsin.markings import PublicWarning, marking_for
from tocsin.records import HazardArea, LaunchNotice, Position, Precedence, Source, body_of, with_body
from tocsin.synthesis.launches import load_launches
from tocsin.synthesis.truth import ascend
from tocsin.warning.announced import Notice, NoticeBook
from tocsin.warning.launchpoint import Origin
from tocsin.warning.plots import seconds_of
from tocsin.warning.stages import BALLISTIC, SPACE_LAUNCH

LONG = "NK-20170828-01"


@cache
def into_orbit():
    row = next(row for row in load_launches().rows if row.is_space_launch and row.apogee_km is not None)
    return ascend(row, altitude_km=400.0)


def around(lat_deg, lon_deg, name="stage 1", radius_m=80_000.0):
    corners = tuple(destination(lat_deg, lon_deg, bearing_deg, radius_m) for bearing_deg in (0.0, 90.0, 180.0, 270.0))
    return HazardArea(name=name, outline=corners)


def notice_of(burn, **changes):
    area = around(*destination(burn.site_lat_deg, burn.site_lon_deg, burn.bearing_deg, 500_000.0))
    figures = {
        "authority": "IMO", "opens_at": START - timedelta(hours=1), "closes_at": START + timedelta(hours=2),
        "site": Position(lat_deg=burn.site_lat_deg, lon_deg=burn.site_lon_deg), "azimuth_deg": burn.bearing_deg,
        "hazard_areas": (area,),
    }  # fmt: skip
    return LaunchNotice(**figures | changes)


def record_of(body, *, id_="notice", member="JPN", members=ALL, **changes):
    figures = {
        "id": id_, "originator": member, "marking": marking_for(*members, public_warning=PublicWarning.YES),
        "status": "test", "precedence": Precedence.ROUTINE, "issued_at": START - timedelta(days=2), "synthetic": True,
        "sources": (Source(cites="a notice to mariners"),),
    }  # fmt: skip
    return with_body("orbit.launch_notice", body, **figures | changes)


def told(desk, records, *notices, until_s=200.0):
    desk.take([admit(notice, START - timedelta(days=1)) for notice in notices], START - timedelta(days=1))
    return run(desk, records, until_s=until_s)


def without_notice(bodies):
    return [msgspec.structs.replace(body, classes=(), evidence=(), label="") for body in bodies]


@pytest.fixture(scope="module")
def seen_of_long():
    return detections(flight_of(LONG))


@pytest.fixture(scope="module")
def said_of_long(seen_of_long):
    return run(make_desk("JPN", audiences=()), seen_of_long, until_s=200.0)


def test_a_rocket_that_rises_as_announced_is_said_to_be_a_space_launch_and_why():
    seen = detections(into_orbit())
    notice = record_of(notice_of(into_orbit().burn))
    said = told(make_desk("JPN", audiences=()), seen, notice)
    record = next(record for _, record in said if body_of(record).label.startswith(SPACE_LAUNCH))
    label = "possible space launch, announced window 01 Mar 05:00 to 08:00 UTC, hazard areas: stage 1 (IMO)"
    body = body_of(record)
    assert body.label == label
    assert "notice" in record.parents
    assert [e.speaks_for for e in body.evidence if e.what.startswith("as announced")] == ["space_launch"]
    assert body.classes[1].probability > 0.8
    unaware = run(make_desk("JPN", audiences=()), seen, until_s=200.0)
    assert all(body.label != SPACE_LAUNCH for _, body in launches(unaware))


@pytest.mark.parametrize("is_covered", [False, True])
def test_a_notice_keeps_no_warning_silent(seen_of_long, said_of_long, is_covered):
    flight = flight_of(LONG)
    areas = (around(flight.impact_lat_deg, flight.impact_lon_deg, radius_m=500_000.0),) if is_covered else ()
    notice = record_of(notice_of(flight.burn, hazard_areas=areas))
    said = launches(told(make_desk("JPN", audiences=()), seen_of_long, notice))
    plain = launches(said_of_long)
    predicted = [(second, body) for second, body in said if body.stage == "predicted"]
    assert without_notice(b for _, b in predicted)[0].impact == next(b.impact for _, b in plain if b.impact)
    assert predicted[0][0] == next(second for second, body in plain if body.stage == "predicted")
    assert predicted[-1][1].ballistic_probability >= 0.9
    if is_covered:
        assert predicted[0][1].label.startswith(SPACE_LAUNCH)
    else:
        assert predicted[-1][1].label == BALLISTIC
        assert predicted[-1][1].classes[0].probability > 0.9


def test_a_notice_that_not_all_may_have_changes_nothing_for_the_others(seen_of_long):
    notice = record_of(notice_of(flight_of(LONG).burn), members=("JPN", "USA"))
    plain, aware = run(make_desk("JPN"), seen_of_long, until_s=160.0), told(make_desk("JPN"), seen_of_long, notice)
    aware = [(second, record) for second, record in aware if second <= 160.0]
    assert [r for _, r in aware if r.marking.releasable_to == ALL] == [
        r for _, r in plain if r.marking.releasable_to == ALL
    ]
    own = [record for _, record in aware if record.marking.releasable_to == ("JPN",)]
    assert any("notice" in record.parents for record in own)


@pytest.mark.parametrize("is_synthetic", [True, False])
def test_a_notice_that_would_bar_a_warning_is_left_aside(seen_of_long, is_synthetic):
    real = [msgspec.structs.replace(record, synthetic=False) for record in seen_of_long]
    public = PublicWarning.YES if is_synthetic else PublicWarning.NO
    records = [
        msgspec.structs.replace(record, marking=marking_for(*ALL, public_warning=PublicWarning.YES)) for record in real
    ]
    notice = record_of(
        notice_of(flight_of(LONG).burn), synthetic=is_synthetic, marking=marking_for(*ALL, public_warning=public)
    )
    said = told(make_desk("JPN", audiences=()), records, notice, until_s=120.0)
    assert all("notice" not in record.parents for _, record in said)
    assert {record.marking.public_warning for _, record in said} == {PublicWarning.YES}


def origin(lat_deg=40.0, lon_deg=125.0, at=START):
    return Origin(lat_deg, lon_deg, 5.0, seconds_of(at))


def test_it_fits_what_rises_near_the_site_in_the_window_along_the_azimuth():
    body = LaunchNotice(
        authority="a", opens_at=START, closes_at=START + timedelta(hours=1),
        site=Position(lat_deg=40.0, lon_deg=125.0), azimuth_deg=180.0,
    )  # fmt: skip
    notice = Notice(record_of(body), body)
    assert notice.fits(origin(), 38.0, 125.0)
    assert not notice.fits(origin(), 39.95, 125.0)  # whither it goes is not known yet
    assert not notice.fits(origin(), 40.0, 127.0)
    assert not notice.fits(origin(lat_deg=41.0), 38.0, 125.0)
    assert not notice.fits(origin(at=START + timedelta(hours=2)), 38.0, 125.0)
    assert not notice.fits(origin(at=START - timedelta(minutes=3)), 38.0, 125.0)
    towards = msgspec.structs.replace(body, azimuth_deg=None, hazard_areas=(around(35.0, 125.0),))
    assert Notice(record_of(towards), towards).fits(origin(), 38.0, 125.0)
    assert not Notice(record_of(towards), towards).fits(origin(), 42.0, 125.0)


def test_hazard_areas_may_cross_the_180th_meridian():
    area = HazardArea(name="east", outline=((10.0, 175.0), (10.0, -175.0), (20.0, -175.0), (20.0, 175.0)))
    body = msgspec.structs.replace(notice_of(flight_of(LONG).burn), hazard_areas=(area,))
    notice = Notice(record_of(body), body)
    assert notice.holds(15.0, 179.0)
    assert notice.holds(15.0, -179.0)
    assert not notice.holds(15.0, 170.0)


def test_notices_are_replaced_called_off_bounded_and_forgotten():
    body, now_s = notice_of(flight_of(LONG).burn), seconds_of(START)

    def ids(book):
        return [notice.record.id for notice in book.held]

    book = NoticeBook()
    book.take([admit(record_of(body, id_="a"), START), admit(record_of(body, id_="a", member="KOR"), START)], now_s)
    book.take([admit(record_of(body, id_="b", supersedes="a"), START)], now_s)
    assert ids(book) == ["b", "a"]
    book.take([admit(record_of(body, id_="c", member="KOR", cancels="a"), START)], now_s)
    assert ids(book) == ["b"]
    book.take([admit(record_of(body, id_="d", expires_at=START + timedelta(hours=1)), START)], now_s)
    book.take([], now_s + 3601.0)
    assert ids(book) == ["b"]
    book.take([], now_s + 2 * 86_400.0)
    assert ids(book) == []
    book.take([admit(record_of(body, id_=f"n{number:04d}"), START) for number in range(300)], now_s)
    assert ids(book)[0] == "n0100"
    assert len(ids(book)) == 200


def test_a_desk_started_anew_knows_what_was_announced_days_ago():
    seen = detections(into_orbit())
    notice = admit(record_of(notice_of(into_orbit().burn)), START - timedelta(days=2))
    desk = make_desk("JPN", audiences=())
    desk.resume([notice], START - timedelta(minutes=20), START)
    said = launches(run(desk, seen, until_s=200.0))
    assert any(body.label.startswith(f"{SPACE_LAUNCH}, announced") for _, body in said)


@pytest.mark.parametrize(
    "changes",
    [{"closes_at": START - timedelta(hours=2)}, {"azimuth_deg": 360.0}, {"site_radius_km": 0.0}],
)
def test_a_notice_that_makes_no_sense_is_refused(changes):
    with pytest.raises(ValueError, match=r"closes|azimuth|radius"):
        notice_of(flight_of(LONG).burn, **changes)


@pytest.mark.parametrize("outline", [((0.0, 0.0), (1.0, 1.0)), ((0.0, 0.0), (95.0, 1.0), (1.0, 1.0))])
def test_a_hazard_area_has_corners_on_the_earth(outline):
    with pytest.raises(ValueError, match=r"corners|place"):
        HazardArea(name="x", outline=outline)
