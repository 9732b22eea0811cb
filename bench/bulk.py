"""Warnings while bulk flows: ``python -m bench.bulk``.

KOR issues warnings at an even pace, first alone, then beside a million records of precedence bulk, all for JPN. It
prints how long the warnings took from KOR's hand to JPN's desks in both cases, and their ratio.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

import uvloop

from bench.load import members as load

_AUDIENCE = ["JPN", "KOR"]
_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}


async def run(homes: dict[str, Path], *, records: int, bulk_rate: float, rate: float, idle_s: float) -> list[str]:
    """Measure, and return the report's lines."""
    loop = asyncio.get_running_loop()
    flash = {"do": "issue", "batch": 1, "precedence": "flash", "audience": _AUDIENCE, "rate": rate, "is_patient": False}
    async with load.all_running(homes) as members:
        korea, japan = members["KOR"], members["JPN"]
        korea.order(run="warm", count=int(5 * rate), **flash)
        await korea.answer("issued")
        await asyncio.sleep(1)
        await _delays(japan)
        korea.order(run="idle", count=int(idle_s * rate), **flash)
        await korea.answer("issued")
        await asyncio.sleep(1)
        idle, idle_turns = await _delays(japan)
        await _delays(korea)
        before = {code: member.use() for code, member in members.items()}
        begin = loop.time()
        bulk_s = records / bulk_rate
        korea.order(
            do="issue", run="bulk", count=records, rate=bulk_rate, batch=50, precedence="bulk", audience=_AUDIENCE
        )
        korea.order(run="beside", count=int(bulk_s * rate), **flash)
        done = [await korea.answer("issued", patience_s=4 * bulk_s + 120) for _ in range(2)]
        total = int(5 * rate) + int(idle_s * rate) + records + int(bulk_s * rate)
        await load.until_stored([japan], total, [], originator=None, patience_s=4 * bulk_s + 120)
        took = loop.time() - begin
        beside, turns = await _delays(japan)
        _, origin_turns = await _delays(korea)
        used = load.used_table(before, members, took)
    lines = [f"{records} records of bulk from KOR to JPN in {took:.0f} s, {records / took:.0f} a second"]
    lines += [f"{one['issued']}: issued in {one['seconds']:.1f} s, {one['behind_s']:.2f} s behind" for one in done]
    for run_, count in (("bulk", records), ("beside", int(bulk_s * rate))):
        held = len(load.held(homes["JPN"], run_))
        lines.append(f"{run_}: JPN holds {held}, {count - held} missing")
    figures = {name: (load.percentile(idle, share), load.percentile(beside, share)) for name, share in _SHARES.items()}
    lines.append(f"{'warnings, ms':16}{'alone':>9}{'with bulk':>11}{'ratio':>8}")
    lines += [
        f"{name:16}{alone * 1e3:9.2f}{busy * 1e3:11.2f}{busy / max(alone, 1e-9):8.2f}"
        for name, (alone, busy) in figures.items()
    ]
    lines += [f"{'loop, ms':16}{'late p99':>9}{'longest':>11}{'collector':>11}"]
    for name, told in (("JPN alone", idle_turns), ("JPN with bulk", turns), ("KOR with bulk", origin_turns)):
        lines.append(f"{name:16}{told[0] * 1e3:9.2f}{told[1] * 1e3:11.2f}{told[2] * 1e3:11.2f}")
    return lines + used


async def _delays(member: load.Member) -> tuple[list[float], tuple[float, float, float]]:
    """Return the delays since the last time, and of the loop: lateness at p99, longest, longest collection, s."""
    member.order(do="delays")
    told = await member.answer("delays")
    turns = (told["turn_p99_s"], told["longest_turn_s"], told["longest_collection_s"])
    return list(told["delays"]["flash"]), turns


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.bulk", description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--bulk-rate", type=float, default=5000, help="records of bulk a second")
    parser.add_argument("--rate", type=float, default=50, help="warnings a second")
    parser.add_argument("--idle-seconds", type=float, default=20)
    parser.add_argument("--keep", type=Path, help="folder for the members and logs, in place of one thrown away")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tocsin-bulk-") as scratch:
        homes = load.make_members(given.keep or Path(scratch))
        lines = uvloop.run(
            run(
                homes,
                records=given.records,
                bulk_rate=given.bulk_rate,
                rate=given.rate,
                idle_s=given.idle_seconds,
            )
        )
    sys.stdout.write("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
