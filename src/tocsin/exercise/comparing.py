"""Two runs of an exercise, figure by figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median

from tocsin.exercise.results import AfterAction, Comparison, Difference


def compare(earlier: AfterAction, later: AfterAction) -> Comparison:
    """Compare two runs: results, objectives, reactions, links of the chain of times, gains.

    Figures are matched by what they are of. Times of day and ids of records are not compared, so that two runs of one
    scenario with one seed are equal whenever they were.
    """
    return Comparison(
        earlier=_name(earlier), later=_name(later),
        differences=(
            *_pairs("result", _results(earlier), _results(later)),
            *_pairs("objective", _objectives(earlier), _objectives(later), "%"),
            *_pairs("reaction", _reactions(earlier), _reactions(later)),
            *_pairs("time", _links(earlier), _links(later), "s"),
            *_pairs("sharing", _gains(earlier), _gains(later), "s"),
        ),
    )  # fmt: skip


def _name(report: AfterAction) -> str:
    return f"{report.exercise}, begun {report.began_at:%Y-%m-%d %H:%M:%S} UTC"


def _results(report: AfterAction) -> dict[str, float | str]:
    standings = [reaction.standing for inject in report.injects for reaction in inject.reactions]
    return {
        "reactions met": standings.count("met"),
        "reactions late": standings.count("late"),
        "reactions missed": standings.count("missed"),
        "injects made": sum(inject.act == "made" for inject in report.injects),
        "events told of": len(report.events),
        "events of nothing that flew": sum(each.what == "false_event" for each in report.missed),
        "simulated flights told of": sum(bool(flight.event) for flight in report.flights),
        "things missed": len(report.missed),
        "records withheld": sum(group.count for group in report.withheld),
        "records": report.records,
    }


def _objectives(report: AfterAction) -> dict[str, float | str]:
    return {each.title: round(100 * each.score, 1) for each in report.objectives if each.score is not None}


def _reactions(report: AfterAction) -> dict[str, float | str]:
    return {
        f"{inject.inject}: {reaction.reaction}, {reaction.member}": reaction.standing
        + ("" if reaction.after_s is None else f" ({reaction.after_s:g} s)")
        for inject in report.injects
        for reaction in inject.reactions
    }


def _links(report: AfterAction) -> dict[str, float | str]:
    return {f"{each.link}, {each.of} (median)": each.p50_s for each in report.intervals}


def _gains(report: AfterAction) -> dict[str, float | str]:
    seconds: dict[str, list[float]] = {}
    for gain in report.gains:
        if gain.seconds is not None:
            seconds.setdefault(gain.member, []).append(gain.seconds)
    return {f"{member} sooner than alone (median)": round(median(known), 3) for member, known in seconds.items()}


def _pairs(
    topic: str, earlier: Mapping[str, float | str], later: Mapping[str, float | str], unit: str = ""
) -> Iterable[Difference]:
    for what in {**earlier, **later}:
        yield Difference(topic=topic, what=what, earlier=earlier.get(what), later=later.get(what), unit=unit)
