"""Consultations as people read them at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tocsin.cli.parameters import UsageError
from tocsin.consult import (
    Consultation,
    MemberStanding,
    ParagraphDifference,
    Remark,
    Span,
    Statement,
    StatementProof,
    differences,
    visible,
    word_differences,
)
from tocsin.consult.statement import BANNERS
from tocsin.markings import status_class

_PHASES = {
    "round": ("goes round", "cyan"), "silence": ("under silence", "yellow"), "suspended": ("SUSPENDED", "bold red"),
    "waiting": ("deadline past, not agreed", "bold yellow"), "broken": ("silence was broken", "red"),
    "agreed": ("AGREED", "bold green"), "signing": ("agreed, being signed", "green"), "issued": ("issued", "green"),
    "corrected": ("corrected by another", "magenta"), "superseded": ("superseded by another", "magenta"),
    "disputed": ("DISPUTED: records contradict each other, nothing is agreed", "bold red"),
}  # fmt: skip
_STYLES = {"same": "", "added": "green underline", "removed": "red strike"}


def render_list(found: Sequence[Consultation]) -> RenderableType:
    """Return a line for each consultation."""
    table = Table(box=None, pad_edge=False)
    for column in ("consultation", "title", "text", "stands", "deadline", "waits for"):
        table.add_column(column, overflow="fold")
    for each in found:
        statement = each.text.statement
        deadline = f"{each.silence.deadline_at:%Y-%m-%d %H:%MZ}" if each.silence else ""
        table.add_row(
            Text(each.name), Text(statement.titles[statement.tags[0]] if statement else "cannot be read"),
            str(each.text.number), _phase(each), deadline, ", ".join(each.waits_for),
        )  # fmt: skip
    return table


def render(standing: Consultation, *, language: str = "", against: int | None = None) -> RenderableType:
    """Return one consultation with its whole text, brackets in place.

    Args:
        standing: Where it stands.
        language: Of the text; empty: the first.
        against: The number of the text that it is compared with; None: the one before.

    Raises:
        UsageError: The statement is not in that language, or there is no such text.
    """
    statement = standing.text.statement
    banner = BANNERS[status_class(standing.status)]
    lines: list[RenderableType] = [Text(banner, "bold reverse")] if banner else []
    lines.append(Text.assemble((standing.name, "bold"), f"  text {standing.text.number}  ", _phase(standing)))
    lines.append(Text(f"SHA-256 {standing.text.digest}", "dim"))
    lines += _deadline(standing)
    if standing.waits_for:
        lines.append(Text(f"waits for {', '.join(standing.waits_for)}", "yellow"))
    if standing.is_abandoned:
        lines.append(Text("a silence before this text was ended by the drafter", "dim"))
    if statement is None:
        return Group(*lines, Text(f"this text cannot be read: {visible(standing.text.problem)}", "red"))
    tag = language or statement.tags[0]
    if tag not in statement.tags:
        raise UsageError(f"the statement is not in {tag!r}: it is in {', '.join(statement.tags)}")
    if standing.text.look_alikes:
        words = ", ".join(standing.text.look_alikes)[:500]
        lines.append(Text(f"look closely, letters of another script: {words}", "bold magenta"))
    lines += [Text(""), *_text(standing, statement, tag, against), Text(""), _members(standing)]
    for each in standing.comments:
        about = f" on {each.paragraph}" if each.paragraph else ""
        lines.append(Text(f"{each.ref}  {each.at:%m-%d %H:%MZ}  {visible(each.role)}{about}: {visible(each.why)}"))
    if standing.replaced_by is not None:
        lines.append(Text(f"see {standing.replaced_by}", "magenta"))
    return Group(*lines)


def render_proof(proof: StatementProof) -> RenderableType:
    """Return what a signed statement proves."""
    statement = proof.statement
    banner = BANNERS[status_class(statement.status)]
    lines = [Text(banner, "bold reverse")] if banner else []
    lines.append(Text(f"{statement.titles[statement.tags[0]]} ({statement.drafter}/{statement.id})", "bold"))
    lines.append(Text(f"SHA-256 {proof.digest}"))
    lines += [
        Text(f"  {each.tag}  {each.sha256}  {'authentic' if each.is_authentic else 'a translation'}")
        for each in statement.languages
    ]
    lines.append(Text(f"signed by {', '.join(proof.signed) or 'nobody'}", "green" if proof.signed else "red"))
    if proof.unsigned:
        lines.append(Text(f"NOT signed by {', '.join(proof.unsigned)}", "bold red"))
    if proof.unknown:
        lines.append(
            Text(f"signed with keys that no roster here lists, in the name of {', '.join(proof.unknown)}", "red")
        )
    return Group(*lines)


def _phase(standing: Consultation) -> Text:
    return Text(*_PHASES[standing.phase])


def _deadline(standing: Consultation) -> Iterable[Text]:
    silence = standing.silence
    if silence is None:
        return
    yield Text(f"deadline {_local(silence.deadline_at, standing.zones)}")
    yield Text(
        f"receipts by {silence.receive_by:%Y-%m-%d %H:%M:%SZ}; kept from {silence.closes_at:%Y-%m-%d %H:%M:%SZ} on"
    )
    if silence.note:
        yield Text(visible(silence.note))


def _local(moment: datetime, zones: dict[str, str]) -> str:
    told = [f"{moment:%Y-%m-%d %H:%M:%SZ}"]
    for member, zone in sorted(zones.items()):
        try:
            told.append(f"{member} {moment.astimezone(ZoneInfo(zone)):%m-%d %H:%M}")
        except (ZoneInfoNotFoundError, ValueError, OSError):  # a peer may write any
            told.append(f"{member} zone {visible(zone)!r} is not known here")
    return "  ".join(told)


def _text(standing: Consultation, statement: Statement, tag: str, against: int | None) -> Iterable[Text]:
    """Yield the text, with what changed since another of its texts, and brackets where they belong."""
    numbers = {each.number: each.statement for each in standing.rounds}
    before = numbers.get(standing.text.number - 1 if against is None else against)
    if against is not None and before is None:
        raise UsageError(f"there is no text {against} that can be read")
    is_newest = standing.current == len(standing.rounds) - 1
    asked = [*standing.brackets, *standing.reservations] if is_newest else []
    words = {"": statement.titles[tag], **{each.id: each.texts[tag] for each in statement.paragraphs}}
    for each in differences(before or statement, statement, tag):
        yield _paragraph(each)
        for one in (one for one in asked if one.paragraph == each.id):
            yield _bracket(one, words.get(one.paragraph, ""), tag)


def _paragraph(found: ParagraphDifference) -> Text:
    mark = {"same": " ", "changed": "~", "added": "+", "removed": "-", "moved": ">"}[found.change]
    return Text.assemble((f"{mark} {found.id or 'title'}  ", "dim"), *_spans(found.spans))


def _bracket(remark: Remark, words: str, tag: str) -> Text:
    wanted = visible(remark.texts.get(tag, ""))
    head = (f"    [{remark.member} {remark.act}" + (": " if wanted else ""), "bold yellow")
    body = _spans(word_differences(words, wanted)) if remark.act == "replace" and wanted else [(wanted, "")]
    why = f"  ({visible(remark.why)})" if remark.why else ""
    return Text.assemble(head, *body, ("]", "bold yellow"), why, (f"  {remark.ref}", "dim"))


def _spans(spans: Sequence[Span]) -> list[tuple[str, str]]:
    """Return spans with their marks, for a terminal without colours too."""
    marks = {"same": "{}", "added": "{{+{}+}}", "removed": "[-{}-]"}
    return [(marks[span.op].format(span.text), _STYLES[span.op]) for span in spans]


def _members(standing: Consultation) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("member", "has the text", "receipt for the silence", "last word", "signed"):
        table.add_column(column, overflow="fold")
    for each in standing.members:
        receipt = _time(each.received_at)
        if each.received_at is not None and not each.is_in_time:
            receipt += " too late"
        table.add_row(each.member, _time(each.holds_text_at), receipt, _word(each), _signed(each))
    return table


def _word(member: MemberStanding) -> Text:
    late = " (broke silence as well, too late)" if member.broke_too_late else ""
    says = f": {visible(member.says)}" if member.says else ""
    return Text(f"{member.word} {_time(member.word_at)}{says}{late}".strip() if member.word or late else "")


def _signed(member: MemberStanding) -> Text:
    withdrawn = (
        f" WITHDREW {_time(member.withdrawn_at)}: {visible(member.withdrawn_why)}" if member.withdrawn_at else ""
    )
    return Text(_time(member.signed_at) + withdrawn)


def _time(moment: datetime | None) -> str:
    return f"{moment:%m-%d %H:%M:%SZ}" if moment else ""
