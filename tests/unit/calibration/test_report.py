"""The report of a calibration: that it tells where the promise ends, draws what it says, and goes on where it was."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from tocsin.calibration.cases import BIAS_FACTOR, CASES
from tocsin.calibration.charts import lines
from tocsin.calibration.reference import reference_sensors
from tocsin.calibration.report import page, pictures
from tocsin.calibration.results import Run, Trial
from tocsin.calibration.runs import run_trial
from tocsin.calibration.statistics import all_figures, share
from tocsin.cli.app import run as command


@pytest.fixture(scope="module")
def flown() -> list[Run]:
    return [run_trial(Trial(case="nominal", flight_id="kn25", variant=n % 4, seed=1000 + n)) for n in range(2)]


def test_the_report_names_what_does_not_hold(flown: list[Run]) -> None:
    figures = all_figures(flown)
    bad = [
        msgspec.structs.replace(each, covered=share([True] * 5 + [False] * 15), runs=20)
        if (each.who, each.after_s) == ("fused", 30.0)
        else each
        for each in figures
    ]
    text = page(bad, how="x")
    assert "**Where the promise ends here**" in text
    assert "- kn25, fused, +30 s: 0.25" in text
    assert "Where the promise ends" not in page(figures, how="x")
    drawn = pictures(figures)
    assert {name.partition("-")[0] for name in drawn} == {"coverage", "nees", "axis"}
    for name, text in drawn.items():
        assert ET.fromstring(text).tag.endswith("svg"), name


def test_a_chart_leaves_gaps_and_keeps_within_its_edges() -> None:
    drawn = ET.fromstring(lines("<t>", [10.0, 30.0, 60.0], {"a": [1.0, None, 99.0]}, across="s", top=2.0))
    circles = list(drawn.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(circles) == 2
    assert min(float(circle.get("cy")) for circle in circles) >= 30.0


@pytest.mark.parametrize("name", [name for name in CASES if name != "nominal"])
def test_each_case_differs_from_the_nominal_one_and_from_itself_only_by_its_seed(name: str) -> None:
    trial = Trial(case=name, flight_id="scudc", variant=0, seed=1000)
    case, nominal = CASES[name], CASES["nominal"]
    truth = case.fly(trial)
    assert truth.impact == case.fly(trial).impact
    differs = truth.states[-1].tolist() != nominal.fly(trial).states[-1].tolist()
    assert differs or case.sensors is not nominal.sensors


def test_biased_sensors_claim_what_the_others_do() -> None:
    for claimed, biased in zip(reference_sensors(), CASES["bias"].sensors(), strict=True):
        assert biased.bias_sigma_deg == claimed.bias_sigma_deg
        assert biased.azimuth_bias_deg == BIAS_FACTOR * claimed.bias_sigma_deg


def test_a_calibration_that_was_broken_off_goes_on_where_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "runs.jsonl"
    words = ["warning", "calibrate", "--flight", "kn25", "--keep", str(kept), "--json"]
    assert command([*words, "--runs", "1"]) == 0
    capsys.readouterr()
    kept.write_bytes(kept.read_bytes() + b'{"trial":{"ca')  # cut off in the middle
    first = kept.read_bytes().split(b"\n")[0]
    assert command([*words, "--runs", "2", "--write", str(tmp_path / "report")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {each["runs"] for each in told} == {2}
    lines_ = kept.read_bytes().splitlines()
    assert len(lines_) == 2
    assert lines_[0] == first
    assert "kn25" in (tmp_path / "report" / "calibration.md").read_text()
    kept.write_text('{"a": 1}\n')
    assert command([*words, "--runs", "1"]) == 1
    assert "line 1 is no run" in capsys.readouterr().err
