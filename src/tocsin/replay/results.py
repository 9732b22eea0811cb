"""What a replay tells: one value for people and scripts (``tocsin.replay/1``, docs/reference/replay.md)."""

from __future__ import annotations

from datetime import datetime

import msgspec


class PointResult(msgspec.Struct, frozen=True, kw_only=True):
    """A place."""

    lat_deg: float
    lon_deg: float


class LaunchPointResult(PointResult, frozen=True, kw_only=True):
    """Where it rose from, by a member's assessment."""

    radius_km: float
    """At least 2 km."""


class ImpactResult(PointResult, frozen=True, kw_only=True):
    """Where it comes down, by a member's assessment."""

    ellipse_95_km: tuple[float, float]
    """Semi-axes, the longer first."""


class OverflownResult(msgspec.Struct, frozen=True, kw_only=True):
    """An area passed over."""

    area: str
    """Id of a warning area, such as ``JP-01``."""
    passes_s: float
    """After lift-off."""


class StageResult(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of the event as a member issued it for its own people."""

    stage: str
    """``detected``, ``assessed``, ``predicted`` or ``closed``."""
    revision: int
    """From 1 upwards."""
    event_id: str
    """Minted by whoever detected first."""
    scenario_s: float
    """After lift-off."""
    wall_ms: float
    """From handing over the plots that decided it to this record, on this machine."""
    label: str
    """What it is taken for, in words."""
    ballistic_probability: float | None
    """That it falls freely."""
    launch_point: LaunchPointResult | None
    impact: ImpactResult | None
    time_to_impact_s: float | None
    """From ``scenario_s`` on."""
    areas: tuple[str, ...]
    """Ids of the warning areas at risk."""
    overflown: tuple[OverflownResult, ...]
    """Areas passed over, in the order of passage."""
    outcome: str | None
    """``impact``, ``lost`` or ``no_threat``, with ``closed``."""
    detections: int
    """How many plots went into it."""
    sensors: tuple[str, ...]
    """Those whose plots went into it."""


class MemberResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one member came to know."""

    own_detections: int
    """Plots of its own sensors."""
    detections: int
    """Its own and those that its peers released to it."""
    stages: tuple[StageResult, ...]
    """In the order in which it issued them."""


class GainResult(msgspec.Struct, frozen=True, kw_only=True):
    """What sharing gave a member, against its own sensors alone."""

    alone_predicted_s: float | None
    """After lift-off: first impact area from its own sensors alone; null if never."""
    shared_predicted_s: float | None
    """The same from all that it was given."""
    seconds: float | None
    """By how much sooner the impact was known to 10 km; null if that was reached only with the peers, or never."""
    km2: float | None
    """By how much the last ellipse is smaller; null if one of the two is missing."""


class TruthResult(msgspec.Struct, frozen=True, kw_only=True):
    """The public record, and the flight that was made to meet it."""

    site: str
    """Name of the launch site."""
    site_lat_deg: float | None
    site_lon_deg: float | None
    apogee_km: float | None
    range_km: float | None
    """Along the ground."""
    bearing_deg: float | None
    """At the site, clockwise from north."""
    reconstructed_impact: PointResult
    """Where the reconstructed flight comes down."""
    flight_s: float
    """From lift-off to the ground."""
    apogee_error: float
    """Relative to the record, with its sign; so the next one."""
    range_error: float
    bearing_error: float
    """Distance of the impact from the recorded bearing, over the recorded range."""


class AgreementResult(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the members' published assessments are of one event and meet (within 1 km and 2 s)."""

    agree: bool
    event_ids: tuple[str, ...]
    """Of the last assessments; one if they agree."""
    widest_km: float | None
    """Between the impact points of any two members."""
    widest_s: float | None
    """Between the times of impact of any two."""


class LaunchResult(msgspec.Struct, frozen=True, kw_only=True):
    """One launch."""

    launch_id: str
    skipped: str | None
    """Why it was not replayed."""
    missile: str
    """As the table names it."""
    launched_at: datetime | None
    """In the replay: the recorded time where it is known."""
    notes: tuple[str, ...]
    """What whoever reads this must know of the flight."""
    members: dict[str, MemberResult] = {}
    """By code."""
    agreement: AgreementResult | None = None
    sharing_gain: dict[str, GainResult] = {}
    """By code; empty with ``alone``."""
    truth: TruthResult | None = None
    synthetic: tuple[str, ...] = ()
    """What of this is simulated, and how."""


class LatencyResult(msgspec.Struct, frozen=True, kw_only=True):
    """From handing a frame to the originator's exchange to its records at the desks of the other, microseconds."""

    p50: float
    p95: float
    p99: float
    frames: int
    """How many were measured."""


class ExchangeResult(msgspec.Struct, frozen=True, kw_only=True):
    """What crossed, counted from what was issued and from what the stores hold."""

    sent: int
    """Records times the members that their marking names and a route reaches."""
    admitted: int
    """Of those, how many the members' stores hold."""
    lost: int
    """Of those sent, how many a member that should have them lacks."""
    duplicated: int
    """Records that a store holds more than once."""
    leaked: int
    """Records in the store of a member that their marking does not name."""
    rejected: int
    """Frames and records that a member refused."""
    latency_us: dict[str, LatencyResult]
    """By pair, such as ``KOR->JPN``."""


class ReplayResult(msgspec.Struct, frozen=True, kw_only=True):
    """A whole replay."""

    schema: str = "tocsin.replay/1"
    topology: str
    """``mesh``, ``hub`` or ``bilateral``."""
    seed: int
    """Of all noise."""
    alone: str | None
    """The only member whose sensors saw anything; null: all of them."""
    launches: tuple[LaunchResult, ...]
    """In the order of the table."""
    exchange: ExchangeResult
    bad_rows: tuple[str, ...] = ()
    """Rows of the table that could not be read."""
