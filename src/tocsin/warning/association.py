"""Which plot belongs to which track: a gate, then the cheapest one-to-one assignment of a scan.

Global nearest neighbour kept the right number of objects in salvos of up to 80 at 10 km and 30 s (purity 0.998, no
duplicate tracks), which greedy matching and an untuned JPDA did not (docs/explanation/association.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tocsin.geo.earth import Vector
from tocsin.warning.matching import cheapest_pairs
from tocsin.warning.measurement import ANGLES, PLACED
from tocsin.warning.plots import Plot
from tocsin.warning.settings import WarningSettings
from tocsin.warning.track import Track

_OUT_OF_GATE = 1e9
_ALIKE = 6.0
"""Two tracks that a line of sight fits are alike if their costs, twice a log-likelihood, differ by less."""
_FITS_WELL = 6.25
"""Squared normalised distance of three figures that one plot in ten of a track's own is beyond."""


@dataclass
class Assignment:
    """What became of one scan."""

    pairs: list[tuple[Track, Plot]]
    free: list[Plot]
    """No track expected them."""
    late: int = 0
    """Plots older than what any track that could want them remembers."""
    ambiguous: int = 0
    """Lines of sight that fit two tracks nearly alike: what they would tell is not worth a track that goes astray."""


def assign(
    tracks: Sequence[Track], scan: Sequence[Plot], settings: WarningSettings, *, is_crowded: bool = False
) -> Assignment:
    """Match the plots that one sensor made in one look with the tracks.

    A track takes one plot of a look. Coarse copies are the exception: those of several sensors of one member share a
    time on the grid, so that a track may take more than one.

    Args:
        tracks: Candidates, in an order that does not depend on chance.
        scan: Of one sensor and one look.
        settings: For the gate.
        is_crowded: The sensor sees several objects there; lines of sight are then no use to tracks of known place.
    """
    whole = _assign_once(tracks, scan, settings, is_crowded=is_crowded)
    while scan[0].form == PLACED and whole.free:
        part = _assign_once(tracks, whole.free, settings, is_crowded=is_crowded)
        if not part.pairs:
            break
        whole = Assignment(whole.pairs + part.pairs, part.free)
    late = [plot for plot in whole.free if any(_is_outlived(track, plot) for track in tracks)]
    if late:  # whose plots they are can no longer be told, and new tracks from them would be false ones
        whole.late = len(late)
        whole.free = [plot for plot in whole.free if all(plot is not other for other in late)]
    return whole


def is_clear(tracks: Sequence[Track], plot: Plot, settings: WarningSettings) -> bool:
    """Tell whether it needs no second thought whose a plot is: it fits one track at most, and that one well."""
    distances, _ = _misfits(tracks, [plot], settings)
    within = distances[np.isfinite(distances)]
    return within.size == 0 or (within.size == 1 and float(within[0]) <= _FITS_WELL)


def _is_outlived(track: Track, plot: Plot) -> bool:
    return not track.remembers(plot.time_s) and track.is_near(plot)


def _misfits(tracks: Sequence[Track], plots: Sequence[Plot], settings: WarningSettings) -> tuple[Vector, Vector]:
    """Return squared normalised distances and costs, each of shape (tracks, plots).

    They are infinite beyond the gate, and where a track has a plot of that look already.
    """
    distances = np.full((len(tracks), len(plots)), np.inf)
    costs = np.full((len(tracks), len(plots)), np.inf)
    for row, track in enumerate(tracks):
        for column, plot in enumerate(plots):
            if not track.is_near(plot) or (plot.form != PLACED and track.has_seen(plot)):
                continue
            moment = track.at(plot.time_s)
            if moment is None:
                continue
            distance2, cost = track.distance(moment, plot)
            if distance2 <= settings.gate_chi2:
                distances[row, column], costs[row, column] = distance2, cost
    return distances, costs


def _assign_once(
    tracks: Sequence[Track], plots: Sequence[Plot], settings: WarningSettings, *, is_crowded: bool
) -> Assignment:
    _, costs = _misfits(tracks, plots, settings)
    ambiguous = set()
    if plots[0].form == ANGLES:
        ranged = np.array([track.ranged_plots > 0 for track in tracks], bool)
        for column, plot in enumerate(plots):
            fitting = np.sort(costs[ranged & np.isfinite(costs[:, column]), column])
            if fitting.size and (is_crowded or (fitting.size > 1 and fitting[1] - fitting[0] < _ALIKE)):
                costs[ranged, column] = np.inf
                if not np.isfinite(costs[:, column]).any():
                    ambiguous.add(id(plot))
    finite = np.where(np.isfinite(costs), costs, _OUT_OF_GATE)
    pairs = [
        (tracks[row], plots[column]) for row, column in cheapest_pairs(finite) if finite[row, column] < _OUT_OF_GATE
    ]
    taken = {id(plot) for _, plot in pairs} | ambiguous
    return Assignment(pairs, [plot for plot in plots if id(plot) not in taken], ambiguous=len(ambiguous))
