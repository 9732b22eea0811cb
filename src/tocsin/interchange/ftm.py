"""A ledger as entities of FollowTheMoney, one JSON object a line, for Aleph and whatever else reads them.

Source:
    FollowTheMoney 3.8, schemata PublicBody, Organization, Person, LegalEntity, Document, Image, HyperText, Event,
    Address, UnknownLink and Note.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from tocsin.codec import encode
from tocsin.interchange.leaving import (
    Leaving,
    Threads,
    claim_words,
    identity_words,
    link_words,
    movement_words,
    name_of,
    note_words,
    source_words,
)
from tocsin.records import (
    Claim,
    ClaimItem,
    ClaimLink,
    ClaimPlace,
    ClaimSource,
    Judgement,
    Movement,
    RecordRef,
    Vessel,
    Weighing,
    is_imo_number,
)

Entity = dict[str, Any]

_SCHEMA_OF_SOURCE = {
    "government": "PublicBody", "agency": "PublicBody", "organisation": "Organization", "press": "Organization",
    "company": "Company", "person": "Person",
}  # fmt: skip
NAMED = "tocsin:named"
"""Tag of whoever is only named by a claim: no record of ours."""

_URL = re.compile(r"https?://[^\s/?#]+\.[^\s]+")
_MIME = re.compile(r"[a-z]+/[a-z0-9.+-]+")


def to_ftm(entries: Sequence[Leaving]) -> bytes:
    """Return a ledger as entities; what names a record that is not among them stays without that link."""
    threads = Threads(entries)
    named = {entry.body.name: _id(entry) for entry in entries if isinstance(entry.body, ClaimSource)}
    found: dict[str, Entity] = {}
    for entry in entries:
        for entity in _entities(entry, threads, named):
            found.setdefault(entity["id"], entity)
    return b"".join(encode(entity) + b"\n" for entity in found.values())


def _entities(entry: Leaving, threads: Threads, named: dict[str, str]) -> Iterator[Entity]:
    match entry.body:
        case ClaimSource() as source:
            schema = _SCHEMA_OF_SOURCE.get(source.kind, "LegalEntity")
            yield _thing(entry, schema, source.name, description=[source_words(source)])
        case ClaimItem() as item:
            yield _item(entry, item, threads)
        case Claim() as claim:
            yield from _claim(entry, claim, threads, named)
        case ClaimLink() as link:
            yield from _link(entry, link, threads)
        case Judgement(claim=claim_ref):
            yield _note(entry, [claim_ref], threads)
        case Weighing(question=asked, evidence=evidence):
            yield _note(entry, [asked, evidence], threads)
        case Vessel() as vessel:
            yield _vessel(entry, vessel)
        case Movement() as movement:
            yield from _movement(entry, movement, threads)
        case _:
            yield _note(entry, [], threads)


def _item(entry: Leaving, item: ClaimItem, threads: Threads) -> Entity:
    schema = "Image" if item.media.startswith("image/") else "HyperText" if item.media == "text/html" else "Document"
    source = threads.of(item.source) if item.source is not None else None
    words = [f"Basis: {item.basis}"]
    if item.sha256:
        words.append(f"SHA-256 {item.sha256}")
    words += [f"{step.did} by {step.by} at {_text(step.at)}" for step in item.custody]
    return _thing(
        entry, schema, item.title, title=[item.title], fileName=[item.title],
        mimeType=[item.media] if _MIME.fullmatch(item.media) else [],
        publishedAt=[_text(item.published_at)] if item.published_at else [],
        retrievedAt=[_text(item.obtained_at)] if item.obtained_at else [],
        author=[source.body.name] if source is not None else [], description=words,
        summary=[item.quote] if item.quote else [], sourceUrl=_urls([item.url, *entry.cites]),
        fileSize=[str(item.size_bytes)] if item.size_bytes is not None else [],
    )  # fmt: skip


def _claim(entry: Leaving, claim: Claim, threads: Threads, named: dict[str, str]) -> Iterator[Entity]:
    speaker = named.get(claim.speaker) or _other("speaker", claim.speaker)
    if claim.speaker not in named:
        yield {"id": speaker, "schema": "LegalEntity", "properties": {"name": [claim.speaker], "keywords": [NAMED]}}
    placed = [(place, _place_id(place)) for place in claim.places]
    for place, place_id in placed:
        yield _address(place, place_id)
    items = [_id(item) for ref in claim.rests_on if (item := threads.of(ref)) is not None]
    yield _thing(
        entry, "Event", claim.proposition, involved=[speaker], location=[place.name for place in claim.places],
        addressEntity=[place_id for _, place_id in placed], proof=items, summary=claim_words(claim),
        startDate=[_text(claim.since)] if claim.since else [], endDate=[_text(claim.until)] if claim.until else [],
        publisher=[claim.reported_by or claim.speaker], sourceUrl=_urls(entry.cites),
        notes=[f"Denied by {words}" for words in threads.denials(entry)],
    )  # fmt: skip


def _vessel(entry: Leaving, vessel: Vessel) -> Entity:
    flags = vessel.values("flag")
    imo = [number for number in vessel.values("imo") if is_imo_number(number)]  # a wrong one is kept in words
    return _thing(
        entry, "Vessel", name_of(vessel), imoNumber=imo, mmsi=list(vessel.values("mmsi")),
        callSign=list(vessel.values("call_sign")), flag=[flag.lower() for flag in flags], type=[vessel.ship_type],
        description=[*identity_words(vessel), vessel.note],
    )  # fmt: skip


def _movement(entry: Leaving, movement: Movement, threads: Threads) -> Iterator[Entity]:
    ends = [place for place in (movement.origin, movement.destination) if place is not None]
    placed = [(place, _place_id(place)) for place in ends]
    for place, place_id in placed:
        yield _address(place, place_id)
    rests_on = [threads.of(ref) for ref in movement.rests_on]
    yield _thing(
        entry, "Event", movement.title, location=[place.name for place in ends], summary=movement_words(movement),
        addressEntity=[place_id for _, place_id in placed], sourceUrl=_urls(entry.cites),
        proof=[_id(each) for each in rests_on if each is not None and isinstance(each.body, ClaimItem)],
        startDate=[_text(movement.since)] if movement.since else [],
        endDate=[_text(movement.until)] if movement.until else [],
    )  # fmt: skip


def _link(entry: Leaving, link: ClaimLink, threads: Threads) -> Iterator[Entity]:
    of, to = threads.of(link.of), threads.of(link.to)
    if of is not None and to is not None:  # the schema requires both
        properties = {
            "subject": [_id(of)], "object": [_id(to)], "role": [f"{entry.before}{link.relation}"],
            "summary": [link_words(link)], "recordId": [entry.name], "description": _tags(entry),
        }  # fmt: skip
        yield {"id": _id(entry), "schema": "UnknownLink", "properties": properties}


def _note(entry: Leaving, about: Sequence[RecordRef], threads: Threads) -> Entity:
    entities = [_id(found) for ref in about if (found := threads.of(ref)) is not None]
    words = note_words(entry)
    return _thing(entry, "Note", words.partition("\n")[0], description=[words], entity=entities)


def _thing(entry: Leaving, schema: str, name: str, **properties: list[str]) -> Entity:
    given = {"name": [f"{entry.before}{name}"], "keywords": _tags(entry), **properties}
    kept = {key: [value for value in values if value.strip()] for key, values in given.items()}
    return {"id": _id(entry), "schema": schema, "properties": {key: values for key, values in kept.items() if values}}


def _tags(entry: Leaving) -> list[str]:
    record = entry.record
    return [
        f"tocsin:record={entry.name}", f"tocsin:originator={record.originator}", f"tocsin:marking={entry.marking}",
        f"tocsin:status={record.status}", f"tocsin:synthetic={str(record.synthetic).lower()}",
    ]  # fmt: skip


def _address(place: ClaimPlace, entity_id: str) -> Entity:
    properties = {"name": [place.name], "full": [place.name]}
    if place.lat_deg is not None:
        properties |= {"latitude": [str(place.lat_deg)], "longitude": [str(place.lon_deg)]}
    if place.within_km is not None:
        properties["remarks"] = [f"within {place.within_km:g} km"]
    return {"id": entity_id, "schema": "Address", "properties": properties}


def _place_id(place: ClaimPlace) -> str:
    return _other("place", place.name, str(place.lat_deg), str(place.lon_deg))


def _id(entry: Leaving) -> str:
    return f"tocsin-{'-'.join(entry.thread[0])}".replace(":", "-")


def _other(*parts: str) -> str:
    return f"tocsin-{parts[0]}-{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"


def _urls(texts: Sequence[str]) -> list[str]:
    return [text for text in texts if _URL.fullmatch(text)]


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
