"""Are the probabilities of the classes what they say? Seeded flights of each class, weighed as the prior weighs them.

Ballistic flights rise under laws of thrust that nobody told the filter of; space launches burn into orbits; aircraft
and cruise missiles fly level. Clutter is in ``test_false_alarms``.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from launch_feed import START, admit, detection
from tocsin.calibration.reference import flight_ids, reference_flight, reference_sensors
from tocsin.synthesis.launches import load_launches
from tocsin.synthesis.level_flight import LevelFlight
from tocsin.synthesis.sensors import observe
from tocsin.synthesis.truth import THRUSTS, ascend, fly
from tocsin.warning import WarningSettings
from tocsin.warning.classification import CLASSES, PRIOR, classify
from tocsin.warning.fusion import Fusion
from tocsin.warning.plots import plot_of, seconds_of
from tocsin.warning.stages import is_free

SETTINGS = WarningSettings()
SAMPLED_EVERY_S = 10.0
FOLLOWED_S = 120.0


def targets():
    thrusts = list(THRUSTS.values())
    for number, flight_id in enumerate(flight_ids()):
        yield "ballistic", fly(reference_flight(flight_id, 0), thrust=thrusts[number % len(thrusts)])
    rows = [row for row in load_launches().rows if row.is_space_launch and row.apogee_km is not None]
    for altitude_km in (250.0, 500.0):
        yield "space_launch", ascend(rows[-1], altitude_km=altitude_km)
    random = np.random.default_rng(1)
    for altitude_m in (500.0, 2_000.0, 5_000.0, 10_000.0, 12_000.0, 18_000.0):
        yield "aircraft", LevelFlight(
            launch=rows[0], lat_deg=random.uniform(37.0, 39.0), lon_deg=random.uniform(127.0, 130.0),
            bearing_deg=random.uniform(0.0, 360.0), altitude_m=altitude_m, speed_mps=random.uniform(150.0, 900.0),
            duration_s=150.0,
        )  # fmt: skip


def samples_of(target, members):
    """What is said of a target every ten seconds: probabilities, and whether the filter holds it for free."""
    fusion, due_s, found = Fusion(SETTINGS), {}, []
    for number, plot in enumerate(observe(target, reference_sensors(), 3)):
        if plot.member not in members or plot.time_s > target.burnout_s + FOLLOWED_S:
            continue
        record = detection(
            plot.body, id_=f"d{number}", at=START + timedelta(seconds=plot.time_s), member=plot.member
        )  # fmt: skip
        for track in fusion.take([plot_of(admit(record, START))], seconds_of(START) + plot.time_s):
            if track.is_confirmed and plot.time_s >= due_s.get(id(track), 0.0):
                due_s[id(track)] = plot.time_s + SAMPLED_EVERY_S
                found.append((*classify(track, SETTINGS).probabilities, is_free(track, SETTINGS)))
    return found


@pytest.fixture(scope="module")
def samples():
    """By class, shape (n, 5)."""
    found = {name: [] for name in CLASSES[:3]}
    for name, target in targets():
        for members in (("JPN", "KOR", "USA"), ("KOR",)):
            found[name] += samples_of(target, members)
    return {name: np.array(rows, dtype=float) for name, rows in found.items()}


def test_the_gate_opens_for_what_is_ballistic_and_for_nothing_else(samples):
    gate = SETTINGS.ballistic_probability
    is_open = {name: (rows[:, 4] == 1.0) & (rows[:, 0] >= gate) for name, rows in samples.items()}
    free = samples["ballistic"][:, 4] == 1.0
    assert free.sum() > 100
    assert is_open["ballistic"][free].mean() > 0.99
    assert is_open["aircraft"].sum() == 0
    assert is_open["space_launch"].mean() < 0.02


def test_what_is_said_to_be_nine_in_ten_is_that_often_true(samples):
    probabilities = np.concatenate([rows[:, :4] for rows in samples.values()])
    truth = np.concatenate([np.full(len(rows), CLASSES.index(name)) for name, rows in samples.items()])
    weights = np.concatenate(
        [np.full(len(rows), PRIOR[CLASSES.index(name)] / len(rows)) for name, rows in samples.items()]
    )
    for index in range(3):
        said, is_true = probabilities[:, index], truth == index
        for low, high, least, most in ((0.0, 0.1, 0.0, 0.1), (0.9, 1.01, 0.9, 1.0)):
            chosen = (said >= low) & (said < high)
            assert chosen.sum() > 10
            assert least <= np.average(is_true[chosen], weights=weights[chosen]) <= most
        brier = np.average((said - is_true) ** 2, weights=weights)
        share = np.average(is_true, weights=weights)
        assert brier < 0.5 * share * (1.0 - share)
