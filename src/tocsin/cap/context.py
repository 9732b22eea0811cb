"""What is wrong with a message in its place: beside the messages that it names, and beside whose territory it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from shapely.geometry import Polygon

from tocsin.alerts import Territory
from tocsin.cap.findings import Finding
from tocsin.cap.model import Area, CapAlert, Reference

AREA_CODE = "ISO3166-2"
"""``valueName`` of a geocode of ISO 3166-2, such as JP-01."""

OWN_AREA_CODE = "tocsin:area"
"""``valueName`` of a geocode with the id of one of our warning areas, such as ``JP-13/island-4``."""


def known_messages(alerts: Iterable[CapAlert]) -> dict[Reference, CapAlert]:
    """Return messages by how others name them."""
    return {alert.reference: alert for alert in alerts}


def against_known(alert: CapAlert, known: Mapping[Reference, CapAlert]) -> Iterator[Finding]:
    """Yield what is wrong with a message beside those that it may refer to."""
    here = "alert/references"
    cancelled = {
        reference: other.identifier
        for other in known.values()
        if other.msg_type == "Cancel" and other.reference != alert.reference
        for reference in other.references
    }
    for reference in alert.references:
        other = known.get(reference)
        if other is None:
            yield Finding(
                rule="references-dangling", where=here, what=f"{reference.identifier} is not among the messages known",
                advice="Mend sender, identifier and sent until they are those of the message, or fetch the message",
            )  # fmt: skip
            continue
        if other.status != alert.status:
            yield Finding(
                rule="references-status", where=here,
                what=f"status {alert.status} changes {reference.identifier} of status {other.status}",
                advice="What is an exercise stays one: send it with the same status",
            )  # fmt: skip
        if reference in cancelled and alert.msg_type in ("Update", "Cancel"):
            yield Finding(
                rule="references-cancelled", where=here,
                what=f"{reference.identifier} was cancelled by {cancelled[reference]} before",
                advice="Send a new alert in place of a change to one that no longer holds",
            )  # fmt: skip
        if alert.msg_type == "Cancel" and (left := _codes(other) - _codes(alert)):
            yield Finding(
                rule="areas-left", where="alert", what=f"{', '.join(sorted(left))} had the alert and not its end",
                advice="Send the end to every area that had the alert",
            )  # fmt: skip


def outside(alert: CapAlert, territory: Territory) -> Iterator[Finding]:
    """Yield every area of a message that is not within a territory, or of which that cannot be told."""
    for number, info in enumerate(alert.infos, start=1):
        for place, area in enumerate(info.areas, start=1):
            where = f"alert/info[{number}]/area[{place}]"
            what = _outside(area, territory)
            if what is not None:
                yield Finding(
                    rule="territory", where=where, what=f"{area.area_desc[:60]!r}: {what}",
                    advice=f"Name areas of {territory.member} alone; others alert their own people",
                )  # fmt: skip


def _outside(area: Area, territory: Territory) -> str | None:
    codes = [code.value for code in area.geocodes if code.value_name in (AREA_CODE, OWN_AREA_CODE)]
    for code in codes:
        if code not in territory.codes:
            return f"{code} is no area of {territory.member}"
    for polygon in area.polygons:
        if len(polygon) >= 4 and not territory.outline.covers(Polygon([(lon, lat) for lat, lon in polygon])):
            return f"a polygon reaches beyond {territory.member}"
    if area.circles:
        return "a circle cannot be kept to a border"
    return None if codes or area.polygons else "neither a polygon nor a code of ISO 3166-2 tells where it is"


def _codes(alert: CapAlert) -> set[str]:
    return {
        code.value
        for info in alert.infos
        for area in info.areas
        for code in area.geocodes
        if code.value_name in (AREA_CODE, OWN_AREA_CODE)
    }
