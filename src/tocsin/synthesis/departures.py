"""Compiled paths of what does not fall freely: a body that is lifted, one that broke, a rocket on its way to orbit.

Rows are kept as by ``trajectory.trace``: time and state, shape (n, 7), ``SAMPLE_STEP_S`` apart.
"""

from __future__ import annotations

import math

import numpy as np

from tocsin.geo.ballistics import step_powered
from tocsin.geo.compiled import njit
from tocsin.geo.earth import MU_M3_S2, OMEGA_RAD_S, Vector, altitude_at
from tocsin.geo.lift import step_lifted
from tocsin.synthesis.trajectory import LONGEST_S, SAMPLE_STEP_S, boost, record

_SUBSTEPS = 4
_STEEPEST = 0.95
_LAST_GUIDED_S = 5.0


@njit
def descend(  # noqa: PLR0917 - compiled code takes its arguments by position
    start: Vector, start_s: float, cda_m: float, lift_to_drag: float, below_m: float, rows: Vector
) -> tuple[int, float]:
    """Follow an unpowered body down to height 0 of the ellipsoid, lifted from some height on.

    The lift begins when the body first sinks below ``below_m`` and then stays, also if it climbs again.

    Args:
        start: State, shape (6,).
        start_s: Its time.
        cda_m: Drag coefficient times area over mass, m²/kg.
        lift_to_drag: Zero or more.
        below_m: Altitude.
        rows: For the samples, ``start`` the first of them.

    Returns:
        How many rows were written, and when the lift began (infinite: never). No row if it does not come down within
        ``LONGEST_S``, or if there are more samples than rows.
    """
    state, time_s, lift_s = start.copy(), start_s, math.inf
    count = record(rows, 0, time_s, state)
    height = altitude_at(state[0], state[1], state[2])
    tick = math.floor(time_s / SAMPLE_STEP_S + 1e-9)
    while time_s < LONGEST_S and count < rows.shape[0]:
        tick += 1
        dt_s = tick * SAMPLE_STEP_S - time_s
        lift = lift_to_drag if math.isfinite(lift_s) else 0.0
        after = _lifted(state, cda_m, lift, dt_s)
        height_after = altitude_at(after[0], after[1], after[2])
        if height_after <= 0.0 and height_after < height:
            low_s, high_s = 0.0, dt_s
            for _ in range(40):
                middle_s = 0.5 * (low_s + high_s)
                after = _lifted(state, cda_m, lift, middle_s)
                if altitude_at(after[0], after[1], after[2]) > 0.0:
                    low_s = middle_s
                else:
                    high_s = middle_s
            return record(rows, count, time_s + high_s, after), lift_s
        if math.isinf(lift_s) and height_after < below_m and height_after < height:
            lift_s = tick * SAMPLE_STEP_S
        state, height, time_s = after, height_after, tick * SAMPLE_STEP_S
        count = record(rows, count, time_s, state)
    return 0, lift_s


@njit
def _lifted(state: Vector, cda_m: float, lift_to_drag: float, dt_s: float) -> Vector:
    after = state
    for _ in range(_SUBSTEPS):
        after = step_lifted(after, cda_m, lift_to_drag, dt_s / _SUBSTEPS)
    return after


@njit
def ascend(  # noqa: PLR0917 - compiled code takes its arguments by position
    frame: Vector, law: Vector, thrust_m_s2: float, altitude_m: float, after_s: float, rows: Vector
) -> tuple[int, float]:
    """Fly into a circular orbit: a first stage like any other, then upper stages that burn until it is reached.

    The upper stages steer so that altitude and climb are met when the speed is: the climb's acceleration is linear in
    time, what is left of the thrust goes along the track.

    Args:
        frame: From ``trajectory.launch_frame``.
        law: Of the first stage, from ``trajectory.burn_array``.
        thrust_m_s2: Thrust over mass of the upper stages together.
        altitude_m: Of the orbit.
        after_s: How long to follow it in orbit.
        rows: For the samples.

    Returns:
        How many rows were written, and when the orbit was reached; no row if it was not.

    Source:
        Cherry (1964), A general, explicit, optimizing guidance law for rocket-propelled spaceflight (E guidance).
    """
    state, count = boost(frame, law, law[0], rows)
    if count < 0:
        return 0, math.inf
    time_s = law[0]
    count = record(rows, count, time_s, state)
    tick = math.floor(time_s / SAMPLE_STEP_S + 1e-9)
    push = np.zeros(3)
    left_s = 400.0
    while time_s < LONGEST_S and count < rows.shape[0]:
        tick += 1
        dt_s = tick * SAMPLE_STEP_S - time_s
        left_s = _steer(state, thrust_m_s2, altitude_m, left_s, push)
        is_in_orbit = left_s <= 0.0
        state = step_powered(state, law[7], push, min(dt_s, left_s) if left_s > 0.0 else 0.0)
        time_s += min(dt_s, left_s) if left_s > 0.0 else 0.0
        if is_in_orbit or left_s <= dt_s:
            break
        count = record(rows, count, time_s, state)
        if altitude_at(state[0], state[1], state[2]) < 0.0:
            return 0, math.inf
    else:
        return 0, math.inf
    return _stay(state, time_s, after_s, count, rows), time_s


@njit
def _steer(state: Vector, thrust_m_s2: float, altitude_m: float, left_s: float, push: Vector) -> float:
    """Set the push, shape (3,), and return how long it has yet to last; 0 or less: the orbit is reached."""
    r, v = state[:3], state[3:].copy()
    v[0] -= OMEGA_RAD_S * state[1]
    v[1] += OMEGA_RAD_S * state[0]
    radius = math.sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2])
    up = r / radius
    climb = v[0] * up[0] + v[1] * up[1] + v[2] * up[2]
    level = v - climb * up
    speed = math.sqrt(level[0] * level[0] + level[1] * level[1] + level[2] * level[2])
    height = altitude_at(state[0], state[1], state[2])
    missing = math.sqrt(MU_M3_S2 / (radius + altitude_m - height)) - speed
    weight = MU_M3_S2 / (radius * radius) - speed * speed / radius
    upward = 0.0
    for _ in range(5):
        ahead_s = max(left_s, _LAST_GUIDED_S)
        upward = weight + 6.0 * (altitude_m - height) / (ahead_s * ahead_s) - 4.0 * climb / ahead_s
        upward = min(max(upward, -_STEEPEST * thrust_m_s2), _STEEPEST * thrust_m_s2)
        left_s = missing / math.sqrt(thrust_m_s2 * thrust_m_s2 - upward * upward)
    along = math.sqrt(thrust_m_s2 * thrust_m_s2 - upward * upward)
    for axis in range(3):
        push[axis] = upward * up[axis] + along * level[axis] / speed
    return left_s


@njit
def _stay(state: Vector, time_s: float, after_s: float, count: int, rows: Vector) -> int:
    """Go on without thrust for a time; return how many rows there are."""
    count = record(rows, count, time_s, state)
    still = np.zeros(3)
    end_s = time_s + after_s
    tick = math.floor(time_s / SAMPLE_STEP_S + 1e-9)
    while time_s < end_s and count < rows.shape[0]:
        tick += 1
        state = step_powered(state, 0.0, still, tick * SAMPLE_STEP_S - time_s)
        time_s = tick * SAMPLE_STEP_S
        count = record(rows, count, time_s, state)
    return count
