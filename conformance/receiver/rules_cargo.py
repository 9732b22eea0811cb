"""What the schemas cannot say of bodies of the room ``cargo`` (1.9)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from conformance.receiver.rules_claims import is_place, is_quantity
from conformance.receiver.texts import LONGEST_TEXT, in_order, says, short
from conformance.receiver.times import moment


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text) is not None


def _numbers(values: dict[str, Any], *names: str) -> Iterator[Any]:
    """Yield numbers as doubles, so that they compare as others compare them; None for what is not given."""
    return (None if values.get(name) is None else float(values[name]) for name in names)


def is_ship_number(text: str) -> bool:
    """Tell whether the last digit of an IMO number is the right one."""
    weights = zip(text[:6], range(7, 1, -1), strict=False)
    return _matches(r"[0-9]{7}", text) and sum(int(each) * by for each, by in weights) % 10 == int(text[6])


def is_identity(identity: dict[str, Any]) -> bool:
    """Tell it of one identity of a vessel."""
    what, value = identity["what"], identity["value"]
    is_registered = identity["basis"] == "registered"
    return (
        says(identity, "value")
        and len(value) <= LONGEST_TEXT
        and (says(identity, "source") or len(identity.get("rests_on", ())) > 0)
        and in_order(identity)
        and (what != "flag" or _matches(r"[A-Z]{2}", value))
        and (what not in ("imo", "mmsi") or (_matches(r"[0-9]{1,10}", value) and int(value) > 0))
        and not (is_registered and what == "imo" and not is_ship_number(value))
        and not (is_registered and what == "mmsi" and not _matches(r"[2-7][0-9]{8}", value))
    )


def is_vessel(body: dict[str, Any]) -> bool:
    """Tell it of a ``cargo.vessel``."""
    return len(body["identities"]) > 0 and all(map(is_identity, body["identities"])) and short(body, "note")


def is_port(place: dict[str, Any] | None) -> bool:
    """Tell it of a place with codes; also if there is none."""
    if place is None:
        return True
    country, code, number, within = (place.get(name) for name in ("country", "unlocode", "wpi", "within_km"))
    return (
        is_place(place)
        and says(place, "name")
        and (within is None or within >= 0)
        and (not country or _matches(r"[A-Z]{2}", country))
        and (not code or _matches(r"[A-Z]{2}[A-Z2-9]{3}", code))
        and (number is None or 1 <= number <= 99_999)
    )


def is_leg(leg: dict[str, Any]) -> bool:
    """Tell it of a part of the way."""
    ends = [leg.get("origin"), leg.get("destination")]
    return (
        ends != [None, None]
        and all(map(is_port, ends))
        and (leg["basis"] != "inferred" or says(leg, "reason"))
        and in_order(leg)
        and short(leg, "reason")
    )


def is_movement(body: dict[str, Any]) -> bool:
    """Tell it of a ``cargo.movement``."""
    return (
        says(body, "title")
        and short(body, "title", "cargo")
        and in_order(body)
        and is_port(body.get("origin"))
        and is_port(body.get("destination"))
        and all(map(is_quantity, body.get("quantities", ())))
        and all(map(is_leg, body.get("legs", ())))
    )


def is_count(body: dict[str, Any]) -> bool:
    """Tell it of a ``cargo.count``."""
    usual = body.get("baseline")
    return (
        is_port(body["place"])
        and is_quantity(body["quantity"])
        and in_order(body)
        and short(body, "baseline_note")
        and (says(body, "baseline_note") if usual is None else is_quantity(usual))
        and (usual is None or usual["unit"] == body["quantity"]["unit"])
    )


def is_reach(body: dict[str, Any]) -> bool:
    """Tell it of a ``cargo.reach``: its answers follow from its figures."""
    begin, end = body["silent_from"], body["silent_to"]
    gone = moment(end["at"]) - moment(begin["at"])  # type: ignore[operator]
    alongside, most, shown = _numbers(body, "hours_alongside", "most_kn", "shown_kn")
    if not (
        gone > timedelta(0)
        and all(-90 <= fix["lat_deg"] <= 90 and -180 <= fix["lon_deg"] <= 180 for fix in (begin, end))
        and alongside >= 0
        and most > 0
        and says(body, "most_reason")
        and (shown is None or (0 < shown <= most and says(body, "shown_reason")))
    ):
        return False
    for port in body["ports"]:
        least, route, needed, left = _numbers(port, "least_nmi", "route_nmi", "needed_kn", "hours_left")
        follows = (
            "impossible" if least > most * (gone / timedelta(hours=1) - alongside)
            else "possible" if left is not None and left >= alongside
            else "unclear"
        )  # fmt: skip
        if not (
            is_port(port["port"])
            and least >= 0
            and (route is None or route >= least)
            and (needed is None or (route is not None and needed >= 0))
            and (left is None) == (shown is None or route is None)
            and port["answer"] == follows
        ):
            return False
    return True


RULES_OF_CARGO: dict[str, Callable[[dict[str, Any]], bool]] = {
    "cargo.count": is_count, "cargo.movement": is_movement, "cargo.reach": is_reach, "cargo.vessel": is_vessel,
}  # fmt: skip
