"""A powered launch and what follows it, from a handful of parameters to a path in time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec
import numpy as np

from tocsin.errors import DomainError
from tocsin.geo.ballistics import fall, step, step_powered
from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector, altitude_at, ecef_from_geodetic, enu_basis

SAMPLE_STEP_S = 0.2
"""Between the samples of a trajectory, and of the integration."""
LONGEST_S = 7200.0
"""A body that is still up after this is taken not to come down."""


class Burn(msgspec.Struct, frozen=True, kw_only=True):
    """All that determines a trajectory, so that it can be computed again to the bit.

    It rises straight up, is tilted for a moment by two angles, then turns with gravity (thrust along the
    velocity). Two tilts rather than a tilt and an azimuth, since near the vertical an azimuth means nothing while the
    earth's rotation alone moves the impact by hundreds of kilometres.
    """

    site_lat_deg: float
    site_lon_deg: float
    bearing_deg: float
    """Direction that ``tilt_along_rad`` leans towards; ``tilt_across_rad`` leans to its right."""
    burn_s: float
    tilt_along_rad: float
    tilt_across_rad: float
    thrust_start_m_s2: float = 22.0
    """Thrust over mass at the start of a stage; it grows evenly until the stage is spent."""
    thrust_end_m_s2: float = 60.0
    rise_s: float = 5.0
    tilt_s: float = 5.0
    cda_m: float = 1.0 / 8000.0
    """Drag coefficient times area over mass, m²/kg."""
    control_step_s: float = 0.2
    """Thrust is held for this long. Another step is another control law: it moves the impact by up to 2 km."""
    stages: int = 1
    """The growth of the thrust begins anew so often, after equal parts of the burn."""


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A path from lift-off to impact.

    ``times_s`` has shape (n,), seconds after lift-off; ``states`` (n, 6), ECEF metres and m/s. Samples are
    ``SAMPLE_STEP_S`` apart, with burnout and impact as two more of them.
    """

    burn: Burn
    times_s: Vector
    states: Vector
    apogee_m: float

    @property
    def duration_s(self) -> float:
        """From lift-off to impact."""
        return float(self.times_s[-1])

    def state_at(self, time_s: float) -> Vector:
        """Return the state, shape (6,), at a time after lift-off, by cubic Hermite interpolation (to a millimetre).

        Raises:
            DomainError: The time is before lift-off or after impact.
        """
        if not 0.0 <= time_s <= self.duration_s:
            raise DomainError(f"the flight lasts from 0 to {self.duration_s:.3f} s; there is no state at {time_s} s")
        return interpolate(self.times_s, self.states, time_s)


@njit
def interpolate(times_s: Vector, states: Vector, time_s: float) -> Vector:
    """Return the state, shape (6,), at a time from the first to the last of the samples.

    By the cubic through position and velocity on both sides; ``times_s`` has shape (n,), ``states`` (n, 6).
    """
    row, above = 0, times_s.size - 1
    while above - row > 1:
        middle = (row + above) // 2
        if times_s[middle] <= time_s:
            row = middle
        else:
            above = middle
    h = times_s[row + 1] - times_s[row]
    s = (time_s - times_s[row]) / h
    after = np.empty(6)
    for axis in range(3):
        r0, v0, r1, v1 = states[row, axis], states[row, axis + 3], states[row + 1, axis], states[row + 1, axis + 3]
        after[axis] = (
            (1 + 2 * s) * (1 - s) * (1 - s) * r0 + s * (1 - s) * (1 - s) * h * v0
            + s * s * (3 - 2 * s) * r1 + s * s * (s - 1) * h * v1
        )  # fmt: skip
        after[axis + 3] = 6 * s * (1 - s) * (r1 - r0) / h + (1 - s) * (1 - 3 * s) * v0 + s * (3 * s - 2) * v1
    return after


def fly(burn: Burn) -> Trajectory:
    """Compute the path.

    Raises:
        DomainError: It hits the ground or sinks before burnout, or does not come down within ``LONGEST_S``.
    """
    rows = np.empty((int(LONGEST_S / SAMPLE_STEP_S) + 4, 7))
    count, apogee_m, _, _ = trace(launch_frame(burn), burn_array(burn), SAMPLE_STEP_S, rows)
    if math.isnan(apogee_m):
        raise DomainError("under this thrust the body does not rise, burn out and come down again")
    rows = rows[:count].copy()
    return Trajectory(burn=burn, times_s=rows[:, 0].copy(), states=rows[:, 1:].copy(), apogee_m=apogee_m)


def launch_frame(burn: Burn) -> Vector:
    """Return site, up, along and across as the rows of a (4, 3) array, ECEF; the site lies at altitude 0."""
    east, north, up = enu_basis(burn.site_lat_deg, burn.site_lon_deg)
    bearing = math.radians(burn.bearing_deg)
    along = math.sin(bearing) * east + math.cos(bearing) * north
    across = math.cos(bearing) * east - math.sin(bearing) * north
    return np.stack([ecef_from_geodetic(burn.site_lat_deg, burn.site_lon_deg, 0.0), up, along, across])


def burn_array(burn: Burn) -> Vector:
    """Return the numbers that ``trace`` takes, shape (10,); the first three are what a reconstruction varies."""
    return np.array([
        burn.burn_s, burn.tilt_along_rad, burn.tilt_across_rad, burn.thrust_start_m_s2, burn.thrust_end_m_s2,
        burn.rise_s, burn.tilt_s, burn.cda_m, burn.control_step_s, burn.stages,
    ])  # fmt: skip


# Loops and scalars stand where array expressions would be shorter: those take seconds to compile.


@njit
def record(rows: Vector, count: int, time_s: float, state: Vector) -> int:
    """Keep a sample, time and state, if there is room for it in ``rows``, shape (n, 7); return how many there are."""
    if count >= rows.shape[0]:
        return count
    rows[count, 0] = time_s
    for axis in range(6):
        rows[count, axis + 1] = state[axis]
    return count + 1


@njit
def boost(frame: Vector, law: Vector, until_s: float, rows: Vector) -> tuple[Vector, int]:
    """Fly under thrust, until burnout or an earlier end.

    Args:
        frame: From ``launch_frame``.
        law: From ``burn_array``.
        until_s: When it ends, if that is before burnout.
        rows: As for ``trace``.

    Returns:
        The state there and the rows written, that of the state itself not among them; -1 of them if it hit the ground.
    """
    burn_s, rise_s, tilt_s, cda_m, control_s = law[0], law[5], law[6], law[7], law[8]
    tilt = math.sqrt(law[1] * law[1] + law[2] * law[2])
    lean = math.sin(tilt) / tilt if tilt > 0.0 else 1.0
    state, push = np.zeros(6), np.zeros(3)
    for axis in range(3):
        state[axis] = frame[0, axis]
    count = 0
    end_s = min(burn_s, until_s)
    for index in range(math.ceil(end_s / control_s)):
        time_s = index * control_s
        count = record(rows, count, time_s, state)
        dt_s = min(control_s, end_s - time_s)
        spent = (time_s + 0.5 * dt_s) / burn_s * law[9]
        thrust = law[3] + (law[4] - law[3]) * (spent - math.floor(spent))
        speed = math.sqrt(state[3] * state[3] + state[4] * state[4] + state[5] * state[5])
        for axis in range(3):
            if time_s < rise_s - 1e-9:
                direction = frame[1, axis]
            elif time_s < rise_s + tilt_s - 1e-9:
                direction = math.cos(tilt) * frame[1, axis] + lean * (law[1] * frame[2, axis] + law[2] * frame[3, axis])
            else:
                direction = state[axis + 3] / speed
            push[axis] = thrust * direction
        state = step_powered(state, cda_m, push, dt_s)
        if altitude_at(state[0], state[1], state[2]) < 0.0:
            return state, -1
    return state, count


@njit
def _top(first_s: float, first: float, middle: float, last_s: float, last: float) -> float:
    """Highest point of the parabola through three altitudes; times are relative to the middle one."""
    a = (first - middle) / first_s
    b = (last - middle) / last_s
    curve = (b - a) / (last_s - first_s)
    slope = a - curve * first_s
    return middle - slope * slope / (4.0 * curve)


@njit
def trace(frame: Vector, law: Vector, coast_step_s: float, rows: Vector) -> tuple[int, float, Vector, float]:
    """Fly from lift-off to height 0 of the ellipsoid.

    Args:
        frame: From ``launch_frame``.
        law: From ``burn_array``.
        coast_step_s: Step after burnout; samples then lie on its multiples.
        rows: Shape (n, 7), for time and state of every sample; none are kept beyond n, so (0, 7) keeps none.

    Returns:
        Rows written, apogee in metres, state (6,) at impact, time of impact in seconds. Apogee is NaN if it does not
        rise, burn out, and come down again.
    """
    state, count = boost(frame, law, law[0], rows)
    cda_m, time_s = law[7], law[0]
    if count < 0:
        return 0, math.nan, state, time_s
    apogee_m = math.nan
    height = altitude_at(state[0], state[1], state[2])
    height_before, before_s = height, 0.0
    tick = math.floor(time_s / coast_step_s + 1e-9)
    while time_s < LONGEST_S:
        count = record(rows, count, time_s, state)
        tick += 1
        dt_s = tick * coast_step_s - time_s
        after = step(state, cda_m, dt_s)
        height_after = altitude_at(after[0], after[1], after[2])
        if math.isnan(apogee_m) and height_after < height:
            if before_s == 0.0:  # sinking at burnout already
                return 0, math.nan, state, time_s
            apogee_m = _top(before_s, height_before, height, dt_s, height_after)
        if height_after <= 0.0:
            state, left_s = fall(state, cda_m, dt_s, 2.0 * dt_s)
            time_s += left_s
            return record(rows, count, time_s, state), apogee_m, state, time_s
        height_before, before_s = height, -dt_s
        state, height, time_s = after, height_after, tick * coast_step_s
    return 0, math.nan, state, time_s
