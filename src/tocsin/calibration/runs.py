"""One run from a trial to its result."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from tocsin.calibration.cases import CASES
from tocsin.calibration.door import Door
from tocsin.calibration.observing import TICK_S, Observer
from tocsin.calibration.reference import reference_sensors
from tocsin.calibration.results import EPOCHS_S, FUSED, Run, Trial
from tocsin.geo.earth import geodetic_from_ecef
from tocsin.synthesis.sensors import observe
from tocsin.synthesis.truth import Truth
from tocsin.warning import WarningSettings

VACUUM_M = 80_000.0
"""Where air no longer counts: drag is below a ten-thousandth of what weight is."""

_SETTINGS = WarningSettings()


def run_trial(trial: Trial, *, views: Collection[str] | None = None) -> Run:
    """Fly, look, admit, fuse and compare; the same trial gives the same result.

    Args:
        trial: What to do.
        views: Only these, of ``FUSED`` and the members' codes; none: all.

    Raises:
        KeyError: There is no such case or flight.
    """
    case = CASES[trial.case]
    truth = case.fly(trial)
    silent_from_s = None if case.heard_s is None else truth.burnout_s + case.heard_s
    seen = observe(truth, case.sensors(), trial.seed)
    if silent_from_s is not None:
        seen = tuple(plot for plot in seen if plot.time_s <= silent_from_s)
    plots = sorted(seen, key=lambda plot: plot.arrives_s)
    door = _door()
    all_views = {FUSED: door.members} | {member: (member,) for member in door.members}
    observers = {
        who: Observer(who, members, truth, _SETTINGS)
        for who, members in all_views.items()
        if views is None or who in views
    }
    admitted = door.admit(plots)
    due, position = list(EPOCHS_S), 0
    begin_s = truth.burnout_s % TICK_S  # so that every sample falls on a tick
    last_s = truth.burnout_s + EPOCHS_S[-1] if silent_from_s is None else _reentry_s(truth)
    for tick in range(int(last_s) + 1):
        now_s = begin_s + tick * TICK_S
        batch = []
        while position < len(plots) and plots[position].arrives_s <= now_s:
            batch.append(admitted[position])
            position += 1
        is_due = bool(due) and now_s >= truth.burnout_s + due[0] - 0.5 * TICK_S
        for who, observer in observers.items():
            own = [entry for entry in batch if who in (FUSED, entry.record.originator)]
            observer.take(own, now_s)
            if is_due:
                observer.sample(now_s)
        if is_due:
            del due[0]
    if silent_from_s is not None and plots:
        silent_from_s = plots[-1].arrives_s + TICK_S
    views_seen = tuple(observer.result(silent_from_s=silent_from_s) for observer in observers.values())
    return Run(trial=trial, views=views_seen)


def _reentry_s(truth: Truth) -> float:
    """When it comes back into air that bears, seconds after lift-off."""
    path = zip(truth.times_s.tolist(), truth.states[:, :3], strict=True)
    return max(float(time_s) for time_s, place in path if geodetic_from_ecef(place)[2] > VACUUM_M)


@lru_cache(maxsize=1)
def _door() -> Door:
    return Door(sorted({sensor.member for sensor in reference_sensors()}))
