"""Density of the air, by a table of exponential layers; no weather, no season, no wind."""

from __future__ import annotations

import math

import numpy as np

from tocsin.geo.compiled import njit

TOP_M = 1_000_000.0
"""Above this there is no air in the model."""

_BASE_KM = np.array([
    0, 25, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150, 180, 200, 250, 300, 350, 400, 450, 500, 600, 700,
    800, 900,
], dtype=np.float64)  # fmt: skip
_BASE_DENSITY_KG_M3 = np.array([
    1.225, 3.899e-2, 1.774e-2, 3.972e-3, 1.057e-3, 3.206e-4, 8.770e-5, 1.905e-5, 3.396e-6, 5.297e-7, 9.661e-8,
    2.438e-8, 8.484e-9, 3.845e-9, 2.070e-9, 5.464e-10, 2.789e-10, 7.248e-11, 2.418e-11, 9.518e-12, 3.725e-12,
    1.585e-12, 6.967e-13, 1.454e-13, 3.614e-14, 1.170e-14, 5.245e-15,
])  # fmt: skip
_SCALE_HEIGHT_KM = np.array([
    7.249, 6.349, 6.682, 7.554, 8.382, 7.714, 6.549, 5.799, 5.382, 5.877, 7.263, 9.473, 12.636, 16.149, 22.523,
    29.740, 37.105, 45.546, 53.628, 53.298, 58.515, 60.828, 63.822, 71.835, 88.667, 124.64, 181.05,
])  # fmt: skip


@njit
def density_kg_m3(altitude_m: float) -> float:
    """Return the density at an altitude above the ellipsoid; below 0 the lowest layer goes on, above 1,000 km 0.

    Source:
        Vallado, Fundamentals of Astrodynamics and Applications, 4th ed., table 8-4 (after US Standard Atmosphere
        1976 and CIRA-72).
    """
    if altitude_m >= TOP_M:
        return 0.0
    altitude_km = altitude_m * 1e-3
    layer = 0
    while layer + 1 < _BASE_KM.size and altitude_km >= _BASE_KM[layer + 1]:
        layer += 1
    density: float = _BASE_DENSITY_KG_M3[layer] * math.exp((_BASE_KM[layer] - altitude_km) / _SCALE_HEIGHT_KM[layer])
    return density
