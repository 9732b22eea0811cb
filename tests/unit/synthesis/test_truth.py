from __future__ import annotations

import numpy as np
import pytest

from tocsin.errors import DomainError, FlightError
from tocsin.geo.ballistics import coast
from tocsin.geo.earth import MU_M3_S2, OMEGA_RAD_S, altitude_at
from tocsin.geo.geodesic import distance_m
from tocsin.synthesis.launches import select
from tocsin.synthesis.truth import BROKEN_DRAG, LIFT_BELOW_M, THRUSTS, ascend, fly, shed

LOW, MEDIUM, SPACE = "NK-20190509-01", "NK-20170305-01", "NK-20121212-01"


def altitudes(truth):
    return np.array([altitude_at(*state[:3]) for state in truth.states])


def away_km(truth, flight):
    return distance_m(*truth.impact, flight.impact_lat_deg, flight.impact_lon_deg) / 1000


def test_without_departures_it_is_the_flight(flight_of):
    flight = flight_of(LOW)
    truth = fly(flight)
    assert truth.states.tobytes() == flight.states.tobytes()
    assert truth.impact == (flight.impact_lat_deg, flight.impact_lon_deg)
    assert (truth.burnout_s, truth.duration_s, truth.begins_s) == (flight.burnout_s, flight.duration_s, 0.0)


def test_a_lifted_body_falls_freely_until_it_sinks_into_the_air_and_then_goes_further(flight_of):
    flight = flight_of(LOW)
    reached = [away_km(fly(flight, lift_to_drag=ratio), flight) for ratio in (0.1, 0.3, 0.5, 0.8, 1.0)]
    assert reached == sorted(reached)
    assert reached[0] < 10
    assert 30 < reached[2] < 60  # 43 km were found with a prototype for a flight like this one
    truth = fly(flight, lift_to_drag=0.5)
    assert truth.lift_from_s > truth.burnout_s
    before, at = (altitude_at(*truth.state_at(truth.lift_from_s + dt_s)[:3]) for dt_s in (-0.2, 0.0))
    assert before >= LIFT_BELOW_M > at
    early = truth.times_s <= truth.lift_from_s
    assert truth.states[early] == pytest.approx(np.array([flight.state_at(t) for t in truth.times_s[early]]), abs=0.02)
    assert altitudes(truth)[-1] == pytest.approx(0.0, abs=1e-2)
    assert (np.diff(truth.times_s) > 0).all()


def test_a_body_that_is_never_above_the_air_is_lifted_from_its_apogee_on(flight_of):
    truth = fly(flight_of("NK-20190815-01"), lift_to_drag=0.3)  # 30 km high
    top_s = truth.times_s[np.argmax(altitudes(truth)[truth.times_s < truth.lift_from_s + 1.0])]
    assert truth.lift_from_s == pytest.approx(top_s, abs=0.5)


@pytest.mark.parametrize("profile", THRUSTS)
def test_another_thrust_meets_the_record_too(flight_of, profile):
    flight = flight_of(MEDIUM)
    truth = fly(flight, thrust=THRUSTS[profile], cda_m=1 / 5000)
    assert away_km(truth, flight) < 10.0  # 1 % of the range
    assert altitudes(truth).max() == pytest.approx(260e3, rel=0.01)
    assert truth.burn.cda_m == 1 / 5000
    assert (truth.burnout_s != flight.burnout_s) or profile == "standard"


def test_dense_air_is_more_drag_and_a_shorter_way(flight_of):
    flight = flight_of(MEDIUM)
    truth = fly(flight, density_factor=1.3)
    assert truth.burn.cda_m == pytest.approx(1.3 * flight.burn.cda_m)
    assert truth.burnout_s == flight.burnout_s
    site = flight.burn
    assert distance_m(site.site_lat_deg, site.site_lon_deg, *truth.impact) < 0.97 * 1000 * flight.range_km


def test_a_failure_rises_like_the_flight_and_falls_short(flight_of):
    flight = flight_of(MEDIUM)
    truth = fly(flight, fails_at=0.7)
    assert truth.burnout_s == pytest.approx(0.7 * flight.burnout_s)
    rising = truth.times_s < truth.burnout_s
    # the engine goes on to the end of its control step in the flight that does not fail
    assert truth.states[rising] == pytest.approx(
        np.array([flight.state_at(t) for t in truth.times_s[rising]]), abs=0.02
    )
    assert away_km(truth, flight) > 50
    fallen = coast(truth.state_at(truth.burnout_s + 10), BROKEN_DRAG * flight.burn.cda_m, 50.0, 0.05)
    assert truth.state_at(truth.burnout_s + 60)[:3] == pytest.approx(fallen[:3], abs=0.5)


def test_a_satellite_burns_until_its_orbit_is_reached_and_stays_there(table):
    launch = select(table.rows, SPACE)[0]
    truth = ascend(launch)
    assert truth.impact is None
    assert 400 < truth.burnout_s < 800
    accelerations = np.diff(truth.states[:, 3:], axis=0) / np.diff(truth.times_s)[:, None]
    burning = (truth.times_s[:-1] > 120) & (truth.times_s[:-1] < truth.burnout_s - 1)
    # earth-fixed: gravity and Coriolis are in it, so that it is bounded rather than equal
    assert np.linalg.norm(accelerations[burning], axis=1).min() > 5
    r, v = truth.states[-1, :3], truth.states[-1, 3:] + np.cross([0, 0, OMEGA_RAD_S], truth.states[-1, :3])
    assert altitude_at(*r) == pytest.approx(1000 * launch.apogee_km, rel=0.02)
    assert v @ v / 2 - MU_M3_S2 / np.linalg.norm(r) == pytest.approx(-MU_M3_S2 / 2 / np.linalg.norm(r), rel=0.01)
    assert abs(v @ r) / np.linalg.norm(v) / np.linalg.norm(r) < 0.005


def test_a_spent_stage_falls_from_where_it_parted(table):
    truth = ascend(select(table.rows, SPACE)[0])
    stage = shed(truth, at_s=115.0, cda_m=1 / 1000)
    assert stage.begins_s == 115.0
    assert stage.state_at(115.0) == pytest.approx(truth.state_at(115.0))
    site = truth.burn
    assert 200e3 < distance_m(site.site_lat_deg, site.site_lon_deg, *stage.impact) < 800e3
    with pytest.raises(DomainError, match="is there from 115"):
        stage.state_at(114.0)


def test_same_arguments_give_the_same_bits_and_others_another_name(flight_of):
    flight = flight_of(LOW)
    first, again = fly(flight, lift_to_drag=0.4), fly(flight, lift_to_drag=0.4)
    assert first.states.tobytes() == again.states.tobytes()
    assert first.name == again.name
    names = {
        fly(flight).name, first.name, fly(flight, fails_at=0.5).name, fly(flight, density_factor=1.3).name,
        fly(flight, thrust=THRUSTS["constant"]).name,
    }  # fmt: skip
    assert len(names) == 5


@pytest.mark.parametrize("wrong", [{"density_factor": 0.0}, {"lift_to_drag": -1.0}, {"fails_at": 0.0}, {"fails_at": 1}])
def test_departures_out_of_range_are_refused(flight_of, wrong):
    with pytest.raises(ValueError, match="density_factor is above 0"):
        fly(flight_of(LOW), **wrong)


def test_an_orbit_out_of_reach_and_a_row_without_site_are_refused(table):
    launch = select(table.rows, SPACE)[0]
    with pytest.raises(FlightError, match="no ascent of the model reaches 40000 km"):
        ascend(launch, altitude_km=40_000.0)
    with pytest.raises(FlightError, match="no site"):
        ascend(select(table.rows, "NK-20190417-01")[0])


def test_a_body_that_does_not_come_down_is_refused(table):
    truth = ascend(select(table.rows, SPACE)[0])
    with pytest.raises(DomainError, match="does not come down"):
        shed(truth, at_s=truth.duration_s, cda_m=1e-9)
