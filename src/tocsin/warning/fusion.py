"""From plots to tracks: one pool of tracks, fed in time order."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tocsin.geo.earth import geodetic_from_ecef
from tocsin.warning.association import assign, is_clear
from tocsin.warning.bank import Bank, Misfits
from tocsin.warning.chains import Chain, Chains
from tocsin.warning.crowding import Crowding
from tocsin.warning.groups import NO_GROUP, count_range, head_of, is_beside, nearest_unresolved, plots_in_a_look
from tocsin.warning.initiation import distance2_of
from tocsin.warning.plain import WAITS
from tocsin.warning.plots import ONE_LOOK, Plot, independent, scans
from tocsin.warning.settings import WarningSettings
from tocsin.warning.track import Fused, Track, Waypoint, begin

_GROUPS_KEPT_S = 3600.0
_PRUNE_S = 60.0
_TRAIL_STEP_S = 1.0
_OLDEST_S = 7200.0
_LOST_CHI2 = 400.0
"""Six figures; wide, for a track that lost its object does not know where that is."""
_SHARE_S = 12.0
_LEAST_SHARE = 0.45
_SHOWN_SHARE = 0.65
_CONTESTED_S = 20.0
"""So long a track has to last before it is shown whose birth was contested: docs/explanation/association.md."""
_STARVING_LOOKS = 1.9
_COUNTED_EVERY_S = 0.5
"""How many objects groups are is not counted anew with every plot: that would take longer than all the rest."""


@dataclass
class Counts:
    """What became of the plots."""

    fused: int = 0
    replayed: int = 0
    """Late ones, put in their place."""
    too_late: int = 0
    """Older than the memory of the track they may belong to."""
    ahead: int = 0
    """Stamped later than our clock allows, or two hours old."""
    repeated: int = 0
    """Of an independence group that was fused already."""
    ambiguous: int = 0
    """Lines of sight that fit several tracks alike."""
    no_room: int = 0
    """No track was started: there are too many."""


@dataclass
class Fusion:
    """The tracks of one picture."""

    settings: WarningSettings
    tracks: list[Track] = field(default_factory=list)
    """In the order in which they began."""
    counts: Counts = field(default_factory=Counts)
    _chains: Chains = field(default_factory=Chains)
    _crowding: Crowding = field(default_factory=Crowding)
    _groups: dict[str, float] = field(default_factory=dict)
    _prune_s: float = -math.inf
    """When groups are next forgotten, seconds since 1970."""
    _counted: tuple[tuple[float, list[int]], dict[int, tuple[int, int]]] = ((math.nan, []), {})
    """What groups were counted for last, half a second and tracks shown, and as how many objects."""
    _bank: Bank = field(init=False)

    def __post_init__(self) -> None:
        self._bank = Bank(self.settings)

    def copy(self, tracks: list[Track]) -> Fusion:
        """Return one that goes on from here without touching this, with copies of its tracks in their order."""
        return replace(
            self,
            tracks=tracks,
            counts=replace(self.counts),
            _chains=self._chains.copy(),
            _crowding=self._crowding.copy(),
            _groups=dict(self._groups),
            _counted=((math.nan, []), {}),
        )

    def take(self, plots: Iterable[Plot], now_s: float) -> list[Track]:
        """Fuse a batch.

        Args:
            plots: In any order.
            now_s: Seconds since 1970.

        Returns:
            The tracks that got plots, in the order in which they began.
        """
        offered = list(plots)
        timely = [p for p in offered if now_s - _OLDEST_S <= p.time_s <= now_s + self.settings.future_s]
        self.counts.ahead += len(offered) - len(timely)
        fresh = list(independent(timely, self._groups))
        self.counts.repeated += len(timely) - len(fresh)
        touched = [*self._take_in_order(sorted(fresh, key=lambda plot: plot.key)), *self._take_looks(now_s)]
        self._show(touched)
        if now_s >= self._prune_s:
            self._prune_s = now_s + _PRUNE_S
            self._groups = {group: at_s for group, at_s in self._groups.items() if at_s > now_s - _GROUPS_KEPT_S}
        given = {id(track) for track in touched}
        return [track for track in self.tracks if id(track) in given]

    def _take_in_order(self, plots: list[Plot]) -> Iterator[Track]:
        """Take plots in the order of their keys; those of which it is plain whose they are many at a time."""
        crowded = self._crowding.crowded(plots)
        batch = self._bank.batch(plots, crowded)
        first = 0
        while first < len(plots):
            yield from self._take_looks(plots[first].time_s)
            made, is_stuck = self._bank.follow(self.tracks).take_plain(plots, batch, first, self._crowding.until_s)
            for plot, (outcome, row, moment) in zip(plots[first:], made, strict=False):
                if moment is not None:
                    track = self.tracks[row]
                    track.go_on(plot, moment)
                    self.note(track, plot)
                    yield track
                elif outcome == WAITS:
                    self._crowding.wait(plot)
                else:
                    self.counts.ambiguous += 1
            first += len(made)
            if is_stuck:
                scan = next(scans(plots[first:]))
                yield from self._take_clear(scan, crowded[first : first + len(scan)])
                first += len(scan)

    def _take_looks(self, time_s: float) -> list[Track]:
        """Take the plots that waited for looks that are over at a time, seconds since 1970."""
        touched: list[Track] = []
        for look in self._crowding.over(time_s):
            touched += self._take_scan(self._bank.follow(self.tracks).misfits(look), is_crowded=True)
        return touched

    def _take_clear(self, scan: list[Plot], crowded: Sequence[bool]) -> list[Track]:
        """Take the plots of a scan of which it is clear whose they are; the others wait for the rest of their look."""
        misfits = self._bank.follow(self.tracks).misfits(scan)
        clear = [
            column
            for column, (plot, is_crowded) in enumerate(zip(scan, crowded, strict=True))
            if not is_crowded or is_clear(misfits, column) or not self._crowding.wait(plot)
        ]
        return self._take_scan(misfits.of(clear), is_crowded=any(crowded)) if clear else []

    def _take_scan(self, misfits: Misfits, *, is_crowded: bool) -> list[Track]:
        assignment = assign(misfits, self._bank, is_crowded=is_crowded)
        self.counts.too_late += assignment.late
        self.counts.ambiguous += assignment.ambiguous
        touched = []
        for (row, plot), fused in zip(assignment.pairs, self._bank.fused(assignment.pairs), strict=True):
            track = self.tracks[row]
            self.counts.replayed += plot.time_s < track.time_s
            self.give(track, plot, fused)
            touched.append(track)
        for plot in assignment.free:
            is_headed = bool(self._bank.follow(self.tracks).near([plot]).any())
            chain = self._chains.take(plot, self.settings, is_headed=is_headed)
            touched += [] if chain is None else self._found(chain)
        return touched

    def _found(self, chain: Chain) -> list[Track]:
        """Make a track of a chain, or let the track go on whose object it is."""
        found = begin(chain.plots[0], self.settings)
        for plot in chain.plots[1:]:
            found.add(plot)
        elder = self._continued(found, chain)
        if elder is None and len(self.tracks) >= self.settings.max_tracks:
            self.counts.no_room += 1
            return []
        if elder is None:
            found.is_contested = chain.is_contested and is_beside(found, self.tracks)
            self.tracks.append(found)
            elder = found
        else:
            elder.go_on_as(found)
        for plot in chain.plots:
            self.note(elder, plot)
        return [elder]

    def _continued(self, found: Track, chain: Chain) -> Track | None:
        """Return the track that this chain goes on with; None if there is none.

        It is one that infrared alone has built, and whose place the chain fixes, or one that lost its object: none
        of the plots that came since was its own.
        """
        if found.ranged_plots == 0:
            return None
        waiting = [track for track in self.tracks if track.ranged_plots == 0]
        for plot in chain.plots if waiting else ():
            asked = Bank(self.settings).follow([track for track in waiting if track.remembers(plot.time_s)])
            pairs = assign(asked.misfits([plot]), asked).pairs
            if pairs:
                return asked.tracks[pairs[0][0]]
        lost = [track for track in self.tracks if track.ranged_plots and _is_starving(track, chain)]
        apart = [(distance2_of(found, track), row) for row, track in enumerate(lost)]
        nearest, row = min(apart, default=(np.inf, 0))
        return lost[row] if nearest < _LOST_CHI2 else None

    def _show(self, touched: Sequence[Track]) -> None:
        """Show the tracks that stand clear of all that are shown."""
        for track in touched:
            if track.is_confirmed:
                continue
            shown = [other for other in self.tracks if other.is_confirmed]
            share = track.share_of_looks(_SHARE_S)
            if share is not None and share < _LEAST_SHARE and shown:
                self.drop(track)
                continue
            if track.is_contested and shown:
                share = track.share_of_looks(_CONTESTED_S) or 0.0
            is_fed = not shown or share is None or share >= _SHOWN_SHARE
            track.is_confirmed = is_fed and nearest_unresolved(track, shown) is None

    def counts_of_groups(self) -> dict[int, tuple[int, int]]:
        """Return the fewest and the most objects of each shown track's group, by the track's ``id``."""
        shown = [track for track in self.tracks if track.is_confirmed]
        if len(self.tracks) == len(shown) and not self._chains.is_waiting:
            return {id(track): (1, 1) for track in shown}
        asked = (self._bank.follow(self.tracks).newest_s // _COUNTED_EVERY_S, [id(track) for track in shown])
        if self._counted[0] != asked:
            self._counted = (asked, self._count_groups(shown))
        return self._counted[1]

    def _count_groups(self, shown: Sequence[Track]) -> dict[int, tuple[int, int]]:
        heads = [track if track.is_confirmed else head_of(track, shown) for track in self.tracks]
        numbers = [NO_GROUP if head is None else id(head) for head in heads]
        plots = plots_in_a_look(numbers, self.tracks, self._crowding.latest) if shown else {}
        groups = Counter(number for number in numbers if number != NO_GROUP)
        return {head: count_range(members, plots.get(head, 1)) for head, members in groups.items()}

    def give(self, track: Track, plot: Plot, fused: Fused | None = None) -> None:
        """Fuse a plot into a track of this pool; ``fused`` as in ``Track.add``."""
        track.add(plot, fused)
        self.note(track, plot)

    def note(self, track: Track, plot: Plot) -> None:  # noqa: ARG002 - for those who look on
        """Keep the books of a track that got a plot."""
        self.counts.fused += 1
        if not track.trail or track.time_s >= track.trail[-1].time_s + _TRAIL_STEP_S:
            position, velocity, covariance = track.motion
            sigma_m = float(np.sqrt(max(np.linalg.eigvalsh(covariance[:3, :3])[-1], 0.0)))
            track.top_m = max(track.top_m, geodetic_from_ecef(position)[2])
            track.trail.append(Waypoint(track.time_s, position, velocity, sigma_m))

    @property
    def is_idle(self) -> bool:
        """Whether it follows nothing, and no plot is waited with."""
        return not self.tracks and self._chains.is_empty and self._crowding.is_empty

    def forget(self, now_s: float) -> None:
        """Forget plots that came to nothing, and tracks that were never shown and get no plots."""
        self._chains.forget_before(now_s)
        limit_s = now_s - self.settings.tentative_s
        self.tracks = [track for track in self.tracks if track.is_confirmed or track.time_s >= limit_s]

    def drop(self, track: Track) -> None:
        """Forget a track."""
        self.tracks = [other for other in self.tracks if other is not track]


def _is_starving(track: Track, chain: Chain) -> bool:
    """Tell whether a track got nothing of late from a sensor that sees what is about there."""
    return chain.time_s - track.time_s > _STARVING_LOOKS * max(plot.look_s for plot in chain.plots) / ONE_LOOK
