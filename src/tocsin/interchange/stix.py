"""A ledger as a STIX 2.1 bundle: reports, observed data, opinions and notes, each with its markings and its record.

Ids follow from those of the records, and a revised record is a later version of one object: whoever imports two exports
has one of each. Every object holds the whole record in a property extension of ours.

Source:
    OASIS, STIX Version 2.1 (2021), sections 2.9 (ids), 4.5, 4.12, 4.13, 4.14, 4.16, 7.2 and 7.3; its common object
    repository for the markings of TLP 2.0.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from tocsin.codec import encode
from tocsin.interchange.leaving import (
    Leaving,
    Threads,
    claim_words,
    link_words,
    movement_words,
    note_words,
    source_words,
)
from tocsin.markings import Tlp
from tocsin.records import (
    CargoCount,
    Claim,
    ClaimItem,
    ClaimLink,
    ClaimPlace,
    ClaimSource,
    Judgement,
    Movement,
    RecordRef,
    Weighing,
)

Object = dict[str, Any]

_OURS = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/tocsin-exchange/tocsin/stix")
_OBSERVABLES = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""The namespace of ids of cyber observables (section 2.9)."""
_BEGUN = "2026-01-01T00:00:00.000Z"
"""Of objects that follow from a name alone: it says nothing, and never changes."""

TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
TLP_IDS = {
    Tlp.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    Tlp.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Tlp.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Tlp.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    Tlp.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
_OPINIONS = {
    ("supports", False): "agree", ("supports", True): "strongly-agree", ("contradicts", False): "disagree",
    ("contradicts", True): "strongly-disagree", ("denies", False): "strongly-disagree",
    ("denies", True): "strongly-disagree",
}  # fmt: skip
"""Of a link and whether it is strong."""
_CLASSES = {
    "government": "organization", "agency": "organization", "organisation": "organization", "press": "organization",
    "company": "organization", "person": "individual", "sensor": "system", "imagery": "system",
}  # fmt: skip


def stix_id(kind: str, *parts: str) -> str:
    """Return the id of an object of ours: it follows from what it is, and is no random one."""
    return f"{kind}--{uuid.uuid5(_OURS, json.dumps([kind, *parts]))}"


EXTENSION = stix_id("extension-definition", "record")


def to_stix(entries: Sequence[Leaving]) -> bytes:
    """Return a ledger as a bundle; what names a record that is not among what leaves stays without that reference."""
    threads = Threads(entries)
    sources = {entry.body.name: _id(entry) for entry in entries if isinstance(entry.body, ClaimSource)}
    found: dict[str, Object] = {}
    for each in _extension():
        found[each["id"]] = each
    for entry in entries:
        for each in _objects(entry, threads, sources):
            found.setdefault(each["id"], each)
    digest = json.dumps(sorted((entry.name, entry.record.id) for entry in entries))
    return encode({"type": "bundle", "id": stix_id("bundle", digest), "objects": list(found.values())})


def _objects(entry: Leaving, threads: Threads, sources: dict[str, str]) -> Iterator[Object]:
    yield from _markings(entry)
    yield _identity(entry.record.originator)
    match entry.body:
        case ClaimSource() as source:
            described = {"name": f"{entry.before}{source.name}", "description": source_words(source)}
            yield _about(entry, "identity", identity_class=_CLASSES.get(source.kind, "unknown"), **described)
        case ClaimItem() as item:
            yield from _item(entry, item)
        case Claim() as claim:
            yield from _claim(entry, claim, threads, sources)
        case ClaimLink() as link:
            yield from _link(entry, link, threads)
        case Judgement(claim=claim_ref):
            yield _note(entry, [claim_ref], threads)
        case Weighing(question=asked, evidence=evidence):
            yield _note(entry, [asked, evidence], threads)
        case Movement() as movement:
            yield from _movement(entry, movement, threads)
        case CargoCount(rests_on=rests_on):
            yield _note(entry, rests_on, threads)
        case _:
            yield _note(entry, [], threads)


def _item(entry: Leaving, item: ClaimItem) -> Iterator[Object]:
    file: Object = {"type": "file", "spec_version": "2.1", "name": item.title}
    if item.sha256:
        file["hashes"] = {"SHA-256": item.sha256}
    seen = [_observable(file, "hashes", "name")]
    if item.url:
        seen.append(_observable({"type": "url", "spec_version": "2.1", "value": item.url}, "value"))
    yield from seen
    at = _time(item.obtained_at or item.published_at or entry.record.issued_at)
    yield _about(
        entry, "observed-data", first_observed=at, last_observed=at, number_observed=1,
        object_refs=[each["id"] for each in seen],
    )  # fmt: skip


def _claim(entry: Leaving, claim: Claim, threads: Threads, sources: dict[str, str]) -> Iterator[Object]:
    speaker = sources.get(claim.speaker)
    if speaker is None:
        identity = _identity(claim.speaker)
        speaker = identity["id"]
        yield identity
    places = [_location(place) for place in claim.places if place.lat_deg is not None]
    yield from places
    items = [_id(found) for ref in claim.rests_on if (found := threads.of(ref)) is not None]
    words = [*claim_words(claim), *(f"Place: {place.name}" for place in claim.places)]
    words += [f"Denied by {denial}" for denial in threads.denials(entry)]
    refs = dict.fromkeys([speaker, *items, *(place["id"] for place in places)])
    yield _about(
        entry, "report", name=f"{entry.before}{claim.proposition}", description="\n".join(words),
        published=_time(claim.said_at or entry.record.issued_at), object_refs=list(refs),
    )  # fmt: skip


def _movement(entry: Leaving, movement: Movement, threads: Threads) -> Iterator[Object]:
    ends = [place for place in (movement.origin, movement.destination) if place is not None]
    places = [_location(place) for place in ends if place.lat_deg is not None]
    yield from places
    named = [_id(found) for ref in (*movement.vessels, *movement.rests_on) if (found := threads.of(ref)) is not None]
    refs = dict.fromkeys([stix_id("identity", entry.record.originator), *named, *(place["id"] for place in places)])
    words = [*movement_words(movement), *(f"Place: {place.name}" for place in ends)]
    yield _about(
        entry, "report", name=f"{entry.before}{movement.title}", description="\n".join(words) or movement.title,
        published=_time(entry.record.issued_at), object_refs=list(refs),
    )  # fmt: skip


def _link(entry: Leaving, link: ClaimLink, threads: Threads) -> Iterator[Object]:
    of, to = threads.of(link.of), threads.of(link.to)
    if to is None:
        return
    authors = [of.body.speaker] if of is not None and isinstance(of.body, Claim) else [entry.record.originator]
    said = f": {of.body.proposition}" if of is not None and isinstance(of.body, Claim) else ""
    yield _about(
        entry, "opinion", opinion=_OPINIONS[(link.relation, link.weight == "strong")], authors=authors,
        explanation=f"{entry.before}{link_words(link)}{said}", object_refs=[_id(to)],
    )  # fmt: skip


def _note(entry: Leaving, about: Sequence[RecordRef], threads: Threads) -> Object:
    refs = [_id(found) for ref in about if (found := threads.of(ref)) is not None]
    originator = entry.record.originator
    refs = refs or [stix_id("identity", originator)]  # a note is about something
    return _about(entry, "note", content=f"{entry.before}{note_words(entry)}", authors=[originator], object_refs=refs)


def _about(entry: Leaving, kind: str, **properties: Any) -> Object:
    record = entry.record
    found = {
        "type": kind, "spec_version": "2.1", "id": stix_id(kind, *entry.thread[0]),
        "created_by_ref": stix_id("identity", record.originator), "created": _time(entry.begun_at),
        "modified": _time(max(record.issued_at, entry.begun_at)), **properties,
        "labels": [f"tocsin:status={record.status}", f"tocsin:record={entry.name}"],
        "object_marking_refs": [each["id"] for each in _markings(entry)],
        "extensions": {EXTENSION: {"extension_type": "property-extension", "record": msgspec.Raw(entry.released.data)}},
    }  # fmt: skip
    if entry.cites:
        found["external_references"] = [{"source_name": "cited", "description": cited} for cited in entry.cites]
    return found


def _id(entry: Leaving) -> str:
    return stix_id(_TYPES.get(type(entry.body), "note"), *entry.thread[0])


_TYPES: dict[type, str] = {
    ClaimSource: "identity", ClaimItem: "observed-data", Claim: "report", Movement: "report", ClaimLink: "opinion",
}  # fmt: skip
"""All else is a note."""


def _markings(entry: Leaving) -> Iterator[Object]:
    status = f"Status {entry.record.status}" + (", simulated" if entry.record.synthetic else "")
    for statement in (entry.marking, status):
        yield {
            "type": "marking-definition", "spec_version": "2.1", "id": stix_id("marking-definition", statement),
            "created": _BEGUN, "definition_type": "statement", "definition": {"statement": statement},
        }  # fmt: skip
    tlp = entry.record.marking.tlp
    if tlp is not None:
        level = tlp.value.removeprefix("TLP:").lower()
        yield {
            "type": "marking-definition", "spec_version": "2.1", "id": TLP_IDS[tlp], "name": tlp.value,
            "created": "2022-10-01T00:00:00.000Z",
            "extensions": {TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": level}},
        }  # fmt: skip


def _identity(name: str) -> Object:
    return {
        "type": "identity", "spec_version": "2.1", "id": stix_id("identity", name), "created": _BEGUN,
        "modified": _BEGUN, "name": name, "identity_class": "unknown",
    }  # fmt: skip


def _location(place: ClaimPlace) -> Object:
    found: Object = {
        "type": "location", "spec_version": "2.1", "created": _BEGUN, "modified": _BEGUN, "name": place.name,
        "id": stix_id("location", place.name, str(place.lat_deg), str(place.lon_deg), str(place.within_km)),
        "latitude": place.lat_deg, "longitude": place.lon_deg,
    }  # fmt: skip
    if place.within_km is not None:
        found["precision"] = place.within_km * 1e3
    return found


def _extension() -> Iterator[Object]:
    yield _identity("Tocsin")
    yield {
        "type": "extension-definition", "spec_version": "2.1", "id": EXTENSION, "created": _BEGUN, "modified": _BEGUN,
        "created_by_ref": stix_id("identity", "Tocsin"), "name": "Tocsin record", "version": "1.0.0",
        "description": "The whole record that an object was made from, with its marking, status and sources.",
        "schema": "https://github.com/tocsin-exchange/tocsin/blob/main/spec/schema/record.json",
        "extension_types": ["property-extension"],
    }  # fmt: skip


def _observable(properties: Object, *contributing: str) -> Object:
    """Return a cyber observable with the id that follows from its properties (section 2.9)."""
    names = {name: properties[name] for name in contributing if name in properties}
    text = json.dumps(names, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return properties | {"id": f"{properties['type']}--{uuid.uuid5(_OBSERVABLES, text)}"}


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
