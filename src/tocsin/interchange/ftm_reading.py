"""Entities of FollowTheMoney come in as sources, items of unknown basis, and claims that name who publishes them."""

from __future__ import annotations

from typing import Any

from tocsin.codec import decode
from tocsin.errors import MalformedRecordError
from tocsin.interchange.coming import Received, day, moment, new_key, one_line
from tocsin.interchange.ftm import NAMED

_SOURCES = {
    "PublicBody": "government", "Organization": "organisation", "Company": "company", "Person": "person",
    "LegalEntity": "organisation",
}  # fmt: skip
_DOCUMENTS = {
    "Document": "application/octet-stream", "PlainText": "text/plain", "HyperText": "text/html", "Article": "text/html",
    "Image": "image/*", "Video": "video/*", "Audio": "audio/*", "Pages": "application/pdf", "Email": "message/rfc822",
}  # fmt: skip


def read_ftm(data: bytes, received: Received) -> None:
    """Read entities, one JSON object a line.

    ``Event`` becomes a claim, documents become items, organisations and people sources. What else there is, such as
    ``Vessel`` or ``Ownership``, says nothing that a ledger of claims holds: it is passed over.
    """
    entities: list[tuple[str, dict[str, Any]]] = []
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            entity = decode(line, dict[str, Any])
        except MalformedRecordError as error:
            received.refuse(place, f"no JSON object: {str(error)[:200]}", "Entities stand one a line")
            continue
        if not all(isinstance(entity.get(name), str) for name in ("id", "schema")) or not isinstance(
            entity.get("properties"), dict
        ):
            received.refuse(place, "no entity: it lacks id, schema or properties", "Export it with: ftm export-…")
            continue
        entities.append((place, entity))
    held = {entity["id"]: entity for _, entity in entities}
    for place, entity in entities:
        _read(entity, place, held, received)


def _read(entity: dict[str, Any], place: str, held: dict[str, dict[str, Any]], received: Received) -> None:
    schema, properties = entity["schema"], entity["properties"]
    words = [*_all(properties, "keywords"), *_all(properties, "description")]  # a link has no keywords
    tags = dict(word.partition("=")[::2] for word in words if word.startswith("tocsin:"))
    if "tocsin:originator" in tags:
        received.pass_over_member(tags["tocsin:originator"])
    elif NAMED in tags or schema == "Address":  # parts of claims
        return
    elif schema in _SOURCES:
        received.add(
            "source", place, key=_key(entity["id"]), name=_caption(properties) or entity["id"], kind=_SOURCES[schema],
        )  # fmt: skip
    elif schema in _DOCUMENTS:
        urls = _all(properties, "sourceUrl")
        received.add(
            "item", place, key=_key(entity["id"]), title=_caption(properties) or entity["id"], basis="unknown",
            media=next(iter(_all(properties, "mimeType")), _DOCUMENTS[schema]), url=next(iter(urls), None),
            published_at=day(next(iter(_all(properties, "publishedAt")), None)), cites=urls[1:],
        )  # fmt: skip
    elif schema == "Event":
        _event(entity, place, held, received)
    else:
        received.passed_over[f"of schema {schema[:40]}, which is none of a ledger"] += 1


def _event(entity: dict[str, Any], place: str, held: dict[str, dict[str, Any]], received: Received) -> None:
    properties = entity["properties"]
    proposition = _caption(properties) or one_line(next(iter(_all(properties, "summary")), ""))
    organizers = [held[each]["properties"] for each in _all(properties, "organizer") if each in held]
    speaker = next(iter([*_all(properties, "publisher"), *(_caption(each) for each in organizers)]), "")
    if not proposition or not speaker:
        lacking = "name" if not proposition else "publisher"
        received.refuse(place, f"this Event has no {lacking}", f"Give it {lacking}: a claim is somebody's")
        return
    addresses = [held[each]["properties"] for each in _all(properties, "addressEntity") if each in held]
    places = [found for address in addresses if (found := _place(address)) is not None]
    known = {found["name"] for found in places}
    places += [{"name": name} for name in _all(properties, "location") if name not in known]
    since = next(iter(_all(properties, "startDate") or _all(properties, "date")), None)
    until = next(iter(_all(properties, "endDate") or _all(properties, "date")), None)
    received.add(
        "claim", place, key=_key(entity["id"]), proposition=proposition, speaker=one_line(speaker), places=places,
        since=moment(_utc(since)), until=moment(_utc(until), is_end=True),
        rests_on=[_key(each) for each in _all(properties, "proof") if held.get(each, {}).get("schema") in _DOCUMENTS],
        cites=_all(properties, "sourceUrl"),
    )  # fmt: skip


def _utc(text: str | None) -> str | None:
    """Return a time as FollowTheMoney writes it, without a zone and in UTC, with the zone."""
    return f"{text}Z" if text is not None and "T" in text and not text.endswith("Z") and "+" not in text else text


def _place(address: dict[str, Any]) -> dict[str, Any] | None:
    name = _caption(address) or next(iter(_all(address, "full")), "")
    try:
        lat_deg, lon_deg = (float(_all(address, name)[0]) for name in ("latitude", "longitude"))
    except (IndexError, ValueError):
        return {"name": name} if name else None
    return {"name": name or f"{lat_deg:.4f}, {lon_deg:.4f}", "lat_deg": lat_deg, "lon_deg": lon_deg}


def _caption(properties: dict[str, Any]) -> str:
    names = [each for key in ("name", "title", "fileName") for each in _all(properties, key)]
    return one_line(next(iter(names), ""))


def _all(properties: dict[str, Any], name: str) -> list[str]:
    values = properties.get(name, [])
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _key(entity_id: str) -> str:
    return new_key("ftm", entity_id)
