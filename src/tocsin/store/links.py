"""What links need after a restart: unacknowledged frames, cursors, what waits; and the quarantine."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, Row, Select, func, select

from tocsin.records import BundleFile, Destination, Held, Operator, Outlet, Peer, PublicChannel, WatchFloor
from tocsin.store import schema
from tocsin.store.faults import translated
from tocsin.store.reading import frame_ref
from tocsin.store.shapes import Cursor, HeldItem, Quarantined, Unacked

_outbox = schema.outbox.c
_quarantine = schema.quarantine.c


class Links:
    """Reads the links' tables of one store."""

    def __init__(self, engine: Engine, database: str) -> None:
        self._engine = engine
        self._database = database

    def unacked(self, hop: str | None = None) -> tuple[Unacked, ...]:
        """Return the frames not yet acknowledged, oldest first, each with its bytes as they are now.

        A frame with a recalled record comes without that record; its signature holds all the same.
        """
        data = func.coalesce(schema.frames.c.data, _outbox.data).label("bytes")
        joined = schema.outbox.outerjoin(schema.frames, schema.frames.c.hash == _outbox.hash)
        statement = select(*_outbox, data).select_from(joined).order_by(_outbox.position)
        rows = self._all(statement if hop is None else statement.where(_outbox.hop == hop))
        return tuple(
            Unacked(hop=row.hop, ref=frame_ref(row), kind=row.kind, sealed_at=row.sealed_at, data=row.bytes)
            for row in rows
        )

    def cursor(self, stream: str) -> Cursor | None:
        """Return how far a stream has been read, or None if it never was."""
        rows = self._all(select(schema.cursors).where(schema.cursors.c.stream == stream))
        return Cursor(stream=stream, created=rows[0].created, seq=rows[0].seq) if rows else None

    def held(
        self, *, reason: str | None = None, record_id: str | None = None, limit: int | None = None
    ) -> tuple[HeldItem, ...]:
        """Return what waits or stays, oldest first; the record is found by its id.

        Args:
            reason: Only what is held for it.
            record_id: Only this record.
            limit: At most so many, the newest first.
        """
        table = schema.held.c
        at = table.held_at if limit is None else table.held_at.desc()
        statement = select(schema.held).order_by(at, table.record_id, table.destination).limit(limit)
        if reason is not None:
            statement = statement.where(table.reason == reason)
        if record_id is not None:
            statement = statement.where(table.record_id == record_id)
        rows = self._all(statement)
        return tuple(
            HeldItem(
                held=Held(row.record_id, row.kind, destination_from(row.destination), row.reason, row.detail),
                held_at=row.held_at,
            )
            for row in rows
        )

    def quarantined(
        self, via: str | None = None, *, reason: str | None = None, limit: int = 100
    ) -> tuple[Quarantined, ...]:
        """Return entries of the quarantine, newest first.

        Args:
            via: Only of this peer.
            reason: Only with this reason.
            limit: At most so many.
        """
        statement = select(schema.quarantine).order_by(_quarantine.position.desc()).limit(limit)
        if via is not None:
            statement = statement.where(_quarantine.via == via)
        if reason is not None:
            statement = statement.where(_quarantine.reason == reason)
        return tuple(
            Quarantined(
                at=row.at,
                via=row.via,
                path=row.path,
                reason=row.reason,
                detail=row.detail,
                hash=row.hash,
                data=row.data,
                size=row.size,
            )
            for row in self._all(statement)
        )

    def refusals(self) -> dict[tuple[str, str], int]:
        """Return by peer and reason how many frames were ever refused, also those that the ring has let go of."""
        table = schema.refusals.c
        rows = self._all(select(schema.refusals).order_by(table.via, table.reason))
        return {(row.via, row.reason): row.total for row in rows}

    def _all(self, statement: Select[Any]) -> list[Row[Any]]:
        with translated(self._database, "read"), self._engine.begin() as connection:
            return list(connection.execute(statement).all())


def destination_text(destination: Destination) -> str:
    """Write a destination in one word, such as ``peer:JPN``."""
    match destination:
        case Peer(code):
            return f"peer:{code}"
        case Operator(member):
            return f"operator:{member}"
        case WatchFloor(member):
            return f"watch:{member}"
        case Outlet(name, audience):
            return f"outlet:{name}:{'-'.join(audience)}"
        case PublicChannel(name):
            return f"public:{name}"
        case BundleFile(audience):
            return f"bundle:{'-'.join(audience)}"


def destination_from(text: str) -> Destination:
    """Read what ``destination_text`` wrote."""
    sort, _, name = text.partition(":")
    if sort == "peer":
        return Peer(name)
    if sort == "operator":
        return Operator(name)
    if sort == "watch":
        return WatchFloor(name)
    if sort == "outlet":
        outlet, _, audience = name.partition(":")
        return Outlet(outlet, tuple(audience.split("-")))
    if sort == "public":
        return PublicChannel(name)
    return BundleFile(tuple(name.split("-")))
