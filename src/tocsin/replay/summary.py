"""From what members issued to what a replay tells of a launch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Protocol

from tocsin.geo.geodesic import distance_m
from tocsin.records import Launch
from tocsin.replay.results import (
    AgreementResult,
    GainResult,
    ImpactResult,
    LaunchPointResult,
    LaunchResult,
    MemberResult,
    OverflownResult,
    PointResult,
    StageResult,
    TruthResult,
)
from tocsin.replay.scenario import Scene
from tocsin.synthesis import METHOD
from tocsin.synthesis.launches import LaunchRow
from tocsin.synthesis.sensors import Sensor
from tocsin.warning import agree, sharing_gain


@dataclass(frozen=True)
class Issued:
    """A stage and when it was issued."""

    scenario_s: float
    wall_ms: float
    launch: Launch


class Seen(Protocol):
    """What was gathered of one member."""

    own_detections: int
    detections: int
    stages: list[Issued]
    published: list[Launch]
    alone: list[Issued]


def skipped(row: LaunchRow, reason: str) -> LaunchResult:
    """Return the result of a launch that was not replayed."""
    return LaunchResult(
        launch_id=row.launch_id, skipped=reason, missile=row.missile_name, launched_at=row.launched_at, notes=row.notes
    )


def of_launch(
    scene: Scene, members: Mapping[str, Seen], *, sensors: Sequence[Sensor], alone: str | None, status: str = "test"
) -> LaunchResult:
    """Return the result of a launch that was replayed."""
    row, flight = scene.row, scene.flight
    return LaunchResult(
        launch_id=row.launch_id,
        skipped=None,
        missile=row.missile_name,
        launched_at=scene.lift_off,
        notes=row.notes,
        members={
            code: MemberResult(
                own_detections=seen.own_detections, detections=seen.detections,
                stages=tuple(_stage(issued, scene.lift_off) for issued in seen.stages),
            )
            for code, seen in members.items()
        },
        agreement=_agreement(members) if alone is None else None,
        sharing_gain={code: _gain(seen) for code, seen in members.items()} if alone is None else {},
        truth=TruthResult(
            site=row.site_name, site_lat_deg=row.site_lat_deg, site_lon_deg=row.site_lon_deg,
            apogee_km=row.apogee_km, range_km=row.distance_km, bearing_deg=row.bearing_deg,
            reconstructed_impact=PointResult(
                lat_deg=round(float(flight.impact_lat_deg), 5), lon_deg=round(float(flight.impact_lon_deg), 5)
            ),
            flight_s=round(float(flight.duration_s), 1),
            apogee_error=float(flight.apogee_error), range_error=float(flight.range_error),
            bearing_error=float(flight.bearing_error),
        ),
        synthetic=(
            METHOD, flight.assumptions, f"{len(sensors)} invented sensors",
            f"status {status}: nothing of this is a warning",
        ),
    )  # fmt: skip


def _stage(issued: Issued, lift_off: datetime) -> StageResult:
    launch = issued.launch
    now = lift_off + timedelta(seconds=issued.scenario_s)
    point, impact = launch.launch_point, launch.impact
    return StageResult(
        stage=launch.stage,
        revision=launch.revision,
        event_id=launch.event_id,
        scenario_s=issued.scenario_s,
        wall_ms=round(issued.wall_ms, 3),
        label=launch.label,
        ballistic_probability=launch.ballistic_probability,
        launch_point=LaunchPointResult(lat_deg=point.lat_deg, lon_deg=point.lon_deg, radius_km=point.radius_km)
        if point
        else None,
        impact=ImpactResult(lat_deg=impact.lat_deg, lon_deg=impact.lon_deg, ellipse_95_km=impact.ellipse_95_km)
        if impact
        else None,
        time_to_impact_s=round((impact.at - now) / timedelta(seconds=1), 3) if impact else None,
        areas=launch.areas,
        overflown=tuple(
            OverflownResult(area=over.area, passes_s=round((over.passes_at - lift_off) / timedelta(seconds=1), 3))
            for over in launch.overflown
        ),
        outcome=launch.outcome,
        detections=launch.detections,
        sensors=launch.sensors,
    )


def _agreement(members: Mapping[str, Seen]) -> AgreementResult:
    last = {code: _last_predicted(seen.published) for code, seen in members.items()}
    found = [launch for launch in last.values() if launch is not None]
    pairs = list(combinations(found, 2))
    apart_km = [
        distance_m(a.impact.lat_deg, a.impact.lon_deg, b.impact.lat_deg, b.impact.lon_deg) / 1e3
        for a, b in pairs
        if a.impact and b.impact
    ]
    apart_s = [abs((a.impact.at - b.impact.at) / timedelta(seconds=1)) for a, b in pairs if a.impact and b.impact]
    return AgreementResult(
        agree=len(found) == len(members) and all(agree(a, b) for a, b in pairs),
        event_ids=tuple(sorted({launch.event_id for launch in found})),
        widest_km=round(max(apart_km), 6) if apart_km else None,
        widest_s=round(max(apart_s), 6) if apart_s else None,
    )


def _last_predicted(launches: Sequence[Launch]) -> Launch | None:
    return next((launch for launch in reversed(launches) if launch.stage == "predicted"), None)


def _gain(seen: Seen) -> GainResult:
    alone = [(issued.scenario_s, issued.launch) for issued in seen.alone]
    shared = [(issued.scenario_s, issued.launch) for issued in seen.stages]
    gain = sharing_gain(alone, shared)
    return GainResult(
        alone_predicted_s=_first_predicted(seen.alone), shared_predicted_s=_first_predicted(seen.stages),
        seconds=gain.seconds, km2=gain.km2,
    )  # fmt: skip


def _first_predicted(issued: Sequence[Issued]) -> float | None:
    return next((entry.scenario_s for entry in issued if entry.launch.stage == "predicted"), None)
