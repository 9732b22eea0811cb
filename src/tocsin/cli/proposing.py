"""From a text to claims that a person has looked at: ``claims propose`` and ``claims decide``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from tocsin.cli.parameters import Flag, Json, Moment, UsageError
from tocsin.cli.terminal import output, write_json

if TYPE_CHECKING:
    from tocsin.claims.proposals import Decision, Proposal, ProposalFile

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415


_FIELDS = ("speaker", "proposition", "reported_by", "hedge", "said_at", "since", "until", "denies")
_DECISIONS: dict[str, Decision] = {"a": "accept", "r": "refuse"}


def add_to(claims: App) -> None:
    """Add these commands to ``claims``."""
    claims.command(propose)
    claims.command(decide)


def propose(
    file: Path,
    /,
    *,
    outlet: str,
    output_file: Annotated[Path | None, Parameter(name=("--output", "-o"), metavar="FILE")] = None,
    language: Literal["en", "ko", "ja"] | None = None,
    published: Moment = None,
    url: str | None = None,
    decide_now: Annotated[bool, Parameter(name="--decide", negative="", show_default=False)] = False,
    as_json: Json = False,
) -> None:
    """Find in a news text who says what, who denies it and how sure they are: proposals, which tell nobody anything.

    English is parsed on this machine, with the extra tocsin[propose]. Of Korean and Japanese, names, dates and words of
    denial are marked. Each proposal holds its sentence and its place in the text; go through them with: tocsin claims
    decide. How well it does: docs/explanation/proposals.md.

    Args:
        file: The text, UTF-8.
        outlet: Who published it: what nobody else is said to say is its claim.
        output_file: The file of proposals, a new one; without it, the text's name with .proposals.toml.
        language: en, ko or ja; without it, told by the script.
        published: When it was published: 2026-01-31T12:00Z, or a date.
        url: Where it was published.
        decide_now: Go through them at once.
        as_json: Write one JSON object that counts them.
    """
    from tocsin.claims.proposals import write_proposals
    from tocsin.errors import ConfigError, FeedError
    from tocsin.intake import Report
    from tocsin.intake import propose as find

    target = output_file or file.with_name(f"{file.name}.proposals.toml")
    if target.exists():
        raise ConfigError("is there already", path=str(target), advice="Name a new file with --output")
    try:
        with file.open("rb") as opened:
            data = opened.read(4_000_001)
    except OSError as error:
        raise FeedError(f"cannot be read: {error.strerror}", source=str(file)) from error
    if not outlet.strip():
        raise UsageError("--outlet names who published it")
    found = find(Report(data, file.name, outlet.strip()), language=language, published_at=published, url=url)
    _save(target, write_proposals(found))
    if as_json:
        write_json({"file": str(target), "proposals": len(found.proposal), "denials": _denials(found)})
    else:
        output().print(f"{len(found.proposal)} proposals, {_denials(found)} of them denials, are in {target}")
    if decide_now:
        decide(target)


def decide(file: Path, /, *, again: Flag = False, as_json: Json = False) -> None:
    """Go through proposals: accept, change or refuse each; the file is saved after every answer.

    In the end, or where nobody is at the terminal, it says how many were right: the measured precision of the rules on
    this text.

    Args:
        file: The file of proposals.
        again: Also those that were decided before.
        as_json: Ask nothing, and write one JSON object of the counts.
    """
    from dataclasses import asdict

    from tocsin.claims.proposals import read_proposals, write_proposals
    from tocsin.errors import FeedError

    try:
        proposals = read_proposals(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise FeedError(f"cannot be read: {error}", source=str(file)) from error
    if as_json:
        write_json(asdict(proposals.precision()))
        return
    for number, each in enumerate(proposals.proposal):
        if each.decision != "open" and not again:
            continue
        answered = _ask(each, f"{number + 1} of {len(proposals.proposal)}")
        if answered is None:
            break
        proposals = proposals.with_proposal(number, answered)
        _save(file, write_proposals(proposals))
    counted = proposals.precision()
    output().print(
        f"{counted.accepted} accepted as they were, {counted.changed} changed, {counted.refused} refused, "
        f"{counted.open} open"
    )
    if counted.share is not None:
        output().print(f"right as proposed: {counted.share:.2f} of those decided")


def _ask(each: Proposal, place: str) -> Proposal | None:
    """Return a proposal as a person decided it; None to end."""
    import msgspec

    _show(each, place)
    while True:
        answer = (_line("(a)ccept, (c)hange, (r)efuse, (s)kip, (q)uit: ") or "quit")[:1]
        if answer == "q":
            return None
        if answer == "s":
            return each
        if answer == "a" and not each.speaker:
            output().print("    nobody is named who says so: (c)hange it, and name somebody")
        elif answer == "c":
            changed = _changed(each)
            if changed is not None:
                return changed
        elif answer in _DECISIONS:
            return msgspec.structs.replace(each, decision=_DECISIONS[answer])


def _show(each: Proposal, place: str) -> None:
    console = output()
    console.print(f"\n[bold]{place}[/]  {each.rule}{', a denial' if each.is_denial else ''}")
    console.print(f"  {_printable(each.sentence)}", markup=False)
    for name in (
        "speaker",
        "proposition",
        "reported_by",
        "hedge",
        "said_at",
        "since",
        "until",
        "names",
        "words",
        "times",
    ):
        if value := getattr(each, name):
            text = ", ".join(value) if isinstance(value, tuple) else str(value)
            console.print(f"    {name:12} {_printable(text)}", markup=False)
    for doubt in each.unsure:
        console.print(f"    unsure: {_printable(doubt)}", markup=False, style="yellow")


def _printable(text: str) -> str:
    """Return a stranger's text without what moves a terminal's cursor, or turns the direction of writing."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _changed(each: Proposal) -> Proposal | None:
    """Return a proposal as a person changed it; None if it cannot be so."""
    import msgspec

    from tocsin.claims.proposals import Proposal

    try:
        return msgspec.convert(msgspec.to_builtins(each) | {"decision": "change"} | _changes(each), Proposal)
    except msgspec.ValidationError as error:
        output().print(f"    {error}", markup=False, style="red")
        return None


def _changes(each: Proposal) -> dict[str, object]:
    changed: dict[str, object] = {}
    for name in _FIELDS:
        now = getattr(each, name)
        answer = _line(f"    {name} [{now or ''}], or - for none: ")
        if answer == "-":
            changed[name] = "" if isinstance(now, str) else None
        elif answer:
            is_day = name in ("said_at", "since", "until") and len(answer) == len("2026-01-31")
            changed[name] = f"{answer}T00:00:00Z" if is_day else answer
    if changed.get("denies"):
        changed["is_denial"] = True
    return changed


def _line(prompt: str) -> str | None:
    sys.stdout.write(prompt)
    sys.stdout.flush()
    line = sys.stdin.readline()
    return line.strip() if line else None


def _denials(found: ProposalFile) -> int:
    return sum(each.is_denial for each in found.proposal)


def _save(file: Path, text: str) -> None:
    """Write a file whole or not at all."""
    from tocsin.errors import ConfigError

    part = file.with_name(f".{file.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(file)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=str(file)) from error
    finally:
        part.unlink(missing_ok=True)
