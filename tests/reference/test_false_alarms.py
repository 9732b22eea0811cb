"""Does clutter ever reach the grade for the public? (The whole year: ``python -m bench.warning.false_alarms``.)"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from bench.warning.false_alarms import listen

from launch_feed import START, admit, detection
from tocsin.calibration.reference import reference_sensors
from tocsin.geo.earth import enu_basis, geodetic_from_ecef, polar_from_ecef
from tocsin.records import Detection
from tocsin.warning import WarningSettings
from tocsin.warning.classification import classify
from tocsin.warning.grading import grade_of
from tocsin.warning.moment import combined
from tocsin.warning.plots import plot_of, seconds_of
from tocsin.warning.track import begin

SETTINGS = WarningSettings()
RADAR = next(sensor for sensor in reference_sensors() if sensor.sensor_id == "KOR-radar-1")
MOST_PLOTS = 12


def test_hours_of_clutter_say_nothing_to_the_public():
    heard = listen(range(3), rate=0.01, seed=7, settings=SETTINGS)
    assert heard.plots > 500
    assert heard.public == []
    assert heard.stages["predicted"] == 0


def stray_plot(place, second):
    """A plot of the radar at a place, ECEF."""
    site = RADAR.position
    range_m, azimuth_deg, elevation_deg = polar_from_ecef(place, site.lat_deg, site.lon_deg, site.altitude_m)
    body = Detection(
        sensor_id=RADAR.sensor_id, sensor=site, range_m=range_m, azimuth_deg=azimuth_deg % 360.0,
        elevation_deg=elevation_deg, range_sigma_m=RADAR.range_sigma_m, angle_sigma_deg=RADAR.angle_sigma_deg,
        bias_sigma_deg=RADAR.bias_sigma_deg,
    )  # fmt: skip
    at = START + timedelta(seconds=second)
    return plot_of(admit(detection(body, id_=f"stray-{second}", at=at, member="KOR"), at))


def stray_track(random):
    """A track that clutter makes by falling into its gate at scan after scan, as evenly as clutter does."""
    east, north, up = random.uniform(-400e3, 400e3), random.uniform(-400e3, 400e3), random.uniform(5e3, 200e3)
    basis = enu_basis(RADAR.position.lat_deg, RADAR.position.lon_deg)
    track = begin(stray_plot(RADAR.site + np.array([east, north, up]) @ basis, 0), SETTINGS)
    grades = []
    for second in range(1, MOST_PLOTS):
        moment = track.at(seconds_of(START) + second)
        position, _, covariance = combined(moment)
        axes = np.linalg.cholesky(covariance[:3, :3] + 500.0**2 * np.eye(3))
        for _ in range(50):
            away = random.uniform(-4.0, 4.0, 3)
            place = position + axes @ away
            if not 1e3 < geodetic_from_ecef(place)[2] < 500e3:
                continue
            plot = stray_plot(place, second)
            if track.distance(moment, plot)[0] <= SETTINGS.gate_chi2:
                track.add(plot)
                break
        track.top_m = max(track.top_m, geodetic_from_ecef(combined(track.moment)[0])[2])
        classified = classify(track, SETTINGS)
        grades.append((track.count, classified, grade_of(track, classified, SETTINGS).grade))
    return grades


def test_clutter_that_falls_into_a_gate_again_and_again_seldom_moves_like_a_launch():
    random = np.random.default_rng(1)
    runs = [stray_track(random) for _ in range(60)]
    sixes = [entry for run in runs for entry in run if entry[0] >= SETTINGS.public_plots]
    assert len(sixes) > 300
    assert np.mean([classified.launch_like for _, classified, _ in sixes]) < 0.03
    assert sum(any(grade == "public" for *_, grade in run) for run in runs) <= 2
