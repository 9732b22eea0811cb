"""Unpowered flight of a body that the air lifts: what ``ballistics`` leaves out of a pull-up or a glide."""

from __future__ import annotations

import math

import numpy as np

from tocsin.geo.air import density_kg_m3
from tocsin.geo.ballistics import acceleration
from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector, altitude_at


@njit
def lifted_acceleration(r: Vector, v: Vector, cda_m: float, lift_to_drag: float) -> Vector:
    """Return the acceleration, shape (3,), m/s², in the rotating frame.

    The lift is ``lift_to_drag`` times the drag, across the velocity, in the vertical plane and upwards. Falling
    straight down there is none.

    Args:
        r: Position, shape (3,), metres.
        v: Velocity relative to the earth, shape (3,), m/s.
        cda_m: Drag coefficient times area over mass, m²/kg.
        lift_to_drag: Zero or more.

    Source:
        Vinh, Busemann, Culp, Hypersonic and Planetary Entry Flight Mechanics, ch. 2, without bank.
    """
    a = acceleration(r, v, cda_m)
    speed = math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
    radius = math.sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2])
    if speed == 0.0:
        return a
    climb = (v[0] * r[0] + v[1] * r[1] + v[2] * r[2]) / (speed * radius)
    level = math.sqrt(max(0.0, 1.0 - climb * climb))
    if level < 1e-9:
        return a
    lift = 0.5 * density_kg_m3(altitude_at(r[0], r[1], r[2])) * cda_m * speed * speed * lift_to_drag
    for axis in range(3):
        a[axis] += lift * (r[axis] / radius - climb * v[axis] / speed) / level
    return a


@njit
def step_lifted(state: Vector, cda_m: float, lift_to_drag: float, dt_s: float) -> Vector:
    """Return the state, shape (6,), after one Runge-Kutta step of fourth order."""
    slope, total, here = np.empty(6), np.zeros(6), state.copy()
    for stage in range(4):
        slope[:3] = here[3:]
        slope[3:] = lifted_acceleration(here[:3], here[3:], cda_m, lift_to_drag)
        total += slope * (2.0 if stage in (1, 2) else 1.0)
        here = state + slope * (dt_s if stage == 2 else 0.5 * dt_s)
    return state + total * (dt_s / 6.0)
