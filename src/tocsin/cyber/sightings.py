"""What a member tells of its matches: how often, on which day, and nothing else of its log.

A sighting names the indicator and the day (in UTC), neither victim nor address. A later count of the same day has the
same id and a later ``modified``, so that it takes the place of the one before (STIX 2.1, 3.6).
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from tocsin.cyber.detector import Match
from tocsin.cyber.times import moment_of, written

_NAMESPACE = uuid.UUID("6d1ffb1c-d1f6-4c83-9f0a-5c4b1bd5e0f4")
"""Of the ids of sightings, minted for this purpose."""

_MOST = 999_999_999
"""A sighting's count, at most (STIX 2.1, 5.2.1)."""

_DAY_US = timedelta(days=1) // timedelta(microseconds=1)


class Tally:
    """How often each indicator was seen on each day."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, int]] = Counter()
        self._changed: set[tuple[str, int]] = set()

    def add(self, matches: Iterable[Match]) -> None:
        """Count matches, each on the day on which it ended."""
        for match in matches:
            key = (match.indicator, match.last_us // _DAY_US)
            self._counts[key] += match.times
            self._changed.add(key)

    def sightings(self, *, by: str | None, now: datetime) -> list[dict[str, Any]]:
        """Return a STIX sighting for each count that has changed since this was last asked.

        Args:
            by: The id of the identity that has seen it, such as ``identity--…``, which also keeps ids of members apart;
                None: nobody is named, and ids are random.
            now: Stands in each as ``modified``.
        """
        changed, self._changed = sorted(self._changed), set()
        return [self._sighting(indicator, day, by, now) for indicator, day in changed]

    def _sighting(self, indicator: str, day: int, by: str | None, now: datetime) -> dict[str, Any]:
        start = moment_of(day * _DAY_US)
        number = uuid.uuid4() if by is None else uuid.uuid5(_NAMESPACE, f"{by} {indicator} {start.date()}")
        return {
            "type": "sighting",
            "spec_version": "2.1",
            "id": f"sighting--{number}",
            **({} if by is None else {"created_by_ref": by}),
            "created": written(start),
            "modified": written(max(now, start)),
            "first_seen": written(start),
            "last_seen": written(datetime.combine(start, time.max, start.tzinfo)),
            "count": min(self._counts[indicator, day], _MOST),
            "sighting_of_ref": indicator,
        }
