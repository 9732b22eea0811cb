"""Indicators against logs, on this machine: ``cyber match``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from tocsin.cli import stix_objects
from tocsin.cli.parameters import Flag, Json
from tocsin.cli.terminal import notice, notices, output, write_json

if TYPE_CHECKING:
    from tocsin.cyber.indicators import Known, Refused
    from tocsin.cyber.logs import Event
    from tocsin.cyber.mapping import LogMapping

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

cyber = App(name="cyber", help="Hostile cyber activity: indicators, and what they match.")

_TOLD = 10
"""Troubles that are told one by one; the rest is counted."""


def add_to(app: App) -> None:
    """Add these commands to the program."""
    stix_objects.add_to(cyber)
    app.command(cyber)


@cyber.command
def match(
    *,
    indicators: Annotated[tuple[Path, ...], Parameter(name=("--indicators", "-i"), consume_multiple=True, negative=())],
    logs: Annotated[tuple[Path, ...], Parameter(name=("--logs", "-l"), consume_multiple=True, negative=())],
    mapping: str = "",
    careless: Flag = False,
    as_json: Json = False,
) -> int:
    """Match indicators against logs, and say which was seen, on which day and how often.

    Nothing is resolved or contacted, and no node is needed. Ends with 1 if nothing was seen. How to write a mapping for
    your own logs: docs/how-to/match-indicators.md.

    Args:
        indicators: STIX bundles, or tables in CSV with the columns type and value.
        logs: STIX bundles with observed-data, files of JSON lines, or tables (.csv) whose first line names the columns.
        mapping: zeek, suricata, ecs or csv, or a TOML file that says which field is what; STIX needs none.
        careless: Use also what would match what everybody meets, such as a private address.
        as_json: Write one STIX sighting a line.
    """
    from tocsin.clock import SystemClock
    from tocsin.cyber.detector import Detector
    from tocsin.cyber.indicators import Known, Refused
    from tocsin.cyber.logs import Unread
    from tocsin.cyber.sightings import Tally
    from tocsin.cyber.times import microseconds

    now = SystemClock().now()
    now_us = microseconds(now)
    detector, tally = Detector(kept_events=0), Tally()
    names: dict[str, str] = {}
    refused: list[Refused] = []
    for one in _indicators(indicators, careful=not careless):
        if isinstance(one, Known):
            names[one.indicator.id] = one.name
            detector.add([one.indicator], now_us=now_us)
        else:
            refused.append(one)
    events, unread = 0, []
    for file, event in _events(logs, _mapping(mapping)):
        if isinstance(event, Unread):
            unread.append(f"{file}, line {event.line}: {event.reason}")
        elif event is not None:
            tally.add(detector.observe(event, now_us=now_us))
            events += 1
    refused += (Refused(indicator, str(error)) for indicator, error in detector.refused.items())
    sightings = tally.sightings(by=None, now=now)
    for line in [*(f"not used: {one.id}: {one.reason}" for one in refused[:_TOLD]), *unread[:_TOLD]]:
        notice(line)
    notice(
        f"{len(detector):,} indicators, {len(refused):,} not used; {events:,} events, {len(unread):,} lines not read; "
        f"{len(sightings):,} sightings"
    )
    if as_json:
        for sighting in sightings:
            write_json(sighting)
    elif sightings:
        _show(sightings, names)
    return 0 if sightings else 1


def _show(sightings: list[dict[str, Any]], names: dict[str, str]) -> None:
    from rich.table import Table
    from rich.text import Text

    from tocsin.cyber.indicators import defanged

    table = Table("day", "times", "indicator")
    for one in sightings:
        table.add_row(one["first_seen"][:10], f"{one['count']:,}", Text(defanged(names[one["sighting_of_ref"]])))
    output().print(table)


def _indicators(files: tuple[Path, ...], *, careful: bool) -> Iterator[Known | Refused]:
    from tocsin.cyber.indicators import read_indicators

    for file in files:
        found = read_indicators(_bytes_of(file), source=str(file), careful=careful)
        yield from _shown_progress(found, f"reading {file.name}")


def _events(files: tuple[Path, ...], mapping: LogMapping | None) -> Iterator[tuple[Path, Event]]:
    for file in files:
        for event in _shown_progress(_events_of(file, mapping), f"matching {file.name}"):
            yield file, event


def _shown_progress(items: Iterator[Any], what: str) -> Iterator[Any]:
    from rich.progress import Progress, SpinnerColumn, TextColumn

    console = notices()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:,.0f}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield from bar.track(items, description=what)


def _bytes_of(file: Path, *, advice: str = "") -> bytes:
    from tocsin.errors import FeedError

    try:
        return file.read_bytes()
    except OSError as error:
        raise FeedError(f"cannot be read: {error.strerror}", source=str(file), advice=advice) from error


def _mapping(name: str) -> LogMapping | None:
    from tocsin.cyber.mapping import SHIPPED, LogMapping, shipped_mapping

    if not name:
        return None
    if name in SHIPPED:
        return shipped_mapping(name)
    advice = f"Say {', '.join(SHIPPED)}, or name a TOML file: docs/how-to/match-indicators.md"
    return LogMapping(_bytes_of(Path(name), advice=advice).decode("utf-8", "replace"), where=name)


def _events_of(file: Path, mapping: LogMapping | None) -> Iterator[Event]:
    from tocsin.cyber.logs import bundle_events, json_events, table_events
    from tocsin.errors import FeedError

    if mapping is None:
        yield from bundle_events(_bytes_of(file), source=str(file))
        return
    try:
        with file.open("rb") as opened:
            yield from (table_events if file.suffix == ".csv" else json_events)(opened, mapping)
    except OSError as error:
        raise FeedError(f"cannot be read: {error.strerror}", source=str(file)) from error
