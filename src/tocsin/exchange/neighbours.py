"""What a member knows of the others from their heads: how far they are, what is missing, how their clocks stand.

Heads prove silence from suppression (spec 7): an originator that has nothing to say still signs where its chains
end, each second. A head beyond what is held shows a lost tail; no head shows a cut link or a dead node.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from tocsin.exchange.chains import ForeignChains
from tocsin.markings import PUBLIC
from tocsin.records import Admitted, ChainId, Head, Heads, Request

REQUEST_SPAN = 500
"""Frames asked for at once."""

REQUESTS_AT_ONCE = 50
"""Gaps asked for in one turn; a member that names frames that do not exist must not make us ask without end."""

ENDS_PER_MEMBER = 1000
"""Ends of epochs not held yet that are remembered on one member's word, the newest."""

GAPS_PER_EPOCH = 16
"""Gaps of one epoch that are followed up at once, the first ones."""

CHAINS_PER_MEMBER = 4096
"""Heads that are remembered of one member, the newest."""

WORLDS_PER_MEMBER = 1024
"""Pairs of audience and status whose last heads are remembered of one member, the newest."""

LONGEST_WAIT_S = 300.0
"""A gap that nobody closes is asked for again after twice the time before, up to this."""

SILENCE_S = 5.0
"""Whoever is heard again after so long may close what nobody could close before."""

K = TypeVar("K")
V = TypeVar("V")


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
    heads: OrderedDict[ChainId, Head] = field(default_factory=OrderedDict)
    holds: OrderedDict[ChainId, Head] = field(default_factory=OrderedDict)
    """How far it holds chains, ours among them."""
    counts: OrderedDict[tuple[str, str, str], int] = field(default_factory=OrderedDict)
    """Of its last heads, by audience, status and epoch."""
    ticks: OrderedDict[tuple[str, str], int] = field(default_factory=OrderedDict)
    """Of a replay, by audience and status."""


class Neighbours:
    """All other members."""

    def __init__(self, member: str) -> None:
        self._member = member
        self._by_code: dict[str, Neighbour] = {}
        self._ends: dict[tuple[ChainId, str], int] = {}
        self._named: dict[str, deque[tuple[ChainId, str]]] = {}
        """Which of these each member was the first to name, oldest first."""
        self._missing_since: dict[tuple[ChainId, str, int], datetime] = {}
        self._requested: dict[tuple[ChainId, str, int], tuple[datetime, int]] = {}
        """When a gap was last asked for, and how often."""

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
        neighbour = self.get(record.originator)
        world = (record.marking.audience, record.status)
        if body.count <= neighbour.counts.get((*world, admitted.frame.epoch), -1):
            return False
        _keep(neighbour.counts, (*world, admitted.frame.epoch), body.count, WORLDS_PER_MEMBER)
        heard_at = neighbour.last_heads_at
        if heard_at is None or admitted.admitted_at - heard_at > timedelta(seconds=SILENCE_S):
            self.ask_again()
        neighbour.last_heads_at = admitted.admitted_at
        neighbour.clock_offset_s = (body.clock_at - admitted.admitted_at) / timedelta(seconds=1)
        if body.tick is not None:
            _keep(neighbour.ticks, world, body.tick, WORLDS_PER_MEMBER)
            neighbour.tick = min(neighbour.ticks.values())
        for head in body.heads:
            if head.originator == record.originator:
                _keep(neighbour.heads, chain_of_head(admitted, head), head, CHAINS_PER_MEMBER)
                self._note_end(record.originator, chain_of_head(admitted, head), head)
        members = admitted.frame.chain.members
        for head in body.held:
            if members != (PUBLIC,) and head.originator not in members:
                continue  # it cannot hold what is not for it, and names are cheap
            _keep(neighbour.holds, chain_of_head(admitted, head), head, CHAINS_PER_MEMBER)
            self._note_end(record.originator, chain_of_head(admitted, head), head)
        return True

    def missing(self, chains: ForeignChains, now: datetime) -> Iterator[Missing]:
        """Yield what is known to exist and is not held, with the time since when."""
        found = set()
        for (chain, epoch), up_to in list(self._ends.items()):
            gaps = chains.missing(chain, epoch, up_to)[:GAPS_PER_EPOCH]
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
        """Return what to ask for, in turn: gaps that have lasted ``after_s``.

        Each is asked for again after that time, then after twice that, and so on up to ``LONGEST_WAIT_S``: nobody
        who names frames that do not exist keeps us and the others busy.
        """
        never = datetime.min.replace(tzinfo=now.tzinfo)
        due: list[tuple[datetime, tuple[ChainId, str, int], int, Missing]] = []
        for gap in self.missing(chains, now):
            key = (gap.chain, gap.epoch, gap.after)
            asked, times = self._requested.get(key, (never, 0))
            wait_s = min(after_s * 2.0 ** max(0, times - 1), max(after_s, LONGEST_WAIT_S))
            if now - gap.since >= timedelta(seconds=after_s) and now - asked >= timedelta(seconds=wait_s):
                due.append((asked, key, times, gap))
        due.sort(key=lambda entry: entry[0])
        asking = []
        for _, key, times, gap in due[:REQUESTS_AT_ONCE]:
            self._requested[key] = (now, min(times + 1, 60))
            request = Request(
                originator=gap.chain.originator, precedence=gap.chain.precedence, epoch=gap.epoch,
                after=gap.after, up_to=min(gap.up_to, gap.after + REQUEST_SPAN),
            )  # fmt: skip
            asking.append((gap.chain, request))
        return asking

    def ask_again(self) -> None:
        """Ask for every gap as if for the first time: a link is up again, or somebody is back."""
        self._requested.clear()

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


def _keep(kept: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    """Put an entry at the end, and let go of the oldest ones beyond a number."""
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)
