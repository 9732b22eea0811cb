"""A CAP message from bytes to typed values, and every reason why it is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from lxml import etree

from tocsin.cap.findings import Finding, require_none
from tocsin.cap.model import NAMESPACE, Area, CapAlert, Circle, Corner, Info, NamedValue, Reference, Resource
from tocsin.cap.parsing import located, parse, schema_findings

_NUMBER = r"[-+]?\d{1,6}(?:\.\d{0,20})?"
_CORNER = re.compile(rf"({_NUMBER}),({_NUMBER})")
_CIRCLE = re.compile(rf"({_NUMBER}),({_NUMBER}) +({_NUMBER})")
_BLANKS = " \t\r\n"

MAX_HEIGHT_FT = 999_999.0
"""Some 300 km; no area of an alert is higher."""

T = TypeVar("T")


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What came of reading a message."""

    alert: CapAlert | None
    """None if there are findings."""
    findings: tuple[Finding, ...] = ()
    root: Any = None
    """The XML, to find lines by."""


def read_cap(data: bytes) -> CapAlert:
    """Read a message.

    Raises:
        CapError: It is not CAP 1.2 by the schema, or a value cannot be read; the first reason.
    """
    read = try_cap(data)
    require_none(read.findings)
    if read.alert is None:
        raise AssertionError("a message without findings was read")
    return read.alert


def try_cap(data: bytes) -> Read:
    """Read a message, and return all that is wrong with its form.

    Raises:
        CapError: It is no XML that can be looked at.
    """
    root = parse(data)
    if found := schema_findings(root):
        return Read(alert=None, findings=tuple(found), root=root)
    reader = _Reader()
    alert = reader.alert(root)
    return Read(alert=None if reader.findings else alert, findings=located(root, reader.findings), root=root)


class _Reader:
    """Walks the tree of one valid message; what the schema leaves open is looked at here."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def alert(self, root: etree._Element) -> CapAlert:
        here = "alert"
        return CapAlert(
            identifier=_text(root, "identifier") or "",
            sender=_text(root, "sender") or "",
            sent=self._time(root, "sent", here) or _NEVER,
            status=_text(root, "status"),  # type: ignore[arg-type]  # one of the values of the schema
            msg_type=_text(root, "msgType"),  # type: ignore[arg-type]
            source=_text(root, "source"),
            scope=_text(root, "scope"),  # type: ignore[arg-type]
            restriction=_text(root, "restriction"),
            addresses=_text(root, "addresses"),
            codes=tuple(_content(element) for element in _all(root, "code")),
            note=_text(root, "note"),
            references=self._references(root),
            incidents=_text(root, "incidents"),
            infos=self._each(root, "info", here, self._info),
        )

    def _info(self, info: etree._Element, here: str) -> Info:
        language = {"language": text} if (text := _text(info, "language")) else {}
        return Info(
            **language,
            categories=tuple(_content(element) for element in _all(info, "category")),  # type: ignore[misc]
            event=_text(info, "event") or "",
            response_types=tuple(_content(element) for element in _all(info, "responseType")),  # type: ignore[misc]
            urgency=_text(info, "urgency"),  # type: ignore[arg-type]
            severity=_text(info, "severity"),  # type: ignore[arg-type]
            certainty=_text(info, "certainty"),  # type: ignore[arg-type]
            audience=_text(info, "audience"),
            event_codes=_named(info, "eventCode"),
            effective=self._time(info, "effective", here),
            onset=self._time(info, "onset", here),
            expires=self._time(info, "expires", here),
            sender_name=_text(info, "senderName"),
            headline=_text(info, "headline"),
            description=_text(info, "description"),
            instruction=_text(info, "instruction"),
            web=_text(info, "web"),
            contact=_text(info, "contact"),
            parameters=_named(info, "parameter"),
            resources=self._each(info, "resource", here, self._resource),
            areas=self._each(info, "area", here, self._area),
        )

    def _resource(self, resource: etree._Element, here: str) -> Resource:
        return Resource(
            resource_desc=_text(resource, "resourceDesc") or "",
            mime_type=_text(resource, "mimeType") or "",
            size=self._size(resource, here),
            uri=_text(resource, "uri"),
            deref_uri=_text(resource, "derefUri"),
            digest=_text(resource, "digest"),
        )

    def _area(self, area: etree._Element, here: str) -> Area:
        polygons = self._each(area, "polygon", here, self._polygon)
        circles = self._each(area, "circle", here, self._circle)
        return Area(
            area_desc=_text(area, "areaDesc") or "",
            polygons=tuple(polygon for polygon in polygons if polygon),
            circles=tuple(circle for circle in circles if circle is not None),
            geocodes=_named(area, "geocode"),
            altitude_ft=self._height(area, "altitude", here),
            ceiling_ft=self._height(area, "ceiling", here),
        )

    def _polygon(self, element: etree._Element, here: str) -> tuple[Corner, ...]:
        words = _content(element).split()
        matches = [_CORNER.fullmatch(word) for word in words]
        bad = next((word for word, match in zip(words, matches, strict=True) if match is None), None)
        if bad is not None:
            self._say(
                "polygon", here, f"{bad[:60]!r} is no corner", "Write corners as latitude,longitude with blanks between"
            )
            return ()
        return tuple((float(match[1]), float(match[2])) for match in matches if match is not None)

    def _circle(self, element: etree._Element, here: str) -> Circle | None:
        text = _content(element)
        match = _CIRCLE.fullmatch(text)
        if match is None:
            self._say(
                "circle", here, f"{text[:60]!r} is no circle", "Write it as latitude,longitude radius, the radius in km"
            )
            return None
        return Circle(lat_deg=float(match[1]), lon_deg=float(match[2]), radius_km=float(match[3]))

    def _references(self, root: etree._Element) -> tuple[Reference, ...]:
        found = []
        for word in (_text(root, "references") or "").split():
            parts = word.split(",")
            sent = _moment(parts[2]) if len(parts) == 3 else None
            if sent is None or not all(parts):
                self._say(
                    "references", "alert/references", f"{word[:120]!r} names no message",
                    "Write each as sender,identifier,sent with blanks between",
                )  # fmt: skip
            else:
                found.append(Reference(sender=parts[0], identifier=parts[1], sent=sent))
        return tuple(found)

    def _size(self, resource: etree._Element, here: str) -> int | None:
        text = _text(resource, "size")
        if text is None or len(text) <= 18:
            return None if text is None else int(text)
        self._say("size", f"{here}/size", f"{text[:30]}… bytes is no size of a file", "Leave it out if it is not known")
        return None

    def _height(self, area: etree._Element, name: str, here: str) -> float | None:
        text = _text(area, name)
        if text is None or abs(float(text)) <= MAX_HEIGHT_FT:
            return None if text is None else float(text)
        self._say(
            name, f"{here}/{name}", f"{text[:30]} feet is no height above the sea", "Write feet above mean sea level"
        )
        return None

    def _time(self, parent: etree._Element, name: str, here: str) -> datetime | None:
        text = _text(parent, name)
        if text is None:
            return None
        moment = _moment(text)
        if moment is None:
            self._say(
                "time", f"{here}/{name}", f"{text!r} is no time of an alert", "Write it as 2026-01-31T21:05:00+09:00"
            )
        return moment

    def _each(
        self, parent: etree._Element, name: str, here: str, make: Callable[[etree._Element, str], T]
    ) -> tuple[T, ...]:  # fmt: skip
        return tuple(
            make(element, f"{here}/{name}[{place}]") for place, element in enumerate(_all(parent, name), start=1)
        )

    def _say(self, rule: str, where: str, what: str, advice: str) -> None:
        self.findings.append(Finding(rule=rule, where=where, what=what, advice=advice))


_NEVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
"""In place of a time that cannot be read; a message with one is not handed on."""


def _moment(text: str) -> datetime | None:
    """Return a time as CAP writes it, of a year that an alert can be of."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None and not moment.microsecond and 1970 <= moment.year <= 9000 else None


def _all(parent: etree._Element, name: str) -> Iterable[etree._Element]:
    return parent.iterchildren(f"{{{NAMESPACE}}}{name}")


def _content(element: etree._Element) -> str:
    return (element.text or "").strip(_BLANKS)


def _text(parent: etree._Element, name: str) -> str | None:
    """Return what an element holds; None if it is empty or not there."""
    element = parent.find(f"{{{NAMESPACE}}}{name}")
    return None if element is None else _content(element) or None


def _named(parent: etree._Element, name: str) -> tuple[NamedValue, ...]:
    return tuple(
        NamedValue(value_name=_text(element, "valueName") or "", value=_text(element, "value") or "")
        for element in _all(parent, name)
    )
