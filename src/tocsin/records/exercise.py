"""Exercises: what is trained, who takes part, what was done to the players, what they did, and how it ended.

All of these are of status ``exercise:<id>`` and signed by the key for exercises; the id stands in the status alone.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

import msgspec

from tocsin.clock import require_utc
from tocsin.records.control import Person
from tocsin.records.record import require_member
from tocsin.records.warning import Position
from tocsin.records.watch import require_text

_DIGEST = re.compile(r"[0-9a-f]{64}")
MAX_SCENARIO = 200_000
"""Characters of a scenario's text."""
MAX_GIVEN = 50_000
"""Characters of one inject."""
MAX_MEMBERS = 64


class Exercise(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An exercise is proposed (``exercise.exercise``); its originator directs it."""

    name: str
    digest: str
    """SHA-256 of the scenario's text, hexadecimal: what the members consent to."""
    members: tuple[str, ...]
    """Who is to take part, sorted."""
    starts_at: datetime
    """Where the scenario's clock begins."""
    speed: float = 1.0
    """Seconds of the scenario in a second; 0: as fast as it goes."""
    seed: int = 1
    scenario: str = ""
    """The scenario's text; empty where the controllers alone have it."""
    form: Literal["toml", "yaml"] = "toml"

    def __post_init__(self) -> None:
        _require_digest(self.digest)
        require_utc(self.starts_at)
        if not 0 < len(self.members) <= MAX_MEMBERS or list(self.members) != sorted(set(self.members)):
            raise ValueError(f"members are 1 to {MAX_MEMBERS}, sorted, none twice")
        for member in self.members:
            require_member(member)
        if not 0 <= self.speed < float("inf"):
            raise ValueError("speed is zero or more")
        if len(self.scenario) > MAX_SCENARIO:
            raise ValueError(f"a scenario has {MAX_SCENARIO} characters at most, not {len(self.scenario)}")


class Consent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether the originator takes part (``exercise.consent``); the latest counts."""

    act: Literal["consent", "decline", "withdraw"]
    digest: str
    """Of the scenario, as in ``exercise.exercise``."""
    by: Person
    text: str = ""

    def __post_init__(self) -> None:
        _require_digest(self.digest)
        require_text(self.text)


class ExerciseClock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The scenario's clock is worked (``exercise.clock``)."""

    act: Literal["start", "pause", "resume", "jump", "speed"]
    at_s: float
    """Where the scenario's clock stood, seconds after its start."""
    to_s: float | None = None
    """With ``jump``: where it stands then."""
    speed: float | None = None
    """With ``speed``: seconds of the scenario in a second from then on; 0: as fast as it goes."""
    by: Person

    def __post_init__(self) -> None:
        if (self.to_s is not None) != (self.act == "jump") or (self.speed is not None) != (self.act == "speed"):
            raise ValueError("to_s stands with jump and speed with speed, and nowhere else")


class Flown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What really flies in the simulation; players are not shown it before the end."""

    name: str
    launched_at: datetime
    site: Position
    impact: Position | None = None
    """None for what does not come down."""
    impact_at: datetime | None = None
    is_orbital: bool = False

    def __post_init__(self) -> None:
        require_utc(self.launched_at)
        if self.impact_at is not None:
            require_utc(self.impact_at)


class Inject(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something is done to the players, or to the plan of it (``exercise.inject``)."""

    inject: str
    """Its id in the scenario."""
    kind: str
    """Such as ``launch``, ``salvo``, ``sensor_outage``, ``message``."""
    act: Literal["made", "added", "moved", "skipped", "ended"]
    """``made``: it happens; ``ended``: what lasted, such as an outage, is over; the others change the plan by hand."""
    due_s: float
    """When the scenario has it, seconds after its start."""
    at_s: float
    """Where the scenario's clock stood."""
    to_s: float | None = None
    """With ``moved``: when it is due from then on."""
    title: str = ""
    to: tuple[str, ...] = ()
    """Members that it is for; none: all that take part."""
    objectives: tuple[str, ...] = ()
    """Ids of the training objectives that it serves."""
    flown: tuple[Flown, ...] = ()
    """What it lets fly."""
    given: str = ""
    """The inject as JSON, in the form of a scenario: with ``added``, and with ``made`` if others act on it."""
    by: Person | None = None
    """Who did it by hand; None: the scenario's clock."""

    def __post_init__(self) -> None:
        if (self.to_s is not None) != (self.act == "moved"):
            raise ValueError("to_s stands with moved and nowhere else")
        if (self.act == "added" and not self.given) or (self.given and self.act not in ("added", "made")):
            raise ValueError("given stands with added, with made if others act on it, and nowhere else")
        if len(self.given) > MAX_GIVEN:
            raise ValueError(f"an inject has {MAX_GIVEN} characters at most, not {len(self.given)}")


class ExerciseMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A report or message for people who play (``exercise.message``)."""

    inject: str = ""
    """Id of the inject that it belongs to, if any."""
    sender: str
    """From whom it is within the exercise, in words."""
    to: tuple[str, ...] = ()
    """Members; none: all that take part."""
    role: str = ""
    """For whom among their people; empty: for everyone."""
    text: str
    by: Person | None = None
    """Who wrote it, if a player or controller did; None: the scenario."""

    def __post_init__(self) -> None:
        require_text(self.text)
        if not self.text.strip():
            raise ValueError("a message has a text")


class ExerciseDecision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A decision is asked of people, or they take it (``exercise.decision``)."""

    act: Literal["asked", "taken"]
    inject: str
    """Id of the inject that asks for it; ties the answer to the question."""
    question: str = ""
    options: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    """With ``asked``: members; none: all that take part."""
    role: str = ""
    """With ``asked``: of whom among their people."""
    within_s: float | None = None
    """With ``asked``: how long they have, seconds of the scenario."""
    choice: str = ""
    """With ``taken``: one of the options."""
    text: str = ""
    """With ``taken``: why."""
    by: Person | None = None
    """With ``taken``: who."""

    def __post_init__(self) -> None:
        require_text(self.text)
        if self.act == "taken" and (not self.choice or self.by is None):
            raise ValueError("a decision that is taken says what was chosen and by whom")
        if self.act == "asked" and not (self.question.strip() and len(self.options) > 1):
            raise ValueError("a decision that is asked for has a question and two options or more")


class Reaction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person who observes the players says whether an expected reaction came (``exercise.reaction``)."""

    inject: str
    reaction: str
    """Id of the expected reaction in the scenario."""
    member: str
    """Whose reaction."""
    is_met: bool
    seen_at: datetime
    by: Person
    text: str = ""

    def __post_init__(self) -> None:
        require_member(self.member)
        require_utc(self.seen_at)
        require_text(self.text)


class ExerciseEnd(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """ENDEX (``exercise.end``): the exercise is over for everyone, whichever member says so."""

    at_s: float
    """Where the scenario's clock stood."""
    is_complete: bool
    """Whether the scenario had run to its end."""
    by: Person | None = None
    """Who ended it; None: the scenario's clock."""
    text: str = ""
    """Why."""

    def __post_init__(self) -> None:
        require_text(self.text)


class ExerciseComment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person says afterwards, or meanwhile, of the exercise or of a part of it (``exercise.comment``)."""

    form: Literal["comment", "lesson"]
    about: Literal["exercise", "inject", "objective", "event", "member"] = "exercise"
    what: str = ""
    """Id of the inject, objective, event or member that it is about."""
    text: str
    by: Person

    def __post_init__(self) -> None:
        require_text(self.text)
        if not self.text.strip():
            raise ValueError("a comment has a text")
        if bool(self.what) != (self.about != "exercise"):
            raise ValueError("what names what a comment is about, and stands with everything but the exercise")


def _require_digest(digest: str) -> None:
    if not _DIGEST.fullmatch(digest):
        raise ValueError("digest is 64 hexadecimal digits")
