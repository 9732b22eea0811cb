"""Counts what crossed, from what was issued and from what each store holds; it trusts neither bus nor exchange."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from tocsin.records import AdmittedFrame, Record
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

    def issue(self, record: Record) -> None:
        """Note a record that a member made."""
        self.issued[record.id] = (record.originator, record.marking.releasable_to)

    def sealed(self, frame_hash: str, now_s: float) -> None:
        """Note a frame about to leave."""
        self.sealed_s.setdefault(frame_hash, now_s)

    def admitted(self, member: str, frame: AdmittedFrame, now_s: float) -> None:
        """Note a frame at another member's desks."""
        originator = frame.ref.chain.originator
        begun_s = self.sealed_s.get(frame.ref.hash)
        if member != originator and begun_s is not None:
            self.delays_us.setdefault(f"{originator}->{member}", []).append((now_s - begun_s) * 1e6)


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
