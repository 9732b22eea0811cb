"""Tells of the rows of a table that could not be read."""

from __future__ import annotations

from rich.text import Text

from tocsin.cli.terminal import notices
from tocsin.synthesis.launches import LaunchTable

SHOWN = 5


def tell_bad_rows(table: LaunchTable) -> tuple[str, ...]:
    """Tell of the first few, and return all of them in words."""
    found = tuple(f"{table.source}, line {row.line}: {row.reason}" for row in table.bad)
    for text in found[:SHOWN]:
        notices().print(Text(f"row left out: {text}", "yellow"), soft_wrap=True)
    if len(found) > SHOWN:
        notices().print(Text(f"and {len(found) - SHOWN} more rows", "yellow"))
    return found
