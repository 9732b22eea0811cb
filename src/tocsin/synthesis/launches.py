"""Launches of the public record, or of an operator's table in the same columns, and what may be made of each."""

from __future__ import annotations

import difflib
import re
from collections.abc import Container, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from tocsin.errors import DomainError
from tocsin.synthesis.tables import BadRow, Cells, number_in, rows_of

REQUIRED_COLUMNS = (
    "launch_id", "date_utc", "facility_lat", "facility_lon", "bearing_deg", "apogee_km", "distance_km",
)  # fmt: skip

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_LOW_APOGEE_KM = 70.0
_FLAT_RATIO = 0.12

STAND_IN = "ballistic stand-in only; impact area not valid before the manoeuvre"
SUSPECT = "low and flat for a ballistic flight, so it may have manoeuvred: " + STAND_IN
SPACE = "space launch: payload will not come down; spent stages may: areas from announced zones"
FAILURE = "failed: recorded numbers describe an arc, not the real burn"
OUTCOME_UNKNOWN = "whether it succeeded is not recorded"
NO_TIME = "time of launch not known"
BEARING_PLACEHOLDER = "the bearing is a placeholder of the source, not a measurement"


class LaunchRow(msgspec.Struct, frozen=True, kw_only=True):
    """One missile or rocket as it stands in the table."""

    launch_id: str
    event_id: str
    """Shared by a salvo; the launch's own id if the table has none."""
    date_utc: str
    """``YYYY-MM-DD``, or less if less is known."""
    launched_at: datetime | None
    """UTC, to the minute; None if unknown or doubtful."""
    missile_name: str
    missile_class: str
    manoeuvre: str
    """``pullup``, ``glide`` or empty."""
    site_name: str
    site_lat_deg: float | None
    site_lon_deg: float | None
    bearing_deg: float | None
    """At the site, clockwise from north."""
    is_bearing_default: bool
    apogee_km: float | None
    distance_km: float | None
    """Along the ground."""
    landing_area: str
    outcome: str
    quality_flags: tuple[str, ...]

    @property
    def is_space_launch(self) -> bool:
        """Whether it carried, or was to carry, a satellite."""
        return self.missile_class == "SLV"

    @property
    def is_manoeuvring(self) -> bool:
        """Whether it is recorded as one that does not fall freely to the end."""
        return self.manoeuvre != "" or self.missile_class == "HGV"

    def lacks(self) -> str:
        """Return why its flight cannot be replayed, such as ``not replayable: no apogee``; empty if it can."""
        missing = [
            name
            for name, value in (
                ("site", self.site_lat_deg), ("bearing", self.bearing_deg), ("apogee", self.apogee_km),
                ("distance", self.distance_km),
            )
            if value is None
        ]  # fmt: skip
        return "not replayable: " + ", ".join(f"no {name}" for name in missing) if missing else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What whoever sees its flight must be told (docs/explanation)."""
        notes = []
        if self.is_manoeuvring:
            notes.append(STAND_IN)
        elif self._is_low_and_flat and not self.is_space_launch:
            notes.append(SUSPECT)
        if self.is_space_launch:
            notes.append(SPACE)
        if self.outcome == "failure":
            notes.append(FAILURE)
        elif self.outcome != "success":
            notes.append(OUTCOME_UNKNOWN)
        if self.launched_at is None:
            notes.append(NO_TIME)
        if self.is_bearing_default:
            notes.append(BEARING_PLACEHOLDER)
        notes += [f"source: {flag}" for flag in self.quality_flags if ":" in flag]
        return tuple(notes)

    @property
    def _is_low_and_flat(self) -> bool:
        if self.apogee_km is None or self.distance_km is None:
            return False
        return self.apogee_km < _LOW_APOGEE_KM and self.apogee_km / self.distance_km < _FLAT_RATIO


class LaunchTable(msgspec.Struct, frozen=True, kw_only=True):
    """The launches of one table, and the rows that could not be read."""

    source: str
    rows: tuple[LaunchRow, ...]
    bad: tuple[BadRow, ...]


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A place that launches are recorded from."""

    site_id: str
    name: str
    lat_deg: float
    lon_deg: float


def load_launches(path: Path | None = None) -> LaunchTable:
    """Read a launch table.

    Args:
        path: A table with at least ``REQUIRED_COLUMNS``; None for the one that comes with the program.

    Returns:
        Its launches in their order. Rows with an unreadable or doubled id, date, place or number are in ``bad``;
        empty cells are no error: they say that a figure is not known.

    Raises:
        FeedError: The table as a whole cannot be read.
    """
    source, lines = rows_of(path, packaged="launches.csv", required=REQUIRED_COLUMNS)
    rows: dict[str, LaunchRow] = {}
    bad = []
    for line, cells in lines:
        try:
            row = _launch_row(cells, known=rows)
        except ValueError as error:
            bad.append(BadRow(line=line, reason=str(error)))
        else:
            rows[row.launch_id] = row
    return LaunchTable(source=source, rows=tuple(rows.values()), bad=tuple(bad))


def load_sites() -> tuple[Site, ...]:
    """Return the launch sites that come with the program, for exercises as well as for the record."""
    _, lines = rows_of(None, packaged="sites.csv", required=("facility_id", "facility_name", "lat", "lon"))
    return tuple(
        Site(
            site_id=cells["facility_id"], name=cells["facility_name"], lat_deg=float(cells["lat"]),
            lon_deg=float(cells["lon"]),
        )
        for _, cells in lines
    )  # fmt: skip


def select(rows: Sequence[LaunchRow], which: str) -> tuple[LaunchRow, ...]:
    """Choose launches.

    Args:
        rows: Of a launch table.
        which: A launch id, an event id, a date (``2017``, ``2017-08`` or ``2017-08-28``, UTC) or ``all``.

    Raises:
        DomainError: None of them is meant.
    """
    if which == "all":
        return tuple(rows)
    chosen = tuple(row for row in rows if which in (row.launch_id, row.event_id))
    if not chosen and _DATE.fullmatch(which):
        chosen = tuple(row for row in rows if _is_on(row, which))
    if not chosen:
        hint = "Give a launch id, a date such as 2017-08-28, or all"
        if not _DATE.fullmatch(which) and (near := difflib.get_close_matches(which, [row.launch_id for row in rows])):
            hint = f"Did you mean {', '.join(near)}?"
        raise DomainError(f"the table has no launch {which[:80]!r}", advice=hint)
    return chosen


def _is_on(row: LaunchRow, day: str) -> bool:
    """Tell whether it was launched then, by the recorded date or by the corrected one."""
    dates = {row.date_utc} | ({row.launched_at.date().isoformat()} if row.launched_at else set())
    return any(recorded == day or recorded.startswith(day + "-") for recorded in dates)


def _launch_row(cells: Cells, *, known: Container[str]) -> LaunchRow:
    if cells.get(""):
        raise ValueError(f"more cells than columns: {cells[''][:40]!r}")
    launch_id = cells["launch_id"]
    if not _ID.fullmatch(launch_id):
        raise ValueError(f"launch_id {launch_id[:40]!r} is empty, too long or not of letters, digits, . _ -")
    if launch_id in known:
        raise ValueError(f"launch_id {launch_id} was there before")
    day = cells["date_utc"]
    if not _DATE.fullmatch(day):
        raise ValueError(f"date_utc {day[:40]!r} is not YYYY-MM-DD")
    date.fromisoformat(day + "-01-01"[len(day) - 4 :])
    lat, lon = (
        number_in(cells, "facility_lat", low=-90, high=90),
        number_in(cells, "facility_lon", low=-180, high=180),
    )
    if (lat is None) != (lon is None):
        raise ValueError("facility_lat and facility_lon come together")
    flags = tuple(flag.strip() for flag in cells.get("quality_flags", "").split(";") if flag.strip())
    return LaunchRow(
        launch_id=launch_id,
        event_id=cells.get("event_id", "") or launch_id,
        date_utc=day,
        launched_at=_launched_at(cells, flags),
        missile_name=cells.get("missile_name", ""),
        missile_class=cells.get("missile_class", ""),
        manoeuvre=cells.get("maneuver", ""),
        site_name=cells.get("facility_name", ""),
        site_lat_deg=lat,
        site_lon_deg=lon,
        bearing_deg=number_in(cells, "bearing_deg", low=0, high=360),
        is_bearing_default=cells.get("bearing_is_default", "") == "1",
        apogee_km=number_in(cells, "apogee_km", low=1, high=50_000),
        distance_km=number_in(cells, "distance_km", low=1, high=20_000),
        landing_area=cells.get("landing_area", ""),
        outcome=cells.get("outcome", "") or "unknown",
        quality_flags=flags,
    )


def _launched_at(cells: Cells, flags: tuple[str, ...]) -> datetime | None:
    text = cells.get("datetime_utc_corrected", "")
    if not text and cells.get("time_utc") and not any(flag.startswith("time_suspect") for flag in flags):
        text = f"{cells['date_utc']}T{cells['time_utc']}"
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"time of launch {text[:40]!r} is not ISO 8601") from None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)
