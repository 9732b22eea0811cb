"""Competing answers to one question, weighed against the evidence (analysis of competing hypotheses).

After R. J. Heuer, Psychology of Intelligence Analysis (CIA, 1999), chapter 8: hypotheses are ranked by what is
inconsistent with them, not by what supports them, for the same evidence often fits all. Each member has its own matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tocsin.claims.ledger import Ledger, Version, ref_of
from tocsin.claims.origins import Ref
from tocsin.errors import DomainError
from tocsin.records import Question, Reading, Weighing


@dataclass(frozen=True)
class EvidenceRow:
    """One item or claim, and what a member reads in it for each hypothesis."""

    evidence: Ref
    readings: dict[str, Reading]
    """By hypothesis; one that was not weighed is left out."""
    tells_apart: bool
    """It speaks against some hypotheses and not against others: what is the same for all decides nothing."""
    would_change: bool
    """Without it another hypothesis would have the least against it."""


@dataclass(frozen=True)
class HypothesisScore:
    """What speaks against one hypothesis, and what goes with it."""

    key: str
    text: str
    inconsistent: int
    consistent: int
    unweighed: int


@dataclass(frozen=True)
class Matrix:
    """The question as one member weighs it."""

    question: Question
    member: str
    ranking: tuple[HypothesisScore, ...]
    """The one with least against it first; equal ones in the question's order."""
    rows: tuple[EvidenceRow, ...]


def weighings_of(ledger: Ledger, question: Ref, as_of: datetime | None = None) -> dict[tuple[str, Ref, str], Version]:
    """Return what each member read last: by the member, the evidence (its first version) and the hypothesis."""
    newest: dict[tuple[str, Ref, str], Version] = {}
    thread = set(ledger.thread(question))
    for version in ledger.about(question, as_of):
        if isinstance(version.body, Weighing) and ref_of(version.body.question) in thread:
            cell = version.originator, ledger.thread(ref_of(version.body.evidence))[0], version.body.hypothesis
            before = newest.get(cell, version)
            newest[cell] = max(before, version, key=lambda each: (each.issued_at, each.ref))
    return newest


def matrix_of(ledger: Ledger, question: Ref, member: str, as_of: datetime | None = None) -> Matrix:
    """Return a member's matrix.

    Raises:
        DomainError: No such question stood then.
    """
    asked = ledger.at(question, as_of)
    if asked is None or not isinstance(asked.body, Question):
        raise DomainError(f"no question {question[0]}/{question[1]} stood then")
    keys = [hypothesis.key for hypothesis in asked.body.hypotheses]
    rows: dict[Ref, dict[str, Reading]] = {}
    for (by, evidence, key), version in weighings_of(ledger, question, as_of).items():
        if by == member and key in keys:
            rows.setdefault(evidence, {})[key] = version.body.reading
    against = {key: sum(row.get(key) == "inconsistent" for row in rows.values()) for key in keys}
    return Matrix(
        question=asked.body,
        member=member,
        ranking=tuple(
            sorted(
                (
                    HypothesisScore(
                        key=hypothesis.key,
                        text=hypothesis.text,
                        inconsistent=against[hypothesis.key],
                        consistent=sum(row.get(hypothesis.key) == "consistent" for row in rows.values()),
                        unweighed=sum(hypothesis.key not in row for row in rows.values()),
                    )
                    for hypothesis in asked.body.hypotheses
                ),
                key=lambda score: score.inconsistent,
            )
        ),
        rows=tuple(
            EvidenceRow(
                evidence=evidence,
                readings=row,
                tells_apart=0 < sum(reading == "inconsistent" for reading in row.values()) < len(keys),
                would_change=_least(against) != _least(
                    {key: count - (row.get(key) == "inconsistent") for key, count in against.items()}
                ),
            )
            for evidence, row in sorted(rows.items())
        ),
    )  # fmt: skip


def _least(against: dict[str, int]) -> frozenset[str]:
    """Return the hypotheses with the least against them."""
    least = min(against.values())
    return frozenset(key for key, count in against.items() if count == least)
