"""The live picture, the plain lines and the summary of a replay: what they say, at every width."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from rich.console import Console

from tocsin.records import Impact, Launch, Overflight
from tocsin.replay.results import (
    AgreementResult,
    ExchangeResult,
    GainResult,
    ImpactResult,
    LatencyResult,
    LaunchResult,
    MemberResult,
    OverflownResult,
    PointResult,
    ReplayResult,
    StageResult,
    TruthResult,
)
from tocsin.replay.run import MemberView, Options, View
from tocsin.replay.scenario import Scene, make_scene
from tocsin.replay.summary import Issued
from tocsin.replay.telling import PlainLines, tell_result
from tocsin.replay.view import Picture, clock_of, place_of
from tocsin.synthesis.launches import load_launches, select
from tocsin.synthesis.sensor_table import load_sensors
from tocsin.warning import warning_areas

CODES = ("JPN", "KOR", "USA")
AREAS = warning_areas().areas[:8]


@pytest.fixture(scope="module")
def scene() -> Scene:
    (row,) = select(load_launches().rows, "NK-20170828-01")
    return make_scene(row, load_sensors(), seed=1, not_before=row.launched_at)


def _launch(scene: Scene, stage: str, **fields) -> Launch:
    return Launch(event_id="E-1", stage=stage, revision=1, label="ballistic", **fields)


def _predicted(scene: Scene, areas: int = 1) -> Launch:
    impact = Impact(
        lat_deg=-41.5, lon_deg=-141.0, ellipse_95_km=(9.04, 2.0), ellipse_bearing_deg=80.0,
        at=scene.lift_off + timedelta(seconds=900), at_sigma_s=1.0,
    )  # fmt: skip
    over = Overflight(area=AREAS[-1].id, passes_at=scene.lift_off + timedelta(seconds=471), altitude_m=5.5e5)
    return _launch(
        scene, "predicted", impact=impact, areas=tuple(area.id for area in AREAS[:areas]), overflown=(over,)
    )  # fmt: skip


@pytest.fixture
def view(scene) -> View:
    view = View(Options(), CODES, scene=scene, scenario_s=200.0, number=1, total=1)
    early, late = Issued(52.0, 1.0, _launch(scene, "detected")), Issued(143.0, 1.0, _predicted(scene))
    view.members = {
        "JPN": MemberView(own_detections=5, detections=17, launch=late.launch, stages=[early, late], alone=[early]),
        "KOR": MemberView(own_detections=9, detections=9, launch=early.launch, stages=[early], alone=[late]),
        "USA": MemberView(),
    }
    view.ledger.delays_us = {"KOR->JPN": [900.0, 1100.0, 1000.0]}
    return view


def _drawn(thing, width: int) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=True, color_system=None, legacy_windows=False)
    console.print(thing)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [30, 52, 80, 120, 200])
def test_the_picture_fits_and_never_passes_for_a_warning(view, width) -> None:
    text = _drawn(Picture(view, {}), width)
    assert max(map(len, text.splitlines())) <= width
    flat = " ".join(text.split())
    for word in ("REPLAY", "SYNTHETIC", "NOT A WARNING", *CODES):
        assert word in flat


def test_at_80_columns_it_fits_a_terminal_of_24_lines(view) -> None:
    assert len(_drawn(Picture(view, {}), 80).splitlines()) <= 24


def test_the_picture_tells_what_each_member_knows(view) -> None:
    text = _drawn(Picture(view, {}), 120)
    for word in (
        "PREDICTED  since 2:23", "in 11:40", "41.50°S 141.00°W", "±9.0×2.0 km", AREAS[0].name_en, AREAS[-1].name_en,
        "7:51 at 550 km", "5 + 12", "9 + 0", "KOR 1.0 ms", "DETECTED  since 0:52", "nothing yet", "T+3:20",
    ):  # fmt: skip
        assert word in text
    assert "alone   detected" in text
    assert "alone   ±9.0×2.0 km" in text


def test_many_areas_are_counted(view, scene) -> None:
    view.members["JPN"].launch = _predicted(scene, areas=8)
    view.members["JPN"].stages[-1] = Issued(143.0, 1.0, view.members["JPN"].launch)
    assert "and 2 more" in " ".join(_drawn(Picture(view, {}), 200).split())


def test_before_the_first_launch_it_says_what_is_done() -> None:
    assert "Starting 3 members" in _drawn(Picture(View(Options(), CODES), {}), 80)


def test_plain_lines_tell_each_stage_once(view) -> None:
    lines: list[str] = []
    plain = PlainLines(lines.append)
    plain.show(View(Options(), CODES))
    for _ in range(3):
        plain.show(view)
    assert len(lines) == 3
    assert "not a warning" in lines[0]
    assert lines[1].startswith("  T+2:23 JPN PREDICTED")
    assert f"at risk {AREAS[0].name_en}" in lines[1]
    assert lines[2].startswith("  T+0:52 KOR DETECTED")


def _result(*, lost: int = 0, count: int = 1) -> ReplayResult:
    stage = StageResult(
        stage="predicted", revision=3, event_id="E-1", scenario_s=143.0, wall_ms=2.0, label="ballistic",
        ballistic_probability=1.0, launch_point=None, time_to_impact_s=700.0, areas=(AREAS[0].id,), outcome=None,
        impact=ImpactResult(lat_deg=42.0, lon_deg=157.0, ellipse_95_km=(9.0, 2.0)),
        overflown=(OverflownResult(area=AREAS[1].id, passes_s=471.0),), detections=20, sensors=("a",),
    )  # fmt: skip
    launch = LaunchResult(
        launch_id="L-1", skipped=None, missile="M", launched_at=None, notes=(),
        members={code: MemberResult(own_detections=1, detections=2, stages=(stage,)) for code in ("JPN", "KOR")},
        agreement=AgreementResult(agree=True, event_ids=("E-1",), widest_km=0.25, widest_s=0.5),
        sharing_gain={
            "JPN": GainResult(alone_predicted_s=200.0, shared_predicted_s=143.0, seconds=54.0, km2=10_965.4),
            "KOR": GainResult(alone_predicted_s=None, shared_predicted_s=143.0, seconds=None, km2=None),
        },
        truth=TruthResult(
            site="S", site_lat_deg=39.0, site_lon_deg=125.0, apogee_km=550.0, range_km=2700.0, bearing_deg=70.0,
            reconstructed_impact=PointResult(lat_deg=42.0, lon_deg=157.1), flight_s=900.0, apogee_error=0.0,
            range_error=0.0, bearing_error=0.0,
        ),
    )  # fmt: skip
    skipped = LaunchResult(launch_id="L-2", skipped="no apogee", missile="M", launched_at=None, notes=())
    exchange = ExchangeResult(
        sent=10, admitted=10 - lost, lost=lost, duplicated=0, leaked=0, rejected=0,
        latency_us={"JPN->KOR": LatencyResult(p50=1500.0, p95=2500.0, p99=3500.0, frames=7)},
    )  # fmt: skip
    return ReplayResult(topology="mesh", seed=1, alone=None, launches=(*[launch] * count, skipped), exchange=exchange)


@pytest.mark.parametrize("width", [80, 120])
def test_the_summary_of_one_launch(width) -> None:
    text = _drawn(tell_result(_result()), width)
    assert max(map(len, text.splitlines())) <= width
    for word in (
        "3:20", "2:23", "54 s", "10,965 km²", "never", "8.3 km", AREAS[0].name_en, AREAS[1].name_en,
        "the members agree", "0.250 km", "0 lost, 0 duplicated, 0 leaked", "JPN → KOR", "1.5", "L-2 was skipped",
    ):  # fmt: skip
        assert word in text


def test_the_summary_of_several(view) -> None:
    text = _drawn(tell_result(_result(count=3, lost=2)), 80)
    assert text.count("L-1") == 3
    assert "2 lost" in text
    assert "JPN sooner" in text


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0:00"), (59.6, "1:00"), (471, "7:51"), (-5, "-0:05"), (3700, "61:40")]
)
def test_spans(seconds, words) -> None:
    assert clock_of(seconds) == words


def test_places() -> None:
    assert place_of(-0.5, 179.999) == "0.50°S 180.00°E"
