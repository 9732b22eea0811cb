"""Records as people and machines read them at a terminal. Takes only what was released to this terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.json import JSON
from rich.table import Table
from rich.text import Text

from tocsin.exchange import ApprovalStanding
from tocsin.markings import status_class
from tocsin.node.dossier_check import DossierProof
from tocsin.node.proving import Proof
from tocsin.records import (
    Approval,
    Detection,
    Launch,
    LaunchNotice,
    MemberTrack,
    Opaque,
    Operator,
    Record,
    Released,
    SameEvent,
    body_of,
    decode,
)
from tocsin.signing import fingerprint
from tocsin.store import StoredRecord

MANY = 20
STATUS_STYLES = {"actual": "bold white on red", "exercise": "black on cyan", "test": "black on yellow"}

Entry = tuple[StoredRecord, Released[Operator]]


def to_json(stored: StoredRecord, released: Released[Operator]) -> dict[str, Any]:
    """Return a record with what the journal says of it, for a machine."""
    admitted = stored.admitted
    return {
        "order": stored.order,
        "admitted_at": admitted.admitted_at,
        "via": admitted.via,
        "clock_suspect": admitted.clock_suspect,
        "chain_open": admitted.chain_open,
        "record": msgspec.Raw(released.data),
    }


def render_list(entries: Sequence[Entry], *, header: bool) -> Table:
    """Return records as a table; status and marking stand in every row."""
    table = Table(box=None, pad_edge=False, header_style="dim", show_header=header, expand=True)
    table.add_column("order", justify="right", min_width=5)
    table.add_column("issued, UTC", width=14)
    table.add_column("status", min_width=6, overflow="fold")
    table.add_column("for", min_width=11, overflow="fold")
    table.add_column("record", ratio=1, overflow="fold")
    for stored, released in entries:
        record = _record(released)
        table.add_row(
            str(stored.order), f"{record.issued_at:%m-%d %H:%M:%S}", status_text(record), marking_text(record),
            Text.assemble(
                (f"{record.originator} {record.kind}", "bold"), f" {record.id[:8]} ", *_summary(record, stored)
            ),
        )  # fmt: skip
    return table


def render_record(stored: StoredRecord, released: Released[Operator]) -> RenderableType:
    """Return one record whole."""
    record, admitted = _record(released), stored.admitted
    chain = released.ref.chain
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    facts.add_row("record", Text(f"{record.kind} {record.id}", "bold"))
    facts.add_row("status", status_text(record))
    facts.add_row("for", marking_text(record))
    facts.add_row("from", f"{record.originator}, {record.precedence.value}, by way of {admitted.via}")
    facts.add_row("issued", f"{record.issued_at:%Y-%m-%d %H:%M:%S.%f}Z")
    if record.observed_at is not None:
        facts.add_row("observed", f"{record.observed_at:%Y-%m-%d %H:%M:%S.%f}Z")
    facts.add_row("admitted", f"{admitted.admitted_at:%Y-%m-%d %H:%M:%S.%f}Z, order {stored.order}")
    facts.add_row(
        "frame", f"{released.ref.number} of {chain.originator} to {chain.audience}, epoch {released.ref.epoch}, "
        f"{released.ref.hash[:16]}…",
    )  # fmt: skip
    if flags := _flags(record, stored):
        facts.add_row("note", Text.assemble(*flags))
    for source in record.sources:
        facts.add_row("source", " ".join(filter(None, (source.originator, source.record or source.cites))))
    return Group(facts, JSON(bytes(record.body).decode(), indent=2))


Judged = tuple[Released[Operator], Approval, ApprovalStanding]


def approval_json(released: Released[Operator], _: Approval, standing: ApprovalStanding) -> dict[str, Any]:
    """Return a decision with what it is worth, for a machine."""
    return {"standing": standing.code, "detail": standing.detail, "record": msgspec.Raw(released.data)}


def render_approvals(judged: Sequence[Judged]) -> Table:
    """Return decisions as a table, with what each is worth."""
    table = Table(box=None, pad_edge=False, header_style="dim", expand=True)
    for name in ("issued, UTC", "status", "by", "decision", "passkey"):
        table.add_column(name, overflow="fold")
    for released, body, standing in judged:
        record = _record(released)
        style = "green" if standing.is_verified else "bold white on red" if standing.is_false else ""
        words = "verified" if standing.is_verified else f"{standing.code.replace('_', ' ')} {standing.detail}".strip()
        table.add_row(
            f"{record.issued_at:%m-%d %H:%M:%S}", status_text(record),
            Text(f"{record.originator} {body.person.role} {body.person.pseudonym}"),
            Text(f"{body.act} {body.originator} {body.record[:12]} {body.text}".strip()), Text(words, style),
        )  # fmt: skip
    return table


def render_proof(proof: Proof) -> RenderableType:
    """Return what a proof found."""
    lines = [
        Text.assemble(
            ("sound" if proof.is_sound else "BROKEN", "bold green" if proof.is_sound else "bold white on red"),
            f"  {proof.source}: {proof.frames} frames, {proof.records} records in {proof.chains} chains",
            f", {proof.recalled} {'left out' if proof.dossier else 'recalled'}" if proof.recalled else "",
        )
    ]
    if proof.dossier is not None:
        lines += _of_dossier(proof.dossier, is_sound=proof.is_sound)
    lines += [
        Text(
            f"checked by roster {by.federation}, version {by.version}, {by.source}; "
            f"fingerprint {fingerprint(by.fingerprint)}"
            + (" (compare it with your own)" if by.source.startswith("inside ") else ""), "dim",
        )
        for by in proof.rosters
    ]  # fmt: skip
    lines += [
        Text.assemble(("breaks  ", "red"), f"{each.where}: {each.what}") for each in proof.breaks[:MANY]
    ]  # fmt: skip
    if len(proof.breaks) > MANY:
        lines.append(Text(f"and {len(proof.breaks) - MANY} more breaks", "red"))
    lines += [
        Text.assemble(("gap     ", "yellow"), f"{gap.chain}, epoch {gap.epoch}: frames {gap.after + 1} to {gap.up_to}")
        for gap in proof.gaps[:MANY]
        if proof.dossier is None  # of a chain it holds what belongs to it
    ]
    if len(proof.gaps) > MANY and proof.dossier is None:
        lines.append(Text(f"and {len(proof.gaps) - MANY} more gaps", "yellow"))
    return Group(*lines)


def _of_dossier(dossier: DossierProof, *, is_sound: bool) -> list[Text]:
    """Say what is proved of a dossier and what is not, in words for whoever was handed it."""
    head = dossier.head
    known = f"as {head.made_by} knew it {head.as_of:%Y-%m-%d %H:%MZ}"
    lines = [
        Text.assemble(("dossier ", "bold"), dossier.title),
        Text(f"status {head.status}; for {', '.join(head.audience)}; {known}"),
    ]
    for each in dossier.signed:
        period = f"{each.first_at:%Y-%m-%d} to {each.last_at:%Y-%m-%d}"
        lines.append(Text(f"proved  {each.records} records signed by {each.member}, {period}"))
    if dossier.is_same_data and dossier.is_same_page:
        lines.append(Text("proved  the page and its data are what these records give"))
    if dossier.files:
        lines.append(Text(f"proved  {dossier.files} files are those that the items name"))
    if is_sound:
        lines.append(Text(f"proved  {head.made_by} signed the whole as it stands here"))
    stayed = f"that {len(head.withheld) or 'nothing'} stayed behind"
    lines.append(Text(f"by {head.made_by}'s word alone: when records came in there, and {stayed}"))
    lines.append(Text("not proved: that it is so, and when by the world's clock it was signed", "dim"))
    return lines


def status_text(record: Record) -> Text:
    """Return a record's status, worded and coloured."""
    world = status_class(record.status)
    word = record.status.upper() if world != "exercise" else f"EXERCISE {record.status.partition(':')[2]}"
    text = Text(f" {word} ", STATUS_STYLES[world])
    if record.synthetic:
        text.append(" SYNTHETIC", "bold magenta")
    return text


def marking_text(record: Record) -> Text:
    """Return who may have a record, with its caveats."""
    marking = record.marking
    more = [*marking.caveats, *([marking.tlp.value] if marking.tlp is not None else [])]
    return Text(" ".join([marking.audience, *more]), "bold" if marking.audience == record.originator else "")


def _record(released: Released[Operator]) -> Record:
    return decode(released.data, Record, outermost=False)


def _summary(record: Record, stored: StoredRecord) -> list[Text]:
    return [Text(_words(body_of(record))), *_flags(record, stored)]


def _words(body: Any) -> str:
    if isinstance(body, Launch):
        return _launch_words(body)
    if isinstance(body, Detection):
        if body.position is not None:
            return f"near {_place(body.position.lat_deg, body.position.lon_deg)}"
        far = f", {body.range_m / 1e3:.0f} km" if body.range_m is not None else ""
        return f"{body.sensor_id} azimuth {body.azimuth_deg:.1f}°, elevation {body.elevation_deg:.1f}°{far}"
    if isinstance(body, MemberTrack):
        free = "flies free" if body.is_free else "not known to fly free"
        return f"event {body.event_id[:8]} track of {body.detections} plots by {body.sensors} sensors, {free}"
    if isinstance(body, LaunchNotice):
        return (
            f"{body.authority}: {body.opens_at:%Y-%m-%d %H:%M}Z to {body.closes_at:%m-%d %H:%M}Z {body.vehicle}".strip()
        )
    if isinstance(body, Opaque):
        return "opaque: a kind that this version does not know"
    if isinstance(body, SameEvent):
        return f"event {body.alias[:8]} is {body.event_id[:8]}"
    return ""


def _launch_words(launch: Launch) -> str:
    words = [f"event {launch.event_id[:8]} {launch.stage}"]
    if launch.outcome is not None:
        words.append(launch.outcome)
    if launch.impact is not None:
        longer, shorter = launch.impact.ellipse_95_km
        words.append(f"impact {_place(launch.impact.lat_deg, launch.impact.lon_deg)} ±{longer:.1f}×{shorter:.1f} km")
        words.append(f"at {launch.impact.at:%H:%M:%S}Z")
    if launch.contributors:
        words.append(f"by tracks of {' '.join(each.member for each in launch.contributors if each.record)}")
    if launch.areas:
        words.append(f"at risk {' '.join(launch.areas)}")
    if launch.overflown:
        words.append(f"overflown {' '.join(over.area for over in launch.overflown)}")
    return ", ".join(words)


def _place(lat_deg: float, lon_deg: float) -> str:
    return f"{abs(lat_deg):.2f}{'N' if lat_deg >= 0 else 'S'} {abs(lon_deg):.2f}{'E' if lon_deg >= 0 else 'W'}"


def _flags(record: Record, stored: StoredRecord) -> list[Text]:
    flags = []
    if stored.admitted.clock_suspect:
        flags.append(Text(" clock suspect", "yellow"))
    if stored.admitted.chain_open:
        flags.append(Text(" earlier frames missing", "yellow"))
    if record.supersedes is not None:
        flags.append(Text(f" supersedes {record.supersedes[:8]}", "dim"))
    if record.cancels is not None:
        flags.append(Text(f" cancels {record.cancels[:8]}", "red"))
    return flags
