from __future__ import annotations

import json

from tocsin.cli.app import run


def test_flights_tell_which_rows_are_met_and_why_others_are_not(capsys):
    assert run(["warning", "flights", "--launch", "2017-03-05", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["counts"] == {"met": 4, "refused": 0, "incomplete": 1}
    met, *_, incomplete = told["launches"]
    assert max(abs(met[f"{figure}_error"]) for figure in ("apogee", "range", "bearing")) < 1e-6
    assert incomplete["reason"].startswith("not replayable: no")
    assert "apogee_error" not in incomplete


def test_flights_of_an_operators_table_with_one_that_no_flight_meets(capsys, tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text(
        "launch_id,date_utc,facility_lat,facility_lon,bearing_deg,apogee_km,distance_km\n"
        "FLAT,2030-01-01,39,125,90,30,2500\nBAD,2030-01-01,99,125,90,30,700\n"
    )
    assert run(["warning", "flights", "--table", str(table)]) == 0
    told = capsys.readouterr()
    assert "refused" in told.out
    assert "0 of 1 complete launches met" in told.out
    assert "no proof" in told.out
    assert "line 3: facility_lat 99" in told.err.replace("\n", " ")


def test_flights_of_a_launch_that_is_not_there(capsys):
    assert run(["warning", "flights", "--launch", "NK-20170828-1"]) == 1
    assert "NK-20170828-01" in capsys.readouterr().err
