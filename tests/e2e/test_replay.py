"""``replay`` and ``demo`` as processes: what they write, what they leave behind, and Ctrl-C at any moment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
TOCSIN = (sys.executable, "-m", "tocsin")
ROOT = Path(__file__).parents[2]


def _start(tmp_path: Path, *words: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "COLUMNS": "100"}
    return subprocess.Popen(
        [*TOCSIN, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def _left(tmp_path: Path) -> list[Path]:
    return list(tmp_path.glob("tocsin-replay-*"))


def _table(tmp_path: Path, *ids: str) -> Path:
    header, *lines = (resources.files("tocsin.synthesis") / "data/launches.csv").read_text().splitlines()
    file = tmp_path / "table.csv"
    chosen = [line for line in lines if line.split(",")[0] in ids]
    file.write_text("\n".join([header, "bad id!,,2017", *chosen]) + "\n")
    return file


def test_one_object_on_standard_output(tmp_path: Path) -> None:
    table = _table(tmp_path, "NK-20170828-01", "NK-19840409-01")
    process = _start(tmp_path, "replay", "all", "--table", str(table), "--topology", "hub", "--json")
    out, err = process.communicate()
    assert process.returncode == 0, err
    told = json.loads(out)
    schema = json.loads((ROOT / "docs/reference/replay.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(told)
    assert (told["schema"], told["topology"]) == ("tocsin.replay/1", "hub")
    assert "line 2" in told["bad_rows"][0]
    assert "line 2" in err
    skipped, played = told["launches"]
    assert "no apogee" in skipped["skipped"]
    assert played["agreement"]["agree"]
    assert {"JPN", "KOR", "USA"} == set(played["members"])
    for member in played["members"].values():
        assert [s["stage"] for s in member["stages"]][-1] == "closed"
    exchange = told["exchange"]
    assert exchange["sent"] == exchange["admitted"] > 100
    assert (exchange["lost"], exchange["duplicated"], exchange["leaked"]) == (0, 0, 0)
    assert "KOR->JPN" in exchange["latency_us"]
    assert _left(tmp_path) == []


def test_the_same_seed_tells_the_same_at_any_speed_and_over_any_links(tmp_path: Path) -> None:
    """The members' clocks jump by up to ten seconds a tick here, one after the other: no plot may be lost by that."""
    told = []
    for words in (("--speed", "max"), ("--topology", "hub", "--speed", "100")):
        process = _start(tmp_path, "replay", "NK-20060705-01", "--json", *words)
        out, err = process.communicate()
        assert process.returncode == 0, err
        (launch,) = json.loads(out)["launches"]
        for member in launch["members"].values():
            assert member["stages"]
            for stage in member["stages"]:
                del stage["wall_ms"]
        told.append(launch)
    assert told[0] == told[1]


def test_ctrl_c_in_the_middle_of_a_demo_still_sums_up(tmp_path: Path) -> None:
    process = _start(tmp_path, "demo", "--speed", "30")
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "PREDICTED" in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 0
    assert "NOT A WARNING" in lines[0].upper()
    assert "alone" in out
    assert "shared" in out
    assert "Stopped" in err
    assert "Traceback" not in err
    assert _left(tmp_path) == []


def test_ctrl_c_while_the_federation_starts(tmp_path: Path) -> None:
    process = _start(tmp_path, "replay", "NK-20170828-01")
    while not _left(tmp_path) and process.poll() is None:
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert _left(tmp_path) == []


@pytest.mark.parametrize("loaded", ["/msgspec/", "/numpy/", "/scipy/", "/llvmlite/", "/shapely/"])
def test_ctrl_c_while_the_command_still_loads(tmp_path: Path, loaded: str) -> None:
    process = _start(tmp_path, "demo")
    maps = Path(f"/proc/{process.pid}/maps")
    while loaded not in maps.read_text():
        assert process.poll() is None, f"{loaded} was never loaded"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode in (0, 130)
    assert "Traceback" not in err
    assert _left(tmp_path) == []


def test_none_that_can_be_replayed_is_a_failure_and_says_why(tmp_path: Path) -> None:
    process = _start(tmp_path, "replay", "NK-19840409-01")
    out, err = process.communicate()
    assert process.returncode == 1, err
    assert "no apogee" in out
