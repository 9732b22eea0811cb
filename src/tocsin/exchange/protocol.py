"""One member's side of the federation protocol, without I/O: records in, frames out; frames in, records out.

Whoever drives it (the node, or a test) carries the frames and keeps what is admitted. ``Exchange`` decides.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from msgspec import structs

from tocsin.clock import Clock
from tocsin.codec import encode
from tocsin.errors import NotReleasableError
from tocsin.exchange.admission import Duplicate, Entry, Reason, Rejected, admit
from tocsin.exchange.chains import Epoch, ForeignChains, Memory, NoMemory
from tocsin.exchange.derivation import Label, Labels, both, label_of
from tocsin.exchange.neighbours import REQUEST_SPAN, Neighbours, chain_of_head
from tocsin.exchange.policy import Policy
from tocsin.exchange.release import release_to_peer
from tocsin.exchange.routes import Routes
from tocsin.exchange.sanitise import sanitise
from tocsin.exchange.sealing import Batch, Sealer, batches, chain_of
from tocsin.markings import PUBLIC, marking_for, unknown_caveats
from tocsin.records import (
    CONTROL_KINDS,
    Admitted,
    AdmittedFrame,
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
from tocsin.signing import KeyRole, PrivateKey, Trust

SEEN = 20_000
"""Digests of frames admitted lately, by which the slower path's copy is known without checking it again."""


@dataclass
class Outgoing:
    """What came of new records of our own."""

    frames: list[bytes] = field(default_factory=list)
    """Sealed; to be received by ourselves through the same door (``via`` our own code, path ``self``)."""
    sends: list[Released[Peer]] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)


@dataclass
class Incoming:
    """What came of one frame."""

    frame: AdmittedFrame | None = None
    refused: list[Rejected] = field(default_factory=list)
    is_duplicate: bool = False
    relays: list[Released[Peer]] = field(default_factory=list)
    request: tuple[ChainId, Request, str] | None = None
    """Frames that a member asks for, and who asks: to be answered with ``give_back``."""


class Exchange:
    """Seals, releases, admits and relays for one member."""

    def __init__(
        self,
        member: str,
        *,
        trust: Trust,
        keys: dict[KeyRole, PrivateKey],
        policy: Policy,
        clock: Clock,
        memory: Memory | None = None,
        look_up: Callable[[str], Label | None] = lambda _: None,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.member = member
        self.trust = trust
        self.policy = policy
        self.chains = ForeignChains(memory or NoMemory())
        self.neighbours = Neighbours(member)
        self.held: dict[str, Record] = {}
        """Records that wait for a person, by id."""
        self._clock = clock
        self._random = random_bytes
        self._labels = Labels(look_up)
        self._routes = Routes(member)
        self._sealer = Sealer(member, keys, clock, random_bytes, is_revoked=trust.is_revoked)
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._heads_sent: dict[tuple[str, str], int] = {}
        self._contradicted: set[tuple[str, ChainId, str]] = set()

    @property
    def epoch(self) -> str:
        """Name of the epoch that this run of the node writes."""
        return self._sealer.epoch

    # -- taking up what was kept ------------------------------------------------------------------------------------

    def restore(self, chain: ChainId, epoch: str, state: Epoch) -> None:
        """Take up what the store holds of an epoch; give them oldest first.

        The last durable head of each chain of our own is what its next epoch resumes.
        """
        self.chains.restore(chain, epoch, state)
        if chain.originator == self.member and state.contiguous:
            self._sealer.resume(chain, (epoch, state.contiguous, state.contiguous_hash))

    def resume(self) -> None:
        """Let our chains go on behind their last durable heads; call once all that was kept is taken up."""
        for chain, epoch, state in self.chains.items():
            if chain.originator == self.member and state.contiguous and epoch != self.epoch:
                self._sealer.resume(chain, (epoch, state.contiguous, state.contiguous_hash))

    def restore_held(self, record: Record) -> None:
        """Take up a record that still waits for a person."""
        self.held[record.id] = record

    def use_key(self, key: PrivateKey) -> None:
        """Sign with this key from now on what a key of its role signs; the roster names it already."""
        self._sealer.use(key)

    # -- outward ----------------------------------------------------------------------------------------------------

    def submit(self, records: Sequence[Record]) -> Outgoing:
        """Seal new records of our own and release them as marking and policy say.

        All of them or, on an error, none.

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
            if record.originator != self.member:
                raise NotReleasableError(f"{record.id} is of {record.originator}, not ours")
            if record.kind in CONTROL_KINDS:
                raise NotReleasableError(f"{record.kind} is for the exchange itself to send")
            check_body(record)
            self._labels.require_derived(self.member, record, beside)
            beside[record.id] = both(beside.get(record.id), label_of(record))
            self._sort(record, ready, waiting, outgoing)
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

    def sanitised_copy(self, original: Admitted, new_id: str) -> Record | None:
        """Return the coarse copy that policy wants made of an own record, if it wants one (spec 8.6)."""
        rule = self.policy.rule_for(original.record)
        if rule is None or rule.sanitise is None or original.record.originator != self.member:
            return None
        if original.record.marking.allows(rule.sanitise.releasable_to):
            return None  # those who would get the copy get the original
        return sanitise(original, rule.sanitise, new_id=new_id, issued_at=self._clock.now())

    def heads(self, *, tick: int | None = None, worlds: Iterable[tuple[str, str]] = ()) -> Outgoing:
        """Sign where our chains end and how far we hold others', for every audience and status in use (spec 7).

        Args:
            tick: Number of a replay's tick.
            worlds: Pairs of audience and status to sign for though nothing was said in them yet.
        """
        outgoing = Outgoing()
        known = {(chain.audience, chain.status) for chain, _, _ in self.chains.items()}
        for audience, status in sorted(known | self._sealer.worlds() | set(worlds)):
            chain = ChainId(self.member, audience, status, Precedence.ROUTINE)
            if audience == self.member or not self._sealer.can_sign(status):
                continue
            if self.member not in chain.members and chain.members != (PUBLIC,):
                continue
            # counted apart in each world, so that nobody sees from one how busy another is
            count = self._heads_sent[audience, status] = self._heads_sent.get((audience, status), 0) + 1
            body = Heads(
                clock_at=self._clock.now(), heads=self._sealer.heads(audience, status), count=count, tick=tick,
                held=self.chains.held_heads(audience, status, but=self.member),
            )  # fmt: skip
            self._send_control("exchange.heads", body, chain, outgoing)
        return outgoing

    def requests(self) -> Outgoing:
        """Ask for what heads prove to exist and has been missing for a while."""
        outgoing = Outgoing()
        due = self.neighbours.requests(self.chains, self._clock.now(), after_s=self.policy.request_after_s)
        for chain, request in due:
            if self._sealer.can_sign(chain.status):
                self._send_control("exchange.request", request, chain, outgoing)
        return outgoing

    def give_back(self, frames: Iterable[AdmittedFrame], to: str) -> list[Released[Peer]]:
        """Send frames that are held to a member that asked for them, whoever made them (spec 7.5)."""
        if to not in self.trust.roster.neighbours(self.member):
            return []  # another neighbour of the one that asks will answer
        return [
            release_to_peer(frame.data, frame.ref, Peer(to), _kind_of(frame))
            for frame in frames
            if to in frame.ref.chain.members or frame.ref.chain.members == (PUBLIC,)
        ]

    def release_again(self, data: bytes, ref: FrameRef, kind: str, *, hop: str) -> Released[Peer]:
        """Let a frame go once more to a hop whose outbox never said that it has it."""
        return release_to_peer(data, ref, Peer(hop), kind)

    # -- inward -----------------------------------------------------------------------------------------------------

    def receive(self, data: bytes, *, via: str, path: str) -> Incoming:
        """Let a frame in through the door, and say to whom it is passed on.

        Args:
            data: The bytes as they came.
            via: The peer whose link it came by; our own code for our own frames.
            path: ``self``, ``live``, ``durable`` or ``file``.
        """
        digest = sha256(data).digest()
        if digest in self._seen:
            return Incoming(is_duplicate=True)
        entry = Entry(
            member=self.member, via=via, path=path, now=self._clock.now(),
            max_bytes=self.policy.max_frame_bytes, clock_tolerance_s=self.policy.clock_tolerance_s,
        )  # fmt: skip
        found = admit(data, self.trust, self.chains, entry)
        if isinstance(found, Rejected):
            return Incoming(refused=[found])
        self._remember(digest)
        if isinstance(found, Duplicate):
            return Incoming(is_duplicate=True)
        return self._inside(found.frame, list(found.refused))

    def _inside(self, frame: AdmittedFrame, refused: list[Rejected]) -> Incoming:
        incoming = Incoming(frame=frame, refused=refused)
        if frame.ref.number == 0:
            if not self._control(frame, incoming):
                incoming.is_duplicate = not incoming.refused
                return incoming
        else:
            for admitted in frame.records:
                self._labels.note(admitted.record)
        if frame.ref.chain.originator != self.member:
            incoming.relays = self._to_hops(frame.data, frame.ref, _kind_of(frame), via=frame.via)
        return incoming

    def _control(self, frame: AdmittedFrame, incoming: Incoming) -> bool:
        """Take in heads and requests; tell whether anything in them is news."""
        signed = bytes.fromhex(frame.ref.hash)  # the envelope around what is signed is anybody's to vary
        if signed in self._seen:
            return False
        self._remember(signed)
        is_news = False
        for admitted in frame.records:
            body = admitted.body
            if isinstance(body, Heads) and self.neighbours.take(admitted):
                is_news = True
                self._compare(admitted, body, frame, incoming)
            elif isinstance(body, Request):
                is_news = True
                chain = ChainId(body.originator, frame.ref.chain.audience, frame.ref.chain.status, body.precedence)
                span = structs.replace(body, up_to=min(body.up_to, body.after + REQUEST_SPAN))
                incoming.request = (chain, span, admitted.record.originator)
        return is_news

    def _compare(self, admitted: Admitted, body: Heads, frame: AdmittedFrame, incoming: Incoming) -> None:
        """Sound the alarm where heads name another frame than the one that is held: somebody was told otherwise."""
        signer = admitted.record.originator
        for head in (*body.heads, *body.held):
            chain = chain_of_head(admitted, head)
            case = (signer, chain, head.epoch)
            if case not in self._contradicted and self.chains.contradicts(chain, head):
                self._contradicted.add(case)
                detail = f"{signer} has another frame {head.number} of epoch {head.epoch} of {chain.originator} than we"
                digest = sha256(frame.data).hexdigest()
                incoming.refused.append(
                    Rejected(
                        Reason.EQUIVOCATION, detail, digest, frame.via, frame.path, frame.admitted_at, frame.data,
                        frame.ref,
                    )
                )  # fmt: skip

    # -- inside -----------------------------------------------------------------------------------------------------

    def _sort(
        self, record: Record, ready: dict[ChainId, list[Record]], waiting: dict[str, Record], outgoing: Outgoing
    ) -> None:
        """Put a record into the chain it belongs to: its audience's if it may leave, else {self}."""
        chain = chain_of(record)
        alone = ChainId(self.member, self.member, record.status, record.precedence)
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
        decision = self.policy.decide(record)
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
        return tuple(code for code in everyone if code != self.member)

    def _cut(self, ready: Mapping[ChainId, Sequence[Record]]) -> list[tuple[ChainId, Batch]]:
        """Cut records into frames, before one of them has taken a number that could not be given back."""
        for chain in ready:
            self._sealer.key_for(chain.status)
        return [(chain, batch) for chain, records in ready.items() for batch in batches(records, self.policy)]

    def _seal(self, cut: Iterable[tuple[ChainId, Batch]], outgoing: Outgoing) -> None:
        for chain, batch in cut:
            frame = self._sealer.seal(chain, batch.records)
            outgoing.frames.append(frame.data)
            if chain.audience != self.member:
                outgoing.sends += self._to_hops(frame.data, frame.ref, batch.kind, via=self.member)

    def _send_control(self, kind: str, body: Heads | Request, chain: ChainId, outgoing: Outgoing) -> None:
        record = with_body(
            kind, body, id=f"{kind}-{self._random(12).hex()}", originator=self.member,
            marking=marking_for(*chain.members), status=chain.status, precedence=Precedence.ROUTINE,
            issued_at=self._clock.now(),
        )  # fmt: skip
        frame = self._sealer.seal_control(chain_of(record), encode(record))
        outgoing.sends += self._to_hops(frame.data, frame.ref, kind, via=self.member)

    def _to_hops(self, data: bytes, ref: FrameRef, kind: str, *, via: str) -> list[Released[Peer]]:
        hops = self._routes.next_hops(self.trust.roster, ref.chain, via)
        return [release_to_peer(data, ref, Peer(code), kind) for code in hops]

    def _remember(self, digest: bytes) -> None:
        self._seen[digest] = None
        if len(self._seen) > SEEN:
            self._seen.popitem(last=False)


def _kind_of(frame: AdmittedFrame) -> str:
    return frame.records[0].record.kind if frame.records else "exchange.opaque"
