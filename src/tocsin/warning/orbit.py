"""The orbit that a state would follow: what tells a satellite from what comes down."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tocsin.geo.earth import MU_M3_S2, OMEGA_RAD_S, Vector

_EARTH_RADIUS_M = 6_371_000.0


@dataclass(frozen=True)
class Orbit:
    """The ellipse that the present velocity would follow without air, about a round earth."""

    perigee_m: float
    """Above the mean radius."""
    apogee_m: float


def osculating(position: Vector, velocity: Vector) -> Orbit:
    """Return lowest and highest altitude of the two-body orbit.

    Args:
        position: ECEF, shape (3,), metres.
        velocity: Relative to the earth, shape (3,), m/s.
    """
    x, y, z = position.tolist()
    vx, vy, vz = velocity.tolist()
    vx, vy = vx - OMEGA_RAD_S * y, vy + OMEGA_RAD_S * x
    radius = math.sqrt(x * x + y * y + z * z)
    energy = 0.5 * (vx * vx + vy * vy + vz * vz) - MU_M3_S2 / radius
    px, py, pz = y * vz - z * vy, z * vx - x * vz, x * vy - y * vx
    momentum = math.sqrt(px * px + py * py + pz * pz)
    if energy >= 0:
        eccentricity = math.sqrt(1.0 + 2.0 * energy * (momentum / MU_M3_S2) ** 2)
        return Orbit(momentum**2 / MU_M3_S2 / (1.0 + eccentricity) - _EARTH_RADIUS_M, math.inf)
    axis = -MU_M3_S2 / (2.0 * energy)
    eccentricity = math.sqrt(max(0.0, 1.0 - momentum**2 / (MU_M3_S2 * axis)))
    return Orbit(axis * (1.0 - eccentricity) - _EARTH_RADIUS_M, axis * (1.0 + eccentricity) - _EARTH_RADIUS_M)
