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

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from tocsin.geo.earth import Vector
from tocsin.warning.chain_filter import STATES, begun, extended, moved
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
_MOVES = 14.2
"""Squared normalised speed that three figures at rest exceed in 0.3 % of cases."""
_LINE_SIGMA_M = 25_000.0
"""Along a line of sight without range."""
_MISSED = 3.5
"""A chain that got no plot for so many of its intervals is given up."""
_AGREE_CHI2 = 22.5
"""Six figures, 0.1 %: two chains of one object."""
_PAUSE_S = 5.0
"""It is not given up sooner than this for want of a plot."""
_PAIRS_KEPT = 24
_LONGER_KEPT = 12
_MOST_CHAINS = 800


@dataclass(frozen=True, eq=False)
class Chain:
    """Plots that may be of one object, in the order of time."""

    plots: tuple[Plot, ...]
    score: float
    """Logarithm of how much likelier it is that they are one than that each is of something else."""
    ends_s: float
    """When it is given up, seconds since 1970."""

    @property
    def time_s(self) -> float:
        """Of the last plot."""
        return self.plots[-1].time_s

    @property
    def is_ranged(self) -> bool:
        """Whether they fix a place; a chain is of one sensor, or of two that both have a range."""
        return self.plots[0].is_ranged

    @cached_property
    def members(self) -> frozenset[int]:
        """What tells its plots apart from others."""
        return frozenset(map(id, self.plots))


@dataclass
class Pool:
    """The plots of one sensor that no track took, and the chains of them."""

    chains: list[Chain] = field(default_factory=list)
    states: Vector = field(default_factory=lambda: np.zeros((0, STATES)))
    """As in ``chain_filter``, one row for each chain; so the next."""
    covariances: Vector = field(default_factory=lambda: np.zeros((0, STATES, STATES)))

    def lengthened(self, plot: Plot) -> list[tuple[Chain, Vector, Vector]]:
        """Return the likeliest of the chains with one more plot, and their states and covariances."""
        asked = [
            row
            for row, chain in enumerate(self.chains)
            if chain.time_s <= plot.time_s and not any(plot.shares_look_with(other) for other in chain.plots[-3:])
        ]
        if not asked:
            return []
        times_s = np.array([chain.time_s for chain in self.chains])
        place, spread = _placed(plot)
        rows, states, covariances, gains = extended(
            self.states, self.covariances, times_s, np.array(asked), plot.time_s, place, spread
        )
        made = []
        for row, state, covariance, gain in zip(rows.tolist(), states, covariances, gains.tolist(), strict=True):
            chain = self.chains[row]
            made.append((Chain((*chain.plots, plot), chain.score + gain, _given_up_s(chain, plot)), state, covariance))
        made.sort(key=lambda entry: -entry[0].score)
        pairs = [entry for entry in made if len(entry[0].plots) == 2][:_PAIRS_KEPT]
        return [entry for entry in made if len(entry[0].plots) > 2][:_LONGER_KEPT] + pairs

    def keep(self, entries: Sequence[tuple[Chain, Vector, Vector]]) -> None:
        """Add chains, and drop the oldest if they are too many."""
        self.chains = [*self.chains, *(chain for chain, _, _ in entries)]
        self.states = np.concatenate([self.states, np.array([state for _, state, _ in entries])])
        self.covariances = np.concatenate([self.covariances, np.array([each for _, _, each in entries])])
        surplus = len(self.chains) - _MOST_CHAINS
        self.drop([row >= surplus for row in range(len(self.chains))])

    def drop(self, is_kept: Sequence[bool]) -> None:
        """Drop the chains that are not to be kept."""
        if not all(is_kept):
            kept = np.array(is_kept)
            self.chains = [chain for chain, keeps in zip(self.chains, is_kept, strict=True) if keeps]
            self.states, self.covariances = self.states[kept], self.covariances[kept]

    def rival(self, chain: Chain) -> float:
        """Return the score of the likeliest rival of a chain; minus infinity if there is none."""
        best = -np.inf
        for other in self.chains:
            if other.score <= best or other.members.isdisjoint(chain.members) or other.members <= chain.members:
                continue
            if _contradict(chain, other):
                best = other.score
        return best


@dataclass
class Chains:
    """The plots that no track took, by sensor, and the chains of them."""

    _pools: dict[str, Pool] = field(default_factory=dict)

    def copy(self) -> Chains:
        """Return one that goes on from here without touching this; lists and arrays never change and are shared."""
        return Chains({sensor: replace(pool) for sensor, pool in self._pools.items()})

    @property
    def is_empty(self) -> bool:
        """Whether it waits with no plot."""
        return not any(pool.chains for pool in self._pools.values())

    @property
    def is_waiting(self) -> bool:
        """Whether plots that move alike wait for it to be clear which are one object."""
        return any(len(chain.plots) > 2 for pool in self._pools.values() for chain in pool.chains)

    def take(self, plot: Plot, settings: WarningSettings, *, is_headed: bool = False) -> Chain | None:
        """Take in a plot that no track took; return the chain that it makes a track, whose plots are forgotten here.

        Args:
            plot: No older than those before it, of its sensor.
            settings: For M and N.
            is_headed: A track is about there already. Where there is none the likeliest chain must do in the end: of
                many objects that cannot be told apart people are told as well.
        """
        self.forget_before(plot.time_s)
        pool = self._pools.setdefault(plot.sensor, Pool())
        longer = pool.lengthened(plot)
        single = Chain((plot,), 0.0, plot.time_s + settings.tentative_s)
        pool.keep([*longer, (single, *begun(*_placed(plot)))])
        for chain, state, covariance in longer:
            if not _moves(state[3:6], covariance[3:6, 3:6], settings):
                continue
            is_ready = _is_ready(chain, pool, settings, is_headed=is_headed)
            found = chain if is_ready else self._agreed(chain, state, covariance, settings)
            if found is not None:
                for each in self._pools.values():
                    each.drop([found.members.isdisjoint(other.members) for other in each.chains])
                return found
        return None

    def forget_before(self, time_s: float) -> None:
        """Drop the chains that were to be given up before a time, seconds since 1970."""
        for pool in self._pools.values():
            pool.drop([chain.ends_s >= time_s for chain in pool.chains])
        self._pools = {sensor: pool for sensor, pool in self._pools.items() if pool.chains}

    def _agreed(self, chain: Chain, state: Vector, covariance: Vector, settings: WarningSettings) -> Chain | None:
        """Return a chain and that of another sensor as one, if they are enough together and neither has a rival."""
        if not chain.is_ranged or self._pools[chain.plots[0].sensor].rival(chain) > -np.inf:
            return None
        wide = covariance[:6, :6] + _by_bias(chain)
        for sensor, pool in sorted(self._pools.items()):
            if sensor == chain.plots[0].sensor:
                continue
            for row, other in enumerate(pool.chains):
                plots = tuple(sorted((*chain.plots, *other.plots), key=lambda plot: plot.key))
                if not other.is_ranged or len(other.plots) < 2 or not is_enough(plots, settings):
                    continue
                there, spread = moved(pool.states[row], pool.covariances[row], chain.time_s - other.time_s)
                apart, whole = state[:6] - there[:6], wide + spread[:6, :6] + _by_bias(other)
                if float(apart @ np.linalg.solve(whole, apart)) < _AGREE_CHI2 and pool.rival(other) == -np.inf:
                    return Chain(plots, chain.score + other.score, chain.ends_s)
        return None


def _is_ready(chain: Chain, pool: Pool, settings: WarningSettings, *, is_headed: bool) -> bool:
    if not is_enough(chain.plots, settings):
        return False
    rival = pool.rival(chain)
    if rival == -np.inf:
        return True
    if not is_headed and chain.is_ranged and chain.score > rival and is_enough(chain.plots, settings, more=_UNHEADED):
        return True
    return chain.score - rival >= _CLEAR and is_enough(chain.plots, settings, more=_CROWDED)


def _by_bias(chain: Chain) -> Vector:
    """Return what the constant error of its sensor adds to the covariance of a chain's place, shape (6, 6)."""
    plot = chain.plots[-1]
    added = np.zeros((6, 6))
    if plot.form != PLACED:
        added[:3, :3] = np.eye(3) * (float(plot.figures[0]) * plot.bias_sigma_rad) ** 2
    return added


def _given_up_s(chain: Chain, plot: Plot) -> float:
    """Return when a chain is given up that a plot lengthens and that gets no other, seconds since 1970."""
    return max(plot.time_s + _MISSED * (plot.time_s - chain.time_s), min(chain.ends_s, plot.time_s + _PAUSE_S))


def _contradict(first: Chain, second: Chain) -> bool:
    """Tell whether two chains hold different plots of one look, so that not both can be true."""
    return any(one is not other and one.shares_look_with(other) for one in first.plots for other in second.plots)


def _moves(velocity: Vector, covariance: Vector, settings: WarningSettings) -> bool:
    """Tell whether a chain moves, beyond doubt, and not too slowly for a launch."""
    speed, sigma = float(np.linalg.norm(velocity)), float(np.sqrt(np.trace(covariance)))
    is_sure = float(velocity @ np.linalg.solve(covariance, velocity)) >= _MOVES
    return is_sure and speed + sigma >= settings.min_speed_mps


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
    outer = np.outer(line, line)
    return place, across2 * (np.eye(3) - outer) + along2 * outer
