"""The campaign: many schedules, each in a process of its own; ``python -m tests.campaign --seeds 1-200``.

Results are appended as they come, so that a campaign that was broken off goes on where it was. The report goes to
bench/campaign-report.md unless told otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from tests.campaign.scheduler import KINDS, schedule_for

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "bench/campaign-report.md"
LONGEST_S = 300.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("--seeds", default="1-200", help="such as 1-200 or 7,9,30-40")
    parser.add_argument("--jobs", type=int, default=1, help="schedules at the same time")
    parser.add_argument("--short", action="store_true", help="short schedules, as in the tests")
    parser.add_argument("--kinds", default=",".join(KINDS), help="draw out of these kinds of faults alone")
    parser.add_argument("--again", action="store_true", help="also seeds whose result is there for this commit")
    parser.add_argument("--show", action="store_true", help="print the schedules and do nothing")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    parser.add_argument("--out", type=Path, default=ROOT / ".campaign", help="results and evidence")
    parser.add_argument("--report", type=Path, default=REPORT)
    chosen = parser.parse_args()
    seeds = seeds_in(chosen.seeds)
    if chosen.show:
        for seed in seeds:
            print(schedule_for(seed, short=chosen.short, kinds=chosen.kinds.split(",")))  # noqa: T201 - what was asked for
        return 0
    chosen.out.mkdir(parents=True, exist_ok=True)
    campaign = Campaign(chosen.out, commit=_commit(), short=chosen.short, kinds=chosen.kinds)
    asyncio.run(campaign.run([s for s in seeds if chosen.again or s not in campaign.results], jobs=chosen.jobs))
    results = [campaign.results[seed] for seed in seeds if seed in campaign.results]
    chosen.report.write_text(report(results, commit=campaign.commit, command=sys.argv[1:]), encoding="utf-8")
    violated = [result for result in results if result["violations"]]
    if chosen.json:
        print(json.dumps(summary(results)))  # noqa: T201 - what was asked for
    for result in violated:
        print(  # noqa: T201 - what this is for
            f"seed {result['seed']}: {len(result['violations'])} violations, evidence in {result['evidence']}\n  "
            + "\n  ".join(result["violations"]),
            file=sys.stderr,
        )
    return 1 if violated or len(results) < len(seeds) else 0


class Campaign:
    """Runs schedules and keeps their results.

    Args:
        out: Folder of ``results.jsonl`` and of the evidence of what went wrong.
        commit: Whose results count.
        short: Whether the schedules are short.
        kinds: The faults that are drawn, by commas.
    """

    def __init__(self, out: Path, *, commit: str, short: bool, kinds: str) -> None:
        self.commit = commit
        self._about = {"commit": commit, "short": short, "kinds": kinds}
        self.results: dict[int, dict[str, Any]] = {}
        self._out = out
        self._file = out / "results.jsonl"
        for line in self._file.read_text().splitlines() if self._file.exists() else ():
            result = json.loads(line)
            if result.items() >= self._about.items():
                self.results[result["seed"]] = result

    async def run(self, seeds: list[int], *, jobs: int) -> None:
        """Run schedules, some at the same time."""
        turns = asyncio.Semaphore(jobs)
        columns = (
            TextColumn("campaign"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[bad]} with violations"),
            TimeElapsedColumn(), TimeRemainingColumn(),
        )  # fmt: skip
        with Progress(*columns) as progress:
            bar = progress.add_task("", total=len(seeds), bad=0)

            async def one(seed: int) -> None:
                async with turns:
                    result = await self._run_one(seed)
                self.results[seed] = result
                with self._file.open("a") as file:
                    file.write(json.dumps(result) + "\n")
                bad = sum(bool(self.results[done]["violations"]) for done in seeds if done in self.results)
                progress.update(bar, advance=1, bad=bad)

            await asyncio.gather(*(one(seed) for seed in seeds))

    async def _run_one(self, seed: int) -> dict[str, Any]:
        evidence = self._out / f"seed-{seed}"
        words = ["--seed", str(seed), "--evidence", str(evidence), "--kinds", str(self._about["kinds"])]
        words += ["--short"] if self._about["short"] else []
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.campaign.run", *words, cwd=ROOT, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        try:
            async with asyncio.timeout(LONGEST_S):
                out, errors = await process.communicate()
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            out, errors = b"", f"it took more than {LONGEST_S:g} s".encode()
        try:
            return {**json.loads(out.splitlines()[-1]), **self._about}
        except (IndexError, ValueError):
            return {
                "seed": seed,
                "violations": [errors.decode(errors="replace")[-2000:]],
                "evidence": "",
                **self._about,
            }


def summary(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what came of some schedules in figures."""
    drawn = Counter(kind for result in results for kind in result.get("faults", ()))
    return {
        "schedules": len(results),
        "violated": sorted(result["seed"] for result in results if result["violations"]),
        "faults": {kind: drawn[kind] for kind in KINDS},
        "handed": sum(result.get("handed", 0) for result in results),
        "kept": sum(result.get("kept", 0) for result in results),
        "frames": sum(result.get("frames", 0) for result in results),
        "seconds": round(sum(result.get("took_s", 0) for result in results), 1),
    }


def report(results: list[dict[str, Any]], *, commit: str, command: list[str]) -> str:
    """Return the report in Markdown."""
    figures = summary(results)
    times = sorted(result.get("took_s", 0.0) for result in results) or [0.0]
    level = sorted(result.get("level_s", 0.0) for result in results) or [0.0]
    hubs = sum(result.get("topology") == "hub" for result in results)
    violated = [result for result in results if result["violations"]]
    outcome = f"{len(violated)} with violations" if violated else "no violation"
    where = f"{os.cpu_count()} cores, {platform.python_implementation()} {platform.python_version()}"
    about = (
        f"`{' '.join(['just campaign', *command])}`, {datetime.now(UTC):%Y-%m-%d %H:%MZ}, commit `{commit}`, {where}: "
        f"{figures['schedules']} schedules ({hubs} over a hub, the others over a mesh), {outcome}."
    )
    lines = [
        "# The last campaign",
        "",
        about,
        "",
        "| | |",
        "| --- | --- |",
        f"| records handed over | {figures['handed']:,} |",
        f"| of these promised by the node | {figures['kept']:,} |",
        f"| frames | {figures['frames']:,} |",
        f"| seconds until all were level again, median and longest | {median(level):.1f}, {level[-1]:.1f} |",
        f"| seconds a schedule, median and longest | {median(times):.1f}, {times[-1]:.1f} |",
        "",
        "| fault | times |",
        "| --- | --- |",
        *(f"| {kind} | {count} |" for kind, count in figures["faults"].items()),
        "",
    ]
    for result in violated:
        lines += [f"## Seed {result['seed']}", "", *(f"- `{text[:300]}`" for text in result["violations"]), ""]
    return "\n".join(lines)


def seeds_in(text: str) -> list[int]:
    """Read ``1-200`` or ``7,9,30-40``."""
    seeds = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        seeds += range(int(first), int(last or first) + 1)
    return seeds


def _commit() -> str:
    words = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


if __name__ == "__main__":
    raise SystemExit(main())
