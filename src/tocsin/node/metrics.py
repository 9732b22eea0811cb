"""What a node counts, in the form that Prometheus scrapes."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from tocsin.exchange import Rejected
from tocsin.records import AdmittedFrame

_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15, 60, 300)


class Metrics:
    """Counters of one node, in a registry of its own."""

    def __init__(self, member: str) -> None:
        self._member = member
        self._registry = CollectorRegistry()
        self._admitted = Counter(
            "tocsin_frames_admitted", "Frames let in", ["originator", "path", "precedence"], registry=self._registry
        )
        self._records = Counter("tocsin_records_admitted", "Records let in", ["originator"], registry=self._registry)
        self._refused = Counter(
            "tocsin_refused", "Frames and records refused", ["via", "reason"], registry=self._registry
        )
        self._duplicates = Counter("tocsin_frames_duplicate", "Copies that came a second time", registry=self._registry)
        self._shed = Counter(
            "tocsin_frames_shed", "Frames that came live beyond a quota; their durable copies follow", ["via"],
            registry=self._registry,
        )  # fmt: skip
        self._waited = Counter(
            "tocsin_durable_waited_seconds", "Time that durable frames waited for a quota", ["via"],
            registry=self._registry,
        )  # fmt: skip
        self._sent = Counter("tocsin_frames_sent", "Frames handed to an outbox", ["hop"], registry=self._registry)
        self._order = Gauge("tocsin_store_order", "Admission order of the last record kept", registry=self._registry)
        self._backlog = Gauge(
            "tocsin_store_backlog_bytes", "Frames that came in and wait for the store", registry=self._registry
        )
        self._delay = Histogram(
            "tocsin_frame_delay_seconds", "From sealing at the originator to admission here, by both clocks",
            ["originator", "path"], buckets=_BUCKETS_S, registry=self._registry,
        )  # fmt: skip
        self.refusals: Tally[tuple[str, str]] = Tally()
        self.duplicates = 0
        self.last_order = 0

    def admitted(self, frame: AdmittedFrame) -> None:
        """Count a frame that came in."""
        originator = frame.ref.chain.originator
        self._admitted.labels(originator, frame.path, frame.ref.chain.precedence.value).inc()
        self._records.labels(originator).inc(len(frame.records))
        if originator != self._member:
            delay_s = max(0.0, (frame.admitted_at - frame.sealed_at).total_seconds())
            self._delay.labels(originator, frame.path).observe(delay_s)

    def refused(self, rejected: Iterable[Rejected]) -> None:
        """Count what stayed outside."""
        for each in rejected:
            self._refused.labels(each.via, each.reason.value).inc()
            self.refusals[each.via, each.reason.value] += 1

    def duplicate(self) -> None:
        """Count the slower path's copy."""
        self.duplicates += 1
        self._duplicates.inc()

    def shed(self, via: str) -> None:
        """Count a frame that came live beyond a quota."""
        self._shed.labels(via).inc()

    def waited(self, via: str, wait_s: float) -> None:
        """Count the time that a durable frame waits for a quota."""
        self._waited.labels(via).inc(wait_s)

    def sent(self, hop: str) -> None:
        """Count a frame handed to an outbox."""
        self._sent.labels(hop).inc()

    def committed(self, last_order: int) -> None:
        """Note how far the store is."""
        self.last_order = last_order
        self._order.set(last_order)

    def watch_backlog(self, backlog_bytes: Callable[[], int]) -> None:
        """Show, whenever somebody scrapes, how many bytes of frames wait for the store."""
        self._backlog.set_function(backlog_bytes)

    def exposition(self) -> bytes:
        """Return all figures as text for a scraper."""
        return generate_latest(self._registry)
