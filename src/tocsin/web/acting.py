"""What a person does on the page becomes a record of this member, and goes the way of all records."""

from __future__ import annotations

from datetime import datetime

from tocsin.errors import MalformedRecordError, NotReleasableError
from tocsin.markings import PUBLIC, Marking, derive
from tocsin.records import LogEntry, Person, Precedence, Record, Remark, Source, with_body
from tocsin.web.shapes import LogRequest, RemarkRequest
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
    marking = derive(member, [about.record.marking])
    if marking.releasable_to == (PUBLIC,):  # what officers say of what is public is not for the public
        marking = Marking(releasable_to=(member,))
    if member not in marking.releasable_to:
        raise NotReleasableError("this record is not for remarks")
    try:
        body = Remark(
            originator=about.record.originator, record=about.record.id, act=request.act, person=person,
            event_id=event_id, text=request.text,
        )  # fmt: skip
    except ValueError as error:
        raise MalformedRecordError(str(error), path="text") from error
    return with_body(
        "watch.remark", body, id=record_id, originator=member, marking=marking, status=about.record.status,
        precedence=Precedence.IMMEDIATE, issued_at=now, synthetic=about.record.synthetic,
        sources=(Source(record=about.record.id, originator=about.record.originator),),
    )  # fmt: skip


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
