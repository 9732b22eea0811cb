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


class ImpactResult(PointResult, frozen=True, kw_only=True):
    """Where it comes down, by a member's assessment."""

    ellipse_95_km: tuple[float, float]
    """Semi-axes, the longer first."""


class OverflownResult(msgspec.Struct, frozen=True, kw_only=True):
    """An area passed over."""

    area: str
    passes_s: float
    """After lift-off."""


class StageResult(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of the event as a member issued it for its own people."""

    stage: str
    revision: int
    event_id: str
    scenario_s: float
    """After lift-off."""
    wall_ms: float
    """From handing over the plots that decided it to this record, on this machine."""
    label: str
    ballistic_probability: float | None
    launch_point: LaunchPointResult | None
    impact: ImpactResult | None
    time_to_impact_s: float | None
    areas: tuple[str, ...]
    overflown: tuple[OverflownResult, ...]
    outcome: str | None
    detections: int
    sensors: tuple[str, ...]


class MemberResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one member came to know."""

    own_detections: int
    detections: int
    """Its own and those that its peers released to it."""
    stages: tuple[StageResult, ...]


class GainResult(msgspec.Struct, frozen=True, kw_only=True):
    """What sharing gave a member, against its own sensors alone."""

    alone_predicted_s: float | None
    """After lift-off: first impact area from its own sensors alone; null if never."""
    shared_predicted_s: float | None
    seconds: float | None
    """By how much sooner the impact was known to 10 km; null if that was reached only with the peers, or never."""
    km2: float | None
    """By how much the last ellipse is smaller; null if one of the two is missing."""


class TruthResult(msgspec.Struct, frozen=True, kw_only=True):
    """The public record, and the flight that was made to meet it."""

    site: str
    site_lat_deg: float | None
    site_lon_deg: float | None
    apogee_km: float | None
    range_km: float | None
    bearing_deg: float | None
    reconstructed_impact: PointResult
    flight_s: float
    apogee_error: float
    range_error: float
    bearing_error: float


class AgreementResult(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the members' published assessments are of one event and meet (within 1 km and 2 s)."""

    agree: bool
    event_ids: tuple[str, ...]
    widest_km: float | None
    """Between the impact points of any two members."""
    widest_s: float | None


class LaunchResult(msgspec.Struct, frozen=True, kw_only=True):
    """One launch."""

    launch_id: str
    skipped: str | None
    """Why it was not replayed."""
    missile: str
    launched_at: datetime | None
    """In the replay: the recorded time where it is known."""
    notes: tuple[str, ...]
    members: dict[str, MemberResult] = {}
    agreement: AgreementResult | None = None
    sharing_gain: dict[str, GainResult] = {}
    truth: TruthResult | None = None
    synthetic: tuple[str, ...] = ()
    """What of this is simulated, and how."""


class LatencyResult(msgspec.Struct, frozen=True, kw_only=True):
    """From handing a frame to the originator's exchange to its records at the desks of the other, microseconds."""

    p50: float
    p95: float
    p99: float
    frames: int


class ExchangeResult(msgspec.Struct, frozen=True, kw_only=True):
    """What crossed, counted from what was issued and from what the stores hold."""

    sent: int
    """Records times the members that their marking names and a route reaches."""
    admitted: int
    """Of those, how many the members' stores hold."""
    lost: int
    duplicated: int
    leaked: int
    """Records in the store of a member that their marking does not name."""
    rejected: int
    latency_us: dict[str, LatencyResult]


class ReplayResult(msgspec.Struct, frozen=True, kw_only=True):
    """A whole replay."""

    schema: str = "tocsin.replay/1"
    topology: str
    seed: int
    alone: str | None
    launches: tuple[LaunchResult, ...]
    exchange: ExchangeResult
    bad_rows: tuple[str, ...] = ()
    """Rows of the table that could not be read."""
