"""Reading tables of comma-separated values, ours and an operator's: what is wrong is named by its line."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path

import msgspec

from tocsin.errors import FeedError

Cells = dict[str, str]


class BadRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was left out."""

    line: int
    """In the file, from 1, the header included."""
    reason: str


def rows_of(path: Path | None, *, packaged: str, required: Iterable[str]) -> tuple[str, Iterator[tuple[int, Cells]]]:
    """Open a table.

    Args:
        path: An operator's table, or None for the one inside the package.
        packaged: Name of that one.
        required: Columns without which a table is of no use.

    Returns:
        The table's name, and its rows with their line numbers. A cell that a short row lacks is empty; superfluous
        cells are in the column ``""``, joined.

    Raises:
        FeedError: The file cannot be read, is not UTF-8, is empty, or lacks a column; on iteration: it is not CSV.
    """
    name = packaged if path is None else str(path)
    try:
        source = resources.files("tocsin.synthesis") / "data" / packaged if path is None else path
        text = source.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise FeedError(error.strerror or "cannot be read", source=name, advice="Name a file that exists") from error
    except UnicodeDecodeError as error:
        raise FeedError(f"not UTF-8 at byte {error.start}", source=name, advice="Save the table as UTF-8") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="", restval="", strict=True)
    try:
        columns = [column.strip() for column in reader.fieldnames or ()]
    except csv.Error as error:
        raise FeedError(str(error), source=name, line=1, advice="The first line names the columns") from error
    missing = [column for column in required if column not in columns]
    if missing:
        raise FeedError(
            f"no column {', '.join(missing)}", source=name, line=1,
            advice=f"The first line must name at least: {', '.join(required)}",
        )  # fmt: skip
    if len(set(columns)) < len(columns):
        raise FeedError("a column is named twice", source=name, line=1, advice="Give every column its own name")
    reader.fieldnames = columns
    return name, _iterate(reader, name)


def _iterate(reader: csv.DictReader[str], name: str) -> Iterator[tuple[int, Cells]]:
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FeedError(str(error), source=name, line=reader.reader.line_num, advice="Check the quotes") from error
        yield (
            reader.line_num,
            {column: " ".join(cell) if isinstance(cell, list) else cell.strip() for column, cell in row.items()},
        )


def number_in(cells: Cells, column: str, *, low: float = -math.inf, high: float = math.inf) -> float | None:
    """Return the number in a cell, or None if the cell is empty or the column absent.

    Raises:
        ValueError: It is no number, not finite, or outside ``low`` to ``high``.
    """
    cell = cells.get(column, "")
    if not cell:
        return None
    try:
        number = float(cell)
    except ValueError:
        raise ValueError(f"{column} {cell[:40]!r} is no number") from None
    if not (math.isfinite(number) and low <= number <= high):
        raise ValueError(f"{column} {cell[:40]} is not from {low:g} to {high:g}")
    return number
