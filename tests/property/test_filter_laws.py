"""Laws of the filter: late plots put in their place give what plots in order give."""

from __future__ import annotations

import functools
import math
from dataclasses import replace

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st

from reference_feed import SETTINGS, plots_of, truth_of
from tocsin.warning.impact import predict_fall
from tocsin.warning.plots import FINEST_DEG, FINEST_M, FURTHEST_M
from tocsin.warning.track import begin

SEED = 1000


@functools.cache
def seen(flight_id):
    """The first four minutes of what all sensors see, infrared first."""
    plots = [plot for _, plot in plots_of(truth_of(flight_id, SEED), SEED)]
    return sorted((plot for plot in plots if plot.time_s < plots[0].time_s + 240.0), key=lambda plot: plot.key)


def fused(plots):
    track = begin(plots[0], SETTINGS)
    for plot in plots[1:]:
        track.add(plot)
    return track


@settings(max_examples=25)
@given(
    st.sampled_from(["kn25", "hs15loft"]),
    st.floats(0.0, 200.0),
    st.lists(st.floats(0.0, SETTINGS.buffer_s), min_size=8, max_size=40),
)
def test_plots_as_late_as_the_buffer_allows_equal_plots_in_order(flight_id, first_s, delays_s):
    plots = seen(flight_id)
    plots = [plot for plot in plots if 0.0 <= plot.time_s - plots[0].time_s - first_s < 30.0]
    if not plots:
        return
    arrival = sorted(
        range(len(plots)), key=lambda number: (plots[number].time_s + delays_s[number % len(delays_s)], number)
    )
    event(f"in order: {arrival == sorted(arrival)}; infrared first: {not plots[0].is_ranged}")
    in_order, replayed = fused(plots), fused([plots[number] for number in arrival])
    one, other = in_order.moment, replayed.moment
    for name in ("states", "covariances", "weights"):
        np.testing.assert_allclose(getattr(other, name), getattr(one, name), rtol=1e-6)
    for name in ("time_s", "is_single", "is_discerning", "above_since_s", "gate_since_s", "is_placed", "sensors"):
        assert getattr(other, name) == getattr(one, name)
    assert (replayed.count, replayed.ranged_plots) == (in_order.count, in_order.ranged_plots)
    assert {sensor: plot.key for sensor, plot in replayed.newest.items()} == {
        sensor: plot.key for sensor, plot in in_order.newest.items()
    }


SIGMAS_M = st.floats(math.log10(FINEST_M), math.log10(FURTHEST_M))
SIGMAS_DEG = st.floats(math.log10(FINEST_DEG), math.log10(180.0))


@settings(max_examples=40)
@given(st.lists(st.tuples(SIGMAS_M, SIGMAS_DEG, st.floats(0.0, 3.0), st.booleans()), min_size=3, max_size=12))
def test_whatever_sensors_claim_of_themselves_the_filter_stays_finite(claims):
    """Sigmas over their whole plausible range, as powers of ten, on the plots of a real track."""
    plots = [plot for plot in seen("erscud") if plot.is_ranged][:200:10]
    claiming = []
    for plot, (range_sigma, angle_sigma, bias, has_bias) in zip(plots, claims, strict=False):
        sigmas = np.array([10.0**range_sigma, *2 * [np.radians(10.0**angle_sigma)]])
        claiming.append(replace(plot, variances=sigmas**2, bias_sigma_rad=10.0**-bias if has_bias else 0.0))
    track = fused(claiming)
    assert np.all(np.isfinite(track.moment.states))
    assert np.all(np.isfinite(track.moment.covariances))
    assert abs(track.moment.weights.sum() - 1.0) < 1e-9
    for covariance in track.moment.covariances:
        assert np.all(np.diagonal(covariance) >= 0.0)
    predict_fall(track.moment, SETTINGS)
