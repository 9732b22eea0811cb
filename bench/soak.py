"""The long campaign: the laws with twenty times as many examples; writes down how it went.

``python -m bench.soak`` (or ``just soak``) runs tests/property with the profile ``soak`` and puts the result into
bench/soak-report.md: what ran, on which commit, how long, with what outcome. Then one guard of alerts after another is
taken out, which a test has to notice (``bench.mutations``). ``--campaign 200`` does the faults of that many seeds to
three real members (``just campaign``). All other arguments go to pytest.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.mutations import outcomes, table

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "bench/soak-report.md"


def main() -> int:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--campaign", type=int, default=0)
    chosen, rest = parser.parse_known_args()
    code = _laws(rest)
    code = _guards() or code
    if chosen.campaign:
        command = [sys.executable, "-m", "tests.campaign", "--seeds", f"1-{chosen.campaign}"]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode or code
    return code


def _guards() -> int:
    """Take one guard of alerts out after the other; 1 if that went unnoticed."""
    found = list(outcomes())
    with REPORT.open("a", encoding="utf-8") as report:
        report.write("\n" + table(found))
    return int(not all(each.is_noticed for each in found))


def _laws(arguments: list[str]) -> int:
    began = datetime.now(UTC)
    with TemporaryDirectory() as folder:
        outcome = Path(folder) / "outcome.xml"
        command = [sys.executable, "-m", "pytest", "tests/property", "--timeout", "7200", "-q", f"--junitxml={outcome}"]
        code = subprocess.run(
            [*command, *arguments], cwd=ROOT, env={**os.environ, "TOCSIN_SOAK": "1"}, check=False
        ).returncode
        cases = ET.parse(outcome).getroot().iter("testcase") if outcome.exists() else ()
        rows = [
            f"| {case.get('classname', '').removeprefix('tests.property.')} | {case.get('name')} "
            f"| {float(case.get('time', 0)):.0f} | {_outcome(case)} |"
            for case in cases
        ]
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    REPORT.write_text(
        "# The last soak\n\n"
        f"`{' '.join(['just soak', *arguments])}`, {began:%Y-%m-%d %H:%MZ}, commit `{commit}`, "
        f"{os.cpu_count()} cores, "
        f"{platform.python_implementation()} {platform.python_version()}, profile `soak` (2,000 examples a law where "
        f"a law sets no other number): {'all laws held' if code == 0 else f'failed, exit code {code}'}.\n\n"
        "| file | law | seconds | outcome |\n| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n",
        encoding="utf-8",
    )
    return code


def _outcome(case: ET.Element) -> str:
    failed = case.find("failure") is not None or case.find("error") is not None
    return "failed" if failed else "held"


if __name__ == "__main__":
    raise SystemExit(main())
