"""What a person does on the page becomes a record of this member, and goes the way of all records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import reduce
from typing import Any

import msgspec

from tocsin.claims import band_of
from tocsin.codec import encode
from tocsin.errors import DomainError, MalformedRecordError, NotReleasableError
from tocsin.markings import PUBLIC, Marking, combine_status, derive, marking_for, status_class
from tocsin.records import (
    APPROVAL,
    CREDENTIAL,
    Admitted,
    Approval,
    Credential,
    Judgement,
    LogEntry,
    Person,
    Precedence,
    Question,
    Record,
    RecordRef,
    Remark,
    Source,
    Weighing,
    with_body,
)
from tocsin.web.acting_shapes import DecisionRequest, LogRequest, RemarkRequest
from tocsin.web.claim_shapes import JudgementRequest, WeighingRequest
from tocsin.web.shown import Shown


def remark_on(
    about: Shown, request: RemarkRequest, person: Person, *, member: str, record_id: str, now: datetime, event_id: str
) -> Record:
    """Make the record of what a person says of another record, for all who have that.

    Args:
        about: What it is about.
        request: What is said.
        person: Who says it.
        member: This member.
        record_id: Of the new record.
        now: UTC.
        event_id: Of the event that it is about; empty if it is about none.

    Raises:
        MalformedRecordError: What is said is too long, or says nothing where something must be said.
        NotReleasableError: Nothing may derive from the record here.
    """
    marking = _marking_beside([about], member)
    try:
        body = Remark(
            originator=about.record.originator, record=about.record.id, act=request.act, person=person,
            event_id=event_id, text=request.text,
        )  # fmt: skip
    except ValueError as error:
        raise MalformedRecordError(str(error), path="text") from error
    return with_body(
        "watch.remark", body, id=record_id, originator=member, marking=marking, status=about.record.status,
        precedence=Precedence.ROUTINE if request.act == "seen" else Precedence.IMMEDIATE, issued_at=now,
        synthetic=about.record.synthetic,
        sources=(Source(record=about.record.id, originator=about.record.originator),),
    )  # fmt: skip


def decision_on(about: Shown, request: DecisionRequest, person: Person) -> Approval:
    """Return what a person decides, ready to be signed.

    Args:
        about: What it is about.
        request: What is decided.
        person: Who decides.

    Raises:
        MalformedRecordError: The reason is too long.
    """
    try:
        return Approval(
            act=request.act, originator=about.record.originator, record=about.record.id,
            digest=about.digest, person=person, text=request.text,
        )  # fmt: skip
    except ValueError as error:
        raise MalformedRecordError(str(error), path="text") from error


def decision_record(about: Shown, approval: Approval, *, member: str, record_id: str, now: datetime) -> Record:
    """Make the record of a decision: for all who may have what it is about, or for this member alone if that stays.

    Raises:
        NotReleasableError: Nothing may derive from the record here.
    """
    marking = _marking_beside([about], member)
    if approval.act == "refuse":
        marking = Marking(releasable_to=(member,))
    return with_body(
        APPROVAL, approval, id=record_id, originator=member, marking=marking, status=about.record.status,
        precedence=Precedence.IMMEDIATE, issued_at=now, synthetic=about.record.synthetic,
        sources=(Source(record=about.record.id, originator=about.record.originator),),
    )  # fmt: skip


def credential_beside(
    decision: Record, credential: Credential, told: Iterable[Admitted], *, record_id: str
) -> list[Record]:
    """Make the record that lets others check a decision, unless all who get the decision have it already.

    Args:
        decision: A ``watch.approval``.
        credential: The passkey that signed it.
        told: The ``watch.credential`` records of this member.
        record_id: Of the new record.
    """
    audience = decision.marking.releasable_to
    for each in told:
        is_known = each.body == credential and each.record.marking.allows(audience)
        if is_known and status_class(each.record.status) == status_class(decision.status):
            return []
    return [
        with_body(
            CREDENTIAL, credential, id=record_id, originator=decision.originator,
            marking=marking_for(*audience), status=decision.status, precedence=decision.precedence,
            issued_at=decision.issued_at, synthetic=decision.synthetic,
        )
    ]  # fmt: skip


def credentials_ended(
    told: Iterable[Admitted], kept: Collection[str], *, new_id: Callable[[], str], now: datetime
) -> list[Record]:
    """Make the records that tell all who know a passkey that it counts no more.

    Args:
        told: The ``watch.credential`` records of this member.
        kept: Ids of the passkeys that still count.
        new_id: Makes ids of records.
        now: UTC; from then on.
    """
    lost = [each for each in told if each.body.credential not in kept]
    ended = {each.record.supersedes for each in lost}
    return [
        msgspec.structs.replace(
            each.record, id=new_id(), issued_at=now, supersedes=each.record.id,
            body=msgspec.Raw(encode(msgspec.structs.replace(each.body, valid_until=now))),
        )
        for each in lost
        if each.body.valid_until is None and each.record.id not in ended
    ]  # fmt: skip


def log_entry(
    request: LogRequest, person: Person, *, member: str, record_id: str, now: datetime, status: str
) -> Record:
    """Make an entry of the shift's log; it stays with this member.

    Raises:
        MalformedRecordError: It says nothing, or too much.
    """
    try:
        body = LogEntry(text=request.text, person=person, event_id=request.event_id, hands_over=request.hands_over)
    except ValueError as error:
        raise MalformedRecordError(str(error), path="text") from error
    return with_body(
        "watch.log_entry", body, id=record_id, originator=member, marking=Marking(releasable_to=(member,)),
        status=status, precedence=Precedence.ROUTINE, issued_at=now,
    )  # fmt: skip


def judgement_on(
    claim: Shown,
    request: JudgementRequest,
    person: Person,
    *,
    member: str,
    record_id: str,
    now: datetime,
    supersedes: str | None,
) -> Record:
    """Make the record of how likely this member holds a claim to be, for all who have the claim.

    Args:
        claim: The version that is judged.
        request: What is judged.
        person: Who judges.
        member: This member.
        record_id: Of the new record.
        now: UTC.
        supersedes: What this member judged of it before.

    Raises:
        MalformedRecordError: The scale has no such word, or the reasons are too long.
        NotReleasableError: Nothing may derive from the claim here.
    """
    try:
        band_of(request.scale, request.word)
        body = Judgement(
            claim=_ref_to(claim), scale=request.scale, word=request.word, confidence=request.confidence,
            reasons=request.reasons, person=person,
        )  # fmt: skip
    except (ValueError, DomainError) as error:
        raise MalformedRecordError(str(error), path="judgement") from error
    return with_body(
        "claims.judgement", body, id=record_id, issued_at=now, supersedes=supersedes, **_beside([claim], member)
    )


def weighing_of(
    question: Shown,
    evidence: Shown,
    request: WeighingRequest,
    *,
    member: str,
    record_id: str,
    now: datetime,
    supersedes: str | None,
) -> Record:
    """Make the record of what this member reads in a piece of evidence, for all who have it and the question.

    Args:
        question: The version that is on the screen.
        evidence: The same of an item or claim.
        request: What is read in it.
        member: This member.
        record_id: Of the new record.
        now: UTC.
        supersedes: What this member read in it before.

    Raises:
        MalformedRecordError: The question has no such hypothesis, or the reason is too long.
        NotReleasableError: Nothing may derive from one of the two here.
        StatusMixError: They are of two worlds.
    """
    asked = question.body
    if not isinstance(asked, Question) or request.hypothesis not in {each.key for each in asked.hypotheses}:
        raise MalformedRecordError("the question has no such hypothesis", path="hypothesis")
    try:
        body = Weighing(
            question=_ref_to(question), hypothesis=request.hypothesis, evidence=_ref_to(evidence),
            reading=request.reading, reason=request.reason,
        )  # fmt: skip
    except ValueError as error:
        raise MalformedRecordError(str(error), path="reason") from error
    return with_body(
        "claims.weighing", body, id=record_id, issued_at=now, supersedes=supersedes,
        **_beside([question, evidence], member),
    )  # fmt: skip


def _ref_to(shown: Shown) -> RecordRef:
    return RecordRef(originator=shown.record.originator, record=shown.record.id)


def _beside(about: Sequence[Shown], member: str) -> dict[str, Any]:
    """Return what a record has from those that it is about."""
    records = [each.record for each in about]
    return {
        "originator": member, "marking": _marking_beside(about, member), "precedence": Precedence.ROUTINE,
        "status": reduce(combine_status, (each.status for each in records)),
        "synthetic": any(each.synthetic for each in records),
        "sources": tuple(Source(record=each.id, originator=each.originator) for each in records),
    }  # fmt: skip


def _marking_beside(about: Sequence[Shown], member: str) -> Marking:
    """Return the marking of what a person says of records: what all of them allow, but never public."""
    marking = derive(member, [each.record.marking for each in about])
    if marking.releasable_to == (PUBLIC,):  # what officers say of what is public is not for the public
        marking = Marking(releasable_to=(member,))
    if member not in marking.releasable_to:
        raise NotReleasableError("this record is not for remarks")
    return marking
