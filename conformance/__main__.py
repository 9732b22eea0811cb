"""``python -m conformance --command "…"``: run the suite against an implementation and print a table by clause."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from conformance.cases import VECTORS
from conformance.suite import as_json, as_table, run_suite


def main() -> int:
    """Run what the command line says; 0 if all passed, 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    parser.add_argument("--command", required=True, help="the implementation: a program that answers JSON lines")
    parser.add_argument("--vectors", type=Path, default=VECTORS, help="folder of the vectors")
    parser.add_argument("--only", default="", metavar="WORD", help="only vectors with this in their name")
    parser.add_argument("--json", action="store_true", help="write one JSON object (tocsin.conformance/1)")
    told = parser.parse_args()
    report = run_suite(told.command, told.vectors, only=told.only)
    print(json.dumps(as_json(report), indent=2) if told.json else as_table(report))  # noqa: T201 - its output
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
