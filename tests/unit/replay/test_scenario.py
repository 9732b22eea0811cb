from __future__ import annotations

import itertools
from datetime import UTC, datetime

from tocsin.replay.scenario import detections, make_scene
from tocsin.synthesis import METHOD
from tocsin.synthesis.launches import STAND_IN, load_launches, select
from tocsin.synthesis.sensor_table import load_sensors


def test_every_detection_says_what_was_assumed_and_what_the_flight_is_no_proof_of():
    row = next(row for row in load_launches().rows if row.is_manoeuvring and not row.lacks())
    scene = make_scene(row, load_sensors(), seed=1, not_before=datetime(2026, 3, 1, tzinfo=UTC))
    count = itertools.count()
    made = detections(
        scene.plots[:5], scene, audiences=[("JPN", "KOR", "USA")], alone=None,
        new_id=lambda member: f"{member}-{next(count)}", now=scene.lift_off,
    )  # fmt: skip
    for record in itertools.chain.from_iterable(made.values()):
        general, assumed = (source.cites for source in record.sources)
        assert general == METHOD
        assert f"{row.launch_id}: thrust over mass 22 to 60 m/s2 in one stage" in assumed
        assert "held for 0.2 s at a time" in assumed
        assert STAND_IN in assumed


def test_what_flew_freely_has_no_such_note():
    row = select(load_launches().rows, "NK-20170828-01")[0]
    scene = make_scene(row, load_sensors(), seed=1, not_before=datetime(2026, 3, 1, tzinfo=UTC))
    assert STAND_IN not in scene.flight.assumptions
