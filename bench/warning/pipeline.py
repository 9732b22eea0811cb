"""The warning room at a hundred targets: ``uv run python -m bench.warning.pipeline``.

Objects in free flight over a square of 200 km are seen by four invented radars, each once a second. Measured are, in
processor seconds of this process:

- detections a second through reading, association, filter and birth of tracks (``Fusion``), while the tracks start and
  after that, with the plots of a look all at one time and with each at a time of its own, and with the lines of sight
  of an infrared satellite among these;
- plot in to stage out: one ``WarningDesk.take`` for every detection as it comes, with all that people are told of it;
- the impact of all tracks, each with its ellipse.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from bench.warning.scene import RADARS, SATELLITE, START, Radar, observe, salvo
from tocsin.records import Admitted
from tocsin.warning import WarningDesk, WarningSettings
from tocsin.warning.fusion import Fusion
from tocsin.warning.impact import predict_fall
from tocsin.warning.picture import id_stream
from tocsin.warning.plots import plot_of, seconds_of

STARTING_S = 10
HALF_SPREAD_M = 100_000.0


def detections(
    objects: int, seconds: int, *, sweep_s: float, seed: int = 3, sensors: Sequence[Radar] = RADARS
) -> list[list[Admitted]]:
    """Return what is seen, second by second, each in the order of time."""
    random = np.random.default_rng(seed)
    truth = salvo(objects, half_spread_m=HALF_SPREAD_M, random=random)
    times_s = np.arange(1.0, seconds + 1.0)
    of_radars = [observe(truth, radar, times_s + 0.05 * k, random, sweep_s=sweep_s) for k, radar in enumerate(sensors)]
    seconds_of_all = ([entry for scan in scans for entry in scan] for scans in zip(*of_radars, strict=True))
    return [sorted(seen, key=lambda entry: (entry.record.observed_at, entry.record.id)) for seen in seconds_of_all]


@dataclass(frozen=True)
class Throughput:
    """What the fusion did in a second of processor time."""

    starting_per_s: float
    following_per_s: float
    tracks: int
    shown: int


def throughput(seen: list[list[Admitted]]) -> tuple[Throughput, Fusion]:
    """Feed a fusion second by second, as the desk does."""
    fusion, spent_s, counts = Fusion(WarningSettings()), [0.0, 0.0], [0, 0]
    for second, batch in enumerate(seen, 1):
        now_s = seconds_of(START) + second + 1.0
        begin = time.process_time()
        plots = [plot for plot in map(plot_of, batch) if plot is not None]
        fusion.take(plots, now_s)
        fusion.forget(now_s)
        phase = int(second > STARTING_S)
        spent_s[phase] += time.process_time() - begin
        counts[phase] += len(batch)
    shown = sum(track.is_confirmed for track in fusion.tracks)
    starting, following = (count / spent for count, spent in zip(counts, spent_s, strict=True))
    return Throughput(starting, following, len(fusion.tracks), shown), fusion


def latencies(seen: list[list[Admitted]]) -> tuple[np.ndarray, int, float]:
    """Return milliseconds from each plot to its stages, after the start; how many records came; and the load."""
    desk = WarningDesk("USA", [("JPN", "KOR", "USA")], WarningSettings(), id_stream("bench"))
    spent_ms, said, whole_s = [], 0, 0.0
    for second, batch in enumerate(seen, 1):
        for entry in batch:
            now = entry.record.observed_at + timedelta(seconds=0.2)
            begin = time.thread_time()
            records = desk.take([entry], now)
            spent_s = time.thread_time() - begin
            if second > STARTING_S:
                spent_ms.append(1e3 * spent_s)
                said += len(records)
                whole_s += spent_s
        begin = time.thread_time()
        said += len(desk.tick(START + timedelta(seconds=second + 1)))
        whole_s += time.thread_time() - begin if second > STARTING_S else 0.0
    return np.array(spent_ms), said, whole_s / max(len(seen) - STARTING_S, 1)


def impacts_ms(fusion: Fusion, repeats: int = 5) -> tuple[float, int]:
    """Return milliseconds for the impacts of all tracks, the median of some repeats; and how many tracks have one."""
    settings, spent_s, falls = WarningSettings(), [], []
    for _ in range(repeats):
        begin = time.process_time()
        falls = [predict_fall(track.moment, settings) for track in fusion.tracks]
        spent_s.append(time.process_time() - begin)
    return 1e3 * float(np.median(spent_s)), sum(fall is not None for fall in falls)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=40)
    parser.add_argument("--no-stages", action="store_true", help="leave the desk out")
    chosen = parser.parse_args()
    throughput(detections(12, STARTING_S + 5, sweep_s=0.5))  # compiled code is loaded
    fusion = None
    mixed = (*RADARS, SATELLITE)
    for name, sweep_s, sensors in (
        ("each plot at its own time, infrared too", 0.9, mixed),
        ("a look at one time", 0.0, RADARS),
        ("each plot at its own time", 0.9, RADARS),
    ):
        seen = detections(chosen.objects, chosen.seconds, sweep_s=sweep_s, sensors=sensors)
        found, fusion = throughput(seen)
        print(
            f"{name}: {found.following_per_s:,.0f} detections a second and core, {found.starting_per_s:,.0f} in the"
            f" first {STARTING_S} s; {found.tracks} tracks of {chosen.objects} objects, {found.shown} shown",
            flush=True,
        )
    spent_ms, count = impacts_ms(fusion)
    print(f"impacts of {count} tracks: {spent_ms:.0f} ms", flush=True)
    if not chosen.no_stages:
        spent, said, load = latencies(detections(chosen.objects, chosen.seconds, sweep_s=0.9))
        p50, p95, p99 = np.percentile(spent, [50, 95, 99])
        print(
            f"plot in to stage out: p50 {p50:.2f}, p95 {p95:.2f}, p99 {p99:.2f} ms, longest {spent.max():.1f};"
            f" {said} records, {load:.2f} of a core"
        )


if __name__ == "__main__":
    main()
