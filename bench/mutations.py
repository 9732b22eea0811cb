"""Whether a test would notice if a guard of alerts were gone: ``python -m bench.mutations`` (part of ``just soak``).

One guard after the other is taken out of the table, in a process of its own, and the tests of the guards and the state
machine of alerts are run without it. Both must fail; the machine need not for a guard in ``UNREACHED``, which it cannot
come to. ``--without GUARD`` is what such a process runs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTS = ("tests/unit/alerts", "tests/property/test_alert_machine.py")
EXAMPLES = 1500
"""Of the machine at most, with one guard gone."""

UNREACHED = {"own": "what another member signed is never taken for a message of this one, so no step comes to it"}
"""Guards that stand behind another wall, which the machine does not break."""


@dataclass(frozen=True)
class Outcome:
    """What came of taking one guard out."""

    guard: str
    unit_failed: bool
    machine_failed: bool
    seconds: float

    @property
    def is_noticed(self) -> bool:
        """Whether all failed that should."""
        return self.unit_failed and (self.machine_failed or self.guard in UNREACHED)


def outcomes() -> Iterator[Outcome]:
    """Take each guard out in turn."""
    from tocsin.alerts import GUARDS  # noqa: PLC0415 - only here

    for guard in GUARDS:
        began_s = time.perf_counter()
        failed = [_fails(guard, tests) for tests in TESTS]
        yield Outcome(guard, *failed, time.perf_counter() - began_s)


def table(found: list[Outcome]) -> str:
    """Return the outcomes for the report of the soak."""
    words = {True: "fails", False: "HOLDS"}
    rows = [
        f"| `{each.guard}` | {words[each.unit_failed]} | "
        f"{words[True] if each.machine_failed else UNREACHED.get(each.guard, words[False])} | {each.seconds:.0f} |"
        for each in found
    ]
    return (
        "## With one guard of alerts taken out\n\n| guard | its own tests | the state machine | seconds |\n"
        "| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"
    )


def _fails(guard: str, tests: str) -> bool:
    command = [sys.executable, "-m", "bench.mutations", "--without", guard, tests]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "TOCSIN_SOAK": ""}, capture_output=True, check=False)
    if done.returncode not in (0, 1) or (done.returncode and b" failed" not in done.stdout):
        raise RuntimeError(done.stdout.decode() + done.stderr.decode())
    return done.returncode == 1


class _Without:
    """Takes a guard out before the tests begin, and lets the machine stop at the first failure, not at the smallest."""

    def __init__(self, guard: str) -> None:
        self._guard = guard

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        from hypothesis import Phase, settings  # noqa: PLC0415 - pytest wants to import it first

        from tocsin.alerts import guards  # noqa: PLC0415

        guards.GUARDS = {name: each for name, each in guards.GUARDS.items() if name != self._guard}
        for item in items:
            machine = getattr(getattr(item, "cls", None), "settings", None)
            if isinstance(machine, settings):
                item.cls.settings = settings(machine, max_examples=EXAMPLES, phases=[Phase.generate], database=None)


def _run_without(guard: str, tests: str) -> int:
    return pytest.main([tests, "-x", "-q", "-p", "no:cacheprovider", "--timeout=1800"], plugins=[_Without(guard)])


def main() -> int:
    """Take each guard out, or run the tests without one; 1 if a guard was not missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without", metavar="GUARD")
    parser.add_argument("tests", nargs="?")
    chosen = parser.parse_args()
    if chosen.without:
        return _run_without(chosen.without, chosen.tests)
    found = []
    for each in outcomes():
        found.append(each)
        print(each, flush=True)
    print(table(found))
    return int(not all(each.is_noticed for each in found))


if __name__ == "__main__":
    raise SystemExit(main())
