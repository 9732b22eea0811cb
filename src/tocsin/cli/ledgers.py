"""The ledger of claims that a member's store holds, as commands find things in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from tocsin.cli.parameters import UsageError, member_file

if TYPE_CHECKING:
    from tocsin.claims import Ledger
    from tocsin.claims.origins import Ref

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

Status = Annotated[str, Parameter(help="actual, test or exercise:ID.")]


def ledger_of(config: Path, status: str) -> Ledger:
    """Return the ledger of one status that a member's store holds.

    Raises:
        TocsinError: The configuration or the store cannot be read, or there is no such status.
    """
    from tocsin.markings import status_class
    from tocsin.node import read_config
    from tocsin.node.claiming import read_claims

    status_class(status)
    return read_claims(read_config(member_file(config)), status)


def find_in(ledger: Ledger, text: str) -> Ref:
    """Return the record that a key of a ledger file, an id or MEMBER/id means.

    Raises:
        UsageError: It means none, or several.
    """
    from tocsin.claims import record_id

    originator, slash, rest = text.partition("/")
    if slash:
        return (originator.upper(), rest)
    found = [ref for ref in ledger.refs() if ref[1] in (text, record_id(ref[0], text))]
    if len(found) != 1:
        said = f"{len(found)} members have one" if found else "there is none"
        raise UsageError(f"{text!r} is no key or id of one record here: {said}; say MEMBER/id")
    return found[0]
