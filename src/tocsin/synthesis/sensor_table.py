"""Reading the table in which an operator describes sensors: CSV, or TOML with one ``[[sensor]]`` for each."""

from __future__ import annotations

import difflib
import re
from collections.abc import Container
from pathlib import Path

import msgspec

from tocsin.errors import FeedError
from tocsin.records.warning import Position
from tocsin.synthesis.sensors import PROBABILITY_OF_DETECTION, Sensor
from tocsin.synthesis.tables import BadRow, Cells, number_in, rows_of

NETWORKS = {"nominal": "nominal_sensors.csv", "reference": "reference_sensors.csv"}
"""Tables that come with the program, by name."""

REQUIRED_COLUMNS = (
    "sensor_id", "member", "type", "lat_deg", "lon_deg", "nominal_range_km", "azimuth_coverage_deg",
    "min_elevation_deg", "update_interval_s", "range_noise_m", "angle_noise_deg",
)  # fmt: skip
OPTIONAL_COLUMNS = (
    "altitude_m", "boresight_deg", "max_elevation_deg", "detection_probability", "range_rate_noise_mps",
    "bias_sigma_deg", "range_bias_sigma_m", "azimuth_bias_deg", "elevation_bias_deg", "range_bias_m", "latency_s",
    "outages_s", "clutter_per_scan", "platform", "note",
)  # fmt: skip

GEOSTATIONARY_ALTITUDE_M = 35_786_000.0
RADAR_BIAS_SIGMA_DEG = 0.03
INFRARED_BIAS_SIGMA_DEG = 0.00115

_MEMBER = re.compile(r"[A-Z]{3}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_OUTAGE = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")


class SensorTable(msgspec.Struct, frozen=True, kw_only=True):
    """The sensors of one table, and the rows that could not be read."""

    source: str
    sensors: tuple[Sensor, ...]
    bad: tuple[BadRow, ...]


def read_sensors(table: Path | None = None) -> SensorTable:
    """Read a sensor table with everything that is wrong in it.

    Args:
        table: A file (``.toml``: TOML, else CSV), or the name of one of ``NETWORKS``; None for ``nominal``. The
            columns are in the README of ``synthesis/data``; a column that is not among them is an error, since it is
            a slip of the pen in most cases.

    Raises:
        FeedError: The table as a whole cannot be read.
    """
    name = "nominal" if table is None else str(table)
    path = table
    packaged = NETWORKS["nominal"]
    if name in NETWORKS:
        path, packaged = None, NETWORKS[name]
    source, rows = rows_of(path, packaged=packaged, required=REQUIRED_COLUMNS)
    sensors: dict[str, Sensor] = {}
    bad = []
    for line, cells in rows:
        try:
            _refuse_unknown(cells)
            sensor = _sensor(cells, known=sensors)
        except ValueError as error:
            bad.append(BadRow(line=line, reason=str(error)))
        else:
            sensors[sensor.sensor_id] = sensor
    return SensorTable(source=source, sensors=tuple(sensors.values()), bad=tuple(bad))


def load_sensors(table: Path | None = None) -> tuple[Sensor, ...]:
    """Read a sensor table of which every row is good.

    Args:
        table: As for ``read_sensors``.

    Raises:
        FeedError: The table or one of its rows cannot be read; a network with a sensor less is another network, so
            no row is left out.
    """
    read = read_sensors(table)
    if read.bad:
        first, more = read.bad[0], len(read.bad) - 1
        raise FeedError(
            first.reason + (f" (and {more} more bad rows)" if more else ""), source=read.source, line=first.line,
            advice="Correct the row or take it out; tocsin warning sensors FILE shows all that is wrong",
        )  # fmt: skip
    if not read.sensors:
        raise FeedError("no sensor in it", source=read.source, advice="Give at least one row")
    return read.sensors


def _refuse_unknown(cells: Cells) -> None:
    if cells.get(""):
        raise ValueError(f"more cells than columns: {cells[''][:40]!r}")
    known = (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS)
    for column in cells:
        if column and column not in known:
            near = difflib.get_close_matches(column, known, n=1)
            hint = f"; is {near[0]} meant?" if near else ""
            raise ValueError(f"there is no column {column[:40]!r}{hint}")


def _sensor(cells: Cells, *, known: Container[str]) -> Sensor:
    sensor_id, member, kind = cells["sensor_id"], cells["member"], cells["type"]
    if not _ID.fullmatch(sensor_id):
        raise ValueError(f"sensor_id {sensor_id[:40]!r} is empty, too long or not of letters, digits, . _ -")
    if sensor_id in known:
        raise ValueError(f"sensor_id {sensor_id} was there before")
    if not _MEMBER.fullmatch(member):
        raise ValueError(f"member {member[:40]!r} is not three capital letters")
    if kind not in ("radar", "infrared_satellite"):
        raise ValueError(f"type {kind[:40]!r} is neither radar nor infrared_satellite")
    is_radar = kind == "radar"
    range_km = number_in(cells, "nominal_range_km", low=1, high=100_000)
    range_sigma_m = number_in(cells, "range_noise_m", low=1e-3, high=1e6)
    rate_sigma_mps = number_in(cells, "range_rate_noise_mps", low=1e-3, high=1e4)
    if is_radar and (range_km is None or range_sigma_m is None):
        raise ValueError("a radar has nominal_range_km and range_noise_m")
    if not is_radar and (range_sigma_m, rate_sigma_mps) != (None, None):
        raise ValueError("an infrared satellite measures no range: leave range_noise_m and range_rate_noise_mps empty")
    lowest_deg = number_in(cells, "min_elevation_deg", low=-90, high=90)
    highest_deg = _number(cells, "max_elevation_deg", 90.0, low=-90, high=90)
    if lowest_deg is not None and lowest_deg >= highest_deg:
        raise ValueError(f"min_elevation_deg {lowest_deg:g} is not below max_elevation_deg {highest_deg:g}")
    return Sensor(
        sensor_id=sensor_id,
        member=member,
        kind="radar" if is_radar else "infrared_satellite",
        position=Position(
            lat_deg=_needed(cells, "lat_deg", low=-90, high=90),
            lon_deg=_needed(cells, "lon_deg", low=-180, high=180),
            altitude_m=_number(cells, "altitude_m", 0.0 if is_radar else GEOSTATIONARY_ALTITUDE_M, low=-500, high=1e9),
        ),
        nominal_range_m=None if range_km is None else 1000.0 * range_km,
        azimuth_coverage_deg=_needed(cells, "azimuth_coverage_deg", low=1, high=360),
        min_elevation_deg=lowest_deg,
        max_elevation_deg=highest_deg,
        boresight_deg=number_in(cells, "boresight_deg", low=0, high=360),
        update_interval_s=_needed(cells, "update_interval_s", low=0.01, high=3600),
        range_sigma_m=range_sigma_m,
        angle_sigma_deg=_needed(cells, "angle_noise_deg", low=1e-6, high=45),
        range_rate_sigma_mps=rate_sigma_mps,
        detection_probability=_number(cells, "detection_probability", PROBABILITY_OF_DETECTION, low=0.01, high=1),
        bias_sigma_deg=_number(
            cells, "bias_sigma_deg", RADAR_BIAS_SIGMA_DEG if is_radar else INFRARED_BIAS_SIGMA_DEG, low=0, high=10
        ),
        range_bias_sigma_m=_number(cells, "range_bias_sigma_m", 0.0, low=0, high=1e5),
        azimuth_bias_deg=_number(cells, "azimuth_bias_deg", 0.0, low=-10, high=10),
        elevation_bias_deg=_number(cells, "elevation_bias_deg", 0.0, low=-10, high=10),
        range_bias_m=_number(cells, "range_bias_m", 0.0, low=-1e5, high=1e5),
        latency_s=_number(cells, "latency_s", 0.0, low=0, high=600),
        outages_s=_outages(cells.get("outages_s", "")),
        clutter_per_scan=_number(cells, "clutter_per_scan", 0.0, low=0, high=1e5),
    )


def _outages(text: str) -> tuple[tuple[float, float], ...]:
    outages = []
    for part in (part.strip() for part in text.split(";") if part.strip()):
        found = _OUTAGE.fullmatch(part)
        if found is None or not float(found[1]) < float(found[2]):
            raise ValueError(
                f"outages_s {part[:40]!r} is not FROM-TO in seconds after lift-off, such as 60-90; 200-230"
            )
        outages.append((float(found[1]), float(found[2])))
    return tuple(outages)


def _number(cells: Cells, column: str, otherwise: float, *, low: float, high: float) -> float:
    number = number_in(cells, column, low=low, high=high)
    return otherwise if number is None else number


def _needed(cells: Cells, column: str, *, low: float, high: float) -> float:
    number = number_in(cells, column, low=low, high=high)
    if number is None:
        raise ValueError(f"{column} is empty")
    return number
