"""Unpowered flight of a body that the air lifts: what ``ballistics`` leaves out of a pull-up or a glide."""

from __future__ import annotations

import math

import numpy as np

from tocsin.geo.air import density_kg_m3
from tocsin.geo.ballistics import acceleration, step
from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector, altitude_at

_THIN_AIR_M = 60_000.0
_THIN_AIR_STEP_S = 2.0
_STEP_S = 1.0


@njit
def lifted_acceleration(r: Vector, v: Vector, cda_m: float, lift_to_drag: float, bank_rad: float = 0.0) -> Vector:
    """Return the acceleration, shape (3,), m/s², in the rotating frame.

    The lift is ``lift_to_drag`` times the drag and across the velocity. Falling straight down there is none.

    Args:
        r: Position, shape (3,), metres.
        v: Velocity relative to the earth, shape (3,), m/s.
        cda_m: Drag coefficient times area over mass, m²/kg.
        lift_to_drag: Zero or more.
        bank_rad: Of the lift: 0 in the vertical plane and upwards, positive to the right, pi downwards.

    Source:
        Vinh, Busemann, Culp, Hypersonic and Planetary Entry Flight Mechanics, ch. 2.
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
        upward = (r[axis] / radius - climb * v[axis] / speed) / level
        if bank_rad == 0.0:
            a[axis] += lift * upward
        else:
            one, two = (axis + 1) % 3, (axis + 2) % 3
            rightward = (v[one] * r[two] - v[two] * r[one]) / (speed * radius * level)
            a[axis] += lift * (math.cos(bank_rad) * upward + math.sin(bank_rad) * rightward)
    return a


@njit
def step_lifted(state: Vector, cda_m: float, lift_to_drag: float, dt_s: float, bank_rad: float = 0.0) -> Vector:
    """Return the state, shape (6,), after one Runge-Kutta step of fourth order."""
    slope, total, here = np.empty(6), np.zeros(6), state.copy()
    for stage in range(4):
        slope[:3] = here[3:]
        slope[3:] = lifted_acceleration(here[:3], here[3:], cda_m, lift_to_drag, bank_rad)
        total += slope * (2.0 if stage in (1, 2) else 1.0)
        here = state + slope * (dt_s if stage == 2 else 0.5 * dt_s)
    return state + total * (dt_s / 6.0)


@njit
def fall_lifted(  # noqa: PLR0917 - compiled code takes its arguments by position
    state: Vector, cda_m: float, lift_to_drag: float, bank_rad: float, below_m: float, max_s: float
) -> tuple[Vector, float]:
    """Follow a body down to height 0 of the ellipsoid that is lifted once it has sunk below some height.

    The lift then stays, also if the body climbs again. Steps are of 1 s in air and 2 s in thin air: for warning, where
    the place is wanted to a tenth of a kilometre.

    Args:
        state: Shape (6,); it is left as it is.
        cda_m: Drag coefficient times area over mass, m²/kg.
        lift_to_drag: Zero or more.
        bank_rad: As of ``lifted_acceleration``, held constant.
        below_m: Height at which the lift begins; at once for a body that is below it and sinks.
        max_s: When to give up.

    Returns:
        The state at height 0 and the time to it in seconds; infinite if it is not down by ``max_s``.
    """
    here = state.copy()
    height = altitude_at(here[0], here[1], here[2])
    climb = here[0] * here[3] + here[1] * here[4] + here[2] * here[5]
    is_lifted = height < below_m and climb < 0.0
    time_s = 0.0
    while time_s < max_s:
        dt_s = _THIN_AIR_STEP_S if height > _THIN_AIR_M and not is_lifted else _STEP_S
        after = _move(here, cda_m, lift_to_drag if is_lifted else 0.0, bank_rad, dt_s)
        height_after = altitude_at(after[0], after[1], after[2])
        if not is_lifted and height_after < below_m and height_after < height:
            if height > below_m:  # begin at that height and not at the end of a step
                dt_s *= (height - below_m) / (height - height_after)
                after = step(here, cda_m, dt_s)
                height_after = altitude_at(after[0], after[1], after[2])
            is_lifted = True
        if height_after <= 0.0 and height_after < height:
            if height <= 0.0:
                return here, time_s
            low_s, high_s = 0.0, dt_s
            for _ in range(20):
                middle_s = 0.5 * (low_s + high_s)
                after = _move(here, cda_m, lift_to_drag if is_lifted else 0.0, bank_rad, middle_s)
                if altitude_at(after[0], after[1], after[2]) > 0.0:
                    low_s = middle_s
                else:
                    high_s = middle_s
            return after, time_s + high_s
        here, height = after, height_after
        time_s += dt_s
    return here, math.inf


@njit
def _move(state: Vector, cda_m: float, lift_to_drag: float, bank_rad: float, dt_s: float) -> Vector:
    if lift_to_drag == 0.0:
        return step(state, cda_m, dt_s)
    return step_lifted(state, cda_m, lift_to_drag, dt_s, bank_rad)
