"""From a ledger to what the API tells of it. Pure, and as of any moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec

from tocsin.cargo import located
from tocsin.claims import (
    SCALES,
    Change,
    Corroboration,
    Denial,
    Ledger,
    Standing,
    Version,
    band_of,
    changes_of,
    matrix_of,
    movement_standing,
    standing_of,
    weighings_of,
)
from tocsin.claims.ledger import ref_of
from tocsin.claims.origins import Ref
from tocsin.errors import DomainError
from tocsin.markings import Marking, combine, status_class
from tocsin.records import (
    BODIES,
    CargoPlace,
    Claim,
    ClaimItem,
    ClaimLink,
    ClaimSource,
    Judgement,
    Movement,
    MovementLeg,
    RecordRef,
    Vessel,
)
from tocsin.web.claim_book import Shelf
from tocsin.web.claim_shapes import (
    BesideFigure,
    Board,
    BoardRow,
    CellTold,
    ChangeTold,
    ClaimLine,
    ClaimPage,
    ClaimWhole,
    Counted,
    DenialTold,
    EvidenceTold,
    FigureTold,
    JudgementTold,
    LinkedEvidence,
    MovementTold,
    ScoreTold,
    SourceTold,
    Told,
    TopicCount,
)

_MOST_MOMENTS = 240

_KIND_OF = {shape: kind for kind, shape in BODIES.items()}


def page_of(
    shelf: Shelf, statuses: Sequence[str], *, topic: str | None, words: str, as_of: datetime | None, limit: int
) -> ClaimPage:
    """Return the claims that stood, the newest first.

    Args:
        shelf: Of the status that is asked for.
        statuses: All that there are.
        topic: Only those of this topic; None: of any.
        words: Only those in which all of these words stand somewhere.
        as_of: UTC, as it was known here then; None: now.
        limit: How many are told; all are counted.
    """
    standing = list(_claims(shelf, as_of))
    topics = Counter(version.body.topic for version in standing)
    wanted = words.casefold().split()

    def is_wanted(version: Version) -> bool:
        body = version.body
        return (topic is None or body.topic == topic) and all(word in _said(body) for word in wanted)

    found = [version for version in standing if is_wanted(version)]
    moved = (version for version in _standing(shelf.ledger, shelf.movements, as_of) if is_wanted(version))
    return ClaimPage(
        status=shelf.ledger.status,
        statuses=tuple(statuses),
        as_of=as_of,
        claims=tuple(ClaimLine(**_line(shelf.ledger, version, as_of)) for version in found[:limit]),
        found=len(found),
        movements=tuple(_movement(shelf.ledger, version, as_of) for version in islice(moved, limit)),
        topics=tuple(TopicCount(topic=topic, claims=count) for topic, count in topics.most_common()),
        moments=_thinned(shelf.moments),
        scales=SCALES,
    )


def whole_claim(ledger: Ledger, ref: Ref, as_of: datetime | None) -> ClaimWhole:
    """Return all that is known of a claim.

    Raises:
        DomainError: No claim of that id stood then.
    """
    standing = standing_of(ledger, ref, as_of)
    return ClaimWhole(
        **_line(ledger, standing.claim, as_of, standing),
        as_of=as_of,
        evidence=tuple(_evidence_of(ledger, standing)),
        figures=tuple(
            FigureTold(
                **_told(ledger, figure.claim), claim=figure.claim.body, quantity=figure.quantity,
                beside=tuple(BesideFigure(own=own, comparison=how) for own, how in figure.beside),
            )
            for figure in standing.figures
        ),
        judgements=tuple(
            JudgementTold(**_told(ledger, version), judgement=version.body, band_percent=_band(version.body))
            for version in standing.judgements
        ),
        changes=tuple(
            _change(ledger, change) for change in changes_of(ledger, ref) if as_of is None or change.at <= as_of
        ),
        missing=tuple(RecordRef(originator=originator, record=record) for originator, record in standing.missing),
    )  # fmt: skip


def boards_of(shelf: Shelf, as_of: datetime | None) -> tuple[Board, ...]:
    """Return every question that stood, as each member weighed it, the newest first."""
    return tuple(_board(shelf.ledger, version, as_of) for version in _standing(shelf.ledger, shelf.questions, as_of))


def own_judgement(ledger: Ledger, claim: Ref, member: str) -> str | None:
    """Return the id of what a member judged of a claim last, or None."""
    own = (
        version
        for version in ledger.about(claim)
        if isinstance(version.body, Judgement) and version.originator == member
    )
    newest = max(own, key=lambda version: (version.issued_at, version.ref), default=None)
    return None if newest is None else newest.ref[1]


def own_weighing(ledger: Ledger, question: Ref, evidence: Ref, hypothesis: str, member: str) -> str | None:
    """Return the id of what a member read last in a piece of evidence for a hypothesis, or None."""
    version = weighings_of(ledger, question).get((member, ledger.thread(evidence)[0], hypothesis))
    return None if version is None else version.ref[1]


def _standing(ledger: Ledger, refs: Sequence[Ref], as_of: datetime | None) -> Iterator[Version]:
    """Yield what stood of some threads, the newest first."""
    seen: set[Ref] = set()
    for ref in reversed(refs):
        version = ledger.at(ref, as_of)
        if version is not None and version.ref not in seen:
            seen.add(version.ref)
            yield version


def _claims(shelf: Shelf, as_of: datetime | None) -> Iterator[Version]:
    """Yield the claims that stood, but for those that deny another: they stand beside that one alone."""
    ledger = shelf.ledger
    denials = {
        ledger.thread(ref_of(link.body.of))[0]
        for link in _standing(ledger, shelf.denials, as_of)
        if ledger.at(ref_of(link.body.to), as_of) is not None
    }
    for version in _standing(ledger, shelf.claims, as_of):
        if isinstance(version.body, Claim) and ledger.thread(version.ref)[0] not in denials:
            yield version


def _said(body: Claim | Movement) -> str:
    """Return all words by which something is found."""
    if isinstance(body, Claim):
        words = [body.proposition, body.speaker, body.reported_by, body.subject, body.object]
        words += [place.name for place in body.places]
    else:
        ends = [(body.origin, body.destination), *((leg.origin, leg.destination) for leg in body.legs)]
        words = [body.title, body.carrier, body.cargo, *(place.name for pair in ends for place in pair if place)]
    return " ".join((*words, body.topic)).casefold()


def _movement(ledger: Ledger, version: Version, as_of: datetime | None) -> MovementTold:
    standing = movement_standing(ledger, version.ref, as_of)
    names = (
        (vessel.ref[1], vessel.body.values("name")) for vessel in standing.vessels if isinstance(vessel.body, Vessel)
    )
    return MovementTold(
        **_told(ledger, version),
        movement=_placed(version.body),
        vessels=tuple(said[-1] if said else record for record, said in names),
        claims=tuple(RecordRef(originator=each.claim.ref[0], record=each.claim.ref[1]) for each in standing.claims),
        denials=_denials(ledger, standing.denials),
    )


def _placed(movement: Movement) -> Movement:
    """Return a movement with the positions of the places that it names by their codes alone."""

    def placed(place: CargoPlace | None) -> CargoPlace | None:
        known = None if place is None else located(place)
        if place is None or known is None:
            return place
        where = {field: getattr(known, field) for field in ("lat_deg", "lon_deg", "within_km")}
        return msgspec.structs.replace(place, **where)

    def both(told: Movement | MovementLeg) -> dict[str, CargoPlace | None]:
        return {"origin": placed(told.origin), "destination": placed(told.destination)}

    legs = tuple(msgspec.structs.replace(leg, **both(leg)) for leg in movement.legs)
    return msgspec.structs.replace(movement, legs=legs, **both(movement))


def _thinned(moments: Sequence[datetime]) -> tuple[datetime, ...]:
    """Return some of very many moments, the first and the last among them."""
    if len(moments) <= _MOST_MOMENTS:
        return tuple(moments)
    step = (len(moments) - 1) / (_MOST_MOMENTS - 1)
    return tuple(moments[round(index * step)] for index in range(_MOST_MOMENTS))


def marks_of(
    status: str, ref: Ref, marking: Marking, *, synthetic: bool, issued_at: datetime, admitted_at: datetime
) -> dict[str, Any]:
    """Return what is told of every record: whose it is, who may have it, in which world, since when."""
    return {
        "originator": ref[0], "record_id": ref[1], "audience": marking.releasable_to, "caveats": marking.caveats,
        "status": status, "world": status_class(status), "synthetic": synthetic, "issued_at": issued_at,
        "admitted_at": admitted_at,
    }  # fmt: skip


def _told(ledger: Ledger, version: Version) -> dict[str, Any]:
    return marks_of(
        ledger.status, version.ref, version.marking, synthetic=version.synthetic, issued_at=version.issued_at,
        admitted_at=version.admitted_at,
    )  # fmt: skip


def _counted(counted: Corroboration) -> Counted:
    return Counted(reports=counted.reports, origins=len(counted.origins), unknown=counted.unknown)


def _line(ledger: Ledger, version: Version, as_of: datetime | None, standing: Standing | None = None) -> dict[str, Any]:
    standing = standing_of(ledger, version.ref, as_of) if standing is None else standing
    return {
        **_told(ledger, version), "claim": version.body, "support": _counted(standing.support),
        "contradiction": _counted(standing.contradiction), "denials": _denials(ledger, standing.denials),
        "counts_audience": _counts_audience(ledger, standing),
    }  # fmt: skip


def _denials(ledger: Ledger, denials: Iterable[Denial]) -> tuple[DenialTold, ...]:
    return tuple(
        DenialTold(
            **_told(ledger, denial.claim), claim=denial.claim.body, link=Told(**_told(ledger, denial.link)),
            scope=denial.link.body.scope, reason=denial.link.body.reason, is_reported=denial.is_reported,
        )
        for denial in denials
    )  # fmt: skip


def _evidence_of(ledger: Ledger, standing: Standing) -> Iterator[LinkedEvidence]:
    for ref in standing.claim.body.rests_on:
        item = _evidence(ledger, ref_of(ref), standing.as_of)
        if item is not None:
            yield LinkedEvidence(relation="rests_on", weight="fair", scope="whole", reason="", link=None, evidence=item)
    for version in standing.links:
        link: ClaimLink = version.body
        end = None if link.relation == "denies" else _evidence(ledger, ref_of(link.of), standing.as_of)
        if end is not None and link.relation != "denies":
            yield LinkedEvidence(
                relation=link.relation, weight=link.weight, scope=link.scope, reason=link.reason,
                link=Told(**_told(ledger, version)), evidence=end,
            )  # fmt: skip


def _evidence(ledger: Ledger, ref: Ref, as_of: datetime | None) -> EvidenceTold | None:
    """Return an item or claim as evidence; None if it is neither, or not held."""
    version = ledger.at(ref, as_of)
    if version is None or not isinstance(version.body, (ClaimItem, Claim)):
        return None
    item = version.body if isinstance(version.body, ClaimItem) else None
    claim = version.body if isinstance(version.body, Claim) else None
    source = None if item is None or item.source is None else ledger.at(ref_of(item.source), as_of)
    standing = None if claim is None else standing_of(ledger, version.ref, as_of)
    return EvidenceTold(
        **_told(ledger, version),
        item=item,
        claim=claim,
        source=SourceTold(**_told(ledger, source), source=source.body)
        if source is not None and isinstance(source.body, ClaimSource)
        else None,
        cites=version.cites,
        support=None if standing is None else _counted(standing.support),
        denials=() if standing is None else _denials(ledger, standing.denials),
    )


def _band(judgement: Judgement) -> tuple[float, float] | None:
    try:
        band = band_of(judgement.scale, judgement.word)
    except DomainError:  # a peer may write any
        return None
    return (band.least_percent, band.most_percent)


def _change(ledger: Ledger, change: Change) -> ChangeTold:
    return ChangeTold(
        **_told(ledger, change.version), at=change.at, what=change.what, kind=_KIND_OF[type(change.version.body)]
    )


def _board(ledger: Ledger, version: Version, as_of: datetime | None) -> Board:
    keys = {hypothesis.key for hypothesis in version.body.hypotheses}
    cells: dict[Ref, list[CellTold]] = {}
    members = set()
    for (member, evidence, key), cell in sorted(weighings_of(ledger, version.ref, as_of).items()):
        if key in keys:
            members.add(member)
            told = CellTold(
                **_told(ledger, cell), hypothesis=key, reading=cell.body.reading, reason=cell.body.reason
            )  # fmt: skip
            cells.setdefault(evidence, []).append(told)
    matrices = {member: matrix_of(ledger, version.ref, member, as_of) for member in sorted(members)}
    tells_apart, would_change = (
        {(member, row.evidence) for member, matrix in matrices.items() for row in matrix.rows if getattr(row, what)}
        for what in ("tells_apart", "would_change")
    )
    return Board(
        **_told(ledger, version),
        question=version.body,
        ranking={
            member: tuple(
                ScoreTold(
                    key=score.key, inconsistent=score.inconsistent, consistent=score.consistent,
                    unweighed=score.unweighed,
                )
                for score in matrix.ranking
            )
            for member, matrix in matrices.items()
        },
        rows=tuple(
            BoardRow(
                ref=RecordRef(originator=ref[0], record=ref[1]),
                evidence=_evidence(ledger, ref, as_of),
                cells=tuple(told),
                tells_apart=tuple(member for member in matrices if (member, ref) in tells_apart),
                would_change=tuple(member for member in matrices if (member, ref) in would_change),
            )
            for ref, told in cells.items()
        ),
    )  # fmt: skip


def _counts_audience(ledger: Ledger, standing: Standing) -> tuple[str, ...]:
    """Return who may have all that the counts of a claim come from: they tell something of each."""
    waiting = [standing.claim, *standing.links]
    seen: set[Ref] = set()
    whole = standing.claim.marking
    while waiting:
        version = waiting.pop()
        if version.ref in seen:
            continue
        seen.add(version.ref)
        whole = combine(whole, version.marking)
        body = version.body
        near = (
            (body.of,) if isinstance(body, ClaimLink)
            else body.rests_on if isinstance(body, Claim)
            else body.derived_from if isinstance(body, ClaimItem)
            else ()
        )  # fmt: skip
        waiting += [found for ref in near if (found := ledger.at(ref_of(ref), standing.as_of)) is not None]
    return whole.releasable_to
