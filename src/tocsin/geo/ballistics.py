"""Unpowered flight in the earth-fixed frame: gravity with J2, the earth's rotation, and drag.

A state is an array of shape (6,): position and velocity, ECEF, metres and metres per second. The air turns with the
earth and has no wind. ``cda_m`` is drag coefficient times area over mass, m²/kg (one over the mass per drag area);
zero means no drag. Leaving a term out moves the impact by what ``docs/explanation`` tabulates, up to 455 km for the
rotation.
"""

from __future__ import annotations

import math

import numpy as np

from tocsin.geo.air import TOP_M, density_kg_m3
from tocsin.geo.compiled import njit
from tocsin.geo.earth import J2, MU_M3_S2, OMEGA_RAD_S, WGS84_A_M, Vector, altitude_at

_CROSSING_M = 1e-4
_DRAG_FREE_RADIUS_M = WGS84_A_M + TOP_M


@njit
def _acceleration(  # noqa: PLR0917 - compiled code takes its arguments by position
    x: float, y: float, z: float, vx: float, vy: float, vz: float, cda_m: float
) -> tuple[float, float, float]:
    """``acceleration`` in scalars, which the compiler keeps in registers."""
    r2 = x * x + y * y + z * z
    r = math.sqrt(r2)
    central = -MU_M3_S2 / (r2 * r)
    oblate = 1.5 * J2 * WGS84_A_M * WGS84_A_M / r2
    z2 = 5.0 * z * z / r2
    equatorial = central * (1.0 + oblate * (1.0 - z2)) + OMEGA_RAD_S * OMEGA_RAD_S
    ax = equatorial * x + 2.0 * OMEGA_RAD_S * vy
    ay = equatorial * y - 2.0 * OMEGA_RAD_S * vx
    az = central * (1.0 + oblate * (3.0 - z2)) * z
    if cda_m != 0.0 and r < _DRAG_FREE_RADIUS_M:
        speed = math.sqrt(vx * vx + vy * vy + vz * vz)
        drag = -0.5 * density_kg_m3(altitude_at(x, y, z)) * cda_m * speed
        ax += drag * vx
        ay += drag * vy
        az += drag * vz
    return ax, ay, az


@njit
def acceleration(r: Vector, v: Vector, cda_m: float) -> Vector:
    """Return the acceleration, shape (3,), m/s², that an unpowered body feels in the rotating frame.

    Args:
        r: Position, shape (3,), metres.
        v: Velocity relative to the earth, shape (3,), m/s.
        cda_m: Drag coefficient times area over mass, m²/kg.

    Source:
        Vallado, 4th ed., eq. 8-26 (J2) and 8-28 (drag); Coriolis and centrifugal terms of a uniform rotation.
    """
    a = np.empty(3)
    a[0], a[1], a[2] = _acceleration(r[0], r[1], r[2], v[0], v[1], v[2], cda_m)
    return a


@njit
def step(state: Vector, cda_m: float, dt_s: float) -> Vector:
    """Return the state after one Runge-Kutta step of fourth order; ``dt_s`` may be negative."""
    return _step(state, cda_m, 0.0, 0.0, 0.0, dt_s)


@njit
def step_powered(state: Vector, cda_m: float, push: Vector, dt_s: float) -> Vector:
    """Return the state after one such step under a push besides: an acceleration of shape (3,), m/s², held constant."""
    return _step(state, cda_m, push[0], push[1], push[2], dt_s)


@njit
def _step(  # noqa: PLR0917 - compiled code takes its arguments by position
    state: Vector, cda_m: float, px: float, py: float, pz: float, dt_s: float
) -> Vector:
    """One step under a constant push, in scalars."""
    x, y, z, vx, vy, vz = state[0], state[1], state[2], state[3], state[4], state[5]
    h = 0.5 * dt_s
    gx, gy, gz = _acceleration(x, y, z, vx, vy, vz, cda_m)
    ax1, ay1, az1 = gx + px, gy + py, gz + pz
    vx2, vy2, vz2 = vx + h * ax1, vy + h * ay1, vz + h * az1
    gx, gy, gz = _acceleration(x + h * vx, y + h * vy, z + h * vz, vx2, vy2, vz2, cda_m)
    ax2, ay2, az2 = gx + px, gy + py, gz + pz
    vx3, vy3, vz3 = vx + h * ax2, vy + h * ay2, vz + h * az2
    gx, gy, gz = _acceleration(x + h * vx2, y + h * vy2, z + h * vz2, vx3, vy3, vz3, cda_m)
    ax3, ay3, az3 = gx + px, gy + py, gz + pz
    vx4, vy4, vz4 = vx + dt_s * ax3, vy + dt_s * ay3, vz + dt_s * az3
    gx, gy, gz = _acceleration(x + dt_s * vx3, y + dt_s * vy3, z + dt_s * vz3, vx4, vy4, vz4, cda_m)
    ax4, ay4, az4 = gx + px, gy + py, gz + pz
    w = dt_s / 6.0
    after = np.empty(6)
    after[0] = x + w * (vx + 2.0 * (vx2 + vx3) + vx4)
    after[1] = y + w * (vy + 2.0 * (vy2 + vy3) + vy4)
    after[2] = z + w * (vz + 2.0 * (vz2 + vz3) + vz4)
    after[3] = vx + w * (ax1 + 2.0 * (ax2 + ax3) + ax4)
    after[4] = vy + w * (ay1 + 2.0 * (ay2 + ay3) + ay4)
    after[5] = vz + w * (az1 + 2.0 * (az2 + az3) + az4)
    return after


@njit
def coast(state: Vector, cda_m: float, duration_s: float, step_s: float) -> Vector:
    """Return the state after a time of unpowered flight.

    Args:
        state: Shape (6,); it is left as it is.
        cda_m: Drag coefficient times area over mass, m²/kg.
        duration_s: How long; negative goes back in time.
        step_s: Longest step, above 0; the duration is cut into equal steps of at most this.
    """
    count = math.ceil(abs(duration_s) / step_s)
    after = state.copy()
    for _ in range(count):
        after = step(after, cda_m, duration_s / count)
    return after


@njit
def fall(state: Vector, cda_m: float, step_s: float, max_s: float) -> tuple[Vector, float]:
    """Follow an unpowered body down to height 0 of the ellipsoid.

    Args:
        state: Shape (6,); it is left as it is.
        cda_m: Drag coefficient times area over mass, m²/kg.
        step_s: Step of the integration, above 0; 0.5 s keeps the impact of every flight of the launch table to
            within a metre.
        max_s: When to give up.

    Returns:
        The state at the crossing, to a tenth of a millimetre of altitude, and the time to it in seconds. A body
        that is at or below height 0 and not rising is there already: time 0. One that has not come down after
        ``max_s`` gives its state then and an infinite time.
    """
    before = state.copy()
    height = altitude_at(before[0], before[1], before[2])
    time_s = 0.0
    while time_s < max_s:
        dt_s = min(step_s, max_s - time_s)
        after = step(before, cda_m, dt_s)
        height_after = altitude_at(after[0], after[1], after[2])
        if height_after <= 0.0 and height > height_after:
            if height <= 0.0:
                return before, time_s
            crossing_s = _crossing(before, cda_m, height, dt_s, height_after)
            return step(before, cda_m, crossing_s), time_s + crossing_s
        before, height = after, height_after
        time_s += dt_s
    return before, math.inf


@njit
def _crossing(before: Vector, cda_m: float, height: float, dt_s: float, height_after: float) -> float:
    """Seconds from ``before`` to height 0, which lies within ``dt_s``: false position with the Illinois rule."""
    low_s, high_s, low, high = 0.0, dt_s, height, height_after
    middle_s, side = dt_s, 0
    for _ in range(60):
        middle_s = (low_s * high - high_s * low) / (high - low)
        there = step(before, cda_m, middle_s)
        middle = altitude_at(there[0], there[1], there[2])
        if abs(middle) < _CROSSING_M:
            break
        if middle > 0.0:
            low_s, low = middle_s, middle
            if side == 1:
                high *= 0.5
            side = 1
        else:
            high_s, high = middle_s, middle
            if side == -1:
                low *= 0.5
            side = -1
    return middle_s
