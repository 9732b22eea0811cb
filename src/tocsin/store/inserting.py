"""Many rows of one table at once, past SQLAlchemy's handling of each row, which costs more than the row itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, insert
from sqlalchemy.exc import DBAPIError


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
    if connection.dialect.name == "postgresql":
        _copy(connection, table, rows)
        return
    connection.exec_driver_sql(_statement(table, connection.dialect), list(map(tuple, rows)))


def _copy(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Hand all rows over in one stream, which the server takes faster than an INSERT for each."""
    sql = f"COPY {table.name} ({', '.join(column.name for column in table.columns)}) FROM STDIN"
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(sql) as stream:
            for row in rows:
                stream.write_row(row)
    except connection.dialect.loaded_dbapi.Error as error:
        if connection.dialect.is_disconnect(error, driver, None):
            connection.invalidate(error)
        raise DBAPIError(sql, None, error) from error


@lru_cache(maxsize=32)
def _statement(table: Table, dialect: Dialect) -> str:
    names = tuple(column.name for column in table.columns)
    compiled = insert(table).compile(dialect=dialect, column_keys=list(names))
    if tuple(compiled.positiontup or ()) != names:
        raise ValueError(f"the statement for {table.name} takes its columns in another order")
    return str(compiled)
