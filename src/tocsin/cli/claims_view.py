"""Claims as people read them at a terminal, and as machines do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tocsin.claims import Change, Corroboration, Ledger, Matrix, Standing, Version, band_of, in_words
from tocsin.claims.grades import CREDIBILITY, RELIABILITY
from tocsin.claims.ledger import ref_of
from tocsin.errors import DomainError
from tocsin.records import Claim, ClaimItem, ClaimLink, ClaimSource

_READING = {
    "consistent": ("consistent", "green"),
    "inconsistent": ("INCONSISTENT", "red"),
    "neutral": ("neutral", "dim"),
}


def render_list(standings: Sequence[Standing]) -> RenderableType:
    """Return a line for each claim."""
    table = Table(box=None, pad_edge=False)
    for column in ("id", "who says so", "what", "support", "against", "denied by"):
        table.add_column(column, overflow="fold")
    for standing in standings:
        claim: Claim = standing.claim.body
        table.add_row(
            _name(standing.claim), Text(_speaker(claim)), Text(claim.proposition), _counted(standing.support),
            _counted(standing.contradiction) if standing.contradiction.reports else Text(""),
            Text(", ".join(_speaker(denial.claim.body) for denial in standing.denials)),
        )  # fmt: skip
    return table


def render_claim(ledger: Ledger, standing: Standing, changes: Sequence[Change]) -> RenderableType:
    """Return all that is known of one claim."""
    claim: Claim = standing.claim.body
    lines: list[RenderableType] = [
        Text.assemble(("invented  ", "bold magenta") if standing.claim.synthetic else "", (claim.proposition, "bold")),
        Text(f"said by {_speaker(claim)}{_day(', ', claim.said_at)}; marked {standing.claim.marking.audience}"),
        Text(f"credibility {claim.credibility}, {CREDIBILITY[claim.credibility]}"),
    ]
    if claim.hedge:
        lines.append(Text(f"in the speaker's own words: {claim.hedge}"))
    lines += [Text(f"figure: {in_words(quantity)}") for quantity in claim.quantities]
    lines += [Text(""), Text("Supports it", "bold"), _counted(standing.support)]
    lines += _evidence(ledger, standing, "supports")
    if standing.contradiction.reports:
        lines += [Text(""), Text("Contradicts it", "bold"), _counted(standing.contradiction)]
        lines += _evidence(ledger, standing, "contradicts")
    lines += [Text(""), Text("Denied", "bold")]
    lines += [
        _denial(denial.claim, denial.link.body, is_reported=denial.is_reported) for denial in standing.denials
    ] or [Text("by nobody that is known here", "dim")]
    if standing.figures:
        lines += [Text(""), Text("Figures of others, beside its own", "bold")]
        lines += [_figure(figure.claim, in_words(figure.quantity), figure.beside) for figure in standing.figures]
    if standing.judgements:
        lines += [Text(""), Text("Judged, by each member for itself", "bold")]
        lines += [_judgement(version) for version in standing.judgements]
    lines += [Text(f"not held here: {ref[0]}/{ref[1]}", "yellow") for ref in standing.missing]
    lines += [Text(""), Text("What changed it", "bold")]
    lines += [
        Text(f"{change.at:%Y-%m-%d %H:%M:%SZ}  {change.member}  {change.what}  {_name(change.version)}")
        for change in changes
    ]
    return Group(*lines)


def render_matrix(ledger: Ledger, matrix: Matrix) -> RenderableType:
    """Return a question's answers as columns and its evidence as rows."""
    table = Table(box=None, pad_edge=False, title_justify="left")
    table.add_column("evidence", overflow="fold")
    for score in matrix.ranking:
        table.add_column(score.text, overflow="fold")
    table.add_column("")
    for row in matrix.rows:
        cells = [_READING.get(row.readings.get(score.key, ""), ("not weighed", "yellow")) for score in matrix.ranking]
        tells = "decides" if row.would_change else "tells apart" if row.tells_apart else ""
        table.add_row(Text(_title(ledger, row.evidence)), *(Text(*cell) for cell in cells), Text(tells, "bold"))
    table.add_section()
    table.add_row(
        Text("speaks against", "bold"), *(Text(str(score.inconsistent), "bold") for score in matrix.ranking), ""
    )
    gaps = [Text(f"nobody has seen: {gap}", "yellow") for gap in matrix.question.gaps]
    head = Text.assemble((matrix.question.text, "bold"), f"  as {matrix.member} weighs it, least against it first")
    note = Text("decides: without it another answer would come first", "dim")
    return Group(head, table, note, *gaps)


def claim_json(standing: Standing, changes: Sequence[Change] = ()) -> dict[str, Any]:
    """Return a claim for machines (tocsin.claim/1)."""
    return {
        "schema": "tocsin.claim/1",
        "id": _name(standing.claim),
        "as_of": standing.as_of,
        "claim": standing.claim.body,
        "releasable_to": standing.claim.marking.releasable_to,
        "synthetic": standing.claim.synthetic,
        "support": standing.support,
        "contradiction": standing.contradiction,
        "denials": [
            {"claim": denial.claim.body, "id": _name(denial.claim), "link": denial.link.body,
             "is_reported": denial.is_reported}
            for denial in standing.denials
        ],
        "judgements": [{"member": each.originator, "judgement": each.body} for each in standing.judgements],
        "figures": [
            {"id": _name(figure.claim), "quantity": figure.quantity, "beside": figure.beside}
            for figure in standing.figures
        ],
        "missing": [f"{ref[0]}/{ref[1]}" for ref in standing.missing],
        "changes": [
            {"at": change.at, "member": change.member, "what": change.what, "id": _name(change.version)}
            for change in changes
        ],
    }  # fmt: skip


def _counted(counted: Corroboration) -> Text:
    if not counted.reports:
        return Text("nothing", "dim")
    reports, origins = counted.reports, len(counted.origins)
    text = f"{reports} report{'s' if reports > 1 else ''}, {origins} origin{'' if origins == 1 else 's'}"
    if counted.sources:
        text += f", {len(counted.sources)} source{'' if len(counted.sources) == 1 else 's'}"
    return Text(text + (f", {counted.unknown} of unknown basis" if counted.unknown else ""))


def _evidence(ledger: Ledger, standing: Standing, relation: str) -> list[Text]:
    lines = []
    if relation == "supports":
        for ref in standing.claim.body.rests_on:
            item = ledger.at(ref_of(ref), standing.as_of)
            if item is not None:
                lines.append(_item_line(ledger, item, standing.as_of, ""))
    for link in standing.links:
        body: ClaimLink = link.body
        end = ledger.at(ref_of(body.of), standing.as_of)
        if body.relation == relation and end is not None:
            reason = f"; {body.weight}" + (f": {body.reason}" if body.reason else "")
            lines.append(_item_line(ledger, end, standing.as_of, reason))
    return lines


def _item_line(ledger: Ledger, version: Version, as_of: datetime | None, reason: str) -> Text:
    body = version.body
    if isinstance(body, Claim):
        return Text(f"  {version.originator}  claim of {_speaker(body)}: {body.proposition}{reason}")
    if not isinstance(body, ClaimItem):
        return Text(f"  {version.originator}  {_name(version)}, neither an item nor a claim{reason}")
    source = ledger.at(ref_of(body.source), as_of) if body.source is not None else None
    grade = ""
    if source is not None and isinstance(source.body, ClaimSource):
        grade = f" ({source.body.name}, {source.body.reliability}: {RELIABILITY[source.body.reliability]})"
    cites = f"; {', '.join(version.cites)}" if version.cites else ""
    return Text(f"  {version.originator}  {body.title}{grade}, {_basis(body)}{cites}{reason}")


def _basis(item: ClaimItem) -> str:
    if item.basis == "own":
        return "at first hand"
    return "nobody told what it rests on" if item.basis == "unknown" else "rests on others"


def _denial(claim: Version, link: ClaimLink, *, is_reported: bool) -> Text:
    told = " (a report of a denial)" if is_reported else ""
    part = f"; a part of it: {link.reason}" if link.scope == "part" else ""
    return Text(f"  by {_speaker(claim.body)}{_day(', ', claim.body.said_at)}{told}: {claim.body.proposition}{part}")


def _figure(claim: Version, figure: str, beside: Sequence[tuple[Any, str]]) -> Text:
    words = {"agree": "agrees", "differ": "differs", "not_comparable": "counts something else or another time"}
    told = "; ".join(f"{words[how]}" if len(beside) == 1 else f"{words[how]} ({in_words(own)})" for own, how in beside)
    return Text(f"  {_speaker(claim.body)}: {figure}" + (f"  {told}" if told else ""))


def _judgement(version: Version) -> Text:
    body = version.body
    scale = {"icd203": "ICD 203", "phia": "PHIA"}[body.scale]
    try:
        band = band_of(body.scale, body.word)
        percent = f": {band.least_percent:g} to {band.most_percent:g} %"
    except DomainError:  # a peer may write any
        percent = ", which has no such word"
    confidence = f"  confidence {body.confidence}" if body.confidence else ""
    return Text(f"  {version.originator}  {body.word} ({scale}{percent}){confidence}")


def _speaker(claim: Claim) -> str:
    return f"{claim.speaker} (told by {claim.reported_by})" if claim.reported_by else claim.speaker


def _day(before: str, moment: datetime | None) -> str:
    return f"{before}{moment:%Y-%m-%d}" if moment else ""


def _title(ledger: Ledger, ref: tuple[str, str]) -> str:
    version = ledger.at(ref)
    if version is None:
        return f"{ref[0]}/{ref[1]} (not held here)"
    return (
        version.body.title if isinstance(version.body, ClaimItem) else str(getattr(version.body, "proposition", ref[1]))
    )


def _name(version: Version) -> str:
    return f"{version.ref[0]}/{version.ref[1]}"
