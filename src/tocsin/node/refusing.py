"""What was refused goes into the quarantine, is counted, and is told of once a second and not each time."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from tocsin.clock import Clock
from tocsin.exchange import Rejected
from tocsin.node.keeping import Keeper
from tocsin.node.metrics import Metrics

TELL_EVERY_S = 1.0

log = structlog.get_logger()


@dataclass
class _Untold:
    last_s: float
    count: int = 0


class Refusing:
    """Takes note of refusals for one node.

    Args:
        keeper: Has the quarantine.
        metrics: Counts.
        clock: Ours, for the log's pace.
    """

    def __init__(self, keeper: Keeper, metrics: Metrics, clock: Clock) -> None:
        self._keeper = keeper
        self._metrics = metrics
        self._clock = clock
        self._untold: dict[tuple[str, str], _Untold] = {}

    def refuse(self, rejected: list[Rejected]) -> None:
        """Take note of these; the log has one line for each peer, reason and second, with how many it stands for."""
        if not rejected:
            return
        self._metrics.refused(rejected)
        self._keeper.refused(rejected)
        now_s = self._clock.monotonic_s()
        for each in rejected:
            key = (each.via, each.reason.value)
            untold = self._untold.get(key)
            if untold is not None and now_s - untold.last_s < TELL_EVERY_S:
                untold.count += 1
                continue
            more = untold.count if untold is not None else 0
            self._untold[key] = _Untold(now_s)
            log.warning(
                "refused",
                via=each.via,
                reason=each.reason.value,
                detail=each.detail,
                **({"more": more} if more else {}),
            )
