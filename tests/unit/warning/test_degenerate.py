"""Infrared alone, late radar, figures that say nothing or too much: no crash, and no area that is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
import numpy as np
import pytest

from launch_feed import START, admit, detection, launches, make_desk, run
from reference_feed import SETTINGS, after_lift_off, follow, plots_of, truth_of
from tocsin.calibration.reference import reference_sensors
from tocsin.records import Detection
from tocsin.synthesis.sensors import observe
from tocsin.warning import imm
from tocsin.warning.impact import predict_fall
from tocsin.warning.models import LOG_DRAG
from tocsin.warning.plots import FINEST_DEG, FINEST_M, FINEST_MPS, plot_of
from tocsin.warning.stages import may_publish_impact
from tocsin.warning.track import begin


def records_of(truth, sensor_ids, seed=1000):
    sensors = [sensor for sensor in reference_sensors() if sensor.sensor_id in sensor_ids]
    return [
        detection(plot.body, id_=f"d{number}", at=START + timedelta(seconds=plot.time_s), member=plot.member)
        for number, plot in enumerate(observe(truth, sensors, seed))
    ]


@pytest.mark.parametrize("sensor_ids", [["USA-ir-1"], ["USA-ir-2"], ["USA-ir-1", "USA-ir-2"]])
@pytest.mark.parametrize("flight_id", ["kn25", "hs15loft"])
def test_infrared_alone_never_gives_an_impact(sensor_ids, flight_id):
    truth = truth_of(flight_id, 1000)
    records = records_of(truth, sensor_ids)
    assert len(records) >= 5
    said = launches(run(make_desk("USA", audiences=()), records, until_s=truth.burnout_s + 120.0))
    assert said
    assert all(body.impact is None and body.stage != "predicted" for _, body in said)


@pytest.mark.parametrize("after_burnout_s", [-20.0, 5.0, 60.0])
def test_radar_that_comes_late_places_what_infrared_saw(after_burnout_s):
    truth = truth_of("hs12over", 1000)
    from_s = truth.burnout_s + after_burnout_s
    plots = [
        plot
        for _, plot in plots_of(truth, 1000, ("USA", "JPN"))
        if not plot.is_ranged or after_lift_off(plot.time_s) > from_s
    ]
    blind = follow([plot for plot in plots if not plot.is_ranged])
    assert not may_publish_impact(blind, predict_fall(blind.moment, SETTINGS), SETTINGS)
    track = follow([plot for plot in plots if after_lift_off(plot.time_s) < max(from_s, truth.burnout_s) + 60.0])
    assert track.ranged_plots > 20
    fall = predict_fall(track.moment, SETTINGS)
    assert may_publish_impact(track, fall, SETTINGS)
    error = track.moment.states[imm.BALLISTIC, :6] - truth.state_at(after_lift_off(track.time_s))
    covariance = track.moment.covariances[imm.BALLISTIC, :6, :6]
    assert error @ np.linalg.solve(covariance, error) < 22.5


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, -1.0])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_an_impact_of_a_covariance_that_is_none_is_not_told(value):
    plots = [plot for _, plot in plots_of(truth_of("erscud", 1000), 1000)]
    track = follow(plots[:400])
    moment = track.moment.copy()
    moment.covariances[imm.BALLISTIC] *= value
    track.moment = moment
    assert not may_publish_impact(track, predict_fall(moment, SETTINGS), SETTINGS)


@pytest.mark.parametrize("known", [[0], [2, 5], [LOG_DRAG], [0, 1, 2, 3, 4, 5]])
def test_an_impact_of_a_singular_covariance_does_not_fail(known):
    track = follow([plot for _, plot in plots_of(truth_of("erscud", 1000), 1000)][:800])
    moment = track.moment.copy()
    moment.covariances[imm.BALLISTIC][known, :] = 0.0
    moment.covariances[imm.BALLISTIC][:, known] = 0.0
    fall = predict_fall(moment, SETTINGS)
    assert fall is None or np.isfinite(fall.semi_axes_km).all()


def test_a_sensor_is_not_taken_for_better_than_any_is():
    record = records_of(truth_of("erscud", 1000), ["USA-radar-1"])[0]
    body = msgspec.json.decode(record.body, type=Detection)
    boastful = msgspec.structs.replace(body, range_sigma_m=1e-3, angle_sigma_deg=1e-9, range_rate_sigma_mps=1e-3)
    plot = plot_of(admit(detection(boastful, id_="b", at=record.observed_at), START))
    np.testing.assert_allclose(np.sqrt(plot.variances), [FINEST_M, *2 * [np.radians(FINEST_DEG)], FINEST_MPS])


def test_what_cannot_be_reckoned_any_more_begins_anew():
    plots = [plot for _, plot in plots_of(truth_of("erscud", 1000), 1000) if plot.is_ranged]
    track = begin(plots[0], SETTINGS)
    track.add(plots[1])
    lost = track.moment.copy()
    lost.states[:] = np.nan
    track.moment = lost
    track.add(replace(plots[2], time_s=plots[2].time_s + 1.0))
    assert track.moment.is_sound
    assert np.linalg.norm(track.moment.states[imm.BALLISTIC, :3] - plots[2].place) < 1000.0
    for plot in plots[10:40]:
        track.add(replace(plot, time_s=plot.time_s + 1.0))
    assert track.moment.is_sound
