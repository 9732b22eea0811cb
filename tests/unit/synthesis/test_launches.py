from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import DomainError, FeedError
from tocsin.synthesis import launches
from tocsin.synthesis.launches import LaunchTable, load_launches, load_sites, select

HEADER = "launch_id,date_utc,time_utc,facility_lat,facility_lon,bearing_deg,apogee_km,distance_km,quality_flags\n"
GOOD = "A-1,2017-08-28,20:58,39.2,125.7,73,550,2700,\n"


def read(tmp_path, text, *, encoding="utf-8") -> LaunchTable:
    path = tmp_path / "launches.csv"
    path.write_bytes(text.encode(encoding))
    return load_launches(path)


def row_of(table, launch_id):
    return select(table.rows, launch_id)[0]


def test_packaged_table_is_whole(table):
    assert len(table.rows) == 160
    assert table.bad == ()
    assert sum(row.lacks() == "" for row in table.rows) == 75
    assert sum(row.lacks() == "" and row.launched_at is not None for row in table.rows) == 54
    assert len({row.event_id for row in table.rows}) == 94


def test_packaged_sites_hold_every_site_of_the_table(table):
    sites = {site.name: site for site in load_sites()}
    assert len(sites) == 55
    for row in table.rows:
        if row.site_lat_deg is not None:
            site = sites[row.site_name]
            assert (site.lat_deg, site.lon_deg) == (row.site_lat_deg, row.site_lon_deg)


def test_rows_say_what_they_lack(table):
    assert row_of(table, "NK-20170828-01").lacks() == ""
    assert row_of(table, "NK-19840409-01").lacks() == "not replayable: no apogee, no distance"
    assert row_of(table, "NK-19840409-03").lacks() == "not replayable: no distance"
    assert row_of(table, "NK-20190417-01").lacks() == "not replayable: no site, no apogee, no distance"


@pytest.mark.parametrize(
    ("launch_id", "note"),
    [
        ("NK-20190509-01", launches.STAND_IN),
        ("NK-20210927-01", launches.STAND_IN),
        ("NK-20190801-01", launches.SUSPECT),
        ("NK-20121212-01", launches.SPACE),
        ("NK-20170404-01", launches.FAILURE),
        ("NK-20170828-01", launches.OUTCOME_UNKNOWN),
        ("NK-19930529-01", launches.NO_TIME),
        ("NK-19840409-01", launches.BEARING_PLACEHOLDER),
        ("NK-20160207-01", "source: am_pm_error: source cell was 12:29 AM"),
    ],
)
def test_rows_carry_the_notes_that_their_reader_needs(table, launch_id, note):
    assert note in row_of(table, launch_id).notes


def test_a_plain_flight_carries_no_note(table):
    assert row_of(table, "NK-20170914-01").notes == ()
    assert not row_of(table, "NK-20170914-01").is_manoeuvring


def test_failed_space_launch_carries_both_notes(table):
    assert row_of(table, "NK-20060705-01").notes[:2] == (launches.SPACE, launches.FAILURE)


def test_time_is_the_corrected_one_and_none_where_doubtful(table):
    assert row_of(table, "NK-20160207-01").launched_at == datetime(2016, 2, 7, 0, 29, tzinfo=UTC)
    assert row_of(table, "NK-20170514-01").launched_at == datetime(2017, 5, 13, 20, 28, tzinfo=UTC)
    assert row_of(table, "NK-20161014-01").launched_at is None


def test_selection(table):
    assert select(table.rows, "all") == table.rows
    assert [row.launch_id for row in select(table.rows, "2017-08-28")] == ["NK-20170828-01"]
    assert {row.launch_id for row in select(table.rows, "2017-03-05")} == {f"NK-20170305-0{n}" for n in range(1, 6)}
    assert {row.date_utc for row in select(table.rows, "2017-03")} == {"2017-03-05", "2017-03-21"}
    assert select(table.rows, "1984-09") == tuple(row for row in table.rows if row.date_utc == "1984-09")
    assert len(select(table.rows, "NKE-20170305-1")) == 5
    # by its recorded date as well as by the corrected one
    assert select(table.rows, "2017-05-14") == select(table.rows, "2017-05-13")


@pytest.mark.parametrize(
    ("which", "advice"), [("NK-20170828-1", "NK-20170828-01"), ("", "such as"), ("2031-01-01", "such as")]
)
def test_selecting_what_is_not_there_says_what_to_do(table, which, advice):
    with pytest.raises(DomainError, match=advice):
        select(table.rows, which)


def test_operators_table_may_have_a_mark_at_its_start_and_other_line_ends(tmp_path):
    read_rows = read(tmp_path, (HEADER + GOOD).replace("\n", "\r\n"), encoding="utf-8-sig").rows
    assert read_rows[0].launch_id == "A-1"
    assert read_rows[0].event_id == "A-1"
    assert read_rows[0].launched_at == datetime(2017, 8, 28, 20, 58, tzinfo=UTC)


def test_time_given_with_an_offset_is_turned_into_utc(tmp_path):
    header = HEADER.replace("time_utc", "datetime_utc_corrected")
    table = read(tmp_path, header + GOOD.replace("20:58", "2017-08-29T05:58:00+09:00"))
    assert table.rows[0].launched_at == datetime(2017, 8, 28, 20, 58, tzinfo=UTC)
    assert table.rows[0].launched_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (GOOD, "was there before"),
        (",2017-08-28,,39,125,73,550,2700,", "launch_id"),
        ("a b,2017-08-28,,39,125,73,550,2700,", "launch_id"),
        ("B,28.8.2017,,39,125,73,550,2700,", "date_utc"),
        ("B,2017-13-28,,39,125,73,550,2700,", "month"),
        ("B,2017-13,,39,125,73,550,2700,", "month"),
        ("B,2017-08-28,25 o'clock,39,125,73,550,2700,", "time of launch"),
        ("B,2017-08-28,,91,125,73,550,2700,", "facility_lat 91 is not from -90 to 90"),
        ("B,2017-08-28,,39,,73,550,2700,", "come together"),
        ("B,2017-08-28,,39,125,north,550,2700,", "bearing_deg 'north' is no number"),
        ("B,2017-08-28,,39,125,73,nan,2700,", "apogee_km nan"),
        ("B,2017-08-28,,39,125,73,550,-3,", "distance_km -3"),
        ("B,2017-08-28,,39,125,73,0,100,", "apogee_km 0"),
        ("B,2017-08-28,,39,125,73,550,2700,,surplus", "more cells"),
    ],
)
def test_bad_rows_are_named_and_the_others_kept(tmp_path, line, reason):
    table = read(tmp_path, HEADER + GOOD + line + "\n" + GOOD.replace("A-1", "A-2"))
    assert [row.launch_id for row in table.rows] == ["A-1", "A-2"]
    assert [bad.line for bad in table.bad] == [3]
    assert reason in table.bad[0].reason


def test_short_row_lacks_figures_and_is_no_error(tmp_path):
    table = read(tmp_path, HEADER + "B,2017-08\n")
    assert table.bad == ()
    assert table.rows[0].lacks() == "not replayable: no site, no bearing, no apogee, no distance"
    assert launches.SUSPECT not in table.rows[0].notes


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no column launch_id"),
        ("launch_id;date_utc\n", "no column launch_id"),
        (HEADER.replace("apogee_km,", ""), "no column apogee_km. The first line must name at least"),
        (HEADER.replace("time_utc", "date_utc"), "named twice"),
        ('"' + HEADER, "line 1"),
        (HEADER + 'A,"2017\n', "line 2"),
    ],
)
def test_tables_that_are_none_are_refused_with_advice(tmp_path, text, reason):
    with pytest.raises(FeedError, match=reason) as caught:
        read(tmp_path, text)
    assert caught.value.advice


def test_tables_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(FeedError, match="not UTF-8 at byte"):
        read(tmp_path, HEADER + "ß", encoding="latin-1")
    with pytest.raises(FeedError, match="No such file"):
        load_launches(tmp_path / "none.csv")
    with pytest.raises(FeedError, match="directory"):
        load_launches(tmp_path)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_an_error(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(HEADER.encode() + data)
    try:
        table = load_launches(path)
    except FeedError:
        return
    for row in table.rows:
        assert msgspec.convert(msgspec.to_builtins(row), launches.LaunchRow) == row
    assert all(bad.reason for bad in table.bad)
