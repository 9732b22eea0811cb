"""How far the remains of recalled content are out of a database's files."""

from __future__ import annotations

from enum import Enum, auto


class Wiped(Enum):
    """What came of an attempt."""

    DONE = auto()
    """Nothing is left."""
    BLOCKED = auto()
    """A reader still needs the old state; to be tried again."""
    LATER = auto()
    """No query reaches it, but bytes lie in unused places of the files until the store is rewritten."""
