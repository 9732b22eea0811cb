"""Frames that are held without some of their records, and the recalls that say which of these stay out (spec 6.3).

Anybody on the way can take a record out of a frame: its signature still holds. Only its originator recalls it. So what
a frame lacks is remembered, and comes in with the next copy that has it, unless a recall is known.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

FRAMES = 20_000
"""Frames that lack something, and recalls, that are remembered here; the store has them all."""


class Memory(Protocol):
    """What the store remembers."""

    def lacking(self, frame_hash: str) -> frozenset[int]:
        """Return the places of a frame whose records are not held; none if the frame is not."""
        ...

    def is_recalled(self, record_id: str, originator: str) -> bool:
        """Tell whether its originator has recalled a record."""
        ...


class Stripped:
    """What is held of frames that came without some of their records.

    Args:
        memory: What is let go of here.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._lacking: OrderedDict[str, frozenset[int]] = OrderedDict()
        self._recalled: OrderedDict[tuple[str, str], None] = OrderedDict()

    def lacking(self, frame_hash: str) -> frozenset[int]:
        """Return the places of a held frame whose records are not held."""
        known = self._lacking.get(frame_hash)
        return self._memory.lacking(frame_hash) if known is None else known

    def note(self, frame_hash: str, lacking: frozenset[int]) -> None:
        """Take note of what a frame lacks by now; the store hears of it later, so nothing is noted too."""
        self._lacking[frame_hash] = lacking
        self._lacking.move_to_end(frame_hash)
        if len(self._lacking) > FRAMES:
            self._lacking.popitem(last=False)

    def note_recall(self, record_id: str, originator: str) -> None:
        """Take note that its originator recalls a record."""
        self._recalled[record_id, originator] = None
        if len(self._recalled) > FRAMES:
            self._recalled.popitem(last=False)

    def is_recalled(self, record_id: str, originator: str) -> bool:
        """Tell whether its originator has recalled a record."""
        return (record_id, originator) in self._recalled or self._memory.is_recalled(record_id, originator)
