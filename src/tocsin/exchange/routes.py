"""The ways from one member to the others, worked out once for each roster and not again for each frame."""

from __future__ import annotations

from tocsin.exchange.release import next_hops, reachable
from tocsin.records import ChainId
from tocsin.signing import Roster

REMEMBERED = 4096
"""Ways kept; a peer may name any audience, so there is no end to them."""


class Routes:
    """What ``reachable`` and ``next_hops`` answered for the roster in force.

    Args:
        member: Where the ways begin.
    """

    def __init__(self, member: str) -> None:
        self._member = member
        self._roster: Roster | None = None
        self._reached: dict[tuple[str, ...], frozenset[str]] = {}
        self._hops: dict[tuple[str, str, str], tuple[str, ...]] = {}

    def reachable(self, roster: Roster, audience: tuple[str, ...]) -> frozenset[str]:
        """Return the members of an audience whom frames reach (spec 10.2)."""
        self._renew(roster)
        reached = self._reached.get(audience)
        if reached is None:
            reached = self._reached[audience] = reachable(roster, self._member, audience)
        return reached

    def next_hops(self, roster: Roster, chain: ChainId, via: str) -> tuple[str, ...]:
        """Return the neighbours to whom a frame is passed on (spec 10.3)."""
        self._renew(roster)
        key = (chain.originator, chain.audience, via)
        hops = self._hops.get(key)
        if hops is None:
            hops = self._hops[key] = next_hops(roster, self._member, chain, via)
        return hops

    def _renew(self, roster: Roster) -> None:
        if roster is not self._roster or len(self._reached) + len(self._hops) > REMEMBERED:
            self._roster, self._reached, self._hops = roster, {}, {}
