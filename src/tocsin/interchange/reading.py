"""Which format a file is of, and its bytes to what it brings, within bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Any, Literal

from tocsin.claims import ledger_rows
from tocsin.claims.proposals import is_proposals, read_proposals
from tocsin.codec import decode
from tocsin.errors import FeedError, MalformedRecordError
from tocsin.interchange.coming import MOST_BYTES, Received
from tocsin.interchange.csv_file import read_csv, to_csv
from tocsin.interchange.ftm import to_ftm
from tocsin.interchange.ftm_reading import read_ftm
from tocsin.interchange.geojson import read_geojson, to_geojson
from tocsin.interchange.leaving import Leaving
from tocsin.interchange.stix import to_stix
from tocsin.interchange.stix_reading import read_stix

OutFormat = Literal["csv", "ftm", "stix", "geojson"]
Format = Literal["toml", "csv", "ftm", "stix", "geojson"]

WRITERS: dict[OutFormat, Callable[[Sequence[Leaving]], bytes]] = {
    "csv": to_csv, "ftm": to_ftm, "stix": to_stix, "geojson": to_geojson,
}  # fmt: skip


def read_file(data: bytes, *, name: str, member: str, form: Format | None = None) -> Received:
    """Read a file of any of the formats.

    Args:
        data: The file.
        name: Of the file, for errors and, where ``form`` is not given, to tell its format by.
        member: Who reads it.
        form: Its format.

    Raises:
        FeedError: It is none of that format, or too large.
    """
    if len(data) > MOST_BYTES:
        raise FeedError(f"{len(data)} bytes, of at most {MOST_BYTES}", source=name, advice="Split it")
    received = Received(source=name, member=member)
    match form or _format_of(data, name):
        case "toml":
            _read_toml(_text(data, name), received)
        case "csv":
            read_csv(_text(data, name), received)
        case "ftm":
            read_ftm(data, received)
        case "stix":
            read_stix(data, received)
        case "geojson":
            read_geojson(data, received)
    return received


def _read_toml(text: str, received: Received) -> None:
    """Read a ledger, or a file of proposals, of which only what a person accepted is told."""
    if not is_proposals(text):
        received.rows += ledger_rows(text, received.source)
        return
    proposals = read_proposals(text, received.source)
    received.rows += proposals.rows(received.source)
    count = proposals.count()
    undecided = {"proposed, and decided by nobody yet": count["open"], "refused": count["refuse"]}
    received.passed_over.update({why: number for why, number in undecided.items() if number})


def _format_of(data: bytes, name: str) -> Format:
    ending = PurePath(name).suffix.lower()
    if ending in (".toml", ".csv", ".geojson"):
        return ending[1:]  # type: ignore[return-value]  # one of these
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return "csv" if ending in (".tsv", ".txt") else "toml"
    try:
        whole = decode(data, dict[str, Any], max_bytes=MOST_BYTES)
    except MalformedRecordError:
        return "ftm"  # several objects, one a line
    found: dict[Any, Format] = {"bundle": "stix", "FeatureCollection": "geojson"}
    return found.get(whole.get("type"), "ftm") if isinstance(whole.get("type"), str) else "ftm"


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FeedError("no UTF-8", source=name, line=line, advice="Save it as UTF-8 text") from error
