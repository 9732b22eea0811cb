"""What sharing buys, launch by launch: each member's own sensors against everybody's, on the same noise.

One run makes the plots once. The picture of each member is fed with that member's plots alone, the shared one with all
of them, each as late as it arrives: so nothing but sharing differs between the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec
import numpy as np

from tocsin.calibration.door import Door
from tocsin.calibration.observing import TICK_S, Observer
from tocsin.calibration.results import FUSED
from tocsin.synthesis.flights import reconstruct
from tocsin.synthesis.launches import LaunchRow
from tocsin.synthesis.sensor_table import load_sensors
from tocsin.synthesis.sensors import Sensor, observe
from tocsin.synthesis.truth import fly
from tocsin.warning import WarningSettings
from tocsin.warning.gain import area_km2, first_useful_s

AFTER_S = (10.0, 30.0, 60.0)
"""After burnout, when areas are compared."""

_DRAWS = 2000
_SETTINGS = WarningSettings()


class Knowledge(msgspec.Struct, frozen=True, kw_only=True):
    """What one picture knew of one launch in one run."""

    who: str
    """A member's code for its own sensors alone, or ``fused``."""
    detections: int
    useful_s: float | None
    """After lift-off, when the first 95 % ellipse of at most 10 km (longer semi-axis) was published; null: never."""
    km2: tuple[float | None, ...]
    """Area of the published ellipse at ``AFTER_S``; null while none stands."""


class GainRun(msgspec.Struct, frozen=True, kw_only=True):
    """One launch with one draw of the noise."""

    launch_id: str
    missile: str
    seed: int
    burnout_s: float
    impact_s: float
    """After lift-off."""
    views: tuple[Knowledge, ...]


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A median with the 95 % interval that resampling the launches and runs gives (percentile bootstrap)."""

    median: float
    low: float
    high: float


class MemberGain(msgspec.Struct, frozen=True, kw_only=True):
    """What one member gains by its peers over some runs."""

    member: str
    runs: int
    never_alone: int
    """Runs in which it would never have had a useful prediction, and had one with its peers."""
    never: int
    """Runs in which there was none with its peers either."""
    never_shared: int
    """Runs in which there was one alone and none with its peers: the price, if any."""
    sooner_s: Interval | None
    """By how much sooner, over runs with both."""
    km2_alone: tuple[Interval | None, ...]
    """Area at ``AFTER_S``, over runs that have one alone and shared."""
    km2_shared: tuple[Interval | None, ...]
    ratio: tuple[Interval | None, ...]
    """Area shared over area alone."""


def run_gain(row: LaunchRow, seed: int, sensors: Sequence[Sensor] = ()) -> GainRun:
    """Fly one launch of the record past the sensors once, and look at it with every member's eyes and with all.

    Args:
        row: The launch.
        seed: Of all noise.
        sensors: Those that are there; without any, those that come with the program.

    Raises:
        FlightError: No flight of the model meets the record.
    """
    all_sensors = tuple(sensors) or load_sensors(None)
    truth = fly(reconstruct(row))
    plots = sorted(observe(truth, all_sensors, seed), key=lambda plot: plot.arrives_s)
    door = _door(tuple(sorted({sensor.member for sensor in all_sensors})))
    views = {FUSED: door.members} | {member: (member,) for member in door.members}
    observers = {who: Observer(who, members, truth, _SETTINGS) for who, members in views.items()}
    admitted = door.admit(plots)
    begin_s, position = truth.burnout_s % TICK_S, 0
    for tick in range(int(truth.duration_s / TICK_S) + 2):
        now_s = begin_s + tick * TICK_S
        begin = position
        while position < len(plots) and plots[position].arrives_s <= now_s:
            position += 1
        batch = admitted[begin:position]
        for who, observer in observers.items():
            observer.take([entry for entry in batch if who in (FUSED, entry.record.originator)], now_s)
        is_over = now_s > truth.burnout_s + AFTER_S[-1]
        if is_over and all(first_useful_s(observer.said) is not None for observer in observers.values()):
            break
    return GainRun(
        launch_id=row.launch_id, missile=row.missile_name, seed=seed, burnout_s=truth.burnout_s,
        impact_s=truth.duration_s,
        views=tuple(_knowledge(who, observer, truth.burnout_s) for who, observer in observers.items()),
    )  # fmt: skip


def run_gain_of(work: tuple[LaunchRow, int]) -> GainRun:
    """Do ``run_gain`` of a launch and a seed."""
    return run_gain(*work)


def gains(runs: Sequence[GainRun]) -> list[MemberGain]:
    """Bring runs together, a row for each member."""
    members = dict.fromkeys(view.who for run in runs for view in run.views if view.who != FUSED)
    return [_gain(runs, member) for member in members]


def _gain(runs: Sequence[GainRun], member: str) -> MemberGain:
    pairs = [(_of(run, member), _of(run, FUSED), run.launch_id) for run in runs]
    useful = [(alone.useful_s, shared.useful_s, launch) for alone, shared, launch in pairs]
    both = [(alone - shared, launch) for alone, shared, launch in useful if alone is not None and shared is not None]
    areas = [
        [
            (alone_km2, shared_km2, launch)
            for alone, shared, launch in pairs
            if (alone_km2 := alone.km2[index]) is not None and (shared_km2 := shared.km2[index]) is not None
        ]
        for index in range(len(AFTER_S))
    ]
    return MemberGain(
        member=member,
        runs=len(pairs),
        never_alone=sum(alone is None and shared is not None for alone, shared, _ in useful),
        never=sum(alone is None and shared is None for alone, shared, _ in useful),
        never_shared=sum(alone is not None and shared is None for alone, shared, _ in useful),
        sooner_s=interval(both),
        km2_alone=tuple(interval([(alone, launch) for alone, _, launch in at]) for at in areas),
        km2_shared=tuple(interval([(shared, launch) for _, shared, launch in at]) for at in areas),
        ratio=tuple(interval([(shared / alone, launch) for alone, shared, launch in at]) for at in areas),
    )


def interval(values: Sequence[tuple[float, str]]) -> Interval | None:
    """Return the median of values with its interval; launches are drawn as wholes, since their runs are alike.

    Args:
        values: Each with the launch that it is of.

    Source:
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13 (percentile intervals).
    """
    if not values:
        return None
    by_launch: dict[str, list[float]] = {}
    for value, launch in values:
        by_launch.setdefault(launch, []).append(value)
    groups = [np.array(group) for _, group in sorted(by_launch.items())]
    random = np.random.default_rng(len(values))
    medians = [
        float(np.median(np.concatenate([groups[index] for index in random.integers(0, len(groups), len(groups))])))
        for _ in range(_DRAWS)
    ]
    low, high = np.percentile(medians, [2.5, 97.5])
    middle = float(np.median([value for value, _ in values]))
    return Interval(median=middle, low=float(low), high=float(high))


def _of(run: GainRun, who: str) -> Knowledge:
    return next(view for view in run.views if view.who == who)


def _knowledge(who: str, observer: Observer, burnout_s: float) -> Knowledge:
    return Knowledge(
        who=who, detections=observer.detections, useful_s=first_useful_s(observer.said),
        km2=tuple(area_km2(observer.said, burnout_s + after_s) for after_s in AFTER_S),
    )  # fmt: skip


@lru_cache(maxsize=4)
def _door(members: tuple[str, ...]) -> Door:
    return Door(members)
