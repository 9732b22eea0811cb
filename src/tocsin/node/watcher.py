"""Whoever wants to see what goes through a node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.records import AdmittedFrame, Record


@dataclass
class Watcher:
    """Whoever wants to see what a node does; every call must be quick."""

    on_sealed: Callable[[str], None] = lambda _hash: None
    """A frame of ours is sealed and about to leave."""
    on_admitted: Callable[[AdmittedFrame], None] = lambda _frame: None
    """A frame is in and about to be handed to the desks."""
    on_own: Callable[[Record], None] = lambda _record: None
    """A desk of ours has made a record."""
    on_heads: Callable[[], None] = lambda: None
    """Somebody's heads or a frame came in: what is missing may be here now."""
