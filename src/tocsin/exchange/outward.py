"""Outward: records of our own are checked, sorted by what policy says, sealed, and sent to the next hops (spec 8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tocsin.clock import Clock
from tocsin.codec import encode
from tocsin.errors import NotReleasableError
from tocsin.exchange.derivation import Label, Labels, both
from tocsin.exchange.frames import OpenFrame
from tocsin.exchange.policy import Policy
from tocsin.exchange.release import release_to_peer
from tocsin.exchange.routes import Routes
from tocsin.exchange.sealing import Encoded, Sealer, Tray, chain_of, encoded, most_records
from tocsin.exchange.sorting import Sorter, Way
from tocsin.markings import marking_for
from tocsin.records import (
    CONTROL_KINDS,
    ChainId,
    FrameRef,
    Heads,
    Held,
    Peer,
    Precedence,
    Record,
    Released,
    Request,
    check_body,
    with_body,
)
from tocsin.signing import Trust


@dataclass
class Outgoing:
    """What came of new records of our own."""

    frames: list[bytes] = field(default_factory=list)
    """Sealed; to be received by ourselves through the same door (``via`` our own code, path ``self``)."""
    sends: list[Released[Peer]] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)


class Outward:
    """The way out of one member, as ``Exchange`` uses it.

    Args:
        trust: The roster in force, and who the member is.
        policy: Its rules.
        clock: The time of records.
        sealer: Numbers and signs.
        labels: What records may rest on.
        routes: Ways to the others.
        random_bytes: For ids.
    """

    def __init__(
        self,
        trust: Trust,
        policy: Policy,
        clock: Clock,
        *,
        sealer: Sealer,
        labels: Labels,
        routes: Routes,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self.trust = trust
        self.policy = policy
        self.held: dict[str, Record] = {}
        self._member = sealer.member
        self._clock = clock
        self._sealer = sealer
        self._labels = labels
        self._routes = routes
        self._random = random_bytes
        self._tray = Tray()
        self.on_sealed: Callable[[OpenFrame], None] = lambda _frame: None
        """Told of each frame that is made, apart from control frames."""

    def waiting(self, *, bulk: bool) -> int:
        """Return how many accepted records are in no frame yet, of bulk or of all else."""
        return self._tray.count(bulk=bulk)

    def frame_is_full(self, *, bulk: bool) -> bool:
        """Tell whether enough records wait to fill a frame."""
        return self._tray.count(bulk=bulk) >= most_records(self.policy, bulk=bulk)

    def submit(self, records: Sequence[Record], *, are_copies: bool = False) -> Outgoing:
        """Accept new records of our own, and seal them with all that waits.

        All of them or, on an error, none.

        Args:
            records: In the order in which they are numbered.
            are_copies: They are coarse copies that policy itself wants made (``Exchange.sanitised_copy``).

        Raises:
            NotReleasableError: A record is not ours, is too large, cannot be signed, or goes further than its
                sources may.
            StatusMixError: A record's status is not that of its sources.
            MalformedRecordError: A record's body is not what its kind prescribes.
        """
        held = self.accept(records, are_copies=are_copies)
        outgoing = self.seal_waiting()
        outgoing.held = held
        return outgoing

    def accept(self, records: Sequence[Record], *, are_copies: bool = False) -> list[Held]:
        """Check new records of our own and lay them ready for the next frames; all of them or, on an error, none.

        Args:
            records: As for ``submit``.
            are_copies: As for ``submit``.

        Returns:
            What does not go where its marking lets it, and why.

        Raises:
            NotReleasableError: As for ``submit``.
            StatusMixError: As for ``submit``.
            MalformedRecordError: As for ``submit``.
        """
        held: list[Held] = []
        ready: list[tuple[ChainId, Encoded]] = []
        waiting: dict[str, Record] = {}
        beside: dict[str, Label] = {}
        sorter = Sorter(self._member, self.policy, self.trust.roster, self._routes, are_copies=are_copies)
        for record in records:
            if record.originator != self._member:
                raise NotReleasableError(f"{record.id} is of {record.originator}, not ours")
            if record.kind in CONTROL_KINDS:
                raise NotReleasableError(f"{record.kind} is for the exchange itself to send")
            check_body(record, is_new=True)
            self._labels.require_derived(self._member, record, beside)
            beside[record.id] = both(beside.get(record.id), self._labels.label_of(record))
            way = sorter.way(record)
            if way.kept_from:
                held += way.held(record)
            if way.waits:
                waiting[record.id] = record
            ready.append((way.chain, encoded(record, self.policy)))
        for status in {chain.status for chain, _ in ready}:
            self._sealer.key_for(status)
        self._tray.add(ready)
        self.held |= waiting
        for record in records:
            self._labels.note(record)
        return held

    def approve(self, record_id: str) -> Outgoing:
        """Release a record that waited for a person; the node makes sure that the person may.

        Raises:
            NotReleasableError: Nothing of that id waits, or it cannot be signed.
        """
        record = self.held.get(record_id)
        if record is None:
            raise NotReleasableError(f"no record {record_id} waits for release")
        chain = chain_of(record)
        self._sealer.key_for(chain.status)
        self._tray.add([(chain, encoded(record, self.policy))])
        outgoing = self.seal_waiting()
        del self.held[record_id]
        sorter = Sorter(self._member, self.policy, self.trust.roster, self._routes)
        outgoing.held = Way(chain, sorter.unreached(record), "no_route").held(record)
        return outgoing

    def seal_waiting(self, *, bulk: bool | None = None) -> Outgoing:
        """Put accepted records into frames, the most urgent first.

        Those of a status whose key was taken back since wait on for another key.

        Args:
            bulk: Only those of precedence bulk, or only all others; otherwise all.
        """
        outgoing = Outgoing()

        def is_wanted(chain: ChainId) -> bool:
            return bulk in (None, chain.precedence is Precedence.BULK) and self._sealer.can_sign(chain.status)

        for chain, batch in self._tray.take(self.policy, wanted=is_wanted):
            frame = self._sealer.seal(chain, batch.records)
            outgoing.frames.append(frame.data)
            self.on_sealed(frame)
            if chain.audience != self._member:
                outgoing.sends += self.to_hops(frame.data, frame.ref, batch.kind, via=self._member)
        return outgoing

    def to_hops(
        self, data: bytes, ref: FrameRef, kind: str, *, via: str, is_again: bool = False
    ) -> list[Released[Peer]]:
        """Let a frame go to every neighbour that it is to reach from here, again if it went there with less in it."""
        hops = self._routes.next_hops(self.trust.roster, ref.chain, via)
        return [release_to_peer(data, ref, Peer(code), kind, is_again=is_again) for code in hops]

    def send_control(self, kind: str, body: Heads | Request, chain: ChainId, outgoing: Outgoing) -> None:
        """Seal one control frame and send it to the next hops."""
        record = with_body(
            kind, body, id=f"{kind}-{self._random(12).hex()}", originator=self._member,
            marking=marking_for(*chain.members), status=chain.status, precedence=Precedence.ROUTINE,
            issued_at=self._clock.now(),
        )  # fmt: skip
        frame = self._sealer.seal_control(chain_of(record), encode(record))
        outgoing.sends += self.to_hops(frame.data, frame.ref, kind, via=self._member)
