"""What has to hold before a message goes to the public: one guard for each way in which alerts have gone wrong.

Each guard looks at one message in its place and returns why it may not go, or nothing. All are asked, so that a person
sees every reason at once. docs/explanation/alerts-that-are-right.md says which case each one is from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tocsin.alerts.consents import Consent
from tocsin.alerts.drafting import Office, why_not, world_of
from tocsin.alerts.settings import DUTIES, may, step_of
from tocsin.alerts.texts import PARTS
from tocsin.alerts.thread import Thread, digest_of
from tocsin.markings import PublicWarning, StatusClass
from tocsin.records import ENDS, Admitted, Alert, Launch, Person

CapStatus = Literal["Actual", "Exercise", "Test"]

_CAP_STATUSES: Mapping[StatusClass, CapStatus] = {"actual": "Actual", "exercise": "Exercise", "test": "Test"}

Standing = Callable[[Admitted], bool]
"""Tells of a ``watch.approval`` whether the person's own passkey signed it."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A message that somebody wants to send, with all that decides whether it may go."""

    message: Admitted
    thread: Thread
    office: Office
    by: Person
    """Who sends it."""
    now: datetime
    is_open: bool
    """Whether the channels to the public are open (``tocsin check --public-warning``)."""
    standing: Standing
    name_of: Callable[[str], str]
    """From an id that an event had to the one that it goes by."""

    @property
    def body(self) -> Alert:
        """The message."""
        body: Alert = self.message.body
        return body

    @property
    def launch(self) -> Admitted | None:
        """The launch record that it rests on."""
        grounds = self.body.grounds
        return None if grounds is None else self.thread.launches.get(grounds.launch)

    def is_of_event(self, event_id: str) -> bool:
        """Whether an event is that of the message, by whichever of its ids."""
        return self.name_of(event_id) == self.name_of(self.body.event_id)

    @property
    def needed(self) -> int:
        """How many people of different roles have to confirm it: as drafted, or more if the policy is stricter now."""
        return max(self.body.confirmations, self.office.settings.confirmations.of(self.body.message))

    @property
    def consents(self) -> Sequence[Consent]:
        """What people said to it."""
        return self.thread.consents.get(self.message.record.id, ())

    @property
    def is_end(self) -> bool:
        """Whether it ends the alert."""
        return self.body.message in ENDS


@dataclass(frozen=True)
class Refusal:
    """Why a message may not go."""

    guard: str
    reason: str


def cap_status(message: Admitted) -> CapStatus:
    """Return as what CAP tells a message: ``Actual`` only for what is actual through and through."""
    return _CAP_STATUSES[world_of(message)]


def refusals(case: Case) -> tuple[Refusal, ...]:
    """Return every reason why a message may not go; empty: it may."""
    return tuple(Refusal(name, reason) for name, guard in GUARDS.items() if (reason := guard(case)))


def _own(case: Case) -> str:
    if case.message.record.originator != case.office.member:
        return f"it is {case.message.record.originator}'s: each member alerts for itself"
    return ""


def _form(case: Case) -> str:
    """A message says something to somebody through something, and says what it changes."""
    body = case.body
    areas = (*body.areas, *body.freed)
    if not body.areas or not body.channels or any(not area.rings for area in areas):
        return "it lacks an area, an outline or a channel"
    if any(len(ring) < 4 or ring[0] != ring[-1] for area in areas for ring in area.rings):
        return "an outline does not close"
    if (body.message == "alert") == bool(body.changes) or bool(body.freed) != bool(body.freed_texts):
        return "what it changes, or what it frees, does not go with what it is"
    return "" if body.message != "cancel" or body.reason else "it does not say what was wrong"


def _world(case: Case) -> str:
    """Hawaii, January 2018: a drill went out as real."""
    record = case.message.record
    parents = [case.launch, *(case.thread.find(each) for each in case.body.changes)]
    for parent in parents:
        if parent is None:
            return "what it rests on is not held here, so nobody can tell which world it is of"
        if parent.record.status != record.status:
            return f"it is of status {record.status} and rests on {parent.record.status}"
        if parent.record.synthetic and not record.synthetic:
            return "it rests on simulated records and does not say so"
    return ""


def _channels(case: Case) -> str:
    """Hawaii again: what is not real goes by no channel that the public takes for real."""
    allowed = case.office.settings.channels_for(is_real=world_of(case.message) == "actual")
    strange = set(case.body.channels) - allowed - case.thread.told().channels
    return f"the channel {', '.join(sorted(strange))} does not carry messages of this world" if strange else ""


def _marking(case: Case) -> str:
    sources = [case.message, *([case.launch] if case.launch is not None else [])]
    if any(each.record.marking.public_warning is PublicWarning.NO for each in sources):
        return "the marking of what it rests on does not allow a warning to the public"
    return ""


def _territory(case: Case) -> str:
    """Seoul, May 2023: one authority took up an order that was for another."""
    told = {area.area for area in (*case.body.areas, *case.body.freed)}
    foreign = told - set(case.office.territory.own(told))
    return f"{', '.join(sorted(foreign))} is not {case.office.member}'s to alert" if foreign else ""


def _areas_of_event(case: Case) -> str:
    """J-Alert, October 2022: areas of an old drill were in a real alert."""
    launch: Launch | None = None if case.launch is None else case.launch.body
    if launch is None or not case.is_of_event(launch.event_id):
        return "its areas are not of a record of this event"
    grown = launch.outcome == "lost" and launch.lost_at is not None
    of_event = set(launch.areas) | set(case.thread.told().areas)
    strange = {area.area for area in case.body.areas} - of_event
    return f"{', '.join(sorted(strange))} is not at risk by the track of this event" if strange and not grown else ""


def _grade(case: Case) -> str:
    launch: Launch | None = None if case.launch is None else case.launch.body
    if case.is_end or launch is None or launch.grade == "public":
        return ""
    return f"the launch is not confirmed well enough: {launch.grade_basis}"


def _late(case: Case) -> str:
    """J-Alert, April 2023: five minutes before the predicted impact, and after it came down elsewhere."""
    latest_at = case.body.latest_at
    if latest_at is not None and case.now > latest_at:
        return f"the time of impact has passed ({latest_at:%H:%M:%S} UTC): say what happened instead"
    return ""


def _order(case: Case) -> str:
    record_id = case.message.record.id
    thread = case.thread
    told = thread.told()
    if record_id in thread.sent:
        return "it has been sent"
    if thread.is_over:
        return "this alert has ended"
    if case.body.changes != tuple(each.record.id for each in told.messages):
        return "more has been told since it was drafted, or what it changes was never sent"
    kinds = ("alert", "update") if not case.is_end else (case.body.message,)
    newest = thread.newest(*kinds)
    if not case.is_end and newest is not None and newest.record.id != record_id:
        wider = {area.area for area in newest.body.areas} - {area.area for area in case.body.areas}
        if wider:  # a coarse one may go while it is narrowed, or nobody would ever be done confirming
            return f"a newer draft, number {newest.body.number}, names {', '.join(sorted(wider))} as well"
    return ""


def _current(case: Case) -> str:
    """A first message rests on what is known now; later ones tell of what has become of it."""
    newest = case.thread.launch
    if case.body.message != "alert" or newest is None:
        return ""
    reason = why_not(newest, case.office)
    return f"by the newest record of the event {reason}" if reason else ""


def _reach(case: Case) -> str:
    """J-Alert, April 2023: the alert was lifted by another channel than it had come by."""
    told = case.thread.told()
    left_channels = told.channels - set(case.body.channels)
    covered = {area.area for area in (*case.body.areas, *case.body.freed)}
    left_areas = set(told.areas if case.is_end else told.at_risk) - covered
    if left_channels:
        return f"the channel {', '.join(sorted(left_channels))} carried the alert and would not carry this"
    return f"{', '.join(sorted(left_areas))} had the alert and would not have this" if left_areas else ""


def _correction(case: Case) -> str:
    """Hawaii, January 2018: 38 minutes to the correction, as there was no text for it."""
    if case.is_end or case.thread.correction_of(case.message) is not None:
        return ""
    return "no correction is ready to be sent if it is wrong"


def _text(case: Case) -> str:
    """Seoul, May 2023: neither the reason nor where to go."""
    languages = set(case.office.territory.languages)
    texts = [case.body.texts, *([case.body.freed_texts] if case.body.freed else [])]
    if any({text.language for text in each} != languages for each in texts):
        return f"it is not told in all of {', '.join(case.office.territory.languages)}"
    if not all(getattr(text, part) for each in texts for text in each for part in PARTS):
        return "a part of its text is empty"
    return ""


def _sender(case: Case) -> str:
    step = step_of(case.body.message)
    return "" if may(case.by.role, step) else f"the role {case.by.role} may not {step.replace('_', ' ')}"


def _approvals(case: Case) -> str:
    """Hawaii, January 2018: one person, one prompt."""
    for consent in case.consents:
        if not consent.is_yes:
            person = consent.person
            return f"{person.pseudonym} ({person.role}) refused it: {consent.text or 'no reason given'}"
    counted = _counted(case)
    if len(set(counted.values())) < case.needed:
        have = ", ".join(f"{who} ({role})" for who, role in sorted(counted.items())) or "nobody"
        return f"{case.needed} of different roles have to confirm it; confirmed by {have}"
    return ""


def wanted(case: Case) -> tuple[tuple[str, ...], ...]:
    """Return the confirmations that a message still wants: of each, the roles that may give it."""
    roles = set(_counted(case).values())
    able = DUTIES["confirm"] & DUTIES[step_of(case.body.message)]
    missing: list[frozenset[str]] = [] if roles & able else [able - roles]  # one of them sends it
    while len(roles) + len(missing) < case.needed:
        taken = roles | (missing[0] if missing and len(missing[0]) == 1 else frozenset())
        missing.append(DUTIES["confirm"] - taken)
    return tuple(tuple(sorted(each)) for each in missing)


def _counted(case: Case) -> dict[str, str]:
    """Return who has confirmed a message, and in which role: a person counts once, in whichever role came first."""
    counted: dict[str, str] = {}
    for consent in case.consents:
        if counts(consent, case):
            counted.setdefault(consent.person.pseudonym, consent.person.role)
    return counted


def counts(consent: Consent, case: Case) -> bool:
    """Tell whether a yes is one: to this message to the byte, by a role that may, signed if policy asks for it.

    One that was given before the last message went out was given to something else: who has a correction kept ready
    confirms it when it is wanted.
    """
    last = next(reversed(case.thread.sent.values()), None)
    return (
        consent.is_yes
        and consent.digest == digest_of(case.message)
        and (last is None or consent.at >= last.record.issued_at)
        and may(consent.person.role, "confirm")
        and (not case.office.settings.passkeys or case.standing(consent.approval))
    )


def _is_open(case: Case) -> str:
    return "" if case.is_open else "the channels are off until tocsin check --public-warning passes"


GUARDS: Mapping[str, Callable[[Case], str]] = {
    "own": _own,
    "form": _form,
    "world": _world,
    "channels": _channels,
    "marking": _marking,
    "territory": _territory,
    "areas_of_event": _areas_of_event,
    "grade": _grade,
    "late": _late,
    "order": _order,
    "current": _current,
    "reach": _reach,
    "correction": _correction,
    "text": _text,
    "sender": _sender,
    "approvals": _approvals,
    "open": _is_open,
}
