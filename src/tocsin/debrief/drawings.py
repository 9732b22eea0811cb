"""The pictures of a report: what happened when, the chain of times, scores, links, and where."""

from __future__ import annotations

from datetime import datetime, timedelta

from tocsin.charts import bars, maps, svg, timelines
from tocsin.charts.timelines import Mark, Row
from tocsin.exercise.results import AfterAction, EventTimes, Happening, MemberTimes
from tocsin.paper import Looks

INJECT, CONTROL = "#0a4a94", "#36434e"
MET, LATE, MISSED, OPEN = "#1b6a3b", "#c77700", "#b0120a", "#8b98a3"
STANDINGS = {"met": MET, "late": LATE, "missed": MISSED, "not_due": OPEN, "unwatched": OPEN}

_LANES = {"stage": "stages", "message": "messages", "decision": "decisions", "alert": "alerts (exercise)"}
_STAGE_LETTER = {"detected": "d", "assessed": "a", "predicted": "p"}
MOST_EVENTS = 24
"""So many events have a row each in the chart of stages; of more, the table tells."""


def what_happened(report: AfterAction, looks: Looks) -> str:
    """Draw everything that happened: control and injects first, then each member's stages, messages and decisions."""
    span_s = _s(report, report.ended_at)
    rows = []
    for name, lane, colour in (("control", "control", CONTROL), ("injects", "inject", INJECT)):
        shown = [each for each in report.happenings if each.lane == lane]
        if shown:
            marks = [_mark(report, each, colour, shape=1) for each in shown]
            rows.append(Row(name, marks, is_head=True, colour=colour))
    for member in report.members:
        colour, is_first = looks.colour(member), True
        for lane, name in _LANES.items():
            shown = [each for each in report.happenings if each.lane == lane and each.member == member]
            if shown or is_first:
                marks = [_mark(report, each, colour, shape=looks.index(member)) for each in shown]
                rows.append(Row(f"{member} {name}", marks, is_head=is_first, colour=colour))
                is_first = False
    return timelines.timeline("What happened when", rows, span_s=span_s, across="minutes after the start")


def stages(report: AfterAction, looks: Looks) -> str:
    """Draw each event with the stages of each member, from the first measurement to the predicted impact.

    Events close when they are over, long after: the tables tell when.
    """
    events = report.events[:MOST_EVENTS]
    span_s = max((_last_s(event) for event in events), default=1.0)
    rows = []
    for number, event in enumerate(events, start=1):
        begin = begin_of(event)
        for place, chain in enumerate(event.members):
            colour, index = looks.colour(chain.member), looks.index(chain.member)
            name = f"{number}  {chain.member}" if place == 0 else chain.member
            rows.append(
                Row(
                    name, _stage_marks(chain, begin, colour, index), _held_spans(chain, begin, colour),
                    is_head=place == 0, colour=colour,
                )
            )  # fmt: skip
    about = "Stages of each event by member; d detected, a assessed, p predicted"
    return timelines.timeline(about, rows, span_s=span_s, across="minutes after a sensor first measured it")


def scores(report: AfterAction) -> str:
    """Draw how far each objective was reached."""
    rows = [
        bars.Parts(
            each.title,
            (("met", each.met, MET), ("late", each.late, LATE), ("missed", each.missed, MISSED),
             ("open", each.open, OPEN)),
            percent(each.score),
        )
        for each in report.objectives
    ]  # fmt: skip
    return bars.stacked("Reactions that each training objective is measured by", rows)


def links(report: AfterAction, looks: Looks) -> str:
    """Draw how long each link of the chain took."""
    rows = []
    for each in report.intervals:
        member = each.of[:3]
        says = f"{each.link}, {each.of}: median {each.p50_s:g} s, 95th percentile {each.p95_s:g} s of {each.count}"
        name = f"{each.link}, {each.of}"
        rows.append(bars.Span(name, each.p50_s, each.p95_s, looks.colour(member), looks.index(member), says))
    return bars.spans("How long each link of the chain took", rows)


def where(report: AfterAction, looks: Looks, base: maps.Base) -> str:
    """Draw where it was: sensors, what really flew, launch points and impact areas as each member had them."""
    spots = [
        maps.Spot(place.lat_deg, place.lon_deg, "#42505b", "sensor (invented)", sign="sensor")
        for place in report.sensors
    ]
    outlines = []
    for number, event in enumerate(report.events, start=1):
        if event.launch_point is not None:
            point, says = event.launch_point, f"event {number}: launch point"
            spots.append(maps.Spot(point.lat_deg, point.lon_deg, svg.TEXT, says, "ring"))
        for place, chain in enumerate(event.members):
            impact = chain.impact
            if impact is None:
                continue
            says = f"event {number}: impact as {chain.member} foretold it"
            colour = looks.colour(chain.member)
            around = maps.ellipse(impact.lat_deg, impact.lon_deg, impact.ellipse_95_km, impact.ellipse_bearing_deg)
            outlines.append(maps.Outline(around, colour, says))
            label = str(number) if place == 0 else ""
            index = looks.index(chain.member)
            spots.append(maps.Spot(impact.lat_deg, impact.lon_deg, colour, says, "mark", index, label))
    for flight in report.flights:
        spots.append(maps.Spot(flight.site.lat_deg, flight.site.lon_deg, INJECT, f"{flight.name} rises", "launch"))
        if flight.impact is not None:
            spots.append(
                maps.Spot(flight.impact.lat_deg, flight.impact.lon_deg, INJECT, f"{flight.name} comes down", "cross")
            )
            way = maps.great_circle(
                (flight.site.lon_deg, flight.site.lat_deg), (flight.impact.lon_deg, flight.impact.lat_deg)
            )
            outlines.append(maps.Outline(way, INJECT, flight.name, is_region=False, is_dashed=True))
    return maps.chart_map("Where it was", base, outlines, spots)


def begin_of(event: EventTimes) -> datetime:
    """Return what the times of an event count from: its first measurement, or the first word of it."""
    return event.sensor_at or min(stage.issued_at for chain in event.members for stage in chain.stages)


def percent(score: float | None) -> str:
    """Write a score."""
    return "–" if score is None else f"{score:.0%}"


def _stage_marks(chain: MemberTimes, begin: datetime, colour: str, index: int) -> list[Mark]:
    marks = [
        Mark(
            _apart_s(begin, stage.issued_at), colour, f"{chain.member} {stage.stage}", index,
            _STAGE_LETTER[stage.stage],
        )
        for stage in chain.stages
        if stage.stage in _STAGE_LETTER
    ]  # fmt: skip
    if chain.shown_at is not None:
        says = f"{chain.member}: a person has seen it"
        marks.append(Mark(_apart_s(begin, chain.shown_at), colour, says, index, "s", is_hollow=True))
    return marks


def _held_spans(chain: MemberTimes, begin: datetime, colour: str) -> list[tuple[float, float, str]]:
    times = [_apart_s(begin, stage.issued_at) for stage in chain.stages if stage.stage in _STAGE_LETTER]
    return [(times[0], times[-1], colour)] if times else []


def _last_s(event: EventTimes) -> float:
    begin = begin_of(event)
    stages = (stage for chain in event.members for stage in chain.stages if stage.stage in _STAGE_LETTER)
    seen = (chain.shown_at for chain in event.members if chain.shown_at is not None)
    return 1.05 * max((_apart_s(begin, at) for at in (*(stage.issued_at for stage in stages), *seen)), default=1.0)


def _mark(report: AfterAction, each: Happening, colour: str, *, shape: int) -> Mark:
    is_closed = each.lane == "stage" and each.what.startswith("closed")
    says = f"{svg.clock(_s(report, each.at))} {each.member}: {each.what} {each.text}".strip()
    return Mark(_s(report, each.at), colour, says, shape, is_hollow=is_closed)


def _s(report: AfterAction, at: datetime) -> float:
    return _apart_s(report.began_at, at)


def _apart_s(begin: datetime, end: datetime) -> float:
    return (end - begin) / timedelta(seconds=1)
