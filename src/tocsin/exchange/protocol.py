"""One member's side of the federation protocol, without I/O: records in, frames out; frames in, records out.

Whoever drives it (the node, or a test) carries the frames and keeps what is admitted. ``Exchange`` decides; the way
out is in ``outward``, the way in in ``inward``.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

from tocsin.clock import Clock
from tocsin.exchange.chains import ForeignChains, Memory, NoMemory
from tocsin.exchange.derivation import Labels, LookUp
from tocsin.exchange.epochs import Epoch
from tocsin.exchange.inward import Incoming, Inward, kind_of
from tocsin.exchange.ledger import Ledger
from tocsin.exchange.neighbours import Neighbours
from tocsin.exchange.outward import Outgoing, Outward
from tocsin.exchange.policy import Policy
from tocsin.exchange.release import release_to_peer
from tocsin.exchange.routes import Routes
from tocsin.exchange.sanitise import sanitise
from tocsin.exchange.sealing import Sealer
from tocsin.markings import PUBLIC
from tocsin.records import Admitted, AdmittedFrame, ChainId, FrameRef, Heads, Peer, Precedence, Record, Released
from tocsin.signing import KeyRole, PrivateKey, Trust

HEARD_WORLDS = 64
"""Worlds of one originator, beside those that we speak in, that heads are signed for in one turn."""

WORLDS = 8192
"""Worlds whose count of heads is remembered."""


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
        look_up: LookUp = lambda *_: None,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        has_quotas: bool = True,
    ) -> None:
        self.member = member
        self.trust = trust
        self.neighbours = Neighbours(member)
        self.ledger = Ledger(policy.quotas, clock, lambda: trust.roster.codes)
        """What each peer uses of us."""
        self.chains = ForeignChains(
            memory or NoMemory(), own=member, may_begin=self.ledger.may_begin if has_quotas else lambda *_: True
        )
        self._clock = clock
        self._sealer = Sealer(member, keys, clock, random_bytes, is_revoked=trust.is_revoked)
        self.sign = self._sealer.sign
        """Signs what is no frame, such as a statement."""
        self._heads_sent: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._let_go = 0
        """The highest count of heads in a world that is forgotten: no count ever goes back."""
        self._turn = 0
        labels, routes = Labels(look_up), Routes(member)
        self.outward = Outward(
            trust, policy, clock, sealer=self._sealer, labels=labels, routes=routes, random_bytes=random_bytes
        )
        self._inward = Inward(
            member, trust, policy, clock, chains=self.chains, neighbours=self.neighbours, labels=labels,
            to_hops=self._relays, ledger=self.ledger if has_quotas else None,
        )  # fmt: skip
        self.outward.on_sealed = self._inward.expect
        self.held = self.outward.held
        """Records that wait for a person, by id."""

    @property
    def epoch(self) -> str:
        """Name of the epoch that this run of the node writes."""
        return self._sealer.epoch

    @property
    def policy(self) -> Policy:
        """The member's rules, which may change while it runs."""
        return self.outward.policy

    @policy.setter
    def policy(self, policy: Policy) -> None:
        self.outward.policy = policy
        self._inward.policy = policy
        self.ledger.renew(policy.quotas)

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

    def revoked_roles(self) -> tuple[str, ...]:
        """Return the roles of the keys at hand that were taken back, sorted."""
        return self._sealer.revoked_roles()

    # -- outward ----------------------------------------------------------------------------------------------------

    def submit(self, records: Sequence[Record], *, are_copies: bool = False) -> Outgoing:
        """Seal new records of our own and release them as marking and policy say.

        All of them or, on an error, none.

        Args:
            records: In the order in which they are numbered.
            are_copies: They are coarse copies that policy itself wants made (``sanitised_copy``).

        Raises:
            NotReleasableError: A record is not ours, is too large, cannot be signed, or goes further than its
                sources may.
            StatusMixError: A record's status is not that of its sources.
            MalformedRecordError: A record's body is not what its kind prescribes.
        """
        return self.outward.submit(records, are_copies=are_copies)

    def approve(self, record_id: str) -> Outgoing:
        """Release a record that waited for a person; the node makes sure that the person may.

        Raises:
            NotReleasableError: Nothing of that id waits, or it cannot be signed.
        """
        return self.outward.approve(record_id)

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
        for audience, status in sorted(self._sealer.worlds() | set(worlds) | self._heard_worlds()):
            chain = ChainId(self.member, audience, status, Precedence.ROUTINE)
            if audience == self.member or not self._sealer.can_sign(status):
                continue
            if self.member not in chain.members and chain.members != (PUBLIC,):
                continue
            # counted apart in each world, so that nobody sees from one how busy another is
            count = self._heads_sent[audience, status] = self._heads_sent.get((audience, status), self._let_go) + 1
            body = Heads(
                clock_at=self._clock.now(), heads=self._sealer.heads(audience, status), count=count, tick=tick,
                held=self.chains.held_heads(audience, status, but=self.member),
            )  # fmt: skip
            self.outward.send_control("exchange.heads", body, chain, outgoing)
        while len(self._heads_sent) > WORLDS:
            self._let_go = max(self._let_go, self._heads_sent.popitem(last=False)[1])
        return outgoing

    def _heard_worlds(self) -> set[tuple[str, str]]:
        """Return the worlds that only others speak in whose turn it is: of each originator a bounded number.

        Half of them are those in which something came last, the rest go round. So an originator that makes worlds
        without end neither keeps us signing nor delays the heads of what others say.
        """
        self._turn += 1
        half = HEARD_WORLDS // 2
        chosen: set[tuple[str, str]] = set()
        for worlds in self.chains.worlds().values():
            chosen.update(worlds[:half])
            rest = sorted(worlds[half:])
            begin = self._turn * half % len(rest) if rest else 0
            chosen.update((rest + rest)[begin : begin + min(half, len(rest))])
        return chosen

    def requests(self) -> Outgoing:
        """Ask for what heads prove to exist and has been missing for a while."""
        outgoing = Outgoing()
        due = self.neighbours.requests(self.chains, self._clock.now(), after_s=self.policy.request_after_s)
        for chain, request in due:
            if self._sealer.can_sign(chain.status):
                self.outward.send_control("exchange.request", request, chain, outgoing)
        return outgoing

    def give_back(self, frames: Iterable[AdmittedFrame], to: str) -> list[Released[Peer]]:
        """Send frames that are held to a member that asked for them, whoever made them (spec 7.5)."""
        if to not in self.trust.roster.neighbours(self.member):
            return []  # another neighbour of the one that asks will answer
        return [
            release_to_peer(frame.data, frame.ref, Peer(to), kind_of(frame), is_again=True)
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
        return self._inward.receive(data, via=via, path=path)

    def wait_s(self, data: bytes, *, via: str) -> float:
        """Charge a durable frame to its peer's quota; return the seconds to wait before it is received (spec 15)."""
        return self._inward.wait_s(data, via=via)

    def _relays(self, frame: AdmittedFrame) -> list[Released[Peer]]:
        return self.outward.to_hops(
            frame.data, frame.ref, kind_of(frame), via=frame.via, is_again=frame.completes
        )  # fmt: skip
