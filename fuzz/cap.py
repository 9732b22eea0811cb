"""Messages of CAP from strangers: XML that is good, spoilt, hostile, or signed and changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fuzz.choices import Choices, Example, changed
from fuzz.target import need
from tocsin.cap import (
    Area,
    CapAlert,
    Circle,
    Info,
    NamedValue,
    Reference,
    Resource,
    check_cap,
    read_cap,
    sign_cap,
    write_cap,
)
from tocsin.cap.parsing import MAX_FINDINGS
from tocsin.errors import CapError

_AT = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
_RING = ((43.0, 141.0), (43.0, 142.0), (44.0, 142.0), (43.0, 141.0))
_LONGEST_ERROR = 1000

_STRANGE = (
    "", " ", "\n", "a" * 3000, "é\u2028\U0001f514", "&amp;&lt;", "&#x0;", "&#38;#38;", "&x;", "<![CDATA[<b>]]>",
    "<!-- - -->", "<?php x?>", "]]>", "\x00", "Actual", "Test", "REAL", "Alert", "Cancel", "Ack", "Public",
    "2026-02-31T07:50:00+09:00", "2026-01-15T12:00:00Z", "2026-01-15T24:00:00-00:00", "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00", "43,141 43,142 44,142", "43,141 43,142 44,142 43,141", "NaN,inf 1,2 3,4 NaN,inf",
    "91,181 0,0 1,1 91,181", "1e309,0", "٤٣,141", "43,141 1000000000", "a,b,2026-01-15T12:00:00-00:00", "a,b", ",,",
    "a,b,c d,e,f", "x" * 90 + ",y,2026-01-15T12:00:00-00:00", "en", "ja-JP", "xx-nowhere", "-1", "9" * 400, "0x10",
    "1_0", "file:///etc/passwd", "http://[::1", "Past", "None", "AllClear",
)  # fmt: skip
"""What stands in the place of a text."""

_INSIDE = (
    "<info/>", "<a>" * 40, "<a>" * 40 + "</a>" * 40, "<x xmlns='urn:x'/>", "<x:y/>", "<area/>",
    "<polygon>0,0 0,1 1,1 0,0</polygon>", "<references>a,b,2026-01-15T12:00:00-00:00</references>", "&lol;", "</info>",
    "<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/>", "<!DOCTYPE a>",
    "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='file:///etc/passwd' parse='text'/>",
)  # fmt: skip
"""What stands where nothing belongs."""

_BEFORE = (
    "<!DOCTYPE alert [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>", "<!DOCTYPE alert SYSTEM 'http://127.0.0.1:9/x'>",
    "<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY lol '&b;&b;&b;&b;'>]>", "\ufeff", " ", "<!---->",
    "<?xml-stylesheet href='http://127.0.0.1:9/'?>",
)  # fmt: skip
"""What stands before the outermost element."""

_ELEMENT = re.compile(r"<([\w:]+)[^<>]*>([^<>]*)</\1>")
_START = re.compile(r"<[\w:]+[^<>/]*>")


def check_message(data: bytes) -> None:
    """Any bytes are a message or an error that says something; what is read means the same when it is written again.

    Of a signed message that was changed nothing is read, or all of it as it was signed.
    """
    choices = Choices(data)
    first = choices.byte()
    if first & 1:
        _check(choices.rest())
    elif first & 2:
        _check_signed(choices)
    else:
        _check(_spoilt(choices.of(_examples()), choices))


def _check(message: bytes) -> None:
    checked = check_cap(message)
    need(checked.alert is not None or checked.findings, "neither a message nor a reason")
    need(len(checked.findings) <= MAX_FINDINGS, "findings without end")
    try:
        alert = read_cap(message)
    except CapError as error:
        need(0 < len(str(error)) < _LONGEST_ERROR, f"an error of {len(str(error))} characters")
        return
    need(checked.alert == alert, "read and checked it is not the same")
    try:
        written = write_cap(alert)
    except CapError:  # what is read leniently is not always written
        return
    need(write_cap(read_cap(written)) == written, "written and read again it is another")


def _check_signed(choices: Choices) -> None:
    example, alert, certificate = _signed()
    read = check_cap(_spoilt(example, choices), certificates=[certificate], at=_AT).alert
    need(read is None or read == alert, "something is read that was not signed")


def _spoilt(found: Example, choices: Choices) -> bytes:
    """Return the bytes of a message that was changed in none to five places, as the bytes decide."""
    message = changed(found.text, _changes(found, choices))
    how = choices.below(8)
    if how == 7:
        return message.replace(b"UTF-8", b"ISO-8859-1", 1)
    return message.decode("utf-8", "replace").replace("UTF-8", "UTF-16", 1).encode("utf-16") if how == 6 else message


def _changes(found: Example, choices: Choices) -> Iterator[tuple[int, int, str]]:
    for _ in range(choices.below(6)):
        kind = choices.below(8)
        if kind < 3:
            start, stop = choices.of(found.values)
            yield start, stop, choices.of(_STRANGE)
        elif kind == 3:
            start, stop = choices.of(found.members)
            yield start, stop, ""
        elif kind == 4:
            start, stop = choices.of(found.members)
            yield start, start, found.text[start:stop]
        elif kind == 5:
            at = choices.of(found.insides)
            yield at, at, choices.of(_INSIDE)
        elif kind == 6:
            at = found.text.index("<alert")
            yield at, at, choices.of(_BEFORE)
        else:
            at = choices.below(len(found.text))
            yield at, at + 1, choices.text()


@cache
def _examples() -> tuple[Example, ...]:
    return tuple(_example(write_cap(alert)) for alert in (_small(), _large()))


@cache
def _signed() -> tuple[Example, CapAlert, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "alerts.example")])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(_AT - timedelta(days=1)).not_valid_after(_AT + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    data = sign_cap(write_cap(_small()), key=key, certificate=certificate)
    return _example(data), read_cap(data), certificate


def _example(data: bytes) -> Example:
    text = data.decode()
    found = list(_ELEMENT.finditer(text))
    return Example(
        text, tuple(each.span(2) for each in found), tuple(each.span() for each in found),
        tuple(each.end() for each in _START.finditer(text)),
    )  # fmt: skip


def _small() -> CapAlert:
    area = Area(area_desc="北海道", polygons=(_RING,), geocodes=(NamedValue(value_name="ISO3166-2", value="JP-01"),))
    info = Info(
        language="ja-JP", categories=("Security",), event="missile", response_types=("Shelter",), urgency="Immediate",
        severity="Extreme", certainty="Likely", effective=_AT, expires=_AT + timedelta(hours=1), headline="shelter",
        description="why", instruction="what", areas=(area,),
    )  # fmt: skip
    return CapAlert(
        identifier="a-1", sender="alerts@a.example", sent=_AT, status="Actual", msg_type="Alert", scope="Public",
        infos=(info,),
    )  # fmt: skip


def _large() -> CapAlert:
    small = _small().infos[0]
    area = Area(
        area_desc="sea", circles=(Circle(lat_deg=43.0, lon_deg=141.0, radius_km=20.0),), altitude_ft=0.0, ceiling_ft=9.0
    )
    resource = Resource(resource_desc="map", mime_type="image/png", size=10, uri="https://a.example/m", digest="0" * 40)
    info = Info(
        language="en-US", categories=("Security", "Safety"), event="missile", response_types=("AllClear",),
        urgency="Past", severity="Minor", certainty="Unlikely", audience="all", onset=_AT, expires=_AT,
        event_codes=(NamedValue(value_name="x", value="y"),), web="https://a.example/", contact="1",
        parameters=(NamedValue(value_name="p", value="q"),), resources=(resource,), areas=(area, *small.areas),
    )  # fmt: skip
    return CapAlert(
        identifier="a-2", sender="alerts@a.example", sent=_AT, status="Exercise", msg_type="Update", scope="Restricted",
        restriction="staff", note="drill", codes=("c",), incidents="i", infos=(info, small),
        references=(Reference(sender="alerts@a.example", identifier="a-1", sent=_AT),),
    )  # fmt: skip
