"""What the API speaks of claims: every statement with its marking and status, grades and figures as they were given."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from tocsin.claims import Comparison, LikelihoodWord
from tocsin.markings import StatusClass
from tocsin.records import (
    Claim,
    ClaimItem,
    ClaimSource,
    Confidence,
    Judgement,
    Movement,
    Quantity,
    Question,
    Reading,
    RecordRef,
    Scale,
)
from tocsin.web.shapes import Role

JUDGING_ROLES: tuple[Role, ...] = ("analyst",)
"""Who may judge a claim and weigh evidence for this member."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One record of the ledger: whose it is, who may have it, in which world, since when it is known here."""

    originator: str
    record_id: str
    """Of the version that stood at the moment that was asked for."""
    audience: tuple[str, ...]
    caveats: tuple[str, ...]
    status: str
    world: StatusClass
    synthetic: bool
    issued_at: datetime
    admitted_at: datetime


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """How many reports, and how many origins stand behind them; of ``unknown`` no origin is known."""

    reports: int
    origins: int
    unknown: int


class DenialTold(Told, frozen=True, kw_only=True):
    """A denial, beside what it denies."""

    claim: Claim
    link: Told
    scope: Literal["whole", "part"]
    reason: str
    is_reported: bool
    """Somebody else tells of the denial."""


class ClaimLine(Told, frozen=True, kw_only=True):
    """A claim with what is counted of it."""

    claim: Claim
    support: Counted
    contradiction: Counted
    denials: tuple[DenialTold, ...]
    counts_audience: tuple[str, ...]
    """Who may have all that the counts come from."""


class TopicCount(msgspec.Struct, frozen=True, kw_only=True):
    """By a topic claims about one thing are found together."""

    topic: str
    """Empty: they have none."""
    claims: int


class MovementTold(Told, frozen=True, kw_only=True):
    """What went from where to where, leg by leg; its claims say who says so."""

    movement: Movement
    vessels: tuple[str, ...]
    """Names of the ships that it names, as far as they are held here."""
    claims: tuple[RecordRef, ...]
    """Those that it rests on and that stand here."""
    denials: tuple[DenialTold, ...]
    """Of these claims: who denies one denies the movement."""


class ClaimPage(msgspec.Struct, frozen=True, kw_only=True):
    """The claims of one status, the newest here first; denials stand beside what they deny alone."""

    status: str
    statuses: tuple[str, ...]
    """Those that claims are held of."""
    as_of: datetime | None
    claims: tuple[ClaimLine, ...]
    found: int
    """How many there are, shown or not."""
    movements: tuple[MovementTold, ...]
    """Of the same topic and with the same words, the newest here first."""
    topics: tuple[TopicCount, ...]
    moments: tuple[datetime, ...]
    """When something came in, at most some hundreds of them: oldest first, also those after ``as_of``."""
    scales: dict[Scale, tuple[LikelihoodWord, ...]]
    """The words of likelihood that a judgement may be said in, each with the band of its own scale."""


class SourceTold(Told, frozen=True, kw_only=True):
    """Who or what an item comes from, with its grade."""

    source: ClaimSource


class EvidenceTold(Told, frozen=True, kw_only=True):
    """An item or claim that speaks for or against something: one of ``item`` and ``claim`` is there."""

    item: ClaimItem | None
    claim: Claim | None
    source: SourceTold | None
    """Of an item, if it is held here."""
    cites: tuple[str, ...]
    """Where it is published."""
    support: Counted | None
    """Of a claim."""
    denials: tuple[DenialTold, ...]
    """Of a claim."""


class LinkedEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of evidence and how it comes to a claim."""

    relation: Literal["rests_on", "supports", "contradicts"]
    weight: Literal["slight", "fair", "strong"]
    scope: Literal["whole", "part"]
    reason: str
    link: Told | None
    """Who linked it; null: the claim itself names it."""
    evidence: EvidenceTold


class BesideFigure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of the claim, and how another goes with it."""

    own: Quantity
    comparison: Comparison


class FigureTold(Told, frozen=True, kw_only=True):
    """A figure that another claim gives about the same thing."""

    claim: Claim
    quantity: Quantity
    beside: tuple[BesideFigure, ...]


class JudgementTold(Told, frozen=True, kw_only=True):
    """How likely a member holds a claim to be."""

    judgement: Judgement
    band_percent: tuple[float, float] | None
    """What its scale says of its word; null: the scale has no such word."""


class ChangeTold(Told, frozen=True, kw_only=True):
    """Something that came in and changed how a claim stands."""

    at: datetime
    what: Literal["stated", "revised", "taken back", "linked", "judged"]
    kind: str


class ClaimWhole(ClaimLine, frozen=True, kw_only=True):
    """All that is known of one claim at a moment."""

    as_of: datetime | None
    evidence: tuple[LinkedEvidence, ...]
    figures: tuple[FigureTold, ...]
    judgements: tuple[JudgementTold, ...]
    """The newest of each member."""
    changes: tuple[ChangeTold, ...]
    missing: tuple[RecordRef, ...]
    """Named by it or what links to it, and not held here."""


class CellTold(Told, frozen=True, kw_only=True):
    """What one member reads in a piece of evidence for a hypothesis."""

    hypothesis: str
    reading: Reading
    reason: str


class BoardRow(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of evidence, with what each member reads in it."""

    ref: RecordRef
    """Its first version."""
    evidence: EvidenceTold | None
    """Null: not held here, or no evidence."""
    cells: tuple[CellTold, ...]
    tells_apart: tuple[str, ...]
    """Members for whom it speaks against some hypotheses and not against others."""
    would_change: tuple[str, ...]
    """Members for whom another hypothesis would have the least against it without this."""


class ScoreTold(msgspec.Struct, frozen=True, kw_only=True):
    """What one member has against a hypothesis, and for it."""

    key: str
    inconsistent: int
    consistent: int
    unweighed: int


class Board(Told, frozen=True, kw_only=True):
    """A question: the answers that compete, as each member weighs them."""

    question: Question
    ranking: dict[str, tuple[ScoreTold, ...]]
    """By member; the hypothesis with the least against it first."""
    rows: tuple[BoardRow, ...]


class JudgementRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Judge a claim for this member."""

    originator: str
    record_id: str
    """Of the version of the claim that is on the screen."""
    scale: Scale
    word: str
    confidence: Confidence | None = None
    reasons: str = ""


class WeighingRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Say what this member reads in a piece of evidence for a hypothesis."""

    question: RecordRef
    hypothesis: str
    evidence: RecordRef
    reading: Reading
    reason: str = ""
