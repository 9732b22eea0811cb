"""A peer comes back to a long backlog: ``python -m bench.catchup``.

KOR says a million things while JPN is away; then JPN starts. It prints how many records a second JPN copied, verified,
admitted and stored until it held them all, and what every process used.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop

from bench.load import members as load

_AUDIENCE = ["JPN", "KOR"]
_WARM = 500


async def run(homes: dict[str, Path], *, records: int, precedence: str) -> list[str]:
    """Measure, and return the report's lines."""
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        japan = await stack.enter_async_context(AsyncExitStack())
        others = {code: home for code, home in homes.items() if code != "JPN"}
        begun = await asyncio.gather(
            stack.enter_async_context(load.all_running(others)),
            japan.enter_async_context(load.running("JPN", homes["JPN"])),
        )
        korea = begun[0]["KOR"]
        order = {"do": "issue", "batch": 200, "precedence": precedence, "audience": _AUDIENCE}
        korea.order(run="warm", count=_WARM, rate=500, **order)
        await korea.answer("issued")
        await load.until_stored([begun[1]], _WARM, [], originator=None, patience_s=60)
        await japan.aclose()
        korea.order(run="away", count=records, rate=0, **order)
        issued = await korea.answer("issued", patience_s=3600)
        back = await japan.enter_async_context(load.running("JPN", homes["JPN"]))
        members = {"JPN": back, **begun[0]}
        before = {code: member.use() for code, member in members.items()}
        samples: list[load.Sample] = []
        begin = loop.time()
        await load.until_stored([back], _WARM + records, samples, originator=None, patience_s=60 + records / 500)
        took = loop.time() - begin
        used = load.used_table(before, members, took)
    numbers = load.held(homes["JPN"], "away")
    first = next((sample.at_s for sample in samples if sample.stored["JPN"] > _WARM), took)
    rates = [
        (late.stored["JPN"] - early.stored["JPN"]) / (late.at_s - early.at_s)
        for early, late in zip(samples[::20], samples[20::20], strict=False)
        if early.stored["JPN"]
    ]
    return [
        f"{records} records of {precedence} issued in {issued['seconds']:.0f} s while JPN was away",
        f"JPN holds {len(numbers)}, {records - len(numbers)} missing; all {took:.1f} s after its node had joined",
        f"first stored after {first:.1f} s; {records / took:.0f} a second over all",
        f"a second, in each 10 s: {' '.join(f'{rate:.0f}' for rate in rates)}",
        *used,
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.catchup", description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--precedence", default="routine")
    parser.add_argument("--keep", type=Path, help="folder for the members and logs, in place of one thrown away")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tocsin-catchup-") as scratch:
        homes = load.make_members(given.keep or Path(scratch))
        lines = uvloop.run(run(homes, records=given.records, precedence=given.precedence))
    sys.stdout.write("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
