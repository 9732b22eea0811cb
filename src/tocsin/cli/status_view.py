"""A node's status and the findings of a check as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tocsin.node import LinkStatus, MemberStatus
from tocsin.node.findings import Finding

MANY = 10
_LEVELS = {"ok": ("ok", "green"), "warning": ("warning", "yellow"), "error": ("ERROR", "bold red")}


def render_status(status: MemberStatus) -> RenderableType:
    """Return a node's status for the terminal."""
    problems = status.problems
    head = Text.assemble(
        (status.member, "bold"), f"  {status.at:%Y-%m-%d %H:%M:%S}Z  ",
        ("all well", "green") if not problems else (_count(len(problems), "problem"), "bold red"),
    )  # fmt: skip
    parts: list[RenderableType] = [head, *(Text(f"  {problem}", "red") for problem in problems), _links(status)]
    if status.held:
        parts.append(_held(status))
    if status.missing:
        parts.append(_missing(status))
    if status.refused:
        refused = ", ".join(f"{what}: {count}" for what, count in sorted(status.refused.items()))
        parts.append(Text.assemble(("refused  ", "bold"), refused))
    parts.append(
        Text.assemble(
            ("store    ", "bold"),
            (status.store_problem, "red") if status.store_problem else f"order {status.last_order}",
            f", {status.in_flight} frames unacknowledged, {status.duplicates} second copies dropped"
            + (f"; in {status.store}" if "://" in status.store else ""),
        )
    )
    parts += [
        Text.assemble(
            ("part     ", "bold"),
            f"{part.name}, process {part.pid}, since {part.attached_at:%H:%M:%S}Z, {part.lag} records behind",
        )
        for part in status.parts
    ]
    parts.append(
        Text.assemble(
            ("roster   ", "bold"), f"version {status.roster_version}, until {status.roster_expires_at:%Y-%m-%d}; ",
            f"link certificate until {status.certificate_expires_at:%Y-%m-%d}",
        )
    )  # fmt: skip
    return Group(*parts)


def render_findings(findings: Sequence[Finding]) -> RenderableType:
    """Return the findings of a check for the terminal, those that matter last, where the eye is."""
    lines: list[RenderableType] = []
    for finding in sorted(findings, key=lambda found: ("ok", "warning", "error").index(found.level)):
        word, style = _LEVELS[finding.level]
        lines.append(Text.assemble((f"{word:<8}", style), (finding.about, "bold"), f": {finding.what}"))
        if finding.level != "ok":
            more = (finding.where, finding.advice and f"→ {finding.advice}")
            lines.extend(Padding(Text(text), (0, 0, 0, 8)) for text in more if text)
    errors = sum(finding.level == "error" for finding in findings)
    warnings = sum(finding.level == "warning" for finding in findings)
    lines.append(
        Text(f"{_count(errors, 'error')}, {_count(warnings, 'warning')}", "bold red" if errors else "bold green")
    )
    return Group(*lines)


def _links(status: MemberStatus) -> Table:
    table = Table(box=None, pad_edge=False, expand=False, header_style="dim")
    for name in ("member", "link"):
        table.add_column(name)
    for name in ("rtt ms", "behind", "unsent", "heads s", "clock s"):
        table.add_column(name, justify="right")
    for link in status.links:
        table.add_row(
            link.member, _state(link), _figure(link.rtt_ms, "{:.1f}"), str(link.lag) if link.is_neighbour else "",
            str(link.unsent) if link.is_neighbour else "", _age(link.last_heads_at, status.at),
            _figure(link.clock_offset_s, "{:+.3f}"),
        )  # fmt: skip
    return table


def _state(link: LinkStatus) -> Text:
    if not link.is_neighbour:
        return Text("by relay", "dim")
    return Text("● up", "green") if link.connected and not link.problem else Text("○ down", "bold red")


def _age(moment: datetime | None, now: datetime) -> Text:
    if moment is None:
        return Text("never", "red")
    seconds = (now - moment) / timedelta(seconds=1)
    return Text(f"{seconds:.1f}", "red" if seconds > 5 else "")


def _figure(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def _held(status: MemberStatus) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="dim", title="held", title_justify="left", title_style="bold")
    for name in ("record", "kind", "for", "why", "since"):
        table.add_column(name, overflow="fold")
    for item in status.held[-MANY:]:
        why = f"{item.reason}: {item.detail}" if item.detail else item.reason
        table.add_row(item.record_id[:12], item.kind, item.member, why, f"{item.since:%m-%d %H:%M}Z")
    return _with_rest(table, len(status.held))


def _missing(status: MemberStatus) -> RenderableType:
    table = Table(
        box=None, pad_edge=False, header_style="dim", title="missing", title_justify="left", title_style="bold"
    )
    for name in ("of", "audience", "status", "precedence", "frames", "since"):
        table.add_column(name, overflow="fold")
    for gap in status.missing[-MANY:]:
        numbers = f"{gap.after + 1} to {gap.up_to}"
        table.add_row(gap.originator, gap.audience, gap.status, gap.precedence, numbers, f"{gap.since:%H:%M:%S}Z")
    return _with_rest(table, len(status.missing))


def _with_rest(table: Table, count: int) -> RenderableType:
    return Group(table, Text(f"and {count - MANY} more", "dim")) if count > MANY else table


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
