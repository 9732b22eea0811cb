"""Numbered, hash-linked chains as they come in (spec 5).

A receiver keeps, per chain and epoch, up to which number nothing is missing and what came ahead of a gap. A frame is
never refused for a gap. Two different frames with one number in one epoch prove that the originator says different
things to different partners. What is kept here is bounded for each originator; what is let go of the store has.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Protocol

from tocsin.exchange import stripped
from tocsin.exchange.epochs import RECENT, Epoch
from tocsin.records import ChainId, FrameRef, Head

OPEN_EPOCHS = 16
"""Epochs of one chain that are told of at most, the newest by name."""

EPOCHS = 2048
"""Epochs of one originator that are kept here, those that were used last."""

HASHES = 65_536
"""Hashes of frames that are kept of one originator, about: the more epochs there are, the fewer of each."""

_AT_ONCE = 500
_ABSENT = 10_000


class Memory(stripped.Memory, Protocol):
    """What the store remembers of frames that were admitted long ago."""

    def frame_hash(self, chain: ChainId, epoch: str, number: int) -> str | None:
        """Return the hash of the frame that is held at that place."""
        ...

    def epoch(self, chain: ChainId, epoch: str) -> Epoch | None:
        """Return what is held of an epoch; none if no frame of it is."""
        ...


class NoMemory:
    """A member that keeps nothing but what is in this process."""

    def frame_hash(self, chain: ChainId, epoch: str, number: int) -> str | None:  # noqa: ARG002
        """Return None: nothing is remembered."""
        return None

    def epoch(self, chain: ChainId, epoch: str) -> Epoch | None:  # noqa: ARG002
        """Return None: nothing is remembered."""
        return None

    def lacking(self, frame_hash: str) -> frozenset[int]:  # noqa: ARG002
        """Return nothing: nothing is remembered."""
        return frozenset()

    def is_recalled(self, record_id: str, originator: str) -> bool:  # noqa: ARG002
        """Return False: nothing is remembered."""
        return False


class Standing(Enum):
    """What a frame is to what is held already."""

    NEW = "new"
    HELD = "held"
    CONFLICT = "conflict"
    """Another frame is held at its number, or named by the one that is held behind it."""
    FORKED = "forked"
    """It links to another frame than the one that is held before it."""
    TOO_MANY = "too_many"
    """It would begin one epoch or world more than its originator may."""


class ForeignChains:
    """All chains that a member reads, its own included.

    Args:
        memory: What is let go of here.
        own: Our code; our own epochs are never let go.
        may_begin: Asked before an epoch is begun, with its originator and whether audience and status are new too.
    """

    def __init__(
        self, memory: Memory, *, own: str = "", may_begin: Callable[[str, bool], bool] = lambda _code, _is_new: True
    ) -> None:
        self.stripped = stripped.Stripped(memory)
        """What came without some of its records."""
        self._memory = memory
        self._own = own
        self._may_begin = may_begin
        self._epochs: dict[str, OrderedDict[tuple[ChainId, str], Epoch]] = {}
        """By originator, those that were used last at the end."""
        self._worlds: dict[tuple[str, str], dict[ChainId, dict[str, Epoch]]] = {}
        """The same, by audience and status."""
        self._let_go: set[str] = set()
        """Originators of which the store holds epochs that are not here."""
        self._absent: OrderedDict[tuple[ChainId, str], None] = OrderedDict()
        """Epochs that the store was asked for in vain."""

    def restore(self, chain: ChainId, epoch: str, state: Epoch) -> None:
        """Take up what the store holds of an epoch."""
        epochs = self._epochs.setdefault(chain.originator, OrderedDict())
        epochs[chain, epoch] = state
        self._worlds.setdefault((chain.audience, chain.status), {}).setdefault(chain, {})[epoch] = state
        self._absent.pop((chain, epoch), None)
        if len(epochs) > EPOCHS and chain.originator != self._own:
            (old_chain, old_epoch), _ = epochs.popitem(last=False)
            self._let_go.add(chain.originator)
            world = (old_chain.audience, old_chain.status)
            del self._worlds[world][old_chain][old_epoch]
            if not self._worlds[world][old_chain]:
                del self._worlds[world][old_chain]
            if not self._worlds[world]:
                del self._worlds[world]

    def epoch(self, chain: ChainId, epoch: str) -> Epoch | None:
        """Return what is held of an epoch."""
        epochs = self._epochs.get(chain.originator)
        state = epochs.get((chain, epoch)) if epochs is not None else None
        if state is None and chain.originator in self._let_go and (chain, epoch) not in self._absent:
            state = self._memory.epoch(chain, epoch)
            if state is None:
                self._absent[chain, epoch] = None
                if len(self._absent) > _ABSENT:
                    self._absent.popitem(last=False)
            else:
                self.restore(chain, epoch, state)
        return state

    def items(self) -> Iterator[tuple[ChainId, str, Epoch]]:
        """Yield every epoch that is kept here, of each originator those used last at the end."""
        for epochs in self._epochs.values():
            for (chain, name), state in epochs.items():
                yield chain, name, state

    def worlds(self) -> dict[str, list[tuple[str, str]]]:
        """Return by originator the pairs of audience and status that are kept here, the one used last first."""
        return {
            originator: list(dict.fromkeys((chain.audience, chain.status) for chain, _ in reversed(epochs)))
            for originator, epochs in self._epochs.items()
        }

    def standing(self, ref: FrameRef, previous: str) -> Standing:
        """Say what a verified frame is to what is held, without taking it in."""
        state = self.epoch(ref.chain, ref.epoch)
        held = self._hash_at(ref.chain, ref.epoch, ref.number, state)
        if held is not None:
            return Standing.HELD if held == ref.hash else Standing.CONFLICT
        if state is None:
            is_new = (ref.chain.audience, ref.chain.status) not in self._worlds
            if ref.chain.originator != self._own and not self._may_begin(ref.chain.originator, is_new):
                return Standing.TOO_MANY
            return Standing.NEW
        if state.holds(ref.number):  # held once, and nobody remembers its hash
            return Standing.HELD
        named = state.link_of(ref.number + 1)
        if named is not None and named != ref.hash:
            return Standing.CONFLICT
        before = self._hash_at(ref.chain, ref.epoch, ref.number - 1, state)
        if before is not None and before != previous:
            return Standing.FORKED
        return Standing.NEW

    def has_room_for(self, ref: FrameRef) -> bool:
        """Tell whether a frame's place can be remembered without forgetting another's."""
        state = self.epoch(ref.chain, ref.epoch)
        return state is None or state.has_room_for(ref.number)

    def take(self, ref: FrameRef, previous: str, resumes: tuple[str, int, str] | None) -> None:
        """Take note that a frame is held now."""
        state = self.epoch(ref.chain, ref.epoch)
        if state is None:
            state = Epoch()
            self.restore(ref.chain, ref.epoch, state)
        epochs = self._epochs[ref.chain.originator]
        epochs.move_to_end((ref.chain, ref.epoch))
        state.add(ref.number, ref.hash, previous, keep=max(16, min(RECENT, HASHES // len(epochs))))
        if resumes is not None:
            state.resumes = resumes
        if state.is_sparse:
            self._go_on(ref.chain, ref.epoch, state)

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
        return self._hash_at(chain, name, number, state) in (digest, None)

    def contradicts(self, chain: ChainId, head: Head) -> bool:
        """Tell whether a head names another frame at a number where one is held and remembered here."""
        epochs = self._epochs.get(chain.originator)
        state = epochs.get((chain, head.epoch)) if epochs is not None else None
        if state is None or not head.hash or head.number < 1:
            return False
        held = state.hash_at(head.number)
        return held is not None and held != head.hash

    def missing(self, chain: ChainId, epoch: str, up_to: int) -> list[tuple[int, int]]:
        """Return the gaps as pairs (after, up to): frames after the first and up to the second are missing."""
        return (self.epoch(chain, epoch) or Epoch()).missing(up_to)

    def held_heads(self, audience: str, status: str, *, but: str) -> tuple[Head, ...]:
        """Return how far others' chains of an audience and status are held.

        Of each chain that is the newest epoch, and every older one that is held beyond the point where the next
        epoch took it up: a tail that the originator lost in a crash and can have back.
        """
        heads = []
        for chain, epochs in self._worlds.get((audience, status), {}).items():
            if chain.originator == but:
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

    def _hash_at(self, chain: ChainId, epoch: str, number: int, state: Epoch | None) -> str | None:
        found = state.hash_at(number) if state is not None else None
        if found is None and number > 0 and (state is None or state.may_hold(number)):
            found = self._memory.frame_hash(chain, epoch, number)
        return found

    def _go_on(self, chain: ChainId, epoch: str, state: Epoch) -> None:
        """Go on over frames that are held and were not remembered here, some at a time."""
        for _ in range(_AT_ONCE):
            number = state.contiguous + 1
            found = self._hash_at(chain, epoch, number, state)
            if found is None:
                return
            state.add(number, found, state.contiguous_hash, keep=len(state.recent) or 1)
