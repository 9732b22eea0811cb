"""A year of clutter and nothing else: what the warning desk says of it, and whether any of it is of the public grade.

    python -m bench.warning.false_alarms --rate 0.01 --hours 8760

The reference radars scan once a second; each scan has a Poisson number of false plots with the given mean, spread
evenly over what the radar covers. Each hour is a run of its own, from an empty desk, through the door and the real
desk.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from tocsin.calibration.door import LIFT_OFF, Door
from tocsin.calibration.reference import reference_sensors
from tocsin.records import Launch, body_of
from tocsin.synthesis.clutter import BLOCK_S, false_plots
from tocsin.warning import WarningDesk, WarningSettings
from tocsin.warning.picture import id_stream

_CLOSING_S = 120


@dataclass
class Heard:
    """What was said in some hours."""

    plots: int = 0
    events: int = 0
    stages: Counter[str] = field(default_factory=Counter)
    public: list[Launch] = field(default_factory=list)


def listen(hours: range, *, rate: float, seed: int, settings: WarningSettings) -> Heard:
    """Let a desk hear clutter.

    Args:
        hours: Which hours of the endless clutter of this seed.
        rate: Mean number of false plots in each scan of each radar.
        seed: Of the clutter.
        settings: Of the desk.
    """
    radars = [
        msgspec.structs.replace(sensor, clutter_per_scan=rate)
        for sensor in reference_sensors()
        if sensor.kind == "radar"
    ]
    members = sorted({radar.member for radar in radars})
    door, heard = Door(members), Heard()
    for hour in hours:
        begin_s = hour * BLOCK_S
        desk = WarningDesk(members[0], [tuple(members)], settings, id_stream(f"{seed} {hour}"))
        plots = [
            msgspec.structs.replace(plot, time_s=plot.time_s - begin_s)
            for plot in false_plots(radars, from_s=begin_s, to_s=begin_s + BLOCK_S, seed=seed)
        ]
        heard.plots += len(plots)
        said = []
        for entry in door.admit(plots):
            now = entry.record.observed_at or LIFT_OFF
            said += desk.tick(now) + desk.take([entry], now)
        for second in range(0, _CLOSING_S, 10):
            said += desk.tick(LIFT_OFF + timedelta(seconds=BLOCK_S + second))
        launches = [
            body_of(record)
            for record in said
            if record.kind == "warning.launch" and len(record.marking.releasable_to) > 1
        ]
        heard.stages.update(launch.stage for launch in launches)
        heard.events += len({launch.event_id for launch in launches})
        heard.public += [launch for launch in launches if launch.grade == "public"]
    return heard


def main() -> int:
    """Run and print; 1 if anything was of the public grade."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=0.01, help="false plots in each scan of each radar")
    parser.add_argument("--hours", type=int, default=8760)
    parser.add_argument("--first", type=int, default=0, help="first hour, to go on with a run")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    begun_s = time.monotonic()
    hours = range(args.first, args.first + args.hours)
    heard = listen(hours, rate=args.rate, seed=args.seed, settings=WarningSettings())
    stages = ", ".join(f"{count} {stage}" for stage, count in sorted(heard.stages.items())) or "nothing"
    print(
        f"{args.hours} h of clutter, {args.rate:g} false plots a scan and radar: {heard.plots} plots, "
        f"{heard.events} events ({stages}), {len(heard.public)} records of the public grade; "
        f"{time.monotonic() - begun_s:.0f} s"
    )
    for launch in heard.public:
        print(f"  {launch.stage} {launch.grade_basis} {launch.label}")
    return 1 if heard.public else 0


if __name__ == "__main__":
    sys.exit(main())
