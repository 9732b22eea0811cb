"""Runs one schedule in this process: ``python -m tests.campaign.run --seed 7 --evidence FOLDER``."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import traceback
from pathlib import Path
from time import monotonic

import uvloop
from tests.campaign.checker import check
from tests.campaign.disks import Disk, isolate, unmount
from tests.campaign.scheduler import KINDS, Schedule, schedule_for
from tests.campaign.world import World

LONGEST_S = 240.0
AGAIN = "Once more: python -m tests.campaign.run --schedule schedule.json --keep --evidence FOLDER"


def run_schedule(schedule: Schedule, evidence: Path, *, keep: bool = False) -> dict[str, object]:
    """Run a schedule and check what is left; on a violation all of it is put into the folder ``evidence``."""
    began_s = monotonic()
    has_disks = isolate()
    with tempfile.TemporaryDirectory(prefix="tocsin-") as folder:
        directory = Path(folder) / "run"
        if has_disks:
            Disk(directory)
        directory.mkdir(exist_ok=True)
        (directory / "schedule.json").write_text(schedule.to_json())
        failure = ""
        try:
            uvloop.run(_bounded(World(directory, schedule, has_disks=has_disks)))
        except Exception:  # noqa: BLE001 - whatever it is, it is a finding
            failure = traceback.format_exc()
        checked = check(directory)
        violations = [*([failure] if failure else []), *checked.violations]
        if violations or keep:
            shutil.rmtree(evidence, ignore_errors=True)
            shutil.copytree(directory, evidence, ignore=shutil.ignore_patterns("*.sock"))
            (evidence / "violations.txt").write_text("\n".join([str(schedule), "", *violations, "", AGAIN, ""]))
        unmount(directory)
    return {
        "seed": schedule.seed, "topology": schedule.topology, "faults": [fault.kind for fault in schedule.faults],
        "violations": violations, "took_s": round(monotonic() - began_s, 1), **checked.counts,
        "evidence": str(evidence) if violations or keep else "", "has_disks": has_disks,
    }  # fmt: skip


async def _bounded(world: World) -> None:
    async with asyncio.timeout(LONGEST_S):
        await world.run()


def main() -> int:
    parser = argparse.ArgumentParser()
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--seed", type=int)
    what.add_argument("--schedule", type=Path, help="a schedule.json, as it lies beside the evidence")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--evidence", type=Path, required=True)
    chosen = parser.parse_args()
    if chosen.schedule is not None:
        schedule = Schedule.from_json(chosen.schedule.read_text())
    else:
        schedule = schedule_for(chosen.seed, short=chosen.short, kinds=chosen.kinds.split(","))
    result = run_schedule(schedule, chosen.evidence, keep=chosen.keep)
    print(json.dumps(result))  # noqa: T201 - how it talks to its parent
    return 1 if result["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
