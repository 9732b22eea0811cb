"""Many rows of one table at once, past SQLAlchemy's handling of each row, which costs more than the row itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Table, insert


class _Statement(NamedTuple):
    sql: str
    names: tuple[str, ...] | None
    """Where the driver wants parameters by name, their names; none if by place."""


def insert_rows(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows; SQLAlchemy writes the statement, and the driver gets the values as they are.

    Args:
        connection: Of the open transaction.
        table: Where to.
        rows: A value for each column in the table's order, in the form that the database keeps: ``schema.stamp`` for
            a time.
    """
    if not rows:
        return
    statement = _statement(table, connection.dialect)
    if statement.names is None:
        connection.exec_driver_sql(statement.sql, list(map(tuple, rows)))
    else:
        names = statement.names
        connection.exec_driver_sql(statement.sql, [dict(zip(names, row, strict=True)) for row in rows])


@lru_cache(maxsize=32)
def _statement(table: Table, dialect: Dialect) -> _Statement:
    names = tuple(column.name for column in table.columns)
    compiled = insert(table).compile(dialect=dialect, column_keys=list(names))
    if not compiled.positional:
        return _Statement(str(compiled), names)
    if tuple(compiled.positiontup or ()) != names:
        raise ValueError(f"the statement for {table.name} takes its columns in another order")
    return _Statement(str(compiled), None)
