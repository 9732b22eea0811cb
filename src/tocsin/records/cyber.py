"""STIX objects as records (``cyber.object``): the body is the object itself, byte for byte, whatever else it holds.

Source:
    OASIS, STIX Version 2.1 (2021), sections 2.9 (identifiers), 2.16 (timestamps), 3.1 and 3.2 (common properties).
"""

from __future__ import annotations

import re

import msgspec

_TYPE = re.compile(r"[a-z][a-z0-9-]{2,249}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?Z"
)


class GranularMarking(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A marking of parts of an object."""

    marking_ref: str = ""


class StixObject(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is read of a STIX object; the rest, custom properties and extensions among it, is kept as it stands."""

    type: str
    id: str
    """The type, ``--`` and a UUID in small letters."""
    created: str = ""
    modified: str = ""
    """Later than that of an earlier version. Observables have none."""
    revoked: bool = False
    object_marking_refs: tuple[str, ...] = ()
    granular_markings: tuple[GranularMarking, ...] = ()

    def __post_init__(self) -> None:
        if not _TYPE.fullmatch(self.type):
            raise ValueError("type is 3 to 250 small letters, digits and hyphens, a letter first")
        kind, _, number = self.id.rpartition("--")
        if kind != self.type or not _UUID.fullmatch(number):
            raise ValueError("id is the type, two hyphens and a UUID in small letters")
        for moment in (self.created, self.modified):
            if moment and not _TIME.fullmatch(moment):
                raise ValueError("created and modified are times in UTC such as 2026-11-28T09:00:00.000Z")
