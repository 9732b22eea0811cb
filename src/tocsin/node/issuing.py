"""Records of our own on their way out: in a frame at once while the line is idle, many to a frame while it is busy.

One signature and one check at each receiver cost as much as some ten records. So a record travels alone as long as few
frames are under way, and whoever issues thousands a second, be it one by one, gets full frames without asking.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from tocsin.clock import Clock
from tocsin.errors import MarkingError, NotReleasableError, RecordError, StatusMixError
from tocsin.exchange import Exchange, Outgoing
from tocsin.node.keeping import Keeper
from tocsin.node.returning import OwnFrames
from tocsin.node.sending import Sender
from tocsin.records import AdmittedFrame, Peer, Precedence, Record
from tocsin.store import HeldItem

MOST_UNDER_WAY = 8
"""Frames of one lane that may be under way before records wait for the next one."""

LONGEST_S = 0.01
"""How long a record waits for a frame at most, however busy the line is."""

log = structlog.get_logger()


class Issuer:
    """Seals and sends one node's own records.

    Args:
        exchange: Checks and seals.
        sender: Where frames go, and who knows how many are under way.
        keeper: Remembers what is held back.
        own: Lets our own frames in at our own door.
        clock: The time of records.
        on_sealed: Told the hash of each frame that is about to leave.
        batches: Whether records may wait for each other; a replay, which must come out the same each time, says no.
    """

    def __init__(
        self,
        exchange: Exchange,
        sender: Sender,
        keeper: Keeper,
        *,
        own: OwnFrames,
        clock: Clock,
        on_sealed: Callable[[str], None],
        batches: bool,
    ) -> None:
        self._exchange = exchange
        self._sender = sender
        self._keeper = keeper
        self._own = own
        self._clock = clock
        self._on_sealed = on_sealed
        self._batches = batches
        self._timer: asyncio.TimerHandle | None = None

    def issue(self, records: Sequence[Record], *, at_once: bool, are_copies: bool = False) -> Outgoing:
        """Accept records, and seal them unless the line is busy. See ``Node.issue``."""
        held = self._exchange.outward.accept(records, are_copies=are_copies)
        self._keep_held(Outgoing(held=held))
        outgoing = self._seal(all_of_it=at_once or not self._batches)
        outgoing.held = held
        return outgoing

    def approve(self, record_id: str) -> Outgoing:
        """Release a record that waited for a person. See ``Node.approve``."""
        self.seal_all()  # what is sealed with it would pass for released by a person as well
        waiting = self._exchange.held.get(record_id)
        outgoing = self._exchange.approve(record_id)
        self._settle(record_id)
        self._keep_held(outgoing)
        # coarse copies were made when it was issued
        self._carry(outgoing, is_new=False, bulk=waiting is not None and waiting.precedence is Precedence.BULK)
        return outgoing

    def refuse(self, record_id: str) -> None:
        """Let a record that waited for a person stay for good.

        Raises:
            NotReleasableError: Nothing of that id waits.
        """
        if self._exchange.held.pop(record_id, None) is None:
            raise NotReleasableError(f"no record {record_id} waits for release")
        self._settle(record_id)

    def issue_copies(self, frame: AdmittedFrame, new_id: Callable[[], str]) -> None:
        """Issue the coarse copies that policy wants; the originals are on their way, so nothing here may fail them."""
        for admitted in frame.records:
            try:
                copy = self._exchange.sanitised_copy(admitted, new_id())
                if copy is not None:
                    self.issue([copy], at_once=False, are_copies=True)
            except (NotReleasableError, StatusMixError, MarkingError, RecordError) as error:
                log.warning("no coarse copy can be made", record=admitted.record.id, error=str(error))

    def seal_all(self) -> None:
        """Put everything that waits into frames now."""
        self._seal(all_of_it=True)

    def seal_due(self) -> None:
        """Go on with what waits, if the line has room again."""
        self._seal(all_of_it=False)

    def _seal(self, *, all_of_it: bool) -> Outgoing:
        whole = Outgoing()
        waits = False
        for bulk in (False, True):
            count = self._exchange.outward.waiting(bulk=bulk)
            if count and (all_of_it or not self._is_busy(bulk=bulk)):
                sealed = self._exchange.outward.seal_waiting(bulk=bulk)
                self._carry(sealed, is_new=True, bulk=bulk)
                whole.frames += sealed.frames
                whole.sends += sealed.sends
            elif count:
                waits = True
        if waits and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LONGEST_S, self._seal_late)
        return whole

    def _is_busy(self, *, bulk: bool) -> bool:
        if self._exchange.outward.frame_is_full(bulk=bulk):
            return False  # it gains nothing by waiting
        return max(self._sender.under_way(bulk=bulk), self._own.waiting(bulk=bulk)) >= MOST_UNDER_WAY

    def _seal_late(self) -> None:
        self._timer = None
        self._seal(all_of_it=True)

    def _carry(self, outgoing: Outgoing, *, is_new: bool, bulk: bool) -> None:
        for released in outgoing.sends:
            self._on_sealed(released.ref.hash)
            self._sender.send(released)
        self._own.add(outgoing.frames, is_new=is_new, bulk=bulk)

    def _settle(self, record_id: str) -> None:
        for code in self._exchange.trust.roster.codes:
            self._keeper.settled(record_id, Peer(code))

    def _keep_held(self, outgoing: Outgoing) -> None:
        now = self._clock.now()
        self._keeper.held([HeldItem(held=held, held_at=now) for held in outgoing.held])
