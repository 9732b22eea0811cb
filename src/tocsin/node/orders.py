"""Carries out the records by which the exchange itself is run: recalls and revocations (spec 9.5, 11.6)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from tocsin.bus import cancel_for_good
from tocsin.clock import Clock
from tocsin.codec import decode
from tocsin.errors import BusError, FencedError, StoreError, TocsinError
from tocsin.exchange import Exchange
from tocsin.node.keeping import Keeper
from tocsin.records import Admitted, Recall, Revocation
from tocsin.signing import SignedDocument

_RETRY_S = 30.0  # a reader that lingers holds the store up for seconds each time

log = structlog.get_logger()


ORDERS = ("exchange.revocation", "exchange.recall")


class Orders:
    """What one node has to do because a record says so.

    Args:
        exchange: Whose trust forgets a key.
        keeper: Whose store purges a record.
        clock: The time of records.
        erase: Overwrites the frames with a record, wherever the bus has them.
    """

    def __init__(
        self,
        exchange: Exchange,
        keeper: Keeper,
        clock: Clock,
        *,
        erase: Callable[[str], Awaitable[int]] | None = None,
    ) -> None:
        self._exchange = exchange
        self._keeper = keeper
        self._clock = clock
        self._erase = erase
        self._recalls: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        """One recall at a time, so that commits come in between however many there are."""

    @property
    def unfinished(self) -> int:
        """How many recalls are still to be carried out in the store."""
        return len(self._recalls)

    def obey(self, admitted: Admitted) -> None:
        """Carry out one record; of any other kind it does nothing. Doing it twice does no harm."""
        if admitted.record.kind not in ORDERS:
            return
        body = admitted.body
        if isinstance(body, Recall):
            self._recall(body.record_id, admitted.record.originator)
        elif isinstance(body, Revocation):
            self._revoke(body, admitted.record.originator)

    async def stop(self) -> None:
        """Give up what is unfinished: the records are kept, and are obeyed again at the next start."""
        recalls = list(self._recalls)
        await asyncio.gather(*map(cancel_for_good, recalls))
        await asyncio.gather(*recalls, return_exceptions=True)

    def _revoke(self, body: Revocation, originator: str) -> None:
        try:
            revocation = self._exchange.trust.revoke(decode(body.document.encode(), SignedDocument))
        except TocsinError as error:
            log.warning("revocation refused", originator=originator, error=str(error))
        else:
            log.warning("key revoked", member=revocation.member, keyid=revocation.keyid)

    def _recall(self, record_id: str, originator: str) -> None:
        is_own = originator == self._exchange.member
        if is_own:
            self._exchange.held.pop(record_id, None)  # nobody may let it go any more
        work = partial(
            self._keeper.store.recall, record_id, originator=originator, recalled_at=self._clock.now(), is_own=is_own
        )  # fmt: skip
        task = asyncio.create_task(self._until_purged(work, record_id), name=f"recall {record_id}")
        self._recalls.add(task)
        task.add_done_callback(self._recalls.discard)

    async def _until_purged(self, work: Callable[[], int], record_id: str) -> None:
        while True:
            try:
                await self._keeper.flush()  # the record may be in the same batch
                async with self._turn:
                    await self._keeper.in_thread(work)
                if self._erase is not None:
                    await self._erase(record_id)
            except FencedError:
                return  # the node is about to end, and whoever has the store now obeys the same record
            except (StoreError, BusError) as error:
                log.warning("not purged yet", record=record_id, error=str(error))
                await asyncio.sleep(_RETRY_S)
            else:
                return
