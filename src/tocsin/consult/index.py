"""The records of consultations that a member holds of one status, found by what they are about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tocsin.consult.statement import Statement, digest_of, read_statement
from tocsin.errors import DomainError
from tocsin.markings import Marking
from tocsin.records import (
    Admitted,
    RecordRef,
    Silence,
    SilenceAnswer,
    StatementComment,
    StatementIssue,
    StatementSignature,
    StatementText,
)

KINDS = ("consult.text", "consult.comment", "consult.silence", "consult.answer", "consult.signature", "consult.issue")

Ref = tuple[str, str]
"""A record by originator and id; a consultation by drafter and id."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a consultation."""

    ref: Ref
    issued_at: datetime
    marking: Marking
    synthetic: bool
    body: Any

    @property
    def member(self) -> str:
        """Who says so."""
        return self.ref[0]


def ref_of(ref: RecordRef) -> Ref:
    """Return a reference as the index keeps it."""
    return (ref.originator, ref.record)


def order_of(entry: Entry) -> tuple[int, str]:
    """Return where one of the drafter's texts or calls for silence stands among them."""
    return (entry.body.number, entry.ref[1])


@dataclass(slots=True)
class TextHeld:
    """A text, and what it is if it can be read."""

    entry: Entry
    digest: str
    statement: Statement | None
    problem: str

    @property
    def is_fit(self) -> bool:
        """Whether it can be read and is what its record says."""
        return self.statement is not None


@dataclass(slots=True)
class Thread:
    """The drafter's texts and calls for silence of one consultation."""

    texts: dict[Ref, TextHeld] = field(default_factory=dict)
    silences: dict[Ref, Entry] = field(default_factory=dict)

    def newest(self) -> Entry | None:
        """Return the text or the call for silence with the highest number."""
        every = [*(text.entry for text in self.texts.values()), *self.silences.values()]
        return max(every, key=order_of, default=None)

    def in_turn(self) -> list[TextHeld]:
        """Return the texts, the oldest first: each is a round."""
        return sorted(self.texts.values(), key=lambda text: order_of(text.entry))


class Index:
    """Records may come in any order, and what comes twice is one.

    Args:
        status: ``actual``, ``test`` or ``exercise:<id>``; records of others are passed over.
    """

    def __init__(self, status: str) -> None:
        self.status = status
        self.threads: defaultdict[Ref, Thread] = defaultdict(Thread)
        """By drafter and id of the consultation."""
        self._texts: dict[Ref, TextHeld] = {}
        self._silences: dict[Ref, Entry] = {}
        self._seen: set[Ref] = set()
        self._taken_back: set[Ref] = set()
        self._about: defaultdict[Ref, list[Entry]] = defaultdict(list)
        self._replaced: defaultdict[Ref, list[Entry]] = defaultdict(list)

    def take(self, admitted: Iterable[Admitted]) -> list[Entry]:
        """Add records, and return those that are new."""
        new = []
        for each in admitted:
            record = each.record
            ref = (record.originator, record.id)
            if record.kind not in KINDS or record.status != self.status or ref in self._seen:
                continue
            self._seen.add(ref)
            if record.cancels is not None:
                self._taken_back.add((record.originator, record.cancels))
                continue
            entry = Entry(ref, record.issued_at, record.marking, record.synthetic, each.body)
            self._put(entry)
            new.append(entry)
        return new

    def _put(self, entry: Entry) -> None:
        match entry.body:
            case StatementText() as body:
                text = self._texts[entry.ref] = self._read(entry, body)
                self.threads[entry.member, body.consultation].texts[entry.ref] = text
            case Silence() as body:
                self.threads[entry.member, body.consultation].silences[entry.ref] = self._silences[entry.ref] = entry
            case StatementComment() | SilenceAnswer() | StatementSignature() | StatementIssue():
                self._about[ref_of(entry.body.of)].append(entry)
                if isinstance(entry.body, StatementIssue) and entry.body.replaces is not None:
                    self._replaced[ref_of(entry.body.replaces)].append(entry)

    def _read(self, entry: Entry, body: StatementText) -> TextHeld:
        digest = digest_of(body.statement)
        try:
            statement = read_statement(body.statement)
        except DomainError as error:
            return TextHeld(entry, digest, None, str(error))
        if (statement.drafter, statement.id, statement.status) != (entry.member, body.consultation, self.status):
            return TextHeld(entry, digest, None, "the statement is another consultation's than its record says")
        return TextHeld(entry, digest, statement, "")

    def text_of(self, ref: RecordRef, digest: str) -> TextHeld | None:
        """Return the text that is meant, if it is held, can be read and has these exact bytes."""
        text = self._texts.get(ref_of(ref))
        return text if text is not None and text.is_fit and text.digest == digest else None

    def entry_at(self, ref: RecordRef) -> Entry | None:
        """Return a text or a call for silence."""
        text = self._texts.get(ref_of(ref))
        return text.entry if text is not None else self._silences.get(ref_of(ref))

    def entries(self, consultation: Ref) -> list[Entry]:
        """Return the texts and calls for silence of a consultation, and all that is said of them."""
        thread = self.threads.get(consultation, Thread())
        own = [*(text.entry for text in thread.texts.values()), *thread.silences.values()]
        about = (each for entry in own for each in self._about.get(entry.ref, ()))
        return [*own, *(each for each in about if each.ref not in self._taken_back)]

    def comments(self, text: Ref) -> list[Entry]:
        """Return what is said of a text and was not taken back, in the order in which it was issued."""
        found = [e for e in self._about.get(text, ()) if isinstance(e.body, StatementComment)]
        return sorted(
            (each for each in found if each.ref not in self._taken_back), key=lambda each: (each.issued_at, each.ref)
        )

    def answers(self, to: Ref, digest: str) -> dict[str, list[Entry]]:
        """Return what members answered to a silence or a text of these bytes."""
        found: dict[str, list[Entry]] = {}
        for entry in self._about.get(to, ()):
            if isinstance(entry.body, SilenceAnswer) and entry.body.digest == digest:
                found.setdefault(entry.member, []).append(entry)
        return found

    def every_signature(self, text: Ref, digest: str) -> list[Entry]:
        """Return the signatures under a text of these bytes, the first issued first."""
        about = self._about.get(text, ())
        found = [e for e in about if isinstance(e.body, StatementSignature) and e.body.digest == digest]
        return sorted(found, key=lambda each: (each.issued_at, each.ref))

    def signatures(self, text: Ref, digest: str) -> dict[str, Entry]:
        """Return each member's first."""
        return {entry.member: entry for entry in reversed(self.every_signature(text, digest))}

    def issues(self, text: Ref, digest: str) -> list[Entry]:
        """Return who issued a text or withdrew from it, in that order."""
        found = [e for e in self._about.get(text, ()) if isinstance(e.body, StatementIssue) and e.body.digest == digest]
        return sorted(found, key=lambda each: (each.issued_at, each.ref))

    def replacements(self, text: Ref) -> list[Entry]:
        """Return by what a text was corrected or superseded, the latest last."""
        return sorted(self._replaced.get(text, ()), key=lambda each: (each.issued_at, each.ref))
