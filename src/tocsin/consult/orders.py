"""What people of a member do in a consultation: each order becomes one record, or an error that says why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from tocsin.consult.characters import fault_of, normalised
from tocsin.consult.index import Entry, Index, Ref
from tocsin.consult.revising import revised
from tocsin.consult.silence import tallies_of
from tocsin.consult.state import Consultation, consultation_of
from tocsin.consult.statement import PAYLOAD_TYPE, Paragraph, Statement, Texts, make_statement
from tocsin.errors import DomainError, TocsinError
from tocsin.markings import derive, marking_for
from tocsin.records import (
    Person,
    Precedence,
    Record,
    RecordRef,
    Silence,
    SilenceAnswer,
    Source,
    StatementComment,
    StatementIssue,
    StatementSignature,
    StatementText,
    with_body,
)
from tocsin.records.consult import ConsultAct

Act = Literal["accept", "take_back", "silence", "break", "sign", "issue", "withdraw"] | ConsultAct

Sign = Callable[[str, str, bytes], tuple[str, str]]
"""Signs with the member's key: for a status, a payload type and a payload it returns keyid and signature."""


class DraftOrder(msgspec.Struct, frozen=True, kw_only=True, tag="consult_draft", tag_field="do"):
    """Send a text round: a consultation's first, or the drafter's next."""

    id: str
    members: tuple[str, ...]
    titles: Texts
    paragraphs: tuple[Paragraph, ...]
    pseudonym: str
    authentic: tuple[str, ...] = ()
    zones: dict[str, str] = {}
    role: str = "drafter"
    text: str = ""
    """What changed, and why."""
    status: str = "actual"
    synthetic: bool = False
    """It is invented, for an exercise or a test."""


class ConsultOrder(msgspec.Struct, frozen=True, kw_only=True, tag="consult", tag_field="do"):
    """Do something about a consultation."""

    act: Act
    consultation: str
    """Its id, or drafter/id."""
    pseudonym: str
    role: str
    status: str = "actual"
    paragraph: str = ""
    texts: Texts = {}
    text: str = ""
    refs: tuple[RecordRef, ...] = ()
    """With ``accept``: the brackets and reservations to take into the next text. With ``take_back``: what of ours."""
    deadline_at: datetime | None = None
    minimum_s: float = 0.0
    grace_s: float = 60.0
    unsigned: tuple[str, ...] = ()
    """With ``issue``: the members without whose signature it goes out."""
    replaces: str = ""
    """With ``issue``: an earlier consultation, as ``consultation``."""
    replaces_as: Literal["", "corrected", "superseded"] = ""


@dataclass(frozen=True)
class Desk:
    """Where an order is carried out."""

    index: Index
    """Of the order's status."""
    member: str
    now: datetime
    new_id: Callable[[], str]
    sign: Sign


def record_of(order: DraftOrder | ConsultOrder, at: Desk) -> Record:
    """Return the record that an order asks for.

    Raises:
        DomainError: It may not be done, or not now; the message says why and what to do.
    """
    try:
        return _draft(order, at) if isinstance(order, DraftOrder) else _act(order, at)
    except TocsinError:
        raise
    except ValueError as error:  # a field that the record does not take
        raise DomainError(str(error)) from error


def find(index: Index, name: str) -> Ref:
    """Return the consultation that a person means.

    Args:
        index: Of one status.
        name: Its id, or drafter/id.

    Raises:
        DomainError: There is none, or several drafters have one of that id.
    """
    drafter, slash, rest = name.partition("/")
    if slash and (drafter.upper(), rest) in index.threads:
        return (drafter.upper(), rest)
    found = [ref for ref in index.threads if not slash and ref[1] == name]
    if len(found) != 1:
        said = f"{len(found)} members have one" if found else "there is none"
        raise DomainError(
            f"{name[:80]!r} is no consultation of status {index.status} here: {said}",
            advice="Say MEMBER/id" if found else "See: tocsin consult list, with the --status that it has",
        )
    return found[0]


def _draft(order: DraftOrder, at: Desk) -> Record:
    statement = make_statement(
        id=order.id, drafter=at.member, status=order.status, members=order.members, titles=order.titles,
        paragraphs=order.paragraphs, authentic=order.authentic,
    )  # fmt: skip
    standing = consultation_of(at.index, (at.member, order.id), at.now)
    if standing is not None:
        _require_open(standing, at)
        last = standing.rounds[-1].statement
        if last is not None and last.members != tuple(sorted(set(order.members))):
            raise DomainError(
                f"{standing.name} is a statement of {', '.join(last.members)}",
                advice="Whoever is to sign another one begins another consultation",
            )
    body = StatementText(
        consultation=order.id, number=_next_number(at, (at.member, order.id)), statement=statement,
        by=Person(role=order.role, pseudonym=order.pseudonym), zones=order.zones, text=order.text,
    )  # fmt: skip
    return with_body(
        "consult.text", body, id=at.new_id(), originator=at.member, marking=marking_for(*order.members),
        status=order.status, precedence=Precedence.ROUTINE, issued_at=at.now,
        synthetic=order.synthetic or order.status != "actual",
    )  # fmt: skip


def _act(order: ConsultOrder, at: Desk) -> Record:
    ref = find(at.index, order.consultation)
    standing = consultation_of(at.index, ref, at.now)
    if standing is None or standing.rounds[-1].statement is None:
        raise DomainError(f"no text of {ref[0]}/{ref[1]} is held that can be read", advice="Wait until one comes in")
    if at.member not in standing.rounds[-1].statement.members:
        raise DomainError(f"{at.member} is no member of {standing.name}")
    by = Person(role=order.role, pseudonym=order.pseudonym)
    match order.act:
        case "comment" | "replace" | "insert" | "strike" | "reserve":
            return _remark(order, standing, at, by)
        case "accept":
            return _accept(order, standing, at, by)
        case "take_back":
            return _take_back(order, standing, at)
        case "silence":
            return _silence(order, standing, at, by)
        case "break":
            return _break(order, standing, at, by)
        case "sign":
            return _sign(standing, at, by)
        case "issue" | "withdraw":
            return _issue(order, standing, at, by)


# -- while a text goes round ------------------------------------------------------------------------------------------


def _remark(order: ConsultOrder, standing: Consultation, at: Desk, by: Person) -> Record:
    _require_not_agreed(standing)
    newest = standing.rounds[-1]
    statement = _statement(newest.statement)
    if order.paragraph and order.paragraph not in {each.id for each in statement.paragraphs}:
        raise DomainError(
            f"there is no paragraph {order.paragraph[:64]!r}",
            advice="There are " + ", ".join(each.id for each in statement.paragraphs)[:300],
        )
    texts = {tag: normalised(words) for tag, words in order.texts.items()}
    for tag, words in texts.items():
        if tag not in statement.tags:
            raise DomainError(f"the statement is not in {tag[:40]!r}", advice=f"It is in {', '.join(statement.tags)}")
        if fault := fault_of(words):
            raise DomainError(f"the words in {tag}: {fault}")
    if order.act in ("insert", "reserve") and set(texts) != set(statement.tags):
        raise DomainError(f"{order.act} gives its words in every language: {', '.join(statement.tags)}")
    body = StatementComment(
        act=order.act,  # type: ignore[arg-type]
        of=newest.text, by=by, paragraph=order.paragraph, texts=texts, text=order.text,
    )  # fmt: skip
    return _record(at, "consult.comment", body, newest.text)


def _accept(order: ConsultOrder, standing: Consultation, at: Desk, by: Person) -> Record:
    _require_drafter(standing, at)
    _require_open(standing, at)
    newest = standing.rounds[-1]
    asked = {(each.ref.originator, each.ref.record): each for each in (*standing.brackets, *standing.reservations)}
    chosen = []
    for ref in order.refs:
        remark = asked.get((ref.originator, ref.record))
        if remark is None:
            raise DomainError(
                f"{ref} is no bracket or reservation on the newest text", advice="See: tocsin consult show"
            )
        chosen.append(remark)
    body = StatementText(
        consultation=standing.id, number=_next_number(at, (standing.drafter, standing.id)),
        statement=revised(_statement(newest.statement), chosen), by=by, zones=standing.zones, text=order.text,
    )  # fmt: skip
    return _record(at, "consult.text", body, newest.text, precedence=Precedence.ROUTINE)


def _take_back(order: ConsultOrder, standing: Consultation, at: Desk) -> Record:
    newest = standing.rounds[-1]
    (ref,) = order.refs or (None,)
    held = {entry.ref: entry for entry in at.index.comments((newest.text.originator, newest.text.record))}
    found = held.get((ref.originator, ref.record)) if ref is not None else None
    if found is None or found.member != at.member:
        raise DomainError("this is nothing that this member said of the newest text", advice="See: tocsin consult show")
    return _record(at, "consult.comment", found.body, newest.text, cancels=found.ref[1])


def _silence(order: ConsultOrder, standing: Consultation, at: Desk, by: Person) -> Record:
    _require_drafter(standing, at)
    _require_open(standing, at)
    if standing.brackets or standing.reservations:
        names = ", ".join(str(each.ref) for each in (*standing.brackets, *standing.reservations))[:300]
        raise DomainError(
            f"brackets are open: {names}",
            advice="Send the next text round (tocsin consult accept) with those that you take; it closes the others",
        )
    if order.deadline_at is None or order.deadline_at - timedelta(seconds=order.minimum_s) <= at.now:
        raise DomainError("the deadline leaves no time for receipts", advice="Take a later one, or a shorter minimum")
    newest = standing.rounds[-1]
    body = Silence(
        consultation=standing.id, number=_next_number(at, (standing.drafter, standing.id)), of=newest.text,
        digest=newest.digest, deadline_at=order.deadline_at, minimum_s=order.minimum_s, grace_s=order.grace_s, by=by,
        text=order.text,
    )  # fmt: skip
    return _record(at, "consult.silence", body, newest.text, precedence=Precedence.ROUTINE)


def _break(order: ConsultOrder, standing: Consultation, at: Desk, by: Person) -> Record:
    silence = standing.silence
    if silence is None:
        raise DomainError(f"{standing.name} is not under silence", advice="Comment or propose instead")
    own = next((each for each in standing.members if each.member == at.member), None)
    if own is not None and own.word:
        raise DomainError(f"this member's last word on it is said: {own.word}")
    if at.now > silence.deadline_at:
        raise DomainError(
            f"the deadline was {silence.deadline_at:%Y-%m-%d %H:%M:%SZ}", advice="Do not sign, and say why"
        )
    body = SilenceAnswer(act="broken", of=silence.ref, digest=standing.text.digest, by=by, text=order.text)
    return _record(at, "consult.answer", body, silence.ref)


# -- once it is agreed ------------------------------------------------------------------------------------------------


def _sign(standing: Consultation, at: Desk, by: Person) -> Record:
    own = next((each for each in standing.members if each.member == at.member), None)
    if standing.phase not in ("agreed", "signing", "issued"):
        raise DomainError(f"{standing.name} is not agreed: {standing.phase}", advice="Only what is agreed is signed")
    if own is not None and own.signed_at is not None:
        raise DomainError(f"{at.member} signed it on {own.signed_at:%Y-%m-%d %H:%M:%SZ}")
    text = standing.text
    keyid, signature = at.sign(standing.status, PAYLOAD_TYPE, _entry(at, text.text).body.statement.encode())
    body = StatementSignature(of=text.text, digest=text.digest, keyid=keyid, signature=signature, by=by)
    return _record(at, "consult.signature", body, text.text)


def _issue(order: ConsultOrder, standing: Consultation, at: Desk, by: Person) -> Record:
    text = standing.text
    if order.act == "withdraw":
        if standing.issued_at is None:
            raise DomainError(f"{standing.name} was not issued", advice="Before that: do not sign")
        body = StatementIssue(act="withdrawn", of=text.text, digest=text.digest, by=by, text=order.text)
        return _record(at, "consult.issue", body, text.text)
    _require_drafter(standing, at)
    if standing.phase not in ("agreed", "signing"):
        raise DomainError(f"{standing.name} cannot be issued: it is {standing.phase}")
    if set(order.unsigned) != set(standing.waits_for):
        lacks = ", ".join(standing.waits_for) or "nobody"
        raise DomainError(f"without a signature is {lacks}", advice="Wait for it, or name exactly these with --without")
    replaces = None
    if order.replaces:
        earlier = consultation_of(at.index, find(at.index, order.replaces), at.now)
        if earlier is None or earlier.issued_at is None or earlier.name == standing.name:
            raise DomainError(f"{order.replaces[:80]} is no earlier statement that was issued")
        replaces = earlier.text.text
    body = StatementIssue(
        act="issued", of=text.text, digest=text.digest, by=by, unsigned=tuple(sorted(order.unsigned)),
        replaces=replaces, replaces_as=order.replaces_as, text=order.text,
    )  # fmt: skip
    return _record(at, "consult.issue", body, text.text)


# -- what several of them ask -----------------------------------------------------------------------------------------


def _require_drafter(standing: Consultation, at: Desk) -> None:
    if standing.drafter != at.member:
        raise DomainError(f"{standing.drafter} holds the pen of {standing.name}", advice="Propose, comment or reserve")


def _require_not_agreed(standing: Consultation) -> None:
    if standing.phase not in ("round", "silence", "suspended", "waiting", "broken"):
        raise DomainError(
            f"{standing.name} is {standing.phase}: its words are fixed", advice="A correction is another statement"
        )


def _require_open(standing: Consultation, at: Desk) -> None:
    """Refuse another text or silence once this member said that one before was kept: it may be agreed elsewhere."""
    _require_not_agreed(standing)
    for tally in tallies_of(at.index, (standing.drafter, standing.id)):
        if at.member in tally.said("kept"):
            raise DomainError(f"{at.member} has said that silence was kept on a text of {standing.name}")


def _next_number(at: Desk, ref: Ref) -> int:
    newest = at.index.threads[ref].newest() if ref in at.index.threads else None
    return 1 if newest is None else newest.body.number + 1


def _statement(statement: Statement | None) -> Statement:
    if statement is None:
        raise AssertionError("asked before")
    return statement


def _record(
    at: Desk, kind: str, body: msgspec.Struct, about: RecordRef, *, precedence: Precedence = Precedence.IMMEDIATE,
    **more: Any,
) -> Record:  # fmt: skip
    entry = _entry(at, about)
    return with_body(
        kind, body, id=at.new_id(), originator=at.member, marking=derive(at.member, [entry.marking]),
        status=at.index.status, precedence=precedence, issued_at=at.now, synthetic=entry.synthetic,
        sources=(Source(record=about.record, originator=about.originator),), **more,
    )  # fmt: skip


def _entry(at: Desk, ref: RecordRef) -> Entry:
    entry = at.index.entry_at(ref)
    if entry is None:
        raise AssertionError("it stands in the consultation")
    return entry
