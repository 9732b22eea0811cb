"""The ledger of claims: ``claims import``, ``export``, ``list``, ``show``, ``weigh`` and ``origin``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from tocsin.cli import dossiers, proposing
from tocsin.cli.ledgers import Status, find_in, ledger_of
from tocsin.cli.ordering import ask_node
from tocsin.cli.parameters import HERE, Audience, Codes, Config, Flag, Json, Moment, member_file
from tocsin.cli.terminal import notice, output, say_error, write_json

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

Format = Literal["toml", "csv", "ftm", "stix", "geojson"]
OutFormat = Literal["csv", "ftm", "stix", "geojson"]

claims = App(
    name="claims", help="Who says what, on what source, who denies it: the ledger of claims that members share."
)


def add_to(app: App) -> None:
    """Add these commands to the program."""
    proposing.add_to(claims)
    dossiers.add_to(claims)
    app.command(claims)


@claims.command(name="import")
def import_(
    file: Path,
    /,
    *,
    form: Annotated[Format | None, Parameter(name="--format")] = None,
    to: Codes = (),
    status: Status = "actual",
    synthetic: Flag = False,
    skip_bad: Flag = False,
    check: Flag = False,
    config: Config = HERE,
    as_json: Json = False,
) -> int:
    """Tell what a file holds: sources, items, claims, and what supports, contradicts and denies them.

    What was told before under the same key and is the same is not told again; what changed is told as a revision, and
    the earlier version stays to be seen. The form of a ledger: docs/how-to/keep-a-ledger-of-claims.md; how files of
    others are read: docs/how-to/exchange-claims-in-other-formats.md.

    Args:
        file: The ledger in TOML or CSV, or a file of FollowTheMoney, STIX 2.1 or GeoJSON.
        form: Its format; without it, told by its name and content.
        to: Codes of the members that may have it, separated by commas; without any it stays with this member.
        status: actual, test or exercise:ID.
        synthetic: It is invented, for an exercise or a test.
        skip_bad: Leave out what is wrong, with all that names it, and tell the rest; otherwise nothing is told.
        check: Read it, say what it says, and tell nobody.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object.
    """
    from collections import Counter

    from tocsin.claims import entries_of
    from tocsin.errors import FeedError
    from tocsin.interchange import MOST_BYTES, read_file, require_kept
    from tocsin.markings import status_class
    from tocsin.node import read_config
    from tocsin.node.claiming import Tell

    status_class(status)
    member = read_config(member_file(config)).member.code
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise FeedError(f"cannot be read: {error.strerror}", source=str(file)) from error
    received = read_file(data, name=str(file), member=member, form=form)
    wrong = received.wrong
    if wrong and not skip_bad:
        raise wrong[0]
    entries = entries_of(received.rows, member=member, left_out=wrong if skip_bad else None)
    require_kept(received, to=to, status=status, synthetic=synthetic)
    for each in wrong:
        notice(f"left out: {each}")
    for why, count in received.passed_over.items():
        notice(f"passed over: {count} {why}")
    if check:
        counts = Counter(entry.kind.partition(".")[2] for entry in entries)
        if as_json:
            write_json({"entries": counts, "left_out": len(wrong), "passed_over": received.passed_over})
        else:
            output().print(", ".join(f"{count} {kind}" for kind, count in counts.items()) or "nothing in it")
            output().print(f"for {', '.join(to) or f'{member} alone'}; nothing was told")
        return 1 if wrong else 0
    done = ask_node(Tell(entries=tuple(entries), to=to, status=status, synthetic=synthetic), config, as_json=as_json)
    return done or (1 if wrong else 0)


@claims.command
def export(
    *,
    form: Annotated[OutFormat, Parameter(name="--format")],
    to: Audience = (),
    output_file: Annotated[Path | None, Parameter(name=("--output", "-o"), metavar="FILE")] = None,
    status: Status = "actual",
    config: Config = HERE,
) -> int:
    """Write the ledger as it stands in a format of others: csv, ftm (FollowTheMoney), stix (2.1) or geojson.

    Only what all of its readers may have is in it. What each format carries, and what it cannot:
    docs/reference/ledger-formats.md.

    Args:
        form: csv and stix hold everything; ftm what its model has words for; geojson claims, movements and reach tests.
        to: Codes of the members that are to read it, separated by commas, or PUBLIC; without any, this member alone.
        output_file: The new file; without one it is written to standard output.
        status: actual, test or exercise:ID.
        config: The member's TOML, or the folder that holds it as member.toml.
    """
    import sys

    from tocsin.errors import ConfigError
    from tocsin.interchange import WRITERS
    from tocsin.markings import status_class
    from tocsin.node import read_config
    from tocsin.node.claims_export import select_claims
    from tocsin.records import Outlet

    status_class(status)
    member = read_config(member_file(config))
    outlet = Outlet(f"claims.{form}", tuple(sorted(to)) or (member.member.code,))
    chosen = select_claims(member, outlet, status)
    if not chosen.entries:
        say_error(
            f"nothing of status {status} may go to {', '.join(outlet.audience)}",
            advice=f"{chosen.stayed} records are not for all of them" if chosen.stayed else "The ledger is empty",
        )
        return 1
    data = WRITERS[form](chosen.entries)
    if output_file is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        try:
            with output_file.open("xb") as sink:
                sink.write(data)
        except OSError as error:
            raise ConfigError(
                f"cannot be written: {error.strerror}", path=str(output_file), advice="Name a new file"
            ) from error
    notice(f"{len(chosen.entries)} records of status {status}, for {', '.join(outlet.audience)}")
    if chosen.stayed:
        notice(f"{chosen.stayed} records stayed: their marking does not name all of these")
    return 0


@claims.command(name="list")
def list_(
    *, topic: str = "", as_of: Moment = None, status: Status = "actual", config: Config = HERE, as_json: Json = False
) -> None:
    """List the claims that stand, each with what supports it and who denies it.

    Args:
        topic: Only those of this topic.
        as_of: As it was known here then: 2026-01-31T12:00Z, a date, or 30m, 2h, 7d ago.
        status: actual, test or exercise:ID.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object a line (tocsin.claim/1).
    """
    from tocsin.claims import standings
    from tocsin.cli.claims_view import claim_json, render_list

    ledger = ledger_of(config, status)
    found = [each for each in standings(ledger, as_of) if not topic or each.claim.body.topic == topic]
    if as_json:
        for standing in found:
            write_json(claim_json(standing))
    else:
        output().print(render_list(found) if found else "[dim]no claims stand[/]")


@claims.command
def show(
    claim: str, /, *, as_of: Moment = None, status: Status = "actual", config: Config = HERE, as_json: Json = False
) -> None:
    """Show one claim: who says so and on what, who denies it, figures side by side, judgements, and what changed it.

    Args:
        claim: Its key in the ledger file, its id, or MEMBER/id.
        as_of: As it was known here then: 2026-01-31T12:00Z, a date, or 30m, 2h, 7d ago.
        status: actual, test or exercise:ID.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object (tocsin.claim/1).
    """
    from tocsin.claims import changes_of, standing_of
    from tocsin.cli.claims_view import claim_json, render_claim

    ledger = ledger_of(config, status)
    ref = find_in(ledger, claim)
    standing = standing_of(ledger, ref, as_of)
    changes = [change for change in changes_of(ledger, ref) if as_of is None or change.at <= as_of]
    if as_json:
        write_json(claim_json(standing, changes))
    else:
        output().print(render_claim(ledger, standing, changes))


@claims.command
def weigh(
    question: str,
    /,
    *,
    by: str = "",
    as_of: Moment = None,
    status: Status = "actual",
    config: Config = HERE,
    as_json: Json = False,
) -> int:
    """Show the answers that compete for a question, ranked by what speaks against them, as one member weighs it.

    Args:
        question: Its key in the ledger file, its id, or MEMBER/id.
        by: Code of the member that weighs; without it this one.
        as_of: As it was known here then: 2026-01-31T12:00Z, a date, or 30m, 2h, 7d ago.
        status: actual, test or exercise:ID.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object (tocsin.matrix/1).
    """
    from tocsin.claims import matrix_of
    from tocsin.cli.claims_view import render_matrix
    from tocsin.node import read_config

    ledger = ledger_of(config, status)
    member = by.upper() or read_config(member_file(config)).member.code
    matrix = matrix_of(ledger, find_in(ledger, question), member, as_of)
    if as_json:
        write_json({"schema": "tocsin.matrix/1", "matrix": matrix})
    elif not matrix.rows:
        say_error(f"{member} has weighed nothing for this question", advice="Add [[weighing]] entries, and import them")
        return 1
    else:
        output().print(render_matrix(ledger, matrix))
    return 0


@claims.command
def origin(file: Path | None = None, /, *, as_json: Json = False) -> None:
    """Print the opaque token of an origin, for the origins of an item that may not name what it rests on.

    Of a file it is the same for everyone who holds the same bytes. Without a file it is a new random one: whoever
    registers an origin first makes it, and every copy bears it.

    Args:
        file: The document or image.
        as_json: Write one JSON object.
    """
    import hashlib

    from tocsin.claims import content_token, new_origin_token
    from tocsin.errors import FeedError

    if file is None:
        token = new_origin_token()
    else:
        try:
            with file.open("rb") as opened:
                token = content_token(hashlib.file_digest(opened, "sha256").hexdigest())
        except OSError as error:
            raise FeedError(f"cannot be read: {error.strerror}", source=str(file)) from error
    if as_json:
        write_json({"origin": token})
    else:
        output().print(token)
