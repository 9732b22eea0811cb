"""Reads and proves what a member holds: ``records`` and ``verify``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from tocsin.cli import ordering
from tocsin.cli.parameters import HERE, Codes, Json, Moment, UsageError, member_file
from tocsin.cli.terminal import notices, output, say_error, write_json

if TYPE_CHECKING:
    from tocsin.records import Operator
    from tocsin.store import RecordQuery, Store, StoredRecord

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

FOLLOW_EVERY_S = 0.5

records = App(
    name="records", help="Read the records that a member holds, export them as a bundle, release or recall one."
)


def add_to(app: App) -> None:
    """Add these commands to the program."""
    ordering.add_to(records)
    app.command(records)
    app.command(verify)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which records; every condition narrows."""

    kind: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = ()
    """Such as warning.launch or warning.*; may be given again for another."""
    event: str | None = None
    """Of this event."""
    originator: str | None = None
    """Of this member."""
    status: str | None = None
    """actual, test or exercise:ID."""
    audience: str | None = None
    """Those that this member may have by their marking."""
    since: Moment = None
    """Issued from then on: 2026-01-31T12:00Z, a date, or 30m, 2h, 7d ago."""
    until: Moment = None
    """Issued before then."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Place:
    """Whose store."""

    config: Path = HERE
    """The member's TOML, or the folder that holds it as member.toml."""
    store: str | None = None
    """Another store of the same member: a file, or postgresql://user@host/database."""


EVERY, HOME = Filters(), Place()


@records.default
@records.command(name="list")
def list_(*, filters: Filters = EVERY, limit: int = 20, place: Place = HOME, as_json: Json = False) -> None:
    """List records, the newest last.

    Args:
        filters: Which records.
        limit: At most so many, the newest; 0 for all.
        place: Whose store.
        as_json: Write one JSON object a line: order, admitted_at, clock_suspect, chain_open, record.
    """
    from dataclasses import replace

    if limit < 0:
        raise UsageError("--limit is zero or more")
    store, operator = _open(place)
    with store:
        query = _query(filters)
        found = store.records(replace(query, newest_first=bool(limit), limit=limit or None))
        entries = reversed(list(found)) if limit else found
        _print(entries, operator, as_json=as_json)


@records.command
def show(record_id: str, /, *, place: Place = HOME, as_json: Json = False) -> int:
    """Show one record whole, with its place in its chain and how it came.

    Args:
        record_id: Its id, or the beginning of the id if only one record's begins so.
        place: Whose store.
        as_json: Write one JSON object.
    """
    from tocsin.cli.records_view import render_record, to_json
    from tocsin.exchange import release_record
    from tocsin.records import Released

    store, operator = _open(place)
    with store:
        stored = store.find(record_id) or _by_beginning(store, record_id)
    if stored is None:
        say_error(f"no record of id {record_id[:130]} is held", advice="List what is: tocsin records")
        return 1
    released = release_record(stored.admitted, operator)
    if not isinstance(released, Released):
        say_error(f"record {stored.admitted.record.id} may not be shown: {released.detail}")
        return 1
    if as_json:
        write_json(to_json(stored, released))
    else:
        output().print(render_record(stored, released))
    return 0


@records.command
def approvals(*, filters: Filters = EVERY, place: Place = HOME, as_json: Json = False) -> int:
    """List what people released, refused or approved, and whether their passkeys stand behind it.

    Ends with 1 if a decision claims a passkey and does not verify.

    Args:
        filters: Which decisions; a kind has no place here.
        place: Whose store.
        as_json: Write one JSON object a line: standing, detail, record.
    """
    from dataclasses import replace

    from tocsin.cli.records_view import approval_json, render_approvals
    from tocsin.exchange import release_record
    from tocsin.records import APPROVAL, Released
    from tocsin.store import standing_in

    if filters.kind or filters.event:
        raise UsageError("approvals are of one kind, and not of events")
    store, operator = _open(place)
    judged = []
    with store:
        for stored in store.records(replace(_query(filters), kinds=(APPROVAL,))):
            released = release_record(stored.admitted, operator)
            if isinstance(released, Released):
                judged.append((released, stored.admitted.body, standing_in(store, stored.admitted)))
    if as_json:
        for entry in judged:
            write_json(approval_json(*entry))
    else:
        output().print(render_approvals(judged) if judged else "[dim]no such records[/]")
    return 1 if any(standing.is_false for _, _, standing in judged) else 0


@records.command
def follow(*, filters: Filters = EVERY, place: Place = HOME, as_json: Json = False) -> None:
    """Show records as they come in, until Ctrl-C.

    While the node runs it tells when there is something new; otherwise the store is looked at twice a second.

    Args:
        filters: Which records.
        place: Whose store.
        as_json: Write one JSON object a line: order, admitted_at, clock_suspect, chain_open, record.
    """
    import asyncio
    import time
    from dataclasses import replace

    from tocsin.cli.following import attached, follow_attached
    from tocsin.store import RecordQuery

    store, operator = _open(place)
    with store:
        part = attached(place.config) if place.store is None else None
        if part is not None:  # the node tells when there is something new
            asyncio.run(
                follow_attached(
                    part, _query(filters), lambda came: _print(came, operator, as_json=as_json, header=False)
                )
            )
        newest = next(store.records(RecordQuery(newest_first=True, limit=1, copies=True)), None)
        order = newest.order if newest is not None else 0
        while True:
            came = list(store.records(replace(_query(filters), after_order=order)))
            _print(came, operator, as_json=as_json, header=False)
            if came:
                order = came[-1].order
            time.sleep(FOLLOW_EVERY_S)


@records.command
def export(
    *,
    to: Path,
    for_: Annotated[Codes, Parameter(name="--for")],
    filters: Filters = EVERY,
    place: Place = HOME,
    as_json: Json = False,
) -> None:
    """Write frames into a bundle that others can prove offline, as far as their marking lets them go.

    A frame goes as a whole, since it is signed as a whole.

    Args:
        to: The new file.
        for_: Codes of the members that the bundle is for, separated by commas; all of them must be allowed to have it.
        filters: Which records.
        place: Whose store.
        as_json: Write one JSON object that says what was exported.
    """
    from tocsin.node import load_trust, read_config
    from tocsin.node.bundles import export_bundle
    from tocsin.records import BundleFile

    if not for_:
        raise UsageError("--for names at least one member")
    trust = load_trust(read_config(member_file(place.config)))
    store, _ = _open(place)
    with store:
        done = export_bundle(
            store, _query(filters), rosters=trust.documents, outlet=BundleFile(tuple(sorted(for_))), file=to
        )  # fmt: skip
    if as_json:
        write_json(done)
        return
    output().print(f"{done.records} records in {done.frames} frames for {', '.join(done.audience)} are in {done.file}")
    if done.stayed:
        output().print(f"[yellow]{done.stayed} frames stayed: their marking does not name all of these members[/]")


def verify(source: Path = HERE, /, *, roster: Path | None = None, as_json: Json = False) -> int:
    """Prove a store or a bundle offline: every signature, digest, audience and chain, and where one breaks.

    Ends with 1 if anything is broken. Gaps (frames that are not there) are told and break nothing.

    Args:
        source: A store's file, a bundle, or a member's folder.
        roster: The signed roster to check by; else the member's own, or the one inside the bundle.
        as_json: Write one JSON object (tocsin.verify/1).
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from tocsin.cli.records_view import render_proof
    from tocsin.node.proving import prove

    console = notices()
    bar = Progress(
        TextColumn("verifying"), BarColumn(), TextColumn("{task.percentage:.0f}%"), TimeRemainingColumn(),
        console=console, transient=True, disable=not console.is_terminal,
    )  # fmt: skip
    with bar:
        task = bar.add_task("", total=None)
        proof = prove(
            source, roster=roster, on_progress=lambda done, total: bar.update(task, completed=done, total=total)
        )
    if as_json:
        write_json(proof)
    else:
        output().print(render_proof(proof))
    return 0 if proof.is_sound else 1


def _open(place: Place) -> tuple[Store, Operator]:
    from tocsin.node import read_config
    from tocsin.node.wiring import open_store
    from tocsin.records import Operator
    from tocsin.store import Store

    config = read_config(member_file(place.config))
    store = open_store(config, read_only=True) if place.store is None else Store.open(place.store, read_only=True)
    return store, Operator(config.member.code)


def _query(filters: Filters) -> RecordQuery:
    from tocsin.markings import status_class
    from tocsin.store import RecordQuery, Window

    if filters.status is not None:
        status_class(filters.status)
    windows = (Window(time="issued", since=filters.since, until=filters.until),)
    return RecordQuery(
        kinds=filters.kind, event_id=filters.event, originator=_code(filters.originator), status=filters.status,
        member=_code(filters.audience), windows=windows if filters.since or filters.until else (),
    )  # fmt: skip


def _code(text: str | None) -> str | None:
    return text.upper() if text is not None else None


def _by_beginning(store: Store, beginning: str) -> StoredRecord | None:
    found = [stored for stored in store.records() if stored.admitted.record.id.startswith(beginning)]
    if len(found) > 1:
        raise UsageError(f"{len(found)} records begin with {beginning!r}; give more of the id")
    return found[0] if found else None


def _print(entries: Iterable[StoredRecord], operator: Operator, *, as_json: bool, header: bool = True) -> None:
    from tocsin.cli.records_view import render_list, to_json
    from tocsin.exchange import release_record
    from tocsin.records import Released

    let_out, stayed = [], 0
    for stored in entries:
        released = release_record(stored.admitted, operator)
        if not isinstance(released, Released):
            stayed += 1
        elif as_json:
            write_json(to_json(stored, released))
        else:
            let_out.append((stored, released))
    if let_out:
        output().print(render_list(let_out, header=header))
    elif header and not as_json and not stayed:
        output().print("[dim]no such records[/]")
    if stayed:
        notices().print(f"[yellow]{stayed} records are not for {operator.member} and not shown[/]")
