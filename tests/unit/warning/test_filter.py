from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import msgspec
import numpy as np
import pytest

from launch_feed import ALL, START, admit, detection, detections, flight_of
from reference_feed import after_lift_off, follow, truth_of
from reference_feed import plots_of as reference_plots
from tocsin.geo.ballistics import coast, fall
from tocsin.geo.earth import ecef_from_geodetic, enu_basis, geodetic_from_ecef
from tocsin.records import Detection, Position
from tocsin.warning import WarningSettings, imm
from tocsin.warning.impact import descend, predict_fall
from tocsin.warning.initiation import distance2_of
from tocsin.warning.measurement import (
    ANGLES,
    FIGURES,
    PLACED,
    RANGED,
    RATED,
    TURN_S,
    absorb,
    misfit,
    predicted_figures,
    residual,
)
from tocsin.warning.models import KINEMATIC, LOG_DRAG, STATES, predict_ballistic, predict_boost
from tocsin.warning.moment import combined
from tocsin.warning.plots import plot_of, seconds_of
from tocsin.warning.track import begin

SETTINGS = WarningSettings()
FLIGHT = "NK-20170305-01"


def a_state(altitude_m=90_000.0, speed_mps=2500.0):
    state = np.zeros(STATES)
    state[:3] = ecef_from_geodetic(40.0, 130.0, altitude_m)
    state[3:6] = speed_mps * np.array([0.3, 0.5, 0.8]) @ enu_basis(40.0, 130.0)
    state[LOG_DRAG] = -math.log(7000.0)
    return state


def plots_of(**options):
    return [plot_of(admit(record, START)) for record in detections(flight_of(FLIGHT), **options)]


def track_of(plots):
    track = begin(plots[0], SETTINGS)
    for plot in plots[1:]:
        track.add(plot)
    return track


@pytest.mark.parametrize("form", [RANGED, ANGLES, PLACED, RATED])
def test_derivative_of_a_measurement_agrees_with_differences(form):
    state = a_state()
    site, basis = ecef_from_geodetic(38.0, 127.0, 20.0), enu_basis(38.0, 127.0)
    slot = -1 if form == PLACED else KINEMATIC
    state[KINEMATIC : KINEMATIC + 2] = 1e-4, -2e-4
    _, slope = predicted_figures(state, form, site, basis, slot)
    for index, step in [(0, 1.0), (1, 1.0), (2, 1.0), (3, 0.1), (5, 0.1), (KINEMATIC, 1e-5), (KINEMATIC + 1, 1e-5)]:
        ahead, behind = state.copy(), state.copy()
        ahead[index] += step
        behind[index] -= step
        there, _ = predicted_figures(ahead, form, site, basis, slot)
        back, _ = predicted_figures(behind, form, site, basis, slot)
        np.testing.assert_allclose((there - back) / (2 * step), slope[:, index], rtol=1e-5, atol=1e-12)


def test_azimuth_residual_wraps_at_north():
    difference = residual(np.array([0.0, 0.01, 0.0, 0.0]), np.array([0.0, 2 * math.pi - 0.01, 0.0, 0.0]), ANGLES)
    assert difference[1] == pytest.approx(0.02)


@pytest.mark.parametrize("form", [RANGED, RATED])
def test_one_figure_after_the_other_equals_the_joint_update(form):
    state, covariance = a_state(), np.diag(np.r_[np.full(3, 1e6), np.full(3, 1e4), np.full(3, 25.0), 0.3, np.zeros(16)])
    covariance[KINEMATIC, KINEMATIC] = covariance[KINEMATIC + 1, KINEMATIC + 1] = 1e-7
    site, basis = ecef_from_geodetic(38.0, 127.0, 20.0), enu_basis(38.0, 127.0)
    variances = np.array([50.0**2, 1e-6, 2e-6, 9.0])
    expected, h = predicted_figures(state, form, site, basis, KINEMATIC)
    figures = expected + np.array([120.0, 1e-3, -5e-4, 4.0])

    def after(rows, noise):
        part = h[rows]
        spread = part @ covariance @ part.T + np.diag(noise[rows])
        return covariance - covariance @ part.T @ np.linalg.solve(spread, part @ covariance)

    line = h[0, :3]
    swing = (np.eye(3) - np.outer(line, line)) / figures[0]
    turns = swing @ after([1, 2], variances)[:3, :3]  # second order of the range, and of its rate
    shift, noise = np.array([0.5 * np.trace(turns), 0.0, 0.0, 0.0]), variances.copy()
    noise[0] += 0.5 * np.trace(turns @ turns)
    left = after([1, 2, 0], noise)
    both, place, speed = swing @ left[3:6, :3], swing @ left[:3, :3], swing @ left[3:6, 3:6]
    shift[3] = np.trace(both)
    noise[3] += np.trace(both @ both) + np.trace(speed @ place)
    rows = slice(0, 4 if form == RATED else 3)
    innovation, h = (figures - expected - shift)[rows], h[rows]
    spread = h @ covariance @ h.T + np.diag(noise[rows])
    gain = covariance @ h.T @ np.linalg.inv(spread)
    joint, joint_covariance = state + gain @ innovation, covariance - gain @ h @ covariance
    distance2, log_likelihood = absorb(state, covariance, figures, variances, form, site, basis, KINEMATIC)
    np.testing.assert_allclose(state, joint, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(covariance, joint_covariance, rtol=1e-6, atol=1e-6)
    assert distance2 == pytest.approx(innovation @ np.linalg.solve(spread, innovation), rel=1e-6)
    log_determinant = np.linalg.slogdet(2 * math.pi * spread)[1]
    assert log_likelihood == pytest.approx(-0.5 * (distance2 + log_determinant), rel=1e-6)


@pytest.mark.parametrize("form", [RANGED, ANGLES, PLACED, RATED])
@pytest.mark.parametrize("slot", [-1, KINEMATIC])
def test_misfit_is_the_normalised_distance_by_the_model_that_fits_best(form, slot):
    random = np.random.default_rng(4)
    slot = -1 if form == PLACED else slot
    states, covariances = np.array([a_state(), a_state()]), np.empty((2, STATES, STATES))
    states[:, :3] += random.normal(0.0, 300.0, (2, 3))
    for model in range(2):
        root = random.normal(0.0, 1.0, (STATES, STATES)) * np.r_[np.full(10, 100.0), np.full(16, 1e-3)][:, None]
        covariances[model] = root @ root.T
    site, basis = ecef_from_geodetic(38.0, 127.0, 20.0), enu_basis(38.0, 127.0)
    variances = np.full(4, 1e6) if form == PLACED else np.array([50.0**2, 1e-6, 2e-6, 9.0])
    figures, _ = predicted_figures(a_state(), form, site, basis, slot)
    rows, best = slice(1 if form == ANGLES else 0, 4 if form == RATED else 3), []
    for model in range(2):
        expected, slope = predicted_figures(states[model], form, site, basis, slot)
        difference, h = residual(figures, expected, form)[rows], slope[rows]
        for turn_m2 in (0.0, 500.0**2):
            place = np.zeros((STATES, STATES))
            place[:3, :3] = np.eye(3) * (1e4 + turn_m2)
            place[3:6, 3:6] = np.eye(3) * (2e3 + turn_m2 / TURN_S**2)
            spread = h @ (covariances[model] + place) @ h.T + np.diag(variances[rows])
            spread += np.diag([0.0, 3e-6, 3e-6, 0.0][rows])
            distance2 = difference @ np.linalg.solve(spread, difference)
            best.append((distance2 + np.linalg.slogdet(spread)[1], distance2, model, turn_m2))
    for first_model, turn_m2 in [(imm.BOOST, 0.0), (imm.BOOST, 500.0**2), (imm.BALLISTIC, 0.0)]:
        asked = [entry for entry in best if entry[2] >= first_model and entry[3] <= turn_m2]
        cost, distance2, _, _ = min(asked)
        found = misfit(
            states, covariances, figures, variances, form, site, basis, slot, first_model, 1e4, 2e3, turn_m2, 3e-6
        )
        assert found == pytest.approx((distance2, cost), rel=1e-6)


def test_nothing_is_near_what_cannot_be_reckoned():
    states, covariances = np.array([a_state(), a_state()]), np.full((2, STATES, STATES), np.nan)
    site, basis = ecef_from_geodetic(38.0, 127.0, 20.0), enu_basis(38.0, 127.0)
    nothing = np.zeros(FIGURES)
    found = misfit(states, covariances, nothing, nothing, RANGED, site, basis, -1, imm.BOOST, 0.0, 0.0, 0.0, 0.0)
    assert found == (math.inf, math.inf)


def test_ballistic_prediction_moves_as_the_flight_does_and_spreads_as_its_derivative():
    state, covariance = a_state(altitude_m=45_000.0), np.zeros((STATES, STATES))
    start = state.copy()
    offsets = [(0, 50.0), (4, 5.0), (LOG_DRAG, 0.01)]
    for index, sigma in offsets:
        covariance[index, index] = sigma**2
    predict_ballistic(state, covariance, 20.0, 0.0, 0.0)
    np.testing.assert_allclose(state[:6], coast(start[:6], 1 / 7000.0, 20.0, 1.0), rtol=1e-12)
    columns = []
    for index, sigma in offsets:
        ahead, behind = start.copy(), start.copy()
        ahead[index] += sigma
        behind[index] -= sigma
        there = coast(ahead[:6], math.exp(ahead[LOG_DRAG]), 20.0, 0.5)
        back = coast(behind[:6], math.exp(behind[LOG_DRAG]), 20.0, 0.5)
        columns.append((there - back) / 2)
    expected = np.array(columns).T @ np.array(columns)
    sigmas, exact = np.sqrt(np.diag(covariance)[:6]), np.sqrt(np.diag(expected))
    np.testing.assert_allclose(sigmas[:3], exact[:3], rtol=5e-3, atol=0.1)
    np.testing.assert_allclose(sigmas[3:], exact[3:], rtol=5e-3, atol=0.01)


def test_boost_prediction_is_exact_for_constant_acceleration_and_composes():
    one, other = a_state(), a_state()
    one[6:9] = other[6:9] = 10.0, -20.0, 30.0
    whole, halves = np.eye(STATES) * 4.0, np.eye(STATES) * 4.0
    predict_boost(one, whole, 2.0, 1.0)
    predict_boost(other, halves, 0.5, 1.0)
    predict_boost(other, halves, 1.5, 1.0)
    np.testing.assert_allclose(one, other, rtol=1e-12)
    np.testing.assert_allclose(whole, halves, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(one[3:6], a_state()[3:6] + 2.0 * np.array([10.0, -20.0, 30.0]))


def test_mixing_borrows_thrust_and_never_pulls_it_to_zero():
    states = np.array([a_state(), a_state()])
    states[imm.BOOST, 6:9] = 10.0, 20.0, 30.0
    covariances = np.array([np.eye(STATES), np.eye(STATES) * 2.0])
    covariances[imm.BALLISTIC, 6:9, :] = covariances[imm.BALLISTIC, :, 6:9] = 0.0
    weights = np.array([0.5, 0.5])
    imm.mix(states, covariances, weights, 5.0, np.array([10.0, 10.0]))
    np.testing.assert_allclose(states[imm.BOOST, 6:9], [10.0, 20.0, 30.0])
    np.testing.assert_array_equal(states[imm.BALLISTIC, 6:9], 0.0)
    assert weights.sum() == pytest.approx(1.0)
    assert np.all(np.linalg.eigvalsh(covariances[imm.BOOST]) > 0)


def test_impact_of_the_long_steps_is_that_of_short_ones():
    flight = flight_of(FLIGHT)
    state = flight.state_at(flight.burnout_s + 1.0)
    ground, time_s, apogee_m = descend(state, flight.burn.cda_m)
    exact, exact_s = fall(state, flight.burn.cda_m, 0.1, 7200.0)
    assert np.linalg.norm(ground[:3] - exact[:3]) < 1.0
    assert time_s == pytest.approx(exact_s, abs=1e-3)
    assert apogee_m == pytest.approx(flight.apogee_km * 1e3, abs=35.0)  # half a step of 5 s from the top


def test_a_state_that_does_not_come_down_has_no_impact():
    track = track_of(plots_of()[:40])
    moment = track.moment.copy()
    moment.states[imm.BALLISTIC, :6] = a_state(altitude_m=300_000.0, speed_mps=11_500.0)[:6]
    assert predict_fall(moment, SETTINGS) is None


def test_burnout_at_an_unknown_time_between_two_plots_is_what_many_such_times_give():
    random, dt_s, share = np.random.default_rng(2), 2.0, 0.3
    thrust, spread = np.array([30.0, -10.0, 50.0]), np.diag([9.0, 25.0, 4.0])
    state, covariance = np.zeros(STATES), np.zeros((STATES, STATES))
    imm.burn_out(state, covariance, dt_s, thrust, spread, share)
    count = 400_000
    pushes = random.multivariate_normal(thrust, spread, count)
    at_s = random.uniform(0.0, dt_s, count)[:, None] * (random.random(count) < share)[:, None]
    drawn = np.hstack([pushes * (dt_s * at_s - 0.5 * at_s**2), pushes * at_s])
    np.testing.assert_allclose(state[:6], drawn.mean(axis=0), rtol=0.02)
    np.testing.assert_allclose(covariance[:6, :6], np.cov(drawn.T), rtol=0.03, atol=2.0)
    np.testing.assert_array_equal(covariance, covariance.T)


def test_range_rate_sharpens_a_track_on_average_over_many_flights():
    truth = truth_of("erscud", 1000)
    errors = {True: [], False: []}
    for seed in range(1000, 1010):
        plots = [plot for _, plot in reference_plots(truth, seed) if after_lift_off(plot.time_s) < truth.burnout_s + 10]
        for has_rate, errors_there in errors.items():
            used = [replace(plot, form=RANGED) if plot.form == RATED and not has_rate else plot for plot in plots]
            track = follow(used)
            velocity = combined(track.moment)[1]
            errors_there.append(velocity - truth.state_at(after_lift_off(track.time_s))[3:])
    assert np.mean(np.square(errors[True])) < 0.95 * np.mean(np.square(errors[False]))


def test_late_plots_replayed_equal_plots_in_order():
    plots = plots_of()[:120]
    delays_s = np.random.default_rng(5).exponential(0.8, len(plots)).clip(0.0, 2.5)
    arrival = sorted(range(len(plots)), key=lambda i: (plots[i].time_s + delays_s[i], i))
    arrival.remove(0)
    shuffled = [plots[0], *(plots[i] for i in arrival)]
    assert shuffled != plots
    in_order, replayed = track_of(plots), track_of(shuffled)
    for model in range(2):
        np.testing.assert_allclose(replayed.moment.states[model][:6], in_order.moment.states[model][:6], rtol=1e-9)
    np.testing.assert_allclose(replayed.moment.weights, in_order.moment.weights, atol=1e-6)
    assert replayed.count == in_order.count == len(plots)


def test_a_plot_older_than_the_memory_is_refused():
    plots = plots_of()[:60]
    track = track_of(plots[1:])
    assert track.at(plots[0].time_s) is None
    assert not track.remembers(plots[0].time_s)
    with pytest.raises(ValueError, match="older than the memory"):
        track.add(plots[0])


def test_a_quick_look_never_hides_a_plot_that_would_pass_the_gate():
    plots = plots_of()
    track = begin(plots[0], SETTINGS)
    for plot in plots[1:]:
        moment = track.at(plot.time_s)
        assert moment is not None
        if track.distance(moment, plot)[0] <= SETTINGS.gate_chi2:
            assert track.is_near(plot)
        track.add(plot)


def test_tracks_whose_distance_cannot_be_told_stay_two():
    plots = plots_of()
    other = next(plot for plot in plots if plot.sensor != plots[0].sensor)
    elder, younger = begin(plots[0], SETTINGS), begin(other, SETTINGS)
    for track in (elder, younger):
        moment = track.moment.copy()
        moment.covariances[:] = 0.0
        track.moment = moment
    younger.moment.time_s = elder.moment.time_s
    assert distance2_of(younger, elder) == math.inf


def test_drops_to_one_model_and_returns_to_two_when_it_is_pushed():
    flight = flight_of(FLIGHT)
    plots = plots_of()
    coasting = [plot for plot in plots if plot.time_s < seconds_of(START) + flight.burnout_s + 60.0]
    track = track_of(coasting)
    assert track.moment.is_single
    assert track.ballistic_probability > 0.9
    later = [plot for plot in plots if plot.time_s > track.time_s][:60]
    for plot in later:
        pushed_m = 15.0 * (plot.time_s - coasting[-1].time_s) ** 2
        plot.figures[0] += pushed_m
        track.add(plot)
    assert not track.moment.is_single
    assert track.ballistic_probability < 0.9


def test_ellipse_does_not_grow_when_plots_stop_in_vacuum():
    flight = flight_of(FLIGHT)
    plots = [plot for plot in plots_of() if plot.time_s < seconds_of(START) + flight.burnout_s + 60.0]
    track = track_of(plots)
    now = predict_fall(track.moment, SETTINGS)
    later = track.at(track.time_s + 120.0)
    assert later is not None
    then = predict_fall(later, SETTINGS)
    assert now is not None
    assert then is not None
    assert then.semi_axes_km[0] < 2.0 * now.semi_axes_km[0]


def test_a_coarse_copy_alone_makes_a_track():
    flight = flight_of(FLIGHT)
    random = np.random.default_rng(3)
    plots = []
    for number in range(60):
        at_s = flight.burnout_s + 2.0 * number
        noisy = flight.state_at(at_s)[:3] + random.normal(0.0, 2000.0, 3)
        lat_deg, lon_deg, altitude_m = geodetic_from_ecef(noisy)
        body = Detection(
            position=Position(lat_deg=lat_deg, lon_deg=lon_deg, altitude_m=altitude_m), position_sigma_m=2000.0
        )
        record = detection(body, id_=f"c{number}", at=START + timedelta(seconds=at_s))
        plots.append(plot_of(admit(record, START)))
    track = track_of(plots)
    position, velocity, covariance = combined(track.moment)
    error = np.concatenate([position, velocity]) - flight.state_at(flight.burnout_s + 118.0)
    assert error @ np.linalg.solve(covariance, error) < 22.5
    assert np.linalg.norm(error[:3]) < 3000.0


def test_more_sensors_than_slots_count_their_bias_as_noise():
    plots = plots_of(members=ALL)
    base = next(plot for plot in plots if plot.form == RANGED)
    track = begin(base, SETTINGS)
    for number in range(12):
        body = msgspec.json.decode(base.record.body, type=Detection)
        body = msgspec.structs.replace(body, sensor_id=f"s{number}")
        record = detection(body, id_=f"x{number}", at=base.record.observed_at)
        plot = plot_of(admit(record, START))
        assert plot is not None
        track.add(plot)
    assert np.all(np.isfinite(track.moment.covariances))
    assert np.all(np.diagonal(track.moment.covariances[imm.BALLISTIC]) >= 0)
