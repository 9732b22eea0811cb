"""Record ids that follow from a seed, so that the same seed gives the same replay."""

from __future__ import annotations

import hashlib
import itertools


class Ids:
    """A source of ids for each name, independent of every other name's."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._counters: dict[str, itertools.count[int]] = {}

    def new(self, name: str) -> str:
        """Return the next id of a name."""
        number = next(self._counters.setdefault(name, itertools.count()))
        return hashlib.sha256(f"{self._seed} {name} {number}".encode()).hexdigest()[:32]
