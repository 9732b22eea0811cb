"""A dossier to hand out: ``claims dossier``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from tocsin.cli.ledgers import Status, find_in, ledger_of
from tocsin.cli.parameters import HERE, Audience, Config, Json, Moment, member_file
from tocsin.cli.terminal import output, write_json

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415


def add_to(claims: App) -> None:
    """Add this command to ``claims``."""
    claims.command(dossier)


def dossier(
    subject: str,
    /,
    *,
    to: Audience = (),
    as_of: Moment = None,
    files: Annotated[tuple[Path, ...], Parameter(name="--file", negative="", metavar="FILE", show_default=False)] = (),
    output_file: Annotated[Path | None, Parameter(name=("--output", "-o"), metavar="FILE")] = None,
    status: Status = "actual",
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """Write a dossier: one claim, movement or topic with all that stands for it and against it, and what proves it.

    It is one archive: a page to read or print, the same for machines, and the signed records. Only what all of its
    readers may have is in it; how many records stayed behind is told. Whoever gets it checks it without a network:
    tocsin verify FILE.

    Args:
        subject: A claim or movement by its key in the ledger file, its id, or MEMBER/id; or topic:NAME.
        to: Codes of the members that are to read it, separated by commas, or PUBLIC; without any, this member alone.
        as_of: As it was known here then: 2026-01-31T12:00Z, a date, or 30m, 2h, 7d ago.
        files: A document or image that goes with it; may be given again.
        output_file: The new archive; without it, dossier-SUBJECT.zip here.
        status: actual, test or exercise:ID.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object.
    """
    from tocsin.clock import SystemClock
    from tocsin.markings import status_class
    from tocsin.node import load_trust, read_config
    from tocsin.node.dossiers import pack_dossier, select_dossier
    from tocsin.node.wiring import load_keys, open_store
    from tocsin.records import BundleFile
    from tocsin.signing import ROLE_OF_STATUS

    member = read_config(member_file(config))
    ledger = ledger_of(config, status)
    word, _, topic = subject.partition(":")
    about = topic if word == "topic" else find_in(ledger, subject)
    trust = load_trust(member)
    key = load_keys(member, trust.roster)[ROLE_OF_STATUS[status_class(status)]]
    outlet = BundleFile(tuple(sorted(to)) or (member.member.code,))
    now = SystemClock().now()
    with open_store(member, read_only=True) as store:
        made, admitted = select_dossier(
            store, ledger, about, by=member.member.code, outlet=outlet, made_at=now, as_of=as_of or now
        )
        done = pack_dossier(
            store, made, admitted, rosters=trust.documents, key=key, outlet=outlet, files=files,
            to=output_file or Path(f"dossier-{_file_name(about)}.zip"),
        )  # fmt: skip
    if as_json:
        write_json(done)
        return
    claims = f"{done.claims} claim{'' if done.claims == 1 else 's'}"
    output().print(f"[bold]{done.file}[/]: {claims} on {done.records} records, for {', '.join(done.audience)}")
    if done.withheld:
        output().print(f"[yellow]{done.withheld} records stayed: their marking does not name all of these readers[/]")
    output().print(f"its readers check it with: tocsin verify {done.file}")


def _file_name(about: tuple[str, str] | str) -> str:
    name = about if isinstance(about, str) else about[1]
    return "".join(char if char.isalnum() or char in "-_" else "-" for char in name)[:80]
