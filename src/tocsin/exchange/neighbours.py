"""What a member knows of the others from their heads: how far they are, what is missing, how their clocks stand.

Heads prove silence from suppression (spec 7): an originator that has nothing to say still signs where its chains
end, each second. A head beyond what is held shows a lost tail; no head shows a cut link or a dead node.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tocsin.exchange.chains import ForeignChains
from tocsin.markings import PUBLIC
from tocsin.records import Admitted, ChainId, Head, Heads, Request

REQUEST_SPAN = 500
"""Frames asked for at once."""

REQUESTS_AT_ONCE = 50
"""Gaps asked for in one turn; a member that names frames that do not exist must not make us ask without end."""

ENDS_PER_MEMBER = 1000
"""Ends of epochs not held yet that are remembered on one member's word, the newest."""


@dataclass(frozen=True)
class Missing:
    """Frames of a chain that the originator's heads prove to exist and that are not held."""

    chain: ChainId
    epoch: str
    after: int
    up_to: int
    since: datetime


@dataclass
class Neighbour:
    """One other member, seen from here."""

    code: str
    last_heads_at: datetime | None = None
    """By our clock."""
    clock_offset_s: float | None = None
    """Its clock minus ours at the last heads, the way included."""
    tick: int = -1
    """Of a replay; the lowest over its worlds."""
    heads: dict[ChainId, Head] = field(default_factory=dict)
    holds: dict[ChainId, Head] = field(default_factory=dict)
    """How far it holds chains, ours among them."""


class Neighbours:
    """All other members."""

    def __init__(self, member: str) -> None:
        self._member = member
        self._by_code: dict[str, Neighbour] = {}
        self._counts: dict[tuple[str, str, str, str], int] = {}
        self._ends: dict[tuple[ChainId, str], int] = {}
        self._named: dict[str, deque[tuple[ChainId, str]]] = {}
        """Which of these each member was the first to name, oldest first."""
        self._ticks: dict[tuple[str, str, str], int] = {}
        self._missing_since: dict[tuple[ChainId, str, int], datetime] = {}
        self._requested: dict[tuple[ChainId, str, int], datetime] = {}

    def get(self, code: str) -> Neighbour:
        """Return what is known of a member; nothing yet, if it was never heard."""
        return self._by_code.setdefault(code, Neighbour(code))

    def take(self, admitted: Admitted) -> bool:
        """Take in a member's heads, the body of a record of kind ``exchange.heads``.

        Returns:
            False if newer ones of the same audience, status and epoch were taken already. What is newer their
            ``count`` says, not a clock: one that was set back would silence its member.
        """
        record = admitted.record
        body: Heads = admitted.body
        world = (record.originator, record.marking.audience, record.status)
        if body.count <= self._counts.get((*world, admitted.frame.epoch), -1):
            return False
        self._counts[*world, admitted.frame.epoch] = body.count
        neighbour = self.get(record.originator)
        neighbour.last_heads_at = admitted.admitted_at
        neighbour.clock_offset_s = (body.clock_at - admitted.admitted_at) / timedelta(seconds=1)
        if body.tick is not None:
            self._ticks[world] = body.tick
            neighbour.tick = min(tick for key, tick in self._ticks.items() if key[0] == record.originator)
        for head in body.heads:
            if head.originator == record.originator:
                neighbour.heads[chain_of_head(admitted, head)] = head
                self._note_end(record.originator, chain_of_head(admitted, head), head)
        members = admitted.frame.chain.members
        for head in body.held:
            if members != (PUBLIC,) and head.originator not in members:
                continue  # it cannot hold what is not for it, and names are cheap
            neighbour.holds[chain_of_head(admitted, head)] = head
            self._note_end(record.originator, chain_of_head(admitted, head), head)
        return True

    def missing(self, chains: ForeignChains, now: datetime) -> Iterator[Missing]:
        """Yield what is known to exist and is not held, with the time since when."""
        found = set()
        for (chain, epoch), up_to in list(self._ends.items()):
            gaps = chains.missing(chain, epoch, up_to)
            if not gaps:
                del self._ends[chain, epoch]
            for after, end in gaps:
                key = (chain, epoch, after)
                found.add(key)
                yield Missing(chain, epoch, after, end, self._missing_since.setdefault(key, now))
        for key in set(self._missing_since) - found:
            del self._missing_since[key]
            self._requested.pop(key, None)

    def requests(self, chains: ForeignChains, now: datetime, *, after_s: float) -> list[tuple[ChainId, Request]]:
        """Return what to ask for: gaps that have lasted ``after_s``, each once in that time at most, in turn."""
        wait = timedelta(seconds=after_s)
        never = datetime.min.replace(tzinfo=now.tzinfo)
        due: list[tuple[datetime, tuple[ChainId, str, int], Missing]] = []
        for gap in self.missing(chains, now):
            key = (gap.chain, gap.epoch, gap.after)
            asked = self._requested.get(key, never)
            if now - gap.since >= wait and now - asked >= wait:
                due.append((asked, key, gap))
        due.sort(key=lambda entry: entry[0])
        asking = []
        for _, key, gap in due[:REQUESTS_AT_ONCE]:
            self._requested[key] = now
            request = Request(
                originator=gap.chain.originator, precedence=gap.chain.precedence, epoch=gap.epoch,
                after=gap.after, up_to=min(gap.up_to, gap.after + REQUEST_SPAN),
            )  # fmt: skip
            asking.append((gap.chain, request))
        return asking

    def is_level(self, chains: ForeignChains, codes: tuple[str, ...], tick: int) -> bool:
        """Tell whether all these members have signed the heads of a tick and all that they name is held."""
        return all(self.get(code).tick >= tick for code in codes) and not any(
            chains.missing(chain, head.epoch, head.number)
            for code in codes
            for chain, head in self.get(code).heads.items()
        )

    def _note_end(self, signer: str, chain: ChainId, head: Head) -> None:
        """Remember the furthest known end of an epoch until all up to it is held."""
        ends = [(head.epoch, head.number)]
        if head.resumes is not None:
            ends.append((head.resumes[0], head.resumes[1]))
        for epoch, number in ends:
            if (chain, epoch) not in self._ends:
                named = self._named.setdefault(signer, deque())
                named.append((chain, epoch))
                if len(named) > ENDS_PER_MEMBER:
                    self._ends.pop(named.popleft(), None)
            self._ends[chain, epoch] = max(number, self._ends.get((chain, epoch), 0))


def chain_of_head(admitted: Admitted, head: Head) -> ChainId:
    """Return the chain that a head is of; audience and status are those of the record that carries it."""
    record = admitted.record
    return ChainId(head.originator, record.marking.audience, record.status, head.precedence)
