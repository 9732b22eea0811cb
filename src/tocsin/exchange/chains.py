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

    NEXT = "next"
    AHEAD = "ahead"
    """Something before it is missing."""
    FILLS = "fills"
    """It closes a gap, or part of one."""
    HELD = "held"
    CONFLICT = "conflict"
    """Another frame is held at its number."""


@dataclass
class Epoch:
    """The reading end of one epoch of a chain."""

    contiguous: int = 0
    contiguous_hash: str = ""
    ahead: dict[int, str] = field(default_factory=dict)
    recent: OrderedDict[int, str] = field(default_factory=OrderedDict)
    resumes: tuple[str, int, str] | None = None

    @property
    def last(self) -> int:
        """The highest number held."""
        return max(self.ahead, default=self.contiguous)


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
        if state is None:
            return Standing.NEXT if ref.number == 1 else Standing.AHEAD
        held = self._hash_at(ref, state)
        if held is not None:
            return Standing.HELD if held == ref.hash else Standing.CONFLICT
        if ref.number <= state.contiguous:  # held once, and nobody remembers its hash
            return Standing.HELD
        before = self._hash_at(FrameRef(ref.chain, ref.epoch, ref.number - 1, ""), state)
        if ref.number > 1 and before is not None and before != previous:
            return Standing.CONFLICT
        if ref.number == state.contiguous + 1:
            return Standing.FILLS if state.ahead else Standing.NEXT
        return Standing.FILLS if ref.number < state.last else Standing.AHEAD

    def take(self, ref: FrameRef, resumes: tuple[str, int, str] | None) -> None:
        """Take note that a frame is held now."""
        state = self._epochs.setdefault(ref.chain, {}).setdefault(ref.epoch, Epoch())
        state.ahead[ref.number] = ref.hash
        state.recent[ref.number] = ref.hash
        if resumes is not None:
            state.resumes = resumes
        while (following := state.contiguous + 1) in state.ahead:
            state.contiguous_hash = state.ahead.pop(following)
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
        name, number, _ = head
        state = self.epoch(chain, name)
        return state is not None and state.contiguous >= number

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
        """Return how far others' chains of an audience and status are held, newest epoch of each."""
        heads = []
        for chain, epochs in self._epochs.items():
            if (chain.audience, chain.status) == (audience, status) and chain.originator != but:
                name = next(reversed(epochs))
                state = epochs[name]
                heads.append(
                    Head(
                        originator=chain.originator, precedence=chain.precedence, epoch=name,
                        number=state.contiguous, hash=state.contiguous_hash,
                    )
                )  # fmt: skip
        return tuple(heads)

    def _hash_at(self, ref: FrameRef, state: Epoch) -> str | None:
        found = state.recent.get(ref.number) or state.ahead.get(ref.number)
        if found is None and 0 < ref.number <= state.contiguous:
            found = self._memory.frame_hash(ref.chain, ref.epoch, ref.number)
        return found
