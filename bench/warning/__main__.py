"""The ballistic filter beside Stone Soup in one process: ``uv run --group bench python -m bench.warning``.

Times are processor seconds of this process, so that they mean something on a busy machine too; of figures from
different runs only the ratios do. ``--reference FILE`` writes what Stone Soup finds, for the test that compares.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path

import numpy as np

from bench.warning import filtering, stone_soup
from tocsin.warning import WarningSettings

REFERENCE = {"objects": 12, "seed": 11}


def compare(objects: int, blocks: int) -> None:
    """Filter the same plots with both, whole runs of each in turn, and print."""
    asked, settings = filtering.problem(objects), WarningSettings()
    filtering.follow(asked, settings)
    found, spent_s = {}, {filtering: [], stone_soup: []}
    for block in range(blocks):
        for each in (filtering, stone_soup) if block % 2 else (stone_soup, filtering):
            found[each], seconds = each.follow(asked, settings)
            spent_s[each].append(seconds)
    updates = filtering.STEPS * objects
    ours_per_s, theirs_per_s = (updates / statistics.median(spent) for spent in spent_s.values())
    ratios = [theirs / ours for ours, theirs in zip(*spent_s.values(), strict=True)]
    ours_m, theirs_m = asked.rmse_m(found[filtering]), asked.rmse_m(found[stone_soup])
    furthest_m = float(np.max(np.linalg.norm(found[filtering] - found[stone_soup], axis=-1)))
    print(f"filter updates a second: ours {ours_per_s:,.0f}, Stone Soup {theirs_per_s:,.0f}")
    print(f"ratio, median of {blocks} blocks: {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})")
    print(f"RMSE of the position: ours {ours_m:.2f} m, Stone Soup {theirs_m:.2f} m ({ours_m / theirs_m - 1:+.4%})")
    print(f"furthest apart on one plot: {furthest_m:.2e} m")


def write_reference(path: Path) -> None:
    """Write what Stone Soup finds of a small problem."""
    asked = filtering.problem(REFERENCE["objects"], REFERENCE["seed"])
    found, _ = stone_soup.follow(asked, WarningSettings())
    written = {**REFERENCE, "rmse_m": asked.rmse_m(found), "last_places_m": np.round(found[-1], 3).tolist()}
    path.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Measure and print, or write the reference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=100, help="how many are followed")
    parser.add_argument("--blocks", type=int, default=5, help="whole runs of each, in turn")
    parser.add_argument("--reference", type=Path, help="write Stone Soup's findings here and measure nothing")
    chosen = parser.parse_args()
    if chosen.reference:
        write_reference(chosen.reference)
    else:
        compare(chosen.objects, chosen.blocks)


if __name__ == "__main__":
    main()
