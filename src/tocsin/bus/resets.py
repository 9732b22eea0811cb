"""How often peers have their copies begin our outboxes anew: all that they may ask of our JetStream (spec 13.5).

A copy does so when its link comes back. Nobody can be kept from doing it more often, and each time our server sends
again what the copy did not acknowledge, or all: so it is counted, and people are told.
"""

from __future__ import annotations

from collections import deque

SPAN_S = 60.0
MANY = 20
"""In ``SPAN_S``: links that come and go do not make so many."""

_REMEMBERED = 10_000


class Resets:
    """Counts them."""

    def __init__(self) -> None:
        self._seen_s: dict[str, deque[float]] = {}

    def note(self, peer: str, now_s: float) -> None:
        """Take note of one.

        Args:
            peer: Who asked for it.
            now_s: Of a clock that never runs backwards.
        """
        self._seen_s.setdefault(peer, deque(maxlen=_REMEMBERED)).append(now_s)

    def words(self, peer: str, now_s: float) -> str:
        """Say what is wrong with a peer; empty if nothing is."""
        seen_s = self._seen_s.get(peer, deque())
        while seen_s and now_s - seen_s[0] >= SPAN_S:
            seen_s.popleft()
        if len(seen_s) < MANY:
            return ""
        return f"the peer has had its copy begin our outbox anew {len(seen_s)} times in the last minute"
