"""The tables. SQL here and in the rest of the room runs alike on both databases.

What one of them has alone is in ``sqlite.py`` and ``postgres.py``.

Truth: ``frames`` and ``journal`` (what came and when), ``recalls`` (what must never come back), ``outbox``,
``cursors``, ``held`` and ``quarantine``. Derived, and made anew by a rebuild: ``records``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    TypeDecorator,
    and_,
    text,
)
from sqlalchemy import Text as AnyText

SCHEMA_VERSION = 3
"""2: records are found by a hash of their id; the older form is made anew from frames and journal when it is opened.
3: a frame may have parts."""

_HASH_CHARACTERS = 64

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


_MICROSECOND = timedelta(microseconds=1)


def stamp(moment: datetime) -> int:
    """Return a time as the database keeps it."""
    return (moment - _EPOCH) // _MICROSECOND


def hash_of_id(record_id: str) -> int:
    """Return the number by which a record's id is looked up.

    An index over the ids themselves takes four times the room, and as each lies anywhere in it, a commit of a thousand
    records writes nearly a thousand of its pages.
    """
    return int.from_bytes(blake2b(record_id.encode(), digest_size=8).digest(), signed=True)


def part_key(frame_hash: str, number: int) -> str:
    """Return the key of what a later copy of a frame added to it: 1 for the first such part.

    It is a row of its own in ``frames`` and in the journal, so that what came when stays told and no row ever grows.
    """
    return f"{frame_hash}.{number}"


def parts_of(column: ColumnElement[str], frame_hash: str) -> ColumnElement[bool]:
    """Tell of a key whether it is that of the frame or of a part of it."""
    return and_(column >= frame_hash, column < f"{frame_hash}/")  # "/" comes after "."


def hash_of_key(key: str) -> str:
    """Return the hash of the frame that a row holds, all of it or a part."""
    return key[:_HASH_CHARACTERS]


class Moment(TypeDecorator[datetime]):
    """A time as microseconds since 1970 in UTC: exact, and in one order on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Write the time as a number."""
        _ = dialect
        return None if value is None else stamp(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Read the number as a time in UTC."""
        _ = dialect
        return None if value is None else _EPOCH + timedelta(microseconds=value)


def _index_where_set(name: str, column: str) -> Index:
    """Index only the rows that have the column: of a million detections none has, and an entry each costs time."""
    is_set = text(f"{column} IS NOT NULL")
    return Index(name, column, sqlite_where=is_set, postgresql_where=is_set)


_ORDER = BigInteger().with_variant(Integer(), "sqlite")  # there only INTEGER is the table's own key

# PostgreSQL would sort by the rules of the database's language, and SQLite sorts by the bytes.
Text = AnyText().with_variant(AnyText(collation="C"), "postgresql")

metadata = MetaData()

about = Table("about", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

# Rows are added at the end and never removed, and keep their length: see ``sqlite.wipe``.
frames = Table(
    "frames",
    metadata,
    Column("hash", Text, primary_key=True),  # of a part: ``part_key``
    Column("originator", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("precedence", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("previous", Text, nullable=False),
    Column("resumes_epoch", Text),
    Column("resumes_number", BigInteger),
    Column("resumes_hash", Text),
    Column("sealed_at", Moment, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("frames_by_chain", "originator", "audience", "status", "precedence", "epoch", "number"),
)

journal = Table(
    "journal",
    metadata,
    # Of the frame's first record; the frame takes one order for each record, so that a record's is order + index.
    Column("admission_order", _ORDER, primary_key=True, autoincrement=False),
    Column("orders", Integer, nullable=False),
    # Places of the records that came through the door: those refused one by one must not come in by a rebuild.
    Column("indexes", Text, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("hash", Text, nullable=False, unique=True),  # as in ``frames``
    Column("path", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("admitted_at", Moment, nullable=False),
    Column("clock_suspect", Boolean, nullable=False),
    Column("chain_open", Boolean, nullable=False),
)

records = Table(
    "records",
    metadata,
    Column("admission_order", _ORDER, primary_key=True, autoincrement=False),
    Column("frame_order", BigInteger, nullable=False),
    Column("id", Text, nullable=False),
    Column("id_hash", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("room", Text, nullable=False),
    Column("originator", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("precedence", Text, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("observed_at", Moment),
    Column("admitted_at", Moment, nullable=False),
    Column("event_id", Text),
    Column("event_alias", Text),
    Column("supersedes", Text),
    Column("cancels", Text),
    Column("synthetic", Boolean, nullable=False),
    Column("opaque", Boolean, nullable=False),
    Column("is_copy", Boolean, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("digest", Text, nullable=False),
    Column("start", Integer, nullable=False),
    Column("length", Integer, nullable=False),
    Index("records_by_id_hash", "id_hash"),
    Index("records_by_kind", "kind", "admission_order"),
    Index("records_by_room", "room", "admission_order"),
    _index_where_set("records_by_event", "event_id"),
    _index_where_set("records_by_alias", "event_alias"),
    _index_where_set("records_by_supersedes", "supersedes"),
    _index_where_set("records_by_cancels", "cancels"),
    Index("records_by_issued", "issued_at"),
    Index("records_by_observed", "observed_at"),
    Index("records_by_admitted", "admitted_at"),
)

recalls = Table(
    "recalls",
    metadata,
    Column("record_id", Text, primary_key=True),
    Column("originator", Text, primary_key=True),
    Column("recalled_at", Moment, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("position", _ORDER, primary_key=True, autoincrement=False),
    Column("hash", Text, nullable=False),
    Column("hop", Text, nullable=False),
    Column("originator", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("precedence", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sealed_at", Moment, nullable=False),
    Column("data", LargeBinary),
    Index("outbox_by_frame", "hash", "hop", unique=True),
)

cursors = Table(
    "cursors",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("created", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
)

held = Table(
    "held",
    metadata,
    Column("record_id", Text, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("held_at", Moment, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("position", _ORDER, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("via", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("data", LargeBinary),
    Column("size", BigInteger, nullable=False),
    Index("quarantine_by_via", "via", "position"),
)

refusals = Table(
    "refusals",
    metadata,
    Column("via", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("total", BigInteger, nullable=False),
)
