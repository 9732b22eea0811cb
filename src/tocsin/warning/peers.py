"""What an event is foretold from when peers tell tracks of it: the own filter and theirs, by covariance intersection.

Nothing of a peer's track enters the filter: what it says is joined with the filter's state anew each time. So no plot
is counted twice, late plots are replayed as ever, and what is told on rests on plots alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

import numpy as np

from tocsin.geo.earth import Vector
from tocsin.markings import PublicWarning
from tocsin.records import Contributor, Record
from tocsin.warning import imm
from tocsin.warning.classification import CLASSES, Classification
from tocsin.warning.intersection import distance2, intersect
from tocsin.warning.moment import Moment, combined, moved
from tocsin.warning.settings import WarningSettings
from tocsin.warning.stages import is_free
from tocsin.warning.told import KEEP, Key, Told, free_moment
from tocsin.warning.track import Track, Waypoint, combine_public

_LEAST_WEIGHT = 1e-3
_LEAST_PROBABILITY = 1e-9


@dataclass
class Peers:
    """What peers' tracks add to one event."""

    member: str
    """Whose event it is."""
    told: tuple[Told, ...] = ()
    """The latest of each."""
    used: dict[Key, Told] = field(default_factory=dict)
    """The latest of those that something said rests on …"""
    names: set[tuple[str, str]] = field(default_factory=set)
    """… and originators and ids of all of them so far."""
    joint: Joint | None = None
    """The own filter and theirs together, where they add something."""
    contributors: tuple[Contributor, ...] = ()
    """What the last impact rests on, if not on the own filter alone."""

    def copy(self) -> Peers:
        """Return one that can go on without touching this."""
        return replace(self, used=dict(self.used), names=set(self.names))

    @property
    def joined(self) -> tuple[Told, ...]:
        """Those in ``joint``."""
        return () if self.joint is None else self.joint.told

    @property
    def moment(self) -> Moment | None:
        """The state in free flight by own plots and theirs."""
        return None if self.joint is None else self.joint.moment

    @property
    def newest_s(self) -> float:
        """Time of the newest state in ``joint``, seconds since 1970; minus infinity without one."""
        return max((told.time_s for told in self.joined), default=-math.inf)

    @property
    def highest_m(self) -> float:
        """The highest point that they told of."""
        return max((told.body.highest_m for told in self.told), default=0.0)

    @property
    def is_synthetic(self) -> bool:
        """Whether something used was simulated."""
        return any(told.record.synthetic for told in self.used.values())

    @property
    def public_warning(self) -> PublicWarning:
        """The narrowest of what was used."""
        found = (told.record.marking.public_warning for told in self.used.values())
        return reduce(combine_public, found, PublicWarning.YES)

    def join(self, track: Track, settings: WarningSettings) -> None:
        """Join them with the own filter as it stands."""
        self.joint = joint_of(self.member, track, self.told, settings) if self.told else None
        rests_on = self.joined if track.count else self.told
        self.used |= {each.key: each for each in rests_on}
        self.names |= {(each.record.originator, each.record.id) for each in rests_on}

    def use(self) -> None:
        """Note that an impact is foretold from ``joint``, or from the own filter if there is none."""
        self.contributors = () if self.joint is None else self.joint.contributors

    def classes(self, *, has_plots: bool) -> Classification | None:
        """Return what peers take it for where own plots do not tell; None where they do."""
        rests_on_peers = self.joint is not None and not self.joint.has_own
        return classes_by_peers(self.told) if self.told and (rests_on_peers or not has_plots) else None


def method_of(contributors: Sequence[Contributor]) -> str:
    """Say how an impact was foretold; empty if from the own filter alone."""
    if not contributors:
        return ""
    return "peer_track" if len(contributors) == 1 else "covariance_intersection"


def track_of(told: Told, settings: WarningSettings) -> Track:
    """Return a track without plots that peers' tracks carry on; what is told has six ranged plots or more."""
    return Track(settings, told.moment, is_confirmed=True, ranged_plots=settings.min_ranged_plots)


def carry_on(track: Track, told: Sequence[Told]) -> None:
    """Let a track without plots be where the newest of peers' tracks is."""
    newest = max(told, key=lambda each: (each.time_s, each.key), default=None)
    if newest is None or newest.time_s < track.time_s:
        return
    track.moment = newest.moment
    track.top_m = max(track.top_m, newest.body.highest_m)
    position, velocity, covariance = combined(newest.moment)
    sigma_m = float(np.sqrt(max(np.linalg.eigvalsh(covariance[:3, :3])[-1], 0.0)))
    track.trail.append(Waypoint(newest.time_s, position, velocity, sigma_m))


@dataclass(frozen=True, eq=False)
class Joint:
    """The state in free flight that an impact is foretold from."""

    moment: Moment
    told: tuple[Told, ...]
    """Those that are in it."""
    contributors: tuple[Contributor, ...]
    has_own: bool
    """Whether the own filter is in it."""


def joint_of(member: str, track: Track, told: Sequence[Told], settings: WarningSettings) -> Joint | None:
    """Join the own filter with peers' tracks of the same object, as far as they fly free.

    Tracks that do not fit the own filter, or the surest of them if that does not fly free, are left out.

    Args:
        member: Whose filter is the own.
        track: The own one; without plots if there are only peers'.
        told: Peers' tracks, of members whose plots are not in ``track``.
        settings: For the gates.

    Returns:
        None if peers have nothing to add, or the own plots speak against free flight.
    """
    has_own = track.count > 0 and is_free(track, settings)
    free = [each for each in told if each.body.is_free and not _would_narrow(each.record, track)]
    if not free or (not has_own and _speaks_against(track, settings)):
        return None
    time_s = max(each.time_s for each in free)
    parts: list[tuple[Told | None, Moment]] = [(each, moved(each.moment, time_s, settings)) for each in free]
    if has_own:
        time_s = max(time_s, track.time_s)
        own = track.at(time_s)
        parts = [(each, moved(moment, time_s, settings)) for each, moment in parts]
        parts = parts if own is None else [(None, own), *parts]
    means = np.array([moment.states[imm.BALLISTIC, KEEP] for _, moment in parts])
    covariances = np.array([moment.covariances[imm.BALLISTIC][np.ix_(KEEP, KEEP)] for _, moment in parts])
    surest = 0 if has_own else int(np.argmin(np.linalg.slogdet(covariances)[1]))
    fits = _fitting(means[:, :6], covariances[:, :6, :6], surest, settings)
    try:
        found = intersect(means[fits], covariances[fits])
    except np.linalg.LinAlgError:
        return None
    weighed = zip((parts[index][0] for index in fits), found.weights.tolist(), strict=True)
    kept = [(each, weight) for each, weight in weighed if weight >= _LEAST_WEIGHT]
    told_in = tuple(each for each, _ in kept if each is not None)
    if not told_in:
        return None
    contributors = tuple(
        Contributor(member=member, weight=round(weight, 4), detections=track.count)
        if each is None
        else Contributor(
            member=each.record.originator,
            record=each.record.id,
            weight=round(weight, 4),
            detections=each.body.detections,
        )
        for each, weight in kept
    )
    return Joint(free_moment(time_s, found.mean, found.covariance), told_in, contributors, has_own)


def _fitting(means: Vector, covariances: Vector, surest: int, settings: WarningSettings) -> list[int]:
    """Return which estimates may be of one object with a certain one, that one among them."""
    return [
        index
        for index in range(len(means))
        if index == surest
        or distance2(means[surest], means[index], covariances[surest], covariances[index]) <= settings.track_gate_chi2
    ]


def _would_narrow(record: Record, track: Track) -> bool:
    """Tell whether own plots that fix a place may tell more people without a peer's track, or tell of what is real.

    Nobody's track takes a warning from those whom it may have reached without.
    """
    if not (track.count and track.moment.is_placed):
        return False
    is_unreal = record.synthetic and not track.is_synthetic
    return is_unreal or combine_public(track.public_warning, record.marking.public_warning) != track.public_warning


def _speaks_against(track: Track, settings: WarningSettings) -> bool:
    """Tell whether own plots could have shown thrust, and do."""
    return track.moment.is_discerning and track.ballistic_probability < settings.ballistic_probability


def classes_by_peers(told: Sequence[Told]) -> Classification:
    """Return what peers take it for: of several the least ballistic, for one may know what the others do not."""
    found = [_classes(each) for each in told]
    return min(found, key=lambda classification: classification.probabilities[0])


def _classes(told: Told) -> Classification:
    by_name = {each.name: each.probability for each in told.body.classes}
    one, two, three, four = (max(by_name.get(name, 0.0), _LEAST_PROBABILITY) for name in CLASSES)
    total = one + two + three + four
    chances = (one / total, two / total, three / total, four / total)
    return Classification(probabilities=chances, launch_like=told.body.is_launch_like, prior=chances)
