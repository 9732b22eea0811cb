"""Outward: records of our own are checked, sorted by what policy says, sealed, and sent to the next hops (spec 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tocsin.clock import Clock
from tocsin.codec import encode
from tocsin.errors import NotReleasableError
from tocsin.exchange.derivation import Label, Labels, both
from tocsin.exchange.policy import Policy
from tocsin.exchange.release import release_to_peer
from tocsin.exchange.routes import Routes
from tocsin.exchange.sealing import Batch, Sealer, batches, chain_of
from tocsin.markings import PUBLIC, marking_for, unknown_caveats
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

    def submit(self, records: Sequence[Record], *, are_copies: bool = False) -> Outgoing:
        """Seal new records of our own and release them as marking and policy say.

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
        outgoing = Outgoing()
        ready: dict[ChainId, list[Record]] = {}
        waiting: dict[str, Record] = {}
        beside: dict[str, Label] = {}
        for record in records:
            if record.originator != self._member:
                raise NotReleasableError(f"{record.id} is of {record.originator}, not ours")
            if record.kind in CONTROL_KINDS:
                raise NotReleasableError(f"{record.kind} is for the exchange itself to send")
            check_body(record)
            self._labels.require_derived(self._member, record, beside)
            beside[record.id] = both(beside.get(record.id), self._labels.label_of(record))
            decision = self.policy.decide(record, is_copy=are_copies)
            self._sort(record, decision, ready, waiting, outgoing)
        self._seal(self._cut(ready), outgoing)
        self.held |= waiting
        for record in records:
            self._labels.note(record)
        return outgoing

    def approve(self, record_id: str) -> Outgoing:
        """Release a record that waited for a person; the node makes sure that the person may.

        Raises:
            NotReleasableError: Nothing of that id waits, or it cannot be signed.
        """
        record = self.held.get(record_id)
        if record is None:
            raise NotReleasableError(f"no record {record_id} waits for release")
        outgoing = Outgoing()
        self._seal(self._cut({chain_of(record): [record]}), outgoing)
        del self.held[record_id]
        self._note_unreached(record, outgoing)
        return outgoing

    def to_hops(self, data: bytes, ref: FrameRef, kind: str, *, via: str) -> list[Released[Peer]]:
        """Let a frame go to every neighbour that it is to reach from here."""
        hops = self._routes.next_hops(self.trust.roster, ref.chain, via)
        return [release_to_peer(data, ref, Peer(code), kind) for code in hops]

    def send_control(self, kind: str, body: Heads | Request, chain: ChainId, outgoing: Outgoing) -> None:
        """Seal one control frame and send it to the next hops."""
        record = with_body(
            kind, body, id=f"{kind}-{self._random(12).hex()}", originator=self._member,
            marking=marking_for(*chain.members), status=chain.status, precedence=Precedence.ROUTINE,
            issued_at=self._clock.now(),
        )  # fmt: skip
        frame = self._sealer.seal_control(chain_of(record), encode(record))
        outgoing.sends += self.to_hops(frame.data, frame.ref, kind, via=self._member)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _sort(
        self,
        record: Record,
        decision: Literal["release", "ask", "hold"],
        ready: dict[ChainId, list[Record]],
        waiting: dict[str, Record],
        outgoing: Outgoing,
    ) -> None:
        """Put a record into the chain it belongs to: its audience's if it may leave, else {self}."""
        chain = chain_of(record)
        alone = ChainId(self._member, self._member, record.status, record.precedence)
        if chain == alone:
            ready.setdefault(alone, []).append(record)
            return
        unknown = unknown_caveats(record.marking)
        if unknown:
            ready.setdefault(alone, []).append(record)
            detail = f"caveat {unknown[0]} is not known here"
            outgoing.held += [
                Held(record.id, record.kind, Peer(code), "marking", detail, record) for code in self._others(record)
            ]
            return
        if decision == "release":
            reached = self._routes.reachable(self.trust.roster, record.marking.releasable_to)
            ready.setdefault(chain if reached else alone, []).append(record)
            self._note_unreached(record, outgoing)
            return
        if decision == "ask":
            waiting[record.id] = record
        ready.setdefault(alone, []).append(record)
        reason = "needs_person" if decision == "ask" else "policy"
        outgoing.held += [
            Held(record.id, record.kind, Peer(code), reason, record=record) for code in self._others(record)
        ]

    def _note_unreached(self, record: Record, outgoing: Outgoing) -> None:
        reached = self._routes.reachable(self.trust.roster, record.marking.releasable_to)
        outgoing.held += [
            Held(record.id, record.kind, Peer(code), "no_route", f"no link of the audience leads to {code}", record)
            for code in self._others(record)
            if code not in reached
        ]

    def _others(self, record: Record) -> tuple[str, ...]:
        members = record.marking.releasable_to
        everyone = self.trust.roster.codes if members == (PUBLIC,) else members
        return tuple(code for code in everyone if code != self._member)

    def _cut(self, ready: Mapping[ChainId, Sequence[Record]]) -> list[tuple[ChainId, Batch]]:
        """Cut records into frames, before one of them has taken a number that could not be given back."""
        for chain in ready:
            self._sealer.key_for(chain.status)
        return [(chain, batch) for chain, records in ready.items() for batch in batches(records, self.policy)]

    def _seal(self, cut: Iterable[tuple[ChainId, Batch]], outgoing: Outgoing) -> None:
        for chain, batch in cut:
            frame = self._sealer.seal(chain, batch.records)
            outgoing.frames.append(frame.data)
            if chain.audience != self._member:
                outgoing.sends += self.to_hops(frame.data, frame.ref, batch.kind, via=self._member)
