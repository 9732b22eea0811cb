"""How fast is an exercise with many objects at once? ``uv run python -m bench.exercise --objects 80``.

One salvo from eight places is played on a federation made for it, three members with their servers and desks, as fast
as it goes. What is told is seconds of the scenario in a second, over the whole and over the worst minute; what flies
is reconstructed in the run, so the minute of the launches has that in it, too.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence

import msgspec

from tocsin.exercise import read_scenario
from tocsin.exercise.catalogue import Script
from tocsin.exercise.desk import known_of
from tocsin.node.desks import exercise_tables
from tocsin.replay.exercising import ExerciseRun, Outcome, Running, RunView

PLACES = ((39.22, 125.67), (40.02, 125.23), (38.68, 126.10), (40.85, 129.67), (39.15, 127.48), (41.30, 127.09),
          (38.03, 125.71), (39.80, 124.92))  # fmt: skip
START_S = 30.0


def script_of(objects: int, *, every_s: float, ends_s: float) -> Script:
    """Return a scenario in which so many objects rise from eight places."""
    batteries = [
        {
            "count": objects // len(PLACES) + (number < objects % len(PLACES)), "every": every_s,
            "flight": {
                "site_lat_deg": lat, "site_lon_deg": lon, "bearing_deg": 70.0 + 5.0 * number,
                "apogee_km": 150.0 + 20.0 * number, "distance_km": 500.0 + 40.0 * number,
            },
        }
        for number, (lat, lon) in enumerate(PLACES)
    ]  # fmt: skip
    inject = {"id": "salvo", "at": START_S, "kind": "salvo", "batteries": [b for b in batteries if b["count"]]}
    scenario = {
        "format": "tocsin.exercise/1", "id": "many", "name": "Many at once", "members": ["JPN", "KOR", "USA"],
        "clock": {"starts_at": "2026-09-01T00:00:00Z", "ends": ends_s, "speed": 0}, "inject": [inject],
    }  # fmt: skip
    text = msgspec.json.encode(scenario).decode()  # which is YAML, too
    return Script(read_scenario(text, name="bench", form="yaml", known=known_of(*exercise_tables())), text, "yaml")


class Stopwatch:
    """Notes when the scenario's clock stood where."""

    def __init__(self) -> None:
        self.marks: list[tuple[float, float]] = []

    def show(self, view: RunView) -> None:
        """Note it."""
        self.marks.append((view.at_s, time.perf_counter()))

    def speed(self, since_s: float, until_s: float) -> float:
        """Return seconds of the scenario in a second, between two moments of the scenario."""
        within = [mark for mark in self.marks if since_s <= mark[0] <= until_s]
        return (within[-1][0] - within[0][0]) / (within[-1][1] - within[0][1])


async def play(script: Script, watch: Stopwatch) -> Outcome:
    """Play it as fast as it goes."""
    return await ExerciseRun(script, Running(speed=0), tuple(exercise_tables()[0]), show=watch.show).run()


def main(words: Sequence[str] | None = None) -> None:
    """Play and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=80)
    parser.add_argument("--every-s", type=float, default=4.0)
    parser.add_argument("--ends-s", type=float, default=600.0)
    given = parser.parse_args(words)
    watch = Stopwatch()
    outcome = asyncio.run(play(script_of(given.objects, every_s=given.every_s, ends_s=given.ends_s), watch))
    minutes = [watch.speed(at, at + 60.0) for at in range(int(START_S), int(given.ends_s) - 60, 30)]
    told = ", ".join(f"{code} {count}" for code, count in outcome.launches.items())
    print(f"{given.objects} objects, events told: {told}")
    print(f"{watch.speed(START_S, given.ends_s):.1f} times real time over {given.ends_s - START_S:.0f} s")
    print(
        f"{min(minutes):.1f} times in the worst minute; by half minute: {' '.join(f'{each:.0f}' for each in minutes)}"
    )


if __name__ == "__main__":
    main()
