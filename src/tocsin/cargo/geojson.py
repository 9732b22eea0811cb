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
from tocsin.records import CargoPlace, Fix, Movement, Reach

_POINT_DIGITS, _AREA_DIGITS = 6, 3
"""After the point, of degrees: areas have fewer, since their grid is coarse."""

Feature = dict[str, Any]


def collection(features: Iterable[Feature]) -> dict[str, Any]:
    """Return a FeatureCollection."""
    return {"type": "FeatureCollection", "features": list(features)}


def features_of_test(test: ReachTest) -> list[Feature]:
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
    """Return a test as its fixes and its ports, with all figures and assumptions.

    Args:
        reach: The test.
        properties: More of the first feature, such as its record.
    """
    features = [
        _feature(
            {"type": "MultiPoint", "coordinates": [_point(fix)["coordinates"] for fix in _fixes(reach)]},
            what="reach test: the fixes before and after the silence", vessel=reach.vessel_name,
            silent_from=reach.silent_from.at, silent_to=reach.silent_to.at, hours_of_silence=round(reach.hours, 3),
            hours_alongside=reach.hours_alongside, most_kn=reach.most_kn, most_reason=reach.most_reason,
            shown_kn=reach.shown_kn, shown_reason=reach.shown_reason, assumptions=list(reach.assumptions),
            method=reach.method, port_list=reach.port_list, **properties,
        )
    ]  # fmt: skip
    return features + [
        _feature(
            _point(each.port), what="port", name=each.port.name, wpi=each.port.wpi, unlocode=each.port.unlocode,
            answer=each.answer, says=says(each), least_nmi=each.least_nmi, route_nmi=each.route_nmi,
            needed_kn=each.needed_kn, hours_left=each.hours_left, is_suspected=each.is_suspected,
            part_of=properties.get("record_id"),
        )
        for each in reach.ports
        if each.port.lat_deg is not None
    ]  # fmt: skip


def _fixes(reach: Reach) -> tuple[Fix, Fix]:
    return reach.silent_from, reach.silent_to


def movement_features(movement: Movement, **properties: object) -> list[Feature]:
    """Return a movement, and each of its legs, as the places that it names; where none is known there is no geometry.

    Args:
        movement: What was told.
        properties: More of the first feature, such as its record and who denies it.
    """
    features = [
        _feature(
            _both(movement.origin, movement.destination), what="movement", title=movement.title, mode=movement.mode,
            carrier=movement.carrier, since=movement.since, until=movement.until, cargo=movement.cargo,
            quantities=movement.quantities, **_ends(movement.origin, movement.destination), **properties,
        )
    ]  # fmt: skip
    return features + [
        _feature(
            _both(leg.origin, leg.destination), what="leg", of=movement.title, mode=leg.mode, basis=leg.basis,
            reason=leg.reason, transponder=leg.transponder, since=leg.since, until=leg.until,
            **_ends(leg.origin, leg.destination), part_of=properties.get("record_id"),
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
    return {"type": "Point", "coordinates": [round(place.lon_deg, _POINT_DIGITS), round(place.lat_deg, _POINT_DIGITS)]}


def _rounded(coordinates: Sequence[Any]) -> list[Any]:
    return [_rounded(each) if isinstance(each, list) else round(each, _AREA_DIGITS) for each in coordinates]


def _feature(geometry: dict[str, Any] | None, **properties: object) -> Feature:
    return {"type": "Feature", "geometry": geometry, "properties": properties}
