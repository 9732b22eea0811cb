"""WGS 84: geodetic, earth-fixed and local polar coordinates.

Latitude and longitude are geodetic degrees, altitude is metres above the ellipsoid (not above terrain or sea).
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tocsin.geo.compiled import njit

Vector: TypeAlias = NDArray[np.float64]

WGS84_A_M = 6_378_137.0
"""Equatorial radius."""
WGS84_F = 1.0 / 298.257223563
"""Flattening."""
WGS84_E2 = WGS84_F * (2.0 - WGS84_F)
"""First eccentricity squared."""
MU_M3_S2 = 3.986004418e14
"""Gravitational parameter, air included (NGA.STND.0036)."""
J2 = 1.082629821e-3
"""Second zonal harmonic, from EGM2008's C20 (zero tide)."""
OMEGA_RAD_S = 7.292115e-5
"""Rate of rotation."""

_B_M = WGS84_A_M * (1.0 - WGS84_F)
_EP2 = WGS84_E2 / (1.0 - WGS84_E2)


@njit
def ecef_from_geodetic(lat_deg: float, lon_deg: float, altitude_m: float) -> Vector:
    """Return the earth-fixed position, shape (3,), metres."""
    lat, lon = math.radians(lat_deg), math.radians(lon_deg)
    sin_lat, cos_lat = math.sin(lat), math.cos(lat)
    normal_m = WGS84_A_M / math.sqrt(1.0 - WGS84_E2 * sin_lat * sin_lat)
    r = np.empty(3)
    r[0] = (normal_m + altitude_m) * cos_lat * math.cos(lon)
    r[1] = (normal_m + altitude_m) * cos_lat * math.sin(lon)
    r[2] = (normal_m * (1.0 - WGS84_E2) + altitude_m) * sin_lat
    return r


@njit
def _vertical(p_m: float, z_m: float, passes: int) -> tuple[float, float]:
    """Sine and cosine of the geodetic latitude at distance ``p_m`` from the axis, after passes of Bowring's formula."""
    t, u = WGS84_A_M * z_m, _B_M * p_m
    s, c = 0.0, 1.0
    for _ in range(passes):
        norm = math.sqrt(t * t + u * u)
        sin_beta, cos_beta = t / norm, u / norm
        s = z_m + _EP2 * _B_M * sin_beta * sin_beta * sin_beta
        c = p_m - WGS84_E2 * WGS84_A_M * cos_beta * cos_beta * cos_beta
        t, u = (1.0 - WGS84_F) * s, c
    norm = math.sqrt(s * s + c * c)
    return s / norm, c / norm


@njit
def geodetic_from_ecef(r: Vector) -> tuple[float, float, float]:
    """Return latitude and longitude in degrees (longitude from -180 to 180) and altitude in metres.

    The error is below 1e-12 degrees and a tenth of a micrometre from 5,000 km under the ellipsoid to beyond the
    geostationary orbit; at the earth's centre nothing is defined.

    Source:
        Bowring (1985), The accuracy of geodetic latitude and height equations, Survey Review 28; three passes.
    """
    p_m = math.hypot(r[0], r[1])
    sin_lat, cos_lat = _vertical(p_m, r[2], 3)
    altitude_m = p_m * cos_lat + r[2] * sin_lat - WGS84_A_M * math.sqrt(1.0 - WGS84_E2 * sin_lat * sin_lat)
    return math.degrees(math.atan2(sin_lat, cos_lat)), math.degrees(math.atan2(r[1], r[0])), altitude_m


@njit
def altitude_at(x_m: float, y_m: float, z_m: float) -> float:
    """Return the altitude in metres alone, to a micrometre below 1,000 km, for use within integrations."""
    p_m = math.sqrt(x_m * x_m + y_m * y_m)
    sin_lat, cos_lat = _vertical(p_m, z_m, 1)
    return p_m * cos_lat + z_m * sin_lat - WGS84_A_M * math.sqrt(1.0 - WGS84_E2 * sin_lat * sin_lat)


@njit
def enu_basis(lat_deg: float, lon_deg: float) -> Vector:
    """Return the unit vectors east, north and up of a place as the rows of a (3, 3) array.

    ``basis @ vector`` turns an earth-fixed vector into a local one, ``local @ basis`` a local one back.
    """
    lat, lon = math.radians(lat_deg), math.radians(lon_deg)
    sin_lat, cos_lat, sin_lon, cos_lon = math.sin(lat), math.cos(lat), math.sin(lon), math.cos(lon)
    basis = np.empty((3, 3))
    basis[0, 0], basis[0, 1], basis[0, 2] = -sin_lon, cos_lon, 0.0
    basis[1, 0], basis[1, 1], basis[1, 2] = -sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat
    basis[2, 0], basis[2, 1], basis[2, 2] = cos_lat * cos_lon, cos_lat * sin_lon, sin_lat
    return basis


@njit
def polar_from_ecef(
    target: Vector, sensor_lat_deg: float, sensor_lon_deg: float, sensor_altitude_m: float
) -> tuple[float, float, float]:
    """Return how a sensor sees a target: range in metres, azimuth and elevation in degrees.

    Azimuth is clockwise from true north, at least 0 and below 360; elevation is above the ellipsoid's tangent plane.
    Straight up or down, and at range 0, azimuth is 0. Light is taken to travel straight (no refraction).

    Args:
        target: Earth-fixed position, shape (3,), metres.
        sensor_lat_deg: Of the sensor.
        sensor_lon_deg: Of the sensor.
        sensor_altitude_m: Of the sensor.
    """
    sensor = ecef_from_geodetic(sensor_lat_deg, sensor_lon_deg, sensor_altitude_m)
    basis = enu_basis(sensor_lat_deg, sensor_lon_deg)
    dx, dy, dz = target[0] - sensor[0], target[1] - sensor[1], target[2] - sensor[2]
    east = basis[0, 0] * dx + basis[0, 1] * dy
    north = basis[1, 0] * dx + basis[1, 1] * dy + basis[1, 2] * dz
    up = basis[2, 0] * dx + basis[2, 1] * dy + basis[2, 2] * dz
    ground_m = math.sqrt(east * east + north * north)
    azimuth_deg = math.degrees(math.atan2(east, north))
    if azimuth_deg < 0.0:
        azimuth_deg += 360.0
        if azimuth_deg >= 360.0:  # a tiny negative angle rounds up to the full circle
            azimuth_deg = 0.0
    return math.sqrt(ground_m * ground_m + up * up), azimuth_deg, math.degrees(math.atan2(up, ground_m))


@njit
def ecef_from_polar(  # noqa: PLR0917 - compiled code takes its arguments by position
    range_m: float,
    azimuth_deg: float,
    elevation_deg: float,
    sensor_lat_deg: float,
    sensor_lon_deg: float,
    sensor_altitude_m: float,
) -> Vector:
    """Return the earth-fixed position, shape (3,), of what a sensor sees: the inverse of ``polar_from_ecef``."""
    sensor = ecef_from_geodetic(sensor_lat_deg, sensor_lon_deg, sensor_altitude_m)
    basis = enu_basis(sensor_lat_deg, sensor_lon_deg)
    azimuth, elevation = math.radians(azimuth_deg), math.radians(elevation_deg)
    ground_m = range_m * math.cos(elevation)
    east, north, up = ground_m * math.sin(azimuth), ground_m * math.cos(azimuth), range_m * math.sin(elevation)
    r = np.empty(3)
    for axis in range(3):
        r[axis] = sensor[axis] + basis[0, axis] * east + basis[1, axis] * north + basis[2, axis] * up
    return r
