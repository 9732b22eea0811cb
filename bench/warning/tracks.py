"""What tracks in place of detections are worth: ``uv run python -m bench.warning.tracks --runs 24``.

KOR and USA hold their detections and tell tracks; those of JPN reach all. So JPN's filter and both tracks rest in part
on the same plots. At fixed times after burnout each way of putting them together foretells the impact, on the same
noise: JPN's own filter, covariance intersection, the sum of informations, and all plots in one filter, as nobody has.
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from tocsin.calibration.cases import CASES
from tocsin.calibration.door import LIFT_OFF, Door
from tocsin.calibration.reference import flight_ids, reference_sensors
from tocsin.calibration.results import Trial
from tocsin.geo.geodesic import distance_m
from tocsin.records import Admitted, ChainId, FrameRef, Impact
from tocsin.synthesis.sensors import observe
from tocsin.synthesis.truth import Truth
from tocsin.warning import WarningSettings, imm, is_within_ellipse
from tocsin.warning.classification import classify
from tocsin.warning.impact import Fall, predict_fall
from tocsin.warning.moment import Moment
from tocsin.warning.peers import joint_of
from tocsin.warning.plots import Plot, moment_of, plot_of
from tocsin.warning.stages import is_free
from tocsin.warning.telling import Telling
from tocsin.warning.told import KEEP, Told, free_moment, told_of
from tocsin.warning.track import Track, begin

SETTINGS = WarningSettings()
AFTER_S = (15.0, 30.0, 60.0)
HEARD = {"JPN": ("JPN",), "KOR": ("JPN", "KOR"), "USA": ("JPN", "USA"), "all": ("JPN", "KOR", "USA")}
"""Whose plots each filter gets."""
OWN, JOINT, SUM, ALL_PLOTS = "own filter", "covariance intersection", "sum of informations", "all plots"


@dataclass(frozen=True)
class Found:
    """One impact beside the truth."""

    flight_id: str
    after_s: float
    way: str
    is_held: bool
    """The 95 % ellipse holds the truth."""
    area_km2: float
    error_km: float


def fly(flight_id: str, seed: int, door: Door) -> Iterator[Found]:
    """Fly one flight once; an impact whose gate is shut is left out."""
    truth = CASES["nominal"].fly(Trial(case="nominal", flight_id=flight_id, variant=seed % 4, seed=seed))
    seen = sorted(observe(truth, reference_sensors(), seed), key=lambda plot: plot.time_s)
    seen = [plot for plot in seen if plot.time_s <= truth.burnout_s + AFTER_S[-1]]
    filters: dict[str, Track] = {}
    due = list(AFTER_S)
    for plot in (found for entry in door.admit(seen) if (found := plot_of(entry)) is not None):
        while due and plot.time_s - LIFT_OFF.timestamp() > truth.burnout_s + due[0]:
            yield from _compare(flight_id, due.pop(0), filters, truth)
        for name, members in HEARD.items():
            if plot.record.originator in members:
                _feed(filters, name, plot)
    for after_s in due:
        yield from _compare(flight_id, after_s, filters, truth)


def _feed(filters: dict[str, Track], name: str, plot: Plot) -> None:
    if name in filters:
        filters[name].add(plot)
    else:
        filters[name] = begin(plot, SETTINGS)


def _compare(flight_id: str, after_s: float, filters: dict[str, Track], truth: Truth) -> Iterator[Found]:
    own = filters.get("JPN")
    told = [each for member in ("KOR", "USA") if (each := _told(member, filters.get(member))) is not None]
    moments = {OWN: _free(own), ALL_PLOTS: _free(filters.get("all"))}
    joint = None if own is None else joint_of("JPN", own, told, SETTINGS)
    if joint is not None:
        moments[JOINT] = joint.moment
        moments[SUM] = _summed([*([own.moment] if joint.has_own and own else []), *(each.moment for each in told)])
    for way, moment in moments.items():
        fall = None if moment is None else predict_fall(moment, SETTINGS)
        if fall is not None:
            yield _beside(truth, fall, flight_id, after_s, way)


def _free(track: Track | None) -> Moment | None:
    return track.moment if track is not None and is_free(track, SETTINGS) else None


def _told(member: str, track: Track | None) -> Told | None:
    """Return a member's track as it is read from the record that tells it."""
    if track is None:
        return None
    telling, now_s = Telling(member, ("JPN", "KOR", "USA")), track.time_s
    body = telling.due(track, "E", classify(track, SETTINGS), SETTINGS, now_s)
    if body is None or not body.is_free:
        return None
    now = moment_of(now_s)
    record = telling.record(body, track, record_id=f"{member}-track", status="test", now=now)
    ref = FrameRef(ChainId(member, record.marking.audience, record.status, record.precedence), "e", 1, "h")
    return told_of(Admitted(record, b"", "", ref, 0, now, now, member))


def _summed(moments: list[Moment]) -> Moment:
    """Add informations up as if the estimates had nothing in common; the times differ by a second at most."""
    time_s = max(moment.time_s for moment in moments)
    total, pull = np.zeros((7, 7)), np.zeros(7)
    for moment in moments:
        information = np.linalg.inv(moment.covariances[imm.BALLISTIC][np.ix_(KEEP, KEEP)])
        mean = moment.states[imm.BALLISTIC, KEEP].copy()
        mean[:3] += (time_s - moment.time_s) * mean[3:6]
        total += information
        pull += information @ mean
    covariance = np.linalg.inv(total)
    return free_moment(time_s, covariance @ pull, 0.5 * (covariance + covariance.T))


def _beside(truth: Truth, fall: Fall, flight_id: str, after_s: float, way: str) -> Found:
    impact = Impact(
        lat_deg=fall.lat_deg, lon_deg=fall.lon_deg, ellipse_95_km=fall.semi_axes_km,
        ellipse_bearing_deg=fall.bearing_deg, at=LIFT_OFF + timedelta(seconds=1), at_sigma_s=fall.time_sigma_s,
    )  # fmt: skip
    if truth.impact is None:
        raise ValueError(f"{flight_id} does not come down")
    return Found(
        flight_id=flight_id,
        after_s=after_s,
        way=way,
        is_held=is_within_ellipse(impact, *truth.impact),
        area_km2=math.pi * fall.semi_axes_km[0] * fall.semi_axes_km[1],
        error_km=distance_m(fall.lat_deg, fall.lon_deg, *truth.impact) * 1e-3,
    )


def main() -> None:
    """Print a table: for each flight and time the median area of each way, and in how many runs it held the truth."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--runs", type=int, default=24, help="of each flight")
    parser.add_argument("--flight", choices=flight_ids(), action="append", help="again for another; all without any")
    asked = parser.parse_args()
    door = Door(sorted({sensor.member for sensor in reference_sensors()}))
    cells: dict[tuple[str, float], dict[str, list[Found]]] = defaultdict(lambda: defaultdict(list))
    for flight_id in asked.flight or flight_ids():
        for number in range(asked.runs):
            for found in fly(flight_id, 5000 + number, door):
                cells[flight_id, found.after_s][found.way].append(found)
    ways = (OWN, JOINT, SUM, ALL_PLOTS)
    print("| flight | after burnout |", " | ".join(ways), "|")
    print("|---|---|", "---|" * len(ways), sep="")
    for (flight_id, after_s), by_way in sorted(cells.items()):
        told = [_words(by_way.get(way, [])) for way in ways]
        print(f"| {flight_id} | {after_s:g} s |", " | ".join(told), "|")


def _words(found: list[Found]) -> str:
    if not found:
        return "–"
    held = sum(each.is_held for each in found) / len(found)
    return f"{statistics.median(each.area_km2 for each in found):.3g} km² ({held:.2f} of {len(found)})"


if __name__ == "__main__":
    main()
