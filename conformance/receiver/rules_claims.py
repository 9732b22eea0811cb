"""What the schemas cannot say of bodies of the room ``claims`` (1.9)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from conformance.receiver.texts import in_order, is_digest, says, short, together
from conformance.receiver.times import moment


def is_quantity(quantity: dict[str, Any]) -> bool:
    """Tell it of a quantity."""
    least, most = quantity.get("least"), quantity.get("most")
    return (
        says(quantity, "unit")
        and not (least is None and most is None)
        and (least is None or most is None or least <= most)
        and in_order(quantity)
    )


def is_place(place: dict[str, Any]) -> bool:
    """Tell it of a place."""
    lat, lon = place.get("lat_deg"), place.get("lon_deg")
    return together(place, "lat_deg", "lon_deg") and (lat is None or (-90 <= lat <= 90 and -180 <= lon <= 180))


def is_claim(body: dict[str, Any]) -> bool:
    """Tell it of a ``claims.claim``."""
    return (
        says(body, "proposition")
        and says(body, "speaker")
        and short(body, "proposition")
        and in_order(body)
        and all(map(is_quantity, body.get("quantities", ())))
        and all(map(is_place, body.get("places", ())))
    )


def is_item(body: dict[str, Any]) -> bool:
    """Tell it of a ``claims.item``."""
    basis, origins = body["basis"], body.get("origins", ())
    parents = len(body.get("derived_from", ())) > 0
    steps = [moment(step["at"]) for step in body.get("custody", ())]
    return (
        (body.get("sha256", "") == "" or is_digest(body["sha256"]))
        and all(map(is_digest, origins))
        and (basis == "derived" or not parents)
        and (basis != "derived" or parents or len(origins) > 0)
        and (basis != "unknown" or len(origins) == 0)
        and all(before <= after for before, after in pairwise(steps))  # type: ignore[operator]
        and short(body, "quote")
    )


def is_link(body: dict[str, Any]) -> bool:
    """Tell it of a ``claims.link``."""
    ends = [(body[end]["originator"], body[end]["record"]) for end in ("of", "to")]
    return ends[0] != ends[1] and short(body, "reason") and (body.get("scope") != "part" or says(body, "reason"))


def is_question(body: dict[str, Any]) -> bool:
    """Tell it of a ``claims.question``."""
    keys = [each["key"] for each in body["hypotheses"]]
    return len(keys) > 1 and len(set(keys)) == len(keys)


RULES_OF_CLAIMS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "claims.claim": is_claim, "claims.item": is_item, "claims.link": is_link, "claims.question": is_question,
    "claims.judgement": lambda body: short(body, "reasons"), "claims.weighing": lambda body: short(body, "reason"),
}  # fmt: skip
