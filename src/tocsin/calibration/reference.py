"""The set that accuracy is measured on: seven flights, each with four laws of thrust and drag, and eight sensors.

Flights and sensors are invented in the same sense as everything of ``synthesis``; ``data/README.md`` there.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from tocsin.synthesis.flights import Flight, reconstruct
from tocsin.synthesis.launches import LaunchRow
from tocsin.synthesis.sensor_table import load_sensors
from tocsin.synthesis.sensors import Sensor
from tocsin.synthesis.tables import rows_of
from tocsin.synthesis.trajectory import Burn

VARIANTS = 4
"""Laws of thrust and drag that each flight is flown with, by turns."""


LOWER = {"low60": ("kn25", 60.0, 450.0), "low80": ("kn25", 80.0, 400.0)}
"""Flights for the air, which are not in the table: whose site, course and laws they have, apogee and range (km)."""


@lru_cache(maxsize=1)
def flight_ids() -> tuple[str, ...]:
    """Return the ids of the reference flights, in the order of the table."""
    return tuple(dict.fromkeys(cells["flight_id"] for cells in _flight_rows()))


@lru_cache(maxsize=64)
def reference_flight(flight_id: str, variant: int, bearing_deg: float | None = None) -> Flight:
    """Return a flight as one of the laws flies it.

    Args:
        flight_id: One of ``flight_ids``, or of ``LOWER``.
        variant: Which law, from 0 to below ``VARIANTS``.
        bearing_deg: Another course than the table's.

    Raises:
        KeyError: There is no such flight or law.
    """
    base, apogee_km, range_km = LOWER.get(flight_id, (flight_id, None, None))
    for cells in _flight_rows():
        if (cells["flight_id"], cells["variant"]) == (base, str(variant)):
            break
    else:
        raise KeyError(f"{flight_id} {variant}")
    row = LaunchRow(
        launch_id=f"{flight_id}-{variant}",
        event_id=flight_id,
        date_utc="",
        launched_at=None,
        missile_name=cells["description"],
        missile_class="",
        manoeuvre="",
        site_name="",
        site_lat_deg=float(cells["site_lat_deg"]),
        site_lon_deg=float(cells["site_lon_deg"]),
        bearing_deg=float(cells["bearing_deg"]) if bearing_deg is None else bearing_deg,
        is_bearing_default=False,
        apogee_km=apogee_km or float(cells["apogee_km"]),
        distance_km=range_km or float(cells["range_km"]),
        landing_area="",
        outcome="success",
        quality_flags=(),
    )
    law = Burn(
        site_lat_deg=0.0,
        site_lon_deg=0.0,
        bearing_deg=0.0,
        burn_s=60.0,
        tilt_along_rad=0.0,
        tilt_across_rad=0.0,
        thrust_start_m_s2=float(cells["thrust_start_m_s2"]),
        thrust_end_m_s2=float(cells["thrust_end_m_s2"]),
        cda_m=1.0 / float(cells["mass_over_drag_area_kg_m2"]),
    )
    return reconstruct(row, law)


@lru_cache(maxsize=1)
def reference_sensors() -> tuple[Sensor, ...]:
    """Return the eight sensors, six radars and two infrared satellites of three members."""
    return load_sensors(Path("reference"))


@lru_cache(maxsize=1)
def _flight_rows() -> tuple[dict[str, str], ...]:
    required = ("flight_id", "variant", "thrust_start_m_s2", "thrust_end_m_s2", "mass_over_drag_area_kg_m2")
    _, rows = rows_of(None, packaged="reference_flights.csv", required=required)
    return tuple(cells for _, cells in rows)
