"""What a person asks of the running node: ``records release``, ``records recall``, ``records downgrade``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from tocsin.cli.parameters import HERE, Codes, Config, Json, UsageError, member_file
from tocsin.cli.terminal import output, say_error, write_json

if TYPE_CHECKING:
    from tocsin.node.control import Order

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415


def add_to(records: App) -> None:
    """Add these commands to ``records``."""
    for command in (release, recall, downgrade):
        records.command(command)


def release(record_id: str, /, *, config: Config = HERE, as_json: Json = False) -> int:
    """Let a record go that waits for a person (see: tocsin status).

    Args:
        record_id: Its id.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object.
    """
    from tocsin.node.control import Release

    return ask_node(Release(record_id=record_id), config, as_json=as_json)


def recall(record_id: str, /, *, reason: str, config: Config = HERE, as_json: Json = False) -> int:
    """Have a record of ours purged wherever it went; its digest stays, so that every proof still holds.

    Args:
        record_id: Its id.
        reason: Why; those who had the record see it.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object.
    """
    from tocsin.node.control import RecallOrder

    return ask_node(RecallOrder(record_id=record_id, reason=reason), config, as_json=as_json)


def downgrade(
    record_id: str,
    /,
    *,
    fields: Annotated[str, Parameter(metavar="NAMES")],
    to: Codes,
    reason: str,
    key: Path,
    pseudonym: str,
    config: Config = HERE,
    as_json: Json = False,
) -> int:
    """Let named fields of a record of ours go further than its marking, as one of this member's releasers.

    Args:
        record_id: Its id.
        fields: Names of the body's fields that may go, separated by commas; all others stay.
        to: Codes of all members that may have the copy, ours among them, separated by commas.
        reason: Why; kept with the order.
        key: The releaser's own private key, PEM.
        pseudonym: The name by which the member's TOML knows the releaser.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object.
    """
    from tocsin.exchange import sign_downgrade
    from tocsin.markings import marking_for
    from tocsin.node.control import DowngradeOrder
    from tocsin.records import Downgrade, Person
    from tocsin.signing import KeyRole, PrivateKey

    if not to:
        raise UsageError("--to names at least this member and one more")
    order = Downgrade(
        source_ids=(record_id,), fields=tuple(name.strip() for name in fields.split(",") if name.strip()),
        marking=marking_for(*to), reason=reason, releaser=Person(role="releaser", pseudonym=pseudonym), keyid="",
        signature="",
    )  # fmt: skip
    signed = sign_downgrade(order, PrivateKey.load(KeyRole.LIVE, key))
    return ask_node(DowngradeOrder(order=signed), config, as_json=as_json)


def ask_node(order: Order, config: Path, *, as_json: bool) -> int:
    """Ask the running node for something, and say what came of it; return the exit code."""
    from tocsin.node.control import ask

    done = asyncio.run(ask(member_file(config).parent, order))
    if as_json:
        write_json(done)
    elif done.error:
        say_error(done.error)
    else:
        made = f"{done.record_id}, sealed" if done.record_id else "sealed"
        console = output()
        console.print(f"Done: {made} in {done.frames} frame(s), sent to {', '.join(done.sent_to) or 'nobody'}")
        for line in done.held:
            console.print(f"  held: {line}")
        for line in done.told:
            console.print(f"  {line}", markup=False)
    return 1 if done.error else 0
