"""The tracks in arrays tell the same as each track by itself, to the bit."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from reference_feed import SETTINGS, after_lift_off, follow, plots_of, truth_of
from tocsin.warning.bank import Bank
from tocsin.warning.measurement import PLACED
from tocsin.warning.plain import FUSED
from tocsin.warning.track import begin

FLIGHTS = ("kn25", "erscud", "hs12over", "hs15loft", "scudc", "hs12loft")


def tracks_and_plots():
    """Tracks of several flights under thrust, in free flight and of infrared alone, and a plot that each waits for."""
    tracks, waiting = [], []
    for number, flight_id in enumerate(FLIGHTS):
        truth = truth_of(flight_id, 1000)
        until_s = truth.burnout_s + (-10.0, 10.0, 60.0)[number % 3]
        plots = [plot for _, plot in plots_of(truth, 1000)]
        if number == 3:
            plots = [plot for plot in plots if not plot.is_ranged]
        tracks.append(follow([plot for plot in plots if after_lift_off(plot.time_s) < until_s]))
        waiting.append(next(plot for plot in plots if plot.time_s > tracks[-1].time_s))
    return tracks, waiting


TRACKS, WAITING = tracks_and_plots()


def alone(track, plot):
    """Distance and cost by the track itself."""
    moment = track.at(plot.time_s) if track.is_near(plot) and not track.has_seen(plot) else None
    distance2, cost = (math.inf, math.inf) if moment is None else track.distance(moment, plot)
    return (distance2, cost) if distance2 <= SETTINGS.gate_chi2 else (math.inf, math.inf)


def assert_same(one, other):
    """Tell whether two moments are the same to the bit."""
    arrays = ("states", "covariances", "weights", "distances")
    for name in arrays:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    bare = dict.fromkeys(arrays)
    assert replace(one, **bare) == replace(other, **bare)


def test_all_tracks_in_one_call_tell_what_each_tells():
    bank = Bank(SETTINGS).follow(TRACKS)
    fitting = 0
    for plot in WAITING:
        misfits = bank.misfits([plot])
        expected = np.array([alone(track, plot) for track in TRACKS])
        np.testing.assert_array_equal(misfits.distances[:, 0], expected[:, 0])
        np.testing.assert_array_equal(misfits.costs[:, 0], expected[:, 1])
        np.testing.assert_array_equal(bank.near([plot])[:, 0], [track.is_near(plot) for track in TRACKS])
        fitting += int(np.isfinite(expected[:, 0]).sum())
    assert fitting >= len(FLIGHTS)


def test_fusing_all_in_one_call_is_to_the_bit_what_each_track_does_by_itself():
    done = 0
    for row, (track, plot) in enumerate(zip(TRACKS, WAITING, strict=True)):
        batch, single = track.copy(), track.copy()
        bank = Bank(SETTINGS).follow([*TRACKS[:row], batch])
        bank.misfits([plot])
        (fused,) = bank.fused([(row, plot)])
        done += fused is not None
        batch.add(plot, fused)
        single.add(plot)
        assert_same(batch.moment, single.moment)
        assert bank.fused([(row, plot)]) == [None]  # it is used up
        if plot.form != PLACED:  # its look is in the track
            assert np.isinf(bank.follow([batch]).misfits([plot]).distances).all()
    assert done >= len(FLIGHTS) - 1


def test_plots_taken_many_at_a_time_are_to_the_bit_what_they_are_one_by_one():
    done = 0
    for number, track in enumerate(TRACKS):
        truth = truth_of(FLIGHTS[number], 1000)
        later = [plot for _, plot in plots_of(truth, 1000) if track.time_s < plot.time_s < track.time_s + 40.0]
        if number == 3:
            later = [plot for plot in later if not plot.is_ranged]
        plots = sorted(later, key=lambda plot: plot.key)
        many, single, bank, first = track.copy(), track.copy(), Bank(SETTINGS), 0
        while first < len(plots):
            batch = bank.follow([many]).batch(plots, [False] * len(plots))
            made, is_stuck = bank.take_plain(plots, batch, first, math.inf)
            for outcome, row, moment in made:
                assert (outcome, row) == (FUSED, 0)
                many.go_on(plots[first], moment)
                single.add(plots[first])
                assert_same(many.moment, single.moment)
                done, first = done + 1, first + 1
            if is_stuck:
                many.add(plots[first])
                single.add(plots[first])
                first += 1
    assert done > 20 * len(FLIGHTS)


def test_a_late_plot_is_asked_of_the_memory():
    late = WAITING[1]
    truth = truth_of(FLIGHTS[1], 1000)
    later = [plot for _, plot in plots_of(truth, 1000) if late.time_s < plot.time_s < late.time_s + 2.0]
    track = follow([plot for plot in later if plot.sensor != late.sensor], TRACKS[1].copy())
    bank = Bank(SETTINGS).follow([track])
    assert late.time_s < bank.newest_s
    misfits = bank.misfits([late])
    assert (misfits.distances[0, 0], misfits.costs[0, 0]) == alone(track, late)
    assert np.isfinite(misfits.costs).all()


def test_rows_follow_tracks_that_come_and_go():
    bank = Bank(SETTINGS).follow(TRACKS[:2])
    for tracks in (TRACKS[2:], [], [begin(WAITING[0], SETTINGS) for _ in range(9)], TRACKS[::-1]):
        bank.follow(tracks)
        near = bank.near([WAITING[0]])
        assert near[:, 0].tolist() == [track.is_near(WAITING[0]) for track in tracks]
    assert Bank(SETTINGS).newest_s == -math.inf
