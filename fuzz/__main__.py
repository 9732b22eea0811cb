"""``just fuzz``: targets one after the other, in slices that can be resumed, and the report bench/fuzz-report.md.

``python -m fuzz --runs 10000000 [--targets frame,door] [--jobs 2]``; what is under way lies in ``.fuzz``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / ".fuzz"
CORPUS = ROOT / "fuzz" / "corpus"
MOST_KEPT = 40
"""Files of one target's corpus that are kept in the repository, the smallest."""

REPORT = ROOT / "bench" / "fuzz-report.md"
_COVER = re.compile(r"\bcov: (\d+) ft: (\d+)")
_UNITS = re.compile(r"stat::number_of_executed_units: +(\d+)")


@dataclass
class State:
    """How far a target is."""

    name: str
    inputs: int = 0
    cpu_s: float = 0.0
    branches: int = 0
    features: int = 0
    findings: list[str] = field(default_factory=list)
    commits: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, name: str) -> State:
        """Return what was kept of a target."""
        file = WORK / name / "state.json"
        return cls(**json.loads(file.read_text())) if file.exists() else cls(name)

    def keep(self) -> None:
        """Keep it."""
        (WORK / self.name / "state.json").write_text(json.dumps(asdict(self)))


def main() -> int:
    """Fuzz; 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000_000, help="inputs a target, those of earlier runs included")
    parser.add_argument("--targets", default="", help="names with commas between; all if left out")
    parser.add_argument("--jobs", type=int, default=1, help="targets at a time")
    parser.add_argument("--slice", type=int, default=200_000, help="inputs between two notes of how far it is")
    parser.add_argument("--report", action="store_true", help="only write the report")
    parser.add_argument(
        "--keep", action="store_true", help="only put the smallest inputs of each corpus into fuzz/corpus"
    )
    told = parser.parse_args()
    names = told.targets.split(",") if told.targets else _all_names()
    if told.keep:
        for name in names:
            _keep(name)
        return 0
    if not told.report:
        with ThreadPoolExecutor(told.jobs) as pool:
            list(pool.map(lambda name: _fuzz(name, told.runs, told.slice), names))
    states = [State.read(name) for name in _all_names()]
    REPORT.write_text(_report(states), encoding="utf-8")
    return int(any(state.findings for state in states))


def _all_names() -> list[str]:
    from fuzz.registry import TARGETS  # noqa: PLC0415 - costs a second, and --help needs none of it

    return list(TARGETS)


def _fuzz(name: str, runs: int, step: int) -> None:
    folder = WORK / name
    for part in ("corpus", "artifacts"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    state = State.read(name)
    while state.inputs < runs and not state.findings:
        done = _slice(state, min(step, runs - state.inputs))
        state.keep()
        print(f"{name}: {state.inputs:,} of {runs:,}, {state.branches} branches, {done}", flush=True)


def _slice(state: State, runs: int) -> str:
    folder = WORK / state.name
    corpora = [str(folder / "corpus"), *([str(kept)] if (kept := CORPUS / state.name).is_dir() else [])]
    command = [
        sys.executable, "-m", "fuzz.engine", state.name, f"-runs={runs}", f"-artifact_prefix={folder}/artifacts/",
        f"-seed={1 + state.inputs // 1000}", *corpora,
    ]  # fmt: skip
    with TemporaryFile("w+", errors="replace") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read()
    state.cpu_s += used.ru_utime + used.ru_stime
    units, cover = _UNITS.search(said), _COVER.findall(said)
    state.inputs += int(units[1]) if units else 0
    if cover:
        state.branches, state.features = (max(int(pair[at]) for pair in cover) for at in (0, 1))
    commit = _commit()
    state.commits += [commit] if commit not in state.commits else []
    if process.returncode or not units:
        faults = [line for line in said.splitlines() if "Error" in line or "ERROR" in line]
        state.findings.append((faults or [f"ended with {process.returncode}"])[0][:300])
        return f"FOUND {state.findings[-1]}"
    return "nothing found"


def _keep(name: str) -> None:
    """Keep the smallest inputs that a target has gathered in the repository; CI puts each through the target."""
    kept = CORPUS / name
    found = {file.name: file for folder in (kept, WORK / name / "corpus") for file in folder.glob("*")}
    smallest = sorted(found.values(), key=lambda file: (file.stat().st_size, file.name))[:MOST_KEPT]
    kept.mkdir(parents=True, exist_ok=True)
    for file in smallest:
        if file.parent != kept:
            shutil.copy(file, kept / file.name)
    for file in set(kept.iterdir()) - {kept / file.name for file in smallest}:
        file.unlink()


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def _report(states: Sequence[State]) -> str:
    says: dict[str, Any] = _says()
    rows = [
        f"| `{state.name}` | {says[state.name]} | {state.inputs:,} | {state.inputs / state.cpu_s:,.0f} "
        f"| {state.branches} | {state.features} | {'; '.join(state.findings) or 'none'} | {' '.join(state.commits)} |"
        for state in states
        if state.cpu_s
    ]
    return (
        "# The last fuzzing\n\n"
        f"`just fuzz` (atheris, libFuzzer), {os.cpu_count()} cores, Python {sys.version.split()[0]}. Inputs a second "
        "are by the processor time of the process, its start included. Branches are those of the watched modules\n"
        "(`fuzz/engine.py`) that the corpus reaches. What each target holds to stands in its docstring in `fuzz/`.\n\n"
        "| target | decoder | inputs | inputs/s | branches | features | findings | commits |\n"
        "|---|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _says() -> dict[str, str]:
    from fuzz.registry import TARGETS  # noqa: PLC0415

    return {name: target.says for name, target in TARGETS.items()}


if __name__ == "__main__":
    sys.exit(main())
