"""What a person does on the page becomes a record of this member, and goes the way of all records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

import msgspec

from tocsin.codec import encode
from tocsin.errors import MalformedRecordError, NotReleasableError
from tocsin.markings import PUBLIC, Marking, derive, marking_for, status_class
from tocsin.records import (
    APPROVAL,
    CREDENTIAL,
    Admitted,
    Approval,
    Credential,
    LogEntry,
    Person,
    Precedence,
    Record,
    Remark,
    Source,
    with_body,
)
from tocsin.web.acting_shapes import DecisionRequest, LogRequest, RemarkRequest
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
    marking = _marking_beside(about, member)
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
    marking = _marking_beside(about, member)
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


def _marking_beside(about: Shown, member: str) -> Marking:
    """Return the marking of what a person says of a record: that of the record, but never public."""
    marking = derive(member, [about.record.marking])
    if marking.releasable_to == (PUBLIC,):  # what officers say of what is public is not for the public
        marking = Marking(releasable_to=(member,))
    if member not in marking.releasable_to:
        raise NotReleasableError("this record is not for remarks")
    return marking
