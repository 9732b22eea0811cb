"""Frames by their chains: what is held, where a chain ends, what is missing (spec 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, Select, and_, bindparam, func, select

from tocsin import exchange
from tocsin.exchange import Gap
from tocsin.records import ChainId, FrameRef, Precedence
from tocsin.store import schema
from tocsin.store.faults import translated
from tocsin.store.indexes import indexes_from
from tocsin.store.reading import frame_ref
from tocsin.store.shapes import StoredFrame
from tocsin.store.slips import lacking

_PAGE = 64
"""Frames of up to 1 MB each."""

_frames = schema.frames.c
_journal = schema.journal.c
_CHAIN = (_frames.originator, _frames.audience, _frames.status, _frames.precedence)

# made once, since the door may ask for each frame
_HASH_AT = (
    select(_frames.hash)
    .where(*(column == bindparam(column.name) for column in (*_CHAIN, _frames.epoch, _frames.number)))
    .order_by(_frames.hash)
    .limit(1)
)


@dataclass(frozen=True)
class EpochSpan:
    """One epoch of a chain as far as it is held."""

    epoch: str
    last_number: int
    began_at: datetime
    """When the first of its frames that is held was sealed."""
    resumes: tuple[str, int, str] | None


class Chains:
    """Reads the frames of one store."""

    def __init__(self, engine: Engine, database: str) -> None:
        self._engine = engine
        self._database = database

    def ids(self) -> tuple[ChainId, ...]:
        """Return every chain that the store holds a frame of, sorted."""
        rows = self._all(select(*_CHAIN).distinct().order_by(*_CHAIN))
        return tuple(ChainId(row.originator, row.audience, row.status, Precedence(row.precedence)) for row in rows)

    def epochs(self, chain: ChainId) -> tuple[EpochSpan, ...]:
        """Return a chain's epochs: one that resumes another after it, the rest by when they began."""
        first = func.min(_frames.sealed_at).label("began_at")
        rows = self._all(
            select(
                _frames.epoch, func.max(_frames.number).label("last_number"), first,
                func.max(_frames.resumes_epoch).label("resumes_epoch"),
                func.max(_frames.resumes_number).label("resumes_number"),
                func.max(_frames.resumes_hash).label("resumes_hash"),
            )
            .where(_is(chain))
            .group_by(_frames.epoch)
            .order_by(first, _frames.epoch)
        )  # fmt: skip
        return _in_order([_epoch(row) for row in rows])

    def head(self, chain: ChainId) -> FrameRef | None:
        """Return the last frame of the chain's last epoch, or None if none is held."""
        epochs = self.epochs(chain)
        return self._first_at(chain, epochs[-1].epoch, epochs[-1].last_number) if epochs else None

    def unbroken_head(self, chain: ChainId, epoch: str) -> FrameRef | None:
        """Return the last frame of an epoch before which none is missing, or None if its first frame is."""
        gaps = self.missing(chain, epoch)
        last = gaps[0].after if gaps else self._last_number(chain, epoch)
        return self._first_at(chain, epoch, last)

    def missing(self, chain: ChainId, epoch: str, *, up_to: int = 0) -> tuple[Gap, ...]:
        """Return the gaps of an epoch.

        Args:
            chain: The chain.
            epoch: Its epoch.
            up_to: The number that the originator's heads name; what lies beyond the last held frame is missing too.
        """
        numbers = select(_frames.number).where(_is(chain), _frames.epoch == epoch).distinct().subquery()
        before = func.lag(numbers.c.number, 1, 0).over(order_by=numbers.c.number).label("before")
        pairs = select(before, numbers.c.number).subquery()
        rows = self._all(select(pairs).where(pairs.c.number > pairs.c.before + 1).order_by(pairs.c.number))
        gaps = [Gap(chain=chain, epoch=epoch, after=row.before, up_to=row.number - 1) for row in rows]
        last = self._last_number(chain, epoch)
        if up_to > last:
            gaps.append(Gap(chain=chain, epoch=epoch, after=last, up_to=up_to))
        return tuple(gaps)

    def frame_hash(self, chain: ChainId, epoch: str, number: int) -> str | None:
        """Return the hash of the frame with this number, or None if none is held."""
        place = {
            "originator": chain.originator, "audience": chain.audience, "status": chain.status,
            "precedence": chain.precedence.value, "epoch": epoch, "number": number,
        }  # fmt: skip
        with translated(self._database, "read"), self._engine.begin() as connection:
            found: str | None = connection.execute(_HASH_AT, place).scalar()
        return found

    def lacking(self, frame_hash: str) -> frozenset[int]:
        """Return the places of a held frame whose records are not held; none if the frame is not."""
        held = [lacking(row.data) for row in self._all(_parts(frame_hash))]
        return frozenset.intersection(*held) if held else frozenset()

    def is_recalled(self, record_id: str, originator: str) -> bool:
        """Tell whether its originator has recalled a record."""
        table = schema.recalls.c
        mine = select(table.record_id).where(table.record_id == record_id, table.originator == originator)
        return bool(self._all(mine))

    def states(self) -> Iterator[tuple[ChainId, str, exchange.Epoch]]:
        """Yield what ``Exchange.restore`` takes up after a restart: every epoch of every chain, oldest first.

        Raises:
            StoreError: The database failed.
        """
        for chain in self.ids():
            for span in self.epochs(chain):
                yield chain, span.epoch, self._state(chain, span)

    def epoch(self, chain: ChainId, epoch: str) -> exchange.Epoch | None:
        """Return one of these; none if no frame of it is held.

        Raises:
            StoreError: The database failed.
        """
        for span in self.epochs(chain):
            if span.epoch == epoch:
                return self._state(chain, span)
        return None

    def _state(self, chain: ChainId, span: EpochSpan) -> exchange.Epoch:
        head = self.unbroken_head(chain, span.epoch)
        state = exchange.Epoch(
            contiguous=head.number if head else 0, contiguous_hash=head.hash if head else "", resumes=span.resumes
        )
        for row in self._all(
            select(_frames.number, _frames.hash, _frames.previous)
            .where(_is(chain), _frames.epoch == span.epoch, _frames.number > state.contiguous)
            .order_by(_frames.number)
        ):
            if not state.holds(row.number):
                state.add(row.number, schema.hash_of_key(row.hash), row.previous)
        return state

    def frame(self, frame_hash: str) -> StoredFrame | None:
        """Return the frame with this hash, with all of its parts, or None."""
        return next(_whole(map(_stored, self._all(_parts(frame_hash)))), None)

    def frames(
        self, chain: ChainId | None = None, *, epoch: str | None = None, after: int = 0, up_to: int | None = None
    ) -> Iterator[StoredFrame]:
        """Yield frames in the order of their chains, each with all of its parts.

        Args:
            chain: Only of this chain; otherwise chain after chain.
            epoch: Only of this epoch.
            after: Only numbers above this.
            up_to: Only numbers up to and including this.

        Raises:
            StoreError: The database failed.
        """
        for one in self.ids() if chain is None else (chain,):
            for name in [each.epoch for each in self.epochs(one)] if epoch is None else [epoch]:
                of_epoch = and_(_is(one), _frames.epoch == name)
                yield from _whole(self._pages(of_epoch, after=after, up_to=up_to))

    def admitted_frames(self, *, after_order: int = 0) -> Iterator[StoredFrame]:
        """Yield frames in the order of admission, as the journal has them: each part of a frame by itself.

        Raises:
            StoreError: The database failed.
        """
        while True:
            order = _journal.admission_order
            rows = self._all(_select().where(order > after_order).order_by(order).limit(_PAGE))
            yield from map(_stored, rows)
            if len(rows) < _PAGE:
                return
            after_order = rows[-1].admission_order

    def _pages(self, where: ColumnElement[bool], *, after: int, up_to: int | None) -> Iterator[StoredFrame]:
        number, order = _frames.number, _journal.admission_order
        if up_to is not None:
            where = and_(where, number <= up_to)
        place = number > after
        while True:
            rows = self._all(_select().where(where, place).order_by(number, order).limit(_PAGE))
            yield from map(_stored, rows)
            if len(rows) < _PAGE:
                return
            last = rows[-1]
            place = (number > last.number) | and_(number == last.number, order > last.admission_order)

    def _first_at(self, chain: ChainId, epoch: str, number: int) -> FrameRef | None:
        rows = self._all(
            select(*_CHAIN, _frames.epoch, _frames.number, _frames.hash)
            .select_from(schema.frames.join(schema.journal, _journal.hash == _frames.hash))
            .where(_is(chain), _frames.epoch == epoch, _frames.number == number)
            .order_by(_journal.admission_order)
            .limit(1)
        )
        return frame_ref(rows[0]) if rows else None

    def _last_number(self, chain: ChainId, epoch: str) -> int:
        (row,) = self._all(select(func.max(_frames.number).label("last")).where(_is(chain), _frames.epoch == epoch))
        return row.last or 0

    def _all(self, statement: Select[Any]) -> list[Row[Any]]:
        with translated(self._database, "read"), self._engine.begin() as connection:
            return list(connection.execute(statement).all())


def _is(chain: ChainId) -> ColumnElement[bool]:
    wanted = (chain.originator, chain.audience, chain.status, chain.precedence.value)
    return and_(*(column == value for column, value in zip(_CHAIN, wanted, strict=True)))


def _select() -> Select[Any]:
    joined = schema.frames.join(schema.journal, _journal.hash == _frames.hash)
    return select(
        *_frames, _journal.admission_order, _journal.admitted_at, _journal.via, _journal.path,
        _journal.clock_suspect, _journal.chain_open, _journal.indexes,
    ).select_from(joined)  # fmt: skip


def _parts(frame_hash: str) -> Select[Any]:
    return _select().where(schema.parts_of(_frames.hash, frame_hash)).order_by(_journal.admission_order)


def _whole(stored: Iterable[StoredFrame]) -> Iterator[StoredFrame]:
    """Yield frames whole, given their parts one behind the other."""
    for _, copies in groupby(stored, key=lambda copy: copy.ref):
        whole, *parts = copies
        for part in parts:
            indexes = tuple(sorted({*whole.indexes, *part.indexes}))
            whole = replace(whole, data=exchange.with_records(whole.data, part.data), indexes=indexes)
        yield whole


def _resumes(row: Row[Any]) -> tuple[str, int, str] | None:
    return None if row.resumes_epoch is None else (row.resumes_epoch, row.resumes_number, row.resumes_hash)


def _epoch(row: Row[Any]) -> EpochSpan:
    return EpochSpan(epoch=row.epoch, last_number=row.last_number, began_at=row.began_at, resumes=_resumes(row))


def _in_order(epochs: list[EpochSpan]) -> tuple[EpochSpan, ...]:
    """Put each epoch after the one that it resumes; those not bound so stay by time. A circle ends where it began."""
    by_name = {each.epoch: each for each in epochs}
    ordered: dict[str, EpochSpan] = {}
    for each in epochs:
        line = [each]
        while (before := line[-1].resumes) and before[0] in by_name and by_name[before[0]] not in line:
            line.append(by_name[before[0]])
        for ancestor in reversed(line):
            ordered.setdefault(ancestor.epoch, ancestor)
    return tuple(ordered.values())


def _stored(row: Row[Any]) -> StoredFrame:
    return StoredFrame(
        order=row.admission_order,
        ref=frame_ref(row),
        data=row.data,
        previous=row.previous,
        resumes=_resumes(row),
        sealed_at=row.sealed_at,
        admitted_at=row.admitted_at,
        via=row.via,
        path=row.path,
        clock_suspect=row.clock_suspect,
        chain_open=row.chain_open,
        indexes=indexes_from(row.indexes),
    )
