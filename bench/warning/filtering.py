"""The ballistic filter alone on many objects, each seen once a second: what goes in, and what ours makes of it."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from bench.warning.scene import CDA_M, RADAR, observe, salvo
from tocsin.geo.ballistics import coast
from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector
from tocsin.warning import WarningSettings, imm
from tocsin.warning.law import Law, law_of
from tocsin.warning.models import KINEMATIC, LOG_DRAG, STATES
from tocsin.warning.plots import Plot, plot_of, unpacked

STATE = [0, 1, 2, 3, 4, 5, LOG_DRAG]
"""Position, velocity, ln CdA/m."""
SIGMAS = np.array([500.0, 500.0, 500.0, 50.0, 50.0, 50.0, 0.6])
STEPS = 40


@dataclass(frozen=True, eq=False)
class Problem:
    """What a filter begins from, what it is given, and the truth."""

    first: Vector
    """The seven numbers of each object at time 0, shape (count, 7)."""
    times_s: Vector
    plots: list[list[Plot]]
    """At each time one of each object."""
    places: Vector
    """Where they are, ECEF, shape (STEPS, count, 3), metres."""

    def rmse_m(self, found: Vector) -> float:
        """Return the root of the mean squared error of places, over the second half."""
        late = slice(STEPS // 2, None)
        return float(np.sqrt(np.mean(np.sum((found - self.places)[late] ** 2, axis=-1))))


def problem(count: int, seed: int = 7) -> Problem:
    """Return one of ``count`` objects."""
    random = np.random.default_rng(seed)
    truth, times_s = salvo(count, half_spread_m=50_000.0, random=random), np.arange(1.0, STEPS + 1.0)
    plots = [[plot_of(entry) for entry in scan] for scan in observe(truth, RADAR, times_s, random)]
    first = np.column_stack([truth, np.full(count, np.log(CDA_M))]) + random.standard_normal((count, 7)) * SIGMAS
    places = np.array([[coast(state, CDA_M, at_s, 0.5)[:3] for state in truth] for at_s in times_s])
    return Problem(first, times_s, plots, places)


@njit
def _follow(states: Vector, covariances: Vector, weights: Vector, plots: Vector, law: Law) -> None:
    """Move all tracks on by a second and update each by its plot, as ``tocsin.warning.held`` does: one call for all."""
    for row in range(len(plots)):
        imm.advance(
            states[row], covariances[row], weights[row], 1.0, law.boost_sojourn_s, law.ballistic_sojourn_s,
            law.jerk_psd, law.noise_mps2, law.drag_noise, True, KINEMATIC,
        )  # fmt: skip
        figures, variances, form, site, basis = unpacked(plots[row])
        imm.update(
            states[row], covariances[row], weights[row], figures, variances, form, site, basis, -1, True, KINEMATIC
        )


def follow(asked: Problem, settings: WarningSettings) -> tuple[Vector, float]:
    """Return what ours finds, places of shape (STEPS, count, 3), and processor seconds."""
    count, law = len(asked.first), law_of(settings)
    states, covariances = np.zeros((count, 2, STATES)), np.zeros((count, 2, STATES, STATES))
    weights = np.tile([0.0, 1.0], (count, 1))
    states[:, imm.BALLISTIC, STATE] = asked.first
    covariances[:, imm.BALLISTIC, STATE, STATE] = SIGMAS**2
    found = np.empty((STEPS, count, 3))
    begin = time.process_time()
    for number, scan in enumerate(asked.plots):
        _follow(states, covariances, weights, np.array([plot.packed for plot in scan]), law)
        found[number] = states[:, imm.BALLISTIC, :3]
    return found, time.process_time() - begin
