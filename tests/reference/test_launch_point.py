"""Does the radius of a launch point hold the site when the law of thrust is not the one assumed?"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from launch_feed import ALL, START, admit, detection
from tocsin.calibration.reference import flight_ids, reference_flight, reference_sensors
from tocsin.geo.geodesic import distance_m
from tocsin.synthesis.launches import load_launches
from tocsin.synthesis.sensors import observe
from tocsin.synthesis.truth import THRUSTS, ascend, fly
from tocsin.warning import WarningSettings
from tocsin.warning.fusion import Fusion
from tocsin.warning.launchpoint import LEAST_RADIUS_KM, better_origin
from tocsin.warning.plots import plot_of, seconds_of

SETTINGS = WarningSettings()
LAWS = ("slow", "fast", "even", "constant", "two stages")
LOOKED_AT_EVERY_S = 2.0


def origins_of(truth, members, seed):
    """What is said of the launch point until shortly after burnout: error and radius, km, one after the other."""
    fusion, origin, due_s, found = Fusion(SETTINGS), None, 0.0, []
    site = truth.burn.site_lat_deg, truth.burn.site_lon_deg
    for number, plot in enumerate(observe(truth, reference_sensors(), seed)):
        if plot.member not in members or plot.time_s > min(truth.burnout_s, 150.0) + 15.0:
            continue
        record = detection(plot.body, id_=f"d{number}", at=START + timedelta(seconds=plot.time_s), member=plot.member)
        for track in fusion.take([plot_of(admit(record, START))], seconds_of(START) + plot.time_s):
            if not track.is_confirmed or plot.time_s < due_s:
                continue
            due_s = plot.time_s + LOOKED_AT_EVERY_S
            better = better_origin(origin, track)
            if better is not None and better is not origin:
                origin = better
                found.append((distance_m(origin.lat_deg, origin.lon_deg, *site) * 1e-3, origin.radius_km))
    return found


@pytest.mark.parametrize(("members", "widest_km"), [(ALL, 7.0), (("KOR",), 7.0), (("USA",), 25.0), (("JPN",), 40.0)])
def test_the_radius_holds_the_site_under_other_laws_of_thrust(members, widest_km):
    said, last = [], []
    for place, flight_id in enumerate(flight_ids()):
        for law in (LAWS[place % len(LAWS)], LAWS[(place + 2) % len(LAWS)]):
            found = origins_of(fly(reference_flight(flight_id, 0), thrust=THRUSTS[law]), members, seed=place)
            said += found
            last += found[-1:]
    errors_km, radii_km = np.array(last).T
    assert len(last) >= 10
    assert (errors_km <= radii_km).mean() >= 0.95
    assert np.mean([error_km <= radius_km for error_km, radius_km in said]) >= 0.95
    assert radii_km.min() >= LEAST_RADIUS_KM
    assert np.median(radii_km) < widest_km


def test_it_holds_the_site_of_a_space_launch_too():
    row = next(row for row in load_launches().rows if row.is_space_launch and row.apogee_km is not None)
    for members in (ALL, ("KOR",)):
        error_km, radius_km = origins_of(ascend(row, altitude_km=400.0), members, seed=1)[-1]
        assert error_km <= radius_km
