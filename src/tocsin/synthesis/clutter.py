"""False plots, at the rate that a sensor's table states, for as long as one likes.

A radar's false plots are spread evenly over range, azimuth and elevation of its coverage, an infrared satellite's over
the half of the earth that it sees. They come at its scans, each scan a Poisson number of them, independent of all
others: that is the usual model, and kinder than what interference, weather or a faulty feed do.

Source:
    Bar-Shalom, Li, Multitarget-Multisensor Tracking: Principles and Techniques, 2.5.2.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tocsin.geo.earth import WGS84_A_M, Vector, ecef_from_geodetic, polar_from_ecef
from tocsin.geo.geodesic import destination
from tocsin.records.warning import Detection
from tocsin.synthesis.sensors import CLOUD_TOP_M, LATENCY_SPREAD, Plot, Sensor, random_for

BLOCK_S = 3600.0
"""Clutter is drawn in blocks of this length, each for itself, so that any part of a year can be had at once."""
FASTEST_MPS = 3_000.0
"""False range rates are spread evenly up to this, either way."""
_CLOSEST = 0.01
_STEEPEST_DEG = 60.0


@dataclass(frozen=True, eq=False)
class FalseFigures:
    """Figures of the false plots of one sensor in one block, in the order of time; every array has shape (n,)."""

    times_s: Vector
    ranges_m: Vector
    """NaN for a sensor that measures none."""
    azimuths_deg: Vector
    elevations_deg: Vector
    rates_mps: Vector
    """NaN for a sensor that measures none."""


def false_figures(sensor: Sensor, block: int, seed: int) -> FalseFigures:
    """Return the false plots of a sensor from ``block * BLOCK_S`` until the next block begins.

    Args:
        sensor: Its ``clutter_per_scan`` is the rate.
        block: Any whole number.
        seed: Any whole number; the same gives the same plots.
    """
    random = random_for(seed, sensor.sensor_id, "clutter", block)
    phase_s = random_for(seed, sensor.sensor_id, "clutter").uniform(0.0, sensor.update_interval_s)
    interval_s, start_s = sensor.update_interval_s, block * BLOCK_S
    scans = np.arange(
        math.ceil((start_s - phase_s) / interval_s), math.ceil((start_s + BLOCK_S - phase_s) / interval_s)
    )
    counts = random.poisson(sensor.clutter_per_scan, scans.size)
    times_s: Vector = np.repeat((phase_s + interval_s * scans).astype(np.float64), counts).round(3)
    draws = random.random((times_s.size, 4))
    if sensor.kind == "infrared_satellite":
        azimuths_deg, elevations_deg = _over_the_earth(sensor, draws)
        nothing = np.full(times_s.size, math.nan)
        return FalseFigures(times_s, nothing, azimuths_deg, elevations_deg, nothing)
    furthest_m = sensor.nominal_range_m or WGS84_A_M
    lowest_deg = sensor.min_elevation_deg or 0.0
    highest_deg = max(lowest_deg, min(sensor.max_elevation_deg, _STEEPEST_DEG))
    rates_mps = FASTEST_MPS * (2.0 * draws[:, 3] - 1.0)
    return FalseFigures(
        times_s=times_s,
        ranges_m=furthest_m * (_CLOSEST + (1.0 - _CLOSEST) * draws[:, 0]),
        azimuths_deg=(sensor.boresight + sensor.azimuth_coverage_deg * (draws[:, 1] - 0.5)) % 360.0 % 360.0,
        elevations_deg=lowest_deg + (highest_deg - lowest_deg) * draws[:, 2],
        rates_mps=rates_mps if sensor.range_rate_sigma_mps is not None else np.full(times_s.size, math.nan),
    )


def false_plots(sensors: Iterable[Sensor], *, from_s: float, to_s: float, seed: int) -> tuple[Plot, ...]:
    """Return the false plots measured from one time to another, in the order of time.

    Args:
        sensors: Those that look; one without a rate has none.
        from_s: Included; any time, also before lift-off.
        to_s: Not included.
        seed: Any whole number; the same gives the same plots, whatever the times asked for.
    """
    plots = []
    for sensor in sensors:
        if sensor.clutter_per_scan == 0.0:
            continue
        for block in range(math.floor(from_s / BLOCK_S), math.ceil(to_s / BLOCK_S)):
            figures = false_figures(sensor, block, seed)
            late_s = sensor.latency_s * np.exp(
                LATENCY_SPREAD * random_for(seed, sensor.sensor_id, "late", block).standard_normal(figures.times_s.size)
            )
            within = np.flatnonzero((figures.times_s >= from_s) & (figures.times_s < to_s))
            plots += [
                _plot(sensor, figures, int(row), float(late_s[row]))
                for row in within
                if not sensor.is_silent_at(float(figures.times_s[row]))
            ]
    return tuple(sorted(plots, key=lambda plot: (plot.time_s, plot.sensor_id)))


def _plot(sensor: Sensor, figures: FalseFigures, row: int, late_s: float) -> Plot:
    time_s = float(figures.times_s[row])
    has_rate = sensor.range_rate_sigma_mps is not None
    return Plot(
        member=sensor.member,
        sensor_id=sensor.sensor_id,
        time_s=time_s,
        arrives_s=round(time_s + late_s, 3),
        is_false=True,
        body=Detection(
            sensor_id=sensor.sensor_id,
            sensor=sensor.position,
            range_m=None if sensor.range_sigma_m is None else float(figures.ranges_m[row]),
            azimuth_deg=float(figures.azimuths_deg[row]),
            elevation_deg=float(figures.elevations_deg[row]),
            range_sigma_m=sensor.range_sigma_m,
            angle_sigma_deg=sensor.angle_sigma_deg,
            bias_sigma_deg=sensor.bias_sigma_deg,
            range_rate_mps=float(figures.rates_mps[row]) if has_rate else None,
            range_rate_sigma_mps=sensor.range_rate_sigma_mps,
            revisit_s=sensor.update_interval_s,
        ),
    )


def _over_the_earth(sensor: Sensor, draws: Vector) -> tuple[Vector, Vector]:
    """Return directions to places spread evenly over the cap that a satellite sees."""
    place = sensor.position
    cap = math.acos(WGS84_A_M / (WGS84_A_M + max(place.altitude_m, CLOUD_TOP_M)))
    azimuths_deg, elevations_deg = np.empty(len(draws)), np.empty(len(draws))
    for row, draw in enumerate(draws):
        away_m = WGS84_A_M * math.acos(1.0 - float(draw[0]) * (1.0 - math.cos(cap)))
        lat_deg, lon_deg = destination(place.lat_deg, place.lon_deg, 360.0 * float(draw[1]), away_m)
        _, azimuths_deg[row], elevations_deg[row] = polar_from_ecef(
            ecef_from_geodetic(lat_deg, lon_deg, CLOUD_TOP_M), place.lat_deg, place.lon_deg, place.altitude_m
        )
    return azimuths_deg, elevations_deg
