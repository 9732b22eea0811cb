"""The report of a calibration: that it tells where the promise ends, draws what it says, and goes on where it was."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from tocsin.calibration.cases import BIAS_FACTOR, CASES
from tocsin.calibration.charts import lines
from tocsin.calibration.promises import promises
from tocsin.calibration.reference import reference_sensors
from tocsin.calibration.report import files
from tocsin.calibration.results import Run, Trial
from tocsin.calibration.runs import run_trial
from tocsin.calibration.statistics import share
from tocsin.calibration.summary import calibration
from tocsin.cli.app import run as command


@pytest.fixture(scope="module")
def flown() -> list[Run]:
    return [run_trial(Trial(case="nominal", flight_id="kn25", variant=n % 4, seed=1000 + n)) for n in range(2)]


def test_the_report_names_what_does_not_hold(flown: list[Run]) -> None:
    good = calibration(flown)
    held = share([True] * 5 + [False] * 15)
    bad = [
        msgspec.structs.replace(each, covered=held, promised=held, runs=20)
        if (each.who, each.after_s) == ("fused", 30.0)
        else each
        for each in good.figures
    ]
    told = msgspec.structs.replace(good, figures=tuple(bad), promises=promises(bad, good.flights, ()))
    pages = files(told, how="x")
    assert "least 0.25 (0.11–0.47), kn25 +30 s; 1 of 1 rows below; mean squared miss" in pages["calibration.md"]
    assert "0 of 1 rows kept, 1 surely short; the least 0.25 kn25 fused +30 s" in pages["calibration.md"]
    assert "- kn25, fused, +30 s: 0.25" in pages["calibration-nominal.md"]
    assert "**Where the promise ends here**" not in files(good, how="x")["calibration-nominal.md"]
    pictures = {name: text for name, text in pages.items() if name.endswith("svg")}
    assert {name.partition("-")[0] for name in pictures} == {"coverage", "nees", "axis"}
    for name, text in pictures.items():
        assert ET.fromstring(text).tag.endswith("svg"), name
        assert f"({name})" in pages["calibration.md"]


def test_what_falls_short_is_no_longer_called_kept(flown: list[Run]) -> None:
    told = calibration(flown)
    kept = {each.name: each for each in told.promises}
    assert "pull-up: size of the region" not in kept  # a case that was not flown is not told of
    assert kept["NEES, shared"].promised == "4.5 to 7.5 at +10 and +30 s"
    wide = [msgspec.structs.replace(each, longer_km=26.0, at_rms_s=4.1) for each in told.figures]
    late = [msgspec.structs.replace(each, useful_after_s=None) for each in told.flights]
    for each in promises(wide, late, ()):
        if each.name.startswith(("longer", "time of", "an ellipse")):
            assert not each.holds, each
            assert kept[each.name].holds
    silent = [
        msgspec.structs.replace(each, kept=share([True]), calm=share([False]), growth=2.5)
        for each in told.flights
    ]  # fmt: skip
    (silence,) = [each for each in promises([], silent, ()) if each.name == "plots stop in coast"]
    assert not silence.holds
    assert "2.50 times" in silence.reached


def test_a_chart_leaves_gaps_and_keeps_within_its_edges() -> None:
    drawn = ET.fromstring(lines("<t>", [10.0, 30.0, 60.0], {"a": [1.0, None, 99.0]}, across="s", top=2.0))
    circles = list(drawn.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(circles) == 2
    assert min(float(circle.get("cy")) for circle in circles) >= 30.0


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("nominal", "silence")])
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
    assert {each["runs"] for each in told["figures"]} == {2}
    lines_ = kept.read_bytes().splitlines()
    assert len(lines_) == 2
    assert lines_[0] == first
    assert "kn25" in (tmp_path / "report" / "calibration.md").read_text()
    assert command([*words, "--runs", "0", "--case", "pull-up"]) == 0  # flies nothing, tells of all that is kept
    assert json.loads(capsys.readouterr().out)["figures"] == told["figures"]
    assert command(["warning", "calibrate", "--runs", "0"]) == 2
    capsys.readouterr()
    kept.write_text('{"a": 1}\n')
    assert command([*words, "--runs", "1"]) == 1
    assert "line 1 is no run" in capsys.readouterr().err
