"""Events as GeoJSON features (RFC 7946), each with its marking, status and what it is in words.

What leaves is what a map of others may hold: where it rose from, where and when it is expected to come down, the area
at risk, and where it was seen, once a second. No velocity, no covariance, and no launch point finer than 2 km.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Literal

import shapely
from shapely import affinity
from shapely.geometry import mapping

from tocsin.geo.geodesic import destination
from tocsin.markings import StatusClass
from tocsin.web.shapes import Assessment, EventItem, ScreenMarking

Collection = Literal["launch-points", "positions", "impact-points", "impact-areas"]

COLLECTIONS: dict[Collection, str] = {
    "launch-points": "Where objects rose from, with the radius that holds it",
    "positions": "Where objects were seen last",
    "impact-points": "Where and when objects are expected to come down",
    "impact-areas": "Areas within which they come down with 95 % probability, manoeuvres allowed for included",
}

FINEST_RADIUS_KM = 2.0
_CORNERS = 48
_PLACES = 4
"""Decimals of a degree: about 10 m."""

WORDS: dict[StatusClass, str] = {"actual": "", "exercise": "EXERCISE EXERCISE EXERCISE ", "test": "TEST "}
"""What stands before every name that leaves."""


def title_of(marking: ScreenMarking, *, is_replay: bool = False) -> str:
    """Return what all that leaves together is called: worlds, then who may have it."""
    worlds = ["REPLAY"] * is_replay + [world.upper() for world in marking.worlds]
    return " ".join(["Tocsin", *worlds, "REL TO", *marking.audience])


def file_name(marking: ScreenMarking, ending: str, *, is_replay: bool = False) -> str:
    """Return a file's name that tells its world and its audience, such as ``tocsin-TEST-REL-TO-JPN-KOR.kml``."""
    return f"{re.sub('[^A-Za-z0-9]+', '-', title_of(marking, is_replay=is_replay))}.{ending}"


def feature_collection(
    events: Iterable[EventItem], marking: ScreenMarking, *, is_replay: bool = False
) -> dict[str, Any]:  # fmt: skip
    """Return a GeoJSON FeatureCollection of events that tells as a whole, too, what it is and for whom.

    Args:
        events: All of them.
        marking: Of all together.
        is_replay: Whether a federation of simulated data is replayed.
    """
    return {
        "type": "FeatureCollection", "name": title_of(marking, is_replay=is_replay), "worlds": marking.worlds,
        "statuses": marking.statuses, "synthetic": marking.has_synthetic, "replay": is_replay,
        "marking": "REL TO " + " ".join(marking.audience), "features": list(features_of(events)),
    }  # fmt: skip


def features_of(events: Iterable[EventItem], collection: Collection | None = None) -> Iterator[dict[str, Any]]:
    """Yield the features of events, from the assessment that leads."""
    for event in events:
        assessment = event.members.get(event.leading)
        if assessment is None:
            continue
        for name, geometry, more in _parts(assessment):
            if collection is None or name == collection:
                yield _feature(event, assessment, name, geometry, more)


def name_of(event: EventItem, assessment: Assessment) -> str:
    """Return what an event is called outside: never without its world."""
    what = assessment.label or "launch"
    synthetic = "SIMULATED " if event.synthetic else ""
    return f"{WORDS[event.world]}{synthetic}{what} ({assessment.stage}, {assessment.originator})"


def marking_of(event: EventItem) -> str:
    """Return an event's marking in words."""
    return "REL TO " + " ".join(event.audience)


def impact_ring(assessment: Assessment) -> list[tuple[float, float]]:
    """Return the corners of the area in which it comes down, longitude and latitude (degrees), the first again last.

    Longitudes go on beyond 180 where the area crosses it.
    """
    impact = assessment.impact
    if impact is None:
        return []
    if impact.region:
        return [(round(lon_deg, _PLACES), round(lat_deg, _PLACES)) for lon_deg, lat_deg in impact.region]
    longer, shorter = impact.ellipse_95_km
    corners = []
    for index in range(_CORNERS):
        angle = 2.0 * math.pi * index / _CORNERS
        along, across = longer * math.cos(angle), shorter * math.sin(angle)
        if impact.manoeuvre_km:
            along += math.copysign(impact.manoeuvre_km, along)
        bearing_deg = impact.ellipse_bearing_deg + math.degrees(math.atan2(across, along))
        lat_deg, lon_deg = destination(impact.lat_deg, impact.lon_deg, bearing_deg, math.hypot(along, across) * 1e3)
        turn = (lon_deg - impact.lon_deg + 180.0) % 360.0 - 180.0
        corners.append((round(impact.lon_deg + turn, _PLACES), round(lat_deg, _PLACES)))
    return [*corners, corners[0]]


def _parts(assessment: Assessment) -> Iterator[tuple[Collection, dict[str, Any], dict[str, Any]]]:
    start, track, impact = assessment.launch_point, assessment.track, assessment.impact
    if start is not None:
        radius_km = max(start.radius_km, FINEST_RADIUS_KM)
        more: dict[str, Any] = {"radius_km": round(radius_km, 1), "launched_at": _text(assessment.launched_at)}
        yield "launch-points", _point(start.lon_deg, start.lat_deg), more
    if track is not None:
        height = {"altitude_m": round(track.altitude_m, -2), "seen_at": _text(track.at.replace(microsecond=0))}
        yield "positions", _point(track.lon_deg, track.lat_deg), height
    if impact is not None:
        when = {"expected_at": _text(impact.at.replace(microsecond=0)), "areas": ",".join(assessment.areas)}
        yield "impact-points", _point(impact.lon_deg, impact.lat_deg), when
        yield "impact-areas", _area(impact_ring(assessment)), when


def _feature(
    event: EventItem, assessment: Assessment, name: Collection, geometry: dict[str, Any], more: dict[str, Any]
) -> dict[str, Any]:
    properties = {
        "name": name_of(event, assessment), "collection": name, "event_id": event.event_id, "world": event.world,
        "status": event.status, "synthetic": event.synthetic, "marking": marking_of(event), "stage": assessment.stage,
        "label": assessment.label, "originator": assessment.originator, "record_id": assessment.record_id,
        "is_closed": event.is_closed, "changed_at": _text(event.changed_at), **more,
    }  # fmt: skip
    identity = f"{event.status}.{event.event_id}.{name}".replace(":", "_")
    return {"type": "Feature", "id": identity, "geometry": geometry, "properties": properties}


def _point(lon_deg: float, lat_deg: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [round(lon_deg, _PLACES), round(lat_deg, _PLACES)]}


def _area(ring: list[tuple[float, float]]) -> dict[str, Any]:
    """Return a polygon, cut where it crosses 180 degrees as RFC 7946, section 3.1.9 asks."""
    whole = shapely.Polygon(ring).buffer(0)
    parts = []
    for shift in (-360.0, 0.0, 360.0):
        cut = affinity.translate(whole, shift).intersection(shapely.box(-180.0, -90.0, 180.0, 90.0))
        if cut.area > 0:
            parts += [part for part in getattr(cut, "geoms", [cut]) if part.area > 0]
    shape = shapely.MultiPolygon(parts) if len(parts) > 1 else parts[0]
    drawn: dict[str, Any] = mapping(shapely.orient_polygons(shape))
    return drawn


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
