"""The reading end of one epoch of a chain: what is held of it, in a size that no originator can blow up (spec 5, 15.5).

Frames beyond a gap are remembered as runs, from one number to another, and not one by one: after an outage there is one
run however long it is. Whoever leaves out every second frame, on purpose or because we shed them, gets as far as
``RUNS``: what comes live beyond that is left to its durable copy, which comes in order. What comes durable is in the
store like everything else, and the store is asked for it once the gaps before it have closed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass, field

RECENT = 4096
"""Hashes kept per epoch at most; older ones are asked of the store."""

RUNS = 256
"""Runs of frames beyond a gap that are remembered in one epoch."""


@dataclass
class Run:
    """Frames that follow on one another, somewhere beyond a gap."""

    first: int
    last: int
    link: str
    """The hash that the first names as the frame before it."""
    hash: str
    """Of the last."""


@dataclass
class Epoch:
    """What is held of one epoch."""

    contiguous: int = 0
    contiguous_hash: str = ""
    runs: list[Run] = field(default_factory=list)
    """Beyond the first gap, in order."""
    recent: OrderedDict[int, str] = field(default_factory=OrderedDict)
    resumes: tuple[str, int, str] | None = None
    forgotten_up_to: int = 0
    """The highest number that was held in a run beyond those that are remembered."""

    def add(self, number: int, digest: str, link: str, *, keep: int = RECENT) -> None:
        """Take note of a frame that is not held yet.

        Args:
            number: Its number.
            digest: Its hash.
            link: The hash that it names as the frame before it.
            keep: So many hashes are remembered.
        """
        self.recent[number] = digest
        while len(self.recent) > keep:
            self.recent.popitem(last=False)
        if number == self.contiguous + 1:
            self.contiguous, self.contiguous_hash = number, digest
        elif number > self.contiguous:
            self._insert(number, digest, link)
        if self.runs and self.runs[0].first == self.contiguous + 1:
            run = self.runs.pop(0)
            self.contiguous, self.contiguous_hash = run.last, run.hash

    @property
    def is_sparse(self) -> bool:
        """Whether the store holds frames beyond a gap that are not known here."""
        return self.forgotten_up_to > self.contiguous

    def may_hold(self, number: int) -> bool:
        """Tell whether a frame is held as far as is known here, or may be among those that were forgotten."""
        return self.holds(number) or self.contiguous < number <= self.forgotten_up_to

    def has_room_for(self, number: int) -> bool:
        """Tell whether a frame can be remembered: more than so many runs are not, so that one would be forgotten."""
        if len(self.runs) < RUNS or number <= self.contiguous + 1:
            return True
        index = bisect_right(self.runs, number, key=_first)
        return (index > 0 and number <= self.runs[index - 1].last + 1) or (
            index < len(self.runs) and number == self.runs[index].first - 1
        )

    def holds(self, number: int) -> bool:
        """Tell whether a frame is known to be held, as far as is remembered here."""
        if number <= self.contiguous:
            return number > 0
        run = self._run_before(number)
        return run is not None and number <= run.last

    def hash_at(self, number: int) -> str | None:
        """Return the hash of a frame, if it is remembered here."""
        if number == self.contiguous and self.contiguous_hash:
            return self.contiguous_hash
        found = self.recent.get(number)
        if found is None:
            run = self._run_before(number)
            found = run.hash if run is not None and run.last == number else None
        return found

    def link_of(self, number: int) -> str | None:
        """Return the hash that a frame beyond a gap names as the one before it, if it is the first of its run."""
        run = self._run_before(number)
        return run.link if run is not None and run.first == number else None

    def missing(self, up_to: int) -> list[tuple[int, int]]:
        """Return the gaps as pairs (after, up to): frames after the first and up to the second are missing."""
        gaps = []
        after = self.contiguous
        for run in self.runs:
            gaps.append((after, min(run.first - 1, up_to)))
            after = run.last
        gaps.append((after, up_to))
        return [gap for gap in gaps if gap[1] > gap[0]]

    def _run_before(self, number: int) -> Run | None:
        """Return the last run that does not begin behind a number."""
        index = bisect_right(self.runs, number, key=_first)
        return self.runs[index - 1] if index else None

    def _insert(self, number: int, digest: str, link: str) -> None:
        index = bisect_right(self.runs, number, key=_first)
        before = self.runs[index - 1] if index else None
        after = self.runs[index] if index < len(self.runs) else None
        follows = before is not None and before.last == number - 1
        if before is not None and follows:
            before.last, before.hash = number, digest
        if after is None or after.first != number + 1:
            if not follows:
                self.runs.insert(index, Run(number, number, link, digest))
        elif before is not None and follows:
            before.last, before.hash = after.last, after.hash
            del self.runs[index]
        else:
            after.first, after.link = number, link
        if len(self.runs) > RUNS:
            self.forgotten_up_to = max(self.forgotten_up_to, self.runs.pop().last)


def _first(run: Run) -> int:
    return run.first
