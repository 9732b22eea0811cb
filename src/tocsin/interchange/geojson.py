"""Claims on a map: GeoJSON (RFC 7946), one feature a claim, its denials beside it; a claim without a place has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from tocsin.claims import in_words
from tocsin.codec import encode
from tocsin.interchange.coming import Received, json_object, moment, new_key, one_line
from tocsin.interchange.leaving import Leaving, Threads, speaker
from tocsin.records import Claim, ClaimItem, ClaimPlace

_TEXTS = ("proposition", "name", "title", "description")
_SPEAKERS = ("speaker", "source", "author", "publisher")


def to_geojson(entries: Sequence[Leaving]) -> bytes:
    """Return the claims of a ledger as a FeatureCollection; each feature holds the record, byte for byte."""
    threads = Threads(entries)
    features = [_feature(entry, threads) for entry in entries if isinstance(entry.body, Claim)]
    return encode({"type": "FeatureCollection", "features": features})


def _feature(entry: Leaving, threads: Threads) -> dict[str, Any]:
    claim: Claim = entry.body
    record = entry.record
    rests_on = [threads.of(ref) for ref in claim.rests_on]
    properties: dict[str, Any] = {
        "name": f"{entry.before}{claim.proposition}", "speaker": speaker(claim), "said_at": claim.said_at,
        "since": claim.since, "until": claim.until, "hedge": claim.hedge, "topic": claim.topic,
        "credibility": claim.credibility, "figures": [in_words(quantity) for quantity in claim.quantities],
        "denied_by": threads.denials(entry),
        "rests_on": [item.body.title for item in rests_on if item is not None and isinstance(item.body, ClaimItem)],
        "places": [{"name": place.name, "within_km": place.within_km} for place in claim.places],
        "marking": entry.marking, "status": record.status, "synthetic": record.synthetic,
        "originator": record.originator, "record_id": record.id, "record": msgspec.Raw(entry.released.data),
    }  # fmt: skip
    return {"type": "Feature", "id": entry.name, "geometry": _geometry(claim.places), "properties": properties}


def _geometry(places: Sequence[ClaimPlace]) -> dict[str, Any] | None:
    points = [[place.lon_deg, place.lat_deg] for place in places if place.lat_deg is not None]
    if not points:
        return None  # section 3.2: a feature without a place
    return (
        {"type": "Point", "coordinates": points[0]}
        if len(points) == 1
        else {"type": "MultiPoint", "coordinates": points}
    )


def read_geojson(data: bytes, received: Received) -> None:
    """Read features: of Tocsin's own the records, of others a claim each, whose basis nobody told.

    Raises:
        FeedError: It is no GeoJSON.
    """
    whole = json_object(data, received.source)
    features = whole.get("features") if isinstance(whole, dict) else None
    if not isinstance(features, list):
        received.refuse("the whole", "has no list of features", "It is a FeatureCollection (RFC 7946)")
        return
    for number, feature in enumerate(features, 1):
        place = f"feature {number}"
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict):
            received.refuse(place, "has no properties", f"Give it {_TEXTS[0]} and {_SPEAKERS[0]}")
        elif isinstance(properties.get("record"), dict):
            received.add_record(properties["record"], place)
        else:
            _foreign(feature, properties, number, received)


def _foreign(feature: dict[str, Any], properties: dict[str, Any], number: int, received: Received) -> None:
    place = f"feature {number}"
    proposition = _first(properties, _TEXTS)
    said_by = _first(properties, _SPEAKERS)
    if not proposition or not said_by:
        lacking = _TEXTS if not proposition else _SPEAKERS
        received.refuse(place, f"has none of {', '.join(lacking)}", f"Give it the property {lacking[0]}")
        return
    try:
        places = _places(feature.get("geometry"), properties)
    except ValueError as error:
        received.refuse(place, str(error)[:300], "A claim has points: longitude, latitude in degrees")
        return
    name = str(feature.get("id", number))
    received.add(
        "claim", place, key=new_key("feature", name), proposition=proposition, speaker=said_by, places=places,
        said_at=moment(properties.get("said_at")), since=moment(properties.get("since")),
        until=moment(properties.get("until"), is_end=True), hedge=one_line(properties.get("hedge")),
        topic=one_line(properties.get("topic")),
    )  # fmt: skip


def _first(properties: dict[str, Any], names: Sequence[str]) -> str:
    return next((text for name in names if (text := one_line(properties.get(name)))), "")


def _places(geometry: Any, properties: dict[str, Any]) -> list[dict[str, Any]]:
    if geometry is None:
        return []
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Point", "MultiPoint"):
        raise ValueError(f"its geometry is {str(kind)[:40]}, no Point or MultiPoint")
    coordinates = geometry.get("coordinates")
    points = msgspec.convert([coordinates] if kind == "Point" else coordinates, list[list[float]])
    if len(points) > 1000 or any(len(point) < 2 for point in points):
        raise ValueError("it has more than 1000 points, or one without longitude and latitude")
    name = _first(properties, ("place", "place_name"))
    return [
        {"name": name or f"{lat_deg:.4f}, {lon_deg:.4f}", "lat_deg": lat_deg, "lon_deg": lon_deg}
        for lon_deg, lat_deg, *_ in points
    ]
