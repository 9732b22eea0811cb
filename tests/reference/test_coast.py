"""What the filter makes of free flight without plots, and of a push in the middle of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from launch_feed import START
from reference_feed import SETTINGS, after_lift_off, follow, plots_of, truth_of
from tocsin.calibration.reference import flight_ids
from tocsin.geo.ballistics import step_powered
from tocsin.geo.earth import altitude_at
from tocsin.warning.impact import predict_fall
from tocsin.warning.plots import seconds_of
from tocsin.warning.stages import may_publish_impact

RE_ENTRY_M = 100_000.0
SEEDS = (1000, 1001, 1002)


def re_entry_s(truth):
    """When it comes down through 100 km; burnout if it never rises above."""
    return next(
        (
            float(time_s)
            for time_s, state in zip(truth.times_s[::-1], truth.states[::-1], strict=True)
            if altitude_at(*state[:3]) > RE_ENTRY_M
        ),
        truth.burnout_s,
    )


@pytest.mark.parametrize("flight_id", flight_ids())
def test_when_plots_stop_in_coast_the_ellipse_at_most_doubles_until_re_entry(flight_id):
    for seed in SEEDS:
        truth = truth_of(flight_id, seed)
        plots, end_s = [plot for _, plot in plots_of(truth, seed)], re_entry_s(truth)
        track = None
        for from_s, stop_s in ((-1e9, 10.0), (10.0, 30.0), (30.0, 60.0)):
            low_s, high_s = truth.burnout_s + from_s, truth.burnout_s + stop_s
            track = follow([plot for plot in plots if low_s < after_lift_off(plot.time_s) <= high_s], track)
            at_stop = predict_fall(track.moment, SETTINGS)
            if not may_publish_impact(track, at_stop, SETTINGS):
                assert stop_s < 30.0, seed
                continue
            left_s = end_s - after_lift_off(track.time_s)
            for later_s in np.linspace(0.0, max(left_s, 0.0), 12):
                later = predict_fall(track.at(track.time_s + later_s), SETTINGS)
                assert later.semi_axes_km[0] <= 2.0 * at_stop.semi_axes_km[0], (seed, stop_s, later_s)


@pytest.mark.parametrize("members", [("JPN", "KOR", "USA"), ("USA",)])
def test_free_flight_to_the_ground_never_passes_for_a_manoeuvre(members):
    for flight_id in ("kn25", "hs12over"):
        truth = truth_of(flight_id, 1000)
        track, was_single = None, False
        for _, plot in plots_of(truth, 1000, members):
            track = follow([plot], track)
            assert track.moment.is_single >= was_single
            was_single = track.moment.is_single
        assert was_single


@pytest.mark.parametrize("silent_s", [0.0, 30.0])
@pytest.mark.parametrize("flight_id", ["erscud", "hs12over", "hs12loft"])
def test_a_push_in_coast_brings_the_second_model_back(flight_id, silent_s):
    """An engine that burns again 60 s after burnout, seen at once or only after the sensors were silent."""
    flown = truth_of(flight_id, 1000)
    push_at_s = flown.burnout_s + 60.0
    pushed = relit(flown, push_at_s, push_mps2=15.0, until_s=push_at_s + 40.0)
    seen = [plot for _, plot in plots_of(pushed, 1000)]
    track = follow([plot for plot in seen if after_lift_off(plot.time_s) < push_at_s - silent_s])
    assert track.at(seconds_of(START) + push_at_s).is_single
    assert may_publish_impact(track, predict_fall(track.moment, SETTINGS), SETTINGS)
    for plot in seen:
        if push_at_s <= after_lift_off(plot.time_s) < push_at_s + 30.0:
            track = follow([plot], track)
            if not track.moment.is_single and track.ballistic_probability < SETTINGS.ballistic_probability:
                break
    else:
        pytest.fail("it still passes for free flight")
    assert after_lift_off(track.time_s) < push_at_s + 20.0
    assert not may_publish_impact(track, predict_fall(track.moment, SETTINGS), SETTINGS)


def relit(truth, from_s, *, push_mps2, until_s):
    """The same flight, pushed along its way for some time; followed as long as that lasts."""
    step_s, state = 0.1, truth.state_at(from_s)
    times_s, states = [from_s], [state]
    while times_s[-1] < until_s:
        push = push_mps2 * state[3:] / np.linalg.norm(state[3:])
        state = step_powered(state, truth.burn.cda_m, push, step_s)
        times_s.append(times_s[-1] + step_s)
        states.append(state)
    before = truth.times_s < from_s
    return replace(
        truth,
        name=f"{truth.name} relit",
        times_s=np.concatenate([truth.times_s[before], times_s]),
        states=np.concatenate([truth.states[before], states]),
    )
