"""Indicators out of files: STIX bundles, and tables of values in CSV."""

from __future__ import annotations

import csv
import io
import re
import uuid
from collections.abc import Iterator
from typing import Any

import msgspec

from tocsin.codec import decode
from tocsin.cyber.detector import Indicator
from tocsin.cyber.networks import network_of
from tocsin.cyber.parsing import parse_pattern
from tocsin.cyber.times import microseconds, parse_time
from tocsin.cyber.warning_lists import caution
from tocsin.errors import FeedError, MalformedRecordError, PatternError

MOST_BYTES = 1 << 30
"""Of one file."""

_NAMESPACE = uuid.UUID("2c0e3f5c-8f53-4f39-9a35-8c5a7b1d0c52")
"""Of the ids of indicators that come from tables, which follow from their pattern alone."""

_INDICATOR = re.compile(r"indicator--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_OF_TYPE = {
    "domain": "domain-name:value", "email": "email-addr:value", "ipv4": "ipv4-addr:value", "ipv6": "ipv6-addr:value",
    "md5": "file:hashes.MD5", "sha1": "file:hashes.'SHA-1'", "sha256": "file:hashes.'SHA-256'",
    "sha512": "file:hashes.'SHA-512'", "url": "url:value",
}  # fmt: skip
"""What a table may call a value, besides ``ip``; ``file-`` may stand before a hash."""

_DIGITS = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}
"""Hexadecimal digits of each hash."""


class Known(msgspec.Struct, frozen=True, gc=False):
    """An indicator as people know it."""

    indicator: Indicator
    name: str
    """Of no effect; shown only ``defanged``."""


class Refused(msgspec.Struct, frozen=True):
    """Why an indicator is not used."""

    id: str
    reason: str


def read_indicators(data: bytes, *, source: str, careful: bool = True) -> Iterator[Known | Refused]:
    """Read the indicators of a STIX bundle, or of a table in CSV with the columns ``type`` and ``value``.

    Args:
        data: The file's bytes.
        source: Its name, for errors.
        careful: Hold back what would match what everybody meets.

    Yields:
        The newest version of each indicator of a bundle, or each line of a table; what cannot be used, with the reason.

    Raises:
        FeedError: The file is neither.
    """
    if len(data) > MOST_BYTES:
        raise FeedError(f"{len(data)} bytes, of at most {MOST_BYTES}", source=source)
    rows = _in_bundle(data, source) if data.lstrip()[:1] == b"{" else _in_table(data, source)
    for one in rows:
        known = one if isinstance(one, Refused) else _known(one)
        reason = caution(known.indicator.expression) if careful and isinstance(known, Known) else ""
        if reason and isinstance(known, Known):
            yield Refused(known.indicator.id, f"{reason}: {defanged(known.name)[:100]}")
        else:
            yield known


class _Bundle(msgspec.Struct):
    type: str
    objects: list[msgspec.Raw] = msgspec.field(default_factory=list)


class _Object(msgspec.Struct, gc=False):
    """What is read of any STIX object."""

    type: str
    id: str = ""
    modified: str = ""
    revoked: bool = False
    name: str = ""
    pattern: str = ""
    pattern_type: str = ""
    valid_from: str = ""
    valid_until: str = ""


def objects_of(data: bytes, *, source: str, advice: str = "") -> list[msgspec.Raw]:
    """Return the objects of a STIX bundle, each as it stands there.

    Raises:
        FeedError: It is no bundle.
    """
    try:
        bundle = decode(data, _Bundle, max_bytes=MOST_BYTES, outermost=False)
    except MalformedRecordError as error:
        raise FeedError(f"no STIX bundle: {error}", source=source, advice=advice) from error
    if bundle.type != "bundle":
        raise FeedError(f"no STIX bundle, but {bundle.type[:80]!r}", source=source, advice=advice)
    return bundle.objects


def _in_bundle(data: bytes, source: str) -> Iterator[_Object | Refused]:
    newest: dict[str, _Object] = {}
    for number, raw in enumerate(objects_of(data, source=source)):
        try:
            one = decode(raw, _Object)
        except MalformedRecordError as error:
            yield Refused(f"object {number}", str(error))
            continue
        if one.type == "indicator" and (one.id not in newest or newest[one.id].modified < one.modified):
            newest[one.id] = one
    for one in newest.values():
        if _INDICATOR.fullmatch(one.id):
            yield one
        else:
            yield Refused(one.id[:100] or "an indicator", "its id is not indicator-- and a UUID")


def _known(one: _Object) -> Known | Refused:
    if one.revoked:
        return Refused(one.id, "it was revoked")
    if one.pattern_type not in ("stix", ""):
        return Refused(one.id, f"its pattern is of {one.pattern_type[:40]}, not of STIX")
    times = {}
    for key in ("valid_from", "valid_until"):
        text = getattr(one, key)
        moment = parse_time(text)
        if moment is not None:
            times[f"{key}_us"] = microseconds(moment)
        elif text:
            return Refused(one.id, f"{key} is no time: {text[:40]!r}")
    try:
        indicator = Indicator(one.id, parse_pattern(one.pattern), **times)
    except PatternError as error:
        return Refused(one.id, str(error))
    return Known(indicator, one.name or one.pattern)


def _in_table(data: bytes, source: str) -> Iterator[_Object | Refused]:
    try:
        table = csv.DictReader(io.StringIO(data.decode("utf-8-sig")), strict=True)
        if not {"type", "value"} <= set(table.fieldnames or ()):
            raise FeedError(
                "neither a STIX bundle nor a table", source=source, advice="A table has the columns type and value"
            )
        for row in table:
            yield _of_row(row, table.line_num)
    except (UnicodeDecodeError, csv.Error) as error:
        raise FeedError(f"no table: {error}", source=source) from error


def _of_row(row: dict[str, Any], line: int) -> _Object | Refused:
    kind, value = (row["type"] or "").strip().lower().removeprefix("file-"), (row["value"] or "").strip()
    value = refanged(value)
    if kind == "ip":
        network = network_of(value)
        kind = "ipv6" if network is not None and network.bits == 128 else "ipv4"
    path = _OF_TYPE.get(kind)
    if path is None or not value:
        return Refused(f"line {line}", f"a value of one of {', '.join(sorted(_OF_TYPE))} or ip, not {kind[:40]!r}")
    if kind not in ("url", "email"):
        value = value.lower().rstrip(".")
    if fault := _fault_of(kind, value):
        return Refused(f"line {line}", fault)
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    sign = "ISSUBSET" if kind.startswith("ip") and "/" in value else "="
    pattern = f"[{path} {sign} '{quoted}']"
    return _Object(
        type="indicator", id=f"indicator--{uuid.uuid5(_NAMESPACE, pattern)}", name=value, pattern=pattern,
        pattern_type="stix",
    )  # fmt: skip


def _fault_of(kind: str, value: str) -> str:
    """Say why a value of this type could be seen nowhere; empty: it could."""
    digits = _DIGITS.get(kind)
    if digits is not None and re.fullmatch(rf"[0-9a-f]{{{digits}}}", value) is None:
        return f"{kind} has {digits} hexadecimal digits, unlike {value[:40]!r}"
    if kind in ("ipv4", "ipv6"):
        network = network_of(value)
        if network is None or network.bits != (32 if kind == "ipv4" else 128):
            return f"no address or network of {kind}: {value[:60]!r}"
    return ""


class _Told(msgspec.Struct, frozen=True):
    """An indicator of a table as a STIX object."""

    type: str
    id: str
    created: str
    modified: str
    valid_from: str
    name: str
    pattern: str
    pattern_type: str = "stix"
    spec_version: str = "2.1"
    indicator_types: tuple[str, ...] = ("malicious-activity",)


def indicator_objects(data: bytes, *, source: str) -> Iterator[_Told | Refused]:
    """Yield the STIX object of each line of a table, whose id and times are always the same, or why there is none.

    Raises:
        FeedError: It is no table.
    """
    for row in _in_table(data, source):
        if isinstance(row, Refused):
            yield row
        else:
            yield _Told(row.type, row.id, _BEGUN, _BEGUN, _BEGUN, row.name, row.pattern)


_BEGUN = "2026-01-01T00:00:00.000Z"
"""Of what follows from a value alone: it says nothing, and never changes."""


def defanged(text: str) -> str:
    """Return a text in which nothing can be clicked or resolved by mistake: ``hxxp``, ``[.]`` and ``[@]``."""
    text = re.sub(r"\bhttp(s?)://", r"hxxp\1://", text, flags=re.IGNORECASE)
    return re.sub(r"(?<=[\w\]])\.(?=[\w\[])", "[.]", text).replace("@", "[@]")


def refanged(text: str) -> str:
    """Undo ``defanged``, as tables of others write it."""
    text = re.sub(r"\bhxxp(s?)(?=\[?:)", r"http\1", text, flags=re.IGNORECASE)
    return text.replace("[.]", ".").replace("(.)", ".").replace("[:]", ":").replace("[@]", "@").replace("[at]", "@")
