"""What a store says of itself, and its generation: who wrote to it last is the only one who may go on (fencing)."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from tocsin.errors import FencedError
from tocsin.store import schema

GENERATION = "generation"
"""Grows by one with every writer that opens the store."""


def read(connection: Connection, key: str) -> str | None:
    """Return a value, or None if it was never set."""
    return connection.execute(select(schema.about.c.value).where(schema.about.c.key == key)).scalar()


def write(connection: Connection, key: str, value: str) -> None:
    """Set a value."""
    connection.execute(delete(schema.about).where(schema.about.c.key == key))
    connection.execute(insert(schema.about).values(key=key, value=value))


def begin_generation(connection: Connection) -> str:
    """Take the store over: whoever wrote to it until now is fenced once this transaction is committed."""
    generation = str(int(read(connection, GENERATION) or 0) + 1)
    if generation == "1":
        write(connection, GENERATION, generation)
    else:  # not deleted and inserted: PostgreSQL lets the old writer's check wait for this row and see the new value
        connection.execute(
            schema.about.update().where(schema.about.c.key == GENERATION).values(value=generation)
        )  # fmt: skip
    return generation


def require_generation(connection: Connection, generation: str, *, database: str) -> None:
    """Make sure that nobody has taken the store over, nor can before this transaction ends.

    Raises:
        FencedError: Somebody has.
    """
    # FOR SHARE, where the database knows it: the next writer's new generation waits for this transaction
    row = select(schema.about.c.value).where(schema.about.c.key == GENERATION).with_for_update(read=True)
    now = connection.execute(row).scalar()
    if now != generation:
        raise fenced(database, ours=generation, now=now)


def fenced(database: str, *, ours: str, now: str | None) -> FencedError:
    """Return the error of a writer that another has replaced."""
    return FencedError(
        f"{database} was taken over by another writer (generation {now}, ours was {ours})",
        advice="One node writes to a store: find the other one before this one is started again",
    )
