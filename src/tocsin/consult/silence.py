"""Whether a silence holds: each member's receipt of these exact bytes in time, and each member's last word.

A member's node says one *last word* on a silence, once: that its people broke it, that it is suspended, or that it was
kept. A text is agreed if every member received it in time and every member's last word is that silence was kept. So a
link that is cut can only delay an agreement, and nothing that comes in later undoes one (decision 18).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.consult.index import Entry, Index, Ref, TextHeld, order_of
from tocsin.records import Silence


@dataclass(frozen=True)
class Tally:
    """What is known of one silence."""

    silence: Entry
    text: TextHeld
    members: tuple[str, ...]
    receipts: dict[str, Entry]
    """The first of each member, late ones among them."""
    words: dict[str, Entry]
    """The last word of each member that said it."""
    too_late: tuple[Entry, ...]
    """Breaks that count no more: dated after the deadline, or signed after the member had said that it kept silence."""

    @property
    def call(self) -> Silence:
        """The call for silence."""
        body: Silence = self.silence.body
        return body

    @property
    def receive_by(self) -> datetime:
        """When each receipt must be there."""
        return self.call.deadline_at - timedelta(seconds=self.call.minimum_s)

    @property
    def closes_at(self) -> datetime:
        """When nodes say that silence was kept."""
        return self.call.deadline_at + timedelta(seconds=self.call.grace_s)

    @property
    def missing(self) -> tuple[str, ...]:
        """Members whose receipt is not there, or is dated too late."""
        return tuple(
            member
            for member in self.members
            if (receipt := self.receipts.get(member)) is None or receipt.issued_at > self.receive_by
        )

    def said(self, act: str) -> tuple[str, ...]:
        """Return the members whose last word is this one."""
        return tuple(member for member in self.members if member in self.words and self.words[member].body.act == act)

    @property
    def is_agreed(self) -> bool:
        """Whether every member received these bytes in time and kept silence."""
        return not self.missing and self.said("kept") == self.members

    @property
    def is_dead(self) -> bool:
        """Whether this silence can never become an agreement, whatever still comes in."""
        return bool(self.said("broken") or self.said("suspended"))


def tally_of(index: Index, silence: Entry) -> Tally | None:
    """Count what is held about a silence; None if its text is not held here, or cannot be read."""
    body: Silence = silence.body
    text = index.text_of(body.of, body.digest) if body.of.originator == silence.member else None
    if text is None or text.statement is None or text.statement.id != body.consultation:
        return None
    members = text.statement.members
    receipts, words, too_late = {}, {}, []
    for member, answers in index.answers(silence.ref, body.digest).items():
        if member not in members:
            continue
        received = [each for each in answers if each.body.act == "received"]
        if received:
            receipts[member] = min(received, key=lambda each: (each.issued_at, each.ref))
        word = last_word(answers, body.deadline_at)
        if word is not None:
            words[member] = word
        too_late += [each for each in answers if each.body.act == "broken" and not _counts(each, word)]
    return Tally(silence, text, members, receipts, words, tuple(too_late))


def tallies_of(index: Index, consultation: Ref) -> list[Tally]:
    """Count every silence of a consultation whose text is held, by the drafter's numbers."""
    thread = index.threads.get(consultation)
    silences = sorted(thread.silences.values(), key=order_of) if thread is not None else ()
    return [tally for each in silences if (tally := tally_of(index, each)) is not None]


def agreed_of(tallies: Iterable[Tally]) -> dict[str, Tally]:
    """Return what is agreed: by digest, the first silence that held. Two mean that somebody contradicts itself."""
    agreed: dict[str, Tally] = {}
    for tally in tallies:
        if tally.is_agreed:
            agreed.setdefault(tally.text.digest, tally)
    return agreed


def last_word(answers: Sequence[Entry], deadline_at: datetime) -> Entry | None:
    """Return a member's last word.

    A member that says two contradicts itself: then that it kept silence stands, wherever which of them came first, so
    that what is agreed stays agreed.
    """
    for act in ("kept", "broken", "suspended"):
        found = [
            each for each in answers if each.body.act == act and (act != "broken" or each.issued_at <= deadline_at)
        ]
        if found:
            return min(found, key=lambda each: (each.issued_at, each.ref))
    return None


def _counts(broken: Entry, word: Entry | None) -> bool:
    return word is not None and word.body.act == "broken" and broken.issued_at >= word.issued_at
