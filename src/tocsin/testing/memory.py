"""A federation in memory: real exchanges, joined by wires that lose, double, disorder, delay and part.

Each wire has the two paths of the bus. *Live* is a heap of frames from which a test delivers, drops or doubles any.
*Durable* is the sender's outbox for that peer: in order, kept through cuts, and through a crash up to where it was
synced. Each member has a store, of which a crash takes what was not synced. Nothing happens unless a test says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tocsin.clock import ManualClock
from tocsin.errors import ConfigError
from tocsin.exchange import Exchange, ForeignChains, Incoming, NoMemory, Outgoing, Policy, Rejected, with_records
from tocsin.records import AdmittedFrame, ChainId, Peer, Record, Released, Request
from tocsin.signing import KeyRole, PrivateKey, Trust
from tocsin.testing.federation import RELEASE_ALL, TestFederation


@dataclass
class Wire:
    """One direction of a link between two members."""

    live: list[Released[Peer]] = field(default_factory=list)
    outbox: list[Released[Peer]] = field(default_factory=list)
    synced: int = 0
    """So many of the outbox survive a crash of the sender; only these are acknowledged and delivered."""
    cursor: int = 0
    """So many of the outbox the receiver has taken."""
    cursor_synced: int = 0
    """Where the receiver goes on after a crash of its own."""
    is_cut: bool = False

    def drop(self, index: int = 0) -> None:
        """Lose one of the frames under way on the live path."""
        del self.live[index]


@dataclass
class MemoryMember:
    """One member: its clock, its exchange while it runs, and its store."""

    code: str
    clock: ManualClock
    trust: Trust
    keys: dict[KeyRole, PrivateKey]
    exchange: Exchange | None
    """None while it is down."""
    kept: dict[str, AdmittedFrame] = field(default_factory=dict)
    """Admitted frames by hash, in the order of admission."""
    synced: int = 0
    """So many of these survive a crash."""
    waiting: dict[str, Record] = field(default_factory=dict)
    """Records that wait for a person, as the store keeps them."""
    refused: list[Rejected] = field(default_factory=list)

    @property
    def running(self) -> Exchange:
        """Its exchange.

        Raises:
            ConfigError: It is down.
        """
        if self.exchange is None:
            raise ConfigError(f"{self.code} is down", advice="Restart it first")
        return self.exchange

    def keep(self, frame: AdmittedFrame) -> None:
        """Keep an admitted frame, or put into one that is kept what it lacked."""
        held = self.kept.get(frame.ref.hash)
        if frame.completes and held is not None:
            frame = replace(held, data=with_records(held.data, frame.data), records=(*held.records, *frame.records))
        self.kept[frame.ref.hash] = frame

    def frames(self, chain: ChainId, epoch: str, after: int, up_to: int) -> list[AdmittedFrame]:
        """Return what is kept of an epoch beyond one number and up to another, in order."""
        found = [
            frame
            for frame in self.kept.values()
            if (frame.ref.chain, frame.ref.epoch) == (chain, epoch) and after < frame.ref.number <= up_to
        ]
        return sorted(found, key=lambda frame: frame.ref.number)


@dataclass(frozen=True)
class Arrival:
    """One frame as it reached one member, and what became of it."""

    member: str
    data: bytes
    via: str
    path: str
    incoming: Incoming


class MemoryFederation:
    """Members, wires between those that the roster links, and what befalls them."""

    def __init__(self, federation: TestFederation, policy: Policy = RELEASE_ALL) -> None:
        self.federation = federation
        self.policy = policy
        self.members: dict[str, MemoryMember] = {}
        self.wires: dict[tuple[str, str], Wire] = {}
        self.arrivals: list[Arrival] = []
        """Every frame that reached a member, oldest first; a test may empty it."""
        self.acknowledged: dict[str, Released[Peer]] = {}
        """Frames, by hash, that an outbox of their originator holds for good: what a member may rely on."""
        for code in federation.roster.codes:
            clock = ManualClock(federation.clock.now())
            member = MemoryMember(code, clock, federation.trust(), dict(federation.keys[code]), None)
            self.members[code] = member
            self.restart(code)
            for peer in federation.roster.neighbours(code):
                self.wires[code, peer] = Wire()

    # -- what members do --------------------------------------------------------------------------------------------

    def submit(self, code: str, records: Sequence[Record]) -> Outgoing:
        """Let a member seal and send records of its own."""
        outgoing = self.members[code].running.submit(records)
        self._hand_over(code, outgoing)
        return outgoing

    def approve(self, code: str, record_id: str) -> Outgoing:
        """Let a person at a member release a record that waits."""
        outgoing = self.members[code].running.approve(record_id)
        self._hand_over(code, outgoing)
        return outgoing

    def heads(self, code: str) -> None:
        """Let a member send its heads."""
        self._send(code, self.members[code].running.heads().sends)

    def requests(self, code: str) -> None:
        """Let a member ask for what it misses."""
        self._send(code, self.members[code].running.requests().sends)

    def sync(self, code: str) -> None:
        """Make all that a member holds and owes safe from a crash."""
        member = self.members[code]
        member.synced = len(member.kept)
        for (sender, receiver), wire in self.wires.items():
            if receiver == code:
                wire.cursor_synced = wire.cursor
            if sender == code:
                own = (sent for sent in wire.outbox[wire.synced :] if sent.ref.chain.originator == code)
                self.acknowledged |= {released.ref.hash: released for released in own}
                wire.synced = len(wire.outbox)

    # -- what wires do ----------------------------------------------------------------------------------------------

    def deliver_live(self, sender: str, receiver: str, index: int = 0, *, again: bool = False) -> None:
        """Deliver one of the frames under way on the live path, the oldest unless told.

        Args:
            sender: Member at one end.
            receiver: Member at the other end.
            index: Which of those under way.
            again: Whether a copy stays under way.
        """
        live = self.wires[sender, receiver].live
        released = live[index] if again else live.pop(index)
        self.arrive(receiver, released.data, via=sender, path="live")

    def deliver_durable(self, sender: str, receiver: str, count: int = 1) -> None:
        """Deliver the next synced frames of an outbox, unless the link is cut or the receiver down."""
        wire = self.wires[sender, receiver]
        for _ in range(count):
            if wire.is_cut or wire.cursor >= wire.synced or self.members[receiver].exchange is None:
                return
            released = wire.outbox[wire.cursor]
            wire.cursor += 1
            self.arrive(receiver, released.data, via=sender, path="durable")

    def arrive(self, receiver: str, data: bytes, *, via: str, path: str) -> Incoming | None:
        """Let bytes reach a member; whatever it was that brought them. None if it is down."""
        member = self.members[receiver]
        if member.exchange is None:
            return None
        incoming = member.exchange.receive(data, via=via, path=path)
        self.arrivals.append(Arrival(receiver, data, via, path, incoming))
        member.refused += incoming.refused
        if incoming.frame is not None and incoming.frame.ref.number > 0:
            member.keep(incoming.frame)
        self._send(receiver, incoming.relays)
        if incoming.request is not None:
            self._answer(receiver, *incoming.request)
        return incoming

    def cut(self, one: str, other: str) -> None:
        """Part two members: what is under way live is lost."""
        for ends in ((one, other), (other, one)):
            self.wires[ends].is_cut = True
            self.wires[ends].live.clear()

    def heal(self, one: str, other: str) -> None:
        """Join two members again."""
        for ends in ((one, other), (other, one)):
            self.wires[ends].is_cut = False

    # -- what befalls members ---------------------------------------------------------------------------------------

    def crash(self, code: str, *, store_tail: bool = True, outbox_tail: bool = True) -> None:
        """Stop a member without warning.

        Args:
            code: The member.
            store_tail: Whether its store loses what was not synced.
            outbox_tail: Whether its outboxes lose what was not synced; otherwise that came through, and counts.
        """
        member = self.members[code]
        member.exchange = None
        if not (store_tail and outbox_tail):
            kept, outboxes = member.synced, {ends: wire.synced for ends, wire in self.wires.items()}
            cursors = {ends: wire.cursor_synced for ends, wire in self.wires.items()}
            self.sync(code)
            member.synced = kept if store_tail else member.synced
            for ends, wire in self.wires.items():
                if ends[0] == code and outbox_tail:
                    wire.synced = outboxes[ends]
                elif ends[1] == code and store_tail:  # a store writes frames and cursors in one transaction
                    wire.cursor_synced = cursors[ends]
        for hash_ in list(member.kept)[member.synced :]:
            del member.kept[hash_]
        for (sender, receiver), wire in self.wires.items():
            if sender == code:
                del wire.outbox[wire.synced :]
                wire.live.clear()
            elif receiver == code:
                wire.cursor = wire.cursor_synced

    def restart(self, code: str) -> None:
        """Start a member that is down, in a new epoch, from what its store kept."""
        member = self.members[code]
        exchange = Exchange(
            code, trust=member.trust, keys=member.keys, policy=self.policy, clock=member.clock,
            random_bytes=self.federation.counted_bytes(code),
        )  # fmt: skip
        scratch = ForeignChains(NoMemory())
        for frame in member.kept.values():
            scratch.take(frame.ref, frame.previous, frame.resumes)
        for chain, epoch, state in scratch.items():
            exchange.restore(chain, epoch, state)
        for record in member.waiting.values():
            exchange.restore_held(record)
        exchange.resume()
        member.exchange = exchange

    def advance(self, seconds: float) -> None:
        """Let time pass for everybody."""
        for member in self.members.values():
            member.clock.advance(seconds)

    def settle(self, rounds: int = 12) -> None:
        """Heal every link, start who is down, and let everybody talk until nothing more comes of it."""
        for one, other in self.wires:
            self.heal(one, other)
        for code, member in self.members.items():
            if member.exchange is None:
                self.restart(code)
        quiet = 0
        for _ in range(rounds):
            before = self._held()
            for code in self.members:
                self.heads(code)
            self.deliver_all()
            for code in self.members:
                self.requests(code)
            self.deliver_all()
            self.advance(self.policy.request_after_s)
            quiet = quiet + 1 if self._held() == before else 0
            if quiet == 3:  # a gap is asked for only once it has lasted
                return

    def deliver_all(self) -> None:
        """Deliver all that is under way, on both paths, and what follows from it."""
        while True:
            for code in self.members:
                self.sync(code)
            moved = False
            for (sender, receiver), wire in self.wires.items():
                while wire.live:
                    moved = True
                    self.deliver_live(sender, receiver)
                if not wire.is_cut and wire.cursor < wire.synced and self.members[receiver].exchange is not None:
                    moved = True
                    self.deliver_durable(sender, receiver, wire.synced - wire.cursor)
            if not moved:
                return

    # -- inside -----------------------------------------------------------------------------------------------------

    def _hand_over(self, code: str, outgoing: Outgoing) -> None:
        for data in outgoing.frames:
            self.arrive(code, data, via=code, path="self")
        self.members[code].waiting = dict(self.members[code].running.held)
        self._send(code, outgoing.sends)

    def _send(self, code: str, sends: Iterable[Released[Peer]]) -> None:
        for released in sends:
            wire = self.wires[code, released.destination.code]
            if not released.is_control and released not in wire.outbox[wire.cursor :]:
                wire.outbox.append(released)
            if not wire.is_cut:
                wire.live.append(released)

    def _answer(self, code: str, chain: ChainId, request: Request, asker: str) -> None:
        found = self.members[code].frames(chain, request.epoch, request.after, request.up_to)
        self._send(code, self.members[code].running.give_back(found, asker))

    def _held(self) -> dict[str, int]:
        return {code: len(member.kept) for code, member in self.members.items()}
