"""The pictures of a dossier: what was said and came in when, and where it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from tocsin.cargo import located
from tocsin.charts import maps, svg, timelines
from tocsin.charts.timelines import Mark, Row
from tocsin.claims.dossier import ClaimSection, Dossier, Told
from tocsin.paper import Looks
from tocsin.records import ClaimPlace

SUPPORT, AGAINST, DENIAL = svg.GOOD, svg.BAD, svg.WARN
_CUT = 18
"""Characters of a row's name."""

_Span = tuple[datetime, datetime, str]


def timeline(dossier: Dossier, looks: Looks) -> str | None:
    """Draw when it is said to have happened, and when it was said, published and denied; None without dates."""
    lanes = [lane for section in dossier.claims for lane in _lanes(section, looks)]
    for movement in dossier.movements:
        spans = _spans(movement.body.since, movement.body.until, svg.TEXT)
        lanes.insert(0, ("movement", svg.TEXT, [], spans))
    moments = [at for _, _, marks, _ in lanes for at, _ in marks]
    moments += [at for _, _, _, spans in lanes for since, until, _ in spans for at in (since, until)]
    if not moments:
        return None
    begin, end = min(moments), max(moments)
    rows = []
    for name, colour, marks, spans in lanes:
        if marks or spans:
            drawn = [_mark(at, says, colour, begin) for at, says in marks]
            lasted = [(_s(since, begin), _s(until, begin), tint) for since, until, tint in spans]
            rows.append(Row(name, drawn, lasted, colour=colour))
    return timelines.timeline(
        "When it is said to have happened, and when it was said", rows, span_s=_s(end, begin), begin=begin,
        across="UTC. Bars: when what is told of is said to have happened. Marks: when it was said or published.",
    )  # fmt: skip


def where(dossier: Dossier, looks: Looks, base: maps.Base) -> str | None:
    """Draw the places that are named; None if none has a position."""
    spots: list[maps.Spot] = []
    lines: list[maps.Outline] = []
    for section in dossier.claims:
        for told in (section.claim, *(denial.told for denial in section.denials)):
            spots += _spots(told.body.places, told, looks)
    for movement in dossier.movements:
        body = movement.body
        legs = [(leg.origin, leg.destination) for leg in body.legs] or [(body.origin, body.destination)]
        for ends in legs:
            known = [located(place) or place for place in ends if place is not None]
            marked = list(_spots(known, movement, looks))
            spots += marked
            if len(marked) == 2:
                way = maps.great_circle(*((spot.lon_deg, spot.lat_deg) for spot in marked))
                says = f"{marked[0].says} to {marked[1].says}, as stated; which way is not known"
                lines.append(maps.Outline(way, svg.FAINT, says, is_region=False, is_dashed=True))
    unique = {(spot.lat_deg, spot.lon_deg, spot.says): spot for spot in spots}
    return maps.chart_map("Places that are named", base, lines, list(unique.values())) if unique else None


def _lanes(section: ClaimSection, looks: Looks) -> Iterator[tuple[str, str, list[tuple[datetime, str]], list[_Span]]]:
    body = section.claim.body
    spans = _spans(body.since, body.until, svg.TEXT)
    said = [(body.said_at, f"{body.speaker}: {body.proposition}")] if body.said_at else []
    yield _cut(body.speaker), looks.colour(section.claim.member), said, spans
    for relation, colour, name in (("supports", SUPPORT, "support"), ("contradicts", AGAINST, "against")):
        also = ("holds",) if relation == "supports" else ()
        told = [each.told for each in section.evidence if each.relation in (relation, *also)]
        yield name, colour, list(_published(told)), []
    denied = [
        (denial.told.body.said_at, f"{denial.told.body.speaker}: {denial.told.body.proposition}")
        for denial in section.denials
        if denial.told.body.said_at
    ]
    yield "denied", DENIAL, denied, []


def _published(told: Sequence[Told]) -> Iterator[tuple[datetime, str]]:
    for each in told:
        at = getattr(each.body, "published_at", None) or getattr(each.body, "said_at", None)
        if at is not None:
            yield at, str(getattr(each.body, "title", "") or getattr(each.body, "proposition", each.id))


def _spans(since: datetime | None, until: datetime | None, colour: str) -> list[_Span]:
    ends = [at for at in (since, until) if at is not None]
    return [(ends[0], ends[-1], colour)] if ends else []


def _mark(at: datetime, says: str, colour: str, begin: datetime) -> Mark:
    return Mark(_s(at, begin), colour, f"{at:%Y-%m-%d}: {says}")


def _s(at: datetime, begin: datetime) -> float:
    return (at - begin).total_seconds()


def _cut(text: str) -> str:
    return text if len(text) <= _CUT else text[: _CUT - 1] + "…"


def _spots(places: Iterable[ClaimPlace | None], told: Told, looks: Looks) -> Iterator[maps.Spot]:
    colour, index = looks.colour(told.member), looks.index(told.member)
    for place in places:
        if place is not None and place.lat_deg is not None and place.lon_deg is not None:
            says = place.name + (f", within {place.within_km:g} km" if place.within_km else "")
            yield maps.Spot(place.lat_deg, place.lon_deg, colour, says, "mark", index, _cut(place.name))
