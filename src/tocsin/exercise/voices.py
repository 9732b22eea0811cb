"""Who said and did what in an exercise, and how much of a person a report may show.

Partners know a person by role and pseudonym. A report goes further than a record: it is printed and handed round, so a
copy for others has the role alone, and names come into a member's own copy only if that is asked for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin.exercise.holding import Known
from tocsin.exercise.results import Comment, Happening, Lane, RoleFigures, Voice
from tocsin.records import (
    Alert,
    Consent,
    ExerciseClock,
    ExerciseDecision,
    Inject,
    LogEntry,
    Person,
    Reaction,
    Remark,
)


@dataclass(frozen=True)
class Discretion:
    """What of people is shown."""

    is_shared: bool = False
    """A copy for others: roles alone, and no name in any text."""
    shows_names: bool = False
    """In a member's own copy: names beside the pseudonyms."""
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Names of people whose member's own file is at hand, by member and pseudonym."""

    def voice(self, member: str, person: Person) -> Voice:
        """Return a person as this copy shows one."""
        if self.is_shared:
            return Voice(member=member, role=self.text(person.role))
        name = self.names.get((member, person.pseudonym), "") if self.shows_names else ""
        return Voice(member=member, role=person.role, pseudonym=person.pseudonym, name=name)

    def text(self, text: str) -> str:
        """Return a text as this copy shows it: for others without names and pseudonyms of the member's people."""
        if not self.is_shared:
            return text
        hidden = sorted({word for (_, pseudonym), name in self.names.items() for word in (pseudonym, name)}, key=len)
        for word in reversed(hidden):  # a name within a longer one is hidden with that
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "[…]", text, flags=re.IGNORECASE)
        return text


_ACTS = {
    "acknowledge": "acknowledges", "concur": "concurs", "query": "asks", "dispute": "disputes",
    "false_alarm": "says false alarm",
}  # fmt: skip
_APPROVALS = {"release": "releases", "refuse": "refuses", "approve": "approves"}


def happenings(entries: Sequence[Known], discretion: Discretion, ids: Mapping[str, str]) -> tuple[Happening, ...]:
    """Return what happened, in the order of time.

    Args:
        entries: From ``known``.
        discretion: What of people is shown.
        ids: From ``canonical_ids``.
    """
    found = [
        *_stages(entries, ids),
        *(happening for one in entries if (happening := _happening(one, discretion)) is not None),
    ]
    return tuple(sorted(found, key=lambda each: (each.at, each.lane, each.member, each.what, each.about, each.text)))


def _stages(entries: Sequence[Known], ids: Mapping[str, str]) -> Iterable[Happening]:
    """Yield when each member first reached each stage of each event."""
    reached: set[tuple[str, str, str]] = set()
    for one in entries:
        if one.record.kind == "warning.launch":
            event = ids[one.body.event_id]
            key = (event, one.record.originator, one.body.stage)
            if key not in reached:
                reached.add(key)
                outcome = f" ({one.body.outcome.replace('_', ' ')})" if one.body.outcome else ""
                yield Happening(
                    at=one.record.issued_at, lane="stage", member=one.record.originator,
                    what=one.body.stage + outcome, text=one.body.label, about=event,
                )  # fmt: skip


@dataclass(frozen=True)
class _Told:
    """What a record tells, in words."""

    lane: Lane
    what: str
    text: str = ""
    about: str = ""
    by: Person | None = None


def _happening(one: Known, discretion: Discretion) -> Happening | None:
    tell = _TELLING.get(one.record.kind)
    told = tell(one.body) if tell is not None else None
    if told is None:
        return None
    member = one.record.originator
    return Happening(
        at=one.record.issued_at, lane=told.lane, member=member, what=discretion.text(told.what),
        text=discretion.text(told.text), about=told.about,
        voice=None if told.by is None else discretion.voice(member, told.by),
    )  # fmt: skip


def _clock(body: ExerciseClock) -> _Told:
    what = {"jump": "clock set ahead", "speed": "clock's speed changed"}.get(body.act, f"exercise: {body.act}")
    return _Told("control", what, by=body.by)


def _consent(body: Consent) -> _Told:
    what = {"consent": "consents", "decline": "declines", "withdraw": "withdraws"}[body.act]
    return _Told("control", what, text=body.text, by=body.by)


def _inject(body: Inject) -> _Told:
    act = "" if body.act == "made" else f" ({body.act})"
    return _Told("inject", f"{body.title or body.kind.replace('_', ' ')}{act}", about=body.inject, by=body.by)


def _decision(body: ExerciseDecision) -> _Told:
    if body.act == "asked":
        return _Told("message", "a decision is asked for", text=body.question, about=body.inject)
    return _Told("decision", f"decides: {body.choice}", text=body.text, about=body.inject, by=body.by)


def _reaction(body: Reaction) -> _Told:
    came = "came" if body.is_met else "did not come"
    what = f"has observed of {body.member}: “{body.reaction}” {came}"
    return _Told("control", what, text=body.text, about=body.inject, by=body.by)


def _remark(body: Remark) -> _Told | None:
    if body.act == "seen":
        return None
    return _Told("message", _ACTS.get(body.act, body.act), text=body.text, about=body.event_id, by=body.person)


def _log_entry(body: LogEntry) -> _Told:
    what = "hands over" if body.hands_over else "writes in the log"
    return _Told("message", what, text=body.text, about=body.event_id, by=body.person)


def _alert(body: Alert) -> _Told:
    english = next((text for text in body.texts if text.language.startswith("en")), None)
    headline = (english or body.texts[0]).headline if body.texts else ""
    return _Told("alert", f"{body.message.replace('_', ' ')} drafted", text=headline, about=body.event_id)


_TELLING: Mapping[str, Callable[[Any], _Told | None]] = {
    "exercise.clock": _clock,
    "exercise.consent": _consent,
    "exercise.decision": _decision,
    "exercise.end": lambda body: _Told("control", "ENDEX", text=body.text, by=body.by),
    "exercise.inject": _inject,
    "exercise.message": lambda body: _Told(
        "message", f"from {body.sender}", text=body.text, about=body.inject, by=body.by
    ),
    "exercise.reaction": _reaction,
    "watch.remark": _remark,
    "watch.log_entry": _log_entry,
    "watch.approval": lambda body: _Told(
        "decision", f"{_APPROVALS[body.act]} {_short(body.record)}", text=body.text, by=body.person
    ),
    "exchange.downgrade": lambda body: _Told("decision", "releases in part", text=body.reason, by=body.releaser),
    "alerts.alert": _alert,
    "alerts.sent": lambda body: _Told("alert", "sent to the public's channels (exercise)", by=body.by),
}
"""How the records of each kind are told; of kinds that are not here nothing is."""


def role_figures(entries: Sequence[Known], discretion: Discretion) -> tuple[RoleFigures, ...]:
    """Return how much people of each role said and decided."""
    counts: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    people: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in entries:
        counted = _counted(one)
        if counted is not None:
            what, person = counted
            key = (one.record.originator, discretion.text(person.role))
            counts[key][what] += 1
            people[key].add(person.pseudonym)
    return tuple(
        RoleFigures(
            member=member, role=role, people=0 if discretion.is_shared else len(people[member, role]),
            messages=found["messages"], decisions=found["decisions"], alerts=found["alerts"], seen=found["seen"],
        )
        for (member, role), found in sorted(counts.items())
    )  # fmt: skip


def _counted(one: Known) -> tuple[str, Person] | None:
    body = one.body
    match one.record.kind:
        case "watch.remark":
            return ("seen" if body.act == "seen" else "messages"), body.person
        case "watch.log_entry":
            return "messages", body.person
        case "exercise.message" if body.by is not None:
            return "messages", body.by
        case "exercise.decision" if body.by is not None:
            return "decisions", body.by
        case "watch.approval":
            return "decisions", body.person
        case "exchange.downgrade":
            return "decisions", body.releaser
        case "alerts.sent":
            return "alerts", body.by
        case _:
            return None


def comments(entries: Sequence[Known], discretion: Discretion) -> tuple[Comment, ...]:
    """Return what people said of the exercise: lessons first, each in the order of time."""
    found = [
        Comment(
            form=one.body.form, about=one.body.about, what=one.body.what, at=one.record.issued_at,
            text=discretion.text(one.body.text), voice=discretion.voice(one.record.originator, one.body.by),
        )
        for one in entries
        if one.record.kind == "exercise.comment"
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda each: (each.form != "lesson", each.at, each.voice.member, each.text)))


def _short(record_id: str) -> str:
    return record_id if len(record_id) <= 12 else f"{record_id[:12]}…"
