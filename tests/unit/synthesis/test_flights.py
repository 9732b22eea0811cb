from __future__ import annotations

import msgspec
import numpy as np
import pytest

from tocsin.errors import DomainError, FlightError
from tocsin.geo.ballistics import coast
from tocsin.geo.earth import geodetic_from_ecef
from tocsin.geo.geodesic import destination, distance_m
from tocsin.synthesis.flights import TOLERANCE, reconstruct
from tocsin.synthesis.launches import select
from tocsin.synthesis.trajectory import fly

LOFTED, OVERFLIGHT, SHORT = "NK-20171128-01", "NK-20170828-01", "NK-20191031-01"


def flight_or_refusal(row):
    try:
        return reconstruct(row), ""
    except FlightError as error:
        return None, str(error)


def test_every_complete_row_is_met_within_a_percent_or_refused_with_the_residual(table):
    met = 0
    for row in table.rows:
        if row.lacks():
            continue
        flight, refusal = flight_or_refusal(row)
        if flight is None:
            assert "misses the record by" in refusal
            continue
        met += 1
        assert flight.apogee_km == pytest.approx(row.apogee_km, rel=TOLERANCE)
        assert flight.range_km == pytest.approx(row.distance_km, rel=TOLERANCE)
        assert flight.bearing_deg == pytest.approx(row.bearing_deg, abs=np.degrees(TOLERANCE))
        recorded = destination(row.site_lat_deg, row.site_lon_deg, row.bearing_deg, 1000 * row.distance_km)
        miss_km = distance_m(flight.impact_lat_deg, flight.impact_lon_deg, *recorded) / 1000
        assert miss_km <= np.hypot(flight.range_error, flight.bearing_error) * row.distance_km + 1e-6
        assert 0 < flight.burnout_s < flight.duration_s
    assert met == 75


@pytest.mark.parametrize("launch_id", [LOFTED, OVERFLIGHT, SHORT])
def test_same_row_gives_the_same_flight_to_the_bit(table, flight_of, launch_id):
    first, again = flight_of(launch_id), reconstruct(select(table.rows, launch_id)[0])
    assert first is not again
    assert first.burn == again.burn
    assert first.states.tobytes() == again.states.tobytes()
    assert first.times_s.tobytes() == again.times_s.tobytes()


def test_flight_can_be_computed_again_from_its_burn_through_json(flight_of):
    flight = flight_of(OVERFLIGHT)
    burn = msgspec.json.decode(msgspec.json.encode(flight.burn), type=type(flight.burn))
    assert fly(burn).states.tobytes() == flight.states.tobytes()


@pytest.mark.parametrize("launch_id", [LOFTED, OVERFLIGHT, SHORT])
def test_coast_is_within_a_metre_of_a_step_refined_one(flight_of, launch_id):
    flight = flight_of(launch_id)
    start_s = flight.burnout_s
    end_s = flight.duration_s - 1e-3
    fine = coast(flight.state_at(start_s), flight.burn.cda_m, end_s - start_s, 0.2 / 8)
    assert np.linalg.norm(fine[:3] - flight.state_at(end_s)[:3]) < 1.0


def test_impact_is_where_the_samples_end(flight_of):
    flight = flight_of(SHORT)
    lat, lon, altitude_m = geodetic_from_ecef(flight.state_at(flight.duration_s)[:3])
    assert (lat, lon, altitude_m) == pytest.approx((flight.impact_lat_deg, flight.impact_lon_deg, 0), abs=1e-3)


def test_what_lacks_a_figure_is_refused(table):
    with pytest.raises(FlightError, match="NK-19840409-03: not replayable: no distance"):
        reconstruct(select(table.rows, "NK-19840409-03")[0])


@pytest.mark.parametrize(
    ("apogee_km", "distance_km"),
    [(30.0, 700.0), (1.0, 20_000.0), (50_000.0, 20_000.0)],  # a glider; no missile at all
)
def test_figures_that_no_ballistic_flight_meets_are_refused_with_the_residual(table, apogee_km, distance_km):
    row = msgspec.structs.replace(table.rows[-1], apogee_km=apogee_km, distance_km=distance_km)
    with pytest.raises(FlightError, match=r"misses the record by .*% in apogee, .*% in distance"):
        reconstruct(row)


def test_what_cannot_even_be_begun_is_refused(table):
    row = msgspec.structs.replace(table.rows[-1], apogee_km=5.0, distance_km=800.0)
    with pytest.raises(FlightError, match=r"come down again"):
        reconstruct(row)


@pytest.mark.parametrize("bearing_deg", [0.0, 180.0, 270.0, 360.0])
@pytest.mark.parametrize("site", [(0.0, 179.9), (-35.0, -60.0), (70.0, 10.0)])
def test_the_model_works_anywhere_and_in_any_direction(table, site, bearing_deg):
    row = msgspec.structs.replace(
        table.rows[-1], site_lat_deg=site[0], site_lon_deg=site[1], bearing_deg=bearing_deg, apogee_km=1200.0,
        distance_km=600.0,
    )  # fmt: skip
    flight = reconstruct(row)
    assert abs(flight.range_error) < 1e-5
    assert abs(flight.bearing_error) < 1e-5


def test_no_state_after_impact(flight_of):
    flight = flight_of(SHORT)
    with pytest.raises(DomainError):
        flight.state_at(flight.duration_s + 1)
