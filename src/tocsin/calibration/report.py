"""The pages that tell how well the filter keeps its promises, and where they end: figures in, texts and pictures out.

What is for everybody comes first; the long tables of each case have a page of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tocsin.calibration.cases import CASES
from tocsin.calibration.charts import Dot, lines, square
from tocsin.calibration.flights import FlightFigures
from tocsin.calibration.promises import COVERAGE, FEWEST, LAST_S, NEES, judged, words
from tocsin.calibration.regions import RegionFigures
from tocsin.calibration.reliability import Bin, Reliability
from tocsin.calibration.results import FUSED
from tocsin.calibration.statistics import Figures
from tocsin.calibration.summary import Calibration

_RIGHT = 0.95
_NAMED = 4
"""Rows that fall short, by name; the others are in the tables."""
_HEAD = (
    "flight", "view", "after, s", "open", "covered", "published region", "off, km", "ellipse, km", "NEES",
    "impact", "NIS", "time rms, s",
)  # fmt: skip


def files(told: Calibration, *, how: str) -> dict[str, str]:
    """Return the report: its pages and pictures, by file name.

    Args:
        told: What the runs say.
        how: The command that made it.
    """
    made = {"calibration.md": _page(told, how)}
    for case in _cases(told):
        made[f"calibration-{case}.md"] = _tables(case, told)
        of_case = [each for each in told.figures if each.case == case and each.who == FUSED]
        made[f"coverage-{case}.svg"] = _drawn(
            of_case, f"{case}: part of runs whose ellipse holds the truth", _coverage, top=1.0, bottom=_floor(of_case),
            band=COVERAGE,
        )  # fmt: skip
        made[f"nees-{case}.svg"] = _drawn(of_case, f"{case}: NEES", lambda each: each.nees, top=15.0, band=NEES)
        made[f"axis-{case}.svg"] = _drawn(
            of_case, f"{case}: longer semi-axis of the 95 % ellipse, km", lambda each: each.longer_km, top=40.0
        )
        dots = {each.who: _dots(each) for each in told.reliability if each.case == case}
        if dots:
            made[f"reliability-{case}.svg"] = square(
                f"{case}: probability of a warning area", dots, across="said", up="came true"
            )
    return made


def _page(told: Calibration, how: str) -> str:
    what = (
        f"Made by `{how}`. Flights of seven kinds, each by four laws of thrust and drag, are flown past eight invented "
        "sensors of three members, each run with noise and constant errors of its own; a picture is made of what all "
        "of them see and of what each member sees alone, by the code that does it in earnest, and is compared with "
        "what was flown. All of it is synthetic. Where a case does not say otherwise, filter and truth share their "
        "physics: these are best cases, and they say nothing of a real sensor."
    )
    text = ["# How well the filter keeps its promises", "", what, "", "## What was promised, and what was reached", ""]
    text += _table(
        ("", "promised", "reached", ""),
        [(each.name, each.promised, each.reached, "yes" if each.holds else "**no**") for each in told.promises],
    )
    chance = (
        f"Parts of runs are given with their 95 % interval (Wilson). A 95 % ellipse that is right to the last digit "
        f"falls below {COVERAGE[0]} of 200 runs once in thirty: of dozens of rows one or two do so by chance."
    )
    text += [chance, "", "## Where the promise ends", "", *_ends(told), "## What was flown", ""]
    text += _table(
        ("case", "the world in it", "flights", "runs of each", "tables"),
        [
            (case, CASES[case].says, str(len(flights)), _span([each.runs for each in flights]),
             f"[all figures](calibration-{case}.md)")
            for case in _cases(told)
            for flights in [[each for each in told.flights if each.case == case and each.who == FUSED]]
        ],
    )  # fmt: skip
    text += [
        "Late plots, infrared alone and singular covariances have tests of their own, in `tests/unit/warning`.",
        "",
    ]
    if "nominal" in _cases(told):
        text += _nominal(told)
    for each in (_areas(told.reliability), _regions(told.regions), _origins(told.flights), _silences(told.flights)):
        text += each
    return "\n".join([*text, ""]).rstrip("\n") + "\n"


def _nominal(told: Calibration) -> list[str]:
    rows = [each for each in told.figures if each.case == "nominal" and each.who == FUSED]
    return [
        "## The shared picture, if the world is as assumed", "",
        "![Coverage](coverage-nominal.svg)", "", "![Longer semi-axis](axis-nominal.svg)", "",
        "![NEES](nees-nominal.svg)", "",
        ("NEES is the mean squared normalised error of position and velocity, 6 if all is as assumed; *impact* the "
        "same of the foretold place, 2 if so; NIS that of each figure measured, 1 if so. *Open* counts the runs in "
        "which the gate let an area be published; what stands right of it is of these."), "",
        *_table(_HEAD, [_cells(each) for each in rows]),
    ]  # fmt: skip


def _areas(found: Sequence[Reliability]) -> list[str]:
    if not found:
        return []
    text = [
        "## The probabilities of warning areas", "",
        ("Each published record says of every area that it names how likely an impact in it is. Those statements are "
        "put together by what was said and compared with how often it came true. The areas that a record does not "
        "name it calls safe: that is one more statement, and it fails where the truth lies in any of them. What comes "
        "down in the sea hits none. Statements of one run are of one truth, so that chance is reckoned by runs."), "",
    ]  # fmt: skip
    for case in dict.fromkeys(each.case for each in found):
        text += [f"![Said and came](reliability-{case}.svg)", ""]
    head = ("case", "view", "said", "statements", "runs", "said, mean", "came true", "")
    text += _table(
        head,
        [
            (each.case, each.who, f"{one.low:g} to {one.high:g}", str(one.statements), str(one.runs),
             f"{one.said:.3f}", _part(one), "" if one.holds else "**off**")
            for each in found
            for one in each.bins
        ],
    )  # fmt: skip
    text += _table(
        ("case", "view", "records", "it came down in an area that they did not name", "Brier score", "at best"),
        [
            (each.case, each.who, str(each.unnamed.of), f"{each.unnamed.hits} times", f"{each.brier:.4f}",
             f"{each.at_best:.4f}")
            for each in found
        ],
    )  # fmt: skip
    return text


def _regions(found: Sequence[RegionFigures]) -> list[str]:
    if not found:
        return []
    return [
        "## Low flights that pull up", "",
        ("Lift over drag is drawn from 0 to 1. The published region is compared with the smallest that would have held "
        "95 % of the truths: those of all runs, each as seen from the point that was foretold in it, in their convex "
        "hull, from which the corner that enlarges it most is left out until 5 % are. Such a hull is fitted to the "
        "truths that it is judged by, and hence smaller than anybody could have drawn beforehand. Here all lift in the "
        "vertical plane, so that the truths come to lie in a line as the state is known better; the region goes on "
        "allowing for a lean, by policy (`bank_sigma_deg`), and that is what it is larger by. *With margin*: both "
        "with the 5 km by which areas are named."), "",
        *_table(
            ("flight", "after, s", "held", "held, with margin", "region, km²", "smallest, km²", "times",
             "times, with margin"),
            [
                (each.flight_id, f"{each.after_s:.0f}", words(each.held), words(each.held_with_margin),
                 f"{each.km2:.0f}", f"{each.smallest_km2:.0f}", f"{each.ratio:.1f}", f"{each.ratio_with_margin:.1f}")
                for each in found
            ],
        ),
    ]  # fmt: skip


def _origins(found: Sequence[FlightFigures]) -> list[str]:
    rows = [each for each in found if each.origin_held.of and each.case in ("nominal", "thrust")]
    if not rows:
        return []
    return [
        "## The launch point", "",
        ("The last that was published, and whether its radius holds the site; in the case *thrust* the rocket rises by "
        "a law that the filter's flights do not know."), "",
        *_table(
            ("case", "flight", "view", "held", "off, km", "radius, km"),
            [
                (each.case, each.flight_id, each.who, words(each.origin_held), _figure(each.origin_error_km),
                 _figure(each.origin_radius_km))
                for each in rows
            ],
        ),
    ]  # fmt: skip


def _silences(found: Sequence[FlightFigures]) -> list[str]:
    rows = [each for each in found if each.kept.of]
    if not rows:
        return []
    return [
        "## When plots stop in coast", "",
        ("All sensors fall silent one minute after burnout; the flight is followed until it comes back below 80 km. "
        "*Stood*: no impact was withdrawn. *Grew*: the greatest longer semi-axis after that over the one that stood "
        "then, of all runs."), "",
        *_table(
            ("flight", "view", "runs with an impact then", "stood", "grew at most"),
            [
                (each.flight_id, each.who, str(each.kept.of), words(each.kept), f"{each.growth or 0.0:.2f} times")
                for each in rows
            ],
        ),
    ]  # fmt: skip


def _ends(told: Calibration) -> list[str]:
    """Return what falls short, case by case."""
    what = (
        f"A row is one flight seen by one view at one time, up to {LAST_S:.0f} s after burnout, if the gate was open "
        f"in {FEWEST} runs or more. It is kept where {COVERAGE[0]} of the truths or more lie in the ellipse, or, of a "
        "flight so low that it may use the air, in the published region. *Surely* short is where the interval ends "
        "below 0.95."
    )
    text = [what, ""]
    for case in _cases(told):
        if CASES[case].heard_s is not None:
            continue  # until then it is as any other
        rows = judged([each for each in told.figures if each.case == case])
        short = sorted(_short(rows), key=lambda each: each.promised.part)
        words_ = f"- **{case}** ({CASES[case].says}): {len(rows) - len(short)} of {len(rows)} rows kept"
        if short:
            surely = sum(each.promised.interval[1] < _RIGHT for each in short)
            least = [
                f"{each.promised.part:.2f} {each.flight_id} {each.who} +{each.after_s:.0f} s" for each in short[:_NAMED]
            ]
            words_ += f", {surely} surely short; the least {', '.join(least)}"
        text.append(f"{words_}.")
    return [*text, ""]


def _short(rows: Sequence[Figures]) -> list[Figures]:
    return [each for each in rows if each.promised.part < COVERAGE[0]]


def _tables(case: str, told: Calibration) -> str:
    rows = [each for each in told.figures if each.case == case]
    short = _short(judged(rows))
    says = (
        f"{CASES[case].says[0].upper()}{CASES[case].says[1:]}. [The report](calibration.md) tells what the columns are."
    )
    text = [
        f"# Case {case}: all figures", "", says, "",
        f"![Coverage](coverage-{case}.svg)", "", f"![NEES](nees-{case}.svg)", "", f"![Axis](axis-{case}.svg)", "",
        *_table(_HEAD, [_cells(each) for each in rows]),
    ]  # fmt: skip
    if short:
        text += ["**Where the promise ends here** (up to a minute after burnout, ten runs or more):", ""]
        text += [
            f"- {each.flight_id}, {each.who}, +{each.after_s:.0f} s: {words(each.promised)} held" for each in short
        ]
    else:
        text += ["Every view that may publish keeps the promise up to a minute after burnout."]
    return "\n".join([*text, ""])


def _cases(told: Calibration) -> list[str]:
    return list(dict.fromkeys(each.case for each in told.figures))


def _span(counts: Sequence[int]) -> str:
    return f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"


def _drawn(
    of_case: Sequence[Figures],
    title: str,
    value: Callable[[Figures], float | None],
    *,
    top: float,
    bottom: float = 0.0,
    band: tuple[float, float] | None = None,
) -> str:
    """Draw one figure of the fused view of every flight over the time after burnout."""
    places = sorted({each.after_s for each in of_case})
    known = {(each.flight_id, each.after_s): value(each) for each in of_case}
    series = {flight: [known.get((flight, place)) for place in places] for flight, _ in known}
    return lines(title, places, series, across="seconds after burnout", top=top, bottom=bottom, band=band)


def _floor(of_case: Sequence[Figures]) -> float:
    """Where a chart of coverage begins: near its end if it all happens there."""
    return 0.8 if all(each.covered.part >= 0.8 for each in of_case if each.covered.of) else 0.0


def _dots(each: Reliability) -> list[Dot]:
    return [Dot(one.said, one.came, *one.interval) for one in each.bins]


def _part(one: Bin) -> str:
    low, high = one.interval
    return f"{one.came:.3f} ({low:.2f}–{high:.2f})"


def _coverage(each: Figures) -> float | None:
    return each.covered.part if each.covered.of else None


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {' | '.join(row)} |" for row in rows), ""]


def _cells(each: Figures) -> list[str]:
    axes = "" if each.longer_km is None or each.shorter_km is None else f"{each.longer_km:.1f} × {each.shorter_km:.1f}"
    return [
        each.flight_id, each.who, f"{each.after_s:.0f}", f"{each.open.hits}/{each.runs}", words(each.covered),
        words(each.region_covered), _figure(each.error_km), axes, _figure(each.nees), _figure(each.impact_nees),
        _figure(each.nis, 2), _figure(each.at_rms_s),
    ]  # fmt: skip


def _figure(value: float | None, decimals: int = 1) -> str:
    return "" if value is None else f"{value:.{decimals}f}"
