"""Ten short schedules over three real members, in which every kind of fault is drawn."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.campaign.scheduler import CODES, KINDS, Fault, Schedule, schedule_for

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]

ROOT = Path(__file__).parents[2]
SEEDS = tuple(range(102, 112))


def run(*words: str) -> dict[str, Any]:
    """Run a schedule in a process of its own, as the campaign does."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.campaign.run", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_seeds_draw_every_kind_of_fault() -> None:
    drawn = {fault.kind for seed in SEEDS for fault in schedule_for(seed, short=True).faults}
    assert drawn == set(KINDS)


def test_a_seed_draws_the_same_again_and_is_read_back_as_written() -> None:
    for seed in range(50):
        schedule = schedule_for(seed)
        assert schedule == schedule_for(seed)
        assert Schedule.from_json(schedule.to_json()) == schedule
        assert all(0 <= fault.at_s < fault.at_s + fault.for_s <= schedule.length_s + 0.01 for fault in schedule.faults)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_short_schedule(seed: int, tmp_path: Path) -> None:
    result = run("--seed", str(seed), "--short", "--evidence", str(tmp_path / "evidence"))
    assert result["violations"] == [], f"{schedule_for(seed, short=True)}"
    assert result["kept"] > 20


def test_streams_that_a_full_disk_broke_are_started_anew(tmp_path: Path) -> None:
    """A stream that failed to write once takes nothing more until its server restarts: the node sees to that."""
    full = Fault(at_s=0.4, kind="disk_full", where="USA", for_s=0.8, part="streams")
    load = Fault(at_s=0.5, kind="load", where="USA", for_s=0.5, amount=300)
    schedule = Schedule(0, "mesh", 1.5, dict.fromkeys(CODES, 40.0), (full, load))
    (tmp_path / "schedule.json").write_text(schedule.to_json())
    result = run("--schedule", str(tmp_path / "schedule.json"), "--keep", "--evidence", str(tmp_path / "evidence"))
    if not result["has_disks"]:
        pytest.skip("no file system can be mounted here")
    assert result["violations"] == []
    assert "own server keeps nothing any more, starting it anew" in (tmp_path / "evidence/USA/node.log").read_text()
