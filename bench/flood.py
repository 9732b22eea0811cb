"""Detections by the thousand a second from one member to two peers: ``python -m bench.flood``.

KOR issues, JPN and USA take in and store; desks are taken away. It prints what was issued and what each store holds at
the end, how far the peers were behind while it went on, and what every process used.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

import uvloop

from bench.load import members as load


async def run(homes: dict[str, Path], *, rate: float, seconds: float, batch: int, precedence: str) -> list[str]:
    """Measure, and return the report's lines."""
    count = int(rate * seconds)
    samples: list[load.Sample] = []
    async with load.all_running(homes) as members:
        korea = members["KOR"]
        korea.order(do="issue", run="warm", count=2000, rate=500, batch=20, precedence=precedence, audience=load.CODES)
        await korea.answer("issued")
        await load.until_stored(list(members.values()), 2000, [], originator=korea, patience_s=60)
        for member in members.values():
            member.order(do="delays")
            await member.answer("delays")
        before = {code: member.use() for code, member in members.items()}
        korea.order(
            do="issue", run="flood", count=count, rate=rate, batch=batch, precedence=precedence, audience=load.CODES
        )
        begin = asyncio.get_running_loop().time()
        await load.until_stored(
            list(members.values()), 2000 + count, samples, originator=korea, patience_s=3 * seconds + 60
        )
        took = asyncio.get_running_loop().time() - begin
        issued = await korea.answer("issued", patience_s=60)
        used = load.used_table(before, members, took)
        delays = {}
        for code in ("JPN", "USA"):
            members[code].order(do="delays")
            delays[code] = await members[code].answer("delays")
        came = {code: members[code].told.get("came") for code in ("JPN", "USA")}
    lines = [
        f"{count} detections at {rate:g} a second, {batch} in one call",
        f"issued in {issued['seconds']:.1f} s, at most {issued['behind_s']:.2f} s behind; stored after {took:.1f} s",
    ]
    for code, home in homes.items():
        numbers = load.held(home, "flood")
        lines.append(f"{code} holds {len(numbers)}, {count - len(numbers)} missing")
    for code, told in delays.items():
        values = told["delays"]["flash" if precedence == "flash" else "other"]
        p50, p99, most = (load.percentile(values, share) * 1e3 for share in (0.5, 0.99, 1.0))
        lines.append(
            f"{code}: from making to the desks p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {most:.1f} ms;"
            f" came {came[code]}; longest turn of the loop {told['longest_turn_s'] * 1e3:.0f} ms"
        )
    for code in homes:
        behind = [sample.issued + 2000 - sample.stored[code] - 2000 for sample in samples]
        steps = [f"{max(behind[n : n + 10]):d}" for n in range(0, len(behind), 10)]
        lines.append(f"{code}: records issued and not stored, most in each 5 s: {' '.join(steps)}")
    return lines + used


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.flood", description=__doc__)
    parser.add_argument("--rate", type=float, default=10_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--batch", type=int, default=100, help="detections handed over in one call")
    parser.add_argument("--precedence", default="flash")
    parser.add_argument("--keep", type=Path, help="folder for the members and logs, in place of one thrown away")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tocsin-flood-") as scratch:
        folder = given.keep or Path(scratch)
        homes = load.make_members(folder)
        lines = uvloop.run(
            run(homes, rate=given.rate, seconds=given.seconds, batch=given.batch, precedence=given.precedence)
        )
    sys.stdout.write("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
