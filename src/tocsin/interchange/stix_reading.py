"""Objects of STIX 2.1 come in: Tocsin's own as the records they hold, others as claims whose basis nobody told."""

from __future__ import annotations

from typing import Any

from tocsin.interchange.coming import Received, json_object, moment, new_key, one_line
from tocsin.interchange.stix import EXTENSION, TLP_IDS
from tocsin.markings import Tlp, marking_for

Object = dict[str, Any]

_NARROW = {TLP_IDS[Tlp.AMBER], TLP_IDS[Tlp.AMBER_STRICT], TLP_IDS[Tlp.RED]} | {
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",  # amber and red of TLP 1.0, section 7.2.1.4
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
}
_CLASSES = {"individual": "person", "system": "sensor", "organization": "organisation"}
_OPINIONS = {
    "strongly-disagree": ("contradicts", "strong"), "disagree": ("contradicts", "fair"), "agree": ("supports", "fair"),
    "strongly-agree": ("supports", "strong"),
}  # fmt: skip
_NOT_SAID = ("marking-definition", "extension-definition", "identity", "location", "file", "url")
"""Objects that tell nothing by themselves."""


def read_stix(data: bytes, received: Received) -> None:
    """Read a bundle: ``report`` and ``note`` become claims, ``opinion`` a claim and a link, ``observed-data`` an item.

    Raises:
        FeedError: It is no bundle.
    """
    whole = json_object(data, received.source)
    objects = whole.get("objects", []) if isinstance(whole, dict) else None
    if not isinstance(objects, list):
        received.refuse("the whole", "has no list of objects", "It is a bundle of STIX 2.1")
        return
    held: dict[str, Object] = {}
    for number, each in enumerate(objects, 1):
        if isinstance(each, dict) and isinstance(each.get("id"), str) and isinstance(each.get("type"), str):
            held[each["id"]] = each
        else:
            received.refuse(f"object {number}", "has no id or no type", "Export it again from where it comes from")
    if any(
        isinstance(ref, str) and ref in _NARROW for each in held.values() for ref in _list(each, "object_marking_refs")
    ):
        received.narrow(marking_for(received.member))
    for each in held.values():
        place = f"object {each['id'][:100]}"
        extensions = each.get("extensions")
        ours = extensions.get(EXTENSION) if isinstance(extensions, dict) else None
        if isinstance(ours, dict) and "record" in ours:
            received.add_record(ours["record"], place)
        else:
            _foreign(each, place, held, received)


def _foreign(each: Object, place: str, held: dict[str, Object], received: Received) -> None:
    match each["type"]:
        case "report":
            text = one_line(each.get("name")) or one_line(each.get("description"))
            _claim(each, place, held, received, text=text, said_at=each.get("published"))
        case "note":
            text = one_line(each.get("content")) or one_line(each.get("abstract"))
            _claim(each, place, held, received, text=text, said_at=each.get("created"))
        case "opinion":
            _opinion(each, place, held, received)
        case "observed-data":
            _item(each, place, held, received)
        case kind if kind not in _NOT_SAID:
            received.passed_over[f"of type {kind[:40]}, which is none of a ledger"] += 1


def _claim(
    each: Object, place: str, held: dict[str, Object], received: Received, *, text: str, said_at: Any
) -> bool:  # fmt: skip
    speaker = _speaker(each, held)
    if not text or not speaker:
        lacking = "words" if not text else "author: neither authors nor created_by_ref names one in the bundle"
        received.refuse(place, f"has no {lacking}", "A claim is somebody's words; leave it out, or name who says so")
        return False
    refs = [held[ref] for ref in _list(each, "object_refs") if isinstance(ref, str) and ref in held]
    places = [found for ref in refs if ref["type"] == "location" and (found := _place(ref)) is not None]
    received.add(
        "claim", place, key=_key(each), proposition=text, speaker=speaker, said_at=moment(said_at), places=places,
        rests_on=[_key(ref) for ref in refs if ref["type"] == "observed-data" and not _is_ours(ref)],
        cites=_cites(each),
    )  # fmt: skip
    return True


def _opinion(each: Object, place: str, held: dict[str, Object], received: Received) -> None:
    about = [held[ref] for ref in _list(each, "object_refs") if isinstance(ref, str) and ref in held]
    said = next((one_line(ref.get("name") or ref.get("content")) for ref in about), "")
    word = str(each.get("opinion"))[:40]
    text = one_line(each.get("explanation")) or (one_line(f"{word} with: {said}") if said else "")
    if not _claim(each, place, held, received, text=text, said_at=each.get("created")) or word not in _OPINIONS:
        return
    relation, weight = _OPINIONS[word]
    for ref in about:
        if ref["type"] in ("report", "note", "opinion") and not _is_ours(ref):
            key = new_key("l", each["id"][-36:], ref["id"][-36:])
            received.add("link", place, key=key, of=_key(each), to=_key(ref), relation=relation, weight=weight)


def _item(each: Object, place: str, held: dict[str, Object], received: Received) -> None:
    refs = [held[ref] for ref in _list(each, "object_refs") if isinstance(ref, str) and ref in held]
    file = next((ref for ref in refs if ref["type"] == "file"), {})
    url = next((one_line(ref.get("value")) for ref in refs if ref["type"] == "url"), None)
    hashes = file.get("hashes")
    sha256 = hashes.get("SHA-256") if isinstance(hashes, dict) else None
    received.add(
        "item", place, key=_key(each), title=one_line(file.get("name")) or url or each["id"], basis="unknown",
        media=one_line(file.get("mime_type")) or "application/octet-stream", url=url,
        sha256=sha256.lower() if isinstance(sha256, str) else None, obtained_at=moment(each.get("first_observed")),
        cites=_cites(each),
    )  # fmt: skip


def _speaker(each: Object, held: dict[str, Object]) -> str:
    authors = ", ".join(one_line(author) for author in _list(each, "authors") if isinstance(author, str))
    creator = held.get(str(each.get("created_by_ref")), {})
    return authors or one_line(creator.get("name"))


def _place(location: Object) -> dict[str, Any] | None:
    name = next((text for key in ("name", "city", "region", "country") if (text := one_line(location.get(key)))), "")
    lat_deg, lon_deg, precision_m = (location.get(key) for key in ("latitude", "longitude", "precision"))
    if not isinstance(lat_deg, (int, float)) or not isinstance(lon_deg, (int, float)):
        return {"name": name} if name else None
    place = {"name": name or f"{lat_deg:.4f}, {lon_deg:.4f}", "lat_deg": lat_deg, "lon_deg": lon_deg}
    return place | ({"within_km": precision_m / 1e3} if isinstance(precision_m, (int, float)) else {})


def _cites(each: Object) -> list[str]:
    found = [ref for ref in _list(each, "external_references") if isinstance(ref, dict)]
    return [text for ref in found if (text := one_line(ref.get("url")) or one_line(ref.get("description")))]


def _is_ours(each: Object) -> bool:
    extensions = each.get("extensions")
    return isinstance(extensions, dict) and EXTENSION in extensions


def _list(each: Object, name: str) -> list[Any]:
    value = each.get(name, [])
    return value if isinstance(value, list) else []


def _key(each: Object) -> str:
    return new_key(each["id"])
