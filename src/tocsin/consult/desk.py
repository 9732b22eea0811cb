"""The desk of consultations of one member's node: receipts, and the node's last word on each silence.

It says by itself that these exact bytes are there, that a silence is suspended, and that it was kept. It never breaks
silence and never signs: people do. What it says follows from records alone, so a desk that begins anew goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tocsin.consult.index import Entry, Index, Ref
from tocsin.consult.silence import Tally, agreed_of, last_word, tallies_of, tally_of
from tocsin.markings import derive
from tocsin.records import Admitted, Precedence, Record, RecordRef, Silence, SilenceAnswer, Source, with_body

_SAY_AGAIN_AFTER = timedelta(seconds=60)
"""What was said and has not come back through the door by then was lost on the way, and is said once more."""


@dataclass
class _Open:
    """A call for silence on which this member's last word is not on record."""

    silence: Entry
    decided: SilenceAnswer | None = None
    """The last word once it is said: however often it gets lost, there is never another."""


class ConsultDesk:
    """Acknowledges texts and silences for a member, and keeps silence for it where silence was kept.

    Args:
        member: Whose desk it is.
        new_id: Makes ids that are unique for ever.
    """

    resumes = ("consult.*",)
    stands = ("consult.*",)

    def __init__(self, member: str, *, new_id: Callable[[], str]) -> None:
        self._member = member
        self._new_id = new_id
        self._worlds: dict[str, Index] = {}
        self._open: dict[tuple[str, Ref], _Open] = {}
        self._said: dict[tuple[str, Ref, bool], datetime] = {}
        self._since: datetime | None = None
        """When this desk began to work: before that nobody could break silence here."""
        self._look_at: datetime | None = None
        """When something may be due; None: at once."""

    def take(self, admitted: Sequence[Admitted], now: datetime) -> list[Record]:
        """Take in what is told of consultations, and return this member's answers."""
        made = []
        for status, entry in self._note(admitted):
            text = self._worlds[status].threads[entry.member, entry.body.consultation].texts[entry.ref]
            if text.statement is not None and self._member in text.statement.members:
                made += self._say_received(status, entry, text.digest, now)
        return made + self.tick(now)

    def tick(self, now: datetime) -> list[Record]:
        """Let time pass: what is due is said."""
        self._since = self._since or now
        if self._look_at is not None and now < self._look_at:
            return []
        made: list[Record] = []
        self._look_at = now + _SAY_AGAIN_AFTER
        for key, each in list(self._open.items()):
            made += self._answer(key, each, now)
        return made

    def resume(self, history: Sequence[Admitted], begin: datetime, now: datetime) -> None:  # noqa: ARG002 - as desks do
        """Go on with consultations that are under way."""
        self._since = now
        self._note(history)

    def end(self, status: str) -> None:
        """Forget an exercise that is over."""
        self._worlds.pop(status, None)
        self._open = {key: each for key, each in self._open.items() if key[0] != status}

    def _note(self, admitted: Sequence[Admitted]) -> list[tuple[str, Entry]]:
        """Take records in, and return the texts among them."""
        texts = []
        for each in admitted:
            if each.record.room != "consult":
                continue
            status = each.record.status
            index = self._worlds.setdefault(status, Index(status))
            for entry in index.take([each]):
                self._look_at = None
                if isinstance(entry.body, Silence):
                    self._open[status, entry.ref] = _Open(entry)
                elif each.record.kind == "consult.text":
                    texts.append((status, entry))
        return texts

    # -- what is said -----------------------------------------------------------------------------------------------

    def _answer(self, key: tuple[str, Ref], each: _Open, now: datetime) -> list[Record]:
        status, silence, index = key[0], each.silence, self._worlds[key[0]]
        call: Silence = silence.body
        tally = tally_of(index, silence)
        own = index.answers(silence.ref, call.digest).get(self._member, [])
        if last_word(own, call.deadline_at) is not None or (tally and self._member not in tally.members):
            del self._open[key]
            return []
        if each.decided is None:
            each.decided = self._decide(status, silence, tally, now)
        made = [] if tally is None else self._say_received(status, silence, call.digest, now)
        return made if each.decided is None else [*made, *self._say(status, silence, each.decided, now)]

    def _decide(self, status: str, silence: Entry, tally: Tally | None, now: datetime) -> SilenceAnswer | None:
        """Return this member's last word on a silence, as soon as it has one."""
        call: Silence = silence.body
        receive_by = call.deadline_at - timedelta(seconds=call.minimum_s)
        closes_at = call.deadline_at + timedelta(seconds=call.grace_s)
        self._look_at = min(at for at in (self._look_at or now, receive_by, closes_at) if at >= now)
        if tally is None:  # the text is not here, or is not what the silence is about
            return _word(silence, "suspended", (self._member,)) if now >= receive_by else None
        if tally.is_dead or not self._is_newest(status, silence, tally):
            return None
        if tally.missing and now >= receive_by:
            return _word(silence, "suspended", tally.missing)
        if now < closes_at:
            return None
        if self._since is None or self._since > call.deadline_at:
            return _word(silence, "suspended")
        others = set(tally.members) - {self._member}
        if self._member == silence.member and not others <= set(tally.said("kept")):
            return None  # the drafter's word is the last of all, so that until then it may call this silence off
        return _word(silence, "kept")

    def _is_newest(self, status: str, silence: Entry, tally: Tally) -> bool:
        """Tell whether nothing later of the drafter is known, and nothing earlier may be agreed."""
        index = self._worlds[status]
        consultation = (silence.member, tally.call.consultation)
        thread = index.threads[consultation]
        numbers = [each.body.number for each in thread.silences.values() if each.ref != silence.ref]
        numbers += [text.entry.body.number for text in thread.texts.values()]
        if any(number >= tally.call.number for number in numbers):
            return False
        others = [each for each in tallies_of(index, consultation) if each.text.digest != tally.call.digest]
        return not agreed_of(others) and not any(silence.member in each.said("kept") for each in others)

    def _say_received(self, status: str, entry: Entry, digest: str, now: datetime) -> list[Record]:
        answers = self._worlds[status].answers(entry.ref, digest).get(self._member, ())
        if any(each.body.act == "received" for each in answers):
            return []
        return self._say(status, entry, SilenceAnswer(act="received", of=_named(entry), digest=digest), now)

    def _say(self, status: str, to: Entry, answer: SilenceAnswer, now: datetime) -> list[Record]:
        key = (status, to.ref, answer.act == "received")
        said_at = self._said.get(key)
        if said_at is not None and now - said_at < _SAY_AGAIN_AFTER:
            return []
        self._said[key] = now
        return [
            with_body(
                "consult.answer", answer, id=self._new_id(), originator=self._member,
                marking=derive(self._member, [to.marking]), status=status, precedence=Precedence.IMMEDIATE,
                issued_at=now, synthetic=to.synthetic, sources=(Source(record=to.ref[1], originator=to.ref[0]),),
            )
        ]  # fmt: skip


def _named(entry: Entry) -> RecordRef:
    return RecordRef(originator=entry.ref[0], record=entry.ref[1])


def _word(silence: Entry, act: Literal["kept", "suspended"], missing: tuple[str, ...] = ()) -> SilenceAnswer:
    return SilenceAnswer(act=act, of=_named(silence), digest=silence.body.digest, missing=missing)
