"""What the watch floor's API and feed speak, as types; the page and its documentation follow from these."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from tocsin.alerts import AlertSeen, ChannelHealth
from tocsin.exchange import StandingCode
from tocsin.markings import StatusClass
from tocsin.records import Act, Decision, Launch, Person, Source, Stage, TrackPoint

Role = Literal["watch_officer", "analyst", "exercise_controller", "releaser", "alert_officer", "administrator"]


class RecordItem(msgspec.Struct, frozen=True, kw_only=True):
    """A record as this member holds it, and when and how it came."""

    order: int
    """Place in the order of admission; the cursor for what comes after."""
    kind: str
    id: str
    originator: str
    audience: tuple[str, ...]
    status: str
    world: StatusClass
    precedence: str
    issued_at: datetime
    sealed_at: datetime
    admitted_at: datetime
    observed_at: datetime | None
    synthetic: bool
    clock_suspect: bool
    chain_open: bool
    supersedes: str | None
    cancels: str | None
    caveats: tuple[str, ...]
    public_warning: str
    sources: tuple[Source, ...]
    digest: str
    """SHA-256 of the record's bytes, hexadecimal: by this a decision names it."""
    body: msgspec.Raw | None = None
    """Left out in lists and in the feed."""


class RecordPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some records, and where to go on."""

    records: tuple[RecordItem, ...]
    next: int | None
    """``before`` (newest first) or ``after`` of the next page; null at the end."""


class Moments(msgspec.Struct, frozen=True, kw_only=True):
    """The way of one stage in time: seen by a sensor, told, sealed, here."""

    observed_at: datetime | None
    issued_at: datetime
    sealed_at: datetime
    admitted_at: datetime


TrailPoint = tuple[float, float, float, datetime]
"""Longitude and latitude (degrees), altitude (m), time."""


class Assessment(Launch, frozen=True, kw_only=True, omit_defaults=False):
    """The newest stage that one member tells of an event, with how it came about."""

    originator: str
    audience: tuple[str, ...]
    record_id: str
    digest: str
    """SHA-256 of the record's bytes, hexadecimal: by this a decision names it."""
    issued_at: datetime
    order: int
    trail: tuple[TrailPoint, ...]
    times: dict[Stage, Moments]
    """When each stage was first reached."""
    useful_at: datetime | None
    """When its 95 % ellipse was first 10 km or less (longer semi-axis) around the predicted impact."""
    clock_suspect: bool
    chain_open: bool


class Alone(msgspec.Struct, frozen=True, kw_only=True):
    """What this member would know of an event from its own plots alone."""

    stage: Stage
    detections: int
    sensors: tuple[str, ...]
    ellipse_95_km: tuple[float, float] | None
    """Semi-axes, the longer first; null: no impact is predicted."""
    useful_at: datetime | None
    """When the longer one was first 10 km or less."""
    audience: tuple[str, ...]
    """Those who may have all the plots that this rests on."""
    caveats: tuple[str, ...]


class RemarkItem(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said of an event."""

    originator: str
    """The member whose person it was."""
    record_id: str
    about_originator: str
    about_record: str
    act: Act
    person: Person
    text: str
    issued_at: datetime
    audience: tuple[str, ...]


class ApprovalItem(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody decided about a record, and whether that somebody signed it."""

    originator: str
    """The member whose person it was."""
    record_id: str
    about_originator: str
    about_record: str
    act: Decision
    person: Person
    text: str
    issued_at: datetime
    standing: StandingCode
    detail: str


class EventItem(msgspec.Struct, frozen=True, kw_only=True):
    """One event with every member's assessment of it."""

    key: str
    """Tells it from all others, of whatever status: ids alone may be the same in an exercise and in earnest."""
    event_id: str
    aliases: tuple[str, ...]
    status: str
    world: StatusClass
    synthetic: bool
    audience: tuple[str, ...]
    """Who may have all that is told here."""
    opened_at: datetime
    """When the first record of it was admitted."""
    changed_at: datetime
    is_closed: bool
    leading: str
    """The member whose assessment the map shows: this one if it has any, else the one that knows most."""
    members: dict[str, Assessment]
    remarks: tuple[RemarkItem, ...]
    approvals: tuple[ApprovalItem, ...]


class ScreenMarking(msgspec.Struct, frozen=True, kw_only=True):
    """The marking of all that is shown together."""

    audience: tuple[str, ...]
    """Those who may see all of it: this member at least; PUBLIC alone for everybody."""
    caveats: tuple[str, ...]
    worlds: tuple[StatusClass, ...]
    statuses: tuple[str, ...]
    has_synthetic: bool


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """All that is shown, now or as it was known at some time."""

    at: datetime
    is_now: bool
    number: int
    """Of the feed; what it brings after this number is not in here yet."""
    events: tuple[EventItem, ...]
    marking: ScreenMarking


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What a sensor is said to cover: a sector on the ground, clockwise."""

    range_km: float
    from_deg: float
    to_deg: float
    """A whole circle beyond ``from_deg`` if it looks all around."""


class SensorItem(msgspec.Struct, frozen=True, kw_only=True):
    """A sensor that gave plots, or that this member's configuration names."""

    member: str
    sensor_id: str
    lat_deg: float
    lon_deg: float
    altitude_m: float
    status: str
    """Of its plots; empty without any."""
    world: StatusClass | None
    synthetic: bool
    audience: tuple[str, ...]
    """Those who may see all that is told here."""
    caveats: tuple[str, ...]
    plots: int
    first_admitted_at: datetime | None
    """When its first plot came in."""
    last_observed_at: datetime | None
    coverage: Coverage | None
    """By this member's configuration; null for everybody else's sensors."""
    reach_km: tuple[float, ...]
    """How far over ground its plots lay, in each of 24 sectors of 15 degrees from north; 0: none there."""


class TrackItem(TrackPoint, frozen=True, kw_only=True):
    """Where the object of an event was last, by the assessment that leads."""

    key: str
    """Of the event."""
    event_id: str
    status: str
    originator: str


class LinkItem(msgspec.Struct, frozen=True, kw_only=True):
    """The link to a member."""

    member: str
    is_neighbour: bool
    connected: bool
    problem: str
    lag: int
    unsent: int
    clock_offset_s: float | None
    clock_suspect: bool
    last_heads_at: datetime | None


class LinkState(msgspec.Struct, frozen=True, kw_only=True):
    """How the links are, and how old that is."""

    at: datetime | None
    """When the node was last asked with success; null: not yet."""
    problem: str
    """Why it does not answer now; empty if it does."""
    links: tuple[LinkItem, ...]
    problems: tuple[str, ...]
    """Of the node as a whole, in words."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, and what to do."""

    error: str
    advice: str = ""


# -- the feed ----------------------------------------------------------------------------------------------------------


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello", tag_field="say"):
    """The first word on every connection."""

    epoch: str
    """Another one than before: the server began anew, numbers too; ask for the picture."""
    number: int
    at: datetime


class EventNews(msgspec.Struct, frozen=True, kw_only=True, tag="event", tag_field="say"):
    """An event as it is now; never dropped."""

    number: int
    news: Literal["new", "stage", "revision", "remark", "approval", "joined"]
    event: EventItem
    marking: ScreenMarking


class RecordNews(msgspec.Struct, frozen=True, kw_only=True, tag="records", tag_field="say"):
    """Records that came in, plots left out; never dropped."""

    number: int
    records: tuple[RecordItem, ...]


class Gone(msgspec.Struct, frozen=True, kw_only=True, tag="gone", tag_field="say"):
    """What was asked for is no longer kept: ask for the picture, then go on after ``number``."""

    number: int


class TracksNow(msgspec.Struct, frozen=True, kw_only=True, tag="tracks", tag_field="say"):
    """Where everything is; only the newest of these counts."""

    at: datetime
    tracks: tuple[TrackItem, ...]
    plots: int
    """Detections that came in since the server began."""


class LinksNow(msgspec.Struct, frozen=True, kw_only=True, tag="links", tag_field="say"):
    """How the links are; only the newest of these counts."""

    state: LinkState


class AlertNow(msgspec.Struct, frozen=True, kw_only=True, tag="alert", tag_field="say"):
    """An alert to the public as it is now; of each only the newest of these counts."""

    alert: AlertSeen


class OfficeNow(msgspec.Struct, frozen=True, kw_only=True, tag="office", tag_field="say"):
    """How this member can alert its public, and which alerts there are; only the newest of these counts."""

    alerts_public: bool
    """Whether this member alerts its public at all."""
    is_open: bool
    """Whether its channels are open (``tocsin check --public-warning``)."""
    needs_passkey: bool
    """Whether a confirmation counts only with the person's own signature by passkey."""
    channels: tuple[ChannelHealth, ...]
    """What tests of them have shown."""
    alerts: tuple[str, ...]
    """Keys of all alerts that are shown; others are over for long."""


FeedSays = Hello | EventNews | RecordNews | Gone | TracksNow | LinksNow | AlertNow | OfficeNow
