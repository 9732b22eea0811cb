"""Events as Cursor on Target, version 2.0, for TAK clients: points and areas, with marking and world in words.

Source:
    MITRE, Cursor-on-Target Message Router User's Guide (2009), event schema; types after the CoT type tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from xml.etree import ElementTree as ET

from tocsin.web.formats.features import (
    FINEST_RADIUS_KM,
    WORDS,
    impact_ring,
    marking_of,
    name_of,
)
from tocsin.web.formats.text import printable
from tocsin.web.shapes import Assessment, EventItem

_STALE = timedelta(minutes=2)
"""After so long without news a client shows an object as stale."""

_UNKNOWN_M = "9999999.0"
_TYPES = {"launch": "b-m-p-s-m", "position": "a-u-A", "impact": "b-m-p-s-m", "area": "u-d-f"}
"""Of each part: a spot on the map, something unknown in the air, a spot, a drawn shape."""
_NOT_ACTUAL = "m-s"
"""How: mensurated, by simulation."""
_ACTUAL = "m-f"
"""How: a machine, fused from several sources."""


def to_cot(event: EventItem, now: datetime) -> Iterator[bytes]:
    """Yield an event's messages, one XML document each: launch point, position, impact point, impact area.

    Args:
        event: With the assessment that leads.
        now: When it is told, UTC.
    """
    assessment = event.members.get(event.leading)
    if assessment is None:
        return
    start, track, impact = assessment.launch_point, assessment.track, assessment.impact
    tell = partial(_message, event, assessment, now)
    if start is not None:
        radius_m = max(start.radius_km, FINEST_RADIUS_KM) * 1e3
        yield tell("launch", (start.lat_deg, start.lon_deg), error_m=radius_m)
    if track is not None and not event.is_closed:
        yield tell("position", (track.lat_deg, track.lon_deg), height_m=track.altitude_m, seen=track.at)
    if impact is not None:
        place = (impact.lat_deg, impact.lon_deg)
        yield tell("impact", place, error_m=(impact.ellipse_95_km[0] + impact.manoeuvre_km) * 1e3)
        yield tell("area", place, ring=impact_ring(assessment))


def _message(
    event: EventItem,
    assessment: Assessment,
    now: datetime,
    part: str,
    place: tuple[float, float],
    *,
    height_m: float | None = None,
    error_m: float | None = None,
    seen: datetime | None = None,
    ring: Sequence[tuple[float, float]] = (),
) -> bytes:
    stale = now + _STALE
    root = ET.Element(
        "event", version="2.0", uid=f"tocsin.{event.status}.{event.event_id}.{part}", type=_TYPES[part],
        how=_NOT_ACTUAL if event.synthetic else _ACTUAL, time=_text(now),
        start=_text(seen.replace(microsecond=0) if seen is not None else now), stale=_text(stale),
        access=marking_of(event),
    )  # fmt: skip
    if event.world != "actual":
        root.set("opex", f"{'e' if event.world == 'exercise' else 's'}-{event.status}")
    ET.SubElement(
        root, "point", lat=f"{place[0]:.4f}", lon=f"{place[1]:.4f}",
        hae=_UNKNOWN_M if height_m is None else f"{round(height_m, -2):.0f}",
        ce=_UNKNOWN_M if error_m is None else f"{error_m:.0f}", le=_UNKNOWN_M,
    )  # fmt: skip
    detail = ET.SubElement(root, "detail")
    ET.SubElement(detail, "contact", callsign=printable(f"{WORDS[event.world]}{part} {assessment.label}".strip()))
    words = f"{name_of(event, assessment)}. {marking_of(event)}. Status {event.status}."
    ET.SubElement(detail, "remarks").text = printable(words)
    for lon_deg, lat_deg in ring:
        turned = (lon_deg + 180.0) % 360.0 - 180.0
        ET.SubElement(detail, "link", point=f"{lat_deg:.4f},{turned:.4f}")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
