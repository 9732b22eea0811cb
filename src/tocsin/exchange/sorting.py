"""Which chain a new record of our own goes into, and what keeps it from whom (spec 8)."""

from __future__ import annotations

from typing import NamedTuple

from tocsin.exchange.policy import Policy
from tocsin.exchange.routes import Routes
from tocsin.exchange.sealing import chain_of
from tocsin.markings import PUBLIC, unknown_caveats
from tocsin.records import ChainId, Held, Peer, Record
from tocsin.signing import Roster


class Way(NamedTuple):
    """Where a record goes: its audience's chain if it may leave, else {self}."""

    chain: ChainId
    kept_from: tuple[str, ...] = ()
    reason: str = ""
    detail: str = ""

    @property
    def waits(self) -> bool:
        """Whether a person has to decide."""
        return self.reason == "needs_person"

    def held(self, record: Record) -> list[Held]:
        """Return what stands between a record on this way and each member that does not get it."""
        return [
            Held(record.id, record.kind, Peer(code), self.reason, self._detail(code), record)
            for code in self.kept_from
        ]  # fmt: skip

    def _detail(self, code: str) -> str:
        return self.detail or (f"no link of the audience leads to {code}" if self.reason == "no_route" else "")


class Sorter:
    """Sorts the records of one call, while neither policy nor roster changes.

    Args:
        member: Whose records these are.
        policy: Its rules.
        roster: In force.
        routes: Ways to the others.
        are_copies: The records are coarse copies that policy itself wants made.
    """

    def __init__(
        self, member: str, policy: Policy, roster: Roster, routes: Routes, *, are_copies: bool = False
    ) -> None:
        self._member = member
        self._policy = policy
        self._roster = roster
        self._routes = routes
        self._are_copies = are_copies
        self._last: tuple[Record, Way] | None = None

    def way(self, record: Record) -> Way:
        """Return the way of a record; worked out once for a run of records that are alike."""
        if self._last is not None:
            last, way = self._last
            if (
                last.kind == record.kind
                and last.status == record.status
                and last.precedence is record.precedence
                and last.marking == record.marking
            ):
                return way
        way = self._find(record)
        self._last = record, way
        return way

    def unreached(self, record: Record) -> tuple[str, ...]:
        """Return the members that may have a record and that nothing leads to."""
        reached = self._routes.reachable(self._roster, record.marking.releasable_to)
        return tuple(code for code in self._others(record) if code not in reached)

    def _find(self, record: Record) -> Way:
        chain = chain_of(record)
        alone = ChainId(self._member, self._member, record.status, record.precedence)
        if chain == alone:
            return Way(alone)
        unknown = unknown_caveats(record.marking)
        if unknown:
            return Way(alone, self._others(record), "marking", f"caveat {unknown[0]} is not known here")
        decision = self._policy.decide(record, is_copy=self._are_copies)
        if decision == "release":
            reached = self._routes.reachable(self._roster, record.marking.releasable_to)
            return Way(chain if reached else alone, self.unreached(record), "no_route")
        return Way(alone, self._others(record), "needs_person" if decision == "ask" else "policy")

    def _others(self, record: Record) -> tuple[str, ...]:
        members = record.marking.releasable_to
        everyone = self._roster.codes if members == (PUBLIC,) else members
        return tuple(code for code in everyone if code != self._member)
