"""What was promised of the filter, and what the runs say of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from tocsin.calibration.flights import GROWTH, FlightFigures
from tocsin.calibration.regions import PART, RegionFigures
from tocsin.calibration.results import FUSED
from tocsin.calibration.statistics import Figures, Share

COVERAGE = (0.92, 1.0)
"""In what part of the runs a 95 % ellipse should hold the truth."""
NEES = (4.5, 7.5)
"""Within which the mean squared normalised error of position and velocity should lie; 6 if all is as assumed."""
LONGER_KM = {10: 25.0, 30: 6.5, 60: 3.5}
"""How long the longer semi-axis may be at most, fused, so many seconds after burnout (medians)."""
USEFUL_AFTER_S = 25.0
AT_RMS_S = 4.0
REGION_RATIO = 4.0
LAST_S = 60.0
"""Up to when after burnout the promises are of; what comes later is in the tables."""
FEWEST = 10
"""Runs with the gate open, below which a row of the tables is not judged."""


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """One promise beside what was reached."""

    name: str
    promised: str
    reached: str
    holds: bool


def promises(
    figures: Sequence[Figures], flights: Sequence[FlightFigures], regions: Sequence[RegionFigures]
) -> tuple[Promise, ...]:
    """Return those of which the cases were flown.

    Args:
        figures: Of every case, flight, view and time.
        flights: Of every case, flight and view.
        regions: Of the low flights that pull up.
    """
    regions = [each for each in regions if each.after_s <= LAST_S]
    nominal = [each for each in figures if each.case == "nominal" and each.after_s <= LAST_S]
    fused = [each for each in nominal if each.who == FUSED]
    flown = [each for each in flights if each.case == "nominal" and each.who == FUSED]
    silent = [each for each in flights if each.kept.of]
    thrust = [each for each in flights if each.case == "thrust" and each.origin_held.of]
    found = [
        _coverage("coverage, shared", fused),
        _coverage("coverage, each member alone", [each for each in nominal if each.who != FUSED]),
        _within("NEES, shared", [each for each in fused if each.after_s <= 30.0], lambda each: each.nees),
        *(
            _at_most(
                f"longer semi-axis, +{after_s} s", [each for each in fused if each.after_s == after_s],
                lambda each: each.longer_km, most, "km, medians over runs",
            )
            for after_s, most in LONGER_KM.items()
        ),
        _useful(flown),
        _at_most(
            "time of impact, rms", [each for each in fused if each.after_s >= 30.0], lambda each: each.at_rms_s,
            AT_RMS_S, "s from +30 s on",
        ),
        _held(regions),
        _ratio(regions),
        _silence(silent),
        _origin("launch point, another thrust, shared", [each for each in thrust if each.who == FUSED]),
        _origin("launch point, another thrust, alone", [each for each in thrust if each.who != FUSED]),
    ]  # fmt: skip
    return tuple(each for each in found if each is not None)


def words(value: Share) -> str:
    """Return a part with its interval."""
    low, high = value.interval
    return f"{value.part:.2f} ({low:.2f}–{high:.2f})" if value.of else ""


def judged(rows: Sequence[Figures]) -> list[Figures]:
    """Return the rows of enough runs with the gate open, up to a minute after burnout."""
    return [each for each in rows if each.covered.of >= FEWEST and each.after_s <= LAST_S]


def _coverage(name: str, rows: Sequence[Figures]) -> Promise | None:
    rows = judged(rows)
    if not rows:
        return None
    least = min(rows, key=lambda each: each.covered.part)
    short = [each for each in rows if each.covered.part < COVERAGE[0]]
    whole = Share(hits=sum(each.covered.hits for each in rows), of=sum(each.covered.of for each in rows))
    reached = f"{whole.part:.3f} over all; least {words(least.covered)}, {_place(least)}"
    if short:
        reached += f"; {len(short)} of {len(rows)} rows below"
    misses = [each.impact_nees for each in rows if each.impact_nees is not None]
    if misses:
        reached += f"; mean squared miss, 2 if right, at most {max(misses):.1f}"
    return Promise(
        name=name, promised=f"{COVERAGE[0]} to {COVERAGE[1]} of the truths in the 95 % ellipse, to +{LAST_S:.0f} s",
        reached=reached, holds=not short,
    )  # fmt: skip


def _within(name: str, rows: Sequence[Figures], value: Callable[[Figures], float | None]) -> Promise | None:
    known = [found for each in rows if (found := value(each)) is not None]
    if not known:
        return None
    low, high = min(known), max(known)
    return Promise(
        name=name, promised=f"{NEES[0]} to {NEES[1]} at +10 and +30 s", reached=f"{low:.1f} to {high:.1f}",
        holds=NEES[0] <= low and high <= NEES[1],
    )  # fmt: skip


def _at_most(
    name: str, rows: Sequence[Figures], value: Callable[[Figures], float | None], most: float, unit: str
) -> Promise | None:
    known = [(found, each) for each in rows if (found := value(each)) is not None]
    if not known:
        return None
    worst, each = max(known, key=lambda pair: pair[0])
    return Promise(
        name=name, promised=f"at most {most:g} {unit}", reached=f"at most {worst:.1f}, {_place(each)}",
        holds=worst <= most,
    )  # fmt: skip


def _useful(rows: Sequence[FlightFigures]) -> Promise | None:
    if not rows:
        return None
    late = max(rows, key=lambda each: 1e9 if each.useful_after_s is None else each.useful_after_s)
    reached = "not in half of the runs" if late.useful_after_s is None else f"at most {late.useful_after_s:.0f} s"
    return Promise(
        name="an ellipse of 10 km", promised=f"within {USEFUL_AFTER_S:.0f} s of burnout, medians over runs",
        reached=f"{reached}, {late.flight_id}",
        holds=late.useful_after_s is not None and late.useful_after_s <= USEFUL_AFTER_S,
    )  # fmt: skip


def _held(regions: Sequence[RegionFigures]) -> Promise | None:
    if not regions:
        return None
    least = min(regions, key=lambda each: each.held.part)
    return Promise(
        name="pull-up: the region holds the truth", promised=f"in {100 * PART:.0f} % of the runs",
        reached=f"least {words(least.held)}, {least.flight_id} +{least.after_s:.0f} s",
        holds=least.held.part >= PART,
    )  # fmt: skip


def _ratio(regions: Sequence[RegionFigures]) -> Promise | None:
    if not regions:
        return None
    worst = max(regions, key=lambda each: each.ratio)
    margin = max(each.ratio_with_margin for each in regions)
    return Promise(
        name="pull-up: size of the region",
        promised=f"at most {REGION_RATIO:g} times the smallest that holds {100 * PART:.0f} % of the truths",
        reached=f"at most {worst.ratio:.1f}, {worst.flight_id} +{worst.after_s:.0f} s; with the margin {margin:.1f}",
        holds=worst.ratio <= REGION_RATIO,
    )


def _silence(rows: Sequence[FlightFigures]) -> Promise | None:
    if not rows:
        return None
    calm = Share(hits=sum(each.calm.hits for each in rows), of=sum(each.calm.of for each in rows))
    kept = Share(hits=sum(each.kept.hits for each in rows), of=sum(each.kept.of for each in rows))
    most = max(each.growth for each in rows if each.growth is not None)
    return Promise(
        name="plots stop in coast", promised=f"the ellipse grows at most {GROWTH:g} times until it is back in the air",
        reached=f"at most {most:.2f} times; it stood to the end in {kept.hits} of {kept.of}",
        holds=calm.hits == calm.of,
    )  # fmt: skip


def _origin(name: str, rows: Sequence[FlightFigures]) -> Promise | None:
    if not rows:
        return None
    whole = Share(hits=sum(each.origin_held.hits for each in rows), of=sum(each.origin_held.of for each in rows))
    least = min(rows, key=lambda each: each.origin_held.part)
    place = least.flight_id if least.who == FUSED else f"{least.flight_id} {least.who}"
    return Promise(
        name=name, promised=f"the radius holds the site in {100 * PART:.0f} % of the runs",
        reached=f"{words(whole)}; least {words(least.origin_held)}, {place}", holds=whole.part >= PART,
    )  # fmt: skip


def _place(each: Figures) -> str:
    who = "" if each.who == FUSED else f" {each.who}"
    return f"{each.flight_id}{who} +{each.after_s:.0f} s"
