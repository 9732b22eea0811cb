"""The Common Alerting Protocol, version 1.2, in and out: plain functions from bytes to values and back."""

from tocsin.cap.checking import Checked, check_cap
from tocsin.cap.context import AREA_CODE, OWN_AREA_CODE, known_messages
from tocsin.cap.feed import CAP_TYPE, atom_feed, path_of
from tocsin.cap.findings import Finding
from tocsin.cap.model import (
    NAMESPACE,
    Area,
    CapAlert,
    Circle,
    Corner,
    Info,
    NamedValue,
    Reference,
    Resource,
)
from tocsin.cap.parsing import MAX_CAP_BYTES
from tocsin.cap.reading import read_cap
from tocsin.cap.rendering import render_cap, render_rehearsal, render_test
from tocsin.cap.rules import broken_rules
from tocsin.cap.signature import is_signed, sign_cap, signed_part
from tocsin.cap.writing import write_cap

__all__ = [
    "AREA_CODE",
    "CAP_TYPE",
    "MAX_CAP_BYTES",
    "NAMESPACE",
    "OWN_AREA_CODE",
    "Area",
    "CapAlert",
    "Checked",
    "Circle",
    "Corner",
    "Finding",
    "Info",
    "NamedValue",
    "Reference",
    "Resource",
    "atom_feed",
    "broken_rules",
    "check_cap",
    "is_signed",
    "known_messages",
    "path_of",
    "read_cap",
    "render_cap",
    "render_rehearsal",
    "render_test",
    "sign_cap",
    "signed_part",
    "write_cap",
]
