"""Reading tables, ours and an operator's, CSV or TOML: what is wrong is named by its line."""

from __future__ import annotations

import csv
import io
import math
import re
import tomllib
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
        path: An operator's table (TOML if its name ends so, one ``[[sensor]]`` or ``[[launch]]`` for a row), or None
            for the one inside the package.
        packaged: Name of that one.
        required: Columns without which a table is of no use.

    Returns:
        The table's name, and its rows with their line numbers. A cell that a short row lacks is empty; superfluous
        cells are in the column ``""``, joined.

    Raises:
        FeedError: The file cannot be read, is not UTF-8, is empty, or lacks a column; on iteration: it is not CSV.
    """
    if path is not None and path.suffix == ".toml":
        return str(path), _toml_rows(path, tuple(required))
    name = packaged if path is None else str(path)
    text = _text_of(resources.files("tocsin.synthesis") / "data" / packaged if path is None else path, name)
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


def _text_of(source: Path | resources.abc.Traversable, name: str) -> str:
    try:
        return source.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise FeedError(error.strerror or "cannot be read", source=name, advice="Name a file that exists") from error
    except UnicodeDecodeError as error:
        raise FeedError(f"not UTF-8 at byte {error.start}", source=name, advice="Save the table as UTF-8") from error


def _toml_rows(path: Path, required: tuple[str, ...]) -> Iterator[tuple[int, Cells]]:
    """Yield the rows of a TOML table; an absent key is an empty cell."""
    name, text = str(path), _text_of(path, str(path))
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FeedError(str(error), source=name, advice="Check quotes and brackets") from error
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if re.match(r"\s*\[\[", line)]
    if len(found) != 1 or not isinstance(rows := next(iter(found.values())), list) or len(rows) != len(lines):
        raise FeedError("not one list of tables", source=name, advice="Write each row under a heading [[sensor]]")
    for line, row in zip(lines, rows, strict=True):
        yield line, dict.fromkeys(required, "") | {key: _cell(value) for key, value in row.items()}


def _cell(value: object) -> str:
    """Return a value as it would stand in a cell; what is neither text nor number becomes text that is no number."""
    if isinstance(value, str):
        return value.strip()
    return repr(value) if isinstance(value, int | float) and not isinstance(value, bool) else f"<{value}>"


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
