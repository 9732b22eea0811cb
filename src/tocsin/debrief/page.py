"""The report as one HTML page: no script, nothing fetched, good on A4, and all that it is given escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from statistics import median
from typing import Any

import jinja2
from markupsafe import Markup

from tocsin.charts import svg
from tocsin.charts.maps import Base
from tocsin.debrief import drawings
from tocsin.exercise.after_action import widest
from tocsin.exercise.results import AfterAction, EventTimes, Happening, ReactionScore, Standing
from tocsin.paper import Looks, banner_colour, banner_words, drawn, looks_of, templates

STANDING_WORDS = {
    "met": "met", "late": "late", "missed": "missed", "not_due": "not due", "unwatched": "nobody judged it",
}  # fmt: skip
MOST_HAPPENINGS = 300
"""Of more, the page tells the first; the file for machines has them all."""
MOST_STAGES = 45
"""Of more, the page tells stages in the chain of times alone."""


def page(report: AfterAction, base: Base) -> str:
    """Return the page.

    Args:
        report: What it tells.
        base: Coasts and areas beneath its map.
    """
    looks = looks_of(report.members, report.copies_of, [c.member for e in report.events for c in e.members])
    tells_no_stages = sum(each.lane == "stage" for each in report.happenings) > MOST_STAGES
    told = _together(each for each in report.happenings if each.lane != "stage" or not tells_no_stages)
    return _template().render(
        report=report,
        status=report.status,
        banner=banner_words(report.status),
        banner_colour=banner_colour(report.status),
        marking=widest(report.releasable_to),
        in_short=in_short(report),
        totals=_totals(report),
        events=[_event_view(number, event, report) for number, event in enumerate(report.events, start=1)],
        numbers={event.event_id: number for number, event in enumerate(report.events, start=1)},
        happenings=told[:MOST_HAPPENINGS],
        left_out=max(0, len(told) - MOST_HAPPENINGS),
        stages_left_out=tells_no_stages,
        gained=_gained(report),
        comparison=report.comparison,
        looks=looks,
        pictures=_pictures(report, looks, base),
        standings=drawings.STANDINGS,
        standing_words=STANDING_WORDS,
        most_events=drawings.MOST_EVENTS,
    )


def in_short(report: AfterAction) -> list[str]:
    """Return what a director would say of it in a few sentences."""
    said = []
    standings, due = _standings(report)
    if due:
        late = f"; {standings['late']} came late" if standings["late"] else ""
        missed = f"; {standings['missed']} did not come" if standings["missed"] else ""
        said.append(f"{standings['met']} of {due} expected reactions came in time{late}{missed}.")
    scored = [each for each in report.objectives if each.score is not None]
    if scored:
        worst = min(scored, key=lambda each: (each.score or 0.0, each.objective))
        if worst.score == 1.0:
            said.append("Every training objective was reached in full.")
        else:
            said.append(f"Furthest from its aim is “{worst.title}” with {drawings.percent(worst.score)}.")
    if report.flights:
        found = sum(bool(flight.event) for flight in report.flights)
        said.append(f"{found} of {len(report.flights)} simulated flights were told of by somebody.")
    first = _first_of(report, "sensor to detected")
    if first is not None:
        said.append(f"A launch was told of {first:.1f} s after a sensor first measured it (median over members).")
    only = sum(each.alone_s is None and each.shared_s is not None for each in report.gains)
    said += [
        f"With its peers' data {each['member']} knew the impact to 10 km {each['median']:.0f} s sooner (median)."
        for each in _gained(report)
        if each["median"] is not None and each["median"] > 0
    ]
    if only:
        said.append(f"In {only} of {len(report.gains)} cases a member knew the impact to 10 km only with its peers.")
    lost = sum(each.what == "peer" for each in report.missed)
    if lost:
        said.append("Some records never reached a peer: see “What was missed”.")
    if not report.is_complete:
        said.append("The exercise was ended, or this report made, before the scenario had run to its end.")
    return said


def _standings(report: AfterAction) -> tuple[Counter[Standing], int]:
    """Return how many expected reactions stand how, and how many were due."""
    found = Counter(reaction.standing for inject in report.injects for reaction in inject.reactions)
    return found, found["met"] + found["late"] + found["missed"]


def _first_of(report: AfterAction, link: str) -> float | None:
    values = [each.p50_s for each in report.intervals if each.link == link]
    return median(values) if values else None


def _totals(report: AfterAction) -> list[tuple[str, str]]:
    """Return the figures at the head of the page, each with what it is."""
    standings, due = _standings(report)
    predicted = _first_of(report, "sensor to predicted")
    made = sum(inject.act == "made" for inject in report.injects)
    return [
        (f"{standings['met'] / due:.0%}" if due else "–", "of expected reactions in time"),
        (f"{made} of {len(report.injects)}" if report.injects else "–", "injects made"),
        (str(len(report.events)), "events told of"),
        ("–" if predicted is None else f"{predicted:.0f} s", "from sensor to predicted impact"),
    ]


def _together(happenings: Iterable[Happening]) -> list[dict[str, Any]]:
    """Return a row for what several members told at one time in the same words."""
    rows: dict[tuple[object, ...], dict[str, Any]] = {}
    for each in happenings:
        who = "" if each.voice is None else f"{each.member} {each.voice.role} {each.voice.pseudonym}"
        key = (each.at, each.lane, each.what, each.text, each.about, who)
        row = rows.setdefault(key, {"members": [], **{name: getattr(each, name) for name in each.__struct_fields__}})
        row["members"].append(each.member)
    return list(rows.values())


def _gained(report: AfterAction) -> list[dict[str, Any]]:
    """Return what each member gained over all events."""
    rows = []
    for member in sorted({each.member for each in report.gains}):
        own = [each for each in report.gains if each.member == member]
        seconds = [each.seconds for each in own if each.seconds is not None]
        rows.append({
            "member": member, "events": len(own), "median": median(seconds) if seconds else None,
            "most": max(seconds, default=None),
            "only_together": sum(each.alone_s is None and each.shared_s is not None for each in own),
            "neither": sum(each.shared_s is None for each in own),
        })  # fmt: skip
    return rows


def _event_view(number: int, event: EventTimes, report: AfterAction) -> dict[str, Any]:
    begin = drawings.begin_of(event)
    return {
        "number": number,
        "event": event,
        "begin": begin,
        "flights": [flight for flight in report.flights if flight.event == event.event_id],
    }


def _pictures(report: AfterAction, looks: Looks, base: Base) -> dict[str, Markup]:
    """Return the pictures that there is anything to draw in."""
    pictures: dict[str, str] = {"happened": drawings.what_happened(report, looks)}
    if report.events:
        pictures["stages"] = drawings.stages(report, looks)
    if any(each.met + each.late + each.missed + each.open for each in report.objectives):
        pictures["scores"] = drawings.scores(report)
    if report.intervals:
        pictures["links"] = drawings.links(report, looks)
    if report.events or report.flights:
        pictures["where"] = drawings.where(report, looks, base)
    return {name: drawn(picture) for name, picture in pictures.items()}


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = templates("tocsin.debrief")
    environment.filters |= {
        "clock": _clock, "after": _after, "seconds": _seconds, "percent": drawings.percent,
        "reaction": _reaction, "events": _events,
    }  # fmt: skip
    return environment.get_template("report.html.j2")


def _clock(at: datetime, begin: datetime) -> str:
    return svg.clock((at - begin) / timedelta(seconds=1))


def _after(at: datetime | None, begin: datetime) -> str:
    """Write a time as seconds after another."""
    if at is None:
        return "–"
    apart_s = (at - begin) / timedelta(seconds=1)
    return f"{'+' if apart_s >= 0 else '−'}{abs(apart_s):.1f}"


def _seconds(value: float | None, decimals: int = 1) -> str:
    if value is None:
        return "–"
    return f"{round(value, decimals) + 0.0:,.{decimals}f}".replace("-", "−")  # + 0.0: nothing is not less than nothing


def _events(ids: Iterable[str], numbers: Mapping[str, int]) -> str:
    """Name events by their numbers."""
    found = sorted(numbers[each] for each in ids if each in numbers)
    return f"event{'s' if len(found) > 1 else ''} {', '.join(map(str, found))}"


def _reaction(each: ReactionScore) -> str:
    return "" if each.after_s is None else f"{each.after_s:,.1f} s"
