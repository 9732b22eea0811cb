"""Where a consultation stands at a moment, computed from the records that a member holds: plain structs to show."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Literal

import msgspec

from tocsin.consult.characters import look_alikes
from tocsin.consult.index import Entry, Index, Ref, TextHeld
from tocsin.consult.silence import Tally, agreed_of, tallies_of
from tocsin.consult.statement import Statement, read_statement
from tocsin.records import RecordRef, StatementComment, StatementIssue

Phase = Literal[
    "round", "silence", "suspended", "waiting", "broken", "agreed", "signing", "issued", "corrected", "superseded",
    "disputed",
]  # fmt: skip
"""``round``: a text goes round. ``silence``: it stands unless somebody objects. ``suspended``: a receipt was not there
in time, so the deadline runs for nobody. ``waiting``: the deadline is past, and not every member was heard since.
``broken``: a member objected. ``agreed``, ``signing``, ``issued``, ``corrected``, ``superseded``: what the words say.
``disputed``: records say that two texts are agreed, which takes a member that contradicts itself; neither counts."""


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One text of the drafter."""

    number: int
    """From 1, in the order of the drafter's numbers."""
    text: RecordRef
    digest: str
    issued_at: datetime
    statement: Statement | None
    problem: str
    """Why it cannot be read; then nobody acknowledges it."""
    note: str
    look_alikes: tuple[str, ...]
    """Words that may pass for others."""


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """What a member says of the text: a bracket, a reservation asked for, or a comment."""

    ref: RecordRef
    member: str
    act: str
    paragraph: str
    texts: dict[str, str]
    why: str
    role: str
    pseudonym: str
    at: datetime


class MemberStanding(msgspec.Struct, frozen=True, kw_only=True):
    """What one member did about the text that counts."""

    member: str
    holds_text_at: datetime | None = None
    """When its node acknowledged the text."""
    received_at: datetime | None = None
    """When its node acknowledged the call for silence."""
    is_in_time: bool = False
    """That receipt counts."""
    word: Literal["", "kept", "suspended", "broken"] = ""
    """Its last word on the silence; empty: it has not said one."""
    word_at: datetime | None = None
    says: str = ""
    """Why it broke silence."""
    broke_too_late: bool = False
    """It broke silence as well, when that counted no more."""
    signed_at: datetime | None = None
    withdrawn_at: datetime | None = None
    """It withdrew from the statement that was issued."""
    withdrawn_why: str = ""


class SilenceStanding(msgspec.Struct, frozen=True, kw_only=True):
    """A call for silence."""

    ref: RecordRef
    called_at: datetime
    deadline_at: datetime
    receive_by: datetime
    closes_at: datetime
    """Deadline and grace: from then on nodes say that silence was kept."""
    minimum_s: float
    grace_s: float
    note: str


class Consultation(msgspec.Struct, frozen=True, kw_only=True):
    """Where a consultation stands."""

    schema: str = "tocsin.consultation/1"
    drafter: str
    id: str
    status: str
    phase: Phase
    as_of: datetime
    waits_for: tuple[str, ...]
    """Members that the phase waits for: a receipt, a last word, a signature."""
    members: tuple[MemberStanding, ...]
    zones: dict[str, str]
    rounds: tuple[Round, ...]
    current: int
    """Index in ``rounds`` of the text that counts: the newest, or the one that is agreed."""
    silence: SilenceStanding | None
    brackets: tuple[Remark, ...]
    """Open on the newest text: replacements, insertions and strikings."""
    reservations: tuple[Remark, ...]
    """Asked for on the newest text, and not in it yet."""
    comments: tuple[Remark, ...]
    """On all texts."""
    is_abandoned: bool
    """The drafter went on to another text or silence while this silence ran."""
    unsigned: tuple[str, ...]
    """With an issued statement: who had not signed by then, as the drafter said."""
    replaced_by: RecordRef | None
    issued_at: datetime | None

    @property
    def text(self) -> Round:
        """The text that counts."""
        return self.rounds[self.current]

    @property
    def name(self) -> str:
        """Drafter and id."""
        return f"{self.drafter}/{self.id}"


def consultations(index: Index, now: datetime) -> list[Consultation]:
    """Return where every consultation stands, in the order of their ids.

    Args:
        index: With all records that are held of one status.
        now: UTC; what runs by time is judged by it.
    """
    found = (consultation_of(index, ref, now) for ref in sorted(index.threads))
    return [each for each in found if each is not None]


def consultation_of(index: Index, ref: Ref, now: datetime) -> Consultation | None:
    """Return where one consultation stands; None if no text of it is held.

    Args:
        index: As for ``consultations``.
        ref: Its drafter and its id.
        now: UTC.
    """
    thread = index.threads.get(ref)
    if thread is None or not thread.texts:
        return None
    texts = thread.in_turn()
    tallies = tallies_of(index, ref)
    agreed = agreed_of(tallies)
    last = tallies[-1] if tallies else None
    newest = thread.newest()
    shown = next(iter(agreed.values())) if len(agreed) == 1 else last
    is_current = shown is not None and (shown.is_agreed or newest is shown.silence)
    text = shown.text if shown is not None and is_current else texts[-1]
    phase, waits_for = _phase(index, shown if is_current else None, len(agreed), now)
    issue = _issue(index, text, ref[0]) if phase == "issued" else None
    replaced = _replacement(index, text) if issue is not None else None
    if replaced is not None:
        phase = replaced.body.replaces_as
    remarks = [_remark(entry) for each in texts for entry in index.comments(each.entry.ref) if _may_speak(each, entry)]
    asked = [_remark(e) for e in index.comments(texts[-1].entry.ref) if _may_speak(texts[-1], e)]
    open_ones = [each for each in asked if each.act != "comment"]
    return Consultation(
        drafter=ref[0],
        id=ref[1],
        status=index.status,
        phase=phase,
        as_of=now,
        waits_for=waits_for,
        members=_members(index, text, shown if is_current else None),
        zones=text.entry.body.zones,
        rounds=tuple(_round(number, each) for number, each in enumerate(texts, 1)),
        current=texts.index(text),
        silence=_silence(shown) if shown is not None and is_current else None,
        brackets=tuple(each for each in open_ones if each.act != "reserve"),
        reservations=tuple(each for each in open_ones if each.act == "reserve"),
        comments=tuple(each for each in remarks if each.act == "comment"),
        is_abandoned=last is not None and not is_current and not last.is_dead,
        unsigned=issue.body.unsigned if issue is not None else (),
        replaced_by=None if replaced is None else _ref(replaced.ref),
        issued_at=issue.issued_at if issue is not None else None,
    )


def _phase(index: Index, tally: Tally | None, agreed: int, now: datetime) -> tuple[Phase, tuple[str, ...]]:
    if agreed > 1:
        return "disputed", ()
    if tally is None:
        return "round", ()
    if tally.is_agreed:
        return _after(index, tally)
    unheard = tuple(member for member in tally.members if member not in tally.words)
    if tally.said("broken"):
        return "broken", ()
    if tally.said("suspended") or (tally.missing and now >= tally.receive_by):
        return "suspended", tally.missing
    if now < tally.call.deadline_at:
        return "silence", tally.missing
    return "waiting", unheard


def _after(index: Index, tally: Tally) -> tuple[Phase, tuple[str, ...]]:
    signed = index.signatures(tally.text.entry.ref, tally.text.digest)
    unsigned = tuple(member for member in tally.members if member not in signed)
    if _issue(index, tally.text, tally.silence.member) is not None:
        return "issued", unsigned
    return ("signing" if any(member in signed for member in tally.members) else "agreed"), unsigned


def _issue(index: Index, text: TextHeld, drafter: str) -> Entry | None:
    issues = index.issues(text.entry.ref, text.digest)
    return next((each for each in issues if each.member == drafter and each.body.act == "issued"), None)


def _replacement(index: Index, text: TextHeld) -> Entry | None:
    """Return by what a statement was replaced: one that is agreed and issued, its drafter a member of this one too."""
    members = text.statement.members if text.statement is not None else ()
    found = None
    for each in index.replacements(text.entry.ref):
        body: StatementIssue = each.body
        other = index.text_of(body.of, body.digest)
        if other is None or other.statement is None or each.member not in members:
            continue
        if other.digest in agreed_of(tallies_of(index, (each.member, other.statement.id))):
            found = each
    return found


def _members(index: Index, text: TextHeld, tally: Tally | None) -> tuple[MemberStanding, ...]:
    if text.statement is None:
        return ()
    held = index.answers(text.entry.ref, text.digest)
    signed = index.signatures(text.entry.ref, text.digest)
    withdrawn = {e.member: e for e in index.issues(text.entry.ref, text.digest) if e.body.act == "withdrawn"}
    late = {entry.member for entry in tally.too_late} if tally is not None else set()
    found = []
    for member in text.statement.members:
        receipt = tally.receipts.get(member) if tally is not None else None
        word = tally.words.get(member) if tally is not None else None
        found.append(
            MemberStanding(
                member=member,
                holds_text_at=min((each.issued_at for each in held.get(member, ())), default=None),
                received_at=None if receipt is None else receipt.issued_at,
                is_in_time=tally is not None and receipt is not None and member not in tally.missing,
                word="" if word is None else word.body.act,
                word_at=None if word is None else word.issued_at,
                says="" if word is None else word.body.text,
                broke_too_late=member in late,
                signed_at=signed[member].issued_at if member in signed else None,
                withdrawn_at=withdrawn[member].issued_at if member in withdrawn else None,
                withdrawn_why=withdrawn[member].body.text if member in withdrawn else "",
            )
        )
    return tuple(found)


def _round(number: int, text: TextHeld) -> Round:
    return Round(
        number=number,
        text=_ref(text.entry.ref),
        digest=text.digest,
        issued_at=text.entry.issued_at,
        statement=text.statement,
        problem=text.problem,
        note=text.entry.body.text,
        look_alikes=() if text.statement is None else _strange_words(text.entry.body.statement),
    )


@lru_cache(maxsize=64)
def _strange_words(text: str) -> tuple[str, ...]:
    """Return the words of a statement that may pass for others, in any of its languages."""
    statement = read_statement(text)
    found: dict[str, None] = {}
    for tag in statement.tags:
        lines = [statement.titles[tag]]
        for paragraph in statement.paragraphs:
            lines += [paragraph.texts[tag], *(note.texts[tag] for note in paragraph.reservations)]
        found |= dict.fromkeys(look_alikes("\n".join(lines)))
    return tuple(found)


def _silence(tally: Tally) -> SilenceStanding:
    call = tally.call
    return SilenceStanding(
        ref=_ref(tally.silence.ref), called_at=tally.silence.issued_at, deadline_at=call.deadline_at,
        receive_by=tally.receive_by, closes_at=tally.closes_at, minimum_s=call.minimum_s, grace_s=call.grace_s,
        note=call.text,
    )  # fmt: skip


def _remark(entry: Entry) -> Remark:
    body: StatementComment = entry.body
    return Remark(
        ref=_ref(entry.ref), member=entry.member, act=body.act, paragraph=body.paragraph, texts=body.texts,
        why=body.text, role=body.by.role, pseudonym=body.by.pseudonym, at=entry.issued_at,
    )  # fmt: skip


def _may_speak(text: TextHeld, entry: Entry) -> bool:
    return text.statement is not None and entry.member in text.statement.members


def _ref(ref: Ref) -> RecordRef:
    return RecordRef(originator=ref[0], record=ref[1])
