"""What the schema of CAP 1.2 lets through and the standard, or sense, does not.

The schema takes a cancellation of nothing, a polygon that does not close, and an alert that expired before it began.
Each rule has a name that stays the same; docs/reference/cap.md lists them.

Source:
    OASIS, Common Alerting Protocol Version 1.2, section 3.2 and 3.3; past alerts in
    docs/explanation/alerts-that-are-right.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import msgspec
from shapely.geometry import Polygon
from shapely.validation import explain_validity

from tocsin.cap.findings import Finding
from tocsin.cap.model import Area, CapAlert, Corner, Info

_FORBIDDEN = re.compile(r"[\s,<&]")
"""In an identifier and a sender (sections 3.2.1): they stand in ``references``, between commas and blanks."""

_TELLING = ("Alert", "Update")
"""Types of message that tell the public something."""


def broken_rules(alert: CapAlert) -> tuple[Finding, ...]:
    """Return every rule that a message breaks by itself, in the order of its elements."""
    return tuple(finding for rule in _RULES for finding in rule(alert))


def _names(alert: CapAlert) -> Iterator[Finding]:
    for name, text in (("identifier", alert.identifier), ("sender", alert.sender)):
        if not text or _FORBIDDEN.search(text):
            yield Finding(
                rule=name, where=f"alert/{name}",
                what=f"the {name} {text[:80]!r} is empty or has a blank, a comma, < or &",
                advice="Use letters, digits and signs such as - . : @; later messages have to name it",
            )  # fmt: skip


def _scope(alert: CapAlert) -> Iterator[Finding]:
    needs = {"Restricted": ("restriction", alert.restriction), "Private": ("addresses", alert.addresses)}
    name, text = needs.get(alert.scope, ("", ""))
    if name and not text:
        yield Finding(
            rule="scope", where="alert/scope", what=f"scope {alert.scope} without {name}",
            advice=f"Say in {name} who may have it, or make the scope Public",
        )  # fmt: skip


def _note(alert: CapAlert) -> Iterator[Finding]:
    if alert.note is None and (alert.status == "Exercise" or alert.msg_type == "Error"):
        what, say = (
            ("an exercise", "which exercise it is") if alert.status == "Exercise" else ("an error", "the reason")
        )
        yield Finding(rule="note", where="alert", what=f"{what} without a note", advice=f"Say in note {say}")


def _references(alert: CapAlert) -> Iterator[Finding]:
    here = "alert/references"
    if alert.msg_type != "Alert" and not alert.references:
        yield Finding(
            rule="references-missing", where="alert/msgType", what=f"{alert.msg_type} of nothing: no references",
            advice="Name in references every message that it changes: sender,identifier,sent",
        )  # fmt: skip
    for reference in alert.references:
        if (reference.sender, reference.identifier) == (alert.sender, alert.identifier):
            yield Finding(
                rule="references-itself", where=here, what="the message names itself among its references",
                advice="Give it an identifier of its own",
            )  # fmt: skip
        elif reference.sent > alert.sent:
            yield Finding(
                rule="references-later", where=here, what=f"{reference.identifier} was sent later than this message",
                advice="Mend sent, here or in the reference",
            )  # fmt: skip
    if len(set(alert.references)) < len(alert.references):
        yield Finding(rule="references-twice", where=here, what="a message is named twice", advice="Name it once")


def _contents(alert: CapAlert) -> Iterator[Finding]:
    if alert.msg_type in _TELLING and not alert.infos:
        yield Finding(rule="info-missing", where="alert", what="it says nothing: no info", advice="Add an info block")
    for here, info in _infos(alert):
        if alert.msg_type in _TELLING and alert.status != "Test" and not info.areas:  # a test concerns no place
            yield Finding(
                rule="area-missing", where=here, what="it does not say where: no area",
                advice="Add an area with a polygon and codes",
            )  # fmt: skip


def _times(alert: CapAlert) -> Iterator[Finding]:
    for here, info in _infos(alert):
        begins = info.effective or alert.sent
        if info.expires is None:
            continue
        if info.expires <= begins:
            yield Finding(
                rule="expires", where=f"{here}/expires", what="it expires before it begins, or in the same moment",
                advice="Let it expire after effective, or after sent if that is missing",
            )  # fmt: skip
        if info.onset is not None and info.onset > info.expires:
            yield Finding(
                rule="onset", where=f"{here}/onset", what="it expires before the event begins",
                advice="Let expires be after onset",
            )  # fmt: skip


def _shapes(alert: CapAlert) -> Iterator[Finding]:
    for here, area in _areas(alert):
        for place, polygon in enumerate(area.polygons, start=1):
            if (wrong := _wrong_with(polygon)) is not None:
                what, advice = wrong
                yield Finding(rule="polygon", where=f"{here}/polygon[{place}]", what=what, advice=advice)
        for place, circle in enumerate(area.circles, start=1):
            if not _on_earth((circle.lat_deg, circle.lon_deg)) or not 0 <= circle.radius_km <= 20_040:
                yield Finding(
                    rule="circle", where=f"{here}/circle[{place}]", what="centre or radius is not of this earth",
                    advice="Write latitude,longitude radius: degrees and kilometres",
                )  # fmt: skip
        if not area.polygons and not area.circles and not area.geocodes:
            yield Finding(
                rule="area-words", where=here, what=f"{area.area_desc[:60]!r} is in words only",
                advice="Add a polygon, a circle or a geocode: no device can tell whether it is inside",
            )  # fmt: skip
        if area.ceiling_ft is not None and (area.altitude_ft is None or area.ceiling_ft < area.altitude_ft):
            yield Finding(
                rule="ceiling", where=f"{here}/ceiling", what="a ceiling without an altitude beneath it",
                advice="Give altitude as well, the lower of the two",
            )  # fmt: skip


def _languages(alert: CapAlert) -> Iterator[Finding]:
    """Whoever reads only one of the languages must learn all of it."""
    blocks: dict[str, list[tuple[str, Info]]] = {}
    for here, info in _infos(alert):
        blocks.setdefault(info.language.lower(), []).append((here, info))
    if len(blocks) < 2:
        return
    fullest = max(blocks.values(), key=len)
    for language, of_language in blocks.items():
        if len(of_language) < len(fullest):
            yield Finding(
                rule="languages", where=of_language[0][0],
                what=f"{len(of_language)} info in {language}, {len(fullest)} in {fullest[0][1].language}",
                advice="Say everything in every language",
            )  # fmt: skip
        for (here, info), (_, other) in zip(of_language, fullest, strict=False):
            if (name := _differs(info, other)) is not None:
                yield Finding(
                    rule="languages", where=here, what=f"{name} differs between {info.language} and {other.language}",
                    advice="Say the same in every language: areas, times, urgency, and what to do",
                )  # fmt: skip


def _differs(info: Info, other: Info) -> str | None:
    """Return the first element that two languages of one block disagree about."""
    for name in ("urgency", "severity", "certainty", "categories", "response_types", "effective", "onset", "expires"):
        if getattr(info, name) != getattr(other, name):
            return name
    for name in ("headline", "description", "instruction"):
        if (getattr(info, name) is None) != (getattr(other, name) is None):
            return name
    return "area" if _extent(info) != _extent(other) else None


def _extent(info: Info) -> list[bytes]:
    """Return what its areas cover, whatever they are called and in whatever order."""
    return sorted(msgspec.json.encode((area.polygons, area.circles, area.geocodes)) for area in info.areas)


def _wrong_with(polygon: Sequence[Corner]) -> tuple[str, str] | None:
    if not all(_on_earth(corner) for corner in polygon):
        return "a corner is not on the earth", "Write latitude (-90 to 90) first, then longitude (-180 to 180)"
    if len(polygon) < 4:
        return f"{len(polygon)} corners make no polygon", "Give at least four, the last one the first again"
    if polygon[0] != polygon[-1]:
        return "the polygon does not close", "Let the last corner be the first one again"
    shape = Polygon([(lon, lat) for lat, lon in polygon])
    if not shape.is_valid or shape.area == 0.0:
        reason = explain_validity(shape) if not shape.is_valid else "it encloses nothing"
        return f"the outline crosses or touches itself ({reason})", "Draw it without crossings, or as several polygons"
    return None


def _on_earth(corner: Corner) -> bool:
    return -90 <= corner[0] <= 90 and -180 <= corner[1] <= 180


def _infos(alert: CapAlert) -> Iterator[tuple[str, Info]]:
    for place, info in enumerate(alert.infos, start=1):
        yield f"alert/info[{place}]", info


def _areas(alert: CapAlert) -> Iterator[tuple[str, Area]]:
    for here, info in _infos(alert):
        for place, area in enumerate(info.areas, start=1):
            yield f"{here}/area[{place}]", area


_RULES: tuple[Callable[[CapAlert], Iterator[Finding]], ...] = (
    _names, _scope, _note, _references, _contents, _times, _languages, _shapes,
)  # fmt: skip
