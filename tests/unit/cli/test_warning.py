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


def test_sensors_are_shown_with_what_is_wrong(capsys, tmp_path):
    assert run(["warning", "sensors"]) == 0
    assert "KOR-radar-c" in capsys.readouterr().out
    assert run(["warning", "sensors", "reference", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["sensors"]) == 8
    table = tmp_path / "net.csv"
    table.write_text(
        "sensor_id,member,type,lat_deg,lon_deg,nominal_range_km,azimuth_coverage_deg,min_elevation_deg,"
        "update_interval_s,range_noise_m,angle_noise_deg,azimuth_bias_deg,clutter_per_scan,outages_s\n"
        "A,KOR,radar,36,127,500,120,3,2,50,0.15,0.4,3,60-90\nB,KOR,radar,96,127,500,360,3,2,50,0.15,,,\n"
    )
    assert run(["warning", "sensors", str(table)]) == 1
    told = capsys.readouterr()
    assert "more than the 0.03°" in " ".join(told.out.split())
    assert "line 3: lat_deg 96 is not from -90 to 90" in told.err.replace("\n", " ")


def test_a_sensor_table_that_is_not_there_or_empty(capsys, tmp_path):
    assert run(["warning", "sensors", str(tmp_path / "none.csv")]) == 1
    assert "Name a file that exists" in capsys.readouterr().err
    (tmp_path / "empty.toml").write_text("sensor = []\n")
    assert run(["warning", "sensors", str(tmp_path / "empty.toml")]) == 1
    assert "no sensor in it" in capsys.readouterr().err


def test_calibrate_tells_of_each_view_and_time_beside_the_truth(capsys):
    assert run(["warning", "calibrate", "--flight", "kn25", "--runs", "1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {(each["who"], each["after_s"]) for each in told["figures"]} >= {("fused", 10.0), ("KOR", 120.0)}
    assert run(["warning", "calibrate", "--flight", "kn25", "--runs", "1"]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert "…" not in shown


def test_calibrate_of_a_flight_that_is_not_there(capsys):
    assert run(["warning", "calibrate", "--flight", "kn"]) == 2
    assert "kn25" in capsys.readouterr().err
