from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.errors import FeedError
from tocsin.synthesis.sensor_table import NETWORKS, REQUIRED_COLUMNS, load_sensors, read_sensors

HEADER = ",".join(REQUIRED_COLUMNS) + "\n"
RADAR = "KOR-x,KOR,radar,36.5,127.5,500,120,3,2,50,0.15\n"
SATELLITE = "USA-y,USA,infrared_satellite,0,120,,360,,10,,0.002\n"
TOML = """
# what this network is for
[[sensor]]
sensor_id = "KOR-x"
member = "KOR"
type = "radar"
lat_deg = 36.5
lon_deg = 127.5
nominal_range_km = 500
azimuth_coverage_deg = 120
min_elevation_deg = 3
update_interval_s = 2
range_noise_m = 50
angle_noise_deg = 0.15
outages_s = "60-90; 200-230.5"

[[sensor]]
sensor_id = "USA-y"
member = "USA"
type = "infrared_satellite"
lat_deg = 0
lon_deg = 120
azimuth_coverage_deg = 360
update_interval_s = 10
angle_noise_deg = 0.002
"""


def read(tmp_path, text, *, name="sensors.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return load_sensors(path)


def test_operators_table(tmp_path):
    radar, satellite = read(tmp_path, HEADER + RADAR + SATELLITE)
    assert radar.position.altitude_m == 0
    assert radar.nominal_range_m == 500_000
    assert satellite.position.altitude_m == 35_786_000
    text = HEADER.rstrip() + ",altitude_m,bias_sigma_deg\n" + RADAR.rstrip() + ",800,0.1\n"
    (radar,) = read(tmp_path, text)
    assert radar.position.altitude_m == 800
    assert radar.bias_sigma_deg == 0.1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (RADAR, "was there before"),
        (RADAR.replace("KOR-x", "K r"), "sensor_id"),
        (RADAR.replace("KOR-x,KOR", "z,kor"), "member 'kor' is not three capital letters"),
        (RADAR.replace("KOR-x", "z").replace("radar", "lidar"), "neither radar nor infrared"),
        (RADAR.replace("KOR-x", "z").replace("500,", ","), "a radar has nominal_range_km"),
        (RADAR.replace("KOR-x", "z").replace("36.5", ""), "lat_deg is empty"),
        (RADAR.replace("KOR-x", "z").replace("36.5", "inf"), "lat_deg inf"),
        (RADAR.replace("KOR-x", "z").replace("0.15", "0"), "angle_noise_deg 0"),
        (RADAR.replace("KOR-x", "z").replace("0.15", "0.15,7"), "more cells"),
        (SATELLITE.replace(",,0.002", ",5,0.002"), "measures no range"),
    ],
)
def test_bad_sensor_rows_are_refused_with_their_line(tmp_path, line, reason):
    with pytest.raises(FeedError, match=reason) as caught:
        read(tmp_path, HEADER + RADAR + line)
    assert caught.value.line == 3


def test_every_column_reaches_the_sensor(tmp_path):
    optional = {
        "altitude_m": 800, "boresight_deg": 10, "max_elevation_deg": 70, "detection_probability": 0.8,
        "range_rate_noise_mps": 4, "bias_sigma_deg": 0.1, "range_bias_sigma_m": 20, "azimuth_bias_deg": 0.2,
        "elevation_bias_deg": -0.3, "range_bias_m": -40, "latency_s": 0.7, "outages_s": "60-90; 200-230",
        "clutter_per_scan": 12, "platform": "ship", "note": "",
    }  # fmt: skip
    text = f"{HEADER.rstrip()},{','.join(optional)}\n{RADAR.rstrip()},{','.join(map(str, optional.values()))}\n"
    (radar,) = read(tmp_path, text)
    assert (radar.position.altitude_m, radar.boresight_deg, radar.boresight, radar.max_elevation_deg) == (
        800,
        10,
        10,
        70,
    )
    assert (radar.detection_probability, radar.range_rate_sigma_mps, radar.bias_sigma_deg) == (0.8, 4, 0.1)
    assert (radar.range_bias_sigma_m, radar.azimuth_bias_deg, radar.elevation_bias_deg) == (20, 0.2, -0.3)
    assert (radar.range_bias_m, radar.latency_s, radar.clutter_per_scan) == (-40, 0.7, 12)
    assert radar.outages_s == ((60.0, 90.0), (200.0, 230.0))


def test_toml_says_the_same_as_csv(tmp_path):
    radar, satellite = read(tmp_path, TOML, name="net.toml")
    assert radar.outages_s == ((60.0, 90.0), (200.0, 230.5))
    plain, same = read(tmp_path, HEADER + RADAR + SATELLITE)
    assert satellite == same
    assert radar.position == plain.position


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("lon_deg = 120", "lon_deg = 220", 17, "lon_deg 220 is not from -180 to 180"),
        ("lon_deg = 120", "lon_deg = true", 17, "lon_deg '<True>' is no number"),
        ("lon_deg = 120", "long_deg = 120", 17, "no column 'long_deg'; is lon_deg meant"),
        ("lat_deg = 36.5", "lat_deg = 36.5.5", None, "line 7"),
        (TOML, "[sensor]\nsensor_id = 'A'\n", None, "not one list of tables"),
        ('[[sensor]]\nsensor_id = "USA-y"', '[[radar]]\nsensor_id = "USA-y"', None, "not one list of tables"),
    ],
)
def test_what_is_wrong_in_toml_is_named(tmp_path, old, new, line, reason):
    with pytest.raises(FeedError, match=reason) as caught:
        read(tmp_path, TOML.replace(old, new, 1), name="net.toml")
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("detection_probabilty", "0.9", "no column 'detection_probabilty'; is detection_probability meant"),
        ("outages_s", "90-60", "outages_s '90-60' is not FROM-TO"),
        ("outages_s", "at night", "outages_s 'at night' is not FROM-TO"),
        ("max_elevation_deg", "2", "min_elevation_deg 3 is not below max_elevation_deg 2"),
        ("detection_probability", "90", "detection_probability 90 is not from 0.01 to 1"),
    ],
)
def test_optional_columns_are_checked_too(tmp_path, column, cell, reason):
    with pytest.raises(FeedError, match=reason):
        read(tmp_path, f"{HEADER.rstrip()},{column}\n{RADAR.rstrip()},{cell}\n")


def test_all_that_is_wrong_is_told_at_once(tmp_path):
    path = tmp_path / "sensors.csv"
    path.write_text(HEADER + RADAR + RADAR + SATELLITE.replace("0,120", "0,720"))
    found = read_sensors(path)
    assert [(row.line, row.reason.split()[0]) for row in found.bad] == [(3, "sensor_id"), (4, "lon_deg")]
    assert [sensor.sensor_id for sensor in found.sensors] == ["KOR-x"]
    with pytest.raises(FeedError, match="and 1 more bad rows"):
        load_sensors(path)


def test_a_table_without_a_sensor_is_refused(tmp_path):
    with pytest.raises(FeedError, match="no sensor in it"):
        read(tmp_path, HEADER)


def test_networks_that_come_with_the_program():
    assert load_sensors() == load_sensors(Path("nominal"))
    reference = load_sensors(Path("reference"))
    assert [len([each for each in reference if each.member == code]) for code in ("JPN", "KOR", "USA")] == [3, 2, 3]
    assert {each.latency_s for each in reference} == {0.3, 0.5, 0.6, 0.8, 1.5}
    assert [each.sensor_id for each in reference if each.range_rate_sigma_mps] == [
        "KOR-radar-2", "JPN-radar-3", "USA-radar-1",
    ]  # fmt: skip
    assert set(NETWORKS) == {"nominal", "reference"}
