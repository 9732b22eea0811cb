"""Flight times as governments told them, which the reconstruction does not use: it knows apogee and range alone.

Sources, each of the day after the launch: Japan's Ministry of Defense for 29 November 2017 (about 53 minutes, by
Nikkei and NNN) and 18 November 2022 (about 69 minutes, by Jiji Press); Japan's Chief Cabinet Secretary for 4 October
2022 (07:22 to 07:44 local time). Apogees and ranges are theirs, rounded as they told them. Another law of thrust
moves a flight time by 4 %, so closer than that nothing can be asked.
"""

from __future__ import annotations

import pytest

from tocsin.synthesis.flights import reconstruct
from tocsin.synthesis.launches import LaunchRow

SUNAN = (39.224, 125.670)


@pytest.mark.parametrize(
    ("name", "apogee_km", "range_km", "bearing_deg", "minutes"),
    [
        ("2017-11-29", 4475.0, 950.0, 80.0, 53.0),
        ("2022-11-18", 6000.0, 1000.0, 70.0, 69.0),
        ("2022-10-04", 1000.0, 4600.0, 75.0, 22.0),
    ],
)
def test_a_flight_takes_as_long_as_was_told(name, apogee_km, range_km, bearing_deg, minutes) -> None:
    row = LaunchRow(
        launch_id=name, event_id=name, date_utc=name, launched_at=None, missile_name="", missile_class="", manoeuvre="",
        site_name="", site_lat_deg=SUNAN[0], site_lon_deg=SUNAN[1], bearing_deg=bearing_deg, is_bearing_default=True,
        apogee_km=apogee_km, distance_km=range_km, landing_area="", outcome="success", quality_flags=(),
    )  # fmt: skip
    assert reconstruct(row).duration_s / 60.0 == pytest.approx(minutes, rel=0.05)
