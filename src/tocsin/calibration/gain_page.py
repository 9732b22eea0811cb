"""The page that tells what sharing buys: tables in Markdown, pictures in SVG. Pure: figures in, text out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from tocsin.calibration.charts import lines as chart
from tocsin.calibration.gains import AFTER_S, GainRun, Interval, MemberGain
from tocsin.calibration.results import FUSED

_WIDTH, _ROW, _LEFT, _RIGHT = 900, 18, 130, 20
_MARKS_S = (60, 120, 180, 300, 600, 1200, 1800, 3000)
_PLACES_S = tuple(range(0, 241, 20))
_ALONE, _SHARED = "#b45309", "#1d4ed8"


def page(runs: Sequence[GainRun], found: Sequence[MemberGain], *, how: str) -> str:
    """Return the page.

    Args:
        runs: All of them.
        found: The same by member.
        how: The command that made it.
    """
    launches = list(dict.fromkeys(run.launch_id for run in runs))
    per_launch = len(runs) / max(len(launches), 1)
    draws = "1 draw" if per_launch == 1 else f"{per_launch:g} draws"
    what = (
        f"Made by `{how}`: {len(launches)} launches of the public record that can be reconstructed, each with {draws} "
        "of the noise. Flights are reconstructed and sensors invented: what counts is the difference between two "
        "pictures of the same plots, not the figures themselves."
    )
    terms = (
        "*Useful* is the first published 95 % ellipse whose longer semi-axis is at most 10 km. Medians, with the 95 % "
        "interval that drawing launches anew gives (percentile bootstrap). Areas are compared where both stand."
    )
    ratios = [f"area shared / alone at +{after:g} s" for after in AFTER_S]
    head = ["member", "runs", "useful only with its peers", "useful in neither", "sooner, s", *ratios]
    lines = ["# The gain of sharing", "", what, "", terms, "", f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    lines += [
        f"| {each.member} | {each.runs} | {each.never_alone} | {each.never} | {_words(each.sooner_s, 0)} | "
        + " | ".join(_words(ratio, 2) for ratio in each.ratio) + " |"
        for each in found
    ]  # fmt: skip
    lines += ["", "Areas of the published 95 % ellipse, km², each alone and with its peers, where both stand:", ""]
    lines.append("| member | " + " | ".join(f"alone, +{s:g} s | shared, +{s:g} s" for s in AFTER_S) + " |")
    lines.append("|---" * (1 + 2 * len(AFTER_S)) + "|")
    for each in found:
        pairs = zip(each.km2_alone, each.km2_shared, strict=True)
        cells = [cell for alone, shared in pairs for cell in (_words(alone, 0), _words(shared, 0))]
        lines.append(f"| {each.member} | {' | '.join(cells)} |")
    lost = sum(each.never_shared for each in found)
    if lost:
        lines += ["", f"In {lost} runs a member had a useful prediction alone and none with its peers."]
    price = _price(runs)
    if price:
        times = f"{len(price)} times in {len(found) * len(runs)}"
        lines += ["", f"The price: {times} a member would have known sooner alone, by {max(price):.0f} s at most."]
    lines += ["", "![In how many runs there is a useful prediction by then](gain-by-time.svg)", ""]
    lines += ["## Launch by launch", "", "![Seconds to a useful prediction, alone and together](gain.svg)", ""]
    members = [each.member for each in found]
    lines.append(
        "| launch | missile | together, s after lift-off | " + " | ".join(f"{m} alone" for m in members) + " |"
    )
    lines.append("|---" * (3 + len(members)) + "|")
    for launch in launches:
        of_launch = [run for run in runs if run.launch_id == launch]
        cells = [_median_words(of_launch, who) for who in (FUSED, *members)]
        lines.append(f"| {launch} | {of_launch[0].missile} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def _price(runs: Sequence[GainRun]) -> list[float]:
    """By how many seconds members would have known sooner alone, wherever they would."""
    pairs = [
        (alone.useful_s, shared.useful_s)
        for run in runs
        for shared in run.views
        for alone in run.views
        if shared.who == FUSED and alone.who != FUSED
    ]
    both = [(alone, shared) for alone, shared in pairs if alone is not None and shared is not None]
    return [shared - alone for alone, shared in both if shared > alone]


def by_time(runs: Sequence[GainRun]) -> str:
    """Return the picture of how many runs had a useful prediction by when, together and each member alone."""
    series = {}
    for who in dict.fromkeys(view.who for run in runs for view in run.views):
        after_s = [
            math.inf if view.useful_s is None else view.useful_s - run.burnout_s
            for run in runs
            for view in run.views
            if view.who == who
        ]
        name = "together" if who == FUSED else f"{who} alone"
        series[name] = [sum(each <= place for each in after_s) / len(after_s) for place in _PLACES_S]
    title = "Part of all runs with an ellipse of 10 km by then"
    return chart(title, _PLACES_S, series, across="seconds after burnout", top=1.0)


def picture(runs: Sequence[GainRun]) -> str:
    """Return the picture: a line for each launch, from together to the best and the worst member alone."""
    launches = list(dict.fromkeys(run.launch_id for run in runs))
    rows = []
    for launch in launches:
        of_launch = [run for run in runs if run.launch_id == launch]
        members = [view.who for view in of_launch[0].views if view.who != FUSED]
        rows.append((launch, _median(of_launch, FUSED), {member: _median(of_launch, member) for member in members}))
    longest = max((s for _, shared, alone in rows for s in (shared, *alone.values()) if s is not None), default=1.0)
    height = 60 + _ROW * len(rows)

    shortest = min((s for _, shared, alone in rows for s in (shared, *alone.values()) if s is not None), default=1.0)
    low, high = math.log(0.9 * shortest), math.log(1.1 * longest)

    def x_of(seconds: float) -> float:
        """Lay times out by their logarithm: most are minutes, some an hour."""
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (math.log(seconds) - low) / (high - low)

    title = "Seconds after lift-off to a 95 % ellipse of 10 km: "
    box = f'viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="11"'
    key = f'<tspan fill="{_SHARED}">together ●</tspan>, <tspan fill="{_ALONE}">each member alone ○</tspan>'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}><title>{title}</title>',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="16">{title}{key}</text>',
    ]
    for mark in _MARKS_S:
        if low <= math.log(mark) <= high:
            x = x_of(mark)
            parts.append(
                f'<path d="M{x:.1f} 30V{height - 8}" stroke="#d4d4d8"/><text x="{x + 2:.1f}" y="30">{mark}</text>'
            )
    for index, (launch, shared, alone) in enumerate(rows):
        y = 46 + _ROW * index
        parts.append(f'<text x="6" y="{y + 4}">{escape(launch)}</text>')
        known = [seconds for seconds in alone.values() if seconds is not None]
        if shared is not None and known:
            parts.append(f'<path d="M{x_of(shared):.1f} {y}H{x_of(max(known)):.1f}" stroke="#a1a1aa"/>')
        for member, seconds in alone.items():
            if seconds is not None:
                parts.append(
                    f'<circle cx="{x_of(seconds):.1f}" cy="{y}" r="4" fill="none" stroke="{_ALONE}"><title>'
                    f"{escape(member)} alone {seconds:.0f} s</title></circle>"
                )
        if shared is not None:
            parts.append(
                f'<circle cx="{x_of(shared):.1f}" cy="{y}" r="4" fill="{_SHARED}"><title>'
                f"together {shared:.0f} s</title></circle>"
            )
    return "".join([*parts, "</svg>\n"])


def _words(value: Interval | None, decimals: int) -> str:
    if value is None:
        return "–"
    return f"{value.median:.{decimals}f} ({value.low:.{decimals}f} to {value.high:.{decimals}f})"


def _median(runs: Sequence[GainRun], who: str) -> float | None:
    """Return the median of when it was useful; None if in half of the runs or more it never was."""
    found = sorted(
        view.useful_s if view.useful_s is not None else float("inf")
        for run in runs
        for view in run.views
        if view.who == who
    )
    middle = found[len(found) // 2] if found else float("inf")
    return None if middle == float("inf") else middle


def _median_words(runs: Sequence[GainRun], who: str) -> str:
    seconds = _median(runs, who)
    return "never" if seconds is None else f"{seconds:.0f}"
