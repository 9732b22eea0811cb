"""What an after-action report tells: one value for pages and scripts (``tocsin.after-action/1``).

Times are UTC on the exercise's own clock. Who did something is a role, and in a member's own copy a pseudonym and a
name as well; a copy for others has the role alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A place, WGS 84."""

    lat_deg: float
    lon_deg: float


class Region(Place, frozen=True, kw_only=True):
    """Where something was foretold to come down, and when."""

    ellipse_95_km: tuple[float, float]
    """Semi-axes, the longer first."""
    ellipse_bearing_deg: float
    """Of the longer axis, clockwise from north."""
    at: datetime


class Voice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who said or did something."""

    member: str
    role: str
    pseudonym: str = ""
    """Empty in a copy for others."""
    name: str = ""
    """In a member's own copy, if it was asked for."""


Lane = Literal["control", "inject", "stage", "message", "decision", "alert"]


class Happening(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened."""

    at: datetime
    lane: Lane
    member: str
    """Whose record tells of it."""
    what: str
    """In a few words."""
    text: str = ""
    """What was said."""
    about: str = ""
    """Id of the event or inject."""
    voice: Voice | None = None


class StageTimes(msgspec.Struct, frozen=True, kw_only=True):
    """When a member reached a stage of an event, and when the others had that from it."""

    stage: str
    issued_at: datetime
    """First, for its own people or for others."""
    shared_at: datetime | None
    """Issue of the first record of it that others were to have; None: none was."""
    released_at: datetime | None
    """When that was sealed for them."""
    admitted_at: dict[str, datetime]
    """By peer, of those whose copies are at hand."""


class MemberTimes(msgspec.Struct, frozen=True, kw_only=True):
    """One event as one member came to know it."""

    member: str
    stages: tuple[StageTimes, ...]
    """In their order; those that it never reached are missing."""
    shown_at: datetime | None
    """When one of its people first confirmed to have it on the screen, or said something of it."""
    label: str
    """What it was taken for in the end."""
    outcome: str | None
    """``impact``, ``lost`` or ``no_threat``; None: it was not closed."""
    areas: tuple[str, ...]
    """At risk by the last prediction."""
    impact: Region | None
    """By the last prediction."""


class EventTimes(msgspec.Struct, frozen=True, kw_only=True):
    """One event with its chain of times."""

    event_id: str
    aliases: tuple[str, ...]
    """Other ids under which members spoke of it."""
    inject: str = ""
    """Id of the inject that it came from; empty: none is known."""
    sensor_at: datetime | None
    """When a sensor first measured it."""
    launch_point: Place | None
    launched_at: datetime | None
    members: tuple[MemberTimes, ...]


class IntervalFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How long one link of the chain took, over all events."""

    link: str
    """Such as ``released to admitted``."""
    of: str
    """The member, or ``JPN to KOR``."""
    count: int
    p50_s: float
    p95_s: float


Standing = Literal["met", "late", "missed", "not_due", "unwatched"]
"""``not_due``: it could not come, as its inject was skipped; ``unwatched``: nobody said whether it came."""


class ReactionScore(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One expected reaction of one member beside what was observed."""

    reaction: str
    member: str
    expected: str
    """In words."""
    within_s: float
    """Its limit, after the inject."""
    standing: Standing
    after_s: float | None = None
    """When it came, after the inject; None: it never did."""
    observed: str = ""
    """What it was, in words."""
    record: str = ""
    """Id of the record that it is."""


class InjectScore(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One inject, what was expected of it and what came."""

    inject: str
    kind: str
    title: str
    act: Literal["made", "skipped", "not_reached"]
    due_at: datetime
    made_at: datetime | None = None
    is_by_hand: bool = False
    """Added, moved or skipped by a controller."""
    objectives: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    """Ids of the events that members made of it."""
    reactions: tuple[ReactionScore, ...] = ()


class ObjectiveScore(msgspec.Struct, frozen=True, kw_only=True):
    """How far one training objective was reached, over all reactions that serve it."""

    objective: str
    title: str
    met: int
    late: int
    missed: int
    open: int
    """Neither to be had nor missed: not due, or nobody watched."""
    score: float | None
    """Part of those met, of those that were due: 0 to 1; None: none was."""


class GainFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What one member gained on one event by what others shared with it."""

    event_id: str
    member: str
    alone_s: float | None
    """From the first measurement to an impact known to 10 km, by its own sensors alone; None: never."""
    shared_s: float | None
    """The same with all that it was given."""
    seconds: float | None
    """The difference; None: one of the two never came."""
    km2: float | None
    """By how much the 95 % ellipse was smaller; None: one of the two is missing."""


class WithheldGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Records of one kind that a member kept from one destination for one reason."""

    member: str
    kind: str
    destination: str
    reason: str
    detail: str
    count: int
    first_at: datetime
    last_at: datetime


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """Something that should have been and was not, or was and should not have been."""

    what: Literal["event", "prediction", "reaction", "peer", "false_event"]
    member: str
    about: str
    """Id of the inject or event."""
    words: str


class RoleFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How much people of one role said and decided."""

    member: str
    role: str
    people: int
    """0 in a copy for others, where nobody can be told from another."""
    messages: int
    decisions: int
    alerts: int
    seen: int
    """How often something was confirmed as seen."""


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said of it."""

    form: Literal["comment", "lesson"]
    about: str
    what: str
    at: datetime
    text: str
    voice: Voice


class SimulatedFlight(msgspec.Struct, frozen=True, kw_only=True):
    """What really flew in the simulation."""

    inject: str
    name: str
    launched_at: datetime
    site: Place
    impact: Place | None
    impact_at: datetime | None
    event: str = ""
    """Id of the event that members made of it; empty: none did."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of both runs; None where a run does not have it."""

    topic: str
    """``result``, ``objective``, ``reaction``, ``time`` or ``sharing``."""
    what: str
    earlier: float | str | None
    later: float | str | None
    unit: str = ""

    @property
    def is_equal(self) -> bool:
        """Whether the two runs agree in it."""
        return self.earlier == self.later


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A run beside an earlier one."""

    earlier: str
    """Id of the exercise that was run earlier, and when it began."""
    later: str
    differences: tuple[Difference, ...]
    """All figures, those that are equal as well."""

    @property
    def is_equal(self) -> bool:
        """Whether the two runs agree in everything that is compared."""
        return all(each.is_equal for each in self.differences)


class AfterAction(msgspec.Struct, frozen=True, kw_only=True):
    """A whole report."""

    schema: str = "tocsin.after-action/1"
    exercise: str
    """Its id, or ``test`` for a run that is no exercise."""
    name: str
    status: str
    copy: Literal["own", "shared"]
    """``own``: for those whose stores it was made from; ``shared``: for the members in ``releasable_to``."""
    releasable_to: tuple[str, ...]
    """Who may have this report: those who may have all that is in it."""
    copies_of: tuple[str, ...]
    """The members whose stores it was made from."""
    members: tuple[str, ...]
    """Who took part."""
    began_at: datetime
    ended_at: datetime
    is_complete: bool
    """Whether the scenario ran to its end."""
    ended_by: Voice | None
    """None: the scenario's clock, or nobody yet."""
    records: int
    """How many of the exercise the copies hold."""
    happenings: tuple[Happening, ...]
    injects: tuple[InjectScore, ...]
    objectives: tuple[ObjectiveScore, ...]
    events: tuple[EventTimes, ...]
    flights: tuple[SimulatedFlight, ...]
    sensors: tuple[Place, ...]
    intervals: tuple[IntervalFigures, ...]
    gains: tuple[GainFigures, ...]
    withheld: tuple[WithheldGroup, ...]
    missed: tuple[Missed, ...]
    roles: tuple[RoleFigures, ...]
    comments: tuple[Comment, ...]
    notes: tuple[str, ...]
    """What whoever reads this must know of how far it goes."""
    comparison: Comparison | None = None
    """With an earlier run, if it was asked for."""
