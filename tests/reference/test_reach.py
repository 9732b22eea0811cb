"""Flights that use the air: the published region holds where they really come down, and is not needlessly large.

What flies is integrated by ``synthesis`` with a lift drawn anew for each run, of which the filter is told nothing.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from tocsin.calibration.cases import CASES
from tocsin.calibration.observing import TICK_S, Observer, moment
from tocsin.calibration.reference import reference_sensors
from tocsin.calibration.results import FUSED, Trial
from tocsin.calibration.runs import _door
from tocsin.geo.geodesic import distance_m, initial_bearing_deg
from tocsin.synthesis.sensors import observe
from tocsin.warning import WarningSettings, region_of
from tocsin.warning.reach import smallest_corridor

pytestmark = pytest.mark.timeout(300)

AFTER_S = 30.0
RUNS = 16


def told_after(trial: Trial):
    """Return the impact that stands half a minute after burnout, and the truth."""
    truth = CASES["pull-up"].fly(trial)
    plots = sorted(observe(truth, reference_sensors(), trial.seed), key=lambda plot: plot.arrives_s)
    door = _door()
    observer = Observer(FUSED, door.members, truth, WarningSettings())
    admitted, position, begin_s = door.admit(plots), 0, truth.burnout_s % TICK_S
    for tick in range(int(truth.burnout_s + AFTER_S) + 1):
        first = position
        while position < len(plots) and plots[position].arrives_s <= begin_s + tick * TICK_S:
            position += 1
        observer.take(admitted[first:position], begin_s + tick * TICK_S)
    impacts = [body.impact for _, body in observer.said if body.stage == "predicted"]
    return (impacts[-1] if impacts else None), truth


def test_the_region_of_a_low_flight_holds_where_it_really_comes_down() -> None:
    held, sizes, truths, centre = 0, [], [], None
    for number in range(RUNS):
        impact, truth = told_after(Trial(case="pull-up", flight_id="kn25", variant=0, seed=3000 + number))
        assert impact is not None
        assert impact.region
        outline = region_of(impact)
        lat_deg, lon_deg = truth.impact
        held += outline.outline().contains(shapely.Point(lon_deg, lat_deg))
        sizes.append(shapely.Polygon(outline.ring_km).area)
        assert impact.earliest_at <= moment(truth.duration_s + 2.0)
        assert impact.latest_at >= moment(truth.duration_s - 2.0)
        centre = centre or (lat_deg, lon_deg)
        away_km = distance_m(*centre, lat_deg, lon_deg) * 1e-3
        bearing = math.radians(initial_bearing_deg(*centre, lat_deg, lon_deg))
        truths.append((away_km * math.sin(bearing), away_km * math.cos(bearing)))
    assert held >= RUNS - 2
    assert np.ptp(np.array(truths), axis=0).max() > 15.0  # they do fly apart
    assert np.median(sizes) < 400.0


@pytest.mark.parametrize("seed", [3004, 3008, 3010, 3014, 3015])
def test_what_was_said_of_a_low_flight_stands_until_it_is_down(seed: int) -> None:
    """Lifted, it looks like anything but free fall; its event must neither close nor lose its region while it flies."""
    truth = CASES["pull-up"].fly(Trial(case="pull-up", flight_id="kn25", variant=1, seed=seed))
    plots = sorted(observe(truth, reference_sensors(), seed), key=lambda plot: plot.arrives_s)
    door = _door()
    observer = Observer(FUSED, door.members, truth, WarningSettings())
    admitted, position = door.admit(plots), 0
    for tick in range(int(truth.duration_s) - 1):
        first = position
        while position < len(plots) and plots[position].arrives_s <= tick * TICK_S:
            position += 1
        observer.take(admitted[first:position], tick * TICK_S)
    said = [body for _, body in observer.said]
    first_event = [body for body in said if body.event_id == said[0].event_id]
    assert "closed" not in [body.stage for body in first_event]
    last = next(body.impact for body in reversed(first_event) if body.stage != "detected")
    assert last is not None
    lat_deg, lon_deg = truth.impact
    assert region_of(last, WarningSettings().margin_km).outline().contains(shapely.Point(lon_deg, lat_deg))


def test_the_smallest_corridor_of_a_normal_law_is_near_its_ellipse() -> None:
    random = np.random.default_rng(1)
    places = random.standard_normal((20_000, 2)) * [40.0, 5.0]
    ring = smallest_corridor(places, 0.95)
    area = shapely.Polygon(ring).area
    assert area == pytest.approx(math.pi * 5.991 * 40.0 * 5.0, rel=0.1)
    inside = shapely.contains_xy(shapely.Polygon(ring), random.standard_normal((20_000, 2)) * [40.0, 5.0])
    assert inside.mean() == pytest.approx(0.95, abs=0.015)
