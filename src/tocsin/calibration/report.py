"""The page that tells how well the filter keeps its promises, and where they end: figures in, text out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tocsin.calibration.cases import CASES
from tocsin.calibration.charts import lines
from tocsin.calibration.results import FUSED
from tocsin.calibration.statistics import Figures, Share

COVERAGE = (0.92, 1.0)
"""In what part of the runs a 95 % ellipse should hold the truth."""
NEES = (4.5, 7.5)
"""Within which the mean squared normalised error of position and velocity should lie; 6 if all is as assumed."""
LIMITS_KM = {10: 25.0, 30: 6.5, 60: 3.5}
"""How long the longer semi-axis may be at most, fused, so many seconds after burnout."""


def page(found: Sequence[Figures], *, how: str) -> str:
    """Return the report in Markdown.

    Args:
        found: Figures of all cases, flights, views and times.
        how: The command that made it.
    """
    runs = max((each.runs for each in found), default=0)
    made = (
        f"Made by `{how}`: seven flights, {runs} runs of each and of every case, each with noise, constant errors and "
        "laws of thrust of its own. Flights and sensors are invented, and where a case does not say otherwise the "
        "physics is the same on both sides: these are best cases, and they say nothing of a real sensor."
    )
    terms = (
        "A 95 % ellipse should hold the truth in 0.92 to 1.0 of the runs in which the gate lets an area be published. "
        "NEES is the mean squared normalised error of position and velocity and should be about 6; NIS, the same of "
        "each figure measured, about 1."
    )
    text = ["# How well the filter keeps its promises", "", made, "", terms, ""]
    for case in dict.fromkeys(each.case for each in found):
        text += _case(case, [each for each in found if each.case == case])
    return "\n".join([*text, ""])


def pictures(found: Sequence[Figures]) -> dict[str, str]:
    """Return the pictures of the page, by file name."""
    drawn = {}
    for case in dict.fromkeys(each.case for each in found):
        of_case = [each for each in found if each.case == case and each.who == FUSED]
        drawn[f"coverage-{case}.svg"] = _drawn(
            of_case, f"{case}: part of runs whose ellipse holds the truth", _coverage, top=1.0, band=COVERAGE
        )
        drawn[f"nees-{case}.svg"] = _drawn(of_case, f"{case}: NEES", lambda each: each.nees, top=15.0, band=NEES)
        drawn[f"axis-{case}.svg"] = _drawn(
            of_case, f"{case}: longer semi-axis of the 95 % ellipse, km", lambda each: each.longer_km, top=40.0
        )
    return drawn


def _drawn(
    of_case: Sequence[Figures],
    title: str,
    value: Callable[[Figures], float | None],
    *,
    top: float,
    band: tuple[float, float] | None = None,
) -> str:
    """Draw one figure of the fused view of every flight over the time after burnout."""
    places = sorted({each.after_s for each in of_case})
    known = {(each.flight_id, each.after_s): value(each) for each in of_case}
    series = {flight: [known.get((flight, place)) for place in places] for flight, _ in known}
    return lines(title, places, series, across="seconds after burnout", top=top, band=band)


def _coverage(each: Figures) -> float | None:
    return each.covered.part if each.covered.of else None


def _case(case: str, found: Sequence[Figures]) -> list[str]:
    missed = [
        each for each in found if each.covered.of >= 10 and each.covered.part < COVERAGE[0] and each.after_s <= 60
    ]
    text = [f"## {case}", "", f"{CASES[case].says[0].upper()}{CASES[case].says[1:]}.", ""]
    text += [f"![Coverage](coverage-{case}.svg)", "", f"![NEES](nees-{case}.svg)", "", f"![Axis](axis-{case}.svg)", ""]
    head = (
        "flight", "view", "after, s", "open", "covered", "published region", "off, km", "ellipse, km", "NEES", "NIS",
        "time rms, s",
    )  # fmt: skip
    text += [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    text += [f"| {' | '.join(_cells(each))} |" for each in found]
    text.append("")
    if missed:
        text.append("**Where the promise ends here** (up to a minute after burnout, ten runs or more):")
        text.append("")
        text += [
            f"- {each.flight_id}, {each.who}, +{each.after_s:.0f} s: {_share(each.covered)} covered" for each in missed
        ]
        text.append("")
    else:
        text += ["Every view that may publish keeps the promise up to a minute after burnout.", ""]
    return text


def _cells(each: Figures) -> list[str]:
    axes = "" if each.longer_km is None or each.shorter_km is None else f"{each.longer_km:.1f} × {each.shorter_km:.1f}"
    return [
        each.flight_id, each.who, f"{each.after_s:.0f}", f"{each.open.hits}/{each.runs}", _share(each.covered),
        _share(each.region_covered), _figure(each.error_km), axes, _figure(each.nees), _figure(each.nis, 2),
        _figure(each.at_rms_s),
    ]  # fmt: skip


def _share(value: Share) -> str:
    low, high = value.interval
    return f"{value.part:.2f} ({low:.2f}–{high:.2f})" if value.of else ""


def _figure(value: float | None, decimals: int = 1) -> str:
    return "" if value is None else f"{value:.{decimals}f}"
