"""What a scenario holds. It is read from TOML or YAML by ``reading``; times are seconds after its start.

Wherever a time stands, a file may have a number of seconds or a text such as ``"5:00"`` or ``"1:02:30"``.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from tocsin.exercise.seconds import Seconds

FORMAT = "tocsin.exercise/1"
MOST_INJECTS = 2_000
MOST_OBJECTS = 500
"""Of what flies in one scenario."""

Role = Literal["watch_officer", "analyst", "exercise_controller", "releaser", "alert_officer", "administrator"]
Observed = Literal[
    "detected", "assessed", "predicted", "closed", "classified", "counted", "no_launch", "alert", "no_alert",
    "all_clear", "remark", "decision", "judged",
]  # fmt: skip


class Objective(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something that is trained."""

    id: str
    name: str
    text: str = ""


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the players are expected to do about an inject, and until when."""

    id: str
    what: Observed
    """``detected``, ``assessed``, ``predicted``, ``closed``: the member tells of that stage; ``classified``: as
    ``label``; ``counted``: as ``count`` objects or more, in one or several events; ``no_launch``, ``no_alert``: it does
    not tell of one; ``alert``, ``all_clear``: people send it; ``remark``: people say ``act`` of the event;
    ``decision``: they take it, as ``choice`` if there is one; ``judged``: a person who observes says so."""
    within: Seconds
    """After the inject; with ``no_launch`` and ``no_alert``, for how long."""
    by: tuple[str, ...] = ()
    """Members; none: all."""
    role: Role | None = None
    """Of the people who react; none: anyone, or the machine."""
    objectives: tuple[str, ...] = ()
    """Ids of the objectives that it speaks of; none: those of the inject."""
    text: str = ""
    label: str = ""
    """With ``classified``: a class, such as ``space_launch``."""
    count: int = 1
    """With ``counted``."""
    act: str = ""
    """With ``remark``: ``acknowledge``, ``concur``, ``query``, ``dispute``, ``false_alarm``; empty: any."""
    choice: str = ""
    """With ``decision``."""
    within_km: float | None = None
    """With ``predicted``: how far at most from where it comes down."""


class Common(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind"
):
    """What every inject has."""

    lasts: ClassVar[bool] = False
    """Whether it ends after a time."""

    id: str
    at: Seconds
    title: str = ""
    objectives: tuple[str, ...] = ()
    """Ids of the training objectives that it serves."""
    expect: tuple[Expected, ...] = ()
    after: str = ""
    """Id of an inject that it follows: ``at`` counts from that one's time on."""


class LaunchInject(Common, frozen=True, kw_only=True, tag="launch"):
    """A launch of the public record, as it was reconstructed."""

    launch: str
    """Its id in the launch table."""
    lift_to_drag: float = 0.0
    """It pulls up as it comes down."""
    fails_at: float | None = None
    """Part of the burn, between 0 and 1, after which it breaks."""


class Flying(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A flight that is no launch of the record."""

    site_lat_deg: float
    site_lon_deg: float
    bearing_deg: float
    """At the site, clockwise from north."""
    apogee_km: float
    """With ``into_orbit``: the height of the orbit."""
    distance_km: float = 0.0
    """Along the ground; without meaning for what goes into orbit."""
    into_orbit: bool = False
    lift_to_drag: float = 0.0
    fails_at: float | None = None


class FlightInject(Common, frozen=True, kw_only=True, tag="flight"):
    """A flight with figures of its own."""

    flight: Flying


class Battery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Part of a salvo: several alike from one place."""

    flight: Flying
    count: int = 1
    every: Seconds | None = None
    """Between two of them; none: all at once."""
    spread_deg: float = 0.0
    """Between the bearings of the first and of the last."""


class SalvoInject(Common, frozen=True, kw_only=True, tag="salvo"):
    """Several flights that belong together."""

    batteries: tuple[Battery, ...]


class NoticeInject(Common, frozen=True, kw_only=True, tag="notice"):
    """A member announces a space launch (``orbit.launch_notice``)."""

    member: str
    """Who issues it."""
    announced_by: str
    site_lat_deg: float
    site_lon_deg: float
    azimuth_deg: float | None = None
    closes: Seconds
    """End of the window, counted from this inject on."""
    opens: Seconds | None = None
    """Begin of the window; none: at once."""


class OutageInject(Common, frozen=True, kw_only=True, tag="sensor_outage"):
    """Sensors fall silent."""

    lasts: ClassVar[bool] = True
    sensors: tuple[str, ...]
    lasting: Seconds


class CutInject(Common, frozen=True, kw_only=True, tag="link_cut"):
    """Nothing of the exercise crosses between two members; it comes afterwards."""

    lasts: ClassVar[bool] = True
    between: tuple[str, str]
    lasting: Seconds


class DelayInject(Common, frozen=True, kw_only=True, tag="link_delay"):
    """What crosses between two members takes longer."""

    lasts: ClassVar[bool] = True
    between: tuple[str, str]
    delay: Seconds
    lasting: Seconds


class LateInject(Common, frozen=True, kw_only=True, tag="late_data"):
    """A member's sensors hand over late."""

    lasts: ClassVar[bool] = True
    member: str
    delay: Seconds
    lasting: Seconds


class FalseInject(Common, frozen=True, kw_only=True, tag="false_detections"):
    """Sensors see what is not there."""

    lasts: ClassVar[bool] = True
    sensors: tuple[str, ...]
    per_scan: float
    """Mean number of false plots in each scan."""
    lasting: Seconds


class MessageInject(Common, frozen=True, kw_only=True, tag="message"):
    """A report or message for people."""

    sender: str
    text: str
    to: tuple[str, ...] = ()
    """Members; none: all."""
    role: Role | None = None


class DecisionInject(Common, frozen=True, kw_only=True, tag="decision"):
    """A decision that people have to take."""

    question: str
    options: tuple[str, ...]
    to: tuple[str, ...] = ()
    """Members; none: all."""
    role: Role | None = None
    within: Seconds | None = None
    """How long they have."""


AnyInject = (
    LaunchInject | FlightInject | SalvoInject | NoticeInject | OutageInject | CutInject | DelayInject | LateInject
    | FalseInject | MessageInject | DecisionInject
)  # fmt: skip
INJECTS: tuple[type[Common], ...] = AnyInject.__args__
TO_COME = {"cyber": "cyber", "cargo": "cargo"}
"""Kinds of inject whose room is not there yet, each with the room."""


class Jump(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The clock goes on from another time at once; what lies between is played as fast as it goes."""

    at: Seconds
    to: Seconds


class ScenarioClock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How time passes."""

    ends: Seconds
    """When the exercise ends by itself."""
    starts_at: datetime | None = None
    """Of the scenario's day, UTC; none: the moment at which it is started."""
    speed: float = 1.0
    """Seconds of the scenario in a second; 0: as fast as it goes. On running members it is always 1."""
    jumps: tuple[Jump, ...] = ()


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An exercise from its start to its end."""

    format: Literal["tocsin.exercise/1"]
    id: str
    """Small letters, digits and hyphens; the status of all its records is ``exercise:<id>``."""
    name: str
    summary: str = ""
    members: tuple[str, ...]
    """Who takes part, by ISO 3166-1 alpha-3."""
    topology: Literal["mesh", "hub"] = "mesh"
    """Of the federation made for it; running members keep their links."""
    hub: str = ""
    seed: int = 1
    """Of all noise; the same seed gives the same exercise."""
    clock: ScenarioClock
    objective: tuple[Objective, ...] = ()
    inject: tuple[AnyInject, ...]

    @property
    def status(self) -> str:
        """Return the status of all its records."""
        return f"exercise:{self.id}"

    def due_s(self, inject: Common) -> float:
        """Return when an inject is due, with what it follows reckoned in; ``rules`` saw to it that this ends."""
        by_id = {each.id: each for each in self.inject}
        due_s, now = float(inject.at), inject
        for _ in range(len(by_id)):
            if not now.after:
                break
            now = by_id[now.after]
            due_s += now.at
        return due_s
