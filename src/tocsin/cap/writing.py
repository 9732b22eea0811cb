"""Typed values to a CAP message: UTF-8, valid by the schema, the same bytes for the same values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from lxml import etree

from tocsin.cap.findings import require_none
from tocsin.cap.model import NAMESPACE, Area, CapAlert, Circle, Corner, Info, NamedValue, Reference, Resource
from tocsin.cap.parsing import MAX_CAP_BYTES, schema_findings
from tocsin.errors import CapError


def write_cap(alert: CapAlert) -> bytes:
    """Write a message.

    Returns:
        XML in UTF-8 with its declaration; ``read_cap`` gives the same values back, but for blanks around texts and
        what is behind the ninth decimal.

    Raises:
        CapError: A value cannot stand in CAP: a control character, a time with parts of a second or no offset, or
            anything else that the schema refuses.
    """
    root = etree.Element(f"{{{NAMESPACE}}}alert", nsmap={None: NAMESPACE})
    try:
        _alert(root, alert)
    except ValueError as error:  # of lxml: characters that XML does not have
        raise CapError(str(error), advice="Leave out control characters") from error
    require_none(schema_findings(root))
    etree.indent(root)
    data = etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"
    if len(data) > MAX_CAP_BYTES:
        raise CapError(f"the message has {len(data)} bytes, of at most {MAX_CAP_BYTES}", advice="Draw simpler polygons")
    return data


def corner_text(corner: Corner) -> str:
    """Return a corner as CAP writes it, latitude first."""
    return f"{_number(corner[0])},{_number(corner[1])}"


def reference_text(reference: Reference) -> str:
    """Return how ``references`` names a message."""
    return f"{reference.sender},{reference.identifier},{time_text(reference.sent)}"


def time_text(moment: datetime) -> str:
    """Return a time as CAP writes it: whole seconds, ``-00:00`` for UTC (section 3.3.2).

    Raises:
        ValueError: It has no offset, one with seconds, or parts of a second.
    """
    text = moment.isoformat()
    if moment.tzinfo is None or len(text) != len("2026-01-31T12:00:00+00:00"):
        raise ValueError(f"{text} is not a time of whole seconds with its offset from UTC")
    return f"{text[:-6]}-00:00" if text.endswith("+00:00") else text


def _alert(root: etree._Element, alert: CapAlert) -> None:
    _add(root, "identifier", alert.identifier)
    _add(root, "sender", alert.sender)
    _add(root, "sent", time_text(alert.sent))
    _add(root, "status", alert.status)
    _add(root, "msgType", alert.msg_type)
    _add_if(root, "source", alert.source)
    _add(root, "scope", alert.scope)
    _add_if(root, "restriction", alert.restriction)
    _add_if(root, "addresses", alert.addresses)
    _add_all(root, "code", alert.codes)
    _add_if(root, "note", alert.note)
    _add_if(root, "references", " ".join(reference_text(reference) for reference in alert.references) or None)
    _add_if(root, "incidents", alert.incidents)
    for info in alert.infos:
        _info(etree.SubElement(root, f"{{{NAMESPACE}}}info"), info)


def _info(element: etree._Element, info: Info) -> None:
    _add(element, "language", info.language)
    _add_all(element, "category", info.categories)
    _add(element, "event", info.event)
    _add_all(element, "responseType", info.response_types)
    _add(element, "urgency", info.urgency)
    _add(element, "severity", info.severity)
    _add(element, "certainty", info.certainty)
    _add_if(element, "audience", info.audience)
    _add_named(element, "eventCode", info.event_codes)
    for name, moment in (("effective", info.effective), ("onset", info.onset), ("expires", info.expires)):
        _add_if(element, name, None if moment is None else time_text(moment))
    _add_if(element, "senderName", info.sender_name)
    _add_if(element, "headline", info.headline)
    _add_if(element, "description", info.description)
    _add_if(element, "instruction", info.instruction)
    _add_if(element, "web", info.web)
    _add_if(element, "contact", info.contact)
    _add_named(element, "parameter", info.parameters)
    for resource in info.resources:
        _resource(etree.SubElement(element, f"{{{NAMESPACE}}}resource"), resource)
    for area in info.areas:
        _area(etree.SubElement(element, f"{{{NAMESPACE}}}area"), area)


def _resource(element: etree._Element, resource: Resource) -> None:
    _add(element, "resourceDesc", resource.resource_desc)
    _add(element, "mimeType", resource.mime_type)
    _add_if(element, "size", None if resource.size is None else str(resource.size))
    _add_if(element, "uri", resource.uri)
    _add_if(element, "derefUri", resource.deref_uri)
    _add_if(element, "digest", resource.digest)


def _area(element: etree._Element, area: Area) -> None:
    _add(element, "areaDesc", area.area_desc)
    _add_all(element, "polygon", (" ".join(corner_text(corner) for corner in polygon) for polygon in area.polygons))
    _add_all(element, "circle", (_circle_text(circle) for circle in area.circles))
    _add_named(element, "geocode", area.geocodes)
    _add_if(element, "altitude", None if area.altitude_ft is None else _number(area.altitude_ft))
    _add_if(element, "ceiling", None if area.ceiling_ft is None else _number(area.ceiling_ft))


def _circle_text(circle: Circle) -> str:
    return f"{corner_text((circle.lat_deg, circle.lon_deg))} {_number(circle.radius_km)}"


def _number(value: float) -> str:
    """Return a number with nine decimals at most (of a degree, less than a millimetre), and without an exponent.

    Raises:
        ValueError: It is not finite, or a million or more.
    """
    if not abs(value) < 1e6:
        raise ValueError(f"{value} cannot stand in an alert")
    return f"{value:.9f}".rstrip("0").rstrip(".")


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{NAMESPACE}}}{name}").text = text


def _add_if(parent: etree._Element, name: str, text: str | None) -> None:
    if text is not None:
        _add(parent, name, text)


def _add_all(parent: etree._Element, name: str, texts: Iterable[str]) -> None:
    for text in texts:
        _add(parent, name, text)


def _add_named(parent: etree._Element, name: str, values: Iterable[NamedValue]) -> None:
    for value in values:
        element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
        _add(element, "valueName", value.value_name)
        _add(element, "value", value.value)
