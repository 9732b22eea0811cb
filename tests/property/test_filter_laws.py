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
from tocsin.warning.measurement import RANGED, RATED, absorb
from tocsin.warning.models import KINEMATIC, LOG_DRAG, STATES
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
@given(
    st.lists(
        st.tuples(SIGMAS_M, SIGMAS_DEG, st.floats(-1.0, 5.0), st.floats(0.0, 3.0), st.booleans()),
        min_size=3,
        max_size=12,
    )
)
def test_whatever_sensors_claim_of_themselves_the_filter_stays_finite(claims):
    """Sigmas over their whole plausible range, as powers of ten, on the plots of a real track."""
    plots = [plot for plot in seen("erscud") if plot.is_ranged][:200:10]
    claiming = []
    for plot, (range_sigma, angle_sigma, rate_sigma, bias, has_bias) in zip(plots, claims, strict=False):
        sigmas = np.array([10.0**range_sigma, *2 * [np.radians(10.0**angle_sigma)], 10.0**rate_sigma])
        claiming.append(replace(plot, variances=sigmas**2, bias_sigma_rad=10.0**-bias if has_bias else 0.0))
    track = fused(claiming)
    assert np.all(np.isfinite(track.moment.states))
    assert np.all(np.isfinite(track.moment.covariances))
    assert abs(track.moment.weights.sum() - 1.0) < 1e-9
    for covariance in track.moment.covariances:
        assert np.all(np.diagonal(covariance) >= 0.0)
    predict_fall(track.moment, SETTINGS)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.floats(0.1, 1000.0), st.sampled_from([-1, KINEMATIC]))
def test_a_range_rate_never_makes_a_covariance_larger(seed, rate_sigma_mps, slot):
    random = np.random.default_rng(seed)
    plot = next(plot for plot in seen("erscud") if plot.form == RATED)
    root = random.normal(0.0, 1.0, (STATES, STATES))
    root *= np.r_[np.full(3, 500.0), np.full(3, 50.0), np.full(3, 5.0), 0.3, np.full(STATES - 10, 1e-3)][:, None]
    variances = plot.variances.copy()
    variances[3] = rate_sigma_mps**2
    after = {}
    for form in (RANGED, RATED):
        state, covariance = np.zeros(STATES), root @ root.T
        state[:3], state[3:6], state[LOG_DRAG] = plot.place, random.normal(0.0, 2000.0, 3), -8.85
        absorb(state, covariance, plot.figures, variances, form, plot.site, plot.basis, slot)
        after[form] = covariance
    gained = after[RANGED] - after[RATED]
    scale = np.sqrt(np.diagonal(after[RANGED]))
    assert np.linalg.eigvalsh(gained / np.outer(scale, scale)).min() > -1e-6


@settings(max_examples=20)
@given(st.floats(150.0, 5000.0), st.booleans())
def test_a_wrong_range_rate_fails_the_gate(off_mps, is_less):
    plots = [plot for plot in seen("hs15loft") if plot.time_s < seen("hs15loft")[0].time_s + 60.0]
    wrong = next(plot for plot in reversed(plots) if plot.form == RATED)
    track = fused([plot for plot in plots if plot.key < wrong.key])
    moment = track.at(wrong.time_s)
    assert track.distance(moment, wrong)[0] <= SETTINGS.gate_chi2
    figures = wrong.figures + np.array([0.0, 0.0, 0.0, -off_mps if is_less else off_mps])
    assert track.distance(moment, replace(wrong, figures=figures))[0] > SETTINGS.gate_chi2
