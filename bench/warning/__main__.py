"""The ballistic filter beside Stone Soup in one process: ``uv run --group bench python -m bench.warning``.

Times are processor seconds of this process, so that they mean something on a busy machine too; of figures from
different runs only the ratios do.
"""

from __future__ import annotations

import argparse

from bench.warning.filtering import compare


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=100, help="how many are followed")
    parser.add_argument("--blocks", type=int, default=5, help="whole runs of each, in turn")
    chosen = parser.parse_args()
    found = compare(chosen.objects, chosen.blocks)
    middle, least, most = found.ratio
    ours_m, theirs_m = found.rmse_m
    print(f"filter updates a second: ours {found.ours_per_s:,.0f}, Stone Soup {found.theirs_per_s:,.0f}")
    print(f"ratio, median of {chosen.blocks} blocks: {middle:.1f} ({least:.1f} to {most:.1f})")
    print(f"RMSE of the position: ours {ours_m:.2f} m, Stone Soup {theirs_m:.2f} m ({ours_m / theirs_m - 1:+.4%})")
    print(f"furthest apart on one plot: {found.furthest_m:.2e} m")


if __name__ == "__main__":
    main()
