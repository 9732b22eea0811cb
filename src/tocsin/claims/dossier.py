"""One claim, movement or topic with all that stands for and against it, as it is handed out.

A dossier follows from the records that its readers may have, and from nothing else: who holds them makes the same.
Three things are the word of whoever made it: when records came in there, how much stayed behind, and that reports which
look independent to these readers are known to be one origin by something that they may not have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from tocsin.claims.grades import band_of
from tocsin.claims.hypotheses import Matrix, matrix_of, weighings_of
from tocsin.claims.ledger import Body, Ledger, Version, ref_of
from tocsin.claims.nearby import roots_of
from tocsin.claims.origins import Corroboration, Ref, corroboration
from tocsin.claims.quantities import Comparison
from tocsin.claims.standing import Standing, changes_of, standing_of
from tocsin.errors import DomainError
from tocsin.markings import PUBLIC
from tocsin.records import (
    Admitted,
    CargoCount,
    Claim,
    ClaimItem,
    ClaimLink,
    ClaimSource,
    Judgement,
    Movement,
    Quantity,
    Question,
    Reach,
    Vessel,
)

SCHEMA = "tocsin.dossier/1"


class DossierHead(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever makes a dossier decides, and says on their own word."""

    subject: str
    """``MEMBER/id`` of a claim or movement, or ``topic:NAME``."""
    status: str
    audience: tuple[str, ...]
    """Codes of the members that may read it, or ``PUBLIC``."""
    made_by: str
    made_at: datetime
    as_of: datetime
    """What had come in at ``made_by`` until then is in it."""
    withheld: tuple[str, ...]
    """Salted digests of the records that belong to it and that its readers may not have, sorted: who holds one of them
    can show that it was counted."""
    origins_known: dict[str, int]
    """By claim: of how many origins the reports that these readers see are known to be, where it is fewer than they can
    see themselves."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One record as it stood."""

    id: str
    member: str
    issued_at: datetime
    releasable_to: tuple[str, ...]
    cites: tuple[str, ...]
    is_invented: bool
    body: Any


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What an item or another claim says to a claim."""

    relation: str
    """``holds`` for what the claim itself rests on."""
    told: Told
    weight: str = ""
    reason: str = ""
    linked_by: str = ""


class DeniedBy(msgspec.Struct, frozen=True, kw_only=True):
    """A denial beside the claim."""

    told: Told
    is_reported: bool
    scope: str
    reason: str


class JudgedAs(msgspec.Struct, frozen=True, kw_only=True):
    """How likely one member holds the claim to be."""

    member: str
    scale: str
    word: str
    band_percent: tuple[float, float] | None
    """Of the word in its scale; None if the scale has no such word."""
    confidence: str
    reasons: str
    at: datetime


class FigureBeside(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of somebody else about the same thing, and how it goes with the claim's own."""

    told: Told
    quantity: Quantity
    beside: tuple[Comparison, ...]


class ChangedAt(msgspec.Struct, frozen=True, kw_only=True):
    """When how the claim stands changed, at whoever made the dossier."""

    at: datetime
    member: str
    what: str
    id: str


class ClaimSection(msgspec.Struct, frozen=True, kw_only=True):
    """A claim and how it stood."""

    claim: Told
    support: Corroboration
    contradiction: Corroboration
    evidence: tuple[Evidence, ...]
    denials: tuple[DeniedBy, ...]
    judgements: tuple[JudgedAs, ...]
    figures: tuple[FigureBeside, ...]
    changes: tuple[ChangedAt, ...]
    not_here: tuple[str, ...]
    """Named by it or its links, and not among the records of the dossier."""


class QuestionSection(msgspec.Struct, frozen=True, kw_only=True):
    """A question for which something in the dossier is weighed, with the matrix of each member that weighs."""

    question: Told
    matrices: tuple[Matrix, ...]


class ProvedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record of the dossier, and where its signature is found."""

    id: str
    kind: str
    frame: str
    """SHA-256 of the signed header of its frame."""
    index: int
    digest: str
    """Salted, as it stands in that header."""
    sealed_at: datetime
    admitted_at: datetime
    """At whoever made the dossier, by their word."""


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """The whole (``tocsin.dossier/1``)."""

    schema: str = SCHEMA
    head: DossierHead
    title: str
    is_invented: bool
    """Something in it is."""
    claims: tuple[ClaimSection, ...]
    movements: tuple[Told, ...]
    vessels: tuple[Told, ...]
    counts: tuple[Told, ...]
    reaches: tuple[Told, ...]
    questions: tuple[QuestionSection, ...]
    items: tuple[Told, ...]
    sources: tuple[Told, ...]
    source_of: dict[str, str]
    """By item: its source, as it stood."""
    records: tuple[ProvedRecord, ...]


def subject_of(text: str) -> Ref | str:
    """Return what a dossier's subject names, as ``roots_of`` takes it."""
    word, colon, topic = text.partition(":")
    if colon and word == "topic":
        return topic
    member, _, record = text.partition("/")
    return (member, record)


def dossier_of(admitted: Sequence[Admitted], head: DossierHead) -> Dossier:
    """Make a dossier of what its readers may have.

    Args:
        admitted: The records, in any order; of others than those near the subject it takes no notice.
        head: What whoever makes it says.

    Raises:
        DomainError: Its subject is not among the records.
        StatusMixError: A record is of another status.
    """
    ledger = Ledger(head.status)
    for entry in sorted(admitted, key=lambda each: (each.admitted_at, each.record.originator, each.record.id)):
        ledger.take(entry)
    roots = roots_of(ledger, subject_of(head.subject), head.as_of)
    movements = [version for ref in roots if (version := _at(ledger, ref, head)) and isinstance(version.body, Movement)]
    standings = [standing_of(ledger, ref, head.as_of) for ref in roots if _is_claim(ledger, ref, head)]
    denials = {denial.claim.ref for standing in standings for denial in standing.denials}
    sections = [_section(ledger, standing, head) for standing in standings if standing.claim.ref not in denials]
    title = movements[0].body.title if movements else sections[0].claim.body.proposition if sections else head.subject
    return Dossier(
        head=head,
        title=title,
        is_invented=any(entry.record.synthetic for entry in admitted),
        claims=tuple(sections),
        movements=tuple(map(_told, movements)),
        vessels=_every(ledger, Vessel, head),
        counts=_every(ledger, CargoCount, head),
        reaches=_every(ledger, Reach, head),
        questions=tuple(_questions(ledger, head)),
        items=_every(ledger, ClaimItem, head),
        sources=_every(ledger, ClaimSource, head),
        source_of=dict(_sources_of(ledger, head)),
        records=tuple(_proved(admitted)),
    )


def known_origins(ledger: Ledger, dossier: Dossier) -> dict[str, int]:
    """Return, by claim, of how many origins its reports are known to be, where that is fewer than a dossier shows.

    What its readers may not have can join two origins that look distinct to them; leaving it out must not make support.

    Args:
        ledger: With all that is held, also what does not leave.
        dossier: For these readers.
    """
    found = {}
    for section in dossier.claims:
        reports = [_items(each.told) for each in section.evidence if each.relation in ("holds", "supports")]
        counted = corroboration(
            reports, lambda ref: ledger.item(ref, dossier.head.as_of),
            lambda name: ledger.same_origin(name, dossier.head.as_of), lambda _item: "",
        )  # fmt: skip
        if len(counted.origins) < len(section.support.origins):
            found[section.claim.id] = len(counted.origins)
    return found


def _items(told: Told) -> tuple[Ref, ...]:
    if isinstance(told.body, Claim):
        return tuple(map(ref_of, told.body.rests_on))
    member, _, record = told.id.partition("/")
    return ((member, record),)


def readers_of(dossier: Dossier) -> str:
    """Return who may read it, in words for the head of each page."""
    if dossier.head.audience == (PUBLIC,):
        return "For everyone"
    return "For " + ", ".join(dossier.head.audience)


def _at(ledger: Ledger, ref: Ref, head: DossierHead) -> Version | None:
    return ledger.at(ref, head.as_of)


def _is_claim(ledger: Ledger, ref: Ref, head: DossierHead) -> bool:
    version = _at(ledger, ref, head)
    return version is not None and isinstance(version.body, Claim)


def _told(version: Version) -> Told:
    return Told(
        id=_id(version.ref), member=version.originator, issued_at=version.issued_at,
        releasable_to=tuple(sorted(version.marking.releasable_to)), cites=version.cites, is_invented=version.synthetic,
        body=version.body,
    )  # fmt: skip


def _id(ref: Ref) -> str:
    return f"{ref[0]}/{ref[1]}"


def _every(ledger: Ledger, body: type[Body], head: DossierHead) -> tuple[Told, ...]:
    return tuple(sorted(map(_told, ledger.every(body, head.as_of)), key=lambda told: told.id))


def _sources_of(ledger: Ledger, head: DossierHead) -> Iterator[tuple[str, str]]:
    for item in sorted(ledger.every(ClaimItem, head.as_of), key=lambda version: version.ref):
        source = _at(ledger, ref_of(item.body.source), head) if item.body.source is not None else None
        if source is not None and isinstance(source.body, ClaimSource):
            yield _id(item.ref), _id(source.ref)


def _section(ledger: Ledger, standing: Standing, head: DossierHead) -> ClaimSection:
    claim: Claim = standing.claim.body
    return ClaimSection(
        claim=_told(standing.claim),
        support=standing.support,
        contradiction=standing.contradiction,
        evidence=tuple(_evidence(ledger, standing, head)),
        denials=tuple(
            DeniedBy(
                told=_told(denial.claim), is_reported=denial.is_reported, scope=denial.link.body.scope,
                reason=denial.link.body.reason,
            )
            for denial in standing.denials
        ),
        judgements=tuple(map(_judged, standing.judgements)),
        figures=tuple(
            FigureBeside(
                told=_told(figure.claim), quantity=figure.quantity, beside=tuple(how for _, how in figure.beside)
            )
            for figure in standing.figures
        ),
        changes=tuple(
            ChangedAt(at=change.at, member=change.member, what=change.what, id=_id(change.version.ref))
            for change in changes_of(ledger, standing.claim.ref)
            if change.at <= head.as_of
        ),
        not_here=tuple(
            sorted({
                *map(_id, standing.missing),
                *(_id(ref_of(ref)) for ref in claim.rests_on if _at(ledger, ref_of(ref), head) is None),
            })
        ),
    )  # fmt: skip


def _evidence(ledger: Ledger, standing: Standing, head: DossierHead) -> Iterator[Evidence]:
    for ref in standing.claim.body.rests_on:
        item = _at(ledger, ref_of(ref), head)
        if item is not None:
            yield Evidence(relation="holds", told=_told(item))
    for link in standing.links:
        body: ClaimLink = link.body
        end = _at(ledger, ref_of(body.of), head)
        if end is not None and body.relation != "denies":
            yield Evidence(
                relation=body.relation, told=_told(end), weight=body.weight, reason=body.reason,
                linked_by=link.originator,
            )  # fmt: skip


def _judged(version: Version) -> JudgedAs:
    body: Judgement = version.body
    try:
        band = band_of(body.scale, body.word)
        percent = (band.least_percent, band.most_percent)
    except DomainError:  # a peer may write any
        percent = None
    return JudgedAs(
        member=version.originator, scale=body.scale, word=body.word, band_percent=percent,
        confidence=body.confidence or "", reasons=body.reasons, at=version.issued_at,
    )  # fmt: skip


def _questions(ledger: Ledger, head: DossierHead) -> Iterator[QuestionSection]:
    for version in ledger.every(Question, head.as_of):
        members = sorted({member for member, _, _ in weighings_of(ledger, version.ref, head.as_of)})
        matrices = [matrix_of(ledger, version.ref, member, head.as_of) for member in members]
        yield QuestionSection(question=_told(version), matrices=tuple(each for each in matrices if each.rows))


def _proved(admitted: Iterable[Admitted]) -> Iterator[ProvedRecord]:
    for each in sorted(admitted, key=lambda one: (one.record.originator, one.record.id)):
        yield ProvedRecord(
            id=f"{each.record.originator}/{each.record.id}", kind=each.record.kind, frame=each.frame.hash,
            index=each.index, digest=each.digest, sealed_at=each.sealed_at, admitted_at=each.admitted_at,
        )  # fmt: skip
