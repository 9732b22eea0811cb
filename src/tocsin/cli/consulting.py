"""Joint statements: ``consult draft``, ``list``, ``show``, and the final text as a file, ``export`` and ``verify``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App

from tocsin.cli import consult_acts
from tocsin.cli.consult_acts import Speaker
from tocsin.cli.ledgers import Status
from tocsin.cli.ordering import ask_node
from tocsin.cli.parameters import HERE, Config, Flag, Json, Moment, UsageError, member_file
from tocsin.cli.terminal import output, write_json
from tocsin.clock import SystemClock

if TYPE_CHECKING:
    from tocsin.consult import Consultation, DraftOrder

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

consult = App(name="consult", help="Joint statements: a text goes round until every member says yes to its bytes.")


def add_to(app: App) -> None:
    """Add these commands to the program."""
    app.command(consult)
    for name, command in (
        ("draft", draft), ("list", listed), ("show", show), ("export", export), ("verify", verify),
    ):  # fmt: skip
        consult.command(command, name=name)
    consult_acts.add_to(consult)


def listed(*, status: Status = "actual", config: Config = HERE, as_json: Json = False) -> None:
    """List the consultations that this member takes part in, and where each stands.

    Args:
        status: actual, test or exercise:ID.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object a line (tocsin.consultation/1).
    """
    from tocsin.cli.consult_view import render_list
    from tocsin.consult import consultations
    from tocsin.node import read_config
    from tocsin.node.consulting import read_consultations

    found = consultations(read_consultations(read_config(member_file(config)), status), SystemClock().now())
    if as_json:
        for each in found:
            write_json(each)
    else:
        output().print(render_list(found) if found else "[dim]no consultations[/]")


def show(
    name: str, /, *, language: str = "", against: int | None = None, toml: Flag = False, as_of: Moment = None,
    status: Status = "actual", config: Config = HERE, as_json: Json = False,
) -> None:  # fmt: skip
    """Show one consultation: the whole text with brackets in place, who has it, who reserved, and until when.

    Args:
        name: Its id, or MEMBER/id of its drafter.
        language: Of the text; without it the first.
        against: The number of an earlier text; what changed since is shown word by word. Without it the one before.
        toml: Write the newest text as the file that draft reads, to be changed.
        as_of: As it was known here then: 2026-01-31T12:00Z, a date, or 30m, 2h, 7d ago.
        status: actual, test or exercise:ID.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object (tocsin.consultation/1).
    """
    from tocsin.cli.consult_view import render
    from tocsin.consult.draft_file import write_draft

    standing = _standing(name, status, config, as_of)
    if as_json:
        write_json(standing)
    elif toml:
        newest = standing.rounds[-1]
        if newest.statement is None:
            raise UsageError(f"the newest text cannot be read: {newest.problem}")
        output().print(write_draft(newest.statement, standing.zones), end="", markup=False, soft_wrap=True)
    else:
        output().print(render(standing, language=language, against=against))


def draft(
    file: Path, /, *, text: str = "", check: Flag = False, synthetic: Flag = False, speaker: Speaker,
) -> int:  # fmt: skip
    """Send a text round: the first of a consultation, or the next of one whose drafter this member is.

    Every text is put into its normal form first. The next text ends a silence and closes the brackets of the last.

    Args:
        file: The text, TOML (docs/how-to/agree-on-a-joint-statement.md).
        text: What changed, and why.
        check: Read it, print it as it would be signed, and send it to nobody.
        synthetic: It is invented, for a test; of an exercise it always is.
        speaker: Who says it, for which member.
    """
    import msgspec

    from tocsin.consult.draft_file import read_draft
    from tocsin.errors import FeedError

    try:
        read = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FeedError(f"cannot be read: {error}", source=str(file)) from error
    order = read_draft(
        read, name=str(file), pseudonym=speaker.by, role=speaker.role or "drafter", status=speaker.status, note=text
    )
    if check:
        return _check(order, speaker.config, as_json=speaker.as_json)
    order = msgspec.structs.replace(order, synthetic=synthetic)
    return ask_node(order, speaker.config, as_json=speaker.as_json)


def _check(order: DraftOrder, config: Path, *, as_json: bool) -> int:
    from tocsin.consult import digest_of, make_statement, plain_text, read_statement
    from tocsin.node import read_config

    text = make_statement(
        id=order.id, drafter=read_config(member_file(config)).member.code, status=order.status, members=order.members,
        titles=order.titles, paragraphs=order.paragraphs, authentic=order.authentic,
    )  # fmt: skip
    statement = read_statement(text)
    if as_json:
        write_json({"digest": digest_of(text), "statement": statement})
    else:
        for tag in statement.tags:
            output().print(f"-- {tag}\n{plain_text(statement, tag)}", markup=False, soft_wrap=True)
        output().print(f"SHA-256 {digest_of(text)}", markup=False)
    return 0


def export(
    name: str, file: Path, /, *, language: str = "", status: Status = "actual", config: Config = HERE
) -> int:  # fmt: skip
    """Write the final text with all signatures as one file, which anybody verifies with the roster alone.

    Args:
        name: The consultation.
        file: Where to.
        language: Write the plain text in this language in its place; its hash stands in the signed one.
        status: actual, test or exercise:ID.
        config: The member's TOML, or the folder that holds it as member.toml.
    """
    from tocsin.codec import encode
    from tocsin.consult import plain_text, read_statement
    from tocsin.errors import ConfigError
    from tocsin.node import read_config
    from tocsin.node.consulting import final_text, read_consultations

    member = read_config(member_file(config))
    document = final_text(member, read_consultations(member, status), name, SystemClock().now())
    statement = read_statement(document.payload)
    if language and language not in statement.tags:
        raise UsageError(f"it is not in {language!r}: it is in {', '.join(statement.tags)}")
    data = plain_text(statement, language).encode() if language else encode(document)
    try:
        file.write_bytes(data)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=str(file)) from error
    lacks = [code for code in statement.members if code not in {each.member for each in document.signatures}]
    output().print(f"{file}: not signed by {', '.join(lacks)}" if lacks else f"{file}: signed by all", markup=False)
    return 0


def verify(file: Path, /, *, roster: Path, as_json: Json = False) -> int:
    """Verify a signed statement offline, by the members' keys alone; ends with 1 unless every member has signed.

    Args:
        file: What export wrote.
        roster: The signed roster; those before it that lie beside it count, too.
        as_json: Write one JSON object (tocsin.statement_proof/1).
    """
    from tocsin.cli.consult_view import render_proof
    from tocsin.node.consulting import prove_file

    proof = prove_file(file, roster)
    if as_json:
        write_json(proof)
    else:
        output().print(render_proof(proof))
    return 0 if proof.is_complete else 1


def _standing(name: str, status: str, config: Path, as_of: Any) -> Consultation:
    from tocsin.consult import consultation_of, find
    from tocsin.node import read_config
    from tocsin.node.consulting import read_consultations

    index = read_consultations(read_config(member_file(config)), status, as_of)
    standing = consultation_of(index, find(index, name), as_of or SystemClock().now())
    if standing is None:
        raise UsageError(f"no text of {name!r} is held yet")
    return standing
