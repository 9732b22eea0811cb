"""Counts what crossed, from what was issued and from what each store holds; it trusts neither bus nor exchange."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from tocsin.records import Record
from tocsin.replay.results import ExchangeResult, LatencyResult
from tocsin.store import RecordQuery, Store


@dataclass
class Ledger:
    """What the replay itself saw being issued and arriving."""

    issued: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    """By record id: originator and the members that may have it."""
    sealed_s: dict[str, float] = field(default_factory=dict)
    """By frame hash: when it was handed over, on this machine's monotonic clock."""
    delays_us: dict[str, list[float]] = field(default_factory=dict)
    """By pair."""
    _arrived: list[tuple[str, str, float]] = field(default_factory=list)

    def issue(self, record: Record) -> None:
        """Note a record that a member made."""
        self.issued[record.id] = (record.originator, record.marking.releasable_to)

    def sealed(self, frames: Iterable[tuple[str, float]]) -> None:
        """Note frames about to leave: hash and time."""
        for frame_hash, at_s in frames:
            self.sealed_s.setdefault(frame_hash, at_s)

    def admitted(self, member: str, frames: Iterable[tuple[str, str, float]]) -> None:
        """Note frames at another member's desks: hash, originator and time."""
        self._arrived += [(frame_hash, f"{originator}->{member}", at_s) for frame_hash, originator, at_s in frames]

    def compare(self) -> None:
        """Work out how long the frames took that are known at both ends."""
        open_ones = []
        for frame_hash, pair, at_s in self._arrived:
            begun_s = self.sealed_s.get(frame_hash)
            if begun_s is None:
                open_ones.append((frame_hash, pair, at_s))
            else:
                self.delays_us.setdefault(pair, []).append((at_s - begun_s) * 1e6)
        self._arrived = open_ones


def audit(ledger: Ledger, stores: dict[str, Store], reach: dict[str, tuple[str, ...]], rejected: int) -> ExchangeResult:
    """Compare what was issued with what is held.

    Args:
        ledger: What was issued.
        stores: Every member's, by code.
        reach: For each member, those whom its records can reach.
        rejected: Frames and records that any member refused.
    """
    held = {code: _held(store) for code, store in stores.items()}
    sent = admitted = lost = leaked = 0
    for record_id, (originator, members) in ledger.issued.items():
        for code in stores:
            if code == originator:
                continue
            if code in members and code in reach[originator]:
                sent += 1
                admitted += record_id in held[code]
                lost += record_id not in held[code]
            elif code not in members:
                leaked += record_id in held[code]
    return ExchangeResult(
        sent=sent, admitted=admitted, lost=lost, leaked=leaked, rejected=rejected,
        duplicated=sum(count - 1 for counts in held.values() for count in counts.values() if count > 1),
        latency_us={pair: _latency(ledger.delays_us[pair]) for pair in sorted(ledger.delays_us)},
    )  # fmt: skip


def _held(store: Store) -> Counter[str]:
    return Counter(stored.admitted.record.id for stored in store.records(RecordQuery(copies=True)))


def _latency(delays_us: Iterable[float]) -> LatencyResult:
    values = np.fromiter(delays_us, dtype=float)
    p50, p95, p99 = np.percentile(values, [50, 95, 99])
    return LatencyResult(
        p50=round(float(p50), 1), p95=round(float(p95), 1), p99=round(float(p99), 1), frames=len(values)
    )
