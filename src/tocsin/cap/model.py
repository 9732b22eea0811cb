"""The Common Alerting Protocol, version 1.2, as typed values: what one message says, whoever wrote it.

Names are those of the standard in Python's spelling. Coordinates are WGS 84 in degrees, latitude first, as CAP writes
them. Times keep the offset that they were written with and are whole seconds.

Source:
    OASIS, Common Alerting Protocol Version 1.2, OASIS Standard, 1 July 2010, section 3.2.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
SIGNATURE_NAMESPACE = "http://www.w3.org/2000/09/xmldsig#"

DEFAULT_LANGUAGE = "en-US"
"""Of an ``info`` block that names none (section 3.2.2)."""

Status = Literal["Actual", "Exercise", "System", "Test", "Draft"]
MessageType = Literal["Alert", "Update", "Cancel", "Ack", "Error"]
Scope = Literal["Public", "Restricted", "Private"]
Category = Literal[
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"
]  # fmt: skip
ResponseType = Literal[
    "Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"
]  # fmt: skip
Urgency = Literal["Immediate", "Expected", "Future", "Past", "Unknown"]
Severity = Literal["Extreme", "Severe", "Moderate", "Minor", "Unknown"]
Certainty = Literal["Observed", "Likely", "Possible", "Unlikely", "Unknown"]

Corner = tuple[float, float]
"""Latitude and longitude, degrees."""


class NamedValue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A code, parameter or geocode of somebody's own system."""

    value_name: str
    value: str = ""


class Reference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An earlier message, as ``references`` names it."""

    sender: str
    identifier: str
    sent: datetime


class Circle(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All places within a distance of one."""

    lat_deg: float
    lon_deg: float
    radius_km: float


class Area(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an ``info`` block is about: the union of its shapes and codes."""

    area_desc: str
    polygons: tuple[tuple[Corner, ...], ...] = ()
    """Each closed: the last corner is the first."""
    circles: tuple[Circle, ...] = ()
    geocodes: tuple[NamedValue, ...] = ()
    altitude_ft: float | None = None
    """Above mean sea level; with ``ceiling_ft`` the lower end of a range."""
    ceiling_ft: float | None = None


class Resource(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file that goes with the message."""

    resource_desc: str
    mime_type: str
    size: int | None = None
    """Bytes, roughly."""
    uri: str | None = None
    deref_uri: str | None = None
    """The file itself, in base 64."""
    digest: str | None = None
    """SHA-1, hexadecimal."""


class Info(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is told, in one language."""

    language: str = DEFAULT_LANGUAGE
    categories: tuple[Category, ...]
    event: str
    response_types: tuple[ResponseType, ...] = ()
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    audience: str | None = None
    event_codes: tuple[NamedValue, ...] = ()
    effective: datetime | None = None
    """None: from ``sent`` on."""
    onset: datetime | None = None
    expires: datetime | None = None
    sender_name: str | None = None
    headline: str | None = None
    description: str | None = None
    instruction: str | None = None
    web: str | None = None
    contact: str | None = None
    parameters: tuple[NamedValue, ...] = ()
    resources: tuple[Resource, ...] = ()
    areas: tuple[Area, ...] = ()


class CapAlert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One CAP message."""

    identifier: str
    sender: str
    sent: datetime
    status: Status
    msg_type: MessageType
    source: str | None = None
    scope: Scope
    restriction: str | None = None
    """Who may have it, with scope ``Restricted``."""
    addresses: str | None = None
    """Whom it is for, with scope ``Private``."""
    codes: tuple[str, ...] = ()
    note: str | None = None
    references: tuple[Reference, ...] = ()
    incidents: str | None = None
    infos: tuple[Info, ...] = ()

    @property
    def reference(self) -> Reference:
        """How a later message names this one."""
        return Reference(sender=self.sender, identifier=self.identifier, sent=self.sent)
