"""A ledger as people write it: one TOML file of sources, items, claims, what links them, and of cargo, by keys."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

from tocsin.claims.entries import ADVICE, TABLES, Entry, Row, entries_of
from tocsin.errors import FeedError

MOST_CHARACTERS = 2_000_000


def read_ledger(text: str, *, name: str, member: str, left_out: list[FeedError] | None = None) -> list[Entry]:
    """Read a ledger and check it.

    Args:
        text: The file.
        name: Of the file, for errors.
        member: Whose it is.
        left_out: As for ``entries_of``.

    Returns:
        The entries in an order in which none comes before what it names.

    Raises:
        FeedError: Something is wrong with it, with the line of the entry.
    """
    return entries_of(ledger_rows(text, name), member=member, left_out=left_out)


def ledger_rows(text: str, name: str) -> Iterator[Row]:
    """Yield the rows of a ledger.

    Args:
        text: The file.
        name: Of the file, for errors.

    Raises:
        FeedError: It is no TOML, or not of this form.
    """
    if len(text) > MOST_CHARACTERS:
        raise FeedError(f"{len(text)} characters, of at most {MOST_CHARACTERS}", source=name, advice="Split it")
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # besides errors of TOML, integers of thousands of digits
        raise FeedError(f"no TOML: {str(error)[:300]}", source=name, advice=ADVICE) from error
    for table, rows in data.items():
        if table not in TABLES:
            raise FeedError(f"unknown table {table[:80]}", source=name, advice=f"There are: {', '.join(TABLES)}")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise FeedError(f"{table} is no list of tables", source=name, advice=f"Begin each one with [[{table}]]")
        # header lines of this table, in order; a table written in another way stands at line 1
        starts = [match.end() for match in re.finditer(rf"^\s*\[\[\s*{table}\s*\]\]", text, re.MULTILINE)]
        lines = _lines(text, starts) if len(starts) == len(rows) else [1] * len(rows)
        for fields, line in zip(rows, lines, strict=True):
            yield Row(table=table, fields=fields, source=name, line=line)


def _lines(text: str, starts: list[int]) -> list[int]:
    lines, line, before = [], 1, 0
    for start in starts:
        line += text.count("\n", before, start)
        before = start
        lines.append(line)
    return lines
