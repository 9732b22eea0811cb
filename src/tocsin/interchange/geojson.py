"""Claims and cargo on a map: GeoJSON (RFC 7946); a claim is one feature, with its denials beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from tocsin.cargo import movement_features, reach_features
from tocsin.claims import in_words
from tocsin.codec import encode
from tocsin.interchange.coming import Received, json_object, moment, new_key, one_line
from tocsin.interchange.leaving import Leaving, Threads, speaker
from tocsin.records import Claim, ClaimItem, ClaimPlace, Movement, Reach

_TEXTS = ("proposition", "name", "title", "description")
_SPEAKERS = ("speaker", "source", "author", "publisher")


def to_geojson(entries: Sequence[Leaving]) -> bytes:
    """Return claims, movements and reach tests as a FeatureCollection; a feature of each holds its record's bytes."""
    threads = Threads(entries)
    features: list[dict[str, Any]] = []
    for entry in entries:
        match entry.body:
            case Claim():
                features.append(_feature(entry, threads))
            case Movement() as movement:
                claims = [claim for ref in movement.rests_on if (claim := threads.of(ref)) is not None]
                denied_by = dict.fromkeys(denial for claim in claims for denial in threads.denials(claim))
                name = f"{entry.before}{movement.title}"
                features += movement_features(movement, name=name, denied_by=list(denied_by), **_record(entry))
            case Reach() as reach:
                name = f"{entry.before}{reach.vessel_name}"
                features += reach_features(reach, name=name, **_record(entry))
    return encode({"type": "FeatureCollection", "features": features})


def _record(entry: Leaving) -> dict[str, Any]:
    record = entry.record
    return {
        "marking": entry.marking, "status": record.status, "synthetic": record.synthetic,
        "originator": record.originator, "record_id": record.id, "record": msgspec.Raw(entry.released.data),
    }  # fmt: skip


def _feature(entry: Leaving, threads: Threads) -> dict[str, Any]:
    claim: Claim = entry.body
    rests_on = [threads.of(ref) for ref in claim.rests_on]
    properties: dict[str, Any] = {
        "name": f"{entry.before}{claim.proposition}", "speaker": speaker(claim), "said_at": claim.said_at,
        "since": claim.since, "until": claim.until, "hedge": claim.hedge, "topic": claim.topic,
        "credibility": claim.credibility, "figures": [in_words(quantity) for quantity in claim.quantities],
        "denied_by": threads.denials(entry),
        "rests_on": [item.body.title for item in rests_on if item is not None and isinstance(item.body, ClaimItem)],
        "places": [{"name": place.name, "within_km": place.within_km} for place in claim.places],
        **_record(entry),
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
    all_properties = [feature.get("properties") if isinstance(feature, dict) else None for feature in features]
    held = {each["record_id"] for each in all_properties if isinstance(each, dict) and _is_own(each)}
    for number, (feature, properties) in enumerate(zip(features, all_properties, strict=True), 1):
        place = f"feature {number}"
        if not isinstance(properties, dict):
            received.refuse(place, "has no properties", f"Give it {_TEXTS[0]} and {_SPEAKERS[0]}")
        elif isinstance(properties.get("record"), dict):
            received.add_record(properties["record"], place)
        elif properties.get("part_of") not in held:  # what is part of a record stands in it
            _foreign(feature, properties, number, received)


def _is_own(properties: dict[str, Any]) -> bool:
    return isinstance(properties.get("record"), dict) and isinstance(properties.get("record_id"), str)


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
