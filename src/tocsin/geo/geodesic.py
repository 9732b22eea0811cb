"""Distances and bearings along geodesics of the WGS 84 ellipsoid, by PROJ.

Source:
    Karney (2013), Algorithms for geodesics, Journal of Geodesy 87.
"""

from __future__ import annotations

import numpy as np
from pyproj import Geod

from tocsin.geo.earth import Vector

_WGS84 = Geod(ellps="WGS84")


def distance_m(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> float:
    """Return the length of the shortest way between two places on the ellipsoid, metres."""
    return float(_WGS84.inv(lon1_deg, lat1_deg, lon2_deg, lat2_deg)[2])


def distances_m(lat1_deg: Vector, lon1_deg: Vector, lat2_deg: Vector, lon2_deg: Vector) -> Vector:
    """Return the length of the shortest way between places of two arrays of one shape, metres."""
    return np.asarray(_WGS84.inv(lon1_deg, lat1_deg, lon2_deg, lat2_deg)[2])


def initial_bearing_deg(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> float:
    """Return the bearing at the first place towards the second, clockwise from north, at least 0 and below 360."""
    return float(_WGS84.inv(lon1_deg, lat1_deg, lon2_deg, lat2_deg)[0]) % 360.0 % 360.0


def destinations(lat_deg: float, lon_deg: float, bearings_deg: Vector, distances_m: Vector) -> tuple[Vector, Vector]:
    """Return longitudes (-180 to 180) and latitudes of the places at bearings and distances (metres), shape (n,)."""
    count = len(bearings_deg)
    lons, lats, _ = _WGS84.fwd(np.full(count, lon_deg), np.full(count, lat_deg), bearings_deg, distances_m)
    return np.asarray(lons), np.asarray(lats)


def destination(lat_deg: float, lon_deg: float, bearing_deg: float, distance_m: float) -> tuple[float, float]:
    """Return latitude and longitude (-180 to 180) of the place at a bearing and distance (metres)."""
    lon_there_deg, lat_there_deg, _ = _WGS84.fwd(lon_deg, lat_deg, bearing_deg, distance_m)
    return float(lat_there_deg), float(lon_there_deg)
