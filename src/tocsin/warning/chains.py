"""Which plots that no track expects are one object: chains of plots, and when one of them becomes a track.

Every plot that no track takes begins a chain and lengthens all those that it fits, so that none is decided on too
early: in a salvo the second plot of a missile lies within reach of its neighbours, too. A chain becomes a track when

- M of N scans of one sensor saw it, or two sensors twice each (``is_enough``), and three more if it has a rival, which
  is another chain with a plot in common that cannot be true beside it;
- it moves beyond doubt, and not too slowly for a launch;
- no rival is nearly as likely, or none is likelier and no track is about there yet.

The plots of a chain that became a track are nobody else's. Without clutter and neighbours there are no rivals and the
rule is M of N alone; the denser either is, the more plots are asked for.

Source:
    Track-oriented multiple hypotheses (Kurien 1990; Blackman 2004), kept to the birth of tracks; scores by the
    likelihood ratio (Sittler 1964).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tocsin.geo.compiled import njit
from tocsin.geo.earth import Vector
from tocsin.warning import chain_rows
from tocsin.warning.chain_rows import LONGER_KEPT, NO_LOOK, PAIRS_KEPT, Rows, Sighting
from tocsin.warning.initiation import is_enough
from tocsin.warning.measurement import ANGLES, PLACED
from tocsin.warning.plots import Plot
from tocsin.warning.settings import WarningSettings
from tocsin.warning.track import first_place

_CROWDED = 3
"""So many plots more are asked of a chain that has a rival."""
_UNHEADED = 4
"""And so many where no track is about yet, when it is the likeliest."""
_CLEAR = 5.0
"""Of two rivals the one that is e^5 times as likely is taken."""
_LINE_SIGMA_M = 25_000.0
"""Along a line of sight without range."""
_AGREE_CHI2 = 22.5
"""Six figures, 0.1 %: two chains of one object."""
_MOST_CHAINS = 800
_FIRST_ROOM = (8, 4)
"""Chains and plots of each that a new pool has room for."""


@dataclass(frozen=True, eq=False)
class Chain:
    """Plots that may be of one object, in the order of time."""

    plots: tuple[Plot, ...]
    numbers: tuple[int, ...]
    """Of the plots, ascending."""
    score: float
    """Logarithm of how much likelier it is that they are one than that each is of something else."""
    is_contested: bool = False
    """Whether it had a rival, or was joined from two of which each was too short to have one where others fly."""

    @property
    def time_s(self) -> float:
        """Of the last plot."""
        return self.plots[-1].time_s

    @property
    def is_ranged(self) -> bool:
        """Whether they fix a place; a chain is of one sensor, or of two that both have a range."""
        return self.plots[0].is_ranged


@dataclass
class Pool:
    """The plots of one sensor that no track took, and the chains of them."""

    rows: Rows = field(default_factory=lambda: chain_rows.room(*_FIRST_ROOM))
    count: int = 0
    """How many of the rows are chains."""
    ends_s: float = math.inf
    """When the first of them is given up, seconds since 1970."""
    plots: dict[int, Plot] = field(default_factory=dict)
    """By number, ascending; all that are in chains, and some that were."""

    def copy(self) -> Pool:
        """Return one that goes on from here without touching this."""
        capacity, places = self.rows.plots.shape
        return replace(self, rows=chain_rows.room(capacity, places, self.rows), plots=dict(self.plots))

    def lengthen(self, number: int, plot: Plot, alone_s: float) -> range:
        """Add the likeliest of the chains with one more plot, and one of that plot alone.

        Args:
            number: Of the plot, above those before.
            plot: Of this sensor, no older than those before.
            alone_s: When the chain of that plot alone is given up, seconds since 1970.

        Returns:
            The rows of those that have become longer.
        """
        place, spread = _placed(plot)
        look_s = NO_LOOK if plot.form == PLACED else plot.look_s
        sighting = Sighting(number, plot.time_s, look_s, place, spread, _bias_m(plot), plot.is_ranged)
        chosen, scores = chain_rows.fitting(self.rows, self.count, sighting)
        self._make_room(self.count + len(chosen) + 1, chosen)
        chain_rows.append(self.rows, self.count, chosen, scores, sighting, alone_s)
        before, self.count = self.count, self.count + len(chosen) + 1
        self.plots[number] = plot
        self.ends_s = min(self.ends_s, float(self.rows.ends_s[before : self.count].min()))
        surplus = max(self.count - _MOST_CHAINS, 0)
        if surplus:
            self.drop(np.arange(self.count) >= surplus)
        return range(before - surplus, before - surplus + len(chosen))

    def _make_room(self, count: int, chosen: NDArray[np.int64]) -> None:
        """See to it that so many rows are there, each long enough for those that are lengthened."""
        capacity, places = self.rows.plots.shape
        longest = int(self.rows.lengths[chosen].max()) if chosen.size else 0
        if count > capacity or longest >= places:
            most = _MOST_CHAINS + LONGER_KEPT + PAIRS_KEPT + 1
            capacity = min(max(2 * count, capacity), most) if count > capacity else capacity
            self.rows = chain_rows.room(capacity, 2 * places if longest >= places else places, self.rows)

    def drop(self, is_kept: NDArray[np.bool_]) -> None:
        """Drop the chains that are not to be kept."""
        self.count = chain_rows.compact(self.rows, is_kept)
        self.ends_s = float(self.rows.ends_s[: self.count].min()) if self.count else math.inf
        oldest = int(self.rows.plots[: self.count, 0].min()) if self.count else -1
        while self.plots and (number := next(iter(self.plots))) < oldest:
            del self.plots[number]

    def forget_before(self, time_s: float) -> None:
        """Drop the chains that were to be given up before a time, seconds since 1970."""
        if self.ends_s < time_s:
            self.drop(self.rows.ends_s[: self.count] >= time_s)

    def chain(self, row: int) -> Chain:
        """Return what a row holds."""
        numbers = tuple(self.rows.plots[row, : self.rows.lengths[row]].tolist())
        return Chain(tuple(self.plots[number] for number in numbers), numbers, float(self.rows.scores[row]))


@dataclass
class Chains:
    """The plots that no track took, by sensor, and the chains of them."""

    _pools: dict[str, Pool] = field(default_factory=dict)
    _count: int = 0
    """How many plots were taken: the number of the last."""

    def copy(self) -> Chains:
        """Return one that goes on from here without touching this."""
        return Chains({sensor: pool.copy() for sensor, pool in self._pools.items()}, self._count)

    @property
    def is_empty(self) -> bool:
        """Whether it waits with no plot."""
        return not any(pool.count for pool in self._pools.values())

    @property
    def is_waiting(self) -> bool:
        """Whether plots that move alike wait for it to be clear which are one object."""
        return any(bool((pool.rows.lengths[: pool.count] > 2).any()) for pool in self._pools.values())

    def take(self, plot: Plot, settings: WarningSettings, *, is_headed: bool = False) -> Chain | None:
        """Take in a plot that no track took; return the chain that it makes a track, whose plots are forgotten here.

        Args:
            plot: No older than those before it, of its sensor.
            settings: For M and N.
            is_headed: A track is about there already. Where there is none the likeliest chain must do in the end: of
                many objects that cannot be told apart people are told as well.
        """
        self.forget_before(plot.time_s)
        pool = self._pools.get(plot.sensor)
        if pool is None:
            pool = self._pools[plot.sensor] = Pool()
        self._count += 1
        longer = pool.lengthen(self._count, plot, plot.time_s + settings.tentative_s)
        moves, enough, rivals = chain_rows.weigh(
            pool.rows,
            pool.count,
            longer.start,
            longer.stop,
            settings.confirm_plots,
            settings.confirm_scans,
            settings.confirm_window_s,
            settings.min_speed_mps,
        )
        for place in np.flatnonzero(moves & (enough | (rivals == -math.inf))).tolist():
            row, rival = longer[place], float(rivals[place])
            is_ready = enough[place] and _is_ready(pool.chain(row), rival, settings, is_headed=is_headed)
            found = pool.chain(row) if is_ready else self._agreed(plot.sensor, row, rival, settings)
            if found is not None:
                taken = np.array(found.numbers, np.int64)
                for each in self._pools.values():
                    each.drop(chain_rows.without(each.rows, each.count, taken))
                return replace(found, is_contested=rival > -math.inf or (is_headed and not is_ready))
        return None

    def forget_before(self, time_s: float) -> None:
        """Drop the chains that were to be given up before a time, seconds since 1970."""
        for pool in self._pools.values():
            pool.forget_before(time_s)
        if any(not pool.count for pool in self._pools.values()):
            self._pools = {sensor: pool for sensor, pool in self._pools.items() if pool.count}

    def _agreed(self, sensor: str, row: int, rival: float, settings: WarningSettings) -> Chain | None:
        """Return a chain and that of another sensor as one, if they are enough together and neither has a rival."""
        own = self._pools[sensor]
        if rival > -math.inf or not own.rows.is_ranged[row]:
            return None
        for other, pool in sorted(self._pools.items()):
            if other == sensor:
                continue
            for there in chain_rows.agreeing(pool.rows, pool.count, own.rows, row, _AGREE_CHI2).tolist():
                both = _joined(own.chain(row), pool.chain(there))
                if is_enough(both.plots, settings) and not _has_rival(pool, there):
                    return both
        return None


def _joined(first: Chain, second: Chain) -> Chain:
    """Return two chains as one."""
    plots = tuple(sorted((*first.plots, *second.plots), key=lambda plot: plot.key))
    return Chain(plots, tuple(sorted((*first.numbers, *second.numbers))), first.score + second.score)


def _has_rival(pool: Pool, row: int) -> bool:
    return chain_rows.rival(pool.rows, pool.count, row, True) > -math.inf


def _is_ready(chain: Chain, rival: float, settings: WarningSettings, *, is_headed: bool) -> bool:
    """Tell whether a chain with enough plots is to become a track, given the score of its likeliest rival."""
    if rival == -math.inf:
        return True
    if not is_headed and chain.is_ranged and chain.score > rival and is_enough(chain.plots, settings, more=_UNHEADED):
        return True
    return chain.score - rival >= _CLEAR and is_enough(chain.plots, settings, more=_CROWDED)


def _bias_m(plot: Plot) -> float:
    """Return what the constant error of its sensor makes of a plot's place, metres."""
    return 0.0 if plot.form == PLACED else float(plot.figures[0]) * plot.bias_sigma_rad


def _placed(plot: Plot) -> tuple[Vector, Vector]:
    """Return where a plot puts its object, ECEF, shape (3,), and the covariance of that, shape (3, 3).

    Without a range it is where the line of sight is as high as rockets are when they are first seen.
    """
    if plot.form == PLACED:
        return plot.place, np.diag(plot.variances[:3])
    line = plot.line
    if plot.form == ANGLES:
        place, _ = first_place(plot)
        range_m, along2 = float(np.linalg.norm(place - plot.site)), _LINE_SIGMA_M**2
    else:
        place, range_m, along2 = plot.place, float(plot.figures[0]), float(plot.variances[0])
    across2 = range_m**2 * float(max(plot.variances[1], plot.variances[2]))
    return place, _spread(line, along2, across2)


@njit
def _spread(line: Vector, along2: float, across2: float) -> Vector:
    """Covariance of a place, shape (3, 3), of which the variances along and across a line of sight are known, m²."""
    spread = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            outer = line[i] * line[j]
            spread[i, j] = across2 * ((1.0 if i == j else 0.0) - outer) + along2 * outer
    return spread
