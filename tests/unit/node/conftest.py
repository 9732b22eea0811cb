"""What tests of the node's parts share."""

from __future__ import annotations

import sqlite3

import pytest

from tocsin.store import Store


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "store.db") as opened:
        yield opened


@pytest.fixture
def fill_disk(store):
    """Leave the store no room (or give it back), as a full disk does."""

    def fill(*, full):
        with store._writer.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages if full else 1_000_000}")

    return fill


def rows(store, statement):
    """Read the store's file without the store."""
    connection = sqlite3.connect(store.name)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()
