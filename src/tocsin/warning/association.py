"""Which plot belongs to which track: a gate, then the cheapest one-to-one assignment of a scan.

Global nearest neighbour kept the right number of objects in salvos of up to 80 at 10 km and 30 s (purity 0.998, no
duplicate tracks), which greedy matching and an untuned JPDA did not (docs/explanation/association.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tocsin.warning.bank import Bank, Misfits
from tocsin.warning.matching import affordable_pairs
from tocsin.warning.measurement import ANGLES, PLACED
from tocsin.warning.plain import ALIKE, FITS_WELL
from tocsin.warning.plots import Plot


@dataclass
class Assignment:
    """What became of one scan."""

    pairs: list[tuple[int, Plot]]
    """Rows of the tracks in the bank, and plots."""
    free: list[Plot]
    """No track expected them."""
    late: int = 0
    """Plots older than what any track that could want them remembers."""
    ambiguous: int = 0
    """Lines of sight that fit two tracks nearly alike: what they would tell is not worth a track that goes astray."""


def assign(misfits: Misfits, bank: Bank, *, is_crowded: bool = False) -> Assignment:
    """Match the plots that one sensor made in one look with the tracks.

    A track takes one plot of a look. Coarse copies are the exception: those of several sensors of one member share a
    time on the grid, so that a track may take more than one.

    Args:
        misfits: Of the plots; they are of one sensor and one look.
        bank: With the tracks, in an order that does not depend on chance.
        is_crowded: The sensor sees several objects there; lines of sight are then no use to tracks of known place.
    """
    whole = _assign_once(misfits, bank, is_crowded=is_crowded)
    while misfits.plots[0].form == PLACED and whole.free:
        free = [k for k, plot in enumerate(misfits.plots) if any(plot is other for other in whole.free)]
        part = _assign_once(misfits.of(free), bank, is_crowded=is_crowded)
        if not part.pairs:
            break
        whole = Assignment(whole.pairs + part.pairs, part.free)
    newest_s = bank.newest_s
    late = [plot for plot in whole.free if plot.time_s < newest_s and _is_outlived(bank, plot)]
    if late:  # whose plots they are can no longer be told, and new tracks from them would be false ones
        whole.late = len(late)
        whole.free = [plot for plot in whole.free if all(plot is not other for other in late)]
    return whole


def is_clear(misfits: Misfits, column: int) -> bool:
    """Tell whether it needs no second thought whose a plot is: it fits one track at most, and that one well."""
    distances = misfits.distances[:, column]
    within = distances[np.isfinite(distances)]
    return within.size == 0 or (within.size == 1 and float(within[0]) <= FITS_WELL)


def _is_outlived(bank: Bank, plot: Plot) -> bool:
    rows = np.flatnonzero(bank.near([plot])[:, 0]).tolist()
    return any(not bank.tracks[row].remembers(plot.time_s) for row in rows)


def _assign_once(misfits: Misfits, bank: Bank, *, is_crowded: bool) -> Assignment:
    plots, costs, tracks = misfits.plots, misfits.costs, bank.tracks
    ambiguous = set()
    if plots[0].form == ANGLES:
        costs = costs.copy()
        ranged = np.array([track.ranged_plots > 0 for track in tracks], bool)
        for column, plot in enumerate(plots):
            fitting = np.sort(costs[ranged & np.isfinite(costs[:, column]), column])
            if fitting.size and (is_crowded or (fitting.size > 1 and fitting[1] - fitting[0] < ALIKE)):
                costs[ranged, column] = np.inf
                if not np.isfinite(costs[:, column]).any():
                    ambiguous.add(id(plot))
    pairs = [(row, plots[column]) for row, column in affordable_pairs(costs)]
    taken = {id(plot) for _, plot in pairs} | ambiguous
    return Assignment(pairs, [plot for plot in plots if id(plot) not in taken], ambiguous=len(ambiguous))
