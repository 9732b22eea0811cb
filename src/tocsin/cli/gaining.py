"""Measures what sharing buys: ``warning gain``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from tocsin.cli.parameters import Json, UsageError
from tocsin.cli.terminal import notices, output, write_json

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

_FIRST_SEED = 1


def add_to(app: App) -> None:
    """Add these commands to ``warning``."""
    app.command(gain)


def gain(
    *,
    launch: Annotated[str, Parameter(metavar="ID|DATE|all")] = "all",
    runs: int = 3,
    jobs: int = 1,
    keep: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    write: Annotated[Path | None, Parameter(metavar="DIR")] = None,
    as_json: Json = False,
) -> int:
    """Tell what sharing buys: each member with its own sensors alone against all together, on the same noise.

    Launches are reconstructed from the public record and sensors are invented, so that all of it is synthetic. Ends
    with 1 if none of the launches can be reconstructed.

    Args:
        launch: A launch id such as NK-20170828-01, a date such as 2017-08-28, 2017-08 or 2017, or all.
        runs: Draws of the noise for each launch; the same number gives the same figures.
        jobs: Processes that fly at once.
        keep: Keep every run in this file as it is done, a line of JSON each; runs that it holds are not flown again.
        write: Also write gain.md and its two pictures into this folder.
        as_json: Write one JSON object: a row for each member, and every run.
    """
    from tocsin.calibration.gain_page import by_time, page, picture
    from tocsin.calibration.gains import GainRun, gains, run_gain_of
    from tocsin.cli.keeping import kept_in, worked
    from tocsin.cli.warning_view import render_gains, with_progress
    from tocsin.errors import FlightError
    from tocsin.synthesis.flights import reconstruct
    from tocsin.synthesis.launches import load_launches, select

    if runs < 1 or jobs < 1:
        raise UsageError("--runs and --jobs are at least 1")
    rows, left_out = [], 0
    for row in select(load_launches(None).rows, launch):
        try:
            if not row.lacks():
                reconstruct(row)
                rows.append(row)
                continue
        except FlightError:
            pass
        left_out += 1
    if left_out:
        notices().print(f"{left_out} launches cannot be reconstructed: tocsin warning flights tells why", style="dim")
    work = [(row, _FIRST_SEED + number) for row in rows for number in range(runs)]
    flown = worked(
        work, run_gain_of, keys=[(row.launch_id, seed) for row, seed in work],
        kept=kept_in(keep, GainRun, lambda run: (run.launch_id, run.seed)), keep=keep, jobs=jobs,
    )  # fmt: skip
    done = list(with_progress(flown, total=len(work), words="flying"))
    found = gains(done)
    if write is not None and done:
        write.mkdir(parents=True, exist_ok=True)
        how = f"tocsin warning gain --launch {launch} --runs {runs} --write DIR"
        (write / "gain.md").write_text(page(done, found, how=how), encoding="utf-8")
        (write / "gain.svg").write_text(picture(done), encoding="utf-8")
        (write / "gain-by-time.svg").write_text(by_time(done), encoding="utf-8")
    if as_json:
        write_json({"schema": "tocsin.gain/1", "members": found, "runs": done})
    elif done:
        output().print(render_gains(found))
    return int(not done)
