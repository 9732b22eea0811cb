"""Inward: a frame passes the door, is taken note of, and goes on to the next hops (spec 6, 7 and 10)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256

from msgspec import structs

from tocsin.clock import Clock
from tocsin.exchange.admission import Ahead, Duplicate, Entry, Reason, Rejected, admit
from tocsin.exchange.chains import ForeignChains
from tocsin.exchange.derivation import Labels
from tocsin.exchange.frames import OpenFrame
from tocsin.exchange.ledger import UNVERIFIED, Ledger, claim_of
from tocsin.exchange.neighbours import REQUEST_SPAN, Neighbours, chain_of_head
from tocsin.exchange.policy import Policy
from tocsin.records import BODIES, Admitted, AdmittedFrame, ChainId, Heads, Peer, Recall, Released, Request
from tocsin.signing import Trust

SEEN = 20_000
"""Digests of frames that a link brought lately, by which the slower path's copy is known without checking it again."""

CONTRADICTIONS = 4096
"""Signer, chain and epoch of contradictions by heads that were told of already."""

EXPECTED = 256
"""Own frames that are known to have been sealed here; one that comes in later than so many is checked like any."""

ToHops = Callable[[AdmittedFrame], list[Released[Peer]]]
"""Says to whom a frame that came in is passed on."""


@dataclass
class Incoming:
    """What came of one frame."""

    frame: AdmittedFrame | None = None
    refused: list[Rejected] = field(default_factory=list)
    is_duplicate: bool = False
    is_shed: bool = False
    """It came live beyond a quota, or ahead of too many gaps, and was not looked at: its durable copy follows."""
    relays: list[Released[Peer]] = field(default_factory=list)
    request: tuple[ChainId, Request, str] | None = None
    """Frames that a member asks for, and who asks: to be answered with ``give_back``."""


class Inward:
    """The way into one member, as ``Exchange`` uses it.

    Args:
        member: Who we are.
        trust: The roster in force.
        policy: Our rules.
        clock: The time of records.
        chains: What is held.
        neighbours: What is known of the others.
        labels: Takes note of what came in.
        to_hops: Says to whom a frame is passed on.
        ledger: Accounts of what each peer uses; none: everything is taken in at any rate.
    """

    def __init__(
        self,
        member: str,
        trust: Trust,
        policy: Policy,
        clock: Clock,
        *,
        chains: ForeignChains,
        neighbours: Neighbours,
        labels: Labels,
        to_hops: ToHops,
        ledger: Ledger | None,
    ) -> None:
        self.trust = trust
        self.policy = policy
        self.chains = chains
        self.neighbours = neighbours
        self._member = member
        self._clock = clock
        self._labels = labels
        self._to_hops = to_hops
        self._ledger = ledger
        self._seen: dict[str, OrderedDict[bytes, None]] = {}
        """By link, so that nobody's flood makes us forget what others sent."""
        self._contradicted: OrderedDict[tuple[str, ChainId, str], None] = OrderedDict()
        self._sealed: OrderedDict[int, OpenFrame] = OrderedDict()
        """Our own that have not come in yet, by the identity of their bytes."""
        self._digested = (b"", b"")

    def expect(self, frame: OpenFrame) -> None:
        """Take note of a frame that was sealed here and will be received by path ``self``."""
        self._sealed[id(frame.data)] = frame
        if len(self._sealed) > EXPECTED:
            self._sealed.popitem(last=False)

    def receive(self, data: bytes, *, via: str, path: str) -> Incoming:
        """Let a frame in through the door, and say to whom it is passed on.

        Args:
            data: The bytes as they came.
            via: The peer whose link it came by; our own code for our own frames.
            path: ``self``, ``live``, ``durable`` or ``file``.
        """
        ledger = self._ledger if via != self._member else None
        if ledger is None:
            return self._receive(data, via, path, None)
        claim = claim_of(data)
        if path == "live" and not ledger.lets_in(claim, len(data), via=via):
            return Incoming(is_shed=True)
        began_s = self._clock.monotonic_s()
        incoming = self._receive(data, via, path, ledger)
        ledger.note_work(via, claim.originator, self._clock.monotonic_s() - began_s, size=len(data))
        if incoming.is_shed:
            ledger.note_shed(claim, via=via)
        return incoming

    def _receive(self, data: bytes, via: str, path: str, ledger: Ledger | None) -> Incoming:
        digest = self._digest(data)
        if self._has_seen(digest):
            return Incoming(is_duplicate=True)
        sealed = self._sealed.pop(id(data), None) if path == "self" else None
        entry = Entry(
            member=self._member, via=via, path=path, now=self._clock.now(),
            max_bytes=self.policy.max_received_bytes, clock_tolerance_s=self.policy.clock_tolerance_s,
            sealed=sealed if sealed is not None and sealed.data is data else None,
        )  # fmt: skip
        found = admit(data, self.trust, self.chains, entry)
        if isinstance(found, Ahead):
            return Incoming(is_shed=True)
        if isinstance(found, Rejected):
            incoming = Incoming(refused=[found])
        else:
            self._remember(digest, via)
            if isinstance(found, Duplicate):
                return Incoming(is_duplicate=True)
            incoming = self._inside(found.frame, list(found.refused))
        if ledger is not None:
            for each in incoming.refused:
                ledger.note_refused(via, each.ref.chain.originator if each.ref else UNVERIFIED)
        return incoming

    def wait_s(self, data: bytes, *, via: str) -> float:
        """Charge a durable frame to its account; return the seconds that it has to wait before it is received."""
        if self._ledger is None or self._has_seen(self._digest(data)):
            return 0.0
        return self._ledger.wait_s(claim_of(data), len(data), via=via)

    def _inside(self, frame: AdmittedFrame, refused: list[Rejected]) -> Incoming:
        if self._ledger is not None and frame.via != self._member:
            frame, beyond = self._without_new_kinds(frame, self._ledger)
            refused += beyond
        incoming = Incoming(frame=frame, refused=refused)
        if frame.ref.number == 0:
            if not self._control(frame, incoming):
                incoming.is_duplicate = not incoming.refused
                return incoming
        else:
            for admitted in frame.records:
                self._labels.note(admitted.record)
                if admitted.record.kind == "exchange.recall" and isinstance(body := admitted.body, Recall):
                    self.chains.stripped.note_recall(body.record_id, admitted.record.originator)
        if frame.ref.chain.originator != self._member:
            incoming.relays = self._to_hops(frame)
        return incoming

    def _without_new_kinds(self, frame: AdmittedFrame, ledger: Ledger) -> tuple[AdmittedFrame, list[Rejected]]:
        """Refuse records of unknown kinds beyond the number that their originator may bring."""
        originator = frame.ref.chain.originator
        beyond = [
            admitted
            for admitted in frame.records
            if admitted.record.kind not in BODIES and not ledger.takes_kind(frame.via, originator, admitted.record.kind)
        ]
        if not beyond:
            return frame, []
        kept = tuple(admitted for admitted in frame.records if admitted not in beyond)
        refused = [
            Rejected(
                Reason.QUOTA, f"record {admitted.index}: {admitted.record.kind} is one kind too many",
                sha256(admitted.raw).hexdigest(), frame.via, frame.path, frame.admitted_at, admitted.raw, frame.ref,
            )
            for admitted in beyond
        ]  # fmt: skip
        return replace(frame, records=kept), refused

    def _control(self, frame: AdmittedFrame, incoming: Incoming) -> bool:
        """Take in heads and requests; tell whether anything in them is news."""
        signed = bytes.fromhex(frame.ref.hash)  # the envelope around what is signed is anybody's to vary
        if self._has_seen(signed):
            return False
        self._remember(signed, frame.via)
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
        own = (head for head in body.heads if head.originator == signer)
        for head in (*own, *body.held):
            chain = chain_of_head(admitted, head)
            case = (signer, chain, head.epoch)
            if case not in self._contradicted and self.chains.contradicts(chain, head):
                self._contradicted[case] = None
                if len(self._contradicted) > CONTRADICTIONS:
                    self._contradicted.popitem(last=False)
                detail = f"{signer} has another frame {head.number} of epoch {head.epoch} of {chain.originator} than we"
                digest = sha256(frame.data).hexdigest()
                incoming.refused.append(
                    Rejected(
                        Reason.EQUIVOCATION, detail, digest, frame.via, frame.path, frame.admitted_at, frame.data,
                        frame.ref,
                    )
                )  # fmt: skip

    def _digest(self, data: bytes) -> bytes:
        """Return the digest of a frame; it is asked for more than once on a frame's way."""
        last, digest = self._digested
        if last is not data:
            digest = sha256(data).digest()
            self._digested = data, digest
        return digest

    def _has_seen(self, digest: bytes) -> bool:
        return any(digest in seen for seen in self._seen.values())

    def _remember(self, digest: bytes, via: str) -> None:
        seen = self._seen.setdefault(via, OrderedDict())
        seen[digest] = None
        if len(seen) > SEEN:
            seen.popitem(last=False)


def kind_of(frame: AdmittedFrame) -> str:
    """Return the kind by which a frame is routed and listed: that of its first record."""
    return frame.records[0].record.kind if frame.records else "exchange.opaque"
