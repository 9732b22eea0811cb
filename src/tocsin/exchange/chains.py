"""Numbered, hash-linked chains as they come in (spec 5).

A receiver keeps, per chain and epoch, up to which number nothing is missing and what came ahead of a gap. A frame
is never refused for a gap. Two different frames with one number in one epoch prove that the originator says
different things to different partners.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from tocsin.records import ChainId, FrameRef, Head

RECENT = 4096
"""Hashes kept per epoch; older ones are asked of the store."""

OPEN_EPOCHS = 16
"""Epochs of one chain that are told of at most, the newest by name."""


class Memory(Protocol):
    """What the store remembers of frames that were admitted long ago."""

    def frame_hash(self, chain: ChainId, epoch: str, number: int) -> str | None:
        """Return the hash of the frame that is held at that place."""
        ...


class NoMemory:
    """A member that keeps nothing but what is in this process."""

    def frame_hash(self, chain: ChainId, epoch: str, number: int) -> str | None:  # noqa: ARG002
        """Return None: nothing is remembered."""
        return None


class Standing(Enum):
    """What a frame is to what is held already."""

    NEW = "new"
    HELD = "held"
    CONFLICT = "conflict"
    """Another frame is held at its number, or beside it one that links to another."""


@dataclass
class Epoch:
    """The reading end of one epoch of a chain."""

    contiguous: int = 0
    contiguous_hash: str = ""
    ahead: dict[int, str] = field(default_factory=dict)
    """Hashes of the frames beyond the first gap, by number."""
    links: dict[int, str] = field(default_factory=dict)
    """The hash that each of those names as the frame before it."""
    recent: OrderedDict[int, str] = field(default_factory=OrderedDict)
    resumes: tuple[str, int, str] | None = None


class ForeignChains:
    """All chains that a member reads, its own included."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._epochs: dict[ChainId, dict[str, Epoch]] = {}

    def restore(self, chain: ChainId, epoch: str, state: Epoch) -> None:
        """Take up what the store holds of an epoch."""
        self._epochs.setdefault(chain, {})[epoch] = state

    def epoch(self, chain: ChainId, epoch: str) -> Epoch | None:
        """Return what is held of an epoch."""
        return self._epochs.get(chain, {}).get(epoch)

    def items(self) -> Iterator[tuple[ChainId, str, Epoch]]:
        """Yield every epoch of every chain, in order of first sight."""
        for chain, epochs in self._epochs.items():
            for name, state in epochs.items():
                yield chain, name, state

    def standing(self, ref: FrameRef, previous: str) -> Standing:
        """Say what a verified frame is to what is held, without taking it in."""
        state = self.epoch(ref.chain, ref.epoch)
        held = self._hash_at(ref.chain, ref.epoch, ref.number)
        if held is not None:
            return Standing.HELD if held == ref.hash else Standing.CONFLICT
        if state is None:
            return Standing.NEW
        if ref.number <= state.contiguous:  # held once, and nobody remembers its hash
            return Standing.HELD
        before = self._hash_at(ref.chain, ref.epoch, ref.number - 1)
        after = state.links.get(ref.number + 1)
        if (before is not None and before != previous) or (after is not None and after != ref.hash):
            return Standing.CONFLICT
        return Standing.NEW

    def take(self, ref: FrameRef, previous: str, resumes: tuple[str, int, str] | None) -> None:
        """Take note that a frame is held now."""
        state = self._epochs.setdefault(ref.chain, {}).setdefault(ref.epoch, Epoch())
        state.ahead[ref.number] = ref.hash
        state.links[ref.number] = previous
        state.recent[ref.number] = ref.hash
        if resumes is not None:
            state.resumes = resumes
        while (following := state.contiguous + 1) in state.ahead:
            state.contiguous_hash = state.ahead.pop(following)
            state.links.pop(following, None)
            state.contiguous = following
        while len(state.recent) > RECENT:
            state.recent.popitem(last=False)

    def is_open(self, ref: FrameRef, resumes: tuple[str, int, str] | None) -> bool:
        """Tell whether something before this frame, in its epoch or the one it resumes, is missing here."""
        state = self.epoch(ref.chain, ref.epoch)
        if ref.number > 1 and (state is None or state.contiguous < ref.number - 1):
            return True
        return ref.number == 1 and resumes is not None and not self.holds(ref.chain, resumes)

    def holds(self, chain: ChainId, head: tuple[str, int, str]) -> bool:
        """Tell whether a chain is held without a gap up to that epoch, number and hash."""
        name, number, digest = head
        state = self.epoch(chain, name)
        if state is None or state.contiguous < number:
            return False
        return self._hash_at(chain, name, number) in (digest, None)

    def contradicts(self, chain: ChainId, head: Head) -> bool:
        """Tell whether a head names another frame at a number where one is held (of the latest ``RECENT``)."""
        state = self.epoch(chain, head.epoch)
        if state is None or not head.hash or head.number < 1:
            return False
        held = state.contiguous_hash if head.number == state.contiguous else state.recent.get(head.number)
        return held is not None and held != head.hash

    def missing(self, chain: ChainId, epoch: str, up_to: int) -> list[tuple[int, int]]:
        """Return the gaps as pairs (after, up to): frames after the first and up to the second are missing."""
        state = self.epoch(chain, epoch) or Epoch()
        gaps = []
        after = state.contiguous
        for number in sorted(state.ahead):
            if number > after + 1:
                gaps.append((after, min(number - 1, up_to)))
            after = number
        if up_to > after:
            gaps.append((after, up_to))
        return [gap for gap in gaps if gap[1] > gap[0]]

    def held_heads(self, audience: str, status: str, *, but: str) -> tuple[Head, ...]:
        """Return how far others' chains of an audience and status are held.

        Of each chain that is the newest epoch, and every older one that is held beyond the point where the next
        epoch took it up: a tail that the originator lost in a crash and can have back.
        """
        heads = []
        for chain, epochs in self._epochs.items():
            if (chain.audience, chain.status) != (audience, status) or chain.originator == but:
                continue
            resumed: dict[str, int] = {}
            for state in epochs.values():
                if state.resumes is not None:
                    name, number, _ = state.resumes
                    resumed[name] = max(number, resumed.get(name, 0))
            heads += [
                Head(
                    originator=chain.originator, precedence=chain.precedence, epoch=name,
                    number=state.contiguous, hash=state.contiguous_hash,
                )
                for name, state in sorted(epochs.items())
                if resumed.get(name, -1) < state.contiguous
            ][-OPEN_EPOCHS:]  # fmt: skip
        return tuple(heads)

    def _hash_at(self, chain: ChainId, epoch: str, number: int) -> str | None:
        state = self.epoch(chain, epoch)
        found = None
        if state is not None:
            at_end = state.contiguous_hash if number == state.contiguous else ""
            found = state.recent.get(number) or state.ahead.get(number) or at_end or None
        if found is None and number > 0 and (state is None or number <= state.contiguous):
            found = self._memory.frame_hash(chain, epoch, number)
        return found
