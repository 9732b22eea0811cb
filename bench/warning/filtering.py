"""The ballistic filter alone beside Stone Soup: the same model, the same plots, block by block in turn."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import numpy as np

from bench.warning.scene import CDA_M, RADAR, observe, salvo
from bench.warning.stone_soup import STATE, StoneSoup
from tocsin.geo.ballistics import coast
from tocsin.geo.earth import Vector
from tocsin.warning import WarningSettings, imm
from tocsin.warning.measurement import RANGED
from tocsin.warning.models import STATES
from tocsin.warning.plots import plot_of

SIGMAS = np.array([500.0, 500.0, 500.0, 50.0, 50.0, 50.0, 0.6])
STEPS = 40


@dataclass(frozen=True)
class Comparison:
    """What both reached on the same plots."""

    ours_per_s: float
    theirs_per_s: float
    ratio: tuple[float, float, float]
    """Median, least and most over the blocks."""
    rmse_m: tuple[float, float]
    """Of the position over the second half: ours, theirs."""
    furthest_m: float
    """The largest distance between the two."""


def compare(count: int, blocks: int = 5, seed: int = 7) -> Comparison:
    """Filter ``count`` objects, each seen once a second, with both; every block is a whole run."""
    random, settings = np.random.default_rng(seed), WarningSettings()
    truth = salvo(count, half_spread_m=50_000.0, random=random)
    times_s = np.arange(1.0, STEPS + 1.0)
    plots = [[plot_of(entry) for entry in scan] for scan in observe(truth, RADAR, times_s, random)]
    first = np.column_stack([truth, np.full(count, np.log(CDA_M))]) + random.standard_normal((count, 7)) * SIGMAS
    true_places = [np.array([coast(state, CDA_M, at_s, 0.5)[:3] for state in truth]) for at_s in times_s]
    ours_s, theirs_s = [], []
    ours = theirs = np.zeros((STEPS, count, 3))
    run_ours(first, plots, settings)
    for block in range(blocks):
        for which in ("ours", "theirs") if block % 2 else ("theirs", "ours"):
            if which == "ours":
                ours, spent_s = run_ours(first, plots, settings)
                ours_s.append(spent_s)
            else:
                theirs, spent_s = run_theirs(first, plots, times_s, settings)
                theirs_s.append(spent_s)
    updates = STEPS * count
    ratios = [other / own for own, other in zip(ours_s, theirs_s, strict=True)]
    late = slice(STEPS // 2, None)
    errors = [np.sqrt(np.mean(np.sum((found - true_places)[late] ** 2, axis=-1))) for found in (ours, theirs)]
    return Comparison(
        ours_per_s=updates / statistics.median(ours_s),
        theirs_per_s=updates / statistics.median(theirs_s),
        ratio=(statistics.median(ratios), min(ratios), max(ratios)),
        rmse_m=(float(errors[0]), float(errors[1])),
        furthest_m=float(np.max(np.linalg.norm(ours - theirs, axis=-1))),
    )


def run_ours(first: Vector, plots, settings: WarningSettings) -> tuple[Vector, float]:
    """Return places after each step, shape (STEPS, count, 3), and processor seconds."""
    count = len(first)
    tracks = []
    for state in first:
        states, covariances = np.zeros((2, STATES)), np.zeros((2, STATES, STATES))
        states[imm.BALLISTIC, STATE] = state
        covariances[imm.BALLISTIC, STATE, STATE] = SIGMAS**2
        tracks.append((states, covariances, np.array([0.0, 1.0])))
    found = np.empty((STEPS, count, 3))
    begin = time.process_time()
    for number, scan in enumerate(plots):
        for index, plot in enumerate(scan):
            states, covariances, weights = imm.advance(
                *tracks[index], 1.0, 1.0, 1.0, 1.0, settings.ballistic_noise_mps2, settings.drag_noise, True
            )
            imm.update(
                states, covariances, weights, plot.figures, plot.variances, RANGED, plot.site, plot.basis, -1, True
            )
            tracks[index] = (states, covariances, weights)
            found[number, index] = states[imm.BALLISTIC, :3]
    return found, time.process_time() - begin


def run_theirs(first: Vector, plots, times_s: Vector, settings: WarningSettings) -> tuple[Vector, float]:
    """Return places after each step, shape (STEPS, count, 3), and processor seconds."""
    filter_ = StoneSoup(settings)
    tracks = [filter_.start(state, np.diag(SIGMAS**2), 0.0) for state in first]
    scans = [[filter_.detection(plot, time_s) for plot in scan] for scan, time_s in zip(plots, times_s, strict=True)]
    found = np.empty((STEPS, len(first), 3))
    begin = time.process_time()
    for number, scan in enumerate(scans):
        tracks = [filter_.update(track, detection) for track, detection in zip(tracks, scan, strict=True)]
        found[number] = [np.asarray(track.state_vector, dtype=float).ravel()[:3] for track in tracks]
    return found, time.process_time() - begin
