"""Reconstructing a flight from what the record says of it: site, bearing, apogee and distance.

Three figures fix three unknowns: burn time and two tilts. That a flight is found is no evidence that the real one was
ballistic, and the burn itself is not determined by the record: it follows from the thrust assumed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec
import numpy as np

from tocsin.errors import DomainError, FlightError
from tocsin.geo.earth import Vector, geodetic_from_ecef
from tocsin.geo.geodesic import distance_m, initial_bearing_deg
from tocsin.synthesis.launches import LaunchRow
from tocsin.synthesis.trajectory import Burn, Trajectory, burn_array, fly, launch_frame, trace

TOLERANCE = 0.01
"""Largest relative error of apogee, distance and (across the bearing, relative to distance) bearing."""

_SCAN_STEP_S = 2.0
_SOLVE_STEP_S = 0.5
_SCAN_BURNS_S = np.geomspace(22.0, 230.0, 18)
_SCAN_TILTS_RAD = np.geomspace(0.003, 1.4, 22)
_STARTS = 6
_MAX_ITERATIONS = 40
_SOLVED = 1e-8
_NO_ROWS = np.empty((0, 7))
_PROBES = (1e-3, 1e-5, 1e-5)
_LONGEST_STRIDE = np.array([0.15, 0.15, 0.15])


@dataclass(frozen=True, eq=False)
class Flight:
    """A reconstructed flight, with how well it meets the record."""

    launch: LaunchRow
    trajectory: Trajectory
    impact_lat_deg: float
    impact_lon_deg: float
    range_km: float
    """Along the geodesic from site to impact."""
    bearing_deg: float
    """Of that geodesic at the site."""
    apogee_error: float
    """Relative to the record, with its sign; so the next two."""
    range_error: float
    bearing_error: float
    """Distance of the impact from the recorded bearing, over the recorded distance."""

    @property
    def name(self) -> str:
        """Of the launch."""
        return self.launch.launch_id

    @property
    def assumptions(self) -> str:
        """What was assumed to get from the record to this flight, and what must be known of it, for its sources."""
        burn = self.trajectory.burn
        stages = "one stage" if burn.stages == 1 else f"{burn.stages} stages"
        figures = (
            f"{self.name}: thrust over mass {burn.thrust_start_m_s2:g} to {burn.thrust_end_m_s2:g} m/s2 in {stages}, "
            f"{burn.burn_s:.1f} s, held for {burn.control_step_s:g} s at a time; "
            f"mass over CdA {1.0 / burn.cda_m:.0f} kg/m2"
        )
        return "; ".join((figures, *self.launch.notes))

    @property
    def begins_s(self) -> float:
        """Lift-off."""
        return 0.0

    @property
    def apogee_km(self) -> float:
        """Greatest altitude above the ellipsoid."""
        return self.trajectory.apogee_m / 1000.0

    @property
    def burnout_s(self) -> float:
        """After lift-off."""
        return self.trajectory.burn.burn_s

    @property
    def duration_s(self) -> float:
        """From lift-off to impact."""
        return self.trajectory.duration_s

    @property
    def times_s(self) -> Vector:
        """Times of the samples after lift-off, shape (n,)."""
        return self.trajectory.times_s

    @property
    def states(self) -> Vector:
        """The samples, shape (n, 6): ECEF metres and m/s."""
        return self.trajectory.states

    @property
    def burn(self) -> Burn:
        """What to compute the same flight from again, by ``fly``."""
        return self.trajectory.burn

    def state_at(self, time_s: float) -> Vector:
        """Return the state, shape (6,), at a time after lift-off.

        Raises:
            DomainError: The time is before lift-off or after impact.
        """
        return self.trajectory.state_at(time_s)


def reconstruct(row: LaunchRow, law: Burn | None = None) -> Flight:
    """Find a flight that meets the record within ``TOLERANCE``.

    The same row gives the same flight to the bit on the same machine and versions.

    Args:
        row: What is recorded.
        law: Thrust and drag to assume instead of the usual; site, bearing, burn time and tilts of it do not count.

    Raises:
        FlightError: A figure is missing, or the nearest flight of the model is further off; the error says how far.

    Source:
        Coarse scan of burn time and tilt, then damped Newton with a Jacobian by differences; docs/explanation.
    """
    problem = _problem(row, law)
    best = math.inf, np.zeros(3)
    for start in _starts(problem):
        reached = _newton(problem, start)
        if reached[0] < best[0]:
            best = reached
        if best[0] < _SOLVED:
            break
    return _assess(row, problem, best[1])


class _Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What a flight has to meet: kilometres of the record in metres, and the launch that it starts from."""

    burn: Burn
    frame: Vector
    apogee_m: float
    distance_m: float

    def residual(self, unknowns: Vector, step_s: float) -> Vector:
        """Relative errors of apogee, distance along the bearing, and across it, shape (3,); infinite if it fails."""
        law = burn_array(self.burn)
        law[:3] = unknowns
        _, apogee_m, impact, _ = trace(self.frame, law, step_s, _NO_ROWS)
        if math.isnan(apogee_m):
            return np.full(3, math.inf)
        lat, lon, _ = geodetic_from_ecef(impact)
        along, across = _along_and_across(self.burn, lat, lon)
        return np.array([apogee_m / self.apogee_m - 1.0, along / self.distance_m - 1.0, across / self.distance_m])


def _problem(row: LaunchRow, law: Burn | None) -> _Problem:
    lat, lon, bearing, apogee_km, distance_km = (
        row.site_lat_deg, row.site_lon_deg, row.bearing_deg, row.apogee_km, row.distance_km,
    )  # fmt: skip
    if lat is None or lon is None or bearing is None or apogee_km is None or distance_km is None:
        raise FlightError(f"{row.launch_id}: {row.lacks()}", advice="A missing figure is never made up")
    burn = Burn(
        site_lat_deg=lat, site_lon_deg=lon, bearing_deg=bearing, burn_s=60.0, tilt_along_rad=0.0, tilt_across_rad=0.0
    )
    if law is not None:
        burn = msgspec.structs.replace(
            law, site_lat_deg=lat, site_lon_deg=lon, bearing_deg=bearing, tilt_along_rad=0.0, tilt_across_rad=0.0
        )
    return _Problem(
        burn=burn, frame=launch_frame(burn), apogee_m=1000.0 * apogee_km, distance_m=1000.0 * distance_km
    )  # fmt: skip


def _along_and_across(burn: Burn, lat_deg: float, lon_deg: float) -> tuple[float, float]:
    """Metres of a place from the site in the direction of the bearing and to the right of it."""
    away_m = distance_m(burn.site_lat_deg, burn.site_lon_deg, lat_deg, lon_deg)
    turn = math.radians(
        initial_bearing_deg(burn.site_lat_deg, burn.site_lon_deg, lat_deg, lon_deg) - burn.bearing_deg
    )  # fmt: skip
    return away_m * math.cos(turn), away_m * math.sin(turn)


def _starts(problem: _Problem) -> list[Vector]:
    """Return the grid points of the scan that come nearest to the record, nearest first."""
    found: list[tuple[float, int, Vector]] = []
    for burn_s in _SCAN_BURNS_S:
        for tilt_rad in _SCAN_TILTS_RAD:
            unknowns = np.array([burn_s, tilt_rad, 0.0])
            residual = problem.residual(unknowns, _SCAN_STEP_S)
            if np.isfinite(residual).all():
                miss = abs(math.log1p(residual[0])) + abs(residual[1]) + abs(residual[2])
                found.append((miss, len(found), unknowns))
    return [unknowns for _, _, unknowns in sorted(found, key=lambda entry: entry[:2])[:_STARTS]]


def _newton(problem: _Problem, unknowns: Vector) -> tuple[float, Vector]:
    """Return the norm reached and the unknowns there."""
    residual = problem.residual(unknowns, _SOLVE_STEP_S)
    norm = float(np.linalg.norm(residual))
    for _ in range(_MAX_ITERATIONS):
        if norm < _SOLVED or math.isinf(norm):
            break
        stride = _stride(problem, unknowns, residual)
        for _ in range(12):
            trial = unknowns + stride
            trial_residual = problem.residual(trial, _SOLVE_STEP_S)
            trial_norm = float(np.linalg.norm(trial_residual))
            if trial_norm < norm:
                break
            stride *= 0.5
        else:
            break
        unknowns, residual, norm = trial, trial_residual, trial_norm
    return norm, unknowns


def _stride(problem: _Problem, unknowns: Vector, residual: Vector) -> Vector:
    """Newton's step, shortened so that no unknown moves further than the model is nearly linear."""
    jacobian = np.empty((3, 3))
    for column, probe in enumerate(_PROBES):
        moved = unknowns.copy()
        moved[column] += probe
        jacobian[:, column] = (problem.residual(moved, _SOLVE_STEP_S) - residual) / probe
    if not np.isfinite(jacobian).all():
        return np.zeros(3)
    stride: Vector = np.linalg.lstsq(jacobian, -residual)[0].astype(np.float64)
    limits = _LONGEST_STRIDE * np.array([unknowns[0], 1.0, 1.0])
    return stride / max(1.0, float(np.max(np.abs(stride) / limits)))


def _assess(row: LaunchRow, problem: _Problem, unknowns: Vector) -> Flight:
    burn = msgspec.structs.replace(
        problem.burn, burn_s=float(unknowns[0]), tilt_along_rad=float(unknowns[1]), tilt_across_rad=float(unknowns[2])
    )
    try:
        trajectory = fly(burn)
    except DomainError as error:
        raise FlightError(f"{row.launch_id}: {error}") from error
    lat, lon, _ = geodetic_from_ecef(trajectory.states[-1, :3])
    along, across = _along_and_across(burn, lat, lon)
    flight = Flight(
        launch=row,
        trajectory=trajectory,
        impact_lat_deg=lat,
        impact_lon_deg=lon,
        range_km=distance_m(burn.site_lat_deg, burn.site_lon_deg, lat, lon) / 1000.0,
        bearing_deg=initial_bearing_deg(burn.site_lat_deg, burn.site_lon_deg, lat, lon),
        apogee_error=trajectory.apogee_m / problem.apogee_m - 1.0,
        range_error=along / problem.distance_m - 1.0,
        bearing_error=across / problem.distance_m,
    )
    if max(abs(flight.apogee_error), abs(flight.range_error), abs(flight.bearing_error)) > TOLERANCE:
        raise FlightError(
            f"{row.launch_id}: the nearest flight of the model misses the record by {flight.apogee_error:+.1%} in "
            f"apogee, {flight.range_error:+.1%} in distance and {flight.bearing_error:+.1%} of the distance across "
            "the bearing",
            advice="Refused, since more than 1 % is another flight; it may have manoeuvred",
        )
    return flight
