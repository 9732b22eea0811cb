"""What people do at the watch floor, as the API speaks of it: sign in, say something, decide, write the log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, get_args

import msgspec

from tocsin.alerts import DUTIES, Reason
from tocsin.exercise.orders import Act as ExerciseAct
from tocsin.records import Act, Decision
from tocsin.web.shapes import RecordItem, Role

DECIDING_ROLES: dict[Decision, tuple[Role, ...]] = {
    "release": ("releaser",),
    "refuse": ("releaser",),
    "approve": ("alert_officer", "watch_officer"),
}
"""Who may decide what, in the role that is named first."""

ALERT = "alerts.alert"
"""Kind of the messages to the public: whoever may approve one may refuse it."""


def deciders(act: Decision, kind: str) -> tuple[Role, ...]:
    """Return who may decide about a record of a kind."""
    return DECIDING_ROLES["approve" if act == "refuse" and kind == ALERT else act]


DRAFTING_ROLES: tuple[Role, ...] = tuple(role for role in get_args(Role) if role in DUTIES["draft"])
"""Who may draft the end of an alert."""

ACTING_ROLES: tuple[Role, ...] = ("watch_officer", "analyst", "exercise_controller", "alert_officer")
"""Who may say something of an event."""


_CONTROLLERS: tuple[Role, ...] = ("exercise_controller",)
_SPEAKERS: tuple[Role, ...] = ("exercise_controller", "watch_officer", "analyst", "alert_officer")

EXERCISE_ROLES: dict[ExerciseAct, tuple[Role, ...]] = {
    **dict.fromkeys(get_args(ExerciseAct), _CONTROLLERS),
    "stop": ("exercise_controller", "watch_officer"),
    **dict.fromkeys(("message", "comment", "lesson"), _SPEAKERS),
    "decide": get_args(Role),
}
"""Who may do what about an exercise, in the first of the roles that a person has; a decision that is asked of a role is
for that role alone."""


class UserItem(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, as partners would see it."""

    pseudonym: str
    roles: tuple[Role, ...]


class PasskeyPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where passkeys work."""

    origin: str
    """The address under which the page must be open; empty: passkeys are off."""
    advice: str
    """What to do where they are off."""


class SessionItem(msgspec.Struct, frozen=True, kw_only=True):
    """What the page knows of where it is and who looks at it."""

    member: str
    member_name: str
    mode: Literal["live", "replay"]
    version: str
    user: UserItem | None
    csrf: str
    """Goes into the header X-Tocsin-CSRF of everything that changes something; empty before one signs in."""
    naming: dict[str, str]
    """By the neutral code of a place that neighbours name differently: which word this member wants on its map."""
    passkeys: PasskeyPlace
    release_by: Literal["person", "passkey"]
    """What the member's policy wants for the release of what waits."""


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A name and what proves it."""

    name: str
    password: str


class Code(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An enrolment code."""

    code: str


class Ceremony(msgspec.Struct, frozen=True, kw_only=True):
    """What the browser has to ask the person's authenticator."""

    options: dict[str, Any]
    """As ``PublicKeyCredential.parseRequestOptionsFromJSON`` or ``parseCreationOptionsFromJSON`` takes it."""


class MadeParts(msgspec.Struct, frozen=True, kw_only=True):
    """What an authenticator gave that made a passkey."""

    client_data: str = msgspec.field(name="clientDataJSON")
    attestation: str = msgspec.field(name="attestationObject")


class PasskeyMade(msgspec.Struct, frozen=True, kw_only=True):
    """A new passkey as a browser writes it in JSON."""

    id: str
    raw_id: str = msgspec.field(name="rawId")
    type: str
    response: MadeParts


class UsedParts(msgspec.Struct, frozen=True, kw_only=True):
    """What an authenticator gave that signed."""

    client_data: str = msgspec.field(name="clientDataJSON")
    authenticator_data: str = msgspec.field(name="authenticatorData")
    signature: str


class PasskeyUsed(msgspec.Struct, frozen=True, kw_only=True):
    """A signature by a passkey as a browser writes it in JSON."""

    id: str
    raw_id: str = msgspec.field(name="rawId")
    type: str
    response: UsedParts


class NewPasskey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new passkey, and what its owner calls it."""

    label: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    passkey: PasskeyMade


class PasskeyItem(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey of whoever asks."""

    id: str
    label: str
    added_at: datetime


class RemarkRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Say something of a record."""

    originator: str
    record_id: str
    act: Act
    text: str = ""


class SeenRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An event is on a person's screen."""

    key: str
    """Of the event."""


class LogRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Write into the log of the shift."""

    text: str
    event_id: str = ""
    hands_over: bool = False


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """A record was made and goes its way; it is shown once it has passed the door."""

    record_id: str


# -- deciding ----------------------------------------------------------------------------------------------------------


class HeldItem(msgspec.Struct, frozen=True, kw_only=True):
    """A record of this member that does not go where its marking lets it."""

    record: RecordItem
    """With its body: whoever decides sees what would go."""
    reason: str
    """``needs_person``, ``policy``, ``no_route`` or ``marking``."""
    detail: str
    to: tuple[str, ...]
    """Who does not get it."""
    since: datetime


class EndRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Draft the end of an alert."""

    alert_id: str
    message: Literal["cancel", "all_clear"]
    """``cancel``: it was wrong; ``all_clear``: it was right and is over."""
    reason: Reason = "sent_in_error"
    """With ``cancel``: what was wrong."""


class DecisionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Decide about a record."""

    originator: str
    record_id: str
    digest: str
    """Of the record as it was shown to the person, who decides about nothing else."""
    act: Decision
    text: str = ""
    """Why."""
    knows_of_newer: bool = False
    """Whether the person was told that a newer one has come, and means the one that was shown."""


class SignedDecision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The signature over the decision that was asked for last in this session."""

    passkey: PasskeyUsed
    knows_of_newer: bool = False
    """As when it was asked for."""


# -- exercises ---------------------------------------------------------------------------------------------------------


class ExerciseRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Do something about an exercise; what each act needs is what its command needs (``tocsin exercise``)."""

    act: ExerciseAct
    """``react`` says whether an expected reaction came, ``stop`` is ENDEX."""
    what: str = ""
    """Id of an inject (``skip``, ``move``, ``decide``, ``react``), or of what a comment is about."""
    about: Literal["exercise", "inject", "objective", "event", "member"] = "exercise"
    """With ``comment`` and ``lesson``."""
    to_s: float | None = None
    """With ``jump`` and ``move``: seconds on the scenario's clock."""
    inject: str = ""
    """With ``inject``: the fields that stand beneath ``[[inject]]`` in a scenario, in TOML."""
    choice: str = ""
    """With ``decide`` one of the options; with ``react`` the id of the expected reaction."""
    is_met: bool = True
    """With ``react``: whether it came."""
    text: str = ""
    to: tuple[str, ...] = ()
    """Members: with ``message`` those it is for (none: all), with ``react`` the one that reacted."""
    for_role: Role | Literal[""] = ""
    """With ``message``: for whom among their people; empty: everyone."""


class InjectChoices(msgspec.Struct, frozen=True, kw_only=True):
    """What an inject that is added by hand may name."""

    launches: tuple[str, ...]
    """Ids of the launch table that can be flown."""
    sensors: dict[str, str]
    """Simulated sensors, each with its member."""
