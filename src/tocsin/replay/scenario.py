"""What happens in a replay, second by second: whose sensor sees what, and who may have it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from tocsin.markings import PublicWarning, marking_for
from tocsin.records import Precedence, Record, Source, with_body
from tocsin.replay.federation import STATUS
from tocsin.synthesis import METHOD
from tocsin.synthesis.clutter import false_plots
from tocsin.synthesis.flights import Flight, reconstruct
from tocsin.synthesis.launches import LaunchRow
from tocsin.synthesis.sensors import Plot, Sensor, observe

SETTLED_AFTER_S = 60.0
"""After burnout: by then a prediction changes slowly."""
SETTLED_TICK_S = 5.0
"""Between ticks from then on; one second before."""
QUIET_TICK_S = 10.0
"""Between ticks while no sensor sees anything."""
AFTER_IMPACT_S = 120.0
TOPOLOGIES = ("mesh", "hub", "bilateral")


@dataclass(frozen=True)
class Scene:
    """One launch made ready for replay."""

    row: LaunchRow
    flight: Flight
    plots: tuple[Plot, ...]
    lift_off: datetime
    ticks: tuple[float, ...]
    """Seconds after lift-off."""

    def plots_at(self, tick: int) -> tuple[Plot, ...]:
        """Return what was handed over after the tick before and up to this one."""
        after = self.ticks[tick - 1] if tick else -math.inf
        return tuple(plot for plot in self.plots if after < plot.arrives_s <= self.ticks[tick])


def make_scene(row: LaunchRow, sensors: Sequence[Sensor], *, seed: int, not_before: datetime) -> Scene:
    """Reconstruct a flight and let the sensors look at it.

    Args:
        row: The launch.
        sensors: Those that are there.
        seed: Of all noise.
        not_before: The scenario's clocks never run back; a launch recorded for earlier is replayed then.

    Raises:
        FlightError: No flight of the model meets the record.
    """
    flight = reconstruct(row)
    plots = observe(flight, sensors, seed)
    plots += false_plots(sensors, from_s=0.0, to_s=flight.duration_s, seed=seed)
    lift_off = max(_recorded(row), not_before)
    end = flight.duration_s + AFTER_IMPACT_S
    settled_s = flight.burnout_s + SETTLED_AFTER_S
    marks = {_tick_for(plot.arrives_s, 1.0 if plot.arrives_s <= settled_s else SETTLED_TICK_S) for plot in plots}
    times = sorted({mark for mark in marks if mark < end} | {end})
    ticks = list(itertools.chain.from_iterable(_filled(a, b) for a, b in itertools.pairwise([0.0, *times])))
    return Scene(row, flight, plots, lift_off, tuple(ticks))


def audiences_for(topology: str, codes: Sequence[str], hub: str) -> tuple[tuple[str, ...], ...]:
    """Return for whom members publish: everyone; or, bilaterally, each pair with the hub."""
    if topology == "bilateral":
        return tuple(tuple(sorted((code, hub))) for code in sorted(codes) if code != hub)
    return (tuple(sorted(codes)),)


def detections(
    plots: Sequence[Plot], scene: Scene, *, audiences: Sequence[tuple[str, ...]], alone: str | None,
    new_id: Callable[[str], str], now: datetime, status: str = STATUS,
) -> dict[str, list[Record]]:  # fmt: skip
    """Make the records of a tick's plots, by member; what goes to two audiences is one measurement in two records."""
    made: dict[str, list[Record]] = {}
    sources = (Source(cites=METHOD), Source(cites=scene.flight.assumptions))
    for plot in plots:
        if alone is not None and plot.member != alone:
            continue
        mine = [audience for audience in audiences if plot.member in audience] if alone is None else [(plot.member,)]
        group = new_id(plot.member)
        body = msgspec.structs.replace(plot.body, independence_group=group)
        for audience in mine or [(plot.member,)]:
            record = with_body(
                "warning.detection", body, id=new_id(plot.member), originator=plot.member,
                marking=marking_for(*audience, public_warning=PublicWarning.ASK), status=status,
                precedence=Precedence.FLASH, issued_at=now, synthetic=True, sources=sources,
                observed_at=scene.lift_off + timedelta(seconds=plot.time_s),
            )  # fmt: skip
            made.setdefault(plot.member, []).append(record)
    return made


def _recorded(row: LaunchRow) -> datetime:
    if row.launched_at is not None:
        return row.launched_at
    year, month, day = (*(int(part) for part in row.date_utc.split("-")), 1, 1)[:3]
    return datetime(year, month, day, 12, tzinfo=UTC)


def _tick_for(time_s: float, tick_s: float) -> float:
    return math.ceil(time_s / tick_s) * tick_s


def _filled(before: float, after: float) -> list[float]:
    """Return ticks after ``before`` up to ``after``, none further apart than ``QUIET_TICK_S``."""
    count = max(1, math.ceil((after - before) / QUIET_TICK_S))
    return [math.ceil(before + QUIET_TICK_S * i) if i < count else after for i in range(1, count + 1)]
