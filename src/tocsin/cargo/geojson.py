"""Reach tests and movements as GeoJSON (RFC 7946): what crosses the antimeridian is cut there.

Between two places that somebody saw there is no line: the way is not known, and a line would look as if it were.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import shapely

from tocsin.cargo.areas import area_in_reach, cut_at_antimeridian
from tocsin.cargo.drawing import says
from tocsin.cargo.ports import located
from tocsin.cargo.reach import ReachTest
from tocsin.records import CargoPlace, Fix, Movement, Reach, RecordRef

_CENTIMETRES = 6
"""Digits after the point, of degrees; areas have fewer, since their grid is coarse."""
_AREA_DIGITS = 3

Feature = dict[str, Any]


def collection(features: Iterable[Feature]) -> dict[str, Any]:
    """Return a FeatureCollection."""
    return {"type": "FeatureCollection", "features": list(features)}


def tested_features(test: ReachTest) -> list[Feature]:
    """Return a test with the areas in reach, the larger first."""
    reach = test.reach
    areas = []
    for speed, how in ((reach.most_kn, "at most"), (reach.shown_kn, "shown")):
        area = area_in_reach(test, speed) if speed is not None else None
        if area is not None and not area.is_empty:
            cut = cut_at_antimeridian(area)
            shape = msgspec.json.decode(shapely.to_geojson(shapely.orient_polygons(cut)))
            geometry = {**shape, "coordinates": _rounded(shape["coordinates"])}
            areas.append(_feature(geometry, what="area in reach", speed_kn=speed, speed_is=how))
    return [*areas, *reach_features(reach)]


def reach_features(reach: Reach, **properties: object) -> list[Feature]:
    """Return the fixes and the ports of a test, with all its figures and assumptions.

    Args:
        reach: The test.
        properties: More of each feature, such as its record.
    """
    asked = {
        "vessel": reach.vessel_name, "hours_of_silence": round(reach.hours, 3),
        "hours_alongside": reach.hours_alongside, "most_kn": reach.most_kn, "most_reason": reach.most_reason,
        "shown_kn": reach.shown_kn, "shown_reason": reach.shown_reason, "assumptions": list(reach.assumptions),
        "method": reach.method, "port_list": reach.port_list,
    }  # fmt: skip
    features = [
        _feature(_point(fix), what=what, at=fix.at, source=fix.source, **asked, **properties)
        for what, fix in (("last fix before the silence", reach.silent_from), ("first fix after", reach.silent_to))
    ]
    return features + [
        _feature(
            _point(each.port), what="port", name=each.port.name, wpi=each.port.wpi, unlocode=each.port.unlocode,
            answer=each.answer, says=says(each), least_nmi=each.least_nmi, route_nmi=each.route_nmi,
            needed_kn=each.needed_kn, hours_left=each.hours_left, is_suspected=each.is_suspected, **properties,
        )
        for each in reach.ports
    ]  # fmt: skip


def movement_features(ref: RecordRef, movement: Movement, **properties: object) -> list[Feature]:
    """Return a movement as the places that it names; a place that is not known has no geometry (RFC 7946, 3.2).

    Args:
        ref: Of its record.
        movement: What was told.
        properties: More of each feature, such as who denies it.
    """
    shared: dict[str, object] = {
        "record": str(ref), "title": movement.title, "carrier": movement.carrier, "cargo": movement.cargo,
        "quantities": [msgspec.to_builtins(each) for each in movement.quantities], **properties,
    }  # fmt: skip
    features = [
        _feature(
            _both(movement.origin, movement.destination), what="movement", mode=movement.mode, since=movement.since,
            until=movement.until, **_ends(movement.origin, movement.destination), **shared,
        )
    ]  # fmt: skip
    return features + [
        _feature(
            _both(leg.origin, leg.destination), what="leg", mode=leg.mode, basis=leg.basis, reason=leg.reason,
            transponder=leg.transponder, since=leg.since, until=leg.until, **_ends(leg.origin, leg.destination),
            **shared,
        )
        for leg in movement.legs
    ]  # fmt: skip


def _ends(origin: CargoPlace | None, destination: CargoPlace | None) -> dict[str, object]:
    return {
        "origin": None if origin is None else origin.name,
        "destination": None if destination is None else destination.name,
    }


def _both(*places: CargoPlace | None) -> dict[str, Any] | None:
    found = [found for place in places if place is not None and (found := located(place)) is not None]
    points = [_point(place)["coordinates"] for place in found]
    return {"type": "MultiPoint", "coordinates": points} if points else None


def _point(place: CargoPlace | Fix) -> dict[str, Any]:
    if place.lat_deg is None or place.lon_deg is None:
        raise ValueError("a place without a position has no point")
    return {"type": "Point", "coordinates": [round(place.lon_deg, _CENTIMETRES), round(place.lat_deg, _CENTIMETRES)]}


def _rounded(coordinates: Sequence[Any]) -> list[Any]:
    return [_rounded(each) if isinstance(each, list) else round(each, _AREA_DIGITS) for each in coordinates]


def _feature(geometry: dict[str, Any] | None, **properties: object) -> Feature:
    return {"type": "Feature", "geometry": geometry, "properties": msgspec.to_builtins(properties)}
