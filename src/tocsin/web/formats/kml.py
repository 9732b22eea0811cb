"""Events as KML 2.3 (OGC 12-007r2), for globes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree as ET

from tocsin.web.formats.features import COLLECTIONS, features_of, title_of
from tocsin.web.formats.text import printable
from tocsin.web.shapes import EventItem, ScreenMarking

_NAMESPACE = "http://www.opengis.net/kml/2.2"


def to_kml(events: Iterable[EventItem], marking: ScreenMarking, *, is_replay: bool = False) -> bytes:
    """Return a KML document of events, in a folder for each sort of feature.

    Args:
        events: All of them.
        marking: Of all together.
        is_replay: Whether a federation of simulated data is replayed.
    """
    root = ET.Element("kml", xmlns=_NAMESPACE)
    document = ET.SubElement(root, "Document")
    ET.SubElement(document, "name").text = title_of(marking, is_replay=is_replay)
    features = list(features_of(events))
    for name, description in COLLECTIONS.items():
        folder = ET.SubElement(document, "Folder")
        ET.SubElement(folder, "name").text = name
        ET.SubElement(folder, "description").text = description
        for feature in features:
            if feature["properties"]["collection"] == name:
                _placemark(folder, feature)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _placemark(folder: ET.Element, feature: dict[str, Any]) -> None:
    properties = feature["properties"]
    mark = ET.SubElement(folder, "Placemark", id=feature["id"])
    ET.SubElement(mark, "name").text = printable(properties["name"])
    ET.SubElement(mark, "description").text = printable(properties["marking"])
    when = properties.get("seen_at") or properties.get("expected_at") or properties.get("launched_at")
    if when is not None:
        ET.SubElement(ET.SubElement(mark, "TimeStamp"), "when").text = when
    extended = ET.SubElement(mark, "ExtendedData")
    for key, value in properties.items():
        if value is not None:
            ET.SubElement(ET.SubElement(extended, "Data", name=key), "value").text = printable(str(value))
    _geometry(mark, feature["geometry"])


def _geometry(parent: ET.Element, geometry: dict[str, Any]) -> None:
    if geometry["type"] == "Point":
        lon_deg, lat_deg = geometry["coordinates"]
        ET.SubElement(ET.SubElement(parent, "Point"), "coordinates").text = f"{lon_deg},{lat_deg}"
        return
    is_many = geometry["type"] == "MultiPolygon"
    where = ET.SubElement(parent, "MultiGeometry") if is_many else parent
    for rings in geometry["coordinates"] if is_many else [geometry["coordinates"]]:
        outer = ET.SubElement(ET.SubElement(where, "Polygon"), "outerBoundaryIs")
        ring = ET.SubElement(outer, "LinearRing")
        ET.SubElement(ring, "coordinates").text = " ".join(f"{lon},{lat}" for lon, lat in rings[0])
