"""Does a salvo stay as many as it is? ``uv run python -m bench.warning.salvo --objects 80 --spacing-km 10``.

Missiles rise from a square grid of places, one after the other, and are seen by the sensors of a table among false
plots; they go to one fusion second by second, as the product feeds it, and every track that people would have been
told of is compared with what its plots came from. Only processor time is measured: it means something on a busy
machine too.
"""

from __future__ import annotations

import argparse
import functools
import math
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import msgspec

from bench.warning.scene import START, admitted
from tocsin.synthesis.clutter import false_plots
from tocsin.synthesis.flights import Flight, reconstruct
from tocsin.synthesis.launches import load_launches, select
from tocsin.synthesis.sensor_table import load_sensors
from tocsin.synthesis.sensors import Plot as Seen
from tocsin.synthesis.sensors import Sensor, observe
from tocsin.synthesis.trajectory import fly
from tocsin.synthesis.truth import Truth
from tocsin.warning import WarningSettings
from tocsin.warning.fusion import Fusion
from tocsin.warning.plots import Plot, plot_of, seconds_of
from tocsin.warning.track import Track

KM_PER_DEG = 111.2
FALSE = -1
"""What a false plot came from."""


@dataclass(frozen=True)
class Scene:
    """What flies, and who looks."""

    objects: int
    spacing_km: float
    interval_s: float
    """From one launch to the next."""
    launch_id: str = "NK-20170305-01"
    clutter_per_scan: float = 0.0
    """Of every radar."""
    until_s: float = 180.0
    """After the first launch."""
    members: tuple[str, ...] = ("JPN", "KOR", "USA")
    sensors: str = "nominal"


@dataclass(frozen=True)
class Outcome:
    """What became of a salvo."""

    objects: int
    purity: float
    """Part of the plots of a shown track that are of the object most of them are of; mean over the tracks."""
    found: int
    """Objects that a track was shown for."""
    duplicates: int
    """Tracks shown beyond the first of each object, and those of false plots."""
    low: int
    """How many objects the tracks in the end say there are, at least …"""
    high: int
    """… and at most."""
    shown_after_s: float
    """From the launch of an object to the first track shown for it, the median."""
    plots: int
    cpu_s: float

    def __str__(self) -> str:
        return (
            f"purity {self.purity:.3f}, found {self.found} of {self.objects}, duplicates {self.duplicates}, count "
            f"{self.low} to {self.high}, shown after {self.shown_after_s:.0f} s, {self.plots} plots, {self.cpu_s:.1f} s"
        )


@functools.cache
def flight_of(launch_id: str) -> Flight:
    """Return a reconstructed flight."""
    return reconstruct(select(load_launches().rows, launch_id)[0])


def targets(scene: Scene) -> Iterator[Truth]:
    """Yield what flies: one burn from many places, in a square grid."""
    flight = flight_of(scene.launch_id)
    burn, width = flight.burn, math.ceil(math.sqrt(scene.objects))
    for number in range(scene.objects):
        row, column = divmod(number, width)
        lat_deg = burn.site_lat_deg + row * scene.spacing_km / KM_PER_DEG
        lon_deg = burn.site_lon_deg + column * scene.spacing_km / KM_PER_DEG / math.cos(math.radians(lat_deg))
        path = fly(msgspec.structs.replace(burn, site_lat_deg=lat_deg, site_lon_deg=lon_deg))
        name = f"{scene.launch_id} {number} of {scene.objects}"
        yield Truth(name, flight.launch, path.burn, path.times_s, path.states, burn.burn_s)


def looking(scene: Scene) -> list[Sensor]:
    """Return the sensors of a scene."""
    table = None if scene.sensors == "nominal" else Path(scene.sensors)
    return [
        msgspec.structs.replace(sensor, clutter_per_scan=scene.clutter_per_scan) if sensor.kind == "radar" else sensor
        for sensor in load_sensors(table)
        if sensor.member in scene.members
    ]


def plots(scene: Scene, seed: int) -> list[tuple[float, Plot, int]]:
    """Return what is seen in the order of time: seconds after the first launch, the plot, and what it came from."""
    sensors = looking(scene)
    seen: list[tuple[float, int, Seen]] = []
    for number, target in enumerate(targets(scene)):
        start_s = number * scene.interval_s
        seen += [(start_s + each.time_s, number, each) for each in observe(target, sensors, seed)]
    seen += [(each.time_s, FALSE, each) for each in false_plots(sensors, from_s=0.0, to_s=scene.until_s, seed=seed)]
    seen.sort(key=lambda entry: (entry[0], entry[1], entry[2].sensor_id))
    made = []
    for count, (at_s, number, each) in enumerate(seen):
        if at_s <= scene.until_s:
            plot = plot_of(admitted(each.body, f"{count:06d}", START + timedelta(seconds=at_s)))
            if plot is not None:
                made.append((at_s, plot, number))
    return made


@dataclass
class Traced(Fusion):
    """A fusion that keeps what became of every plot."""

    sources: dict[str, int] = field(default_factory=dict)
    """What a plot came from, by the id of its record."""
    fed: dict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    """By ``id`` of a track, how many plots of what it got."""
    shown: list[Track] = field(default_factory=list)
    """Tracks that people would have been told of, ever."""
    shown_at_s: list[float] = field(default_factory=list)
    """When each of them was first, seconds since 1970."""

    def note(self, track: Track, plot: Plot) -> None:
        """Take note of what a track got."""
        super().note(track, plot)
        self.fed[id(track)][self.sources[plot.record.id]] += 1

    def take(self, plots: Iterable[Plot], now_s: float) -> list[Track]:
        """Fuse a batch and take note of what is shown."""
        touched = super().take(plots, now_s)
        shown = {id(track) for track in self.shown}
        fresh = [track for track in touched if track.is_confirmed and id(track) not in shown]
        self.shown += fresh
        self.shown_at_s += [now_s] * len(fresh)
        return touched


def run(scene: Scene, seed: int, settings: WarningSettings | None = None) -> tuple[Outcome, Traced]:
    """Let a fusion follow a salvo."""
    made = plots(scene, seed)
    fusion = Traced(settings or WarningSettings())
    fusion.sources = {plot.record.id: number for _, plot, number in made}
    begun_s, position, start_s = time.process_time(), 0, seconds_of(START)
    for second in range(int(scene.until_s) + 1):
        batch = []
        while position < len(made) and made[position][0] <= second:
            batch.append(made[position][1])
            position += 1
        fusion.take(batch, start_s + second)
        fusion.forget(start_s + second)
    return judged(scene, fusion, len(made), time.process_time() - begun_s), fusion


def judged(scene: Scene, fusion: Traced, count: int, cpu_s: float) -> Outcome:
    """Compare the tracks with what their plots came from."""
    tallies = [fusion.fed[id(track)] for track in fusion.shown]
    of = [tally.most_common(1)[0] for tally in tallies]
    found = {number for number, _ in of if number != FALSE}
    first: dict[int, float] = {}
    for (number, _), at_s in zip(of, fusion.shown_at_s, strict=True):
        first.setdefault(number, at_s - seconds_of(START) - number * scene.interval_s)
    first.pop(FALSE, None)
    purity = [most / tally.total() for (_, most), tally in zip(of, tallies, strict=True)]
    ranges = fusion.counts_of_groups().values()
    return Outcome(
        objects=scene.objects,
        purity=statistics.fmean(purity) if purity else 0.0,
        found=len(found),
        duplicates=len(of) - len(found),
        low=sum(low for low, _ in ranges),
        high=sum(high for _, high in ranges),
        shown_after_s=statistics.median(first.values()) if first else math.inf,
        plots=count,
        cpu_s=cpu_s,
    )


def report(scene: Scene, seeds: Sequence[int]) -> None:
    """Print what became of a salvo under each seed, and the means."""
    outcomes = []
    for seed in seeds:
        outcome, _ = run(scene, seed)
        outcomes.append(outcome)
        print(f"seed {seed:3}: {outcome}", flush=True)
    purity = statistics.fmean(outcome.purity for outcome in outcomes)
    found = statistics.fmean(outcome.found / outcome.objects for outcome in outcomes)
    duplicates = statistics.fmean(outcome.duplicates for outcome in outcomes)
    after_s = statistics.median(outcome.shown_after_s for outcome in outcomes)
    exact = sum(outcome.found == outcome.objects and not outcome.duplicates for outcome in outcomes)
    held = sum(outcome.low <= outcome.objects <= outcome.high for outcome in outcomes)
    print(
        f"mean: purity {purity:.3f}, found {found:.3f}, duplicates {duplicates:.2f}, shown after {after_s:.0f} s;"
        f" exactly right {exact} of {len(outcomes)}; the range holds the count in {held}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=80)
    parser.add_argument("--spacing-km", type=float, default=10.0)
    parser.add_argument("--interval-s", type=float, default=0.0, help="from one launch to the next")
    parser.add_argument("--launch", default="NK-20170305-01")
    parser.add_argument("--clutter", type=float, default=0.0, help="false plots of each radar in each scan")
    parser.add_argument("--until-s", type=float, default=180.0)
    parser.add_argument("--members", default="JPN,KOR,USA")
    parser.add_argument("--sensors", default="nominal")
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--first-seed", type=int, default=1)
    chosen = parser.parse_args()
    scene = Scene(
        objects=chosen.objects,
        spacing_km=chosen.spacing_km,
        interval_s=chosen.interval_s,
        launch_id=chosen.launch,
        clutter_per_scan=chosen.clutter,
        until_s=chosen.until_s,
        members=tuple(chosen.members.split(",")),
        sensors=chosen.sensors,
    )
    report(scene, range(chosen.first_seed, chosen.first_seed + chosen.seeds))


if __name__ == "__main__":
    main()
