"""Unpowered flight against an integrator that is not ours (SciPy's DOP853, forces written in vectors).

The table says how far the impact moves if a force is left out from five seconds after burnout; it was measured with
a prototype of which nothing remains but the figures.
"""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from tocsin.geo import earth
from tocsin.geo.air import density_kg_m3
from tocsin.geo.ballistics import fall
from tocsin.geo.geodesic import distance_m
from tocsin.synthesis.flights import reconstruct
from tocsin.synthesis.launches import load_launches

CDA_M = 1 / 8000
SPIN = np.array([0.0, 0.0, earth.OMEGA_RAD_S])

# site, bearing, range and apogee (km), then the shift of the impact in km without J2, rotation and drag, and with
# twice the drag
TABLE = {
    "KN-25": ((38.87, 125.93, 56, 350, 100), (0.5, 4.7, 3.2, 3.3)),
    "Scud-C": ((38.67, 126.66, 70, 490, 130), (0.7, 8.8, 1.7, 1.8)),
    "ER Scud": ((39.66, 124.71, 80, 1000, 260), (1.4, 27, 0.3, 0.4)),
    "Hwasong-12 long": ((39.2, 125.67, 72, 3700, 770), (5.0, 225, 0.2, 0.3)),
    "Hwasong-12 lofted": ((40.1, 125.2, 71, 787, 2111.5), (7.5, 140, 0.0, 0.0)),
    "Hwasong-15": ((39.3, 125.9, 76, 950, 4475), (10.8, 455, 0.0, 0.0)),
}


def integrate(state, *, has_j2=True, has_rotation=True, cda_m=CDA_M):
    def derivative(_, y):
        r, v = y[:3], y[3:]
        distance = np.linalg.norm(r)
        a = -earth.MU_M3_S2 * r / distance**3
        if has_j2:
            pull = 1.5 * earth.J2 * earth.MU_M3_S2 * earth.WGS84_A_M**2 / distance**5
            a -= pull * r * (np.array([1, 1, 3]) - 5 * (r[2] / distance) ** 2)
        if has_rotation:
            a -= 2 * np.cross(SPIN, v) + np.cross(SPIN, np.cross(SPIN, r))
        a -= 0.5 * density_kg_m3(earth.geodetic_from_ecef(r)[2]) * cda_m * np.linalg.norm(v) * v
        return np.concatenate([v, a])

    def height(_, y):
        return earth.geodetic_from_ecef(y[:3])[2]

    height.terminal, height.direction = True, -1
    path = solve_ivp(
        derivative, (0, 5000), state, method="DOP853", rtol=1e-9, atol=1e-6, events=height, max_step=20
    )  # fmt: skip
    return path.y_events[0][0]


def apart_km(first, second):
    here, there = earth.geodetic_from_ecef(first[:3]), earth.geodetic_from_ecef(second[:3])
    return distance_m(*here[:2], *there[:2]) / 1000


@pytest.mark.parametrize("name", TABLE)
def test_forces_move_the_impact_as_tabulated(name):
    (lat, lon, bearing, distance_km, apogee_km), expected = TABLE[name]
    row = msgspec.structs.replace(
        load_launches().rows[0], site_lat_deg=lat, site_lon_deg=lon, bearing_deg=float(bearing),
        apogee_km=float(apogee_km), distance_km=float(distance_km),
    )  # fmt: skip
    flight = reconstruct(row)
    state = flight.state_at(flight.burnout_s + 5)
    whole = integrate(state)
    ours, _ = fall(state, CDA_M, 0.5, 5000.0)
    assert np.linalg.norm(ours[:3] - whole[:3]) < 1.0

    shifts = (
        apart_km(integrate(state, has_j2=False), whole),
        apart_km(integrate(state, has_rotation=False), whole),
        apart_km(integrate(state, cda_m=0.0), whole),
        apart_km(integrate(state, cda_m=2 * CDA_M), whole),
    )
    for shift, tabulated in zip(shifts, expected, strict=True):
        assert shift == pytest.approx(tabulated, rel=0.05, abs=0.1)
