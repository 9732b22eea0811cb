"""The ledger of claims: ``claims import``, ``list``, ``show``, ``weigh`` and ``origin``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from tocsin.cli.ordering import ask_node
from tocsin.cli.parameters import HERE, Codes, Config, Flag, Json, Moment, UsageError, member_file
from tocsin.cli.terminal import output, say_error, write_json

if TYPE_CHECKING:
    from tocsin.claims import Ledger
    from tocsin.claims.origins import Ref

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

Status = Annotated[str, Parameter(help="actual, test or exercise:ID.")]

claims = App(
    name="claims", help="Who says what, on what source, who denies it: the ledger of claims that members share."
)


def add_to(app: App) -> None:
    """Add these commands to the program."""
    app.command(claims)


@claims.command(name="import")
def import_(
    file: Path,
    /,
    *,
    to: Codes = (),
    status: Status = "actual",
    synthetic: Flag = False,
    check: Flag = False,
    config: Config = HERE,
    as_json: Json = False,
) -> int:
    """Tell what a ledger file holds: sources, items, claims, and what supports, contradicts and denies them.

    What was told before under the same key and is the same is not told again; what changed is told as a revision, and
    the earlier version stays to be seen. The form of the file: docs/how-to/keep-a-ledger-of-claims.md.

    Args:
        file: The ledger, TOML.
        to: Codes of the members that may have it, separated by commas; without any it stays with this member.
        status: actual, test or exercise:ID.
        synthetic: It is invented, for an exercise or a test.
        check: Read it, say what it says, and tell nobody.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object.
    """
    from collections import Counter

    from tocsin.claims import read_ledger
    from tocsin.errors import FeedError
    from tocsin.markings import status_class
    from tocsin.node import read_config
    from tocsin.node.claiming import Tell

    status_class(status)
    member = read_config(member_file(config)).member.code
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FeedError(f"cannot be read: {error}", source=str(file)) from error
    entries = read_ledger(text, name=str(file), member=member)
    if check:
        counts = Counter(entry.kind.partition(".")[2] for entry in entries)
        if as_json:
            write_json({"entries": counts})
        else:
            output().print(", ".join(f"{count} {kind}" for kind, count in counts.items()) or "nothing in it")
            output().print(f"for {', '.join(to) or f'{member} alone'}; nothing was told")
        return 0
    return ask_node(Tell(entries=tuple(entries), to=to, status=status, synthetic=synthetic), config, as_json=as_json)


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

    ledger = _ledger(config, status)
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

    ledger = _ledger(config, status)
    ref = _find(ledger, claim)
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

    ledger = _ledger(config, status)
    member = by.upper() or read_config(member_file(config)).member.code
    matrix = matrix_of(ledger, _find(ledger, question), member, as_of)
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


def _ledger(config: Path, status: str) -> Ledger:
    from tocsin.markings import status_class
    from tocsin.node import read_config
    from tocsin.node.claiming import read_claims

    status_class(status)
    return read_claims(read_config(member_file(config)), status)


def _find(ledger: Ledger, text: str) -> Ref:
    from tocsin.claims import record_id

    originator, slash, rest = text.partition("/")
    if slash:
        return (originator.upper(), rest)
    found = [ref for ref in ledger.refs() if ref[1] in (text, record_id(ref[0], text))]
    if len(found) != 1:
        said = f"{len(found)} members have one" if found else "there is none"
        raise UsageError(f"{text!r} is no key or id of one record here: {said}; say MEMBER/id")
    return found[0]
